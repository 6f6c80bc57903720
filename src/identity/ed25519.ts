import * as ed25519 from '@noble/ed25519'
import { sha512 } from '@noble/hashes/sha2.js'
import { base64urlnopad, hex } from '@scure/base'
import { nodeCrypto } from '../base/platform.js'

/** Length of an Ed25519 public key and of a seed (RFC 8032 §5.1.5), and of a signature (§5.1.6). */
export const PUBLIC_KEY_BYTES = 32
export const SEED_BYTES = 32
export const SIGNATURE_BYTES = 64

/** Signs with a key it keeps to itself. */
export type Sign = (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>

/** One implementation of Ed25519. All of them accept exactly the same signatures; see {@link verify}. */
export interface Ed25519Provider {
  readonly name: 'node' | 'webcrypto' | 'noble'
  /** A signer for the 32-byte seed; the caller may wipe the seed once it has the signer. */
  signer(seed: Uint8Array): Sign | Promise<Sign>
  /** Never throws and never rejects. */
  verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean | Promise<boolean>
}

/**
 * True if the signature (64 bytes) over the message was made with the key of `publicKey` (32 bytes). Anything malformed is
 * false; it never throws and never rejects. Answers at once in Node, with a promise in browsers.
 *
 * Two peers that disagree on a signature disagree on what is true, so every platform decides by the same rules, stricter
 * than RFC 8032 §5.1.7 where implementations differ (see "Taming the many EdDSAs", Chalkias et al., 2020): S < L, A and R
 * canonical and not of small order, and the equation without cofactor, [S]B = R + [k]A, as node:crypto and WebCrypto do.
 */
export function verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean | Promise<boolean> {
  const provider = preferredProvider()
  return provider instanceof Promise
    ? provider.then((found) => found.verify(signature, message, publicKey))
    : provider.verify(signature, message, publicKey)
}

let browserProvider: Promise<Ed25519Provider> | undefined

/** node:crypto in Node; else WebCrypto where it knows Ed25519, found out once; else noble. */
export function preferredProvider(): Ed25519Provider | Promise<Ed25519Provider> {
  // WebCrypto is not even looked at in Node: version 20 prints a warning for its Ed25519.
  if (nodeCrypto !== undefined) return nodeEd25519
  browserProvider ??= webCryptoWorks().then((works) => (works ? webCryptoEd25519 : nobleEd25519))
  return browserProvider
}

/** The public key of a seed (both 32 bytes), RFC 8032 §5.1.5. */
export function publicKeyOf(seed: Uint8Array): Uint8Array {
  if (nodeCrypto === undefined) return noble().getPublicKey(seed)
  // Not as JWK: in Node 20 that export deadlocks the process when a garbage collection falls into it.
  return new Uint8Array(nodeCrypto.createPublicKey(nodePrivateKey(seed)).export({ format: 'der', type: 'spki' }).subarray(-32))
}

export const nodeEd25519: Ed25519Provider = {
  name: 'node',
  signer(seed) {
    const key = nodePrivateKey(seed)
    return (bytes) => new Uint8Array(node().sign(null, bytes, key))
  },
  verify(signature, message, publicKey) {
    if (!isAcceptable(signature, message, publicKey)) return false
    try {
      // As JWK: ten times faster to import than DER.
      const key = { kty: 'OKP', crv: 'Ed25519', x: base64urlnopad.encode(publicKey) }
      return node().verify(null, message, { key, format: 'jwk' }, signature)
    } catch {
      return false
    }
  },
}

export const webCryptoEd25519: Ed25519Provider = {
  name: 'webcrypto',
  async signer(seed) {
    const key = await crypto.subtle.importKey('pkcs8', pkcs8(seed), 'Ed25519', false, ['sign'])
    return (bytes) => webCryptoSign(key, bytes)
  },
  async verify(signature, message, publicKey) {
    if (!isAcceptable(signature, message, publicKey)) return false
    try {
      const key = await crypto.subtle.importKey('raw', source(publicKey), 'Ed25519', true, ['verify'])
      return await crypto.subtle.verify('Ed25519', key, source(signature), source(message))
    } catch {
      return false
    }
  },
}

/** @noble/ed25519 leaves its SHA-512 to be chosen; set at each use, so that importing the SDK changes nothing. */
function noble(): typeof ed25519 {
  ed25519.hashes.sha512 = sha512
  return ed25519
}

export const nobleEd25519: Ed25519Provider = {
  name: 'noble',
  signer(seed) {
    const own = seed.slice()
    return (bytes) => noble().sign(bytes, own)
  },
  verify(signature, message, publicKey) {
    if (!isAcceptable(signature, message, publicKey)) return false
    try {
      // noble's own verify multiplies by the cofactor; the native implementations do not, and would refuse what it accepts.
      const { Point } = ed25519
      const R = signature.subarray(0, 32)
      const k = sha512.create().update(R).update(publicKey).update(message).digest()
      const kA = Point.fromBytes(publicKey).multiplyUnsafe(littleEndian(k) % GROUP_ORDER)
      return equalBytes(
        Point.BASE.multiplyUnsafe(littleEndian(signature.subarray(32)))
          .subtract(kA)
          .toBytes(),
        R,
      )
    } catch {
      return false
    }
  },
}

/** L of RFC 8032 §5.1. */
const GROUP_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n

/** A fresh key that no script can read: the private half is a non-extractable CryptoKey. WebCrypto only. */
export async function generateCryptoKey(): Promise<{ publicKey: Uint8Array; privateKey: CryptoKey }> {
  const pair = (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair
  return { publicKey: new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)), privateKey: pair.privateKey }
}

