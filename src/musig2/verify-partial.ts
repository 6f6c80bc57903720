import { modN, numberOf, Point } from '../lotus/curve.js'
import { equationsHold } from '../lotus/verify-sum.js'
import { readNonce } from './nonces.js'
import { partialNumber, type SessionValues, shareOfTweak } from './session-math.js'

/**
 * Whether one signer's part holds (BIP327, PartialSigVerify). All values are public: it is not constant in time.
 *
 * @param partial 32 bytes.
 * @param nonce of that signer: 66 bytes. What is none holds nothing.
 * @throws P2PError INVALID_TRANSACTION for a partial that is no number below n.
 */
export function partialHolds(session: SessionValues, place: number, partial: Uint8Array, nonce: Uint8Array): boolean {
  const { key, weight, isNegated, challenge, factor } = session
  const s = modN(partialNumber(partial, place) - shareOfTweak(session, place))
  const halves = readNonce(nonce)
  if (halves === undefined) return false
  const { points, coefficients } = key.aggregated
  const weighed = halves[0].add(halves[1].multiplyUnsafe(weight))
  const wanted = isNegated ? weighed.negate() : weighed
  const owed = modN(challenge * modN(coefficients[place]! * factor))
  // s·G − e·a·P = ±(R1 + b·R2).
  return Point.BASE.multiplyUnsafe(s)
    .add(points[place]!.multiplyUnsafe(modN(-owed)))
    .equals(wanted)
}

/** Whether the signatures of these sessions hold, all of them. */
export function signaturesHold(sessions: readonly SessionValues[], signatures: readonly Uint8Array[]): boolean {
  return equationsHold(
    sessions.map(({ key, nonce, isNegated, challenge }, i) => ({
      s: numberOf(signatures[i]!.subarray(32)),
      nonce: isNegated ? nonce.negate() : nonce,
      challenge,
      key: key.point,
    })),
  )
}
