/**
 * A token bucket (RFC 2697 §3, with one rate): `burst` at once, refilled at `perS` a second. Whoever finds it not empty may take
 * more than is in it, and the rest is a debt: one large message passes where many small ones would.
 */
export class TokenBucket {
  private tokens: number
  private filledAt: number

  constructor(
    private readonly perS: number,
    private readonly burst: number,
    now: number,
  ) {
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
    const perMs = (this.perS * share) / 1_000
    // A clock that was set back refills nothing.
    const grown = this.tokens + Math.max(0, now - this.filledAt) * perMs
    this.tokens = Math.min(this.burst * share, grown)
    this.filledAt = now
    if (this.tokens < 1) return Math.ceil((this.worthWaitingFor(share) - this.tokens) / perMs)
    this.tokens -= cost
    return 0
  }

  /** A quarter of a second's worth: who came back for a single token would be refused at the next message again. */
  private worthWaitingFor(share: number): number {
    return Math.max(1, Math.min((this.burst * share) / 2, (this.perS * share) / 4))
  }
}
