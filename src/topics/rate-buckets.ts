import type { Clock } from '../clock.js'

interface Bucket {
  tokens: number
  filledAt: number
}

/** Buckets kept at most; one that is full again is as good as a new one. */
const MAX_BUCKETS = 10_000

/** Token buckets, one for each name: `burst` at once, refilled by `perS` a second. */
export class RateBuckets {
  private readonly buckets = new Map<string, Bucket>()

  constructor(
    private readonly clock: Clock,
    private readonly perS: number,
    private readonly burst: number,
  ) {}

  /** Takes one token; returns 0, or the milliseconds until there is one. */
  take(name: string): number {
    const now = this.clock.now()
    const bucket = this.buckets.get(name) ?? { tokens: this.burst, filledAt: now }
    bucket.tokens = Math.min(this.burst, bucket.tokens + ((now - bucket.filledAt) * this.perS) / 1_000)
    bucket.filledAt = now
    this.buckets.delete(name)
    this.buckets.set(name, bucket)
    if (this.buckets.size > MAX_BUCKETS) for (const oldest of this.buckets.keys()) return this.forget(oldest, bucket)
    return this.spend(bucket)
  }

  private forget(oldest: string, bucket: Bucket): number {
    this.buckets.delete(oldest)
    return this.spend(bucket)
  }

  private spend(bucket: Bucket): number {
    if (bucket.tokens < 1) return Math.ceil(((1 - bucket.tokens) * 1_000) / this.perS)
    bucket.tokens--
    return 0
  }
}
