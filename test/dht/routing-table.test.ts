import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { resolveLimits } from '../../src/base/limits.js'
import { commonBits, compareDistance, nodeIdOf } from '../../src/plugins/dht/records/key-space.js'
import { type Contact, contactOf } from '../../src/plugins/dht/walk/contact.js'
import { RoutingTable } from '../../src/plugins/dht/walk/routing-table.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { told } from './told.js'

const K = 4
const ownId = nodeIdOf(new Uint8Array(32).fill(255), 'lotus')
const all = Array.from({ length: 400 }, (_, n) => {
  const key = new Uint8Array(32)
  key.set([n & 255, n >> 8])
  return contactOf(key, told(`wss://n${n}.example`), 'lotus')
})
/** Nodes of the far half: they share no bit with us, and so one bucket. */
const far = all.filter(({ id }) => commonBits(ownId, id) === 0)

function setup() {
  const clock = new VirtualClock()
  const table = new RoutingTable(ownId, clock, resolveLimits({ dhtBucketSize: K }))
  const see = async (contact: Contact) => {
    await clock.advance(1_000)
    return table.seen(contact)
  }
  return { clock, table, see }
}

describe('a bucket', () => {
  it('takes k nodes, and never gives up one that lives for a newer one', async () => {
    const { table, see } = setup()
    const seen = []
    for (const contact of far.slice(0, K + 3)) seen.push(await see(contact))
    expect(seen).toEqual([...Array(K).fill('added'), ...Array(3).fill('waiting')])
    expect(table.all()).toEqual(far.slice(0, K))
    // A thousand new faces change nothing.
    for (const contact of far.slice(K, 100)) await see(contact)
    expect(new Set(table.all())).toEqual(new Set(far.slice(0, K)))
  })

  it('that one origin has more than its share of makes room for rarer ones, until it has no more than that', async () => {
    const { clock } = setup()
    const table = new RoutingTable(ownId, clock, resolveLimits({ dhtBucketSize: 8 }))
    const at = (contact: Contact, address: string) => contactOf(contact.publicKey, told(address), 'lotus')
    const crowd = far.slice(0, 8).map((contact, i) => at(contact, `ws://203.0.113.${i}`))
    for (const contact of crowd) expect(table.seen(contact)).toBe('added')
    expect(table.seen(at(far[8]!, 'ws://203.0.113.99'))).toBe('waiting')
    // What was only told of displaces nobody who was met.
    table.learned(at(far[9]!, 'ws://198.51.100.1'), 'teller')
    expect(new Set(table.all())).toEqual(new Set(crowd))
    for (let i = 10; i < 40; i++) table.seen(at(far[i]!, `ws://${i}.51.100.1`))
    const groups = table.all().map(({ address }) => address.split('.')[0])
    expect(groups).toHaveLength(8)
    expect(groups.filter((group) => group === 'ws://203')).toHaveLength(2)
  })

  it('names the one silent longest as the first to ask', async () => {
    const { table, see } = setup()
    for (const contact of far.slice(0, K)) await see(contact)
    expect(table.leastRecentlySeen(far[K]!)).toBe(far[0])
    await see(far[0]!)
    expect(table.leastRecentlySeen(far[K]!)).toBe(far[1])
  })

  it('replaces one that fails by the newest that waits', async () => {
    const { table, see } = setup()
    for (const contact of far.slice(0, K + 2)) await see(contact)
    expect(table.failed(far[1]!)).toBe(true)
    expect(new Set(table.all())).toEqual(new Set([far[0], far[2], far[3], far[K + 1]]))
  })

  it('keeps one that has failed once where nobody waits, and takes an answer for forgiveness', async () => {
    const { table, see } = setup()
    await see(far[0]!)
    expect(table.failed(far[0]!)).toBe(false)
    await see(far[0]!)
    expect(table.failed(far[0]!)).toBe(false)
    expect(table.failed(far[0]!)).toBe(true)
    expect(table.size).toBe(0)
  })

  it('takes hearsay only where there is room, drops it at the first failure, and gives it up for one that was met', async () => {
    const { table, see } = setup()
    for (const contact of far.slice(0, K + 5)) table.learned(contact, 'teller')
    expect(table.size).toBe(K)
    expect(table.trusted(ownId, K)).toEqual([])
    expect(table.failed(far[0]!)).toBe(true)
    expect(await see(far[10]!)).toBe('added')
    expect(await see(far[11]!)).toBe('added')
    expect(table.all()).toContain(far[11])
    expect(table.trusted(ownId, K)).toHaveLength(2)
    for (const contact of far.slice(12, 30)) table.learned(contact, 'teller')
    expect(table.all()).toEqual(expect.arrayContaining([far[10], far[11]]))
  })

  it('passes on what two have told, not what one has', () => {
    const { table } = setup()
    table.learned(far[0]!, 'a')
    table.learned(far[0]!, 'a')
    expect(table.trusted(ownId, K)).toEqual([])
    table.learned(far[0]!, 'b')
    expect(table.trusted(ownId, K)).toEqual([far[0]])
  })

  it('never holds ourselves', () => {
    const { table } = setup()
    table.seen(contactOf(new Uint8Array(32).fill(255), told('wss://us.example'), 'lotus'))
    table.learned(contactOf(new Uint8Array(32).fill(255), told('wss://us.example'), 'lotus'), 'x')
    expect(table.size).toBe(0)
  })
})

describe('a table', () => {
  it('finds the nearest of all that it holds, whatever comes and goes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: all.length - 1 }), fc.constantFrom('seen', 'failed', 'learned', 'remove')), {
          maxLength: 300,
        }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.integer({ min: 1, max: 30 }),
        (steps, target, count) => {
          const { table } = setup()
          for (const [n, what] of steps) {
            const contact = all[n]!
            if (what === 'seen') table.seen(contact)
            else if (what === 'learned') table.learned(contact, `teller ${n % 3}`)
            else table[what](contact)
          }
          const sorted = table.all().sort((a, b) => compareDistance(target, a.id, b.id))
          expect(table.closest(target, count)).toEqual(sorted.slice(0, count))
          expect(table.size).toBe(table.all().length)
          for (const { nodes, waiting } of table.getStats()) expect(Math.max(nodes, waiting)).toBeLessThanOrEqual(K)
        },
      ),
    )
  })

  it('names the buckets that no lookup went through, the empty ones on the way included', async () => {
    const { clock, table, see } = setup()
    const near = all.reduce((a, b) => (commonBits(ownId, a.id) > commonBits(ownId, b.id) ? a : b))
    const depth = commonBits(ownId, near.id)
    await see(near)
    await see(far[0]!)
    expect(table.stale(60_000)).toEqual(Array.from({ length: depth - 1 }, (_, i) => i + 1))
    await clock.advance(60_000)
    expect(table.stale(60_000)).toEqual(Array.from({ length: depth + 1 }, (_, i) => i))
    table.used(far[0]!.id)
    expect(table.stale(60_000)).not.toContain(0)
  })
})
