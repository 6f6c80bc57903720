import { compareBytes, equalBytes, hexOf, joined } from '../base/bytes.js'
import { ByteWriter } from '../lotus/byte-writer.js'
import { taggedHash } from '../lotus/hash.js'
import { encode } from '../message/codec.js'
import { mixFailed } from './errors.js'
import type { OutputType } from './fields.js'

/** Version of pools, entries and messages. */
export const VERSION = 1
/** The least that is relayed, and the most that anybody should pay: sats of 1,000 bytes. */
export const MIN_RATE = 1_000
export const MAX_RATE = 10_000
/** Sats of 0.1, 1, 10 and 100 XPI: others are lonely. */
export const DENOMINATIONS: readonly bigint[] = /* @__PURE__ */ [100_000n, 1_000_000n, 10_000_000n, 100_000_000n]
const MAX_DENOMINATION = 10n ** 15n

/** What all members of a round have in common. */
export interface MixPool {
  /** Sats of each mixed output. */
  readonly denomination: bigint
  readonly outputType: OutputType
  /** Sats of 1,000 bytes; 1,000 to 10,000. */
  readonly rate: number
}

/**
 * Names a pool: 32 digits of hex.
 *
 * @param network name of the network of peers.
 * @throws P2PError MIX_FAILED, INVALID_PLAN, for what is no pool.
 */
export function poolIdOf(network: string, { denomination, outputType, rate }: MixPool): string {
  const isPool =
    typeof denomination === 'bigint' &&
    denomination >= DENOMINATIONS[0]! &&
    denomination <= MAX_DENOMINATION &&
    (outputType === 0 || outputType === 1) &&
    Number.isSafeInteger(rate) &&
    rate >= MIN_RATE &&
    rate <= MAX_RATE
  if (!isPool)
    throw mixFailed(
      'INVALID_PLAN',
      'A pool has a denomination of at least 0.1 XPI, an output type, and a rate of 1,000 to 10,000.',
    )
  const pool = encode([VERSION, network, Number(denomination), outputType, rate])
  return hexOf(taggedHash('lotus-p2p/coinjoin/pool/1', pool).subarray(0, 16))
}

/**
 * Names one attempt of a round: 32 bytes.
 *
 * @param attempt from 1.
 * @param places of the members that take part, among those of the roster; ascending.
 */
export function attemptIdOf(rosterHash: Uint8Array, attempt: number, places: readonly number[]): Uint8Array {
  return taggedHash('lotus-p2p/coinjoin/attempt/1', joined(rosterHash, u32(attempt)), encode(places))
}

/** Place of a key among others; −1 where it is none of them. */
export function placeOf(keys: readonly Uint8Array[], key: Uint8Array): number {
  return keys.findIndex((each) => equalBytes(each, key))
}

/** Each once, in order. */
export function ascending(places: Iterable<number>): number[] {
  return [...new Set(places)].sort((a, b) => a - b)
}

/** Keys by their tagged hashes. @param drawn what nobody chooses. */
export function sortedBy(tag: string, drawn: Uint8Array, keys: readonly Uint8Array[]): Uint8Array[] {
  return keys
    .map((key) => ({ key, rank: taggedHash(tag, drawn, key) }))
    .sort((a, b) => compareBytes(a.rank, b.rank))
    .map(({ key }) => key)
}

/** Little-endian, as the chain has its integers. */
export function u32(value: number): Uint8Array {
  return new ByteWriter().u32(value).take()
}
