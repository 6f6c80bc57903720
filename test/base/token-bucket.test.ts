import { describe, expect, it } from 'vitest'
import { RateBuckets } from '../../src/base/rate-buckets.js'
import { TokenBucket } from '../../src/base/token-bucket.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'

describe('TokenBucket', () => {
  it('lets a burst through and then its rate', () => {
    const bucket = new TokenBucket(10, 5, 0)
    expect([1, 2, 3, 4, 5].map(() => bucket.take(0))).toEqual([0, 0, 0, 0, 0])
    expect(bucket.take(0)).toBeGreaterThan(0)
    const waitMs = bucket.take(0)
    expect(bucket.take(waitMs)).toBe(0)
    let passed = 0
    for (let now = waitMs; now < waitMs + 10_000; now += 5) if (bucket.take(now) === 0) passed++
    expect(passed).toBeGreaterThanOrEqual(99)
    expect(passed).toBeLessThanOrEqual(102)
  })

  it('tells a time after which it does pass', () => {
    for (const [perS, burst] of [
      [1, 1],
      [0.5, 3],
      [1_000, 10],
      [3, 1_000],
    ] as const) {
      const bucket = new TokenBucket(perS, burst, 0)
      for (let i = 0; i < burst; i++) bucket.take(0)
      const waitMs = bucket.take(0)
      expect([perS, burst, bucket.take(waitMs)]).toEqual([perS, burst, 0])
    }
  })

  it('lets one large cost through on credit, and makes it wait for it', () => {
    const bucket = new TokenBucket(100, 100, 0)
    expect(bucket.take(0, 1_000)).toBe(0)
    expect(bucket.take(8_000)).toBeGreaterThan(0)
    expect(bucket.take(9_300)).toBe(0)
  })

  it('gains nothing from a clock that is set back, nor from one set far ahead', () => {
    const bucket = new TokenBucket(1, 2, 1_000_000)
    bucket.take(1_000_000)
    bucket.take(1_000_000)
    expect(bucket.take(0)).toBeGreaterThan(0)
    expect([bucket.take(9e15), bucket.take(9e15)]).toEqual([0, 0])
    expect(bucket.take(9e15)).toBeGreaterThan(0)
  })

  it('gives a caller its share of rate and burst', () => {
    const bucket = new TokenBucket(10, 100, 0)
    let taken = 0
    while (bucket.take(0, 1, 0.25) === 0) taken++
    expect(taken).toBe(25)
    expect(bucket.take(1_000, 0, 0.25)).toBe(0)
  })

  it('counts what is charged afterwards, and waits for no more than is worth it', () => {
    const bucket = new TokenBucket(100, 10, 0, 1)
    expect(bucket.take(0, 0)).toBe(0)
    bucket.charge(110)
    expect(bucket.take(0, 0)).toBe(1_010)
    expect(bucket.take(1_010, 0)).toBe(0)
  })
})

describe('RateBuckets', () => {
  it('keeps a bucket for each name', () => {
    const buckets = new RateBuckets(new VirtualClock(), 1, 2)
    expect([buckets.take('a'), buckets.take('a'), buckets.take('b')]).toEqual([0, 0, 0])
    expect(buckets.take('a')).toBeGreaterThan(0)
    expect(buckets.take('b')).toBe(0)
  })

  it('forgets the longest unused where there are too many', () => {
    const buckets = new RateBuckets(new VirtualClock(), 1, 1, 2)
    for (const name of ['a', 'b', 'a', 'c']) buckets.take(name)
    // It was used since b was, and is remembered as empty.
    expect(buckets.take('a')).toBeGreaterThan(0)
    expect(buckets.take('b')).toBe(0)
  })
})
