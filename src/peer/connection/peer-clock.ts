import { type Clock, elapsed } from '../../base/clock.js'

/** Two measurements of one clock differ by less, unless it was set between them, milliseconds. */
const SAME_CLOCK_MS = 10_000

/**
 * The clock of the peer's process, compared with the time that passes here, which nobody sets. Where the peer's clock was set, what it dated
 * before that counts too.
 */
export class PeerClock {
  /** The peer's date less what had passed here by then: as it is, and as it was before its clock was set. */
  private offset: number | undefined
  private before: number | undefined

  constructor(
    private readonly clock: Clock,
    private readonly windowMs: number,
  ) {}

  /** @param skewMs how far the peer's clock is ahead of ours. */
  measured(skewMs: number): void {
    const known = this.offset
    this.offset = skewMs + this.ours
    if (Math.abs(this.offset - (known ?? this.offset)) > SAME_CLOCK_MS) this.before = known
  }

  /** Whether the date is too far from now by all that is known. @param date by the peer's clock, milliseconds since 1970. */
  isOdd(date: number): boolean {
    return Math.abs(this.timeOf(date) - elapsed(this.clock)) > this.windowMs
  }

  /** When that date is here, by `elapsed`. A clock that was not measured is taken for one like ours. */
  timeOf(date: number): number {
    const { clock, windowMs, offset = this.ours, before = offset } = this
    return date - (Math.abs(date - offset - elapsed(clock)) > windowMs ? before : offset)
  }

  /** Our own date less what has passed here. */
  private get ours(): number {
    return this.clock.now() - elapsed(this.clock)
  }
}
