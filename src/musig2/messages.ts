import { array, bytes, int, oneOf, parsed, type Shaped, text, tuple, union } from '../message/shape.js'
import { MAX_SIGNERS } from './keyset.js'
import { NONCE_BYTES } from './nonces.js'
import { MAX_INPUTS_TO_SIGN, MAX_KEYSETS } from './request.js'

/** Spoken between the members of a request: docs/wire-protocol.md, section G. */
export const MUSIG2_PROTOCOL = 'lotus/musig2'
/** Version of the messages. */
const VERSION = 1
/** Bytes that name a request, and bytes that a member draws for each session. */
const ID_BYTES = 16
export const MAX_REASON_LENGTH = 64
export const MAX_NOTE_LENGTH = 256

/** Of each distinct key of a member: its signature of `bindingOf`. */
export interface Answer {
  readonly fresh: Uint8Array
  readonly proofs: readonly Uint8Array[]
}

const shapes = /* @__PURE__ */ (() => {
  const version = oneOf(VERSION)
  const id = bytes(ID_BYTES)
  const proofs = array(bytes(64), MAX_KEYSETS, 1)
  const reason = text(0, MAX_REASON_LENGTH)
  const note = text(0, MAX_NOTE_LENGTH)
  return {
    answer: union(
      tuple(version, id, bytes(32), oneOf(1), bytes(ID_BYTES), proofs),
      tuple(version, id, bytes(32), oneOf(0), reason, note),
    ),
    roster: tuple(version, id, int(1, 255), array(tuple(bytes(ID_BYTES), proofs), MAX_SIGNERS, 2)),
    signed: tuple(version, id, array(bytes(64), MAX_INPUTS_TO_SIGN, 1)),
    sent: tuple(version, id, bytes(32)),
    cancel: tuple(version, id, reason, note),
  }
})()

export type SigningMessageType = keyof typeof shapes
export type SigningMessage = {
  [Type in SigningMessageType]: { type: Type; fields: Shaped<(typeof shapes)[Type]> }
}[SigningMessageType]

export function isSigningMessage(type: string): type is SigningMessageType {
  return Object.hasOwn(shapes, type)
}

/** @throws P2PError MALFORMED_DATA. */
export function readSigningMessage(type: SigningMessageType, payload: unknown): SigningMessage {
  return { type, fields: parsed<unknown>(shapes[type], payload, `A "${type}" of ${MUSIG2_PROTOCOL}`) } as SigningMessage
}

/** The payload of a message about the request of this id. */
export function signingMessage(id: Uint8Array, ...fields: unknown[]): unknown[] {
  return [VERSION, id, ...fields]
}

/** A value of so many parts of one length; undefined for another length. */
export function partsOf(value: Uint8Array, count: number, length: number): Uint8Array[] | undefined {
  if (value.length !== count * length) return undefined
  return Array.from({ length: count }, (_, i) => value.subarray(i * length, (i + 1) * length))
}

/** The nonces of a member, one of each input to sign. */
export function noncesIn(value: Uint8Array, count: number): Uint8Array[] | undefined {
  return partsOf(value, count, NONCE_BYTES)
}

/** The context that a member says it signs in, and its partial signatures. */
export function partialsIn(value: Uint8Array, count: number): Uint8Array[] | undefined {
  return partsOf(value, count + 1, 32)
}
