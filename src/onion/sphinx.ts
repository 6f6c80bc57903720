import { joined, viewOf } from '../base/bytes.js'
import { P2PError } from '../base/errors.js'
import { SHA256_INITIAL, sha256, sha256Block } from '../base/sha256.js'
import { hmacSha256 } from '../channel/hmac.js'
import { addKeyStream } from '../channel/key-stream.js'
import { nodeHmac } from '../channel/primitives.node.js'
import { type NoiseKeyPair, platformX25519 } from '../channel/x25519.js'
import { malformed } from '../message/shape.js'

/** Bytes of a secret that sender and hop share, of the keys made from it, and of a MAC. */
export const SECRET_BYTES = 32

/** A group in which the hops of a path agree with the sender on secrets. */
export interface SphinxGroup {
  /** The generator. */
  readonly base: Uint8Array
  /**
   * The product of a scalar and an element.
   *
   * @param scalar a key pair, of which the secret counts; one object for a key that is used again, which a platform may have imported.
   * @throws P2PError MALFORMED_DATA for an element that is none, or is not in its one form; HANDSHAKE_FAILED where the product is neutral.
   */
  multiply(scalar: NoiseKeyPair, element: Uint8Array): Uint8Array
}

/** What a header is made of: the parameters in which BOLT 4 and ours differ. */
export interface SphinxFormat {
  readonly group: SphinxGroup
  /** Bytes of the routing information β. */
  readonly routingBytes: number
  /** Bytes of the payload with which a decrypted β begins. @throws P2PError MALFORMED_DATA. */
  payloadBytes(routing: Uint8Array): number
}

/** What a hop reads of a packet: α, β and γ. */
export interface SphinxHeader {
  element: Uint8Array
  routing: Uint8Array
  mac: Uint8Array
}

/** A field element of X25519 in its one form is below 2^255 − 19, little-endian: ed ff … ff 7f. */
const P_LOW = 0xed

/** X25519 (RFC 7748 §5). Its clamped scalars commute, so that a hop's blinding and the sender's give one element. */
export const X25519_GROUP: SphinxGroup = {
  base: /* @__PURE__ */ Uint8Array.from({ length: 32 }, (_, index) => (index === 0 ? 9 : 0)),
  multiply(scalar, element) {
    if (!isFieldElement(element)) throw malformed('An element of X25519')
    return platformX25519.dh(scalar, element)
  },
}

/**
 * Whether these are the 32 bytes of a number below 2^255 − 19. X25519 takes others too, and masks the top bit: each would be a second form
 * of the same element, and a packet that has been changed would still be taken.
 */
export function isFieldElement(element: Uint8Array): boolean {
  if (element.length !== 32 || element[31]! > 0x7f) return false
  if (element[31]! < 0x7f || element[0]! < P_LOW) return true
  for (let i = 1; i < 31; i++) if (element[i] !== 0xff) return true
  return false
}

/** The two states of SHA-256 that HMAC (RFC 2104) goes on from, by the purpose, which is the key: nine of them. */
const keyed = /* @__PURE__ */ new Map<string, { inner: Int32Array; outer: Int32Array }>()

/**
 * A key for one purpose: HMAC-SHA-256 of the secret, under the purpose's name. Eight of them are made for each packet, and two blocks are all
 * that is left to hash of each.
 *
 * @param secret 32 bytes.
 * @returns 32 bytes.
 */
export function purposeKey(purpose: string, secret: Uint8Array): Uint8Array {
  let states = keyed.get(purpose)
  if (states === undefined) {
    states = { inner: stateOf(purpose, 0x36), outer: stateOf(purpose, 0x5c) }
    keyed.set(purpose, states)
  }
  const words = new Int32Array(64)
  const view = viewOf(secret)
  for (let i = 0; i < 8; i++) words[i] = view.getInt32(4 * i)
  const hash = new Int32Array(8)
  sha256Block(lastBlock(words), states.inner, hash)
  words.set(hash)
  sha256Block(lastBlock(words), states.outer, hash)
  const key = new Uint8Array(SECRET_BYTES)
  const output = viewOf(key)
  for (let i = 0; i < 8; i++) output.setInt32(4 * i, hash[i]!)
  return key
}

/** 32 bytes behind a block of 64 (FIPS 180-4 §5.1.1). */
function lastBlock(words: Int32Array): Int32Array {
  words.fill(0, 8, 16)
  words[8] = 0x8000_0000
  words[15] = 8 * (64 + SECRET_BYTES)
  return words
}

function stateOf(purpose: string, mask: number): Int32Array {
  const pad = new Uint8Array(64)
  pad.set(new TextEncoder().encode(purpose))
  const words = new Int32Array(64)
  for (let i = 0; i < 16; i++) words[i] = viewOf(pad).getInt32(4 * i) ^ (mask * 0x0101_0101)
  const state = new Int32Array(8)
  sha256Block(words, SHA256_INITIAL, state)
  return state
}

/** HMAC-SHA-256. @param key at most 64 bytes. @returns 32 bytes. */
export const mac: (key: Uint8Array, data: Uint8Array) => Uint8Array = nodeHmac ?? hmacSha256

