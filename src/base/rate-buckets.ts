import { BoundedMap } from './bounded-map.js'
import { type Clock, elapsed } from './clock.js'
import { TokenBucket } from './token-bucket.js'

/** As `maxRateBuckets`, for parts that have no limits of a coordinator's. */
const MAX_BUCKETS = 10_000

/** Token buckets, one for each name: `burst` at once, refilled by `perS` a second. Beyond `max` of them the longest unused are forgotten. */
export class RateBuckets {
  private readonly buckets: BoundedMap<string, TokenBucket>

  constructor(
    private readonly clock: Clock,
    private readonly perS: number,
    private readonly burst: number,
    max: number = MAX_BUCKETS,
  ) {
    this.buckets = new BoundedMap(max)
  }

  /** Takes one token; returns 0, or the milliseconds until it makes sense to try again. */
  take(name: string): number {
    const now = elapsed(this.clock)
    return this.buckets.use(name, () => new TokenBucket(this.perS, this.burst, now)).take(now)
  }
}
