import * as nodeCrypto from 'node:crypto'
import { Decoder, Encoder, ExtData, ExtensionCodec } from '@msgpack/msgpack'
import { ed25519 } from '@noble/curves/ed25519.js'
import { bech32m } from '@scure/base'

// Sections E, I and H of docs/wire-protocol.md for the peer of independent-peer.test.ts, written from the document alone.
// Nothing of the SDK is used here. Letters in brackets name clauses.

// biome-ignore lint/suspicious/noExplicitAny: what comes is of any form, and a wrong one fails the test
export type Anything = any
export class Fault extends Error {
  constructor(readonly code: string) {
    super(code)
  }
}
export const check = (holds: unknown, code: string) => {
  if (!holds) throw new Fault(code)
}
export const utf8 = (text: string) => Buffer.from(text, 'utf8')
export const hex = (text: string) => Buffer.from(text, 'hex')
export const join = (...parts: Uint8Array[]) => Buffer.concat(parts)
export const sha256 = (...parts: Uint8Array[]) =>
  nodeCrypto
    .createHash('sha256')
    .update(join(...parts))
    .digest()
const hmac = (key: Uint8Array, ...parts: Uint8Array[]) =>
  nodeCrypto
    .createHmac('sha256', key)
    .update(join(...parts))
    .digest()
/** An unsigned integer of `size` bytes, big-endian. */
export const u = (size: number, n: number | bigint) =>
  hex(
    BigInt(n)
      .toString(16)
      .padStart(size * 2, '0'),
  )

// E. Encoding

const extensions = new ExtensionCodec()
extensions.register({
  type: 1,
  encode: (value: unknown) => (typeof value === 'bigint' ? utf8(String(value)) : null),
  decode: (digits) => {
    const text = Buffer.from(digits).toString('latin1')
    check(/^-?[0-9]+$/.test(text) && text.length <= 320, 'MALFORMED_DATA')
    return BigInt(text)
  },
})
const encoder = new Encoder({ sortKeys: true, ignoreUndefined: true, extensionCodec: extensions })
const decoder = new Decoder({ extensionCodec: extensions })
export const pack = (value: unknown): Buffer => Buffer.from(encoder.encode(value))

/** Containers are read here; a scalar has to be the bytes that its value is written in, [E-4]. */
export function unpack(encoded: Uint8Array, signed = false): Anything {
  const bytes = Buffer.from(encoded)
  const end = bytes.length
  let [at, values] = [0, 0]
  const take = (n: number) => {
    check(n <= end - at, 'MALFORMED_DATA')
    at += n
    return bytes.subarray(at - n, at)
  }
  const uint = (n: number) => take(n).readUIntBE(0, n)
  const bodyOf = (head: number) => {
    if (head < 0x80 || head >= 0xe0 || (head >= 0xc0 && head <= 0xc3)) return 0
    if (head < 0xc0) return head & 31
    if (head <= 0xc6) return uint(2 ** (head - 0xc4))
    if (head <= 0xc9) return 1 + uint(2 ** (head - 0xc7))
    if (head <= 0xcb) return 4 * (head - 0xc9)
    if (head <= 0xd3) return 2 ** (head & 3)
    return head <= 0xd8 ? 1 + 2 ** (head - 0xd4) : uint(2 ** (head - 0xd9))
  }
  const scalar = (start: number, head: number) => {
    const body = take(bodyOf(head))
    const isText = (head >= 0xa0 && head < 0xc0) || (head >= 0xd9 && head <= 0xdb)
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    const value = isText ? text.decode(body) : decoder.decode(bytes.subarray(start, at))
    const form = pack(Number.isNaN(value) ? Number.NaN : value) // V8 keeps the bits of a NaN
    check(!(value instanceof ExtData) && form.equals(bytes.subarray(start, at)), 'MALFORMED_DATA')
    return value
  }
  const keyed = (count: number, depth: number) => {
    const map: Record<string, Anything> = {}
    let last: Buffer | undefined
    for (let i = 0; i < count; i++) {
      const key = value(depth + 1)
      check(typeof key === 'string' && key !== '__proto__' && !Object.hasOwn(map, key), 'MALFORMED_DATA')
      check(!signed || last === undefined || Buffer.compare(last, utf8(key)) < 0, 'MALFORMED_DATA')
      last = utf8(key)
      map[key] = value(depth + 1)
    }
    return map
  }
  const value = (depth: number): Anything => {
    check(++values <= 131_072, 'LIMIT_EXCEEDED')
    const start = at
    const head = uint(1)
    const long = head >= 0xdc && head <= 0xdf
    if (!long && (head < 0x80 || head >= 0xa0)) return scalar(start, head)
    const count = long ? uint(head & 1 ? 4 : 2) : head & 15
    const isMap = head >= 0xde || head < 0x90
    check(count * (isMap ? 2 : 1) <= end - at && (!long || count >= (head & 1 ? 65_536 : 16)), 'MALFORMED_DATA')
    check(depth < 32, 'LIMIT_EXCEEDED')
    return isMap ? keyed(count, depth) : Array.from({ length: count }, () => value(depth + 1))
  }
  try {
    const found = value(0)
    check(at === end, 'MALFORMED_DATA')
    return found
  } catch (error) {
    throw error instanceof Fault ? error : new Fault('MALFORMED_DATA')
  }
}

