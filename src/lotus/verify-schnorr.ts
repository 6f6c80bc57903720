import { bytesOf, FIELD, isSquare, modN, numberOf, ORDER, Point, pointOf } from './curve.js'
import { challengeOf, SCHNORR_BYTES } from './schnorr.js'

/**
 * Whether a signature of 32 bytes holds (lotusd, `schnorr_impl.h`). All values are public: it is not constant in time.
 *
 * @param signature 64 bytes; others do not hold.
 * @param publicKey 33 bytes; what is no point holds nothing.
 */
export function schnorrVerify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  if (signature.length !== SCHNORR_BYTES || message.length !== 32) return false
  const key = pointOf(publicKey)
  const x = numberOf(signature.subarray(0, 32))
  const s = numberOf(signature.subarray(32))
  if (key === undefined || x >= FIELD || s >= ORDER) return false
  const challenge = challengeOf(bytesOf(x), publicKey, message)
  const point = Point.BASE.multiplyUnsafe(s).add(key.multiplyUnsafe(modN(-challenge)))
  return !point.is0() && point.x === x && isSquare(point.y)
}
