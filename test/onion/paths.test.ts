import { describe, expect, it } from 'vitest'
import { isP2PError } from '../../src/base/errors.js'
import { seededRandom } from '../../src/base/random.js'
import type { Directory } from '../../src/onion/directory.js'
import type { Hop } from '../../src/onion/hop.js'
import { areRelated } from '../../src/onion/hop.js'
import { Middles } from '../../src/onion/middles.js'
import { Paths } from '../../src/onion/paths.js'
import { Scores } from '../../src/onion/scores.js'
import { memoryStore } from '../../src/storage/key-value-store.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { DAY_MS, hopOf, limits, NOON } from './hops.js'

const groupOf = ({ record: { operator = '' } }: Hop) => operator

/** Hops of these operators, each with as many as it says. */
function hopsOf(operators: Record<string, number>): Hop[] {
  let n = 0
  return Object.entries(operators).flatMap(([operator, count]) =>
    Array.from({ length: count }, () => hopOf(n++, { operator, address: `wss://h${n}.${operator}.example` })),
  )
}

function made(hops: Hop[], { seed = 1, minOperators = 3, hopCount = 3, store = memoryStore() } = {}) {
  const clock = new VirtualClock(NOON)
  const random = seededRandom(seed)
  const scores = new Scores(clock, limits)
  const middles = new Middles({ clock, random, store, limits, groupOf, onFailed: () => {} })
  const directory = { usable: () => hops, get: (id: string) => hops.find((hop) => hop.id === id) } as unknown as Directory
  const paths = new Paths({ clock, random, limits, directory, scores, middles, groupOf, hops: hopCount, minOperators })
  return { clock, scores, middles, paths }
}

const alice = { name: 'a', id: 'a' }
const bob = { name: 'b', id: 'b' }
const NONE = new Set<string>()

