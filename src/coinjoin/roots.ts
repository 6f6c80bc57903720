import { Modulus, type Polynomial, type Polynomials, type Steps } from './polynomials.js'

/**
 * The roots of a polynomial that has as many different ones as its degree; undefined for any other. First z^p = z is looked at, which holds for
 * a product of different linear factors alone; then it is split by Cantor and Zassenhaus ("A new algorithm for factoring polynomials over
 * finite fields", 1981).
 *
 * @param polynomial monic.
 * @param draw a random element. It decides how long it takes, not what is found.
 */
export function* rootsOf(ring: Polynomials, polynomial: Polynomial, draw: () => bigint): Steps<bigint[] | undefined> {
  const { prime } = ring
  if (polynomial.length > 2) {
    const frobenius = yield* new Modulus(ring, polynomial).power(0n, prime)
    if (!isIdentity(frobenius)) return undefined
  }
  const roots: bigint[] = []
  const open = [polynomial]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.length === 2) roots.push(ring.mod(-next[0]!))
    if (next.length <= 2) continue
    const half = yield* new Modulus(ring, next).power(draw(), (prime - 1n) / 2n)
    const factor = yield* ring.gcd(next, ring.lessOne(half))
    const isProper = factor.length > 1 && factor.length < next.length
    if (isProper) open.push(factor, yield* ring.quotient(next, factor))
    else open.push(next)
  }
  return roots
}

function isIdentity(a: Polynomial): boolean {
  return a.length === 2 && a[0] === 0n && a[1] === 1n
}
