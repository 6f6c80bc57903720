import { hexOf, joined } from '../base/bytes.js'
import { pushesOf, readScript } from '../lotus/script.js'
import { encodeTransaction, rootsOf, txidOf } from '../lotus/transaction.js'
import { schnorrVerify } from '../lotus/verify-schnorr.js'
import { addNonces } from './nonces.js'
import type { SigningRequest } from './request.js'
import { addPartials, type SessionValues, sessionOf } from './session-math.js'
import { partialHolds } from './verify-partial.js'

/** A transaction that all have signed. */
export interface SignedTransaction {
  /** As the network takes it; inputs that were not signed here are as they came. */
  transaction: Uint8Array
  /** 64 digits, as explorers show it. */
  txid: string
}

/** By member, and then by input to sign. */
export type ByMember = readonly (readonly Uint8Array[])[]

/** Either all hold, or these members' partial signatures do not. */
export type Combined =
  | { readonly signed: SignedTransaction; readonly culprits?: undefined }
  | { readonly culprits: readonly number[]; readonly signed?: undefined }

/**
 * Adds up what the members have signed. The whole signature is verified first; single parts only where it does not hold.
 *
 * @param nonces 66 bytes each, well formed; `partials` 32 bytes each.
 * @throws P2PError INVALID_TRANSACTION for a nonce that is none.
 */
export function combine(request: SigningRequest, nonces: ByMember, partials: ByMember): Combined {
  const { transaction, spent, sign, keys, sighashes } = request
  const inputs = transaction.inputs.map((input) => ({ ...input }))
  for (const [i, { input, type, keyset }] of sign.entries()) {
    const key = keys[keyset]!
    const session = sessionOf(key.signing, addNonces(nonces.map((all) => all[i]!)), sighashes[i]!)
    const parts = partials.map((all) => all[i]!)
    const culprits = faultyIn(session, parts)
    if (culprits.length > 0) return { culprits }
    const signature = addPartials(session, parts)
    if (!schnorrVerify(signature, sighashes[i]!, key.publicKey)) {
      return { culprits: parts.flatMap((part, m) => (partialHolds(session, key.places[m]!, part, nonces[m]![i]!) ? [] : [m])) }
    }
    const item = joined(signature, Uint8Array.of(type))
    const isTaproot = readScript(spent[input]!.script)?.kind === 'taproot'
    inputs[input]!.script = isTaproot ? pushesOf(item) : pushesOf(item, key.publicKey)
  }
  const signed = { ...transaction, inputs }
  return { signed: { transaction: encodeTransaction(signed), txid: hexOf(txidOf(rootsOf(signed)).reverse()) } }
}

/** Members whose part is no number that a part can be. */
function faultyIn(session: SessionValues, parts: readonly Uint8Array[]): number[] {
  return [...parts.keys()].filter((member) => {
    try {
      addPartials(session, [parts[member]!])
      return false
    } catch {
      return true
    }
  })
}
