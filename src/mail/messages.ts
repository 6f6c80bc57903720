import { codeOf, P2PError, type P2PErrorDetails } from '../base/errors.js'
import { printable } from '../base/text.js'
import { SIGNATURE_BYTES } from '../identity/ed25519-provider.js'
import { decode } from '../message/codec.js'
import type { P2PMessage } from '../message/message.js'
import {
  array,
  boolean,
  bytes,
  exactly,
  int,
  malformed,
  object,
  oneOf,
  optional,
  parsed,
  type Shape,
  type Shaped,
  text,
  tuple,
  union,
  where,
} from '../message/shape.js'
import { LETTER_BYTES, MAX_BUCKET } from './box.js'

/** The protocol of mailboxes: between a relay and the owners of boxes, and those who leave letters there. */
export const MAIL_PROTOCOL = 'lotus/mail'

/** Most bits of work that the owner of a box may demand of strangers. */
export const MAX_MAIL_BITS = 24
/** Bytes of a card: the MessagePack of its signed record. */
export const MAX_CARD_BYTES = 2_048
/** Characters of what wakes a device. */
export const MAX_WAKE_LENGTH = 1_024
/** Bytes of letters in one answer. One letter is given in any case. */
export const MAX_FETCH_BYTES = 786_432
/** Cursors in one `drop`. */
export const MAX_DROPPED = 256
/** Prekeys in one batch, and bytes of it. */
export const BATCH_PREKEYS = 16
export const MAX_BATCH_BYTES = 1_024
export const PREKEY_ID_BYTES = 8
export const GENERATION_BYTES = 8

export const upTo = (max: number): Shape<Uint8Array> => where(bytes(), ({ length }) => length > 0 && length <= max)
export const count = /* @__PURE__ */ int(0, Number.MAX_SAFE_INTEGER)
/** Where a letter stands in its box. Only the relay knows what it means. */
export const cursorShape = /* @__PURE__ */ text(1, 64, /^[0-9a-z:]+$/)
export const letterShape = /* @__PURE__ */ (() => where(bytes(), ({ length }) => LETTER_BYTES.includes(length)))()
const placed = /* @__PURE__ */ (() => tuple(cursorShape, letterShape))()
export const prekeyBatch = /* @__PURE__ */ (() => ({ batch: upTo(MAX_BATCH_BYTES), signature: bytes(SIGNATURE_BYTES) }))()
const nothing: Shape<null> = /* @__PURE__ */ oneOf(null)

const openedAnswer = /* @__PURE__ */ (() =>
  object({
    /** Until when the box is kept without another `open`, by the relay's clock, milliseconds since 1970. */
    until: count,
    letters: count,
    bytes: count,
    prekeys: count,
    /** Of this box. */
    quota: object({ letters: count, bytes: count }),
    /** The largest bucket, and the longest class of time to live, that this relay keeps. */
    max: int(0, MAX_BUCKET),
    ttl: oneOf(0, 1, 2, 3),
  }))()
/** Oldest first. */
const lettersAnswer = /* @__PURE__ */ (() => object({ letters: array(placed, 1_024), more: boolean() }))()
/** One of a batch, or nothing where there is none for this sender. */
const prekeyAnswer = /* @__PURE__ */ (() => union(object({ ...prekeyBatch, index: int(0, BATCH_PREKEYS - 1) }), exactly({})))()
/** Until when the relay keeps the letter, by its clock, milliseconds since 1970. */
const depositedAnswer = /* @__PURE__ */ (() => object({ until: count }))()
/** The MessagePack of a signed record, where the relay has it. */
const cardAnswer = /* @__PURE__ */ (() => object({ record: optional(upTo(MAX_CARD_BYTES)) }))()
/** In place of any answer. */
const refusedAnswer = /* @__PURE__ */ (() =>
  object({
    code: text(1, 64),
    message: optional(text(0, 512)),
    /** With PROOF_OF_WORK_REQUIRED: zero bits that would do. */
    bits: optional(int(0, 256)),
    retryAfterMs: optional(count),
  }))()