export interface CreateHeaderOptions {
  /** The sender's ephemeral secret, never the same twice. */
  secret: Uint8Array
  /** What is in β behind the last hop's payload; `routingBytes` random bytes. */
  padding: Uint8Array
  /** What the MACs cover beside β. */
  associated: Uint8Array
}

/**
 * Creates a header: BOLT 4, "Packet Construction" (Sphinx, Danezis and Goldberg 2009).
 *
 * @param keys of the hops, in their order.
 * @param payloads of the hops; together with a MAC for each they fit into β.
 * @returns a generator that pauses after each multiplication, and the header for the first hop with the secrets of all.
 * @throws P2PError MALFORMED_DATA or HANDSHAKE_FAILED for a key that is none.
 */
export function* createHeader(
  { group, routingBytes }: SphinxFormat,
  keys: readonly Uint8Array[],
  payloads: readonly Uint8Array[],
  { secret, padding, associated }: CreateHeaderOptions,
): Generator<void, { header: SphinxHeader; secrets: Uint8Array[] }, void> {
  const scalarOf = (secretKey: Uint8Array): NoiseKeyPair => ({ secretKey, publicKey: group.base })
  const scalars = [scalarOf(secret)]
  const secrets: Uint8Array[] = []
  const first = group.multiply(scalars[0]!, group.base)
  let element = first
  for (const [i, key] of keys.entries()) {
    let shared = key
    for (const scalar of scalars) {
      yield
      shared = group.multiply(scalar, shared)
    }
    secrets.push(sha256(shared))
    if (i === keys.length - 1) break
    yield
    const blinding = scalarOf(sha256(element, secrets[i]!))
    scalars.push(blinding)
    element = group.multiply(blinding, element)
  }

  const sizes = payloads.map(({ length }) => length + SECRET_BYTES)
  const filler = fillerOf(secrets, sizes, routingBytes)
  let routing = padding
  let code: Uint8Array = new Uint8Array(SECRET_BYTES)
  for (let i = keys.length - 1; i >= 0; i--) {
    const pushed = joined(payloads[i]!, code, routing.subarray(0, routingBytes - sizes[i]!))
    routing = addKeyStream(purposeKey('rho', secrets[i]!), pushed)
    if (i === keys.length - 1) routing.set(filler, routingBytes - filler.length)
    code = mac(purposeKey('mu', secrets[i]!), joined(routing, associated))
  }
  return { header: { element: first, routing, mac: code }, secrets }
}

/** What the zeros that each hop appends have become when the last hop gets them: BOLT 4, "Filler Generation". */
function fillerOf(secrets: readonly Uint8Array[], sizes: readonly number[], routingBytes: number): Uint8Array {
  let filler: Uint8Array = new Uint8Array(0)
  for (let i = 0; i < secrets.length - 1; i++) {
    const extended = new Uint8Array(2 * routingBytes)
    const from = routingBytes - filler.length
    extended.set(filler, from)
    filler = addKeyStream(purposeKey('rho', secrets[i]!), extended).slice(from, routingBytes + sizes[i]!)
  }
  return filler
}

/**
 * The secret that a hop shares with the sender, once the MAC has shown that this hop is meant and nothing was changed.
 *
 * @param keys of the hop.
 * @throws P2PError DECRYPT_FAILED for another MAC; MALFORMED_DATA, HANDSHAKE_FAILED for an α that is none.
 */
export function openHeader(
  { group }: SphinxFormat,
  { element, routing, mac: code }: SphinxHeader,
  keys: NoiseKeyPair,
  associated: Uint8Array,
): Uint8Array {
  const secret = sha256(group.multiply(keys, element))
  if (!isSame(mac(purposeKey('mu', secret), joined(routing, associated)), code)) {
    throw new P2PError('DECRYPT_FAILED', 'The header of this packet is not for this hop, or was changed.')
  }
  return secret
}

/** What a hop is told, and the routing information and MAC for the next one. @param secret as of `openHeader`. */
export function peelRouting(
  { routingBytes, payloadBytes }: SphinxFormat,
  routing: Uint8Array,
  secret: Uint8Array,
): { payload: Uint8Array; routing: Uint8Array; mac: Uint8Array } {
  const extended = new Uint8Array(2 * routingBytes)
  extended.set(routing)
  const plain = addKeyStream(purposeKey('rho', secret), extended)
  const end = payloadBytes(plain)
  const next = end + SECRET_BYTES
  if (next > routingBytes) throw malformed('The payload of a hop')
  return { payload: plain.subarray(0, end), mac: plain.subarray(end, next), routing: plain.subarray(next, next + routingBytes) }
}

/** The α for the next hop. */
export function blinded({ group }: SphinxFormat, element: Uint8Array, secret: Uint8Array): Uint8Array {
  return group.multiply({ secretKey: sha256(element, secret), publicKey: group.base }, element)
}

/** In a time that does not tell how many bytes are right. */
export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ (b[i] ?? ~0)
  return difference === 0
}
