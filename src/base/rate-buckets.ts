import { BoundedMap } from './bounded-map.js'
import type { Clock } from './clock.js'
import { TokenBucket } from './token-bucket.js'

/** Buckets kept at most; one that is full again is as good as a new one. */
const MAX_BUCKETS = 10_000

/** Token buckets, one for each name: `burst` at once, refilled by `perS` a second. The longest unused are forgotten. */
export class RateBuckets {
  private readonly buckets = new BoundedMap<string, TokenBucket>(MAX_BUCKETS)

  constructor(
    private readonly clock: Clock,
    private readonly perS: number,
    private readonly burst: number,
  ) {}

  /** Takes one token; returns 0, or the milliseconds until it makes sense to try again. */
  take(name: string): number {
    const now = this.clock.now()
    return this.buckets.use(name, () => new TokenBucket(this.perS, this.burst, now)).take(now)
  }
}
