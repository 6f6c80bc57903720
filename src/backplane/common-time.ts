import { type Clock, elapsed } from '../base/clock.js'

/**
 * A time that the processes of a relay have in common, whatever the clocks of their machines say: that of the process that was there first. What one
 * process does once it has heard of what another has done is later by it (L. Lamport, "Time, Clocks, and the Ordering of Events", 1978). Dates go by
 * it where one process judges what another has set.
 *
 * It passes as the monotonic clock does, so that a clock that is set at one process moves nothing.
 */
export class CommonTime {
  /** The time when the monotonic clock stood at 0. */
  private origin: number
  private isAgreed = false

  constructor(private readonly clock: Clock) {
    this.origin = clock.now() - elapsed(clock)
  }

  /** Milliseconds since the Unix epoch. */
  now(): number {
    return Math.max(0, Math.floor(this.origin + elapsed(this.clock)))
  }

  /** What others may be told; undefined where they may be there already, and have not been heard. */
  get told(): number | undefined {
    return this.isAgreed ? this.now() : undefined
  }

  /** None of them is there, or those that are there begin at the same time: ours counts as theirs do. */
  agree(): void {
    this.isAgreed = true
  }

  /** The time of another process. The first that is heard holds, then the one that is ahead: what was on its way is late. */
  heard(theirs: number): void {
    const origin = theirs - elapsed(this.clock)
    if (!this.isAgreed || origin > this.origin) this.origin = origin
    this.isAgreed = true
  }
}