export async function webCryptoSign(key: CryptoKey, bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign('Ed25519', key, source(bytes)))
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}

/** Whether WebCrypto verifies RFC 8032 §7.1 test 1, refuses it for another message, and can make keys. */
async function webCryptoWorks(): Promise<boolean> {
  try {
    const publicKey = hex.decode('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a')
    const signature = hex.decode(
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    )
    const works = await webCryptoEd25519.verify(signature, new Uint8Array(0), publicKey)
    if (!works || (await webCryptoEd25519.verify(signature, new Uint8Array(1), publicKey))) return false
    await generateCryptoKey()
    return true
  } catch {
    return false
  }
}

/** The rules on which implementations differ, so that none is asked about them. Costs less than a microsecond. */
function isAcceptable(signature: unknown, message: unknown, publicKey: unknown): boolean {
  return (
    signature instanceof Uint8Array &&
    signature.length === SIGNATURE_BYTES &&
    publicKey instanceof Uint8Array &&
    publicKey.length === PUBLIC_KEY_BYTES &&
    message instanceof Uint8Array &&
    isUsualPoint(publicKey) &&
    isUsualPoint(signature) &&
    isReducedScalar(signature)
  )
}

/**
 * Whether the first 32 bytes encode a y below p = 2^255 - 19 that is of none of the 8 points of small order. With such an A one
 * signature fits many messages; an honest R is never one. The sign bit is ignored: a point of small order passes with neither.
 */
function isUsualPoint(bytes: Uint8Array): boolean {
  const first = bytes[0] as number
  const last = (bytes[31] as number) & 0x7f
  const allBetween = (value: number) => {
    for (let index = 1; index < 31; index++) if (bytes[index] !== value) return false
    return true
  }
  // y = 0 (order 4), y = 1 (order 1), and above: y = p - 1 (order 2), y >= p (not canonical).
  if (last === 0x00 && first <= 0x01 && allBetween(0x00)) return false
  if (last === 0x7f && first >= 0xec && allBetween(0xff)) return false
  // The two y of order 8.
  if (last === 0x05 && first === 0x26)
    return !startsWithHex(bytes, '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc')
  if (last === 0x7a && first === 0xc7)
    return !startsWithHex(bytes, 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03')
  return true
}

/** Whether S, the last 32 bytes of a signature, is below the group order L (RFC 8032 §5.1.7): else a signature had a twin. */
function isReducedScalar(signature: Uint8Array): boolean {
  // L = 2^252 + 27742317777372353535851937790883648493, little-endian.
  const L = [0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14]
  if (signature[63] !== 0x10) return (signature[63] as number) < 0x10
  for (let index = 30; index >= 0; index--) {
    const difference = (signature[32 + index] as number) - (L[index] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}

function startsWithHex(bytes: Uint8Array, expected: string): boolean {
  return hex.encode(bytes.subarray(0, expected.length / 2)) === expected
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${hex.encode(bytes.slice().reverse())}`)
}

/** PKCS #8 of an Ed25519 seed: RFC 8410 §7. */
function pkcs8(seed: Uint8Array): Uint8Array<ArrayBuffer> {
  const der = new Uint8Array(48)
  der.set([0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20])
  der.set(seed, 16)
  return der
}

function nodePrivateKey(seed: Uint8Array) {
  // Node takes any Uint8Array here; its types say Buffer.
  return node().createPrivateKey({ key: pkcs8(seed) as never, format: 'der', type: 'pkcs8' })
}

function node(): NonNullable<typeof nodeCrypto> {
  if (nodeCrypto === undefined) throw new TypeError('node:crypto is not available here.')
  return nodeCrypto
}

/** WebCrypto's types ask for bytes that are not shared between threads; it checks that itself. */
function source(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>
}
