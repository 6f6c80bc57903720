import { Modulus, type Polynomial, type Polynomials, type Steps } from './polynomials.js'

/**
 * The roots of a polynomial that has as many different ones as its degree; undefined for any other. It is split by Cantor and Zassenhaus ("A new
 * algorithm for factoring polynomials over finite fields", 1981), into four parts at a time: at each root r, (r + shift)^((p − 1) / 4) is one of
 * the four roots of 1, or zero. That power leads on to (z + shift)^p, which is z + shift modulo a product of different linear factors alone.
 *
 * @param ring of a prime that is 5 modulo 8: 2 is no square, and 2^((p − 1) / 4) a root of −1.
 * @param polynomial monic.
 * @param draw a random element. It decides how long it takes, not what is found.
 */
export function* rootsOf(ring: Polynomials, polynomial: Polynomial, draw: () => bigint): Steps<bigint[] | undefined> {
  const { prime } = ring
  const quarter = (prime - 1n) / 4n
  const i = ring.power(2n, quarter)
  const roots: bigint[] = []
  const open = [polynomial]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.length === 2) roots.push(ring.residue(-next[0]!))
    if (next.length <= 2) continue
    const shift = draw()
    const modulus = new Modulus(ring, next)
    const power = yield* modulus.power(shift, quarter.toString(2))
    if (next === polynomial) {
      // p = 4 · (p − 1) / 4 + 1.
      const whole = yield* modulus.power(shift, '01', power)
      if (whole.some((each, k) => each !== ([shift, 1n][k] ?? 0n))) return undefined
    }
    let left = next
    for (const root of [1n, -1n, i, -i]) {
      const factor = yield* ring.gcd(left, ring.less(power, root))
      open.push(factor)
      left = yield* ring.quotient(left, factor)
    }
    open.push(left)
  }
  return roots
}
