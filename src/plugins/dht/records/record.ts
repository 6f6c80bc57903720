import { compareBytes, equalBytes, hexOf, isBytes } from '../../../base/bytes.js'
import { P2PError } from '../../../base/errors.js'
import type { Limits } from '../../../base/limits.js'
import { isWellFormed } from '../../../base/text.js'
import type { Verified } from '../../../base/verified.js'
import { signEnvelope, taggedHash } from '../../../identity/envelope.js'
import type { Identity } from '../../../identity/identity.js'
import { assertPeerName, encodePeerId } from '../../../identity/peer-id.js'
import { decode, encode } from '../../../message/codec.js'
import {
  Fault,
  int,
  malformed,
  number,
  object,
  oneOf,
  optional,
  parsed,
  type Shaped,
  text,
  where,
} from '../../../message/shape.js'

/** What a DHT gives its caller: one publisher's record under a key. */
export interface DhtRecord<T = unknown> {
  key: string
  value: T
  /** The publisher's chosen name, or its `lp1…` id. */
  publisherId: string
  /** The publisher's Ed25519 key, 32 bytes; absent where a record never left a DHT without identity. */
  publisherKey?: Uint8Array
  /** Of two records of one publisher under one key the higher one holds. */
  sequence: number
  /** Milliseconds since the Unix epoch. */
  publishedAt: number
  /** Seconds. */
  ttl: number
  /** Milliseconds since the Unix epoch. */
  expiresAt: number
  /** Ed25519 signature of the record's envelope, 64 bytes. */
  signature?: Uint8Array
}

/**
 * A record as stores and lookups handle it. Immutable, and without the decoded value: the exact bytes that were signed are
 * kept, and readers decode a value of their own.
 */
export interface RecordEntry {
  /** The network that it was signed for. */
  readonly network: string
  readonly key: string
  /** Who wrote it, as an index: the public key in hex, or `local:` and an id where nobody signed. */
  readonly publisher: string
  readonly publisherId: string
  readonly name: string | undefined
  readonly publicKey: Uint8Array | undefined
  readonly sequence: number
  readonly publishedAt: number
  readonly ttl: number
  readonly expiresAt: number
  /** True for the record that takes an earlier one back. */
  readonly withdrawn: boolean
  readonly payload: Uint8Array
  readonly signature: Uint8Array | undefined
  /** Of a record of ours that holds only while we are connected: what withdraws it then. */
  readonly withdrawal?: VerifiedRecord | undefined
}

/** A record whose signature holds for its key, or that we have made: stores and answers take no other. */
export type VerifiedRecord = Verified<RecordEntry>

/** A record on the wire: public key, 32 bytes; payload as signed; signature, 64 bytes. */
export type WireRecord = [publicKey: Uint8Array, payload: Uint8Array, signature: Uint8Array]

/** What is signed, as MessagePack. */
export interface RecordContent {
  key: string
  /** Absent where `withdrawn` is true. */
  value?: unknown
  sequence: number
  publishedAt: number
  ttl: number
  name?: string
  withdrawn?: true
}

const count = /* @__PURE__ */ int(0, Number.MAX_SAFE_INTEGER)
/** The form of what is signed, without its bounds. */
const contentShape = /* @__PURE__ */ (() =>
  where(
    object({
      key: text(1),
      value: (value: unknown) => value,
      sequence: count,
      publishedAt: count,
      ttl: number(),
      name: optional(text()),
      withdrawn: optional(oneOf(true)),
    }),
    ({ value, withdrawn }) => withdrawn || value !== undefined,
  ))()

type Content = Shaped<typeof contentShape>

/**
 * Makes a record: signed where there is an identity, else good for this process only.
 *
 * @throws P2PError INVALID_RECORD, UNSERIALIZABLE_PAYLOAD, MESSAGE_TOO_LARGE, IDENTITY_FAILED.
 */
export async function createRecord(
  content: RecordContent,
  author: { identity: Identity } | { publisherId: string },
  limits: Limits,
  network: string,
): Promise<VerifiedRecord> {
  if (content.value === undefined && !content.withdrawn) {
    throw new P2PError('UNSERIALIZABLE_PAYLOAD', 'A record needs a value. Use null for "none".')
  }
  const formed = contentShape(content)
  const fault = formed instanceof Fault ? `${formed.at || 'a field'} is missing or of another type` : faultOf(formed, limits)
  if (fault !== undefined) throw invalidRecord(fault)
  const valueBytes = encode(content.value ?? null, limits).length
  if (valueBytes > limits.maxRecordBytes) {
    throw new P2PError(
      'MESSAGE_TOO_LARGE',
      `The value has ${valueBytes} bytes, above ${limits.maxRecordBytes}. Announce a reference to it.`,
      { details: { bytes: valueBytes, limit: 'maxRecordBytes', maxBytes: limits.maxRecordBytes } },
    )
  }
  const payload = encode(content, limits)
  if (!('identity' in author)) {
    return entryOf(network, content, payload, author.publisherId, undefined, undefined) as VerifiedRecord
  }
  const { publicKey, signature } = await signEnvelope(author.identity, 'record', payload, network)
  return entryOf(network, content, payload, undefined, publicKey, signature) as VerifiedRecord
}

/** A copy that differs in what is ours to say: until when it is kept here, and what withdraws it. */
export function keptAs(entry: VerifiedRecord, kept: Pick<Partial<RecordEntry>, 'expiresAt' | 'withdrawal'>): VerifiedRecord {
  return { ...entry, ...kept } as VerifiedRecord
}

/**
 * Reads a record that came from elsewhere. Checks everything but its time, its signature and the right to its name: those
 * are RecordVerifier's.
 *
 * @throws P2PError MALFORMED_DATA for a field that is missing or of another type; INVALID_RECORD for what is out of its bounds; LIMIT_EXCEEDED.
 */
