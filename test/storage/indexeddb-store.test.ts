import { IDBFactory, IDBKeyRange } from 'fake-indexeddb'
import { createStore, set } from 'idb-keyval'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
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
    vi.stubGlobal('indexedDB', undefined)
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
    vi.stubGlobal('indexedDB', undefined)
    const store = indexedDbStore()
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

  it('refuses a value that the SDK did not write', async () => {
    await set('key', 'text', createStore('lotus-p2p/foreign', 'entries'))
    await expect(indexedDbStore('foreign').get('key')).rejects.toMatchObject({ code: 'STORAGE_FAILED', details: { key: 'key' } })
  })
})
