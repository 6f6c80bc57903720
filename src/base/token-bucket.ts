/**
 * A token bucket (RFC 2697 §3, with one rate): `burst` at once, refilled at `perS` a second. Whoever finds a whole token in it may
 * take more than there are, and the rest is a debt: one large message passes where many small ones would.
 */
export class TokenBucket {
  private readonly rate: Rate
  private tokens: number
  private filledAt: number

  /**
   * @param now milliseconds, by `elapsed`.
   * @param worthWaitingFor tokens that must be there before another try makes sense. Default: a quarter of a second's worth, so
   *   that whoever came back for a single token is not refused at the next message again.
   */
  constructor(perS: number, burst: number, now: number, worthWaitingFor = Math.min(burst / 2, perS / 4)) {
    this.rate = sharedRate(perS, burst, worthWaitingFor)
    this.tokens = burst
    this.filledAt = now
  }

  /**
   * Takes tokens.
   *
   * @param now milliseconds.
   * @param share of rate and burst that this caller has, above 0 and at most 1.
   * @returns 0, or where the bucket is empty, and nothing was taken, the milliseconds after which trying again makes sense.
   */
  take(now: number, cost = 1, share = 1): number {
    const waitMs = this.waitMs(now, share)
    if (waitMs === 0) this.tokens -= cost
    return waitMs
  }

  /** As `take`, without taking. */
  waitMs(now: number, share = 1): number {
    const { perS, burst, worthWaitingFor } = this.rate
    const perMs = (perS * share) / 1_000
    this.tokens = Math.min(burst * share, this.tokens + (now - this.filledAt) * perMs)
    this.filledAt = now
    if (this.tokens >= 1) return 0
    return Math.ceil((Math.max(1, worthWaitingFor * share) - this.tokens) / perMs)
  }

  /** Takes tokens whether they are there or not, as what is known to cost only afterwards. */
  charge(cost: number): void {
    this.tokens -= cost
  }
}

interface Rate {
  readonly perS: number
  readonly burst: number
  readonly worthWaitingFor: number
}

/** Rates that were asked for last. */
const RATES: Rate[] = []
const MAX_RATES = 32
let made = 0

/** One for all buckets with the same numbers: a relay has a dozen buckets for each of thousands of peers. */
function sharedRate(perS: number, burst: number, worthWaitingFor: number): Rate {
  const known = RATES.find((rate) => rate.perS === perS && rate.burst === burst && rate.worthWaitingFor === worthWaitingFor)
  if (known !== undefined) return known
  const rate: Rate = { perS, burst, worthWaitingFor }
  RATES[made++ % MAX_RATES] = rate
  return rate
}
