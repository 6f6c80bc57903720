import { P2PError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import { TokenBucket } from '../base/token-bucket.js'

/** The longest that a newcomer is told to wait: diallers believe no more of a refusal that anybody on the way can have written. */
const MAX_WAIT_MS = 10_000

/**
 * Spreads the wallets that all come back at once, as after an outage: beyond `newcomerBurst` they are asked to come later, each at
 * another time. What counts is who has joined, not who has knocked: a flood of handshakes that never end keeps nobody out.
 */
export class Newcomers {
  readonly counts = { refused: 0 }
  private readonly joins: TokenBucket
  private readonly gapMs: number
  /** When the next one that is refused may come, milliseconds of the same clock. */
  private nextAt = 0

  /** @param now milliseconds of a clock that only goes forward. */
  constructor(
    limits: Pick<Limits, 'newcomersPerS' | 'newcomerBurst'>,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.joins = new TokenBucket(limits.newcomersPerS, limits.newcomerBurst, now(), 1)
    this.gapMs = 1_000 / limits.newcomersPerS
  }

  /** A peer has joined. */
  joined(): void {
    this.joins.charge(1)
  }

  /** Why a newcomer is turned away; undefined where it is welcome. */
  refusal(): P2PError | undefined {
    const now = this.now()
    const waitMs = this.joins.waitMs(now)
    if (waitMs === 0) return undefined
    this.counts.refused++
    this.nextAt = Math.max(this.nextAt + this.gapMs, now + waitMs)
    // Those for whom there is no place in this time begin again in front, and are told anew.
    if (this.nextAt > now + MAX_WAIT_MS) this.nextAt = now + waitMs
    return new P2PError('POOL_FULL', 'Many peers come back to this relay at once. Come a little later.', {
      details: { limit: 'newcomersPerS', retryAfterMs: Math.ceil(this.nextAt - now) },
    })
  }
}
