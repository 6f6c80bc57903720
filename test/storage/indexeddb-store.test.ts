import { IDBObjectStore as FDBObjectStore, IDBFactory, IDBKeyRange } from 'fake-indexeddb'
import { createStore, set } from 'idb-keyval'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { storedIdentity } from '../../src/identity/identity.js'
import { indexedDbStore } from '../../src/storage/indexeddb-store.js'
import { keyValueStoreCompliance } from '../compliance/key-value-store.js'

beforeEach(() => {
  vi.stubGlobal('indexedDB', new IDBFactory())
  vi.stubGlobal('IDBKeyRange', IDBKeyRange)
})
afterEach(() => {
  vi.unstubAllGlobals()
})

let made = 0
keyValueStoreCompliance('indexedDbStore', () => indexedDbStore(`compliance-${made++}`))

describe('indexedDbStore', () => {
  it('keeps what another instance of the same name stored, and nothing of another name', async () => {
    await indexedDbStore('one').set('key', Uint8Array.of(1))
    expect(await indexedDbStore('one').get('key')).toEqual(Uint8Array.of(1))
    expect(await indexedDbStore('two').get('key')).toBeUndefined()
  })

  it('can be made without IndexedDB, and each call then says what to use instead', async () => {
    vi.unstubAllGlobals()
    const store = indexedDbStore()
    for (const call of [store.get('a'), store.set('a', Uint8Array.of(1)), store.delete('a'), store.keys('')]) {
      await expect(call).rejects.toMatchObject({
        name: 'P2PError',
        code: 'STORAGE_FAILED',
        message: expect.stringContaining('memoryStore()'),
      })
    }
  })

  it('works once IndexedDB is there, although it was made before', async () => {
    const factory = globalThis.indexedDB
    vi.unstubAllGlobals()
    const store = indexedDbStore()
    vi.stubGlobal('IDBKeyRange', IDBKeyRange)
    vi.stubGlobal('indexedDB', factory)
    await store.set('key', Uint8Array.of(1))
    expect(await store.get('key')).toEqual(Uint8Array.of(1))
  })

  it('reports a failing IndexedDB with its cause, and recovers', async () => {
    const store = indexedDbStore()
    const refusal = new Error('denied by the user')
    const open = vi.spyOn(indexedDB, 'open').mockImplementationOnce(() => {
      throw refusal
    })
    await expect(store.get('key')).rejects.toMatchObject({ code: 'STORAGE_FAILED', cause: refusal })
    open.mockRestore()
    expect(await store.get('key')).toBeUndefined()
  })

  it('says why it fails where already to look at IndexedDB does, as where all storage is blocked', async () => {
    const refusal = new DOMException('denied', 'SecurityError')
    vi.unstubAllGlobals()
    Object.defineProperty(globalThis, 'indexedDB', {
      configurable: true,
      get() {
        throw refusal
      },
    })
    try {
      const words = expect.stringContaining('as it does in private windows')
      await expect(indexedDbStore().get('key')).rejects.toMatchObject({ code: 'STORAGE_FAILED', message: words, cause: refusal })
      await expect(storedIdentity()).rejects.toMatchObject({ code: 'IDENTITY_FAILED', message: words, cause: refusal })
    } finally {
      Reflect.deleteProperty(globalThis, 'indexedDB')
    }
  })

  it('says so where space runs out', async () => {
    const store = indexedDbStore()
    await store.get('key')
    vi.spyOn(FDBObjectStore.prototype, 'put').mockImplementationOnce(() => {
      throw new DOMException('full', 'QuotaExceededError')
    })
    await expect(store.set('key', Uint8Array.of(1))).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      cause: { name: 'QuotaExceededError' },
      message: expect.stringContaining('as it does in private windows and where space runs out'),
    })
  })

  it('lets another tab delete the database, and opens it anew', async () => {
    const [one, two] = [indexedDbStore('shared'), indexedDbStore('shared')]
    for (const store of [one, two]) await store.set('key', Uint8Array.of(1))
    await new Promise<void>((resolve, reject) => {
      const request = indexedDB.deleteDatabase('lotus-p2p/shared')
      request.onsuccess = () => resolve()
      request.onblocked = () => reject(new Error('A handle stayed open.'))
    })
    expect([await one.get('key'), await two.keys('')]).toEqual([undefined, []])
    await one.set('key', Uint8Array.of(2))
    expect(await two.get('key')).toEqual(Uint8Array.of(2))
  })

  it('opens a handle anew that is closing', async () => {
    const store = indexedDbStore('closing')
    const opened: IDBDatabase[] = []
    const { open } = IDBFactory.prototype
    vi.spyOn(indexedDB, 'open').mockImplementation(function (this: IDBFactory, name: string) {
      const request = open.call(this, name)
      request.addEventListener('success', () => opened.push(request.result))
      return request
    })
    await store.set('key', Uint8Array.of(1))
    opened[0]!.close()
    expect(await store.get('key')).toEqual(Uint8Array.of(1))
    expect(opened).toHaveLength(2)
  })

  it('refuses a value that the SDK did not write', async () => {
    await set('key', 'text', createStore('lotus-p2p/foreign', 'entries'))
    await expect(indexedDbStore('foreign').get('key')).rejects.toMatchObject({ code: 'STORAGE_FAILED', details: { key: 'key' } })
  })
})