// I. Identity

export const tagged = (tag: string, payload: Uint8Array) => join(utf8(`lotus-p2p/${tag}/2\0lotus\0`), payload)
export const named = (tag: string, payload: Uint8Array) => sha256(tagged(tag, payload))
export const peerIdOf = (key: Uint8Array) => bech32m.encode('lp', bech32m.toWords(key))
export const keyOf = (id: string) => Buffer.from(bech32m.fromWords(bech32m.decode(id as `lp1${string}`).words))

const CURVES = { X25519: '6e', Ed25519: '70' }
export interface Pair {
  secret: nodeCrypto.KeyObject
  publicKey: Buffer
}
export function pairOf(curve: keyof typeof CURVES, secret: Uint8Array = nodeCrypto.randomBytes(32)): Pair {
  const der = join(hex(`302e020100300506032b65${CURVES[curve]}04220420`), secret)
  const key = nodeCrypto.createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  return { secret: key, publicKey: nodeCrypto.createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32) }
}
const publicOf = (curve: keyof typeof CURVES, key: Uint8Array) =>
  nodeCrypto.createPublicKey({ key: join(hex(`302a300506032b65${CURVES[curve]}032100`), key), format: 'der', type: 'spki' })

export const sign = (pair: Pair, message: Uint8Array) => nodeCrypto.sign(null, message, pair.secret)
/** [I-2]: OpenSSL checks S, and the equation without the cofactor; noble the encodings and orders of A and R. */
export function verify(message: Uint8Array, key: Uint8Array, signature: Uint8Array): boolean {
  try {
    const points = [key, signature.subarray(0, 32)].map((point) => ed25519.Point.fromBytes(Uint8Array.from(point)))
    return !points.some((point) => point.isSmallOrder()) && nodeCrypto.verify(null, message, publicOf('Ed25519', key), signature)
  } catch {
    return false
  }
}

// H. Handshake, and C.1

/** The first nonce that gives so many zero bits. */
export function work(before: Uint8Array, bits: number): Buffer {
  for (let nonce = 0; ; nonce++) {
    const found = sha256(before, u(8, nonce))
    if (bits === 0 || found.readUInt32BE() < 2 ** (32 - bits)) return u(8, nonce)
  }
}
/** H.6, without the nonce. */
export const block = (responder: Uint8Array, salt: Uint8Array, day: number, dialler: Uint8Array) =>
  join(named('work', join(responder, salt, u(4, day))), dialler)

/** ChaCha20-Poly1305 with the nonces of Noise. */
export class Cipher {
  private n = 0n
  constructor(private key: Uint8Array) {}
  private nonce(n: bigint) {
    const nonce = Buffer.alloc(12)
    nonce.writeBigUInt64LE(n, 4)
    return nonce
  }
  seal(plaintext: Uint8Array, ad: Uint8Array = Buffer.alloc(0), n = this.n++) {
    const cipher = nodeCrypto.createCipheriv('chacha20-poly1305', this.key, this.nonce(n), { authTagLength: 16 })
    cipher.setAAD(ad, { plaintextLength: plaintext.length })
    return join(cipher.update(plaintext), cipher.final(), cipher.getAuthTag())
  }
  open(sealed: Uint8Array, ad: Uint8Array = Buffer.alloc(0)) {
    try {
      const cipher = nodeCrypto.createDecipheriv('chacha20-poly1305', this.key, this.nonce(this.n++), { authTagLength: 16 })
      cipher.setAAD(ad, { plaintextLength: sealed.length - 16 })
      cipher.setAuthTag(sealed.subarray(-16))
      return join(cipher.update(sealed.subarray(0, -16)), cipher.final())
    } catch {
      throw new Fault('DECRYPT_FAILED')
    }
  }
  /** [C-15] */
  rekey() {
    this.key = this.seal(Buffer.alloc(32), Buffer.alloc(0), 2n ** 64n - 1n).subarray(0, 32)
  }
}

