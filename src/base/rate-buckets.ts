import { BoundedMap } from './bounded-map.js'
import { type Clock, elapsed } from './clock.js'
import { CORE_LIMITS } from './limits/core.js'
import { TokenBucket } from './token-bucket.js'

/** Token buckets, one for each name: `burst` at once, refilled by `perS` a second. Beyond `max` of them the longest unused are forgotten. */
export class RateBuckets {
  private readonly buckets: BoundedMap<string, TokenBucket>

  constructor(
    private readonly clock: Clock,
    private readonly perS: number,
    private readonly burst: number,
    max: number = CORE_LIMITS.maxRateBuckets,
  ) {
    this.buckets = new BoundedMap(max)
  }

  /** Takes one token; returns 0, or the milliseconds until it makes sense to try again. */
  take(name: string): number {
    const now = elapsed(this.clock)
    return this.buckets.use(name, () => new TokenBucket(this.perS, this.burst, now)).take(now)
  }
}
