import { CORE_LIMITS } from '../../base/limits/core.js'
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from '../../identity/ed25519-provider.js'
import { array, bytes, int, object, oneOf, optional, parsed, type Shape, type Shaped, text, union } from '../../message/shape.js'
import { ACCESS_BYTES, BOX_ID_BYTES, MAX_BUCKET } from '../box.js'
import {
  cursorShape,
  letterShape,
  MAX_CARD_BYTES,
  MAX_DROPPED,
  MAX_FETCH_BYTES,
  MAX_MAIL_BITS,
  MAX_WAKE_LENGTH,
  type MailRequestType,
  prekeyBatch,
  upTo,
} from '../messages.js'
import { MAIL_WORK_NONCE_BYTES } from '../work.js'

const boxId = /* @__PURE__ */ bytes(BOX_ID_BYTES)
const access = /* @__PURE__ */ (() => optional(bytes(ACCESS_BYTES)))()
const work = /* @__PURE__ */ (() => optional(bytes(MAIL_WORK_NONCE_BYTES)))()
const nothing: Shape<null> = /* @__PURE__ */ oneOf(null)

/** `open`: the owner comes for its box. Its signature is that of the box key; see `openingBytes`. */
const openRequest = /* @__PURE__ */ (() =>
  object({
    boxKey: bytes(PUBLIC_KEY_BYTES),
    /** See `accessHashOf`. */
    access: bytes(32),
    /** Work of strangers for the smallest letter, in zero bits; nil: none are taken. */
    bits: union(int(0, MAX_MAIL_BITS), nothing),
    /** The largest bucket that the owner takes. */
    max: int(0, MAX_BUCKET),
    /** The MessagePack of the signed record of the owner's card. */
    card: optional(upTo(MAX_CARD_BYTES)),
    /** What wakes the owner's device, for the relay's operator. */
    wake: optional(text(1, MAX_WAKE_LENGTH)),
    signature: bytes(SIGNATURE_BYTES),
  }))()
/** `fetch`: letters behind a cursor, or from the oldest on. */
const fetchRequest = /* @__PURE__ */ (() => object({ after: optional(cursorShape), bytes: optional(int(1, MAX_FETCH_BYTES)) }))()
/** `drop`: the owner has these letters. */
const dropRequest = /* @__PURE__ */ (() => object({ cursors: array(cursorShape, MAX_DROPPED, 1) }))()
/** `prekeys`: a batch that the owner's identity has signed; see `readPrekeyBatch`. */
const prekeysRequest = /* @__PURE__ */ (() => object(prekeyBatch))()
/** `take`: one prekey of a box, for a sender. */
const takeRequest = /* @__PURE__ */ (() => object({ box: boxId, access, work }))()
/** `deposit`: a letter for a box. */
const depositRequest = /* @__PURE__ */ (() => object({ box: boxId, letter: letterShape, ttl: oneOf(0, 1, 2, 3), access, work }))()
/** `card`: the card of a peer, by its `lp1…` id. */
const cardRequest = /* @__PURE__ */ (() => object({ peerId: text(1, CORE_LIMITS.maxNameLength) }))()

/** The shape of each request that a relay answers. */
export const MAIL_REQUESTS = /* @__PURE__ */ (() => ({
  open: openRequest,
  fetch: fetchRequest,
  drop: dropRequest,
  prekeys: prekeysRequest,
  take: takeRequest,
  deposit: depositRequest,
  card: cardRequest,
  close: nothing,
}))()

export type MailRequest<T extends MailRequestType> = Shaped<(typeof MAIL_REQUESTS)[T]>

/** Whether a relay answers requests of this type. */
export function isMailRequest(type: string): type is MailRequestType {
  return Object.hasOwn(MAIL_REQUESTS, type)
}

/** The payload of a request. @throws P2PError MALFORMED_DATA. */
export function readMailRequest<T extends MailRequestType>(type: T, payload: unknown): MailRequest<T> {
  return parsed(MAIL_REQUESTS[type] as Shape<MailRequest<T>>, payload, `The request "${type}"`)
}
