import { bytesOfHex, joined } from '../base/bytes.js'
import { decodePeerId, isPeerId } from '../identity/peer-id.js'
import { taggedHash } from '../lotus/hash.js'
import { bytes, int, oneOf, shaped, tuple } from '../message/shape.js'
import type { ResourceAnnouncement } from '../plugins/discovery/resources.js'
import { mineProofOfWork, verifyProofOfWork, type WorkWorker } from '../plugins/proof-of-work/proof-of-work.js'
import { sortedBy, u32, VERSION } from './pool.js'

const HOUR_MS = 3_600_000
/** Seconds that an entry lives without being published anew. */
export const ENTRY_TTL_S = 180
/** Stands where a proof for a relay has the relay's key. */
const PURPOSE = /* @__PURE__ */ (() => taggedHash('lotus-p2p/coinjoin/entry/1'))()

/** What a member has paid for its place: work for one pool, hour and key. */
export interface EntryWork {
  /** Hours since the Unix epoch. */
  readonly hour: number
  /** 8 bytes. */
  readonly nonce: Uint8Array
}

/** Milliseconds for which work counts, from now on. */
export function workMsOf({ hour }: EntryWork, nowMs: number): number {
  return (hour + 2) * HOUR_MS - nowMs
}

/** Type of the resource that says who waits in a pool. */
export function entryType(poolId: string): string {
  return `lotus-coinjoin-${poolId}`
}

/** `data` of an entry: nothing of coins, amounts, addresses or names. */
export function entryData({ hour, nonce }: EntryWork): unknown[] {
  return [VERSION, hour, nonce]
}

const shape = /* @__PURE__ */ (() => tuple(oneOf(VERSION), int(0, 0xffff_ffff), bytes(8)))()

/** What makes work count. */
export interface EntryTerms {
  /** Of peers. */
  network: string
  poolId: string
  nowMs: number
  /** Of work. */
  bits: number
}

/** Finds work for an entry, valid in its hour and in the next. @throws P2PError ABORTED. */
export async function mineEntry(
  { network, poolId, nowMs, bits }: EntryTerms,
  key: Uint8Array,
  worker?: (() => WorkWorker) | undefined,
  signal?: AbortSignal | undefined,
): Promise<EntryWork> {
  const hour = Math.floor(nowMs / HOUR_MS)
  const purpose = purposeOf(key, poolId)
  const { nonce } = await mineProofOfWork({ ...purpose, network, day: hour, bits, worker, signal })
  return { hour, nonce }
}

/** The key of a member, of an entry that counts; undefined for any other. */
export function readEntry(
  { data, creatorPeerId }: ResourceAnnouncement,
  { network, poolId, nowMs, bits }: EntryTerms,
): Uint8Array | undefined {
  const read = shaped(shape, data)
  if (read === undefined) return undefined
  const [, hour, nonce] = read
  const age = Math.floor(nowMs / HOUR_MS) - hour
  if (age < 0 || age > 1) return undefined
  if (!isPeerId(creatorPeerId)) return undefined
  const key = decodePeerId(creatorPeerId)
  return verifyProofOfWork({ ...purposeOf(key, poolId), network, proof: { day: hour, nonce }, bits }) ? key : undefined
}

/** What the work of an entry is done for. */
function purposeOf(key: Uint8Array, poolId: string) {
  return { publicKey: key, responder: PURPOSE, salt: bytesOfHex(poolId) }
}

/** Sorts keys in the order that nobody chooses: it takes in a block's hash. */
export function orderedKeys(poolId: string, epoch: number, blockHash: Uint8Array, keys: readonly Uint8Array[]): Uint8Array[] {
  return sortedBy('lotus-p2p/coinjoin/order/1', joined(bytesOfHex(poolId), u32(epoch), blockHash), keys)
}
