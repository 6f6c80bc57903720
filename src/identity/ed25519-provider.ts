import { hexOf, isBytes } from '../base/bytes.js'

/** Length of an Ed25519 public key and of a seed (RFC 8032 §5.1.5), and of a signature (§5.1.6). */
export const PUBLIC_KEY_BYTES = 32
export const SEED_BYTES = 32
export const SIGNATURE_BYTES = 64

/** Signs with a key it keeps to itself. */
export type Sign = (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>

/** One implementation of Ed25519. All of them accept exactly the same signatures, by the rules of {@link isAcceptable}. */
export interface Ed25519Provider {
  readonly name: 'node' | 'webcrypto' | 'noble'
  /** The public key (32 bytes) of a seed (32 bytes), RFC 8032 §5.1.5. */
  publicKey(seed: Uint8Array): Uint8Array | Promise<Uint8Array>
  /** A signer for the 32-byte seed; the caller may wipe the seed once it has the signer. */
  signer(seed: Uint8Array): Sign | Promise<Sign>
  /** Never throws and never rejects. */
  verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean | Promise<boolean>
}

/** An implementation that answers at once. */
export interface SyncEd25519Provider extends Ed25519Provider {
  publicKey(seed: Uint8Array): Uint8Array
  signer(seed: Uint8Array): Sign
  verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean
}

/** The rules on which implementations differ, so that none is asked about them. Costs less than a microsecond. */
export function isAcceptable(signature: unknown, message: unknown, publicKey: unknown): boolean {
  return (
    isBytes(signature, SIGNATURE_BYTES) &&
    isBytes(publicKey, PUBLIC_KEY_BYTES) &&
    isBytes(message) &&
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
  // The two y of order 8. Their sum is p, so that between the ends the bits of one are those of the other turned.
  if (last === 0x05 && first === 0x26) return !isOrder8(bytes, 0x00)
  if (last === 0x7a && first === 0xc7) return !isOrder8(bytes, 0xff)
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

function isOrder8(bytes: Uint8Array, turned: number): boolean {
  return (
    hexOf(bytes.subarray(1, 31).map((byte) => byte ^ turned)) === 'e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc'
  )
}

/** PKCS #8 of an Ed25519 seed: RFC 8410 §7. */
export function pkcs8(seed: Uint8Array): Uint8Array<ArrayBuffer> {
  const der = new Uint8Array(48)
  der.set([0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20])
  der.set(seed, 16)
  return der
}
