import { BoundedMap } from '../../../base/bounded-map.js'
import { equalBytes } from '../../../base/bytes.js'
import { type Clock, systemClock } from '../../../base/clock.js'
import { isP2PError, nameTaken, P2PError } from '../../../base/errors.js'
import { type Limits, limitsOf } from '../../../base/limits.js'
import { verifyEnvelope } from '../../../identity/envelope.js'
import type { PinnedNames } from '../../../identity/pinned-names.js'
import { decodeRecord, invalidRecord, isWireRecord, type RecordEntry, type VerifiedRecord, type WireRecord } from './record.js'

export interface RecordVerifierOptions {
  /** The network whose records are believed. */
  network: string
  clock?: Clock | undefined
  limits?: Limits | undefined
  /** Whose name is whose. Without it names in records are taken as they are. */
  names?: PinnedNames | undefined
}

/**
 * Decides whether a record from elsewhere may be believed. Remembers the last `verifiedRecordCache` records whose signature
 * held, so that reading one again costs no signature check.
 */
export class RecordVerifier {
  readonly network: string
  private readonly clock: Clock
  private readonly limits: Limits
  private readonly names: PinnedNames | undefined
  private readonly verified: BoundedMap<string, VerifiedRecord>
  private checks = 0

  constructor({ network, clock = systemClock, limits = limitsOf(), names }: RecordVerifierOptions) {
    this.network = network
    this.clock = clock
    this.limits = limits
    this.names = names
    this.verified = new BoundedMap(limits.verifiedRecordCache)
  }

  /** Signatures checked so far; a remembered one costs none. */
  get signatureChecks(): number {
    return this.checks
  }

  /**
   * The record in these wire data, not yet verified.
   *
   * @throws P2PError MALFORMED_DATA, LIMIT_EXCEEDED, INVALID_RECORD.
   */
  read(wire: unknown): RecordEntry {
    return (isWireRecord(wire) && this.remembered(wire)) || decodeRecord(wire, this.limits, this.network)
  }

  /**
   * Cheap checks first: time, then signature, then the right to its name.
   *
   * @throws P2PError INVALID_RECORD, INVALID_SIGNATURE, NAME_TAKEN.
   */
  async verify(entry: RecordEntry): Promise<VerifiedRecord> {
    this.checkTime(entry)
    const { publicKey, payload, signature } = entry
    if (publicKey === undefined || signature === undefined) throw forged(entry)
    const id = cacheKey(signature)
    const verified = entry as VerifiedRecord
    if (this.verified.get(id) !== entry) {
      this.checks++
      if (!(await verifyEnvelope('record', { publicKey, payload, signature }, this.network))) throw forged(entry)
      this.verified.set(id, verified)
    }
    if (!(await this.ownsName(entry))) {
      const { key, name } = entry
      throw nameTaken(name!, { key })
    }
    return verified
  }

  /** @throws P2PError INVALID_RECORD for a record that has ended, or is dated further ahead than clocks honestly differ. */
  checkTime(entry: RecordEntry): void {
    const now = this.clock.now()
    if (entry.expiresAt <= now) throw invalidRecord('it has expired')
    if (entry.publishedAt > now + this.limits.maxClockSkewMs) {
      throw invalidRecord('it is dated in the future')
    }
  }

  /** False where we know the owner of the name in the record, and it is another one. Who claims a name that we do not know, may. */
  async ownsName(entry: RecordEntry): Promise<boolean> {
    const { name, publicKey } = entry
    if (name === undefined || publicKey === undefined || this.names === undefined) return true
    const owner = await this.names.lookup(name)
    return owner === undefined || equalBytes(owner, publicKey)
  }

  /** Forgets what was verified: it costs a signature check each to know it again. */
  trim(): void {
    this.verified.clear()
  }

  private remembered([publicKey, payload, signature]: WireRecord): RecordEntry | undefined {
    const id = cacheKey(signature)
    const entry = this.verified.get(id)
    if (entry === undefined || !equalBytes(entry.payload, payload) || !equalBytes(entry.publicKey!, publicKey)) {
      return undefined
    }
    this.verified.set(id, entry)
    return entry
  }
}

/** True for faults of a record that nobody can hand on honestly: whoever stores records has checked these. */
export function isDishonest(error: unknown): error is P2PError {
  return isP2PError(error, 'INVALID_SIGNATURE') || isP2PError(error, 'MALFORMED_DATA')
}

function cacheKey(signature: Uint8Array): string {
  return String.fromCharCode(...signature)
}

function forged(entry: RecordEntry): P2PError {
  return new P2PError('INVALID_SIGNATURE', 'The record was not signed by the key that it names.', {
    details: { key: entry.key },
  })
}
