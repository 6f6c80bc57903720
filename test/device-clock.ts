import { type Clock, elapsed, type Timer } from '../src/base/clock.js'

/** The clock of one device on a clock that all share: its date can be set. */
export class DeviceClock implements Clock {
  private aheadMs = 0

  constructor(private readonly shared: Clock) {}

  now(): number {
    return this.shared.now() + this.aheadMs
  }

  elapsed(): number {
    return elapsed(this.shared)
  }

  /** Sets the date, as a user or a time server does: by so many milliseconds, below 0 back. */
  set(byMs: number): void {
    this.aheadMs += byMs
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    return this.shared.setTimeout(callback, delayMs)
  }

  clearTimeout(timer: Timer): void {
    this.shared.clearTimeout(timer)
  }
}
