import { Alarm } from '../base/alarm.js'
import { type Clock, elapsed } from '../base/clock.js'
import { P2PError } from '../base/errors.js'
import { LazyMap } from '../base/lazy-map.js'
import type { Limits } from '../base/limits.js'
import { TokenBucket } from '../base/token-bucket.js'

interface Job {
  run(): Promise<void>
  refuse(error: P2PError): void
}

interface Source {
  /** Until when it counts as suspect: something from there did not hold. */
  suspectUntil: number
  readonly jobs: Job[]
}

/**
 * Who may have us do expensive cryptography, and when. Work from sources that have given no cause runs at once. A source whose
 * signature or handshake did not hold waits its turn with all others of its kind: they are served one each in turn (fair queuing,
 * Nagle, RFC 970), and all of them together get `suspectVerifyMsPerS` of processor time a second. So a flood of bad signatures is
 * paid by the flooders.
 */
export class VerificationBudget {
  readonly stats = { queued: 0, refused: 0, spentOnSuspectsMs: 0 }
  /** In the order of their turns. */
  private readonly sources = new LazyMap<string, Source>()
  /** Microseconds of processor time. */
  private readonly time: TokenBucket
  private readonly alarm: Alarm
  private waiting = 0
  private isActive = false

  constructor(
    private readonly clock: Clock,
    private readonly limits: Limits,
    /** Processor time is real even where the clock is not. */
    private readonly cpuNow: () => number = () => performance.now(),
  ) {
    const perS = limits.suspectVerifyMsPerS * 1_000
    // Never more than a tenth of a second's worth at once: others wait meanwhile.
    this.time = new TokenBucket(perS, perS / 10, elapsed(clock), 1)
    this.alarm = new Alarm(clock, () => void this.serve())
  }

  /** Something from this source did not hold. */
  suspect(source: string): void {
    const known = this.sources.get(source)
    const suspectUntil = elapsed(this.clock) + this.limits.suspectMs
    if (known !== undefined) known.suspectUntil = suspectUntil
    else this.sources.set(source, { suspectUntil, jobs: [] })
    if (this.sources.size > this.limits.maxSuspects) this.forgetOne()
  }

  isSuspect(source: string): boolean {
    const known = this.sources.get(source)
    if (known === undefined) return false
    if (known.suspectUntil > elapsed(this.clock) || known.jobs.length > 0) return true
    this.sources.delete(source)
    return false
  }

  /**
   * Runs the work, now or in its turn.
   *
   * @param source a peer, or the address of a stranger.
   * @throws P2PError RATE_LIMITED where more of this source waits than `maxVerifyQueue`; or what the work throws.
   */
  run<T>(source: string, work: () => Promise<T>): Promise<T> {
    if (!this.isSuspect(source)) return work()
    const { jobs } = this.sources.get(source)!
    if (jobs.length >= this.limits.maxVerifyQueue) {
      this.stats.refused++
      return Promise.reject(
        new P2PError('RATE_LIMITED', 'Too many signatures of this peer wait for a check.', {
          details: { limit: 'maxVerifyQueue', retryAfterMs: 1_000 },
        }),
      )
    }
    this.stats.queued++
    return new Promise<T>((resolve, reject) => {
      jobs.push({ run: () => work().then(resolve, reject), refuse: reject })
      this.waiting++
      void this.serve()
    })
  }

  close(error: P2PError): void {
    this.alarm.disarm()
    for (const { jobs } of this.sources.values()) for (const { refuse } of jobs.splice(0)) refuse(error)
    this.waiting = 0
    this.sources.clear()
  }

  private async serve(): Promise<void> {
    if (this.isActive || this.alarm.isArmed) return
    this.isActive = true
    let pauseMs = 0
    while (this.waiting > 0) {
      pauseMs = this.time.take(elapsed(this.clock), 0)
      if (pauseMs > 0) break
      const job = this.next()
      if (job === undefined) break
      const started = this.cpuNow()
      await job.run()
      const spentMs = this.cpuNow() - started
      this.time.charge(spentMs * 1_000)
      this.stats.spentOnSuspectsMs += spentMs
    }
    this.isActive = false
    // In steps of 20 ms: the flood's share of a core is spread over the second.
    if (this.waiting > 0) this.alarm.armOnce(Math.max(20, pauseMs))
  }

  private next(): Job | undefined {
    for (const [id, source] of this.sources) {
      const job = source.jobs.shift()
      if (job === undefined) continue
      // To the end of the round.
      this.sources.delete(id)
      this.sources.set(id, source)
      this.waiting--
      return job
    }
    return undefined
  }

  private forgetOne(): void {
    for (const [id, { jobs }] of this.sources) {
      if (jobs.length > 0) continue
      this.sources.delete(id)
      return
    }
  }
}