export function decodeRecord(wire: unknown, limits: Limits, network: string): RecordEntry {
  if (!isWireRecord(wire)) throw malformed('A record')
  const [publicKey, payload, signature] = wire
  if (payload.length > maxPayloadBytes(limits)) throw invalidRecord('it is too long')
  const content = parsed(contentShape, decode(payload, limits, { canonical: true }), 'A record')
  // Another peer may keep longer ones: what is out of bounds is refused without blame.
  const fault = faultOf(content, limits)
  if (fault !== undefined) throw invalidRecord(fault)
  // Decoded bytes are views of a whole message; a record that is kept must not keep that alive.
  return entryOf(network, content, payload.slice(), undefined, publicKey.slice(), signature.slice())
}

/** The form that travels; undefined where nobody signed. */
export function wireRecord(entry: VerifiedRecord): WireRecord | undefined {
  return entry.publicKey && entry.signature && [entry.publicKey, entry.payload, entry.signature]
}

export function isWireRecord(wire: unknown): wire is WireRecord {
  return Array.isArray(wire) && wire.length === 3 && isBytes(wire[0], 32) && isBytes(wire[1]) && isBytes(wire[2], 64)
}

/** The value, decoded anew for each caller, so that none can change another's. */
export function recordValue(entry: RecordEntry, limits: Limits): unknown {
  return (decode(entry.payload, limits) as RecordContent).value
}

export function dhtRecord<T>(entry: RecordEntry, limits: Limits): DhtRecord<T> {
  const { key, publisherId, publicKey, sequence, publishedAt, ttl, expiresAt, signature } = entry
  return {
    key,
    value: recordValue(entry, limits) as T,
    publisherId,
    ...(publicKey && { publisherKey: publicKey.slice() }),
    sequence,
    publishedAt,
    ttl,
    expiresAt,
    ...(signature && { signature: signature.slice() }),
  }
}

/** Bytes of a record that a store counts. */
export function sizeOf(entry: RecordEntry): number {
  return entry.payload.length + entry.key.length + 96
}

/** True if `a` replaces `b`, a record of the same publisher under the same key: the higher sequence, then the smaller hash. */
export function supersedes(a: RecordEntry, b: RecordEntry): boolean {
  if (a.sequence !== b.sequence) return a.sequence > b.sequence
  return !equalBytes(a.payload, b.payload) && compareBytes(tieHash(a), tieHash(b)) < 0
}

function tieHash({ network, payload }: RecordEntry): Uint8Array {
  return taggedHash('record-tie', network, payload)
}

/** Newest first; for any set of records it is one order. */
export function newestFirst(a: RecordEntry, b: RecordEntry): number {
  return b.publishedAt - a.publishedAt || b.sequence - a.sequence || (a.key + a.publisher < b.key + b.publisher ? -1 : 1)
}

export function invalidRecord(why: string): P2PError {
  return new P2PError('INVALID_RECORD', `The record is invalid: ${why}.`)
}

/** A key with an optional wildcard at its end. @throws P2PError INVALID_RECORD. */
export function checkPattern(pattern: unknown, limits: Limits): asserts pattern is string {
  const key = typeof pattern === 'string' && pattern.endsWith('*') ? pattern.slice(0, -1) : pattern
  if (key === '' && pattern === '*') return
  const fault = keyFault(key, limits)
  if (fault !== undefined) throw invalidRecord(fault)
}

export function matchesPattern(key: string, pattern: string): boolean {
  return pattern.endsWith('*') ? key.startsWith(pattern.slice(0, -1)) : key === pattern
}

function entryOf(
  network: string,
  content: Content,
  payload: Uint8Array,
  localId: string | undefined,
  publicKey: Uint8Array | undefined,
  signature: Uint8Array | undefined,
): RecordEntry {
  const { key, sequence, publishedAt, ttl, name } = content
  return {
    network,
    key,
    publisher: publicKey ? publisherOf(publicKey) : `local:${localId}`,
    publisherId: localId ?? name ?? encodePeerId(publicKey!),
    name,
    publicKey,
    sequence,
    publishedAt,
    ttl,
    expiresAt: publishedAt + ttl * 1000,
    withdrawn: content.withdrawn === true,
    payload,
    signature,
  }
}

/** A public key as an index: hex. */
export function publisherOf(publicKey: Uint8Array): string {
  return hexOf(publicKey)
}

/** The value, a key of four UTF-8 bytes a character, a name, and the numbers. */
function maxPayloadBytes(limits: Limits): number {
  return limits.maxRecordBytes + 4 * limits.maxKeyLength + 512
}

/** What of a record is out of its bounds. */
function faultOf({ key, ttl, name }: Content, limits: Limits): string | undefined {
  const fault = keyFault(key, limits)
  if (fault !== undefined) return fault
  if (!(ttl > 0 && ttl <= limits.maxTtlS)) return `ttl must be above 0 and at most ${limits.maxTtlS} seconds`
  if (name === undefined) return undefined
  try {
    assertPeerName(name)
    return undefined
  } catch {
    return 'name is not a peer name'
  }
}

function keyFault(key: unknown, limits: Limits): string | undefined {
  if (typeof key !== 'string' || key === '') return 'key must be a text of at least one character'
  if (key.length > limits.maxKeyLength) return `key has more than ${limits.maxKeyLength} characters`
  if (key.endsWith('*')) return 'key must not end with *'
  // Half a surrogate pair does not survive UTF-8: two different keys would become one.
  return isWellFormed(key) ? undefined : 'key must be well-formed Unicode'
}
