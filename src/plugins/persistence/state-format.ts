import { P2PError } from '../../base/errors.js'
import { VERSION } from '../../base/version.js'
import { decode, encode } from '../../message/codec.js'
import type { KeyValueStore, StoreChange } from '../../storage/key-value-store.js'

/** The form of what a wallet keeps. A later one has a migration from the one before. */
const STATE_VERSION = 1
const SCHEMA_KEY = 'schema'
/** What is kept in this form; all else in the store has a form of its own. */
const PREFIXES = ['outbox/', 'announce/', 'wanted/']
/** Where an entry goes that nobody can read, at most so many. */
const BAD_PREFIX = 'bad/'
const MAX_BAD = 32

/** Makes entries of one version into those of the next: the changes that are to be made, and nothing else. */
export type Migration = (entries: ReadonlyMap<string, Uint8Array>) => StoreChange[]

/** The versions that there are, and the migrations between them. */
export interface StateFormat {
  readonly version: number
  /** By the version that a migration starts from. */
  readonly migrations: Readonly<Record<number, Migration>>
}

export const STATE_FORMAT: StateFormat = { version: STATE_VERSION, migrations: {} }

/**
 * Brings a store to this version, one version after the other: each migration is one batch with its number.
 *
 * @throws P2PError STORE_TOO_NEW where a later SDK has written it; nothing is touched then. STORAGE_FAILED.
 */
export async function openState(store: KeyValueStore, { version, migrations }: StateFormat = STATE_FORMAT): Promise<void> {
  const found = versionOf(await store.get(SCHEMA_KEY))
  if (found > version) {
    throw new P2PError('STORE_TOO_NEW', 'A later version of lotus-p2p has written this store. Load the newest application.', {
      details: { found, known: version },
    })
  }
  if (found === 0) await store.batch([schemaOf(version)], { durability: 'strict' })
  for (let at = found; at > 0 && at < version; at++) {
    const entries = new Map<string, Uint8Array>()
    for (const prefix of PREFIXES) for (const [key, value] of await entriesOf(store, prefix)) entries.set(key, value)
    await store.batch([...(migrations[at]?.(entries) ?? []), schemaOf(at + 1)], { durability: 'strict' })
  }
}

/** The entries of a prefix, by their keys in ascending order. */
export async function entriesOf(store: KeyValueStore, prefix: string): Promise<[key: string, value: Uint8Array][]> {
  const keys = (await store.keys(prefix)).sort()
  const values = await Promise.all(keys.map((key) => store.get(key)))
  return keys.flatMap((key, i): [string, Uint8Array][] => (values[i] === undefined ? [] : [[key, values[i]]]))
}

/**
 * Reads the entries of a prefix in ascending order of their keys. One that cannot be read is put aside, and the others are read.
 *
 * @param read what an entry holds after its version; throws where it is none.
 * @returns whether all could be read, and what they hold.
 */
export async function readState<T>(
  store: KeyValueStore,
  prefix: string,
  read: (members: unknown[], key: string) => T,
): Promise<{ found: [key: string, held: T][]; bad: number }> {
  const found: [string, T][] = []
  const bad: [string, Uint8Array][] = []
  for (const [key, value] of await entriesOf(store, prefix)) {
    try {
      const [version, ...members] = decode(value) as unknown[]
      if (version !== STATE_VERSION) throw new Error('of no version')
      found.push([key, read(members, key)])
    } catch {
      bad.push([key, value])
    }
  }
  if (bad.length > 0) {
    const room = Math.max(0, MAX_BAD - (await store.keys(BAD_PREFIX)).length)
    const kept = bad.slice(0, room).map(([key, value]) => ({ key: BAD_PREFIX + key, value }))
    await store.batch([...kept, ...bad.map(([key]) => ({ key, delete: true as const }))])
  }
  return { found, bad: bad.length }
}

/** An entry of this version. */
export function stateOf(...members: unknown[]): Uint8Array {
  return encode([STATE_VERSION, ...members])
}

function schemaOf(version: number): StoreChange {
  return { key: SCHEMA_KEY, value: encode([version, VERSION]) }
}

/** 0 where nothing was ever kept. What cannot be read is of no version that we know. */
function versionOf(bytes: Uint8Array | undefined): number {
  if (bytes === undefined) return 0
  try {
    const [version] = decode(bytes) as unknown[]
    if (typeof version === 'number' && version > 0) return version
  } catch {}
  return Number.POSITIVE_INFINITY
}
