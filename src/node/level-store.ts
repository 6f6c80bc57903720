import type { ClassicLevel } from 'classic-level'
import { asP2PError, isP2PError, P2PError } from '../base/errors.js'
import { copiesOf, type KeyValueStore } from '../storage/key-value-store.js'

/** A store on disk. One process at a time has it open. */
export interface LevelStore extends KeyValueStore {
  /** Writes what waits and lets the folder go; the next use opens it again. */
  close(): Promise<void>
}

type Database = ClassicLevel<Uint8Array, Uint8Array>

/**
 * A store that survives restarts, in a folder that LevelDB makes (mode as the process's umask says). Nothing is opened before
 * its first use. Needs the package `classic-level`, which only those install who keep something: `npm install classic-level`.
 *
 * @param path a folder of its own.
 * @returns a store whose methods reject with P2PError STORAGE_FAILED where the package is missing, another process has the
 * folder open, or the disk fails.
 * @example
 * const store = levelStore('/var/lib/relay/store')
 * const relay = await startRelay({ store })
 * // At the end:
 * await relay.stop()
 * await store.close()
 */
export function levelStore(path: string): LevelStore {
  if (typeof path !== 'string' || path === '') throw new P2PError('INVALID_CONFIG', 'levelStore() needs the path of a folder.')
  let opened: Promise<Database> | undefined
  const run = async <T>(action: (database: Database) => Promise<T>): Promise<T> => {
    opened ??= open(path)
    const opening = opened
    try {
      return await action(await opening)
    } catch (error) {
      // Who held the folder may be gone at the next try.
      if (opened === opening && isP2PError(error)) opened = undefined
      throw asP2PError(error, 'STORAGE_FAILED', `The store in ${path} failed. Check the disk, its space and its permissions.`)
    }
  }
  const batch: KeyValueStore['batch'] = async (changes, { durability } = {}) => {
    // The write happens later, on another thread.
    const operations = copiesOf(changes).map((change) =>
      'delete' in change
        ? { type: 'del' as const, key: bytesOf(change.key) }
        : { type: 'put' as const, key: bytesOf(change.key), value: change.value },
    )
    await run((database) => database.batch(operations, { sync: durability === 'strict' }))
  }
  return {
    get: (key) =>
      run(async (database) => {
        const value = await database.get(bytesOf(key))
        // LevelDB's own answer is a Buffer, at times a view into more than the value.
        return value && new Uint8Array(value)
      }),
    set: (key, value) => batch([{ key, value }]),
    delete: (key) => batch([{ key, delete: true }]),
    batch,
    keys: (prefix) => run(async (database) => (await database.keys(rangeOf(prefix)).all()).map(textOf)),
    close: async () => {
      const closing = opened
      opened = undefined
      await closing?.then(
        (database) => database.close(),
        () => {},
      )
    },
  }
}

function open(path: string): Promise<Database> {
  return openLevel(path, { keyEncoding: 'view', valueEncoding: 'view' })
}

/** Opens a folder of LevelDB. @throws P2PError STORAGE_FAILED, as a rejection. */
export async function openLevel<Key>(
  path: string,
  options: { keyEncoding: string; valueEncoding: string },
): Promise<ClassicLevel<Key, Uint8Array>> {
  const { ClassicLevel } = await import('classic-level').catch((cause: unknown) => {
    throw new P2PError('STORAGE_FAILED', 'A store on disk needs the package classic-level: npm install classic-level', { cause })
  })
  const database = new ClassicLevel<Key, Uint8Array>(path, options)
  try {
    await database.open()
  } catch (error) {
    const { code } = ((error as Error).cause ?? error) as { code?: string }
    const why =
      code === 'LEVEL_LOCKED'
        ? `Another process has the store in ${path} open. Stop it, or use another folder.`
        : `The store in ${path} cannot be opened. Check the path, its permissions and the disk.`
    throw new P2PError('STORAGE_FAILED', why, { cause: error })
  }
  return database
}

/** Every key behind one byte of ours, for LevelDB knows no empty key. Byte order keeps prefixes together, in UTF-8 too. */
const MARK = 0x6b

function bytesOf(key: string): Uint8Array {
  return Uint8Array.from([MARK, ...new TextEncoder().encode(key)])
}

function textOf(key: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(key.subarray(1))
}

function rangeOf(prefix: string): { gte: Uint8Array; lt: Uint8Array } {
  const gte = bytesOf(prefix)
  const lt = gte.slice()
  // No byte of UTF-8 is 0xff, so the last one has a successor.
  lt[lt.length - 1]!++
  return { gte, lt }
}
