import { equalBytes, hexOf } from '../base/bytes.js'
import { ByteWriter } from '../lotus/byte-writer.js'
import { dustOf, p2pkhScript, readScript } from '../lotus/script.js'
import type { OutputType } from './fields.js'

/** An output of a transaction. */
export interface Outpoint {
  /** 32 bytes, in the order of the chain; people read them backwards. */
  readonly txid: Uint8Array
  readonly index: number
}

/** A coin that its owner can spend alone. */
export interface Coin extends Outpoint {
  readonly sats: bigint
  /** scriptPubKey: P2PKH, or Taproot without a state. */
  readonly script: Uint8Array
  /** 33 bytes: of the key whose hash a P2PKH script has. A Taproot coin needs none: its script has it. */
  readonly publicKey?: Uint8Array
}

/** Bytes of a signed input, by kind. */
export const INPUT_BYTES = [141, 107] as const
/** Bytes of an output, by type. */
export const OUTPUT_BYTES = [34, 45] as const
/** A member's share of the head of a transaction, from three members on. */
const SHARE_BYTES = 4

/** 0 for P2PKH, 1 for Taproot, with the key that signs; undefined for a coin that cannot be mixed. */
export function keyOfCoin({
  script,
  publicKey,
}: Pick<Coin, 'script' | 'publicKey'>): { kind: OutputType; key: Uint8Array } | undefined {
  const read = readScript(script)
  if (read?.kind === 'taproot') return read.state === undefined ? { kind: 1, key: read.publicKey } : undefined
  if (read === undefined || publicKey?.length !== 33) return undefined
  return equalBytes(p2pkhScript(publicKey), script) ? { kind: 0, key: publicKey } : undefined
}

/** Bytes that a member pays for. @param kinds of its coins. */
export function sizeOf(
  kinds: readonly OutputType[],
  outputs: number,
  type: OutputType,
  hasChange: OutputType | undefined,
): number {
  const inputs = kinds.reduce<number>((sum, kind) => sum + INPUT_BYTES[kind], 0)
  return inputs + outputs * OUTPUT_BYTES[type] + (hasChange === undefined ? 0 : OUTPUT_BYTES[hasChange]) + SHARE_BYTES
}

/** Sats for so many bytes. @param rate sats of 1,000 bytes. */
export function feeOf(bytes: number, rate: number): bigint {
  return BigInt(Math.ceil((bytes * rate) / 1_000))
}

/** The type of a change output, 0 or 1; undefined for a script that no change may have. */
export function typeOfScript(script: Uint8Array): OutputType | undefined {
  const read = readScript(script)
  if (read?.kind === 'p2pkh') return 0
  return read?.kind === 'taproot' && read.state === undefined ? 1 : undefined
}

/** The least that an output of a type may pay. */
export function dustOfType(type: OutputType): bigint {
  return dustOf({ sats: 0n, script: new Uint8Array(type === 0 ? 25 : 36).fill(1) })
}

/**
 * Sats that go to the miners at most where there is no change: as much as the dearest change output is worth and costs. More would be change.
 *
 * @param rate sats of 1,000 bytes.
 */
export function maxLossOf(rate: number): bigint {
  return dustOfType(1) + feeOf(OUTPUT_BYTES[1], rate)
}

/** Names a coin in maps and stores. */
export function coinName({ txid, index }: Outpoint): string {
  return hexOf(new ByteWriter().octets(txid).u32(index).take())
}
