import { sha256 } from '../base/sha256.js'
import { ByteWriter } from './byte-writer.js'
import { invalid } from './curve.js'
import { sha256d } from './hash.js'
import { readScript } from './script.js'
import {
  encodeOutput,
  rootOfInputs,
  rootOfOutputs,
  sumOf,
  type Transaction,
  type TransactionOutput,
  writeOutpoint,
} from './transaction.js'

/** SIGHASH_ALL | SIGHASH_FORKID, as BIP143 with fork value 0. It commits to the amount of its own input alone. */
export const SIGHASH_FORKID = 0x41
/** SIGHASH_ALL | SIGHASH_LOTUS: it commits to every output that is spent. Taproot demands it. */
export const SIGHASH_LOTUS = 0x61

export type SighashType = typeof SIGHASH_FORKID | typeof SIGHASH_LOTUS

/** Where a script is executed: the last OP_CODESEPARATOR passed, and its SHA-256. */
export interface ExecutedScript {
  /** 2^32 − 1 for none. */
  codeSeparator: number
  /** 32 bytes. */
  hash: Uint8Array
}

const NO_CODE_SEPARATOR = 0xffffffff
const ANYONE_CAN_PAY = 0x80
const BASE_TYPE = 0x03
const ALL = 1
const SINGLE = 3
/** Bits that have no meaning. */
const UNDEFINED_BITS = 0x1c

/** Does each piece of work, by its name, once. */
type Once = <T>(name: string, work: () => T) => T

function onceEach(): Once {
  const known = new Map<string, unknown>()
  return <T>(name: string, work: () => T) => {
    if (!known.has(name)) known.set(name, work())
    return known.get(name) as T
  }
}

/**
 * As `sighashOf`, for several inputs of one transaction: what their hashes have in common is worked out once. Nothing of it may change
 * meanwhile.
 */
export function sighashesOf(
  transaction: Transaction,
  spent: readonly TransactionOutput[],
): (index: number, type: SighashType) => Uint8Array {
  const once = onceEach()
  return (index, type) => sighash(transaction, index, spent, type, once)
}

/**
 * What is signed for one input: 32 bytes.
 *
 * @param index of the input.
 * @param spent the output that each input spends, in their order. For 0x41 the amounts of others are not read.
 * @throws P2PError INVALID_TRANSACTION where an output is missing, or its script is neither P2PKH nor Taproot, or Taproot and not 0x61.
 */
export function sighashOf(
  transaction: Transaction,
  index: number,
  spent: readonly TransactionOutput[],
  type: SighashType,
): Uint8Array {
  return sighashesOf(transaction, spent)(index, type)
}

function sighash(
  transaction: Transaction,
  index: number,
  spent: readonly TransactionOutput[],
  type: SighashType,
  once: Once,
): Uint8Array {
  const output = spentBy(transaction, index, spent)
  const script = readScript(output.script)
  if (script === undefined) throw invalid('Only outputs of P2PKH and Taproot are signed for.', { index })
  if (type === SIGHASH_LOTUS) {
    // A plain script commits to itself, the key path of Taproot has none (lotusd, `ScriptExecutionData`).
    const executed = script.kind === 'p2pkh' ? { codeSeparator: NO_CODE_SEPARATOR, hash: sha256(output.script) } : undefined
    return sha256d(lotusPreimage(transaction, index, spent, type, executed, once))
  }
  if (type !== SIGHASH_FORKID || script.kind === 'taproot')
    throw invalid('Taproot is signed with 0x61, P2PKH with 0x41 or 0x61.', { index })
  return sha256d(forkIdPreimage(transaction, index, output, once))
}

function spentBy(transaction: Transaction, index: number, spent: readonly TransactionOutput[]): TransactionOutput {
  const output = spent[index]
  if (spent.length !== transaction.inputs.length || output === undefined) {
    throw invalid('Give the output that each input spends, in their order.', { index })
  }
  return output
}

/** BIP143 with SIGHASH_ALL and fork value 0. */
function forkIdPreimage(transaction: Transaction, index: number, { sats, script }: TransactionOutput, once: Once): Uint8Array {
  const { version, inputs, outputs, locktime } = transaction
  const own = inputs[index]!
  const [before, after] = once('forkId', () => {
    const outpoints = new ByteWriter()
    const sequences = new ByteWriter()
    for (const input of inputs) {
      writeOutpoint(outpoints, input)
      sequences.u32(input.sequence)
    }
    const all = new ByteWriter()
    for (const output of outputs) all.octets(encodeOutput(output))
    const head = new ByteWriter().u32(version).octets(sha256d(outpoints.take())).octets(sha256d(sequences.take()))
    return [head.take(), sha256d(all.take())] as const
  })
  const writer = writeOutpoint(new ByteWriter().octets(before), own).sized(script).u64(sats).u32(own.sequence)
  return writer.octets(after).u32(locktime).u32(SIGHASH_FORKID).take()
}

/**
 * What SIGHASH_LOTUS hashes (lotusd, `SignatureHashLotus`), for every type that has its bits.
 *
 * @param executed undefined for the key path of Taproot.
 * @throws P2PError INVALID_TRANSACTION for undefined types, and for a SINGLE without its output.
 */
export function lotusPreimage(
  transaction: Transaction,
  index: number,
  spent: readonly TransactionOutput[],
  type: number,
  executed: ExecutedScript | undefined,
  once: Once = onceEach(),
): Uint8Array {
  const { version, inputs, outputs, locktime } = transaction
  const output = spentBy(transaction, index, spent)
  const base = type & BASE_TYPE
  const hasAllInputs = (type & ANYONE_CAN_PAY) === 0
  if ((type & SIGHASH_LOTUS & ~ALL) !== (SIGHASH_LOTUS & ~ALL) || base === 0 || (type & UNDEFINED_BITS) !== 0) {
    throw invalid('The type of the signature is undefined.')
  }
  if (base === SINGLE && index >= outputs.length) throw invalid('The input has no output of its place.', { index })
  const { sequence } = inputs[index]!
  const own = writeOutpoint(new ByteWriter().u8(executed === undefined ? 0 : 2), inputs[index]!)
    .u32(sequence)
    .octets(encodeOutput(output))
  const writer = new ByteWriter().u32(type).octets(sha256d(own.take()))
  if (executed !== undefined) writer.u32(executed.codeSeparator).octets(executed.hash)
  if (hasAllInputs) {
    const { root } = once('spent', () => rootOfOutputs(spent))
    writer
      .u32(index)
      .octets(root)
      .u64(once('paid', () => sumOf(spent)))
  }
  if (base === ALL) writer.u64(once('pays', () => sumOf(outputs)))
  writer.u32(version)
  if (hasAllInputs) {
    const { root, height } = once('inputs', () => rootOfInputs(inputs))
    writer.octets(root).u8(height)
  }
  if (base === SINGLE) writer.octets(sha256d(encodeOutput(outputs[index]!)))
  if (base === ALL) {
    const { root, height } = once('outputs', () => rootOfOutputs(outputs))
    writer.octets(root).u8(height)
  }
  return writer.u32(locktime).take()
}
