import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { joined } from '../../base/bytes.js'
import { taggedBytes, taggedHash } from '../../identity/envelope.js'
import { decode, encode } from '../../message/codec.js'

// The bytes of the wire protocol, made and read by hand, so that each rule can be broken.

/** What has come from the target, decoded: of any form. What does not fit makes a check fail. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Anything = any

/** Kinds of entries (C.2). */
export const Kind = {
  MESSAGE: 0x01,
  SIGNED_MESSAGE: 0x02,
  FRAGMENT: 0x03,
  LAST_FRAGMENT: 0x04,
  READY: 0x10,
  CLOSE: 0x11,
  REKEY: 0x12,
  ACK: 0x13,
  SEQUENCE: 0x14,
  REFUSED: 0x15,
  DESCRIPTION: 0x16,
  SWITCH: 0x17,
  PADDING: 0x80,
} as const

/** First bytes of frames before the channel (H.1). */
export const Frame = { REFUSAL: 0, NOISE: 1, RETRY: 2, WORK: 3 } as const

export const HEARTBEAT = 'lotus/heartbeat'
/** Of circuits: what relays serve, and what called peers do. */
export const HOP = 'lotus/circuit-hop'
export const STOP = 'lotus/circuit-stop'
export const SUITE = 'ChaChaPoly'
export const DAY_MS = 86_400_000
export const NO_BYTES = new Uint8Array()
/** The largest plaintext of a frame (C-1). */
export const MAX_PLAINTEXT_BYTES = 65_519

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
export const random = (bytes: number): Uint8Array => crypto.getRandomValues(new Uint8Array(bytes))

/** An unsigned integer, big-endian. */
export function uint(value: number, bytes: number): Uint8Array {
  const out = new Uint8Array(bytes)
  let rest = BigInt(value)
  for (let i = bytes - 1; i >= 0; i--, rest >>= 8n) out[i] = Number(rest & 0xffn)
  return out
}

export function readUint(bytes: Uint8Array): number {
  let value = 0
  for (const byte of bytes) value = value * 256 + byte
  return value
}

/** One entry: kind, length, body. */
export function entry(kind: number, ...parts: Uint8Array[]): Uint8Array {
  const body = joined(...parts)
  return joined(Uint8Array.of(kind), uint(body.length, 2), body)
}

export interface RawEntry {
  kind: number
  body: Uint8Array
}

/** The entries of a plaintext; undefined where the last one is cut. */
export function entriesOf(plaintext: Uint8Array): RawEntry[] | undefined {
  const found: RawEntry[] = []
  for (let at = 0; at < plaintext.length; ) {
    const end = at + 3 + readUint(plaintext.subarray(at + 1, at + 3))
    if (at + 3 > plaintext.length || end > plaintext.length) return undefined
    found.push({ kind: plaintext[at]!, body: plaintext.slice(at + 3, end) })
    at = end
  }
  return found
}

/** The plaintexts of an entry that is too long for one frame (C.3). */
export function fragments(kind: number, body: Uint8Array, partBytes = 60_000): Uint8Array[] {
  const whole = joined(Uint8Array.of(kind), body)
  const parts: Uint8Array[] = []
  for (let at = 0; at < whole.length; at += partBytes) {
    const isLast = at + partBytes >= whole.length
    parts.push(entry(isLast ? Kind.LAST_FRAGMENT : Kind.FRAGMENT, whole.subarray(at, at + partBytes)))
  }
  return parts
}

export const switchEntry = (changes: number): Uint8Array => entry(Kind.SWITCH, uint(changes, 4))
export const ackEntry = (stream: number, number: number): Uint8Array => entry(Kind.ACK, Uint8Array.of(stream), uint(number, 6))
export const sequenceEntry = (stream: number, number: number, givenUp: number, protocol: string | Uint8Array): Uint8Array =>
  entry(
    Kind.SEQUENCE,
    Uint8Array.of(stream),
    uint(number, 6),
    uint(givenUp, 6),
    typeof protocol === 'string' ? utf8(protocol) : protocol,
  )
