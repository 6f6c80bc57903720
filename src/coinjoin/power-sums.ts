import type { Polynomial, Polynomials, Steps } from './polynomials.js'

/** Adds each number's powers from the first to the last to the sums, in place. */
export function addPowers(ring: Polynomials, sums: bigint[], numbers: readonly bigint[]): void {
  for (const number of numbers) {
    let power = 1n
    for (let k = 0; k < sums.length; k++) {
      power = (power * number) % ring.prime
      sums[k] = ring.residue(sums[k]! + power)
    }
  }
}

/**
 * The monic polynomial whose roots have these power sums, by Newton's identities: e_k = 1/k · Σ (−1)^(i−1) e_(k−i) S_i, and the coefficient of
 * z^(M−k) is (−1)^k e_k.
 *
 * @param sums S_1 to S_M, M below p.
 */
export function* polynomialOf(ring: Polynomials, sums: readonly bigint[]): Steps<Polynomial> {
  const { prime } = ring
  const inverses = [0n, 1n]
  const elementary = [1n]
  for (let k = 1; k <= sums.length; k++) {
    // k · ⌊p / k⌋ = p − (p mod k).
    if (k > 1) inverses.push(ring.residue(-(prime / BigInt(k)) * inverses[Number(prime % BigInt(k))]!))
    let sum = 0n
    for (let i = 1; i <= k; i++) sum += (i % 2 === 1 ? 1n : -1n) * elementary[k - i]! * sums[i - 1]!
    elementary.push(ring.residue(ring.residue(sum) * inverses[k]!))
    yield
  }
  return elementary.map((each, k) => (k % 2 === 0 ? each : ring.residue(-each))).reverse()
}
