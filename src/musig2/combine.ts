import { hexOf, joined } from '../base/bytes.js'
import type { P2PError } from '../base/errors.js'
import { pushesOf, readScript } from '../lotus/script.js'
import { encodeTransaction, rootsOf, type Transaction, txidOf } from '../lotus/transaction.js'
import { schnorrVerify } from '../lotus/verify-schnorr.js'
import { addNonces } from './nonces.js'
import type { SharedRequest, SigningRequest } from './request.js'
import { addPartials, type SessionValues, sessionOf } from './session-math.js'
import { Turns } from './turns.js'
import { partialHolds, signaturesHold } from './verify-partial.js'

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
  | {
      readonly signed: SignedTransaction
      /** Of each input to sign: 64 bytes. */
      readonly signatures: readonly Uint8Array[]
      readonly culprits?: undefined
    }
  | { readonly culprits: readonly number[]; readonly signed?: undefined }

/** The same, of a request of any kind. */
type Added =
  | { readonly signatures: readonly Uint8Array[]; readonly culprits?: undefined }
  | { readonly culprits: readonly number[]; readonly signatures?: undefined }

/** Signatures that are verified together in one slice of work. */
const SLICE = 16

/**
 * The sum of all members' nonces, for each input to sign. In slices: with many members and inputs it is most of the work.
 *
 * @param nonces 66 bytes each.
 * @returns 66 bytes each, and the members some of whose nonces are none; then there are no sums.
 */
export async function sumsOf({ sign }: SharedRequest, nonces: ByMember): Promise<{ sums: Uint8Array[]; faulty: number[] }> {
  const turns = new Turns()
  const sums: Uint8Array[] = []
  const faulty = new Set<number>()
  for (const i of sign.keys()) {
    try {
      sums.push(addNonces(ofInput(nonces, i)))
    } catch (error) {
      faulty.add((error as P2PError).details.index as number)
    }
    await turns.take()
  }
  return { sums, faulty: [...faulty] }
}

/**
 * Adds up what the members have signed. All signatures are verified together; single parts only where one of them does not hold. In slices.
 *
 * @param nonces 66 bytes each, well formed; `partials` 32 bytes each.
 * @param sums of the nonces, where they are known.
 * @throws P2PError INVALID_TRANSACTION for a nonce that is none.
 */
export async function combine(
  request: SigningRequest,
  nonces: ByMember,
  partials: ByMember,
  sums: readonly Uint8Array[] = request.sign.map((_, i) => addNonces(ofInput(nonces, i))),
): Promise<Combined> {
  const { signatures, culprits } = await addUp(request, nonces, partials, sums)
  return culprits === undefined ? { signed: assembled(request, signatures), signatures } : { culprits }
}

/** As `combine`, of a request of any kind: the signatures alone. */
export async function addUp(
  request: SharedRequest,
  nonces: ByMember,
  partials: ByMember,
  sums: readonly Uint8Array[],
): Promise<Added> {
  const { sign, keys, sighashes } = request
  const turns = new Turns()
  const sessions: SessionValues[] = []
  for (const [i, { keyset }] of sign.entries()) {
    sessions.push(sessionOf(keys[keyset]!.signingKey, sums[i]!, sighashes[i]!))
    await turns.take()
  }
  const signatures = signaturesOf(sessions, partials)
  let holds = signatures !== undefined
  for (let i = 0; holds && i < sessions.length; i += SLICE) {
    holds = signaturesHold(sessions.slice(i, i + SLICE), signatures!.slice(i, i + SLICE))
    await turns.take()
  }
  if (holds) return { signatures: signatures! }
  const culprits = new Set<number>()
  for (const [m, parts] of partials.entries()) {
    for (const [i, session] of sessions.entries()) {
      await turns.take()
      const { places } = keys[sign[i]!.keyset]!
      try {
        if (culprits.has(m) || partialHolds(session, places[m]!, parts[i]!, nonces[m]![i]!)) continue
      } catch {
        // It is no number that a part can be.
      }
      culprits.add(m)
    }
  }
  return { culprits: [...culprits] }
}

function ofInput(all: ByMember, i: number): Uint8Array[] {
  return all.map((each) => each[i]!)
}

/** Undefined where a part is no number that a part can be. */
function signaturesOf(sessions: readonly SessionValues[], partials: ByMember): Uint8Array[] | undefined {
  try {
    return sessions.map((session, i) => addPartials(session, ofInput(partials, i)))
  } catch {
    return undefined
  }
}

/** Whether these are the signatures that a request asks for: 64 bytes each. */
export function areSignatures({ sign, keys, sighashes }: SharedRequest, signatures: readonly Uint8Array[]): boolean {
  const holds = ({ keyset }: { keyset: number }, i: number) =>
    schnorrVerify(signatures[i]!, sighashes[i]!, keys[keyset]!.publicKey)
  return signatures.length === sign.length && sign.every(holds)
}

/** The transaction with these signatures. */
export function assembled(
  { transaction, spent, sign, keys }: SigningRequest,
  signatures: readonly Uint8Array[],
): SignedTransaction {
  const inputs = transaction.inputs.map((input) => ({ ...input }))
  for (const [i, { input, type, keyset }] of sign.entries()) {
    const item = joined(signatures[i]!, Uint8Array.of(type))
    const isTaproot = readScript(spent[input]!.script)?.kind === 'taproot'
    inputs[input]!.script = isTaproot ? pushesOf(item) : pushesOf(item, keys[keyset]!.publicKey)
  }
  const signed = { ...transaction, inputs }
  return { transaction: encodeTransaction(signed), txid: shownTxid(signed) }
}

/** The id of a transaction as explorers show it: 64 digits. */
export function shownTxid(transaction: Transaction): string {
  return hexOf(txidOf(rootsOf(transaction)).reverse())
}
