import { Alarm } from '../../base/alarm.js'
import { type Clock, elapsed } from '../../base/clock.js'
import type { Limits } from '../../base/limits.js'
import { Serial } from '../../base/serial.js'
import { TokenBucket } from '../../base/token-bucket.js'

/** What we publish ourselves: less than routers let pass, for the way there bunches messages. Publications go in the order of the calls. */
export class PublishingPace {
  private readonly bucket: TokenBucket
  private readonly line = new Serial()
  private wake: (() => void) | undefined
  private isOver = false

  constructor(
    private readonly clock: Clock,
    { topicRatePerS, topicBurst }: Pick<Limits, 'topicRatePerS' | 'topicBurst'>,
  ) {
    this.bucket = new TokenBucket(0.95 * topicRatePerS, Math.max(1, 0.8 * topicBurst), elapsed(clock), 1)
  }

  /** Resolves when one more message may be published, or none any more. */
  wait(signal: AbortSignal): Promise<void> {
    return this.line.run(() => this.next(signal))
  }

  /** Takes the place of one message, where that is free at once. @returns 0, or for how long it is not, milliseconds. */
  take(): number {
    const now = elapsed(this.clock)
    // Those that wait come first, and each leaves the bucket empty.
    return this.line.isIdle ? this.bucket.take(now) : Math.max(1, this.bucket.waitMs(now))
  }

  /** Nobody waits any more. */
  close(): void {
    this.isOver = true
    this.wake?.()
  }

  private next(signal: AbortSignal): Promise<void> {
    const { clock, bucket } = this
    return new Promise((resolve) => {
      const look = () => {
        const waitMs = this.isOver || signal.aborted ? 0 : bucket.take(elapsed(clock))
        if (waitMs > 0) return alarm.arm(waitMs)
        alarm.disarm()
        signal.removeEventListener('abort', look)
        this.wake = undefined
        resolve()
      }
      const alarm = new Alarm(clock, look)
      signal.addEventListener('abort', look)
      this.wake = look
      look()
    })
  }
}
