import { compareBytes, joined } from '../base/bytes.js'
import { pushesOf } from '../lotus/script.js'
import { SIGHASH_FORKID, SIGHASH_LOTUS, type SighashType, sighashesOf } from '../lotus/sighash.js'
import { encodeTransaction, rootsOf, type Transaction, type TransactionOutput, txidOf } from '../lotus/transaction.js'
import { schnorrVerify } from '../lotus/verify-schnorr.js'
import type { OutputType } from './fields.js'
import { scriptOf } from './fields.js'
import type { MixPool } from './pool.js'
import { compareOutpoints, type RegisteredCoin, type Registration } from './registration.js'

/** The transaction of an attempt: a function of what all members have agreed on. */
export interface MixTransaction {
  /** Not signed: no input has a script. */
  readonly transaction: Transaction
  /** By input. */
  readonly coins: readonly RegisteredCoin[]
  /** By input: the place of the member whose coin it spends. */
  readonly owners: readonly number[]
  /** 32 bytes, in the order of the chain; signatures do not change it. */
  readonly txid: Uint8Array
  /** What is signed for an input: 32 bytes. */
  readonly sighash: (input: number) => Uint8Array
}

/**
 * @param registrations by place.
 * @param messages of all mixed outputs, in any order.
 */
export function mixTransactionOf(
  pool: MixPool,
  registrations: readonly Registration[],
  messages: readonly Uint8Array[],
): MixTransaction {
  const inputs = registrations
    .flatMap(({ coins }, owner) => coins.map((coin) => ({ coin, owner })))
    .sort((a, b) => compareOutpoints(a.coin, b.coin))
  const outputs: TransactionOutput[] = [
    ...messages.map((message) => ({ sats: pool.denomination, script: scriptOf(pool.outputType, message) })),
    ...registrations.flatMap(({ change }) => change ?? []),
  ].sort((a, b) => (a.sats < b.sats ? -1 : a.sats > b.sats ? 1 : compareBytes(a.script, b.script)))
  const transaction: Transaction = {
    version: 2,
    inputs: inputs.map(({ coin: { txid, index } }) => ({ txid, index, script: new Uint8Array(0), sequence: 0xffff_ffff })),
    outputs,
    locktime: 0,
  }
  const coins = inputs.map(({ coin }) => coin)
  const sighash = sighashesOf(transaction, coins)
  return {
    transaction,
    coins,
    owners: inputs.map(({ owner }) => owner),
    txid: txidOf(rootsOf(transaction)),
    sighash: (input) => sighash(input, sighashTypeOf(coins[input]!.kind)),
  }
}

/** Which inputs are a member's. */
export function inputsOf({ owners }: MixTransaction, place: number): number[] {
  return owners.flatMap((owner, input) => (owner === place ? [input] : []))
}

/** How inputs of a kind are signed: P2PKH with 0x41, Taproot with 0x61. */
export function sighashTypeOf(kind: OutputType): SighashType {
  return kind === 0 ? SIGHASH_FORKID : SIGHASH_LOTUS
}

/** Whether a signature of an input holds. */
export function isSigned({ coins, sighash }: MixTransaction, input: number, signature: Uint8Array): boolean {
  const coin = coins[input]
  if (coin === undefined) return false
  return schnorrVerify(signature, sighash(input), coin.publicKey)
}

/** The signed transaction, as it is broadcast. @param signatures of all inputs: 64 bytes each. */
export function signedTransaction({ transaction, coins }: MixTransaction, signatures: readonly Uint8Array[]): Uint8Array {
  const inputs = transaction.inputs.map((input, i) => {
    const { kind, publicKey } = coins[i]!
    const signature = joined(signatures[i]!, Uint8Array.of(sighashTypeOf(kind)))
    return { ...input, script: kind === 0 ? pushesOf(signature, publicKey) : pushesOf(signature) }
  })
  return encodeTransaction({ ...transaction, inputs })
}
