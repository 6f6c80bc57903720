import { get, promisifyRequest, type UseStore } from 'idb-keyval'
import { isBytes } from '../base/bytes.js'
import { asP2PError, P2PError } from '../base/errors.js'
import { databaseOf } from './database.js'
import { copiesOf, type KeyValueStore } from './key-value-store.js'

/**
 * A store that survives reloads, shared by the tabs of this origin. Nothing is opened before its first use, so it may be made
 * while rendering on a server.
 *
 * @param name which of the origin's stores, 'default' unless given; becomes the IndexedDB database `lotus-p2p/<name>`.
 * @returns a store whose methods reject with P2PError STORAGE_FAILED where IndexedDB is absent or fails (quota, private windows).
 * @example
 * const coordinator = new P2PCoordinator({ store: indexedDbStore() })
 */
export function indexedDbStore(name = 'default'): KeyValueStore {
  const database = `lotus-p2p/${name}`
  const entriesOf = databaseOf(database, 'entries')
  const run = async <T>(action: (store: UseStore) => Promise<T>): Promise<T> => {
    // Where all storage is blocked, to look at it fails: using it tells why.
    if (!('indexedDB' in globalThis)) {
      throw new P2PError('STORAGE_FAILED', 'There is no IndexedDB here. Use memoryStore().')
    }
    try {
      return await entriesOf(action)
    } catch (error) {
      throw asP2PError(
        error,
        'STORAGE_FAILED',
        `IndexedDB failed for "${database}", as it does in private windows and where space runs out. Use memoryStore() there.`,
      )
    }
  }
  const batch: KeyValueStore['batch'] = async (changes, { durability = 'relaxed' } = {}) => {
    const copies = copiesOf(changes)
    await run((store) =>
      store('readonly', ({ name, transaction: { db } }) => {
        const transaction = db.transaction(name, 'readwrite', { durability })
        const entries = transaction.objectStore(name)
        for (const change of copies) {
          if ('delete' in change) entries.delete(change.key)
          else entries.put(change.value, change.key)
        }
        return promisifyRequest(transaction)
      }),
    )
  }
  return {
    name,
    get: (key) =>
      run(async (store) => {
        const value: unknown = await get(key, store)
        if (value === undefined || isBytes(value)) return value
        throw new P2PError('STORAGE_FAILED', `"${database}" holds something that the SDK did not write. Delete it.`, {
          details: { key },
        })
      }),
    set: (key, value) => batch([{ key, value }]),
    delete: (key) => batch([{ key, delete: true }]),
    batch,
    keys: (prefix) =>
      run((store) =>
        store('readonly', (entries) => promisifyRequest(entries.getAllKeys(prefixRange(prefix)) as IDBRequest<string[]>)),
      ),
  }
}

/** Keys that begin with the prefix: IndexedDB sorts by code unit, so they end before the prefix with its last unit one higher. */
function prefixRange(prefix: string): IDBKeyRange {
  // 0xffff has no successor; a prefix that ends in it ends where the shorter one does.
  const end = prefix.replace(/\uffff+$/, '')
  if (end === '') return IDBKeyRange.lowerBound(prefix)
  const next = end.slice(0, -1) + String.fromCharCode(end.charCodeAt(end.length - 1) + 1)
  return IDBKeyRange.bound(prefix, next, false, true)
}
