import { type Clock, elapsed } from '../../base/clock.js'

/** Two measurements of one clock differ by less, unless it was set between them, milliseconds. */
const SAME_CLOCK_MS = 10_000
const UNKNOWN: readonly number[] = []

/**
 * The clock of the peer's process, compared with the time that passes here, which nobody sets. Where the peer's clock was set, what it dated
 * before that counts too.
 */
export class PeerClock {
  /** The peer's date less what had passed here by then: as it is, and as it was before its clock was set. */
  private offsets = UNKNOWN

  constructor(
    private readonly clock: Clock,
    private readonly windowMs: number,
  ) {}

  /** @param skewMs how far the peer's clock is ahead of ours. */
  measured(skewMs: number): void {
    const { clock, offsets } = this
    const offset = skewMs + clock.now() - elapsed(clock)
    this.offsets = [offset, ...offsets.filter((other) => Math.abs(other - offset) > SAME_CLOCK_MS)].slice(0, 2)
  }

  /** Whether the date is too far from now by all that is known. @param date by the peer's clock, milliseconds since 1970. */
  isOdd(date: number): boolean {
    return Math.abs(this.timeOf(date) - elapsed(this.clock)) > this.windowMs
  }

  /** When that date is here, by `elapsed`. A clock that was not measured is taken for one like ours. */
  timeOf(date: number): number {
    const { clock, offsets, windowMs } = this
    const now = elapsed(clock)
    const [first = clock.now() - now, before = first] = offsets
    return date - (Math.abs(date - first - now) > windowMs ? before : first)
  }
}
