import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { KeyValueStore } from '../../src/storage/key-value-store.js'

/** What every KeyValueStore must do. `create` makes an empty store. */
export function keyValueStoreCompliance(name: string, create: () => KeyValueStore | Promise<KeyValueStore>): void {
  describe(`${name} as a KeyValueStore`, () => {
    it('has nothing under a key that was never set', async () => {
      const store = await create()
      expect(await store.get('absent')).toBeUndefined()
      expect(await store.keys('')).toEqual([])
    })

    it('returns the bytes that were set, as a Uint8Array, the empty ones too', async () => {
      const store = await create()
      await store.set('bytes', Uint8Array.of(0, 1, 255))
      await store.set('empty', new Uint8Array(0))
      expect(await store.get('bytes')).toEqual(Uint8Array.of(0, 1, 255))
      expect(await store.get('empty')).toEqual(new Uint8Array(0))
    })

    it('replaces a value', async () => {
      const store = await create()
      await store.set('key', Uint8Array.of(1))
      await store.set('key', Uint8Array.of(2, 3))
      expect(await store.get('key')).toEqual(Uint8Array.of(2, 3))
      expect(await store.keys('')).toEqual(['key'])
    })

    it('forgets a deleted key, and deleting an absent one is no error', async () => {
      const store = await create()
      await store.set('key', Uint8Array.of(1))
      await store.delete('key')
      await store.delete('key')
      expect(await store.get('key')).toBeUndefined()
      expect(await store.keys('')).toEqual([])
    })

    it('keeps what was set even if the caller changes its array afterwards, at once or later', async () => {
      const store = await create()
      const given = Uint8Array.of(1, 2)
      const setting = store.set('key', given)
      given.fill(9)
      await setting
      given.fill(8)
      expect(await store.get('key')).toEqual(Uint8Array.of(1, 2))
    })

    it('keeps what was set even if a reader changes what it got', async () => {
      const store = await create()
      await store.set('key', Uint8Array.of(1, 2))
      ;(await store.get('key'))?.fill(9)
      expect(await store.get('key')).toEqual(Uint8Array.of(1, 2))
    })

    it('stores the view, not the whole buffer behind it', async () => {
      const store = await create()
      await store.set('key', new Uint8Array(1000).fill(7).subarray(10, 12))
      const value = await store.get('key')
      expect(value).toEqual(Uint8Array.of(7, 7))
      expect(value?.buffer.byteLength).toBe(2)
    })

    it('lists the keys of a prefix and no others', async () => {
      const store = await create()
      for (const key of ['a', 'a/', 'a/1', 'a/2', 'a0', 'b/1', '']) await store.set(key, Uint8Array.of(1))
      expect((await store.keys('a/')).sort()).toEqual(['a/', 'a/1', 'a/2'])
      expect(await store.keys('A')).toEqual([])
      expect(await store.keys('')).toHaveLength(7)
    })

    it('lists by prefix whatever characters keys are made of', async () => {
      const unit = fc.constantFrom('a', 'b', '/', '\0', 'é', '\ud7ff', '\ue000', '\ufffe', '\uffff', '😀')
      const text = fc.array(unit, { maxLength: 3 }).map((units) => units.join(''))
      await fc.assert(
        fc.asyncProperty(fc.uniqueArray(text, { maxLength: 8 }), text, async (keys, prefix) => {
          const store = await create()
          await Promise.all(keys.map((key) => store.set(key, Uint8Array.of(1))))
          expect((await store.keys(prefix)).sort()).toEqual(keys.filter((key) => key.startsWith(prefix)).sort())
        }),
        { numRuns: 100 },
      )
    })

    it('makes all changes of a batch, in their order', async () => {
      const store = await create()
      await store.set('gone', Uint8Array.of(1))
      const value = Uint8Array.of(1, 2)
      const writing = store.batch(
        [
          { key: 'a', value: Uint8Array.of(1) },
          { key: 'gone', delete: true },
          { key: 'a', value },
          { key: 'b', value: Uint8Array.of(3) },
          { key: 'c', value: Uint8Array.of(4) },
          { key: 'c', delete: true },
        ],
        { durability: 'strict' },
      )
      value.fill(9)
      await writing
      expect((await store.keys('')).sort()).toEqual(['a', 'b'])
      expect(await store.get('a')).toEqual(Uint8Array.of(1, 2))
      await store.batch([])
    })

    it('leaves nothing of a batch that fails', async () => {
      const store = await create()
      const changes = [{ key: 'a', value: Uint8Array.of(1) }, { key: 'b' } as { key: string; value: Uint8Array }]
      await expect(async () => store.batch(changes)).rejects.toThrow()
      expect(await store.keys('')).toEqual([])
      await store.batch([{ key: 'a', value: Uint8Array.of(2) }])
      expect(await store.get('a')).toEqual(Uint8Array.of(2))
    })

    it('finds 1,000 of 10,000 keys by their prefix', async () => {
      const store = await create()
      const changes = Array.from({ length: 10_000 }, (_, i) => ({ key: `${i % 10}/${i}`, value: Uint8Array.of(i & 255) }))
      await store.batch(changes)
      expect(await store.keys('7/')).toHaveLength(1_000)
    })

    it('treats names of object members as ordinary keys', async () => {
      const store = await create()
      for (const key of ['__proto__', 'constructor', 'toString']) {
        expect(await store.get(key)).toBeUndefined()
        await store.set(key, Uint8Array.of(1))
        expect(await store.get(key)).toEqual(Uint8Array.of(1))
      }
    })
  })
}
