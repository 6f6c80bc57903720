import { BoundedMap } from '../base/bounded-map.js'
import { type Clock, elapsed } from '../base/clock.js'
import { METER_LIMITS } from '../base/limits/meter.js'
import { type Limits, limitsOf } from '../base/limits.js'
import { TokenBucket } from '../base/token-bucket.js'
import type { Meter } from './gate-wiring.js'

/** What one peer has cost. */
interface User {
  /** Milliseconds of processor time, of which each fades within a window. */
  usedMs: number
  /** Up to when they have faded. */
  at: number
  /** Bytes of answers; absent until there is one. */
  answers?: TokenBucket
}

export interface ProcessorTimeOptions {
  clock: Clock
  limits?: Limits | undefined
  /** Long scans of a peer that wait, by its key in hex. */
  waitingOf?: ((key: string) => number) | undefined
  /** Milliseconds that pass even where the clock does not. */
  cpuNow?: (() => number) | undefined
  /** Milliseconds that the processor has worked for this program: less than have passed where others use it too. Default: all of them. */
  workedMs?: (() => number) | undefined
  /** Calls back when the event loop begins its next turn. */
  afterTurn?: ((begin: () => void) => void) | undefined
}

/** Time in which what was used fades to 37 %: so long a peer that is alone may use all there is, and so long others may wait for it. */
const WINDOW_MS = 250
/** How long a long turn is remembered. */
const LONG_MEMORY_MS = 1_000
/** How often it is looked what part of the processor is ours. */
const SHARE_EVERY_MS = 50
/** How often the level is found anew. */
const LEVEL_EVERY_MS = 10
/** Shorter pauses are not worth what is sent again; longer ones would pass for a dead connection. */
const MIN_WAIT_MS = 100
const MAX_WAIT_MS = 2_000
/** Bytes of an answer that cost a millisecond to encode, to seal and to send, by measurement. */
const ANSWER_BYTES_PER_MS = 65_536
/** What costs less to decode than to look at. */
const SMALL_BYTES = 1_024
/** Whether a connection lives is asked and answered whatever else it costs. */
const UPKEEP = 'lotus/heartbeat'

/**
 * Accounts processor time and answered bytes to the peers that cause them. As long as turns of the event loop are short, nobody waits
 * for anybody, and each may use what there is. Where they are long, those that use the most are cut to a level at which all together fit
 * `processorMsPerS` (max-min fairness: Bertsekas and Gallager, Data Networks, §6.5.2); who uses less than the level notices nothing.
 * A refusal for it is a pause, never blame: an honest peer cannot know what its messages cost.
 */
export class ProcessorTime implements Meter {
  private readonly limits: Limits
  private readonly cpuNow: () => number
  /** By the key in hex. */
  private readonly users: BoundedMap<string, User>
  private current: string | undefined
  private startedMs = 0
  /** Work of this turn of the event loop. */
  private turnMs = 0
  /** The last reading of `workedMs`, when it was taken, and the part of the processor that this program has had before it. */
  private worked = { ms: 0, at: Number.NEGATIVE_INFINITY, share: 0 }
  private longUntilMs = Number.NEGATIVE_INFINITY
  private level = Number.POSITIVE_INFINITY
  private levelAt = Number.NEGATIVE_INFINITY

  constructor(private readonly options: ProcessorTimeOptions) {
    this.limits = options.limits ?? limitsOf(METER_LIMITS)
    this.cpuNow = options.cpuNow ?? (() => performance.now())
    this.users = new BoundedMap(this.limits.maxRateBuckets)
  }

  end(): void {
    const { current } = this
    if (current === undefined) return
    this.current = undefined
    const now = this.cpuNow()
    this.charge(current, now - this.startedMs, now)
  }

  /** A peer has cost so much. */
  charge(key: string, ms: number, now = this.cpuNow()): void {
    const user = this.userOf(key, now)
    user.usedMs = faded(user, now) + ms
    user.at = now
    if (this.turnMs === 0) (this.options.afterTurn ?? setImmediate)(this.turnEnded)
    // Even what took no time that can be measured begins a turn.
    this.turnMs += Math.max(ms, Number.EPSILON)
    const { longTurnMs } = this.limits
    if (this.turnMs > longTurnMs && this.turnMs * this.shareOfProcessor(now) > longTurnMs) this.longUntilMs = now + LONG_MEMORY_MS
  }

