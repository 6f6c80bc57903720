import { equalBytes, hexOf } from '../base/bytes.js'
import { encodePeerId } from '../identity/peer-id.js'
import { sumOf } from '../lotus/transaction.js'
import { paysTo } from './keyset.js'
import type { SharedContent, SigningRequest } from './request.js'

/** What a person has to know before a signature. Everything but `purpose` is read from the transaction. */
export interface RequestSummary {
  /** 32 digits. */
  id: string
  inputs: { sats: bigint; script: Uint8Array /** Signed together. */; isSigned: boolean }[]
  outputs: {
    sats: bigint
    script: Uint8Array /** Paid back to a keyset of the request, or to a script of the wallet's. */
    isOurs: boolean
  }[]
  /** Sats. */
  fee: bigint
  /** Sats that leave, the fee aside. */
  sendsSats: bigint
  /** Sats that it costs those that sign here: what their inputs are worth, less what comes back. Of a mix, whose other outputs are others' money, look at this. */
  costsSats: bigint
  /** Peer ids and wallet keys of all that have to sign. */
  members: { peerId: string; walletKey: Uint8Array }[]
  /** The initiator's words: not to be believed. */
  purpose: string
  /** Milliseconds since the Unix epoch. */
  expiresAt: number
  /** What a person should look at twice. */
  warnings: SummaryWarning[]
}

export type SummaryWarning =
  /** More than 5 % of what is sent, and more than 10,000 sats. */
  | 'HIGH_FEE'
  /** Inputs are not signed here: others' money, or signed elsewhere. */
  | 'FOREIGN_INPUTS'
  /** The transaction is not valid before its locktime. */
  | 'LOCKED'

const HIGH_FEE_SATS = 10_000n
const HIGH_FEE_PART = 20n
const FINAL_SEQUENCE = 0xffffffff

/** @param ownScripts scripts that the wallet knows as its own, beside those of the keysets. */
export function summaryOf(request: SigningRequest, ownScripts: readonly Uint8Array[] = []): RequestSummary {
  const { id, transaction, spent, sign, keys, members, purpose, expiresAt } = request
  const signed = new Set(sign.map(({ input }) => input))
  const isOurs = (script: Uint8Array) =>
    keys.some((key) => paysTo(script, key)) || ownScripts.some((own) => equalBytes(own, script))
  const outputs = transaction.outputs.map(({ sats, script }) => ({ sats, script, isOurs: isOurs(script) }))
  const fee = sumOf(spent) - sumOf(outputs)
  const sendsSats = sumOf(outputs.filter((output) => !output.isOurs))
  const spends = sumOf(spent.filter((_, i) => signed.has(i)))
  const costsSats = spends - sumOf(outputs.filter((output) => output.isOurs))
  const warnings: SummaryWarning[] = []
  if (fee > HIGH_FEE_SATS && fee > sendsSats / HIGH_FEE_PART) warnings.push('HIGH_FEE')
  if (signed.size < spent.length) warnings.push('FOREIGN_INPUTS')
  if (transaction.locktime > 0 && transaction.inputs.some(({ sequence }) => sequence !== FINAL_SEQUENCE)) warnings.push('LOCKED')
  return {
    id: hexOf(id),
    inputs: spent.map(({ sats, script }, i) => ({ sats, script, isSigned: signed.has(i) })),
    outputs,
    fee,
    sendsSats,
    costsSats,
    members: peersOf(members),
    purpose,
    expiresAt,
    warnings,
  }
}

/** Members with the ids by which they are found. */
export function peersOf(members: SharedContent['members']): RequestSummary['members'] {
  return members.map(({ networkKey, walletKey }) => ({ peerId: encodePeerId(networkKey), walletKey }))
}