export const refusedEntry = (stream: number, number: number, ms: number, budget: string): Uint8Array =>
  entry(Kind.REFUSED, Uint8Array.of(stream), uint(number, 6), uint(ms, 4), utf8(budget))
export const closeEntry = (code: string, more: object = {}): Uint8Array => entry(Kind.CLOSE, encode({ code, ...more }))

/** What a message says (M.1). `raw` are the bytes of a payload that no encoder makes. */
export interface MessageParts {
  type: string
  payload?: unknown
  raw?: Uint8Array
  protocol?: string | undefined
  inReplyTo?: string | undefined
  id?: string
  from?: unknown
  to?: unknown
  timestamp?: unknown
  layout?: unknown
}

let ids = 0
export const freshId = (): string => `conform-${Date.now().toString(36)}-${++ids}`

/** The bytes of a message array. */
export function messageBytes(parts: MessageParts): Uint8Array {
  const { type, payload = null, raw, protocol = null, inReplyTo, id = freshId(), from = null, to = true, layout = 1 } = parts
  const items = [layout, type, from, to].map((item) => encode(item))
  items.push(raw ?? encode(payload))
  for (const item of [parts.timestamp ?? Date.now(), id, protocol]) items.push(encode(item))
  if (inReplyTo !== undefined) items.push(encode(inReplyTo))
  return joined(Uint8Array.of(0x90 + items.length), ...items)
}

/** A value of MessagePack out of parts that may be wrong. */
export const rawArray = (...items: Uint8Array[]): Uint8Array => joined(Uint8Array.of(0x90 + items.length), ...items)
export const rawMap = (...pairs: [key: string, value: Uint8Array][]): Uint8Array =>
  joined(Uint8Array.of(0x80 + pairs.length), ...pairs.flatMap(([key, value]) => [encode(key), value]))
export const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))

export function tryDecode(bytes: Uint8Array): Anything {
  try {
    return decode(bytes)
  } catch {
    return undefined
  }
}

/** The payload of message 1 (H.2). */
export const offerBytes = (network: string, more: object = {}): Uint8Array =>
  encode({ versions: [2], network, suites: [SUITE], ...more })

/** What an identity signs of its X25519 key (H.3). */
export const certified = (network: string, channelKey: Uint8Array, notBefore: number, notAfter: number): Uint8Array =>
  taggedBytes('channel', network, channelKey, uint(notBefore, 8), uint(notAfter, 8))

/** The 64 bytes before the nonce of a proof of work (H.6). */
export function workBlock(
  network: string,
  responder: Uint8Array,
  salt: Uint8Array,
  day: number,
  dialler: Uint8Array,
): Uint8Array {
  return joined(taggedHash('work', network, responder, salt, uint(day, 4)), dialler)
}

export function zeroBits(hash: Uint8Array): number {
  let bits = 0
  for (const byte of hash) {
    if (byte !== 0) return bits + Math.clz32(byte) - 24
    bits += 8
  }
  return bits
}

/** Searches for 8 bytes after which the hash begins with so many zero bits. */
export async function workOn(before: Uint8Array, bits: number): Promise<Uint8Array> {
  for (let nonce = 0; ; nonce++) {
    const bytes = uint(nonce, 8)
    if (zeroBits(createHash('sha256').update(before).update(bytes).digest()) >= bits) return bytes
    if (nonce % 4_096 === 4_095) await setImmediate()
  }
}

/** A nonce that does not do. */
export function wrongWork(before: Uint8Array, bits: number): Uint8Array {
  for (let nonce = 0; ; nonce++) {
    const bytes = uint(nonce, 8)
    if (zeroBits(createHash('sha256').update(before).update(bytes).digest()) < bits) return bytes
  }
}
