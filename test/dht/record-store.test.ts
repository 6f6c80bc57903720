import { sha256 } from '@noble/hashes/sha2.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { resolveLimits } from '../../src/base/limits.js'
import { seededRandom } from '../../src/base/random.js'
import type { RecordEntry } from '../../src/plugins/dht/records/record.js'
import { RecordStore } from '../../src/plugins/dht/records/record-store.js'
import { SmallRecordStore } from '../../src/plugins/dht/records/small-record-store.js'
import { SortedKeys } from '../../src/plugins/dht/records/sorted-keys.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { recordEntry as entry, START } from './record-entry.js'

/** The tie-break of the document: SHA-256 over the tagged payload. */
const hash = ({ network, payload }: RecordEntry) =>
  Buffer.from(sha256(Buffer.concat([Buffer.from(`lotus-p2p/record-tie/2\0${network}\0`), payload])))
const isSmaller = (a: RecordEntry, b: RecordEntry) => Buffer.compare(hash(a), hash(b)) < 0
const nodeStore = (limits = {}) => {
  const clock = new VirtualClock(START)
  return { clock, store: new RecordStore({ clock, limits: resolveLimits(limits), random: seededRandom(1) }) }
}
const smallStore = (limits = {}) => {
  const clock = new VirtualClock(START)
  return { clock, store: new SmallRecordStore(clock, resolveLimits(limits), seededRandom(1)) }
}

describe.each([
  { name: 'RecordStore', storeWith: nodeStore },
  { name: 'SmallRecordStore', storeWith: smallStore },
])('$name', ({ storeWith }) => {
  it('holds one record per key and publisher: the higher sequence, then the smaller hash', () => {
    const { store } = storeWith()
    expect(store.put(entry('k', 'a', { sequence: 5 }))).toBe(true)
    expect(store.put(entry('k', 'a', { sequence: 5 }))).toBe(false)
    expect(() => store.put(entry('k', 'a', { sequence: 4 }))).toThrow(expect.objectContaining({ code: 'STALE_RECORD' }))
    expect(() => store.put(entry('k', 'a', { sequence: 5, payload: new Uint8Array(10).fill(1) }))).toThrow(
      expect.objectContaining({ code: 'STALE_RECORD' }),
    )
    store.put(entry('k', 'a', { sequence: 6 }))
    store.put(entry('k', 'b'))
    expect([...store.scan('k')].map(({ publisher, sequence }) => [publisher, sequence])).toEqual([
      ['a', 6],
      ['b', 1],
    ])
  })

  it('comes to the same record in whichever order two of one sequence arrive', () => {
    const one = entry('k', 'a', { payload: Uint8Array.of(1) })
    const two = entry('k', 'a', { payload: Uint8Array.of(2) })
    for (const order of [
      [one, two],
      [two, one],
    ]) {
      const { store } = storeWith()
      for (const item of order) {
        try {
          store.put(item)
        } catch {}
      }
      expect(store.find('k', 'a')).toBe(one)
    }
  })

  it('never gives out what has expired, and forgets it', () => {
    const { store, clock } = storeWith()
    store.put(entry('k', 'a'))
    clock.sleep(60_000)
    expect([...store.scan('*')]).toEqual([])
    expect(store.find('k', 'a')).toBeUndefined()
    expect(store.removeExpired()).toBe(1)
    expect(store.getStats()).toMatchObject({ records: 0, publishers: 0, bytes: 0, expired: 1 })
    expect(() => store.put(entry('k', 'a'))).toThrow(expect.objectContaining({ code: 'INVALID_RECORD' }))
  })

  it('keeps a withdrawn record withdrawn until its TTL ends', () => {
    const { store } = storeWith()
    store.put(entry('k', 'a', { sequence: 1 }))
    store.put(entry('k', 'a', { sequence: 2, withdrawn: true }))
    expect(() => store.put(entry('k', 'a', { sequence: 1 }))).toThrow(expect.objectContaining({ code: 'STALE_RECORD' }))
    expect(store.getStats()).toMatchObject({ records: 0, withdrawn: 1 })
  })

  it('limits one publisher, and lets it replace what it has', () => {
    const { store } = storeWith({ maxRecordsPerPublisher: 2 })
    store.put(entry('1', 'a'))
    store.put(entry('2', 'a'))
    expect(() => store.put(entry('3', 'a'))).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }))
    store.put(entry('2', 'a', { sequence: 2 }))
    store.put(entry('3', 'b'))
  })

  it('sheds, when full, what ends first of the publisher that takes most', () => {
    const { store } = storeWith({ maxRecords: 4 })
    store.put(entry('1', 'flood', { expiresAt: START + 9000 }))
    store.put(entry('2', 'flood', { expiresAt: START + 5000 }))
    store.put(entry('3', 'flood', { expiresAt: START + 9000 }))
    store.put(entry('4', 'honest', { expiresAt: START + 1000 }))
    store.put(entry('5', 'new', { expiresAt: START + 1000 }))
    expect([...store.scan('*')].map(({ key }) => key)).toEqual(['1', '3', '4', '5'])
    expect(() => store.put(entry('6', 'flood', { expiresAt: START + 500 }))).toThrow(
      expect.objectContaining({ code: 'STORE_FULL' }),
    )
    expect(store.getStats().records).toBe(4)
  })

  it('counts large records like many', () => {
    const { store } = storeWith({ maxStoreBytes: 40_000 })
    for (let i = 0; i < 5; i++) store.put(entry(`small${i}`, `p${i}`))
    for (let i = 0; i < 5; i++) {
      try {
        store.put(entry(`large${i}`, 'flood', { payload: new Uint8Array(12_000) }))
      } catch {}
    }
    expect([...store.scan('small*')]).toHaveLength(5)
    expect(store.getStats().bytes).toBeLessThanOrEqual(40_000)
  })

  it('never sheds our own for those of others', () => {
    const { store } = storeWith({ maxRecords: 3 })
    store.keep('own')
    for (let i = 0; i < 3; i++) store.put(entry(`own${i}`, 'own'))
    expect(() => store.put(entry('x', 'other'))).toThrow(expect.objectContaining({ code: 'STORE_FULL' }))
    expect([...store.scan('own*')]).toHaveLength(3)
  })

  it('tells each change with what was there before', () => {
    const { store, clock } = storeWith()
    const changes: [number | undefined, number | undefined][] = []
    store.onChange((now, before) => changes.push([now?.sequence, before?.sequence]))
    store.put(entry('k', 'a', { sequence: 1 }))
    store.put(entry('k', 'a', { sequence: 2 }))
    clock.sleep(60_000)
    store.removeExpired()
    expect(changes).toEqual([
      [1, undefined],
      [2, 1],
      [undefined, 2],
    ])
  })

  it('agrees with a plain map, and its sums with its records, under any sequence of changes', () => {
    const command = fc.record({
      key: fc.integer({ min: 0, max: 8 }),
      publisher: fc.constantFrom('a', 'b', 'c'),
      sequence: fc.integer({ min: 0, max: 5 }),
      life: fc.integer({ min: 1, max: 50 }),
      size: fc.integer({ min: 0, max: 5000 }),
      pause: fc.integer({ min: 0, max: 10 }),
    })
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        const { store, clock } = storeWith()
        const model = new Map<string, RecordEntry>()
        for (const { key, publisher, sequence, life, size, pause } of commands) {
          clock.sleep(pause)
          for (const [id, { expiresAt }] of model) if (expiresAt <= clock.now()) model.delete(id)
          const item = entry(`k${key}`, publisher, { sequence, expiresAt: clock.now() + life, payload: new Uint8Array(size) })
          const known = model.get(`k${key} ${publisher}`)
          if (known === undefined || sequence > known.sequence || (sequence === known.sequence && isSmaller(item, known))) {
            model.set(`k${key} ${publisher}`, item)
          }
          try {
            store.put(item)
          } catch {}
        }
        store.removeExpired()
        const there = [...store.scan('k*')]
        expect(there.map(({ key, publisher }) => `${key} ${publisher}`).sort()).toEqual([...model.keys()].sort())
        expect(store.getStats().bytes).toBe(there.reduce((sum, { payload, key }) => sum + payload.length + key.length + 96, 0))
      }),
    )
  })
})

