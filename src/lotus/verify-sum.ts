import { type CurvePoint, Point } from './curve.js'

/**
 * The sum of public points, each times a public number below n: not constant in time, two at once (Strauss).
 *
 * @param factors as many as points.
 */
export function sumOfProducts(points: readonly CurvePoint[], factors: readonly bigint[]): CurvePoint {
  let sum: CurvePoint = Point.ZERO
  for (let i = 0; i < points.length; i += 2)
    sum = sum.add(points[i]!.mulAddUnsafe(factors[i]!, points[i + 1] ?? Point.BASE, factors[i + 1] ?? 0n))
  return sum
}
