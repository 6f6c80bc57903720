import { compareBytes, isBytes } from '../base/bytes.js'
import { ownershipHash } from '../lotus/ownership.js'
import { p2pkhScript, taprootScript } from '../lotus/script.js'
import { sumOf, type TransactionOutput } from '../lotus/transaction.js'
import { schnorrVerify } from '../lotus/verify-schnorr.js'
import { array, bytes, custom, int, oneOf, shaped, tuple, union } from '../message/shape.js'
import { type Coin, coinName, DUST, feeOf, maxLossOf, sizeOf, typeOfScript } from './coins.js'
import type { OutputType } from './fields.js'
import { decodePadded, encodePadded } from './padded.js'
import type { Steps } from './polynomials.js'
import { ascending, type MixPool } from './pool.js'

/** Bytes of a `register` item. */
const REGISTER_BYTES = 4_096
export const MAX_COINS = 16
/** Mixed outputs of one member, and of all. */
export const MAX_OUTPUTS = 4
const MAX_ALL_OUTPUTS = 100
/** A standard transaction has 100,000 bytes at most. */
const ALL_BYTES = 99_000

/** A coin as its owner registers it. */
export interface RegisteredCoin extends Coin {
  /** 0: P2PKH; 1: Taproot. */
  readonly kind: OutputType
  /** 33 bytes: the key that signs. */
  readonly publicKey: Uint8Array
  /** Schnorr signature of `ownershipHash`: 64 bytes. */
  readonly proof: Uint8Array
}

/** What a member brings, and gets. */
export interface Registration {
  readonly coins: readonly RegisteredCoin[]
  /** Mixed outputs. */
  readonly outputs: number
  readonly change: TransactionOutput | undefined
}

/** What a registration is held against. */
export interface RegistrationTerms {
  readonly pool: MixPool
  /** 32 bytes. */
  readonly rosterHash: Uint8Array
  /** Members of the first roster. */
  readonly rosterSize: number
}

const shape = /* @__PURE__ */ (() => {
  const sats = int(0, Number.MAX_SAFE_INTEGER)
  const index = int(0, 0xffff_ffff)
  const script = custom<Uint8Array>((value) => bytes()(value) === value && typeOfScript(value as Uint8Array) !== undefined)
  return tuple(
    array(tuple(bytes(32), index, sats, oneOf(0, 1), bytes(33), bytes(64)), MAX_COINS, 1),
    int(1, MAX_OUTPUTS),
    union(oneOf(null), tuple(sats, script)),
  )
})()

/** The `register` item: 4,096 bytes, whatever is in it. */
export function encodeRegistration({ coins, outputs, change }: Registration): Uint8Array {
  const rows = coins.map(({ txid, index, sats, kind, publicKey, proof }) => [txid, index, Number(sats), kind, publicKey, proof])
  return encodePadded([rows, outputs, change === undefined ? null : [Number(change.sats), change.script]], REGISTER_BYTES)
}

/** Reads a `register` item without believing it; undefined for what has another form. */
export function readRegistration(value: Uint8Array): Registration | undefined {
  const read = shaped(shape, decodePadded(value, REGISTER_BYTES))
  if (read === undefined) return undefined
  const [rows, outputs, change] = read
  const coins = rows.map(([txid, index, sats, kind, publicKey, proof]): RegisteredCoin => {
    const script = kind === 0 ? p2pkhScript(publicKey) : taprootScript(publicKey)
    return { txid, index, sats: BigInt(sats), kind, publicKey, proof, script }
  })
  return { coins, outputs, change: change === null ? undefined : { sats: BigInt(change[0]), script: change[1] } }
}

/** Mixed outputs that one member may have in a round that began with so many members. */
export function maxOutputsOf(rosterSize: number): number {
  return Math.min(MAX_OUTPUTS, Math.floor(MAX_ALL_OUTPUTS / rosterSize))
}

/** Bytes that one member may take in a round that began with so many members. */
export function maxBytesOf(rosterSize: number): number {
  return Math.floor(ALL_BYTES / rosterSize)
}

/** Whether the sums of a registration are right: all members pay the same for the same, and nobody is paid by others. */
export function isBalanced({ coins, outputs, change }: Registration, { pool, rosterSize }: RegistrationTerms): boolean {
  const { denomination, outputType, rate } = pool
  const changeType = change && typeOfScript(change.script)
  const kinds = coins.map(({ kind }) => kind)
  const size = sizeOf(kinds, outputs, outputType, changeType)
  if (outputs > maxOutputsOf(rosterSize) || size > maxBytesOf(rosterSize)) return false
  const rest = sumOf(coins) - BigInt(outputs) * denomination - feeOf(size, rate)
  if (change === undefined) return rest >= 0n && rest < maxLossOf(rate)
  return rest === change.sats && change.sats >= DUST[changeType!] && change.sats !== denomination
}

/** Whether the proof of a coin holds, in one roster and by one member. */
export function isOwned(coin: RegisteredCoin, rosterHash: Uint8Array, member: Uint8Array): boolean {
  return isBytes(coin.proof) && schnorrVerify(coin.proof, ownershipHash(rosterHash, member, coin), coin.publicKey)
}

/** What came of the registrations of all. */
export interface Registered {
  /** By place; undefined where it is no good. */
  readonly registrations: readonly (Registration | undefined)[]
  /** Places of those that no honest member would send. */
  readonly guilty: readonly number[]
  /** By place, the coins whose proof holds: no others may be held against their owner. */
  readonly proven: readonly (readonly RegisteredCoin[])[]
}

/**
 * Judges what all members have registered. Proofs come before duplicates: who names a stranger's coin without its key harms only itself.
 *
 * @param items of all members, by place.
 * @param members their keys, by place.
 */
export function* judgeRegistrations(
  terms: RegistrationTerms,
  members: readonly Uint8Array[],
  items: readonly Uint8Array[],
): Steps<Registered> {
  const guilty = new Set<number>()
  const proven: RegisteredCoin[][] = []
  const registrations = items.map(readRegistration)
  const owners = new Map<string, number>()
  for (const [place, registration] of registrations.entries()) {
    proven.push([])
    if (registration === undefined || !isBalanced(registration, terms)) guilty.add(place)
    for (const coin of registration?.coins ?? []) {
      yield
      if (!isOwned(coin, terms.rosterHash, members[place]!)) {
        guilty.add(place)
        continue
      }
      proven[place]!.push(coin)
      const name = coinName(coin)
      const other = owners.get(name)
      if (other !== undefined) guilty.add(place).add(other)
      owners.set(name, place)
    }
  }
  return {
    registrations: registrations.map((each, place) => (guilty.has(place) ? undefined : each)),
    guilty: ascending(guilty),
    proven,
  }
}

/** The coins in the order in which a transaction has them: by txid as people read it, then by index. */
export function compareOutpoints(a: Coin, b: Coin): number {
  return compareBytes(a.txid.slice().reverse(), b.txid.slice().reverse()) || a.index - b.index
}