describe('pages of a RecordStore', () => {
  it('pages through a prefix without loss or repetition', () => {
    const { store } = nodeStore()
    for (let i = 0; i < 50; i++) for (const publisher of ['b', 'a', 'c']) store.put(entry(`t:${i}`, publisher))
    store.put(entry('u:1', 'a'))
    const seen: string[] = []
    let after: [string, string] | undefined
    for (;;) {
      const page = [...store.scan('t:*', after)].slice(0, 7)
      if (page.length === 0) break
      for (const { key, publisher } of page) seen.push(key + publisher)
      after = [page.at(-1)!.key, page.at(-1)!.publisher]
    }
    expect(seen).toHaveLength(150)
    expect(new Set(seen).size).toBe(150)
  })
})

describe('SortedKeys', () => {
  it('finds by prefix what a plain list finds', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 3 })), fc.string({ maxLength: 2 }), (keys, prefix) => {
        const sorted = new SortedKeys()
        const unique = [...new Set(keys)]
        for (const key of unique) sorted.add(key)
        for (const key of unique.slice(0, 3)) sorted.delete(key)
        expect([...sorted.withPrefix(prefix)]).toEqual(
          unique
            .slice(3)
            .filter((key) => key.startsWith(prefix))
            .sort((a, b) => (a < b ? -1 : 1)),
        )
      }),
    )
  })

  it('stays in order over many chunks', () => {
    const sorted = new SortedKeys()
    const keys = Array.from({ length: 5000 }, (_, i) => `k${(i * 7919) % 5000}`)
    for (const key of keys) sorted.add(key)
    expect([...sorted.withPrefix('k')]).toEqual([...keys].sort())
    for (const key of keys) sorted.delete(key)
    expect([...sorted.withPrefix('')]).toEqual([])
  })
})