describe('a path', () => {
  it('has no two hops of one operator, there and back', () => {
    const hops = hopsOf({ a: 3, b: 3, c: 3, d: 3 })
    const { paths } = made(hops)
    for (const guard of hops) {
      const exit = paths.exit(alice, guard, 'ping', NONE)
      const there = paths.forward(alice, guard, exit)
      const back = paths.back(alice, guard, exit)
      expect(there).toHaveLength(3)
      expect(there[0]).toBe(guard)
      expect(there.at(-1)).toBe(exit)
      expect(back.at(-1)).toBe(guard)
      expect(new Set(there.map(groupOf)).size).toBe(3)
      expect(new Set([exit, ...back].map(groupOf)).size).toBe(3)
    }
  })

  it('draws the operator first: who runs thirty hops is chosen as often as who runs one', () => {
    const hops = hopsOf({ guard: 1, many: 30, b: 1, c: 1, d: 1 })
    const counts = new Map<string, number>()
    for (let i = 0; i < 2_000; i++) {
      const { paths } = made(hops, { seed: i })
      const exit = groupOf(paths.exit(alice, hops[0]!, 'ping', NONE))
      counts.set(exit, (counts.get(exit) ?? 0) + 1)
    }
    // Four operators, a quarter each: five standard deviations are 97.
    for (const operator of ['many', 'b', 'c', 'd']) expect(Math.abs(counts.get(operator)! - 500)).toBeLessThan(97)
  })

  it('takes its middles from four hops, which stay over a reload', async () => {
    const hops = hopsOf({ a: 10, b: 10, c: 10, d: 10, e: 10 })
    const store = memoryStore()
    const seen = new Set<string>()
    const first = made(hops, { store })
    for (let i = 0; i < 200; i++) {
      const exit = first.paths.exit(alice, hops[0]!, 'ping', NONE)
      seen.add(first.paths.forward(alice, hops[0]!, exit)[1]!.id)
      seen.add(first.paths.back(alice, hops[0]!, exit)[0]!.id)
    }
    expect(seen.size).toBeLessThanOrEqual(4)
    await first.clock.advance(0)
    const second = made(hops, { store, seed: 9 })
    await second.middles.load()
    for (let i = 0; i < 200; i++) {
      const exit = second.paths.exit(alice, hops[0]!, 'ping', NONE)
      seen.add(second.paths.forward(alice, hops[0]!, exit)[1]!.id)
    }
    expect(seen.size).toBeLessThanOrEqual(4)
  })

  it('has other middles after ten days', async () => {
    const hops = hopsOf({ a: 10, b: 10, c: 10, d: 10, e: 10 })
    const { middles, clock } = made(hops)
    const before = middles.of('a', hops, () => true)
    await clock.advance(4.9 * DAY_MS)
    expect(middles.of('a', hops, () => true)).toEqual(before)
    await clock.advance(5.2 * DAY_MS)
    const after = middles.of('a', hops, () => true)
    expect(after.filter((hop) => before.includes(hop)).length).toBeLessThan(4)
  })

  it('leaves out a pair of which one says that it cannot reach the other, for ten minutes', async () => {
    const hops = hopsOf({ a: 1, b: 1, c: 1 })
    const [a, b, c] = hops as [Hop, Hop, Hop]
    const { paths, scores } = made(hops)
    scores.unreachable(b.id, c.id)
    const more = made([...hops, hopOf(9, { operator: 'd', address: 'wss://d.example' })])
    const d = more.paths.usable()[3]!
    more.scores.unreachable(b.id, c.id)
    for (let i = 0; i < 20; i++) expect(more.paths.forward(alice, a, c)).toEqual([a, d, c])
    await more.clock.advance(600_000)
    const later = Array.from({ length: 50 }, () => more.paths.forward(alice, a, c)[1])
    expect(later).toContain(b)
    // Where there is no other way, what failed is tried again.
    expect(paths.forward(alice, a, c)).toEqual([a, b, c])
  })

  it('is not built of one family, nor of one group of addresses', () => {
    const [first, second] = [hopOf(1), hopOf(2)]
    const named = (own: Hop, other: Hop) => ({ ...own, record: { ...own.record, family: [other.id] } })
    expect(areRelated(first, second, ({ id }) => id)).toBe(false)
    // One alone who names another as its family keeps that one out of no path.
    expect(areRelated(named(first, second), second, ({ id }) => id)).toBe(false)
    expect(areRelated(named(first, second), named(second, first), ({ id }) => id)).toBe(true)
    const at = (hop: Hop, address: string) => ({ ...hop, record: { ...hop.record, address } })
    const near = areRelated(at(first, 'ws://203.0.113.1:80'), at(second, 'ws://203.0.200.9:80'), ({ id }) => id)
    expect(near).toBe(true)
  })

  it('keeps two purposes off one exit for ten minutes, where there are others', async () => {
    const hops = hopsOf({ guard: 1, b: 1, c: 1, d: 1 })
    const { paths, clock } = made(hops)
    const used = paths.exit(alice, hops[0]!, 'ping', NONE)
    for (let i = 0; i < 20; i++)
      expect(paths.exit({ ...bob, id: `b${i}` }, hops[0]!, 'ping', NONE, new Set(hops.map(({ id }) => id)))).toBeDefined()
    await clock.advance(600_000)
    const again = Array.from({ length: 50 }, () => paths.exit(alice, hops[0]!, 'ping', NONE).id)
    expect(again).toContain(used.id)
    const other = made(hops)
    const ofAlice = other.paths.exit(alice, hops[0]!, 'ping', NONE)
    expect(other.paths.exit(bob, hops[0]!, 'ping', NONE)).not.toBe(ofAlice)
  })

  it('needs three operators, or two where the wallet says so, and never one', () => {
    const two = hopsOf({ a: 3, b: 3 })
    const strict = made(two)
    expect(() => strict.paths.exit(alice, two[0]!, 'ping', NONE)).toThrow(
      expect.toSatisfy((error) => isP2PError(error, 'ONION_TOO_FEW_OPERATORS')),
    )
    const small = made(two, { minOperators: 2 })
    const exit = small.paths.exit(alice, two[0]!, 'ping', NONE)
    const there = small.paths.forward(alice, two[0]!, exit)
    expect(groupOf(there.at(-1)!)).toBe('b')
    expect(new Set(there).size).toBe(3)
  })

  it('is refused where no hop takes the action', () => {
    const hops = hopsOf({ a: 1, b: 1, c: 1 })
    expect(() => made(hops).paths.exit(alice, hops[0]!, 'circuit', NONE)).toThrow(
      expect.toSatisfy((error) => isP2PError(error, 'ONION_NO_PATH')),
    )
  })

  it('of a loop leads over both guards', () => {
    const hops = hopsOf({ a: 1, b: 1, c: 2 })
    const [a, b] = hops as [Hop, Hop]
    const route = made(hops).paths.loop(a, b)
    expect(route[0]).toBe(a)
    expect(route[2]).toBe(b)
    expect(groupOf(route[1]!)).toBe('c')
  })
})
