import type { JetStreamClient } from '@nats-io/jetstream'
import type { KV } from '@nats-io/kv'
import type { Box } from '../../mail/server/mail-store.js'
import type { PiledBatch } from '../../mail/server/prekey-pile.js'
import { decode, encode } from '../../message/codec.js'
import { contended, WRONG_LAST_SEQUENCE } from './nats-mail-errors.js'
import { codeOf } from './nats-streams.js'

/** The bucket of boxes: its entries are changed by compare-and-set, or belong to the owner of a box alone. */
export const bucketOf = (cluster: string) => `lotus_boxes_${cluster}`
const VERSION = 1
/** Changes of one box by several processes at the same moment: each try but one finds that another was first. */
export const MAX_TRIES = 64

/** The names of entries. */
export const keys = {
  box: (box: string) => `box.${box}`,
  index: (box: string) => `index.${box}`,
  prekeys: (box: string) => `prekeys.${box}`,
  card: (peerId: string) => `card.${peerId}`,
}

/** An entry of the bucket, and by which revision it is changed. */
export interface Entry<T> {
  value: T
  revision: number
}

export function entryOf(value: unknown): Uint8Array {
  return encode([VERSION, value])
}

export async function read<T>(kv: KV, key: string): Promise<Entry<T> | undefined> {
  const entry = await kv.get(key)
  if (entry === null || entry.operation !== 'PUT') return undefined
  // Of a Buffer, the decoder would give parts that are views of it.
  return { value: (decode(new Uint8Array(entry.value)) as [number, T])[1], revision: entry.revision }
}

export async function boxOf(kv: KV, box: string): Promise<Box | undefined> {
  return (await read<Box>(kv, keys.box(box)))?.value
}

export async function pileOf(kv: KV, box: string): Promise<readonly PiledBatch[]> {
  return (await read<PiledBatch[]>(kv, keys.prekeys(box)))?.value ?? []
}

/** Changes the prekeys of a box. @returns what `change` gave last. */
export async function changePile<T extends { pile: readonly PiledBatch[] }>(
  kv: KV,
  box: string,
  change: (pile: readonly PiledBatch[]) => T | undefined,
): Promise<T | undefined> {
  const key = keys.prekeys(box)
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const entry = await read<PiledBatch[]>(kv, key)
    const pile = entry?.value ?? []
    const changed = change(pile)
    if (changed === undefined || changed.pile === pile) return changed
    const bytes = entryOf(changed.pile)
    const written = await orConflict(entry === undefined ? kv.create(key, bytes) : kv.update(key, bytes, entry.revision))
    if (written !== undefined) return changed
  }
  throw contended()
}

/** The card of a peer is in this box no more. */
export async function dropCard(kv: KV, peerId: string, box: string): Promise<void> {
  if ((await read<string>(kv, keys.card(peerId)))?.value === box) await kv.purge(keys.card(peerId))
}

/** Purges an entry at a revision, as `KV.purge` does, which does not tell the revision that it makes. */
export async function purgeAt(js: JetStreamClient, subject: string, revision: number): Promise<number> {
  const { headers } = await import('@nats-io/transport-node')
  const told = headers()
  told.set('KV-Operation', 'PURGE')
  told.set('Nats-Rollup', 'sub')
  const { seq } = await js.publish(subject, '', {
    headers: told,
    expect: { lastSubjectSequence: revision },
  })
  return seq
}

/** Undefined where another one has changed the entry. */
export async function orConflict<T>(written: Promise<T>): Promise<T | undefined> {
  try {
    return await written
  } catch (error) {
    if (codeOf(error) === WRONG_LAST_SEQUENCE) return undefined
    throw error
  }
}
