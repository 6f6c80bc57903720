/**
 * What docs/wire-protocol.md is built of, written from that document alone, with libraries of others and nothing of `src/`: where the
 * vectors and the SDK agree, two implementations agree.
 */

import { Encoder, ExtensionCodec } from '@msgpack/msgpack'
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { bech32m } from '@scure/base'

export { bytesToHex as hex, concatBytes as join, ed25519, sha256, utf8ToBytes as utf8, x25519 }

export const NETWORK = 'lotus'
/** The date of the vectors, milliseconds since 1970. */
export const TIME = 1_700_000_000_000
export const DAY = Math.floor(TIME / 86_400_000)

export const fill = (byte: number, length = 32) => new Uint8Array(length).fill(byte)

/** So many bytes, big-endian. */
export function uint(value: number, width: number): Uint8Array {
  const bytes = new Uint8Array(width)
  for (let i = width - 1, rest = value; i >= 0; i--) {
    bytes[i] = rest % 256
    rest = Math.floor(rest / 256)
  }
  return bytes
}

export const tagged = (tag: string, ...payload: Uint8Array[]) =>
  concatBytes(utf8ToBytes(`lotus-p2p/${tag}/2\0${NETWORK}\0`), ...payload)

export const sign = (seed: Uint8Array, tag: string, payload: Uint8Array) => ed25519.sign(tagged(tag, payload), seed)

export const peerIdOf = (key: Uint8Array) => bech32m.encode('lp', bech32m.toWords(key), 128)

const extensionCodec = new ExtensionCodec()
extensionCodec.register({
  type: 1,
  encode: (value: unknown) => (typeof value === 'bigint' ? utf8ToBytes(value.toString()) : null),
  decode: () => null,
})
const encoder = new Encoder({ extensionCodec, ignoreUndefined: true, sortKeys: true })

/** MessagePack in the form of section E, for keys in ASCII. */
export const pack = (value: unknown): Uint8Array => encoder.encode(value).slice()

/** Zero bits with which a hash begins. */
export function zeroBits(hash: Uint8Array): number {
  const at = hash.findIndex((byte) => byte > 0)
  return at < 0 ? hash.length * 8 : at * 8 + Math.clz32(hash[at]!) - 24
}

/** The least 8-byte nonce for which the hash of the block and it begins with so many zero bits. */
export function findNonce(bits: number, hashed: (nonce: Uint8Array) => Uint8Array): Uint8Array {
  for (let i = 0; ; i++) {
    const nonce = uint(i, 8)
    if (zeroBits(sha256(hashed(nonce))) >= bits) return nonce
  }
}

/** One direction of a channel, ChaCha20-Poly1305 with Noise's nonces. */
export class Cipher {
  private count = 0
  constructor(private key: Uint8Array) {}

  seal(plaintext: Uint8Array, ad: Uint8Array = new Uint8Array(0)): Uint8Array {
    return this.next(ad).encrypt(plaintext)
  }

  /** @throws Error for any byte that differs. */
  open(ciphertext: Uint8Array, ad: Uint8Array = new Uint8Array(0)): Uint8Array {
    return this.next(ad).decrypt(ciphertext)
  }

  private next(ad: Uint8Array) {
    const nonce = new Uint8Array(12)
    new DataView(nonce.buffer).setUint32(4, this.count++, true)
    return chacha20poly1305(this.key, nonce, ad)
  }

  /** Noise rev 34 §4.2. */
  rekey(): void {
    const nonce = concatBytes(fill(0, 4), fill(0xff, 8))
    this.key = chacha20poly1305(this.key, nonce).encrypt(fill(0)).slice(0, 32)
  }

  get hexKey(): string {
    return bytesToHex(this.key)
  }
}

export interface NoiseKeys {
  static: Uint8Array
  ephemeral: Uint8Array
}

/** Noise XX between two parties whose secrets are all known: what each message is (Noise rev 34 §5). */
export class NoiseXX {
  private h: Uint8Array
  private ck: Uint8Array
  private k: Cipher | undefined

