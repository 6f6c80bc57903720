import { compareBytes, equalBytes, joined } from '../base/bytes.js'
import { type CurvePoint, invalid, modN, numberOf, publicPoint } from '../lotus/curve.js'
import { taggedHash } from '../lotus/hash.js'
import { sumOfProducts } from '../lotus/verify-sum.js'

/**
 * How keys become one. `'lotus'`: the MuSig2 paper's, each coefficient hashed, keys sorted (Nick, Ruffing, Seurin, CRYPTO 2021), which is
 * xpi-ts's too. `'bip327'`: the second distinct key has coefficient 1.
 */
export type Aggregation = 'lotus' | 'bip327'

/** Keys that are one. */
export interface AggregatedKey {
  /** 33 bytes each, in the order in which they were added. */
  readonly keys: readonly Uint8Array[]
  readonly points: readonly CurvePoint[]
  /** What each secret key is multiplied by. */
  readonly coefficients: readonly bigint[]
  /** The sum. */
  readonly point: CurvePoint
  /** The hash of all keys: 32 bytes. */
  readonly listHash: Uint8Array
}

/** Bytewise order (BIP327, KeySort). */
export function sortKeys(keys: readonly Uint8Array[]): Uint8Array[] {
  return [...keys].sort(compareBytes)
}

/**
 * Adds keys in the order given (BIP327, KeyAgg). A key that is there twice is twice in the sum; keysets do not allow it.
 *
 * @param keys 33 bytes each, at least one.
 * @throws P2PError INVALID_TRANSACTION for what is no key, with `details.index`, or keys whose sum is nothing.
 */
export function addKeys(keys: readonly Uint8Array[], aggregation: Aggregation): AggregatedKey {
  const points = keys.map((key, index) => {
    try {
      return publicPoint(key)
    } catch (cause) {
      const error = invalid('A key of the keyset is no point of secp256k1, compressed to 33 bytes.', { index })
      error.cause = cause
      throw error
    }
  })
  const listHash = taggedHash('KeyAgg list', ...keys)
  const second = aggregation === 'bip327' ? keys.find((key) => !equalBytes(key, keys[0]!)) : undefined
  const coefficients = keys.map((key) =>
    second !== undefined && equalBytes(key, second)
      ? 1n
      : modN(numberOf(taggedHash('KeyAgg coefficient', joined(listHash, key)))),
  )
  const point = sumOfProducts(points, coefficients)
  if (points.length === 0 || point.is0()) throw invalid('The keys of the keyset cancel each other out.')
  return { keys, points, coefficients, point, listHash }
}
