import { jittered, type Random } from './random.js'

/** Options of {@link Backoff}. */
export interface BackoffOptions {
  /** The first pause, milliseconds. */
  readonly minMs: number
  /** The longest pause, milliseconds. */
  readonly maxMs: number
  readonly random: Random
}

/** The share by which a pause varies to both sides. */
const JITTER = 0.3

/**
 * Exponential back-off with jitter: pauses double from `minMs` up to `maxMs` and vary by 30 %, so that a thousand tabs do not come
 * back to a restarted relay in one second.
 *
 * @example
 * const backoff = new Backoff({ minMs: 1_000, maxMs: 60_000, random: systemRandom })
 * backoff.next() // about 1,000; then about 2,000, 4,000 …
 * backoff.reset() // it worked
 */
export class Backoff {
  private failures = 0

  constructor(private readonly wiring: BackoffOptions) {}

  /**
   * The pause after one more failure.
   *
   * @param askedMs what the other side asked to be left alone for, milliseconds. It is kept to in full, even above `maxMs`.
   * @param maxMs the longest pause this time.
   * @returns milliseconds.
   */
  next(askedMs = 0, maxMs = this.wiring.maxMs): number {
    const { minMs, random } = this.wiring
    const pause = Math.min(maxMs, minMs * 2 ** this.failures)
    if (pause < maxMs) this.failures++
    // All whom a peer turns away at once are asked to wait for as long: each comes later by another measure, and none too early.
    return askedMs > pause ? askedMs * (1 + 2 * JITTER * random.unit()) : jittered(random, pause, JITTER)
  }

  /** Begins anew with the first pause. */
  reset(): void {
    this.failures = 0
  }
}