  constructor(
    private readonly initiator: NoiseKeys,
    private readonly responder: NoiseKeys,
    prologue: Uint8Array,
  ) {
    this.h = utf8ToBytes('Noise_XX_25519_ChaChaPoly_SHA256')
    this.ck = this.h
    this.mix(prologue)
  }

  message1(payload: Uint8Array): Uint8Array {
    const e = x25519.getPublicKey(this.initiator.ephemeral)
    this.mix(e)
    this.mix(payload)
    return concatBytes(e, payload)
  }

  message2(payload: Uint8Array): Uint8Array {
    const { initiator, responder } = this
    const e = x25519.getPublicKey(responder.ephemeral)
    this.mix(e)
    this.dh(responder.ephemeral, initiator.ephemeral)
    const s = this.sealed(x25519.getPublicKey(responder.static))
    this.dh(responder.static, initiator.ephemeral)
    return concatBytes(e, s, this.sealed(payload))
  }

  message3(payload: Uint8Array): Uint8Array {
    const { initiator, responder } = this
    const s = this.sealed(x25519.getPublicKey(initiator.static))
    this.dh(initiator.static, responder.ephemeral)
    return concatBytes(s, this.sealed(payload))
  }

  get hash(): Uint8Array {
    return this.h
  }

  /** The two keys of Split(): the initiator's for sending first. */
  split(): [Uint8Array, Uint8Array] {
    return hkdfOfNoise(this.ck, new Uint8Array(0))
  }

  private mix(data: Uint8Array): void {
    this.h = sha256(concatBytes(this.h, data))
  }

  private dh(secret: Uint8Array, otherSecret: Uint8Array): void {
    const [ck, key] = hkdfOfNoise(this.ck, x25519.getSharedSecret(secret, x25519.getPublicKey(otherSecret)))
    this.ck = ck
    this.k = new Cipher(key)
  }

  private sealed(plaintext: Uint8Array): Uint8Array {
    const ciphertext = this.k!.seal(plaintext, this.h)
    this.mix(ciphertext)
    return ciphertext
  }
}

/** HKDF of Noise rev 34 §4.3, two outputs. */
export function hkdfOfNoise(ck: Uint8Array, input: Uint8Array): [Uint8Array, Uint8Array] {
  const temp = hmac(sha256, ck, input)
  const first = hmac(sha256, temp, Uint8Array.of(1))
  return [first, hmac(sha256, temp, concatBytes(first, Uint8Array.of(2)))]
}

/** The key of one direction for a suite: RFC 5869, no salt. */
export const suiteKey = (splitKey: Uint8Array, suite: string) =>
  hkdf(sha256, splitKey, undefined, utf8ToBytes(`lotus-p2p/2/${suite}`), 32)

/** One entry: kind, length, body. */
export const entry = (kind: number, ...body: Uint8Array[]) => {
  const whole = concatBytes(...body)
  return concatBytes(Uint8Array.of(kind), uint(whole.length, 2), whole)
}

export interface Party {
  name: string
  seed: Uint8Array
  publicKey: Uint8Array
  peerId: string
  noise: NoiseKeys
  session: Uint8Array
  streams: Uint8Array
}

function party(name: string, seed: number, staticSecret: number, ephemeral: number): Party {
  const publicKey = ed25519.getPublicKey(fill(seed))
  return {
    name,
    seed: fill(seed),
    publicKey,
    peerId: peerIdOf(publicKey),
    noise: { static: fill(staticSecret), ephemeral: fill(ephemeral) },
    session: fill(seed + 0x30, 16),
    streams: fill(seed + 0x40, 8),
  }
}

/** Initiator, a wallet. */
export const alice = party('alice', 1, 11, 21)
/** Responder, a relay. */
export const bob = party('bob', 2, 12, 22)

export const secretsOf = ({ seed, publicKey, peerId, noise, session, streams }: Party) => ({
  ed25519Seed: bytesToHex(seed),
  ed25519Public: bytesToHex(publicKey),
  peerId,
  x25519Secret: bytesToHex(noise.static),
  x25519Public: bytesToHex(x25519.getPublicKey(noise.static)),
  ephemeralSecret: bytesToHex(noise.ephemeral),
  session: bytesToHex(session),
  streams: bytesToHex(streams),
})
