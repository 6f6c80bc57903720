import { joined } from '../base/bytes.js'
import { bytesOf, type CurvePoint, invalid, isSquare, modN, numberOf, ORDER, Point, SCALAR_BYTES } from '../lotus/curve.js'
import { taggedHash } from '../lotus/hash.js'
import { challengeOf } from '../lotus/schnorr.js'
import { sumOfProducts } from '../lotus/verify-sum.js'
import type { AggregatedKey } from './key-agg.js'
import { readNonceSum, type SecretNonce } from './nonces.js'

/** What one kind of Schnorr signature has of its own. Everything else is BIP327's. */
export interface Scheme {
  /** The bytes hashed to b, the weight of second nonces. */
  weighed(sum: Uint8Array, key: CurvePoint, message: Uint8Array): Uint8Array
  /** Whether the nonce R has to be negated. */
  negatesNonce(nonce: CurvePoint): boolean
  /** Whether secret keys have to be negated. */
  negatesKey(key: CurvePoint): boolean
  challenge(nonceX: Uint8Array, key: CurvePoint, message: Uint8Array): bigint
}

/** lotusd, `schnorr_impl.h`: full points are hashed, and y of R is a square. b as the paper's H_non, and as xpi-ts's. */
export const LOTUS_SCHEME: Scheme = {
  weighed: (sum, key, message) => joined(key.toBytes(true), sum, message),
  negatesNonce: (nonce) => !isSquare(nonce.y),
  negatesKey: () => false,
  challenge: (nonceX, key, message) => challengeOf(nonceX, key.toBytes(true), message),
}

/** The key that signs: that of the keyset, and what has been added to it. */
export interface SigningKey {
  readonly aggregated: AggregatedKey
  /** Under this one the signature holds. */
  readonly point: CurvePoint
  /** 1, or n − 1 where tweaks have negated the sum of the keys. */
  readonly factor: bigint
  /** What was added. */
  readonly tweak: bigint
  /** Whether the signer at place 0 adds the challenge's part of it, as xpi-ts; else whoever adds up the partial signatures, as BIP327. */
  readonly isTweakedByFirst: boolean
}

/** What all signers of one message compute alike (BIP327, GetSessionValues). */
export interface SessionValues {
  readonly key: SigningKey
  /** The weight of second nonces, below n. */
  readonly weight: bigint
  /** R: x is the first half of the signature. */
  readonly nonce: CurvePoint
  readonly isNegated: boolean
  readonly challenge: bigint
  /** What secret keys are multiplied by, coefficient and challenge aside. */
  readonly factor: bigint
}

/**
 * @param nonceSum 66 bytes.
 * @throws P2PError INVALID_TRANSACTION for a sum that is none.
 */
export function sessionOf(
  key: SigningKey,
  nonceSum: Uint8Array,
  message: Uint8Array,
  scheme: Scheme = LOTUS_SCHEME,
): SessionValues {
  const halves = readNonceSum(nonceSum)
  if (halves === undefined) throw invalid('The sum of nonces is not 66 bytes of two points.')
  const weight = modN(numberOf(taggedHash('MuSig/noncecoef', scheme.weighed(nonceSum, key.point, message))))
  const sum = halves[0].add(sumOfProducts([halves[1]], [weight]))
  const nonce = sum.is0() ? Point.BASE : sum
  return {
    key,
    weight,
    nonce,
    isNegated: scheme.negatesNonce(nonce),
    challenge: scheme.challenge(bytesOf(nonce.x), key.point, message),
    factor: scheme.negatesKey(key.point) ? modN(-key.factor) : key.factor,
  }
}

/**
 * One signer's part (BIP327, Sign). The secret nonce is wiped before anything is computed with it.
 *
 * @param place of the signer's key among the keys.
 * @returns 32 bytes.
 */
export function partialOf(session: SessionValues, place: number, secretKey: bigint, nonce: SecretNonce): Uint8Array {
  const { first, second } = nonce
  nonce.first = 0n
  nonce.second = 0n
  const { key, weight, isNegated, challenge, factor } = session
  const sum = modN(first + weight * second)
  const signed = modN(challenge * modN(key.aggregated.coefficients[place]! * modN(factor * secretKey)))
  return bytesOf(modN((isNegated ? ORDER - sum : sum) + signed + shareOfTweak(session, place)))
}

/** What the signer at this place adds for the tweak. */
export function shareOfTweak(session: SessionValues, place: number): bigint {
  return session.key.isTweakedByFirst && place === 0 ? tweakOfSession(session) : 0n
}

function tweakOfSession({ key, challenge, factor }: SessionValues): bigint {
  // The factor has the tweaks' negations in it, which the sum of tweaks has behind it.
  const sign = factor === key.factor ? 1n : ORDER - 1n
  return modN(challenge * modN(sign * key.tweak))
}

/**
 * The signature (BIP327, PartialSigAgg): R.x ‖ s.
 *
 * @param partials 32 bytes each.
 * @returns 64 bytes. It holds only where each of them did.
 * @throws P2PError INVALID_TRANSACTION for a partial that is no number below n, with `details.index`.
 */
export function addPartials(session: SessionValues, partials: readonly Uint8Array[]): Uint8Array {
  let sum = session.key.isTweakedByFirst ? 0n : tweakOfSession(session)
  for (const [index, partial] of partials.entries()) sum = modN(sum + partialNumber(partial, index))
  return joined(bytesOf(session.nonce.x), bytesOf(sum))
}

/** @throws P2PError INVALID_TRANSACTION. */
export function partialNumber(partial: Uint8Array, index: number): bigint {
  const number = numberOf(partial)
  if (partial.length !== SCALAR_BYTES || number >= ORDER)
    throw invalid('A partial signature is no number below n of 32 bytes.', { index })
  return number
}
