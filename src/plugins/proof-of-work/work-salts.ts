import { type Clock, elapsed } from '../../base/clock.js'
import { asP2PError, type P2PError } from '../../base/errors.js'
import { LazyMap } from '../../base/lazy-map.js'
import type { Limits } from '../../base/limits.js'
import { sha256 } from '../../base/sha256.js'
import { withDeadline } from '../../base/wait.js'
import { WORK_SALT_BYTES, type WorkDemand } from '../../channel/work.js'
import { signEnvelope } from '../../identity/envelope.js'
import type { Identity } from '../../identity/identity.js'
import { dayBytes } from './proof-of-work.js'

/** A signer that has failed is not asked again before: it may be a person. */
const RETRY_MS = 600_000
const DAY_MS = 86_400_000

/**
 * The salts of a responder's demands: each is of its signature over the day, so that nobody knows it ahead, and all processes with its
 * key have the same. A signer that fails or hangs holds no handshake up: yesterday's salt serves for a day more, then no work is demanded.
 */
export class WorkSalts {
  private readonly known = new LazyMap<number, Uint8Array>()
  private isDrawing = false
  private retryAt = Number.NEGATIVE_INFINITY

  constructor(
    private readonly wiring: {
      identity: Identity
      network: string
      clock: Clock
      limits: Limits
      /** The identity did not sign. */
      onError(error: P2PError): void
    },
  ) {}

  /** What to demand: by the salt of today, or of yesterday until that is there. */
  current(): Omit<WorkDemand, 'bits'> | undefined {
    const { today } = this
    if (!this.known.has(today)) void this.draw(today)
    for (const day of [today, today - 1]) {
      const salt = this.of(day)
      if (salt !== undefined) return { salt, day }
    }
    return undefined
  }

  /** The salt of a day that counts: today or yesterday. */
  of(day: number): Uint8Array | undefined {
    return day === this.today || day === this.today - 1 ? this.known.get(day) : undefined
  }

  private get today(): number {
    return Math.floor(this.wiring.clock.now() / DAY_MS)
  }

  private async draw(today: number): Promise<void> {
    const { identity, network, clock, limits, onError } = this.wiring
    if (this.isDrawing || elapsed(clock) < this.retryAt) return
    this.isDrawing = true
    this.retryAt = elapsed(clock) + RETRY_MS
    try {
      await withDeadline(clock, 'Signing the salt of the day', { timeoutMs: limits.requestTimeoutMs }, async () => {
        for (const day of [today, today - 1]) {
          if (this.known.has(day)) continue
          const { signature } = await signEnvelope(identity, 'work-salt', dayBytes(day), network)
          this.known.set(day, sha256(signature).slice(0, WORK_SALT_BYTES))
        }
      })
      this.retryAt = Number.NEGATIVE_INFINITY
      for (const day of this.known.keys()) if (day < today - 1) this.known.delete(day)
    } catch (error) {
      onError(asP2PError(error, 'IDENTITY_FAILED', 'The identity did not sign the salt of the day: no work is demanded.'))
    } finally {
      this.isDrawing = false
    }
  }
}
