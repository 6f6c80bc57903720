import type { SpentOutput } from '../lotus/spent.js'
import type { Coin, Outpoint } from './coins.js'
import type { OutputType } from './fields.js'
import type { MixPlan } from './plan.js'

/** What the chain says of a coin. */
export interface CoinState {
  sats: bigint
  script: Uint8Array
  /** Blocks that hold it and what follows: 0 in the mempool. */
  confirmations: number
}

/** What becomes of fresh scripts: they may be used again, never again, or are perhaps paid to. */
export type ScriptFate = 'released' | 'burned' | 'pending'

export interface ProveOwnershipInput {
  coin: Coin
  /** 32 bytes. */
  rosterHash: Uint8Array
  /** Ed25519 key of this round, 32 bytes. */
  member: Uint8Array
}

export interface SignInputsInput {
  /** Not signed. */
  transaction: Uint8Array
  /** By input. */
  spent: SpentOutput[]
  /** Which inputs are ours. */
  inputs: number[]
  plan: MixPlan
  /** Our own mixed scripts. */
  mixed: Uint8Array[]
  /** Our own change script. */
  change?: Uint8Array
}

/** Where coins and keys are; it may live in a worker. Arguments and results survive a structured clone. */
export interface MixWallet {
  /** An output that is not spent; undefined for any other. */
  lookup(outpoint: Outpoint): Promise<CoinState | undefined>
  /** Scripts that nobody has seen yet. */
  freshScripts(kind: 'mixed' | 'change', type: OutputType, count: number): Promise<Uint8Array[]>
  /** Signs `ownershipHash` with the coin's key: 64 bytes. */
  proveOwnership(input: ProveOwnershipInput): Promise<Uint8Array>
  /** Signs our inputs, after it has looked at the transaction itself: 64 bytes each. */
  signInputs(input: SignInputsInput): Promise<Uint8Array[]>
  /** Sends a transaction, and resolves to its id. Rejects where the network does not take it. */
  broadcast(transaction: Uint8Array): Promise<string>
  /** Height of the last block. */
  tip(): Promise<number>
  /** Hash of the block at a height: 32 bytes. */
  blockHash(height: number): Promise<Uint8Array>
  /** Told of each fresh script what became of it. */
  onScripts?(scripts: Uint8Array[], fate: ScriptFate): void
}
