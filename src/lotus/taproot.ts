import { type CurvePoint, invalid, numberOf, ORDER, Point } from './curve.js'
import { taggedHash } from './hash.js'

/** Of an output that only its key can spend. */
export const NO_SCRIPTS = /* @__PURE__ */ new Uint8Array(32)

/** What is added to an internal key, as a number below n, and the commitment (lotusd, `taproot.cpp`: full points, no lift of x). */
export interface TaprootTweak {
  readonly tweak: bigint
  readonly commitment: CurvePoint
}

/**
 * @param internal the key before.
 * @param root of the tree of scripts: 32 bytes. Default: none.
 * @throws P2PError INVALID_TRANSACTION where the hash is no number below n, or the sum is nothing: one key of 2^128.
 */
export function tweakOf(internal: CurvePoint, root: Uint8Array = NO_SCRIPTS): TaprootTweak {
  const tweak = numberOf(taggedHash('TapTweak', internal.toBytes(true), root))
  if (tweak >= ORDER) throw invalid('This key has no Taproot commitment.')
  const commitment = tweak === 0n ? internal : internal.add(Point.BASE.multiply(tweak))
  if (commitment.is0()) throw invalid('This key has no Taproot commitment.')
  return { tweak, commitment }
}
