import { BoundedMap } from '../base/bounded-map.js'
import { type Clock, elapsed } from '../base/clock.js'

export type Freshness = 'new' | 'seen' | 'stale' | 'early'

/**
 * Remembers the ids of one sender's messages for as long as their dates are taken, and no longer: what comes again within the
 * window is known, what comes later is too old (RFC 4302 §3.4.3 does the same by numbers). In bounded memory: where more come
 * than it holds, the oldest ids are forgotten, and what is as old as those counts as too old from then on. So nothing is ever
 * taken twice.
 */
export class ReplayWindow {
  /** Id to the time that its date is here, in the order of coming. */
  private readonly seen: BoundedMap<string, number>
  /** Up to this time nothing is taken any more. */
  private floor = Number.NEGATIVE_INFINITY

  constructor(
    private readonly clock: Clock,
    private readonly windowMs: number,
    maxIds: number,
  ) {
    this.seen = new BoundedMap(maxIds, (_id, at) => {
      this.floor = Math.max(this.floor, at)
    })
  }

  get size(): number {
    return this.seen.size
  }

  /** Takes note of a message. @param at when its date is here, by `elapsed`. */
  check(id: string, at: number): Freshness {
    const now = elapsed(this.clock)
    if (at > now + this.windowMs) return 'early'
    this.forget(now - this.windowMs)
    if (this.seen.has(id)) return 'seen'
    if (at < now - this.windowMs || at <= this.floor) return 'stale'
    this.seen.set(id, at)
    return 'new'
  }

  /** What is too old to be taken again need not be known. */
  private forget(before: number): void {
    for (const [id, at] of this.seen) {
      if (at >= before) return
      this.seen.delete(id)
    }
  }
}
