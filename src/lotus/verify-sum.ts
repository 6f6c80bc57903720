import { mulAddUnsafe } from '@noble/curves/abstract/curve.js'
import { type CurvePoint, modN, numberOf, Point } from './curve.js'
import { freshBytes } from './schnorr.js'

/**
 * The sum of public points, each times a public number below n: not constant in time. One or two are split by the endomorphism; more of
 * them share one chain (Strauss), which is less from three on.
 *
 * @param factors as many as points.
 */
export function sumOfProducts(points: readonly CurvePoint[], factors: readonly bigint[]): CurvePoint {
  const [first, second] = points
  if (first === undefined) return Point.ZERO
  if (points.length > 2) return mulAddUnsafe(Point, [...points], [...factors]) as CurvePoint
  return second === undefined ? first.multiplyUnsafe(factors[0]!) : first.mulAddUnsafe(factors[0]!, second, factors[1]!)
}

/** A signature as an equation of points: s·G = R + e·P. */
export interface SignatureEquation {
  /** Below n. */
  s: bigint
  /** R, as it signs. */
  nonce: CurvePoint
  /** e, below n. */
  challenge: bigint
  /** P. Equations of one key are cheaper where they have the same point. */
  key: CurvePoint
}

/** Bytes of a weight: the chance that equations that do not hold seem to is 2^-128. */
const WEIGHT_BYTES = 16

/**
 * Whether all equations hold: their sum, each with a random weight, is nothing (Bellare, Garay, Rabin, "Fast Batch Verification for Modular Exponentiation
 * and Digital Signatures", EUROCRYPT 1998, small exponents test).
 */
export function equationsHold(equations: readonly SignatureEquation[]): boolean {
  const points: CurvePoint[] = []
  const factors: bigint[] = []
  const keys = new Map<CurvePoint, bigint>()
  let sum = 0n
  for (const [i, { s, nonce, challenge, key }] of equations.entries()) {
    const weight = i === 0 ? 1n : numberOf(freshBytes(WEIGHT_BYTES))
    sum = modN(sum + weight * s)
    points.push(nonce.negate())
    factors.push(weight)
    keys.set(key, modN((keys.get(key) ?? 0n) - weight * challenge))
  }
  // The generator has its table, and the weights are short: three chains are less than one.
  let total = Point.BASE.multiplyUnsafe(sum).add(sumOfProducts(points, factors))
  for (const [key, factor] of keys) total = total.add(key.multiplyUnsafe(factor))
  return total.is0()
}
