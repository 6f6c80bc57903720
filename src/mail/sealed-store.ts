import { get, update } from 'idb-keyval'
import { isBytes, joined } from '../base/bytes.js'
import { P2PError } from '../base/errors.js'
import { Serial } from '../base/serial.js'
import { databaseOf } from '../storage/database.js'
import type { KeyValueStore } from '../storage/key-value-store.js'

const NONCE_BYTES = 12

/**
 * A store whose values are sealed with AES-256-GCM, each with a random nonce of 12 bytes and bound to its key's name, so that a copy of
 * the store tells nothing but names and sizes. It stops no script that runs in the page.
 *
 * @param key a `CryptoKey` of AES-GCM, or 32 secret bytes; a promise of it is waited for.
 * @throws P2PError STORAGE_FAILED, from its methods, for a value that was sealed by another key, or under another name.
 * @example
 * const store = sealedStore(levelStore('state'), key)
 */
export function sealedStore(store: KeyValueStore, key: CryptoKey | Uint8Array | Promise<CryptoKey>): KeyValueStore {
  const ready = isBytes(key) ? importKey(key) : Promise.resolve(key)
  // It fails where it is used.
  ready.catch(() => {})
  const about = (name: string, nonce: Uint8Array) => ({
    name: 'AES-GCM',
    iv: nonce as BufferSource,
    additionalData: new TextEncoder().encode(name) as BufferSource,
  })
  const seal = async (name: string, value: Uint8Array) => {
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES))
    const own = value.slice()
    return joined(nonce, new Uint8Array(await crypto.subtle.encrypt(about(name, nonce), await ready, own)))
  }
  // Short values are sealed sooner than long ones, and the last change counts.
  const turns = new Serial()
  const written = () => turns.run(async () => {})
  const batch: KeyValueStore['batch'] = (changes, options) => {
    const sealed = Promise.all(
      changes.map(async (change) =>
        'delete' in change ? change : { key: change.key, value: await seal(change.key, change.value) },
      ),
    )
    // It fails where it is waited for.
    sealed.catch(() => {})
    return turns.run(async () => store.batch(await sealed, options))
  }
  return {
    ...(store.name !== undefined && { name: store.name }),
    async get(name) {
      await written()
      const value = await store.get(name)
      if (value === undefined) return undefined
      try {
        const opened = crypto.subtle.decrypt(about(name, value.slice(0, NONCE_BYTES)), await ready, value.slice(NONCE_BYTES))
        return new Uint8Array(await opened)
      } catch (cause) {
        throw new P2PError('STORAGE_FAILED', 'A sealed value of the store does not open with this key.', { cause })
      }
    },
    set: (name, value) => batch([{ key: name, value }]),
    delete: (name) => batch([{ key: name, delete: true }]),
    async keys(prefix) {
      await written()
      return store.keys(prefix)
    },
    batch,
  }
}

/** The key of this origin, which no script can read: made once, and kept in IndexedDB. */
export async function storedStoreKey(name = 'mail'): Promise<CryptoKey> {
  const keys = databaseOf('lotus-p2p-store-keys', 'keys')
  const read = () => keys((store) => get<CryptoKey>(name, store))
  const known = await read()
  if (known !== undefined) return known
  const made = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
  // One transaction reads and writes, so of two tabs that come here at once the second gets the key of the first.
  await keys((store) => update<CryptoKey>(name, (existing) => existing ?? made, store))
  return (await read()) ?? made
}

function importKey(bytes: Uint8Array): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', bytes.slice(), 'AES-GCM', false, ['encrypt', 'decrypt'])
}
