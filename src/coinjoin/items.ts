import { taggedHash } from '../lotus/hash.js'
import { encode } from '../message/codec.js'
import { array, bytes, int, oneOf, shaped, tuple, union } from '../message/shape.js'
import { isMessage, type OutputType } from './fields.js'
import { decodePadded, encodePadded } from './padded.js'
import { MAX_COINS, MAX_OUTPUTS } from './registration.js'

/** Bytes of a `keys` item, and of an `end` item. */
const KEYS_BYTES = 512
const END_BYTES = 2_048
/** The most members of a round. */
export const MAX_MEMBERS = 50

/** Why a member does not take the coins of another: none is there, it is another or too young, or its owner has spoiled a round before. */
export type Rejection = 0 | 1 | typeof UNWELCOME
/** The only one with which a member goes on where the others take the coin: it has seen it. */
export const UNWELCOME = 2

/** The `keys` item. */
export interface KeysItem {
  /** X25519, 32 bytes. */
  readonly padKey: Uint8Array
  /** `seedCommitmentOf`: 32 bytes. */
  readonly commitment: Uint8Array
  /** Places of members whose coins this one does not take. */
  readonly unwanted: readonly (readonly [place: number, why: Rejection])[]
}

/** What opens a member's part after a failure. */
export interface Reveal {
  /** 32 bytes. */
  readonly seed: Uint8Array
  readonly messages: readonly Uint8Array[]
}

/** The `end` item: signatures, or a reveal. One slot for both: a member that says both has made a proof against itself. */
export type EndItem =
  | readonly ['sign', signatures: readonly (readonly [input: number, signature: Uint8Array])[]]
  | readonly ['reveal', seed: Uint8Array, messages: readonly Uint8Array[]]

const shapes = /* @__PURE__ */ (() => ({
  keys: tuple(bytes(32), bytes(32), array(tuple(int(0, MAX_MEMBERS - 1), oneOf(0, 1, UNWELCOME)), MAX_MEMBERS)),
  end: union(
    tuple(oneOf('sign'), array(tuple(int(0, MAX_MEMBERS * MAX_COINS), bytes(64)), MAX_COINS, 1)),
    tuple(oneOf('reveal'), bytes(32), array(bytes(), MAX_OUTPUTS, 1)),
  ),
}))()

export function encodeKeys({ padKey, commitment, unwanted }: KeysItem): Uint8Array {
  return encodePadded([padKey, commitment, unwanted], KEYS_BYTES)
}

/** Undefined for what has another form. */
export function readKeys(value: Uint8Array): KeysItem | undefined {
  const read = shaped(shapes.keys, decodePadded(value, KEYS_BYTES))
  return read && { padKey: read[0], commitment: read[1], unwanted: read[2] }
}

export function encodeEnd(item: EndItem): Uint8Array {
  return encodePadded(item, END_BYTES)
}

/** Undefined for what has another form. */
export function readEnd(value: Uint8Array): EndItem | undefined {
  return shaped(shapes.end, decodePadded(value, END_BYTES))
}

/** What a member commits to before pads are made: its seed, and its messages. */
export function seedCommitmentOf(attempt: Uint8Array, member: Uint8Array, { seed, messages }: Reveal): Uint8Array {
  return taggedHash('lotus-p2p/coinjoin/seed/1', attempt, member, seed, encode(messages))
}

/** Whether the messages are so many, different, and such that outputs can pay to them. */
export function areMessages(type: OutputType, messages: readonly Uint8Array[], count: number): boolean {
  return messages.length === count && messages.every((message) => isMessage(type, message))
}