  waitMs(key: string, bytes: number, protocol?: string): number {
    if (protocol === undefined && this.current !== key) {
      this.current = key
      this.startedMs = this.cpuNow()
    }
    const waitMs = this.pauseOf(key, bytes, protocol)
    if (waitMs > 0) this.end()
    return waitMs
  }

  /** What goes to a peer while its own message is being handled is an answer too, such as what a new subscriber has missed. */
  sent(key: string, bytes: number, isAnswer: boolean): void {
    const isMeasured = this.current === key
    if (isAnswer || isMeasured) this.answersTo(key).charge(bytes)
    // An answer that is made after the message was handled is in nobody's measurement.
    if (isAnswer && !isMeasured) this.charge(key, bytes / ANSWER_BYTES_PER_MS)
  }

  /** Peers whose costs are remembered. */
  get remembered(): number {
    return this.users.size
  }

  /** Forgets peers whose costs have faded and whose budgets are full: nothing of them is left to account for. */
  trim(): void {
    const now = this.cpuNow()
    for (const [key, user] of [...this.users]) if (now - user.at > this.limits.budgetMemoryMs) this.users.delete(key)
  }

  private pauseOf(key: string, bytes: number, protocol: string | undefined): number {
    if (protocol === UPKEEP || (protocol === undefined && bytes < SMALL_BYTES)) return 0
    const user = this.users.get(key)
    if (user === undefined) return 0
    const waitMs =
      (user.answers?.waitMs(elapsed(this.options.clock)) ?? 0) ||
      this.overMs(user) ||
      ((this.options.waitingOf?.(key) ?? 0) < this.limits.maxScansWaiting ? 0 : MIN_WAIT_MS)
    return waitMs && Math.min(MAX_WAIT_MS, Math.max(MIN_WAIT_MS, Math.ceil(waitMs)))
  }

  private userOf(key: string, now: number): User {
    const known = this.users.get(key)
    if (known !== undefined) return known
    const user: User = { usedMs: 0, at: now }
    this.users.set(key, user)
    return user
  }

  private answersTo(key: string): TokenBucket {
    const { answerBytesPerS, answerByteBurst } = this.limits
    const user = this.userOf(key, this.cpuNow())
    user.answers ??= new TokenBucket(answerBytesPerS, answerByteBurst, elapsed(this.options.clock))
    return user.answers
  }

  /** Milliseconds after which a peer that is above the level is below it; 0 where it is. */
  private overMs(user: User): number {
    if (this.longUntilMs === Number.NEGATIVE_INFINITY) return 0
    const now = this.cpuNow()
    if (now > this.longUntilMs) {
      this.longUntilMs = Number.NEGATIVE_INFINITY
      return 0
    }
    if (now - this.levelAt > LEVEL_EVERY_MS) this.findLevel(now)
    const usedMs = faded(user, now)
    // Down to half of it, so that the pause is worth it.
    return usedMs <= this.level ? 0 : WINDOW_MS * Math.log((2 * usedMs) / this.level)
  }

  /**
   * The part of the processor that this program has. A computer that is busy with something else makes turns long as well, and no peer
   * is to wait for that. A reading is a system call: the first long turn after a while takes one, and the next are judged by it.
   */
  private shareOfProcessor(now: number): number {
    const { workedMs } = this.options
    if (workedMs === undefined) return 1
    const passed = now - this.worked.at
    if (passed < SHARE_EVERY_MS) return this.worked.share
    const ms = workedMs()
    this.worked = { ms, at: now, share: passed > LONG_MEMORY_MS ? 0 : (ms - this.worked.ms) / passed }
    return this.worked.share
  }

  private readonly turnEnded = (): void => {
    this.turnMs = 0
  }

  /** The level to which the greediest are cut, so that all fit. */
  private findLevel(now: number): void {
    this.levelAt = now
    const recent = [...this.users.values()].filter(({ at }) => now - at < LONG_MEMORY_MS)
    const used = recent.map((user) => faded(user, now)).sort((a, b) => a - b)
    let left = (this.limits.processorMsPerS * WINDOW_MS) / 1_000
    this.level = Number.POSITIVE_INFINITY
    // Whoever is alone is in nobody's way.
    if (used.length < 2) return
    for (let i = 0; i < used.length; i++) {
      const equal = left / (used.length - i)
      if (used[i]! > equal) {
        this.level = equal
        return
      }
      left -= used[i]!
    }
  }
}

function faded({ usedMs, at }: User, now: number): number {
  return usedMs * Math.exp((at - now) / WINDOW_MS)
}
