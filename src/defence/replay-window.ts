import { BoundedMap } from '../base/bounded-map.js'
import type { Clock } from '../base/clock.js'

export type Freshness = 'new' | 'seen' | 'stale' | 'early'

/**
 * Remembers the ids of one sender's messages for as long as their dates are taken, and no longer: what comes again within the
 * window is known, what comes later is too old (RFC 4302 §3.4.3 does the same by numbers). In bounded memory: where more come
 * than it holds, the oldest ids are forgotten, and what is as old as those counts as too old from then on. So nothing is ever
 * taken twice.
 */
export class ReplayWindow {
  /** Id to date, in the order of coming. */
  private readonly seen: BoundedMap<string, number>
  /** Dates up to this one are not taken any more. */
  private floor = Number.NEGATIVE_INFINITY

  constructor(
    private readonly clock: Clock,
    private readonly windowMs: number,
    maxIds: number,
  ) {
    this.seen = new BoundedMap(maxIds, (_id, date) => {
      this.floor = Math.max(this.floor, date)
    })
  }

  get size(): number {
    return this.seen.size
  }

  /**
   * Takes note of a message.
   *
   * @param date by the sender's clock, milliseconds since 1970.
   * @param skewMs how far the sender's clock is ahead of ours.
   */
  check(id: string, date: number, skewMs = 0): Freshness {
    const ours = date - skewMs
    const now = this.clock.now()
    if (ours > now + this.windowMs) return 'early'
    this.forget(now - this.windowMs)
    if (this.seen.has(id)) return 'seen'
    if (ours < now - this.windowMs || ours <= this.floor) return 'stale'
    this.seen.set(id, ours)
    return 'new'
  }

  /** What is too old to be taken again need not be known. */
  private forget(before: number): void {
    for (const [id, date] of this.seen) {
      if (date >= before) return
      this.seen.delete(id)
    }
  }
}
