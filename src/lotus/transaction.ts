import { ByteWriter } from './byte-writer.js'
import { invalid } from './curve.js'
import { sha256d } from './hash.js'

export interface TransactionInput {
  /** The transaction that is spent from: 32 bytes, in the order of the chain; people read them backwards. */
  txid: Uint8Array
  /** Which of its outputs. */
  index: number
  /** scriptSig; empty before it is signed. */
  script: Uint8Array
  sequence: number
}

export interface TransactionOutput {
  /** 1 XPI is 1,000,000 sats. */
  sats: bigint
  /** scriptPubKey. */
  script: Uint8Array
}

/** A Lotus transaction: encoded as Bitcoin's, with another id. */
export interface Transaction {
  version: number
  inputs: TransactionInput[]
  outputs: TransactionOutput[]
  locktime: number
}

/** A standard transaction has no more (lotusd, `MAX_STANDARD_TX_SIZE`). */
export const MAX_TRANSACTION_BYTES = 100_000
/** All there can ever be, and a little more: a sum never leaves 64 bits. */
const MAX_SATS = 2n ** 53n
const TXID_BYTES = 32
/** Stands where a layer has no more hashes. */
export const NOTHING = /* @__PURE__ */ new Uint8Array(32)
/** Bytes of the shortest input and output: no count is believed beyond what can follow. */
const MIN_INPUT_BYTES = 41
const MIN_OUTPUT_BYTES = 9

/**
 * Reads a transaction.
 *
 * @param bytes at most 100,000.
 * @throws P2PError INVALID_TRANSACTION for anything but one transaction in its one encoding.
 */
export function decodeTransaction(bytes: Uint8Array): Transaction {
  if (bytes.length > MAX_TRANSACTION_BYTES) throw invalid(`A transaction has at most ${MAX_TRANSACTION_BYTES} bytes.`)
  let at = 0
  const need = (count: number) => {
    if (at + count > bytes.length) throw invalid('The transaction is cut.')
    at += count
    return at - count
  }
  const u8 = () => bytes[need(1)]!
  const u32 = () => {
    const from = need(4)
    return (bytes[from]! | (bytes[from + 1]! << 8) | (bytes[from + 2]! << 16) | (bytes[from + 3]! << 24)) >>> 0
  }
  const raw = (count: number) => {
    const from = need(count)
    return bytes.slice(from, at)
  }
  const size = (): number => {
    const head = u8()
    if (head < 0xfd) return head
    if (head === 0xff) throw invalid('The transaction is cut.')
    const value = head === 0xfd ? u8() | (u8() << 8) : u32()
    if (value < (head === 0xfd ? 0xfd : 0x10000)) throw invalid('The transaction has a length in another form than the shortest.')
    return value
  }
  const count = (each: number): number => {
    const many = size()
    if (many * each > bytes.length - at) throw invalid('The transaction is cut.')
    return many
  }
  const version = u32() | 0
  const inputs = Array.from({ length: count(MIN_INPUT_BYTES) }, () => {
    const txid = raw(TXID_BYTES)
    const index = u32()
    const script = raw(size())
    return { txid, index, script, sequence: u32() }
  })
  const outputs = Array.from({ length: count(MIN_OUTPUT_BYTES) }, () => {
    const sats = BigInt(u32()) + (BigInt(u32()) << 32n)
    if (sats > MAX_SATS) throw invalid('The transaction pays more than there is.')
    return { sats, script: raw(size()) }
  })
  const locktime = u32()
  if (at !== bytes.length) throw invalid('Bytes follow the transaction.')
  return { version, inputs, outputs, locktime }
}

/** The one encoding of a transaction. */
export function encodeTransaction({ version, inputs, outputs, locktime }: Transaction): Uint8Array {
  const writer = new ByteWriter().u32(version).size(inputs.length)
  for (const input of inputs) writeOutpoint(writer, input).sized(input.script).u32(input.sequence)
  writer.size(outputs.length)
  for (const output of outputs) writeOutput(writer, output)
  return writer.u32(locktime).take()
}

/** The hash of inputs or outputs, and the number of its layers. */
export interface MerkleRoot {
  /** 32 bytes. */
  readonly root: Uint8Array
  /** 1 of a single leaf. */
  readonly height: number
}

/**
 * Lotus's tree: an odd layer is filled up with 32 zero bytes (lotusd, `ComputeMerkleRoot`). Of no leaves it is zero, with no layer.
 *
 * @param leaves 32 bytes each.
 */
export function merkleRootOf(leaves: readonly Uint8Array[]): MerkleRoot {
  if (leaves.length === 0) return { root: NOTHING, height: 0 }
  let layer = leaves
  let height = 1
  while (layer.length > 1) {
    layer = layerAbove(layer)
    height++
  }
  return { root: layer[0]!, height }
}

/** The layer above this one, of half as many hashes. */
export function layerAbove(layer: readonly Uint8Array[]): Uint8Array[] {
  return Array.from({ length: Math.ceil(layer.length / 2) }, (_, i) => sha256d(layer[2 * i]!, layer[2 * i + 1] ?? NOTHING))
}

/** Of outpoints and sequences: scripts are not in it, so that no signature changes it. */
export function rootOfInputs(inputs: readonly TransactionInput[]): MerkleRoot {
  return merkleRootOf(inputs.map((input) => sha256d(writeOutpoint(new ByteWriter(), input).u32(input.sequence).take())))
}

export function rootOfOutputs(outputs: readonly TransactionOutput[]): MerkleRoot {
  return merkleRootOf(outputs.map((output) => sha256d(encodeOutput(output))))
}

/** What the id of a transaction is the hash of, its own form aside. */
export interface TransactionRoots {
  version: number
  inputs: MerkleRoot
  outputs: MerkleRoot
  locktime: number
}

/**
 * The id of a transaction: 32 bytes, in the order of the chain. It stays as it is when inputs are signed.
 *
 * @example
 * hexOf(txidOf(rootsOf(transaction)).reverse()) // as explorers show it
 */
export function txidOf({ version, inputs, outputs, locktime }: TransactionRoots): Uint8Array {
  const writer = new ByteWriter().u32(version).octets(inputs.root).u8(inputs.height)
  return sha256d(writer.octets(outputs.root).u8(outputs.height).u32(locktime).take())
}

export function rootsOf({ version, inputs, outputs, locktime }: Transaction): TransactionRoots {
  return { version, inputs: rootOfInputs(inputs), outputs: rootOfOutputs(outputs), locktime }
}

export function writeOutpoint(writer: ByteWriter, { txid, index }: TransactionInput): ByteWriter {
  return writer.octets(txid).u32(index)
}

export function encodeOutput(output: TransactionOutput): Uint8Array {
  return writeOutput(new ByteWriter(), output).take()
}

function writeOutput(writer: ByteWriter, { sats, script }: TransactionOutput): ByteWriter {
  return writer.u64(sats).sized(script)
}

/** All of them together. */
export function sumOf(outputs: readonly TransactionOutput[]): bigint {
  return outputs.reduce((sum, { sats }) => sum + sats, 0n)
}
