import type { Clock } from './clock.js'
import { TokenBucket } from './token-bucket.js'

/** Buckets kept at most; one that is full again is as good as a new one. */
const MAX_BUCKETS = 10_000

/** Token buckets, one for each name: `burst` at once, refilled by `perS` a second. The longest unused are forgotten. */
export class RateBuckets {
  private readonly buckets = new Map<string, TokenBucket>()

  constructor(
    private readonly clock: Clock,
    private readonly perS: number,
    private readonly burst: number,
  ) {}

  /** Takes one token; returns 0, or the milliseconds until it makes sense to try again. */
  take(name: string): number {
    const now = this.clock.now()
    const bucket = this.buckets.get(name) ?? new TokenBucket(this.perS, this.burst, now)
    this.buckets.delete(name)
    this.buckets.set(name, bucket)
    if (this.buckets.size > MAX_BUCKETS) {
      for (const oldest of this.buckets.keys()) {
        this.buckets.delete(oldest)
        break
      }
    }
    return bucket.take(now)
  }
}
