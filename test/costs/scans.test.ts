import { describe, expect, it } from 'vitest'
import { NODE_LIMITS } from '../../src/base/limits/dht-node.js'
import { limitsOf, resolveLimits } from '../../src/base/limits.js'
import { seededRandom } from '../../src/base/random.js'
import type { Work } from '../../src/defence/fair-turns.js'
import { encode } from '../../src/message/codec.js'
import { pageOf } from '../../src/plugins/dht/node/answer-pages.js'
import { SetSizes } from '../../src/plugins/dht/node/set-sizes.js'
import { isInPart, setPartOf } from '../../src/plugins/dht/records/key-space.js'
import type { RecordEntry } from '../../src/plugins/dht/records/record.js'
import { RecordStore } from '../../src/plugins/dht/records/record-store.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { recordEntry, START } from '../dht/record-entry.js'
import { draws } from '../seed.js'

const limits = limitsOf(NODE_LIMITS)
const keyOf = (i: number) => `resource:s:${String(i).padStart(6, '0')}`

function storeOf(count: number, more: (i: number) => Partial<RecordEntry> = () => ({})): RecordStore {
  const store = new RecordStore({
    clock: new VirtualClock(START),
    limits: resolveLimits({ maxRecordsPerPublisher: 1_000_000, maxRecords: 1_000_000 }),
    random: seededRandom(1),
  })
  for (let i = 0; i < count; i++) store.put(recordEntry(keyOf(i), `p${i % 100}`, more(i)))
  return store
}

function unitsOf<T>(work: Work<T>): { units: number; largest: number; result: T } {
  let units = 0
  let largest = 0
  for (;;) {
    const { done, value } = work.next()
    if (done) return { units, largest, result: value }
    units += value
    largest = Math.max(largest, value)
  }
}

describe('a question', () => {
  it('costs no more over ten times as many records as one page', () => {
    const cost = (count: number, request: object) =>
      unitsOf(pageOf(storeOf(count).scan('resource:s:*'), { key: 'resource:s:*', ...request }, limits, 'lotus')).units
    for (const request of [{}, { part: { depth: 16, path: 7 } }, { filters: { publisherId: 'nobody' } }]) {
      const once = cost(5_000, request)
      expect(cost(50_000, request)).toBe(once)
    }
  })

  it('of little scanning and a large answer costs its answer', () => {
    const cost = (bytes: number) => {
      const store = storeOf(40, () => ({ payload: new Uint8Array(bytes) }))
      return unitsOf(pageOf(store.scan('resource:s:*'), { key: 'resource:s:*' }, limits, 'lotus')).units
    }
    // 640 kB, at 64 bytes a unit.
    expect(cost(16_000) - cost(0)).toBe(10_000)
  })

  it('with filters over the largest values ends its page early, gives way within it, and goes on where it ended', () => {
    const small = Array.from({ length: 4_000 }, () => ({ a: 1 }))
    const payload = encode({ key: 'k', value: small }, limits)
    const store = storeOf(1_000, () => ({ payload }))
    const filters = { where: { nothing: 'there' } }
    let after: [string, string] | undefined
    let seen = 0
    for (let pages = 0; pages < 1_000; pages++) {
      const entries: RecordEntry[] = []
      const scanned = store.scan('resource:s:*', after)
      const { units, largest, result } = unitsOf(pageOf(scanned, { key: 'resource:s:*', filters, after }, limits, 'lotus'))
      // 65,536 units for a page, and 1,024 for what one step may be.
      expect(units).toBeLessThan(66_560)
      expect(largest).toBeLessThan(1_024)
      for (const entry of store.scan('resource:s:*', after)) {
        entries.push(entry)
        if (result.after !== undefined && entry.key === result.after[0] && entry.publisher === result.after[1]) break
      }
      seen += entries.length
      after = result.after as [string, string] | undefined
      if (after === undefined) break
    }
    expect(seen).toBe(1_000)
  })

  it('reads the store at once: what changes between two slices breaks nothing', () => {
    const store = storeOf(100)
    const page = pageOf(store.scan('resource:s:*'), { key: 'resource:s:*' }, limits, 'lotus')
    page.next()
    for (let i = 0; i < 100; i++) store.put(recordEntry(keyOf(i), `p${i % 100}`, { sequence: 2 }))
    expect(unitsOf(page).result.records).toHaveLength(100)
  })
})

describe('the size of a part of a set', () => {
  it('is that of a look through the store, whatever came and went', () => {
    const random = draws()
    const clock = new VirtualClock(START)
    const store = new RecordStore({ clock, limits: resolveLimits({ maxRecords: 60, maxRecordsPerPublisher: 60 }), random })
    const sizes = new SetSizes(store, 'lotus', 8)
    store.onChange((entry, previous) => sizes.changed(entry, previous))
    for (let i = 0; i < 2_000; i++) {
      const key = `resource:${'st'[Math.floor(random.unit() * 2)]}:${Math.floor(random.unit() * 50)}`
      const withdrawn = random.unit() < 0.3
      const expiresAt = clock.now() + 1 + Math.floor(random.unit() * 60)
      const publisher = `p${Math.floor(random.unit() * 3)}`
      try {
        store.put(recordEntry(key, publisher, { sequence: i, withdrawn, expiresAt }))
      } catch {
        // The store is full of others.
      }
      if (random.unit() < 0.2) clock.sleep(Math.floor(random.unit() * 20))
      const depth = Math.floor(random.unit() * 17)
      const part = setPartOf(key, depth, 'lotus')!
      store.removeExpired()
      const inPart = [...store.scan(`${part.prefix}*`)].filter((entry) => !entry.withdrawn && isInPart(entry.key, part, 'lotus'))
      expect(sizes.isFull(part)).toBe(inPart.length >= 8)
    }
    clock.sleep(1_000)
    store.removeExpired()
    expect([sizes.size, sizes.split]).toEqual([0, 0])
  })

  it('is known without a look at the set: ten times the records cost no more', () => {
    const looks = (count: number): number => {
      const store = storeOf(count)
      const sizes = new SetSizes(store, 'lotus', 2_048)
      const part = setPartOf(keyOf(1), 16, 'lotus')!
      sizes.isFull(part)
      let scanned = 0
      const scan = store.scan.bind(store)
      store.scan = function* (...args) {
        for (const entry of scan(...args)) {
          scanned++
          yield entry
        }
      }
      for (let i = 0; i < 1_000; i++) sizes.isFull(part)
      return scanned
    }
    expect([looks(2_000), looks(20_000)]).toEqual([0, 0])
  })
})
