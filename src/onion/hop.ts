import { addressGroup } from '../address/address-group.js'
import { operatorOf } from '../address/operator.js'
import { EPOCH_S, type HopRecord } from './messages.js'

/** A hop of the directory, and since when it is known. */
export interface Hop {
  /** Its `lp1…` id. */
  readonly id: string
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array
  record: HopRecord
  /** When it was first told, milliseconds since the Unix epoch; 0: all directories told it to a wallet that knew none. */
  firstSeenAt: number
  /** When a directory told it last, milliseconds since the Unix epoch. */
  toldAt: number
  /** Directories that told it when they were last asked. */
  tellers: number
  /** One bit for each time that the directory was asked, the last one lowest: whether the hop was told. */
  history: number
}

/** What the choice of a path needs to know of a hop. */
export type GroupOf = (hop: { peerId: string; address: string; operator: string | undefined }) => string

/**
 * Who runs a hop, as far as its address tells. The operator that a hop claims counts in `mayFollow` alone: whoever claims somebody else's
 * name would otherwise take a share of that operator's draws.
 */
export function defaultGroupOf({ peerId, address }: { peerId: string; address: string }): string {
  return operatorOf(address) ?? peerId
}

/** The X25519 key of a hop for an epoch, 32 bytes; undefined where it has told none. */
export function keyIn({ record }: Pick<Hop, 'record'>, epoch: number): Uint8Array | undefined {
  return record.keys.find(([of]) => of === epoch)?.[1]
}

/** The key that a packet to this hop is made with at a time: of the epoch that it is. */
export function keyAt(hop: Hop, nowMs: number): Uint8Array | undefined {
  return keyIn(hop, Math.floor(nowMs / 1_000 / EPOCH_S))
}

/** Whether two hops must not stand in one path: they have one operator, one group of addresses, or name each other as family. */
export function areRelated(a: Hop, b: Hop, groupOf: (hop: Hop) => string): boolean {
  if (a.id === b.id || groupOf(a) === groupOf(b)) return true
  const { operator } = a.record
  if (operator !== undefined && operator === b.record.operator) return true
  const group = addressGroup(a.record.address)
  // Peers of one machine look alike; what tells them apart there is `groupOf`.
  if (group !== undefined && group !== '127.0' && group === addressGroup(b.record.address)) return true
  return a.record.family.includes(b.id) && b.record.family.includes(a.id)
}

/** The share of the last times, at most 24, at which a hop was told: 0 to 1. */
export function presence({ history }: Pick<Hop, 'history'>, asked: number): number {
  const times = Math.min(24, asked)
  if (times === 0) return 1
  let told = 0
  for (let bit = 0; bit < times; bit++) told += (history >> bit) & 1
  return told / times
}