/** What a relay answers to each request: the type of it, and its shape. */
const answers = /* @__PURE__ */ (() => ({
  open: ['opened', openedAnswer] as const,
  fetch: ['letters', lettersAnswer] as const,
  drop: ['dropped', nothing] as const,
  prekeys: ['taken', nothing] as const,
  take: ['prekey', prekeyAnswer] as const,
  deposit: ['deposited', depositedAnswer] as const,
  card: ['card', cardAnswer] as const,
  close: ['closed', nothing] as const,
}))()

type Answers = typeof answers
export type MailRequestType = keyof Answers
export type MailAnswer<T extends MailRequestType> = Shaped<Answers[T][1]>
export type PlacedLetter = [cursor: string, letter: Uint8Array]

/** The type of the answer to a request. */
export function answerTypeOf(type: MailRequestType): string {
  return answers[type][0]
}

/**
 * The payload of a relay's answer.
 *
 * @param type that of the request.
 * @throws P2PError MALFORMED_DATA; or the code with which the relay refuses: NO_MAILBOX, MAILBOX_FULL, MAIL_REFUSED, MESSAGE_TOO_LARGE,
 * RATE_LIMITED with `details.retryAfterMs`, INVALID_SIGNATURE, PROOF_OF_WORK_REQUIRED with `details.bits`, STORAGE_FAILED and others.
 * @example
 * const answer = await kit.request(relayId, { type: 'take', payload: { box, access }, protocol: MAIL_PROTOCOL })
 * const prekey = readMailAnswer('take', answer)
 */
export function readMailAnswer<T extends MailRequestType>(type: T, answer: Pick<P2PMessage, 'type' | 'payload'>): MailAnswer<T> {
  const what = `The answer to "${type}"`
  if (answer.type === 'refused') {
    const { code, message = 'The relay refuses it.', bits, retryAfterMs } = parsed(refusedAnswer, answer.payload, what)
    const details: P2PErrorDetails = { byPeer: true }
    if (bits !== undefined) details.bits = bits
    if (retryAfterMs !== undefined) details.retryAfterMs = retryAfterMs
    throw new P2PError(codeOf(code, 'HANDLER_FAILED'), printable(message, 512), { details })
  }
  const [expected, shape] = answers[type]
  if (answer.type !== expected) throw malformed(what)
  return parsed(shape as Shape<MailAnswer<T>>, answer.payload, what)
}

/** A letter that a relay pushes to the owner of its box (`letter`). It counts until it is dropped. @throws P2PError MALFORMED_DATA. */
export function readMailPush(payload: unknown): PlacedLetter {
  return parsed(placed, payload, 'A letter')
}

const batchShape = /* @__PURE__ */ (() =>
  tuple(
    oneOf(1),
    bytes(GENERATION_BYTES),
    count,
    array(tuple(bytes(PREKEY_ID_BYTES), bytes(32)), BATCH_PREKEYS, BATCH_PREKEYS),
  ))()

/** Prekeys that an identity has signed together. */
export interface PrekeyBatch {
  /** 8 bytes: those of the store that has the secrets. */
  generation: Uint8Array
  /** Milliseconds since 1970, by the owner's clock. */
  madeAt: number
  /** 16 of them: id, 8 bytes, and X25519 public key, 32 bytes. */
  keys: [id: Uint8Array, key: Uint8Array][]
}

/**
 * Reads a batch: MessagePack `[1, generation, madeAt, [[id, key] × 16]]`, which the owner's identity has signed under the tag
 * `prekeys`. Does not check the signature.
 *
 * @throws P2PError MALFORMED_DATA, LIMIT_EXCEEDED.
 */
export function readPrekeyBatch(batch: Uint8Array): PrekeyBatch {
  if (batch.length > MAX_BATCH_BYTES) throw malformed('A batch of prekeys')
  const decoded = decode(batch, { maxDecodeDepth: 4, maxDecodeItems: 64 }, { canonical: true })
  const [, generation, madeAt, keys] = parsed(batchShape, decoded, 'A batch of prekeys')
  return { generation, madeAt, keys }
}
