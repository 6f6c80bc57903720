import { equalBytes } from '../base/bytes.js'
import { P2PError } from '../base/errors.js'
import { signEnvelope, verifyEnvelope } from '../identity/envelope.js'
import type { Identity } from '../identity/identity.js'
import { encode } from '../message/codec.js'
import type { Card } from './card.js'
import { type Prekey, PrekeyKind } from './letter.js'
import { readPrekeyBatch } from './messages.js'

/** How old a batch may be that a sender seals to: its keys are deleted after 18 days, and a letter lives for 14 at most. */
const MAX_BATCH_AGE_MS = 4 * 86_400_000
/** How far a batch may be dated ahead of our clock. */
const MAX_AHEAD_MS = 86_400_000

/** One-time prekeys, signed by their owner's identity, so that a mailbox cannot slip in its own. */
export interface SignedBatch {
  /** MessagePack `[1, generation, madeAt, [[id, key] × 16]]`. */
  batch: Uint8Array
  /** Ed25519, 64 bytes. */
  signature: Uint8Array
}

/** @param keys 16 of them: id, 8 bytes, and X25519 key, 32 bytes. @throws P2PError IDENTITY_FAILED. */
export async function signBatch(
  { identity, network }: { identity: Identity; network: string },
  generation: Uint8Array,
  madeAt: number,
  keys: readonly (readonly [id: Uint8Array, key: Uint8Array])[],
): Promise<SignedBatch> {
  const batch = encode([1, generation, madeAt, keys])
  const { signature } = await signEnvelope(identity, 'prekeys', batch, network)
  return { batch, signature }
}

/**
 * The one-time prekey that a mailbox hands out.
 *
 * @param index of the key in its batch, as the mailbox says.
 * @param now milliseconds since the Unix epoch.
 * @throws P2PError MALFORMED_DATA; INVALID_SIGNATURE for a batch that the card's owner has not signed; INVALID_RECORD for one of another
 *   generation, or that is over 4 days old.
 */
export async function oneTimePrekey(
  { batch, signature }: SignedBatch,
  index: number,
  card: Pick<Card, 'owner' | 'generation'>,
  now: number,
  network: string,
): Promise<Prekey> {
  const { generation, madeAt, keys } = readPrekeyBatch(batch)
  if (!(await verifyEnvelope('prekeys', { publicKey: card.owner, payload: batch, signature }, network))) {
    throw new P2PError('INVALID_SIGNATURE', 'The recipient has not signed these prekeys.')
  }
  const age = now - madeAt
  const found = keys[index]
  if (!equalBytes(generation, card.generation) || age > MAX_BATCH_AGE_MS || age < -MAX_AHEAD_MS || found === undefined) {
    throw new P2PError('INVALID_RECORD', 'These prekeys are of another time.')
  }
  return { kind: PrekeyKind.ONE_TIME, id: found[0], key: found[1] }
}
