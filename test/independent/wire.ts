import { createPublicKey, hkdfSync, verify } from 'node:crypto'
import { ExtData, ExtensionCodec, encode as pack, decode as unpack } from '@msgpack/msgpack'
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { sha256 as digest } from '@noble/hashes/sha2.js'
import { bech32m } from '@scure/base'

// Sections E, I and H of docs/wire-protocol.md, by somebody who has read the document and its vectors alone.

/** What has come off the wire. */
export type Wire = ReturnType<typeof JSON.parse>
export function must(holds: unknown, code = 'PROTOCOL_VIOLATION'): asserts holds {
  if (!holds) throw new Error(code)
}
export const codeOf = (error: unknown) => /^[A-Z][A-Z0-9_]+$/.exec((error as Error).message)?.[0] ?? 'MALFORMED_DATA'
export const hex = (text: string) => Buffer.from(text, 'hex')
export const utf8 = (text: string) => Buffer.from(text, 'utf8')
export const join = (...parts: Uint8Array[]) => Buffer.concat(parts)
export const uint = (n: number | bigint, size: number) => hex(`${'0'.repeat(16)}${n.toString(16)}`.slice(-2 * size))
export const number = (bytes: Uint8Array) => Number(`0x${Buffer.from(bytes).toString('hex') || 0}`)
export const [NONE, ZEROS] = [Buffer.alloc(0), Buffer.alloc(32)]

// E. What came has to be the one form of its value. (JavaScript's objects put keys that look like integers first: our peer has none.)
const extensionCodec = new ExtensionCodec()
const digits = (v: unknown) => (typeof v === 'bigint' ? utf8(String(v)) : null)
extensionCodec.register({ type: 1, encode: digits, decode: (bytes) => BigInt(Buffer.from(bytes).toString()) })
function formOf(v: Wire, sorted: boolean, room = 32): Wire {
  must(!(v instanceof ExtData) && (typeof v !== 'string' || utf8(v).toString() === v), 'MALFORMED_DATA')
  const isMap = Object.getPrototypeOf(v ?? 0) === Object.prototype
  if (!isMap && !Array.isArray(v)) return Number.isNaN(v) ? Number.NaN : v
  must(room > 0, 'LIMIT_EXCEEDED')
  if (!isMap) return v.map((item: Wire) => formOf(item, sorted, room - 1))
  const keys = Object.keys(v).sort((a, b) => (sorted ? Buffer.compare(utf8(a), utf8(b)) : 0))
  return Object.fromEntries(keys.map((key) => [key, formOf(v[key], sorted, room - 1)]))
}
export const encode = (v: Wire, sorted = true) => Buffer.from(pack(formOf(v, sorted), { extensionCodec, ignoreUndefined: true }))
export function decode(bytes: Uint8Array, signed = false): Wire {
  const value = unpack(bytes, { extensionCodec })
  must(encode(value).equals(bytes) || (!signed && encode(value, false).equals(bytes)), 'MALFORMED_DATA')
  return value
}

// I, H.5, H.6
export const sha256 = (...parts: Uint8Array[]) => Buffer.from(digest(join(...parts)))
export const tagged = (tag: string, ...parts: Uint8Array[]) => join(utf8(`lotus-p2p/${tag}/2\0lotus\0`), ...parts)
export const idOf = (key: Uint8Array) => bech32m.encode('lp', bech32m.toWords(key))
export function holds(key: Uint8Array, signed: Uint8Array, signature: Uint8Array): boolean {
  const points = [key, signature.subarray(0, 32)].map((bytes) => ed25519.Point.fromBytes(bytes))
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(key).toString('base64url') }
  const isSigned = verify(null, signed, createPublicKey({ key: jwk, format: 'jwk' }), signature)
  return isSigned && points.every((point) => !point.isSmallOrder())
}
export function work(bits: number, hashOf: (nonce: Buffer) => Buffer): Buffer {
  for (let n = 0; ; n++) if (BigInt(`0x${hashOf(uint(n, 8)).toString('hex')}`) >> BigInt(256 - bits) === 0n) return uint(n, 8)
}

