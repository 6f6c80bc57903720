import { IDBFactory, IDBKeyRange } from 'fake-indexeddb'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { sealedStore, storedStoreKey } from '../../src/mail/sealed-store.js'
import { type KeyValueStore, memoryStore } from '../../src/storage/key-value-store.js'
import { keyValueStoreCompliance } from '../compliance/key-value-store.js'

const key = new Uint8Array(32).fill(7)
const failed = expect.objectContaining({ code: 'STORAGE_FAILED' })

keyValueStoreCompliance('sealedStore', () => sealedStore(memoryStore(), key))

/** A store that shows its hand. */
function sealed() {
  const below = memoryStore()
  return { below, store: sealedStore(below, key) }
}

describe('sealedStore', () => {
  it('leaves no value readable, and seals the same value to other bytes each time', async () => {
    const { below, store } = sealed()
    const value = new TextEncoder().encode('the words of a letter, twice')
    await store.set('mail/a', value)
    const first = (await below.get('mail/a'))!
    await store.set('mail/a', value)
    const second = (await below.get('mail/a'))!
    expect(first).toHaveLength(value.length + 28)
    expect(first).not.toEqual(second)
    for (const bytes of [first, second]) expect(Buffer.from(bytes).includes('words')).toBe(false)
    expect(await store.get('mail/a')).toEqual(value)
  })

  it('opens no value under another name, with another key, changed or cut', async () => {
    const { below, store } = sealed()
    await store.set('a', Uint8Array.of(1, 2, 3))
    const bytes = (await below.get('a'))!
    await below.set('b', bytes)
    await expect(store.get('b')).rejects.toEqual(failed)
    await expect(sealedStore(below, new Uint8Array(32)).get('a')).rejects.toEqual(failed)
    for (let i = 0; i < bytes.length; i++) {
      const changed = bytes.slice()
      changed[i]! ^= 1
      await below.set('c', changed)
      await expect(store.get('c')).rejects.toEqual(failed)
      await below.set('a', bytes.slice(0, i))
      await expect(store.get('a')).rejects.toEqual(failed)
    }
  })

  it('keeps the order of writes, whatever their lengths, and reads what was written before', async () => {
    const { below, store } = sealed()
    const large = new Uint8Array(4_000_000)
    const [small, other] = [Uint8Array.of(1), Uint8Array.of(2)]
    const writes = [store.set('a', large), store.set('a', small), store.set('b', large), store.delete('b')]
    writes.push(store.batch([{ key: 'c', value: large }]), store.set('c', other))
    expect(await Promise.all([store.get('a'), store.get('b'), store.get('c')])).toEqual([small, undefined, other])
    expect((await store.keys('')).sort()).toEqual(['a', 'c'])
    await Promise.all(writes)
    expect((await below.keys('')).sort()).toEqual(['a', 'c'])
  })

  it('writes nothing of a batch without its key, and goes on when the store below has failed once', async () => {
    const below = memoryStore()
    const broken = sealedStore(below, Promise.reject(new Error('No key here.')))
    await expect(broken.set('a', Uint8Array.of(1))).rejects.toThrow('No key here.')
    await expect(sealedStore(below, new Uint8Array(31)).set('a', Uint8Array.of(1))).rejects.toBeDefined()
    expect(await below.keys('')).toEqual([])
    let fails = true
    const failing: KeyValueStore = {
      ...below,
      batch: (...given) => (fails ? Promise.reject(new Error('Full.')) : below.batch(...given)),
    }
    const store = sealedStore(failing, key)
    await expect(store.set('a', Uint8Array.of(1))).rejects.toThrow('Full.')
    fails = false
    await store.set('a', Uint8Array.of(2))
    expect(await store.get('a')).toEqual(Uint8Array.of(2))
  })

  it('says as the store below that there is no room', async () => {
    const batch = async () => {
      throw new DOMException('The quota has been exceeded.', 'QuotaExceededError')
    }
    const store = sealedStore({ ...memoryStore(), batch }, key)
    await expect(store.set('a', Uint8Array.of(1))).rejects.toMatchObject({ name: 'QuotaExceededError' })
  })

  it('passes on how durable a batch has to be, and the name of the store', async () => {
    const asked: unknown[] = []
    const below: KeyValueStore = { ...memoryStore(), name: 'wallet', batch: async (_, options) => void asked.push(options) }
    const store = sealedStore(below, key)
    await store.batch([{ key: 'a', delete: true }], { durability: 'strict' })
    expect(asked).toEqual([{ durability: 'strict' }])
    expect(store.name).toBe('wallet')
  })
})

describe('the key of an origin', () => {
  beforeEach(() => {
    vi.stubGlobal('indexedDB', new IDBFactory())
    vi.stubGlobal('IDBKeyRange', IDBKeyRange)
  })
  afterEach(() => {
    vi.unstubAllGlobals()
  })

  it('is made once, cannot be read, and is the same for two tabs that ask at once', async () => {
    const [one, two] = await Promise.all([storedStoreKey(), storedStoreKey()])
    const later = await storedStoreKey()
    expect(one.extractable).toBe(false)
    await expect(crypto.subtle.exportKey('raw', one)).rejects.toBeDefined()
    const below = memoryStore()
    await sealedStore(below, one).set('a', Uint8Array.of(1))
    for (const each of [two, later]) expect(await sealedStore(below, each).get('a')).toEqual(Uint8Array.of(1))
  })

  it('is another one for another origin: what was sealed there does not open', async () => {
    const below = memoryStore()
    await sealedStore(below, storedStoreKey()).set('a', Uint8Array.of(1))
    vi.stubGlobal('indexedDB', new IDBFactory())
    await expect(sealedStore(below, storedStoreKey()).get('a')).rejects.toEqual(failed)
  })
})
