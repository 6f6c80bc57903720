import { array, boolean, bytes, int, object, optional, parsed, text, tuple } from '../message/shape.js'
import { ACCESS_BYTES } from './box.js'

/** Message ids in one `status`, and in one receipt that goes over a connection. */
export const MAX_STATUS_IDS = 64

const directShape = /* @__PURE__ */ (() => tuple(int(0, Number.MAX_SAFE_INTEGER), bytes()))()
const toldCardShape = /* @__PURE__ */ (() => object({ record: bytes(), access: optional(bytes(ACCESS_BYTES)) }))()
const idsShape = /* @__PURE__ */ (() => array(text(1, 64), MAX_STATUS_IDS))()
const hadShape = /* @__PURE__ */ (() => array(boolean(), MAX_STATUS_IDS))()

/** A message that would be in a letter, were the recipient away (`direct`): its number, and its body. @throws P2PError MALFORMED_DATA. */
export function readDirect(payload: unknown): [n: number, body: Uint8Array] {
  return parsed(directShape, payload, 'A message of mail')
}

/** The card of a connected peer, and what it gives us to write to it without work. @throws P2PError MALFORMED_DATA. */
export function readToldCard(payload: unknown): { record: Uint8Array; access?: Uint8Array | undefined } {
  return parsed(toldCardShape, payload, 'A card')
}

/** Message ids, as receipts and questions for a status have them. @throws P2PError MALFORMED_DATA. */
export function readMessageIds(payload: unknown): string[] {
  return parsed(idsShape, payload, 'A list of message ids')
}

/** Which of the messages that it was asked for a peer has had. @throws P2PError MALFORMED_DATA. */
export function readHad(payload: unknown): boolean[] {
  return parsed(hadShape, payload, 'A status')
}
