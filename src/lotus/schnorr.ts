import { joined } from '../base/bytes.js'
import { sha256 } from '../base/sha256.js'
import { bytesOf, invalid, isSquare, modN, numberOf, ORDER, Point, SCALAR_BYTES, secretOf } from './curve.js'
import { taggedHash } from './hash.js'

/** Bytes of a signature: R.x ‖ s. */
export const SCHNORR_BYTES = 64

/** The challenge of Lotus's Schnorr signatures: SHA256(R.x ‖ P ‖ m) mod n (lotusd, `schnorr_impl.h`). */
export function challengeOf(nonceX: Uint8Array, publicKey: Uint8Array, message: Uint8Array): bigint {
  return modN(numberOf(sha256(nonceX, publicKey, message)))
}

/**
 * Signs 32 bytes as Lotus does (lotusd, `schnorr_impl.h`): the y of R is a square. The nonce is made as BIP340's, of the secret key, the
 * message and randomness: a generator that is stuck leaks nothing.
 *
 * @param message 32 bytes.
 * @param secretKey 32 bytes.
 * @param random 32 bytes, fresh. Default: of the platform.
 * @returns 64 bytes.
 * @throws P2PError INVALID_TRANSACTION for other lengths, or what is no secret key.
 */
export function schnorrSign(message: Uint8Array, secretKey: Uint8Array, random = freshBytes(SCALAR_BYTES)): Uint8Array {
  if (message.length !== 32 || random.length !== SCALAR_BYTES) throw invalid('32 bytes are signed, with 32 bytes of randomness.')
  const secret = secretOf(secretKey)
  const publicKey = Point.BASE.multiply(secret).toBytes(true)
  const masked = taggedHash('lotus-p2p/schnorr/aux/1', random)
  for (let i = 0; i < masked.length; i++) masked[i]! ^= secretKey[i]!
  const drawn = modN(numberOf(taggedHash('lotus-p2p/schnorr/nonce/1', masked, publicKey, message)))
  masked.fill(0)
  // One of 2^256.
  if (drawn === 0n) throw invalid('The nonce is zero. Try again.')
  const point = Point.BASE.multiply(drawn)
  const nonce = isSquare(point.y) ? drawn : ORDER - drawn
  const x = bytesOf(point.x)
  return joined(x, bytesOf(modN(nonce + challengeOf(x, publicKey, message) * secret)))
}

/** Bytes of the platform's generator. @throws P2PError INVALID_TRANSACTION where it has none. */
export function freshBytes(length: number): Uint8Array {
  if (typeof globalThis.crypto?.getRandomValues !== 'function') throw invalid('This platform has no source of randomness.')
  return globalThis.crypto.getRandomValues(new Uint8Array(length))
}