/** Noise XX. In a token the first letter is the initiator's key, the second the responder's. */
const MESSAGES = [['e'], ['e', 'ee', 's', 'es'], ['s', 'se']]
export class Noise {
  hash = utf8('Noise_XX_25519_ChaChaPoly_SHA256')
  private ck: Buffer = this.hash
  private cipher: Cipher | undefined
  private readonly remote: Record<string, Buffer> = {}
  constructor(
    readonly initiator: boolean,
    public s: Pair,
    readonly e = pairOf('X25519'),
  ) {
    this.mixHash(utf8('lotus-p2p/2\0lotus'))
  }
  get theirStatic() {
    return this.remote.s!
  }
  private mixHash(data: Buffer) {
    this.hash = sha256(this.hash, data)
    return data
  }
  private hkdf(input: Uint8Array): [Buffer, Buffer] {
    const temporary = hmac(this.ck, input)
    const first = hmac(temporary, Buffer.of(1))
    return [first, hmac(temporary, first, Buffer.of(2))]
  }
  private mixKey(token: string) {
    const [mine, theirs] = this.initiator ? [token[0], token[1]] : [token[1], token[0]]
    const privateKey = (mine === 'e' ? this.e : this.s).secret
    const shared = nodeCrypto.diffieHellman({ privateKey, publicKey: publicOf('X25519', this.remote[theirs!]!) }) // throws at zero, [H-3]
    const [ck, key] = this.hkdf(shared)
    this.ck = ck
    this.cipher = new Cipher(key)
  }
  private seal(plaintext: Buffer) {
    return this.mixHash(this.cipher?.seal(plaintext, this.hash) ?? plaintext)
  }
  private unseal(sealed: Buffer) {
    const plaintext = this.cipher?.open(sealed, this.hash) ?? sealed
    this.mixHash(sealed)
    return plaintext
  }
  /** Message `index` of the three, as a frame. */
  write(index: number, payload: Buffer) {
    const parts: Buffer[] = [Buffer.of(1)]
    for (const token of MESSAGES[index]!) {
      if (token === 'e') parts.push(this.mixHash(this.e.publicKey))
      else if (token === 's') parts.push(this.seal(this.s.publicKey))
      else this.mixKey(token)
    }
    return join(...parts, this.seal(payload))
  }
  /** The payload. */
  read(index: number, frame: Buffer) {
    check(frame[0] === 1, 'PROTOCOL_VIOLATION')
    let rest = frame.subarray(1)
    for (const token of MESSAGES[index]!) {
      if (token.length === 2) {
        this.mixKey(token)
        continue
      }
      const size = token === 's' ? 48 : 32
      check(rest.length >= size, 'HANDSHAKE_FAILED')
      const field = rest.subarray(0, size)
      this.remote[token] = token === 's' ? this.unseal(field) : this.mixHash(field)
      rest = rest.subarray(size)
    }
    const payload = this.unseal(rest)
    check(payload.length <= 8192, 'LIMIT_EXCEEDED')
    return payload
  }
  /** Own key for sending, then for receiving. */
  split(): { keys: [Buffer, Buffer]; send: Cipher; receive: Cipher } {
    const info = utf8('lotus-p2p/2/ChaChaPoly')
    const split = this.hkdf(Buffer.alloc(0))
    const keys = split.map((key) => Buffer.from(nodeCrypto.hkdfSync('sha256', key, Buffer.alloc(0), info, 32))) as [
      Buffer,
      Buffer,
    ]
    const [first, second] = keys.map((key) => new Cipher(key)) as [Cipher, Cipher]
    return this.initiator ? { keys, send: first, receive: second } : { keys, send: second, receive: first }
  }
}
