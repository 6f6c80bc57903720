import { equalBytes } from '../base/bytes.js'
import { invalid } from './curve.js'
import { sha256d } from './hash.js'
import {
  encodeOutput,
  layerAbove,
  type MerkleRoot,
  NOTHING,
  rootsOf,
  type Transaction,
  type TransactionInput,
  type TransactionOutput,
  txidOf,
} from './transaction.js'

/** What shows that an output is one of a transaction with a known id: everything that the id is a hash of, but the other outputs. */
export interface SpentProof {
  version: number
  inputs: MerkleRoot
  /** Hashes beside the way from the output to the root of all outputs, from below: 32 bytes each. */
  branch: Uint8Array[]
  locktime: number
}

/** An output that is spent. SIGHASH_FORKID commits to no amount but its own: with more inputs than one it needs the proof. */
export interface SpentOutput extends TransactionOutput {
  proof?: SpentProof
}

/** 2^32 outputs. */
export const MAX_BRANCH = 32

/**
 * The output of a transaction, with its proof.
 *
 * @throws P2PError INVALID_TRANSACTION where there is no such output.
 */
export function proveSpent(transaction: Transaction, index: number): SpentOutput {
  const output = transaction.outputs[index]
  if (output === undefined) throw invalid('The transaction has no such output.', { index })
  const { version, inputs, locktime } = rootsOf(transaction)
  const branch: Uint8Array[] = []
  let layer = transaction.outputs.map((each) => sha256d(encodeOutput(each)))
  for (let at = index; layer.length > 1; at >>= 1) {
    branch.push(layer[at ^ 1] ?? NOTHING)
    layer = layerAbove(layer)
  }
  return { ...output, proof: { version, inputs, branch, locktime } }
}

/** Whether the proof shows that the input spends this output, with this amount. */
export function provesSpent({ txid, index }: TransactionInput, output: TransactionOutput, proof: SpentProof): boolean {
  const { version, inputs, branch, locktime } = proof
  let root = sha256d(encodeOutput(output))
  let at = index
  for (const beside of branch) {
    root = (at & 1) === 0 ? sha256d(root, beside) : sha256d(beside, root)
    at >>>= 1
  }
  const outputs = { root, height: branch.length + 1 }
  return at === 0 && equalBytes(txidOf({ version, inputs, outputs, locktime }), txid)
}
