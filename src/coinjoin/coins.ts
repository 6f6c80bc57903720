import { equalBytes, hexOf } from '../base/bytes.js'
import { ByteWriter } from '../lotus/byte-writer.js'
import { p2pkhScript } from '../lotus/script.js'
import { messageOf, type OutputType, P2PKH, TAPROOT } from './fields.js'

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
/** Sats that an output of a type pays at least: what `dustOf` says of it. */
export const DUST = [546n, 579n] as const
/** A member's share of the head of a transaction, from three members on. */
const SHARE_BYTES = 4

/** 0 for P2PKH, 1 for Taproot, with the key that signs; undefined for a coin that cannot be mixed. */
export function keyOfCoin({
  script,
  publicKey,
}: Pick<Coin, 'script' | 'publicKey'>): { kind: OutputType; key: Uint8Array } | undefined {
  const key = messageOf(TAPROOT, script)
  if (key !== undefined) return { kind: TAPROOT, key }
  const isOwn = publicKey?.length === 33 && equalBytes(p2pkhScript(publicKey), script)
  return isOwn ? { kind: P2PKH, key: publicKey } : undefined
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
  return ([P2PKH, TAPROOT] as const).find((type) => messageOf(type, script) !== undefined)
}

/**
 * Sats that go to the miners at most where there is no change: as much as the dearest change output is worth and costs. More would be change.
 *
 * @param rate sats of 1,000 bytes.
 */
export function maxLossOf(rate: number): bigint {
  return DUST[TAPROOT] + feeOf(OUTPUT_BYTES[1], rate)
}

/** Names a coin in maps and stores. */
export function coinName({ txid, index }: Outpoint): string {
  return hexOf(new ByteWriter().octets(txid).u32(index).take())
}
