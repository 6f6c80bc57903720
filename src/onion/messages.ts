import { PUBLIC_KEY_BYTES } from '../identity/ed25519-provider.js'
import { isPeerId } from '../identity/peer-id.js'
import { LETTER_BYTES } from '../mail/box.js'
import {
  array,
  bytes,
  custom,
  int,
  object,
  oneOf,
  optional,
  parsed,
  record,
  type Shape,
  type Shaped,
  text,
  tuple,
  where,
} from '../message/shape.js'
import { ERROR_BYTES } from './onion-errors.js'
import { DELTA_BYTES, INBOX_TAG_BYTES, PACKET_BYTES, PACKET_ID_BYTES, SURB_ID_BYTES } from './packet.js'
import { isFieldElement } from './sphinx.js'

/** The protocol of onion routing: between a wallet and its guards, between hops, and between an exit and the peers that are connected to it. */
export const ONION_PROTOCOL = 'lotus/onion'

/** How long one key of a hop serves, seconds. */
export const EPOCH_S = 86_400
/** How much earlier and later than its epoch the key of a hop is taken. */
export const EPOCH_MARGIN_MS = 3_600_000

/** The epoch of a date. @param atMs milliseconds since the Unix epoch. */
export function epochAt(atMs: number): number {
  return Math.floor(atMs / (1_000 * EPOCH_S))
}

/** The epochs whose keys are taken at a date: one, or two in the hour before and after the turn. @param atMs milliseconds since the Unix epoch. */
export function liveEpochs(atMs: number): number[] {
  const [first, last] = [epochAt(atMs - EPOCH_MARGIN_MS), epochAt(atMs + EPOCH_MARGIN_MS)]
  return first === last ? [first] : [first, last]
}

/** Inbox tags that one connection attaches. */
export const MAX_INBOX_TAGS = 64
/** Bytes of a message to an exit, and of its answer, in all their parts. */
export const MAX_ONION_MESSAGE_BYTES = 40_000
/** What an exit does for a wallet that it does not know. Each needs work. */
export const EXIT_ACTIONS = ['ping', 'find', 'store', 'publish', 'letter', 'deposit', 'take', 'owner', 'circuit'] as const
export type ExitAction = (typeof EXIT_ACTIONS)[number]
/** Bits of work that an exit may demand: beyond, it is not worth asking. */
export const MAX_EXIT_BITS = 24
/** Hops that one hop names as those of its operator. */
export const MAX_FAMILY = 32
/** Life of a hop's record, seconds. */
export const HOP_TTL_S = 7_200
/** What the keys of all hops' records begin with: they are one set. */
export const HOP_PREFIX = 'resource:onion:'

const key = /* @__PURE__ */ bytes(PUBLIC_KEY_BYTES)
const epoch = /* @__PURE__ */ int(0, 0xffff_ffff)
const elementShape: Shape<Uint8Array> = /* @__PURE__ */ (() => where(key, isFieldElement))()
const token = /* @__PURE__ */ bytes(16)

const packetShape = /* @__PURE__ */ bytes(PACKET_BYTES)
const tagsShape = /* @__PURE__ */ (() =>
  where(array(bytes(INBOX_TAG_BYTES), MAX_INBOX_TAGS), (tags) => new Set(tags.map((tag) => tag.join())).size === tags.length))()
const deliveredShape = /* @__PURE__ */ (() => tuple(bytes(SURB_ID_BYTES), bytes(DELTA_BYTES)))()
const errorShape = /* @__PURE__ */ (() => tuple(bytes(PACKET_ID_BYTES), bytes(ERROR_BYTES)))()
const letter = /* @__PURE__ */ where(bytes(), ({ length }) => LETTER_BYTES.includes(length) && length <= MAX_ONION_MESSAGE_BYTES)
const anonymousShape = /* @__PURE__ */ (() => tuple(token, letter))()
const answerShape = /* @__PURE__ */ where(bytes(), ({ length }) => length <= MAX_ONION_MESSAGE_BYTES)

const hopShape = /* @__PURE__ */ (() =>
  object({
    v: oneOf(1),
    address: text(1, 256),
    /** The present epoch's, and in its last hours the next one's. */
    keys: where(
      array(tuple(epoch, elementShape), 2, 1),
      ([first, second]) => second === undefined || second[0] === first![0] + 1,
    ),
    operator: optional(text(1, 128)),
    family: array(custom<string>(isPeerId), MAX_FAMILY),
    /** log2 of the packets in a second, rounded. */
    rate: int(0, 32),
    exit: array(text(1, 32), 32),
    /** Zero bits of the work for each action. */
    bits: record(int(0, MAX_EXIT_BITS), 32, 32),
    /** Seconds. */
    up: int(0, Number.MAX_SAFE_INTEGER),
  }))()

/** What a hop tells of itself, in the signed record `resource:onion:<its lp1 id>`. */
export type HopRecord = Shaped<typeof hopShape>

/** The key of a hop's record. @param peerId its `lp1…` id. */
export function hopKeyOf(peerId: string): string {
  return `resource:onion:${peerId}`
}

/** The value of a hop's record. @throws P2PError MALFORMED_DATA. */
export function readHopRecord(value: unknown): HopRecord {
  return parsed(hopShape, value, 'The record of a hop')
}

/** `packet`: for a hop. @throws P2PError MALFORMED_DATA. */
export function readPacket(payload: unknown): Uint8Array {
  return parsed(packetShape, payload, 'A packet')
}

/** `inbox`, a request: all the tags by which a connection is found. The answer `attached` is empty. @throws P2PError MALFORMED_DATA. */
export function readInbox(payload: unknown): Uint8Array[] {
  return parsed(tagsShape, payload, 'The tags of an inbox')
}

/** `delivered`: from a guard, the id of a reply block and δ. @throws P2PError MALFORMED_DATA. */
export function readDelivered(payload: unknown): [surbId: Uint8Array, delta: Uint8Array] {
  return parsed(deliveredShape, payload, 'A delivery')
}

/** `error`: the id of the packet on this link (see `packetId`), and 128 bytes for its sender. @throws P2PError MALFORMED_DATA. */
export function readErrorMessage(payload: unknown): [id: Uint8Array, error: Uint8Array] {
  return parsed(errorShape, payload, 'An error')
}

/** `anonymous`, a request of an exit: a token, and a letter of somebody. @throws P2PError MALFORMED_DATA. */
export function readAnonymous(payload: unknown): [token: Uint8Array, letter: Uint8Array] {
  return parsed(anonymousShape, payload, 'An anonymous letter')
}

/** `answer`: what the peer answers to an anonymous letter, sealed. @throws P2PError MALFORMED_DATA. */
export function readAnonymousAnswer(payload: unknown): Uint8Array {
  return parsed(answerShape, payload, 'The answer to an anonymous letter')
}
