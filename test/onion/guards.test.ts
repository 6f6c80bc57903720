import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/base/random.js'
import { Guards } from '../../src/onion/guards.js'
import { memoryStore } from '../../src/storage/key-value-store.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { DAY_MS, groupOf, hopOf, limits, NOON } from './hops.js'

const MINUTE_MS = 60_000

function made({ store = memoryStore(), seed = 1, now = NOON, named = [] as number[] } = {}) {
  const clock = new VirtualClock(now)
  const random = seededRandom(seed)
  const names = named.map((n) => hopOf(n).id)
  const isNamed = ({ id }: { id: string }) => names.includes(id)
  const guards = new Guards({ clock, random, store, limits, groupOf, isNamed, makeSeed: () => random.bytes(32) })
  return { clock, store, guards }
}

const hops = (...numbers: number[]) => numbers.map((n) => hopOf(n))
const twelve = hops(...Array.from({ length: 12 }, (_, n) => n))
const told = (id: string) => twelve.find((hop) => hop.id === id)

describe('the guards', () => {
  it('are six, of as many operators as there are, of which two are used', async () => {
    const { guards } = made()
    await guards.update(twelve, told)
    expect(guards.all()).toHaveLength(6)
    expect(guards.primaries()).toHaveLength(2)
    const counts = new Map<string, number>()
    for (const { address } of guards.all()) counts.set(address, (counts.get(address) ?? 0) + 1)
    expect(counts.size).toBe(4)
    expect(Math.max(...counts.values())).toBe(2)
  })

  it('stay the same over reloads, entry identities too', async () => {
    const store = memoryStore()
    const { guards } = made({ store })
    await guards.update(twelve, told)
    const after = made({ store, seed: 99 }).guards
    expect(await after.load()).toBe(0)
    await after.update(twelve, told)
    expect(after.all()).toEqual(guards.all())
  })

  it('stay the same when some fail, and the first that can be reached is used', async () => {
    const { guards } = made()
    await guards.update(twelve, told)
    const before = guards.all().map(({ id }) => id)
    guards.failed(before[0]!)
    expect(guards.primaries().map(({ id }) => id)).toEqual([before[1], before[2]])
    await guards.update(twelve, told)
    expect(guards.all().map(({ id }) => id)).toEqual(before)
    guards.reached(before[0]!)
    expect(guards.primaries().map(({ id }) => id)).toEqual([before[0], before[1]])
  })

  it('grow by one only after all were unreachable for twenty minutes while relays were there', async () => {
    const { guards, clock } = made()
    await guards.update(twelve, told)
    for (const { id } of guards.all()) guards.failed(id)
    for (let minute = 0; minute < 60; minute++) {
      expect(await guards.extend(twelve, false)).toBe(false)
      await clock.advance(MINUTE_MS)
    }
    for (let minute = 0; minute < 20; minute++) {
      expect(await guards.extend(twelve, true)).toBe(false)
      await clock.advance(MINUTE_MS)
    }
    expect(await guards.extend(twelve, true)).toBe(true)
    expect(guards.all()).toHaveLength(7)
    expect(guards.primaries()).toHaveLength(1)
  })

  it('are not sampled anew for one that can be reached', async () => {
    const { guards, clock } = made()
    await guards.update(twelve, told)
    for (const { id } of guards.all().slice(1)) guards.failed(id)
    for (let minute = 0; minute < 60; minute++) {
      expect(await guards.extend(twelve, true)).toBe(false)
      await clock.advance(MINUTE_MS)
    }
  })

  it('leave after 120 days, and after 20 in which no directory has told them', async () => {
    const { guards, clock } = made()
    await guards.update(twelve, told)
    const [first, second] = guards.all()
    await clock.advance(20 * DAY_MS)
    const later = twelve.filter(({ id }) => id !== first!.id).map((hop) => ({ ...hop, toldAt: clock.now() }))
    await guards.update([], (id) => later.find((hop) => hop.id === id))
    expect(guards.all().map(({ id }) => id)).not.toContain(first!.id)
    expect(guards.all().map(({ id }) => id)).toContain(second!.id)
    await clock.advance(115 * DAY_MS)
    await guards.update([], (id) => later.find((hop) => hop.id === id))
    expect(guards.all()).toEqual([])
  })

  it('are not relays that know the wallet by its name, where there are others', async () => {
    const named = [0, 1, 2, 3]
    const { guards } = made({ named })
    await guards.update(twelve, told)
    const ids = guards.all().map(({ id }) => id)
    for (const n of named) expect(ids).not.toContain(hopOf(n).id)
    const few = made({ named }).guards
    await few.update(hops(0, 1, 8), told)
    expect(few.all()).toHaveLength(3)
    expect(few.all()[0]!.id).toBe(hopOf(8).id)
  })

  it('move with the address that the directory tells', async () => {
    const { guards, clock } = made()
    await guards.update(twelve, told)
    const { id } = guards.all()[0]!
    await clock.advance(MINUTE_MS)
    const moved = { ...told(id)!, toldAt: clock.now(), record: { ...told(id)!.record, address: 'wss://moved.example' } }
    await guards.update([], (other) => (other === id ? moved : told(other)))
    expect(guards.all()[0]!.address).toBe('wss://moved.example')
  })
})
