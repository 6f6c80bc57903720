import { bytesOf, type CurvePoint, invalid, modN, numberOf, ORDER, Point } from '../../src/lotus/curve.js'
import { taggedHash } from '../../src/lotus/hash.js'
import { sumOfProducts } from '../../src/lotus/verify-sum.js'
import type { AggregatedKey } from '../../src/musig2/key-agg.js'
import type { Scheme, SigningKey } from '../../src/musig2/session-math.js'

const isOdd = (point: CurvePoint) => (point.y & 1n) === 1n

/** The signatures of BIP340, with which the vectors of BIP327 are made: what is Lotus's own is replaced, all else is what is shipped. */
export const BIP340_SCHEME: Scheme = {
  weighed: (sum, key, message) => Uint8Array.from([...sum, ...bytesOf(key.x), ...message]),
  negatesNonce: isOdd,
  negatesKey: isOdd,
  challenge: (nonceX, key, message) => modN(numberOf(taggedHash('BIP0340/challenge', nonceX, bytesOf(key.x), message))),
}

export function untweaked(aggregated: AggregatedKey): SigningKey {
  return { aggregated, point: aggregated.point, factor: 1n, tweak: 0n, isTweakedByFirst: false }
}

/** BIP327, ApplyTweak. */
export function tweaked(key: SigningKey, tweak: Uint8Array, isXOnly: boolean): SigningKey {
  const number = numberOf(tweak)
  if (number >= ORDER) throw invalid('The tweak must be less than n.')
  const sign = isXOnly && isOdd(key.point) ? ORDER - 1n : 1n
  const point = sumOfProducts([key.point, Point.BASE], [sign, number])
  if (point.is0()) throw invalid('The result of tweaking cannot be infinity.')
  return { ...key, point, factor: modN(sign * key.factor), tweak: modN(number + sign * key.tweak) }
}

/** BIP340, Verify, in so many words. */
export function bip340Verify(signature: Uint8Array, message: Uint8Array, keyX: Uint8Array): boolean {
  const key = Point.fromBytes(Uint8Array.from([2, ...keyX]))
  const challenge = BIP340_SCHEME.challenge(signature.subarray(0, 32), key, message)
  const point = sumOfProducts([Point.BASE, key], [numberOf(signature.subarray(32)), modN(-challenge)])
  return !point.is0() && !isOdd(point) && point.x === numberOf(signature.subarray(0, 32))
}
