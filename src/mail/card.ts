import { P2PError } from '../base/errors.js'
import { encodePeerId } from '../identity/peer-id.js'
import {
  array,
  bytes,
  int,
  malformed,
  object,
  oneOf,
  optional,
  type Shaped,
  shaped,
  text,
  tuple,
  union,
} from '../message/shape.js'
import type { DhtRecord } from '../plugins/dht/records/record.js'
import { BOX_ID_BYTES, MAX_BUCKET } from './box.js'
import { GENERATION_BYTES, MAX_MAIL_BITS, PREKEY_ID_BYTES } from './messages.js'

/** Mailboxes that a card may name. */
export const MAX_CARD_BOXES = 3

export const nil = /* @__PURE__ */ oneOf(null)
const cardShape = /* @__PURE__ */ (() =>
  object({
    v: oneOf(1),
    generation: bytes(GENERATION_BYTES),
    prekey: tuple(bytes(PREKEY_ID_BYTES), bytes(32), int(0, Number.MAX_SAFE_INTEGER)),
    recovery: optional(tuple(bytes(PREKEY_ID_BYTES), bytes(32))),
    boxes: array(tuple(text(1, 128), union(text(1, 512), nil), bytes(BOX_ID_BYTES)), MAX_CARD_BOXES, 1),
    bits: union(int(0, MAX_MAIL_BITS), nil),
    max: int(0, MAX_BUCKET),
  }))()

/** What a recipient publishes of its mailboxes: the value of the record `mail:<lp1… id>`. */
export type CardValue = Shaped<typeof cardShape>

/** A recipient's card, whose record's signature holds. */
export interface Card extends CardValue {
  /** The recipient's Ed25519 key, 32 bytes. */
  owner: Uint8Array
  /** Milliseconds since the Unix epoch. */
  publishedAt: number
  sequence: number
}

/** A record whose signature holds, as far as it tells of a card. */
export type CardRecord = Pick<DhtRecord, 'key' | 'publisherKey' | 'publishedAt' | 'sequence'> & { value?: unknown }

/** The key of the record that the holder of a key publishes. */
export function cardKeyOf(publicKey: Uint8Array): string {
  return `mail:${encodePeerId(publicKey)}`
}

/**
 * Reads the card in a verified record.
 *
 * @throws P2PError INVALID_RECORD for a record that its signer may not publish; MALFORMED_DATA for a card of another form.
 */
export function readCard({ key, value: given, publisherKey: owner, publishedAt, sequence }: CardRecord): Card {
  if (owner === undefined || key !== cardKeyOf(owner)) {
    throw new P2PError('INVALID_RECORD', 'This record is no card of the peer that has signed it.')
  }
  const value = shaped(cardShape, given)
  if (value === undefined) throw malformed('A card')
  return { ...value, owner, publishedAt, sequence }
}

/** Whether a card replaces another of the same owner. */
export function isNewer(card: Card, than: Card | undefined): boolean {
  if (than === undefined || card.publishedAt !== than.publishedAt) return card.publishedAt > (than?.publishedAt ?? -1)
  return card.sequence > than.sequence
}