// H, C.1, C.6. Noise XX, and the ciphers of a channel
export class Cipher {
  n = 0n
  constructor(public key: Uint8Array) {}
  at = (n: bigint, ad?: Uint8Array) => chacha20poly1305(this.key, join(Buffer.alloc(4), uint(n, 8).reverse()), ad)
  encrypt = (data: Uint8Array, ad?: Uint8Array) => Buffer.from(this.at(this.n++, ad).encrypt(data))
  decrypt = (data: Uint8Array, ad?: Uint8Array) => Buffer.from(this.at(this.n++, ad).decrypt(data))
  rekey() {
    this.key = this.at(2n ** 64n - 1n).encrypt(ZEROS)
    this.key = this.key.subarray(0, 32)
  }
}
const hkdf = (salt: Uint8Array, input: Uint8Array, info = '') => Buffer.from(hkdfSync('sha256', input, salt, info, 64))
export function noiseOf(initiator: boolean, mine: Record<string, Uint8Array>) {
  const theirs: Record<string, Uint8Array> = {}
  let chain = utf8('Noise_XX_25519_ChaChaPoly_SHA256')
  let hash = sha256(chain, utf8('lotus-p2p/2\0lotus'))
  let cipher: Cipher | undefined
  const crypt = (way: 'encrypt' | 'decrypt', data: Uint8Array): Buffer => {
    const result = cipher?.[way](data, hash) ?? Buffer.from(data)
    hash = sha256(hash, way === 'encrypt' ? result : data)
    return result
  }
  const agree = ([a = '', b = '']: string): Buffer => {
    const keys = hkdf(chain, x25519.getSharedSecret(mine[initiator ? a : b]!, theirs[initiator ? b : a]!))
    chain = keys.subarray(0, 32)
    cipher = new Cipher(keys.subarray(32))
    return NONE
  }
  const write = (tokens: string, payload: Uint8Array) => {
    const part = (token: string) => (token[1] ? agree(token) : crypt('encrypt', x25519.getPublicKey(mine[token]!)))
    return join(Buffer.of(1), ...tokens.split(' ').map(part), crypt('encrypt', payload))
  }
  const read = (tokens: string, frame: Buffer) => {
    let at = 1
    for (const token of tokens.split(' ')) {
      const size = token[1] ? 0 : cipher ? 48 : 32
      if (token[1]) agree(token)
      else theirs[token] = crypt('decrypt', frame.subarray(at, at + size))
      at += size
    }
    return crypt('decrypt', frame.subarray(at))
  }
  const half = (at: number) => hkdf(ZEROS, hkdf(chain, NONE).subarray(at, at + 32), 'lotus-p2p/2/ChaChaPoly').subarray(0, 32)
  return { mine, theirs, write, read, split: () => [new Cipher(half(0)), new Cipher(half(32))] as const, hash: () => hash }
}
/** With the date at which the certificate has to hold, where it is not that of the hello. */
export function readHello(payload: Buffer, key: Uint8Array, date?: number): Wire {
  const hello = decode(payload)
  const { version, suite, publicKey, session, certificate, now = date, work } = hello
  must(version === 2 && suite === 'ChaChaPoly', 'UNSUPPORTED_VERSION')
  must(now && certificate?.length === 3 && session?.length === 16 && (!work || work.salt), 'HANDSHAKE_FAILED')
  const [from, to, signature] = certificate
  const signed = tagged('channel', key, uint(from, 8), uint(to, 8))
  must(from < to && to <= from + 604_800_000 && holds(publicKey, signed, signature), 'INVALID_SIGNATURE')
  must(from - 300_000 <= now && now <= to + 300_000, 'CLOCK_SKEW')
  return hello
}
