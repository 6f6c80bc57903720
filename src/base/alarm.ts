import { type Clock, MAX_DELAY_MS, type Timer } from './clock.js'

/**
 * One timer that can be set, set anew and put out.
 *
 * @example
 * const alarm = new Alarm(clock, () => reconnect())
 * alarm.arm(5_000)
 * alarm.disarm()
 */
export class Alarm {
  private timer: Timer | undefined

  /** @param ring called when the time is over; it may arm the alarm again. */
  constructor(
    private readonly clock: Clock,
    private readonly ring: () => void,
  ) {}

  get isArmed(): boolean {
    return this.timer !== undefined
  }

  /**
   * Rings after this time, instead of whenever it was to ring before.
   *
   * @param delayMs milliseconds of any length; below 0 counts as 0, and Infinity is never.
   */
  arm(delayMs: number): void {
    this.disarm()
    if (delayMs === Number.POSITIVE_INFINITY) return
    const now = Math.min(Math.max(0, delayMs), MAX_DELAY_MS)
    this.timer = this.clock.setTimeout(() => {
      this.timer = undefined
      if (delayMs > now) this.arm(delayMs - now)
      else this.ring()
    }, now)
  }

  /** Rings after this time, unless it is armed already. */
  armOnce(delayMs: number): void {
    if (this.timer === undefined) this.arm(delayMs)
  }

  /** Does not ring. */
  disarm(): void {
    if (this.timer === undefined) return
    this.clock.clearTimeout(this.timer)
    this.timer = undefined
  }
}
