import { hexOf } from '../../base/bytes.js'
import { P2PError } from '../../base/errors.js'
import type { Limits } from '../../base/limits.js'
import type { Verified } from '../../base/verified.js'
import { signEnvelope, taggedHash, verifyEnvelope } from '../../identity/envelope.js'
import type { Identity } from '../../identity/identity.js'
import { encodePeerId } from '../../identity/peer-id.js'
import { decode, encode } from '../../message/codec.js'
import { array, bytes, int, optional, parsed, present, text, tuple } from '../../message/shape.js'
import { NAMES_AT_ONCE } from './advertisements.js'

/** Publish and subscribe. */
export const TOPICS_PROTOCOL = 'lotus/topics'

/** What a subscriber gets. */
export interface TopicMessage<T = unknown> {
  topic: string
  payload: T
  /** The `lp1…` id of the publisher's key, which has signed this. */
  publisherId: string
  /** Ed25519 public key, 32 bytes. */
  publisherKey: Uint8Array
  /** Milliseconds since the Unix epoch, by the publisher's clock. */
  publishedAt: number
  /** A hash of what is signed: 64 hexadecimal digits. */
  messageId: string
  /** True for one of the earlier messages that `history` asked for. */
  past: boolean
  /** Ed25519 signature under the tag 'topic', 64 bytes; checked already. */
  signature: Uint8Array
}

/** A message as it travels and is kept: the exact bytes that were signed, and what they say. */
export interface SignedTopicMessage {
  readonly topic: string
  readonly publishedAt: number
  /** A hash of the publisher's key and `bytes`: 64 hexadecimal digits. */
  readonly id: string
  /** Publisher, run and sequence: an honest publisher signs one message for each. */
  readonly slot: string
  readonly publicKey: Uint8Array
  readonly bytes: Uint8Array
  readonly signature: Uint8Array
  /** How many nodes have passed it on before it came here. */
  readonly hops: number
}

/** A message whose signature holds for its publisher, or that we have signed: what is kept and passed on. */
export type VerifiedTopicMessage = Verified<SignedTopicMessage>

/** Length of a run. */
export const RUN_BYTES = 16

const WHAT = 'A topic message'
const count = /* @__PURE__ */ (() => int(0))()
const name = /* @__PURE__ */ text(1, 128)
const content = /* @__PURE__ */ (() => tuple(name, bytes(RUN_BYTES), int(1, Number.MAX_SAFE_INTEGER), count, present))()
const wireMessage = /* @__PURE__ */ (() => tuple(bytes(32), bytes(), bytes(64), count))()
const wants = /* @__PURE__ */ (() => array(tuple(name, count, optional(count)), NAMES_AT_ONCE))()
const names = /* @__PURE__ */ (() => array(name, NAMES_AT_ONCE))()
const named = /* @__PURE__ */ (() => tuple(name, text(64, 64, /^[0-9a-f]+$/)))()
const haves = /* @__PURE__ */ (() => array(named, NAMES_AT_ONCE))()

/** What is signed beside topic and payload. */
export interface Publication {
  /** 16 random bytes of the process: two processes of one key never use one. */
  run: Uint8Array
  /** From 1 up in a run, never twice. */
  sequence: number
  publishedAt: number
}

export async function signTopicMessage(
  identity: Identity,
  topic: string,
  payload: unknown,
  { run, sequence, publishedAt }: Publication,
  limits: Limits,
  network: string,
): Promise<VerifiedTopicMessage> {
  const whole = encode([topic, run, sequence, publishedAt, payload], limits)
  if (whole.length > limits.maxTopicMessageBytes) throw tooLarge(whole.length)
  const { publicKey, signature } = await signEnvelope(identity, 'topic', whole, network)
  const names = namesOf(network, publicKey, whole, run, sequence)
  return { topic, publishedAt, ...names, publicKey, bytes: whole, signature, hops: 0 } as VerifiedTopicMessage
}

/** Reads a message without believing it. @throws P2PError MALFORMED_DATA, MESSAGE_TOO_LARGE, LIMIT_EXCEEDED. */
export function readTopicMessage(payload: unknown, limits: Limits, network: string): SignedTopicMessage {
  const [publicKey, whole, signature, hops] = parsed(wireMessage, payload, WHAT)
  if (whole.length > limits.maxTopicMessageBytes) throw tooLarge(whole.length)
  const [topic, run, sequence, publishedAt] = parsed(content, decode(whole, limits, { canonical: true }), WHAT)
  const names = namesOf(network, publicKey, whole, run, sequence)
  return { topic, publishedAt, ...names, publicKey, bytes: whole, signature, hops }
}

export function wireOf({ publicKey, bytes, signature, hops: own }: VerifiedTopicMessage, hops = own): unknown {
  return [publicKey, bytes, signature, hops]
}

/** @throws P2PError INVALID_SIGNATURE. */
export async function verifyTopicMessage(message: SignedTopicMessage, network: string): Promise<VerifiedTopicMessage> {
  const { publicKey, bytes, signature } = message
  if (await verifyEnvelope('topic', { publicKey, payload: bytes, signature }, network)) return message as VerifiedTopicMessage
  throw new P2PError('INVALID_SIGNATURE', 'A topic message was not signed by its publisher.')
}

/** What the listeners get, decoded anew for each of them. */
export function topicMessageOf(message: VerifiedTopicMessage, past: boolean, limits: Limits): TopicMessage {
  const { topic, publicKey, publishedAt, id: messageId, signature, bytes } = message
  const [, , , , payload] = decode(bytes, limits) as unknown[]
  const publisherId = encodePeerId(publicKey)
  return { topic, payload, publisherId, publisherKey: publicKey, publishedAt, messageId, past, signature }
}

/** `want`: `[topic, distance, history?]` each. @throws P2PError MALFORMED_DATA. */
export function readWants(payload: unknown): [topic: string, distance: number, history?: number | undefined][] {
  return parsed(wants, payload, WHAT)
}

/** Names of topics. @throws P2PError MALFORMED_DATA. */
export function readTopics(payload: unknown): string[] {
  return parsed(names, payload, WHAT)
}

/** `[topic, name]` each. @throws P2PError MALFORMED_DATA. */
export function readHaves(payload: unknown): [topic: string, id: string][] {
  return parsed(haves, payload, WHAT)
}

/** `[topic, name]`. @throws P2PError MALFORMED_DATA. */
export function readGraft(payload: unknown): [topic: string, id: string] {
  return parsed(named, payload, WHAT)
}

/** @throws P2PError INVALID_TOPIC. */
export function checkTopic(topic: unknown, limits: Limits): asserts topic is string {
  if (typeof topic === 'string' && topic !== '' && topic.length <= limits.maxNameLength && !/\p{Cs}/u.test(topic)) return
  throw new P2PError('INVALID_TOPIC', `A topic is a well-formed text of 1 to ${limits.maxNameLength} characters.`)
}

function namesOf(
  network: string,
  publicKey: Uint8Array,
  bytes: Uint8Array,
  run: Uint8Array,
  sequence: number,
): Pick<SignedTopicMessage, 'id' | 'slot'> {
  const slot = `${String.fromCharCode(...publicKey, ...run)}${sequence}`
  return { id: hexOf(taggedHash('topic-name', network, publicKey, bytes)), slot }
}

function tooLarge(bytes: number): P2PError {
  return new P2PError(
    'MESSAGE_TOO_LARGE',
    `The topic message has ${bytes} bytes, above limits.maxTopicMessageBytes. Publish a reference to it.`,
    { details: { bytes, limit: 'maxTopicMessageBytes' } },
  )
}
