import { describe, expect, it } from 'vitest'
import { isP2PError } from '../../src/base/errors.js'
import { Directory, hopsIn, type Told } from '../../src/onion/directory.js'
import { hopKeyOf } from '../../src/onion/messages.js'
import { memoryStore } from '../../src/storage/key-value-store.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { DAY_MS, hopOf, keyOf, limits, NOON, recordOf } from './hops.js'

const HOUR_MS = 3_600_000

/** What a relay tells: the hops of these numbers, with keys for every day that a test lives through. */
const told = (peerId: string, numbers: number[]): Told => ({
  peerId,
  hops: numbers.map((n) => ({
    publicKey: keyOf(n),
    record: recordOf(n, { keys: [[20_000, keyOf(n)]] }),
  })),
})

function made({ hopAgeMs = DAY_MS, guardAgeMs = 7 * DAY_MS, store = memoryStore(), now = NOON } = {}) {
  const clock = new VirtualClock(now)
  return { clock, store, directory: new Directory({ clock, store, limits, hopAgeMs, guardAgeMs }) }
}

const ids = (hops: readonly { id: string }[]) => hops.map(({ id }) => id).sort()
const idsOf = (...numbers: number[]) => ids(numbers.map((n) => hopOf(n)))

describe('the directory', () => {
  it('of a wallet that knows no hop takes what all three relays tell', async () => {
    const { directory } = made()
    await directory.take([told('a', [1, 2, 3]), told('b', [1, 2, 4]), told('c', [1, 2, 5])])
    expect(ids(directory.usable())).toEqual(idsOf(1, 2))
    expect(ids(directory.guards())).toEqual(idsOf(1, 2))
  })

  it('makes a hop that appears later wait for a day, and for a week before it is a guard', async () => {
    const { directory, clock } = made({ now: NOON - 8 * DAY_MS })
    const day = (from: number) => async (relays: string[], numbers: number[]) => {
      const epoch = Math.floor(from / DAY_MS)
      await directory.take(
        relays.map((relay) => ({
          peerId: relay,
          hops: numbers.map((n) => ({ publicKey: keyOf(n), record: recordOf(n, { keys: [[epoch, keyOf(n)]] }) })),
        })),
      )
    }
    await day(clock.now())(['a', 'b', 'c'], [1, 2])
    await day(clock.now())(['a', 'b', 'c'], [1, 2, 3])
    expect(ids(directory.usable())).toEqual(idsOf(1, 2))
    for (let hour = 0; hour < 24; hour++) {
      await clock.advance(HOUR_MS)
      await day(clock.now())(['a', 'b', 'c'], [1, 2, 3])
    }
    expect(ids(directory.usable())).toEqual(idsOf(1, 2, 3))
    expect(ids(directory.guards())).toEqual(idsOf(1, 2))
    for (let hour = 0; hour < 6 * 24; hour++) {
      await clock.advance(HOUR_MS)
      await day(clock.now())(['a', 'b', 'c'], [1, 2, 3])
    }
    expect(ids(directory.guards())).toEqual(idsOf(1, 2, 3))
  })

  it('uses no hop that one relay alone tells, and keeps none', async () => {
    const { directory } = made()
    await directory.take([told('a', [1, 2]), told('b', [1, 2]), told('c', [1, 2])])
    await directory.take([told('a', [1, 2, 90, 91]), told('b', [1, 2]), told('c', [1])])
    expect(directory.size).toBe(2)
    expect(ids(directory.usable())).toEqual(idsOf(1, 2))
  })

  it('counts a hop once, however often a relay tells it', async () => {
    const { directory } = made()
    const { hops } = told('a', [1])
    await directory.take([{ peerId: 'a', hops: [...hops, ...hops, ...hops] }, told('b', [2]), told('c', [2])])
    expect(directory.get(hopOf(1).id)).toBeUndefined()
  })

  it('leaves out a hop that was away for more than a tenth of the last day', async () => {
    const { directory, clock } = made()
    const all = ['a', 'b', 'c']
    for (let hour = 0; hour < 11; hour++) {
      await directory.take(all.map((relay) => told(relay, hour >= 3 && hour < 6 ? [1] : [1, 2])))
      await clock.advance(HOUR_MS)
    }
    expect(ids(directory.usable())).toEqual(idsOf(1))
  })

  it('forgets the key of yesterday, and a directory that is three hours old', async () => {
    const { directory, clock } = made()
    await directory.take(['a', 'b', 'c'].map((relay) => told(relay, [1])))
    await clock.advance(3 * HOUR_MS)
    expect(directory.usable()).toEqual([])
    await clock.advance(10 * HOUR_MS)
    await directory.take(['a', 'b', 'c'].map((relay) => told(relay, [1])))
    expect(directory.usable()).toEqual([])
  })

  it('is there again after a reload, with the ages of its hops', async () => {
    const store = memoryStore()
    const { directory } = made({ store })
    await directory.take(['a', 'b', 'c'].map((relay) => told(relay, [1, 2])))
    const after = made({ store, now: NOON + 60_000 }).directory
    expect(await after.load()).toBe(0)
    expect(ids(after.guards())).toEqual(idsOf(1, 2))
  })

  it('suspects the relay that hides most hops, and the one that makes them up', async () => {
    const { directory } = made()
    const honest = [1, 2, 3, 4, 5, 6]
    const hiding = await directory.take([told('a', honest), told('b', honest), told('c', [1, 2])])
    expect(hiding.suspects).toEqual(['c'])
    const inventing = await directory.take([told('a', honest), told('b', honest), told('c', [1, 21, 22, 23, 24, 25, 26, 27])])
    expect(inventing.suspects).toEqual(['c'])
    expect((await directory.take([told('a', honest), told('b', honest), told('c', honest.slice(1))])).suspects).toEqual([])
  })

  it('needs two relays', async () => {
    const { directory } = made()
    await expect(directory.take([told('a', [1])])).rejects.toSatisfy((error) => isP2PError(error, 'ONION_NO_PATH'))
  })

  it('keeps no more hops than its bound, those that were told last', async () => {
    const clock = new VirtualClock(NOON)
    const few = { ...(limits as object), maxOnionHops: 3 } as never
    const directory = new Directory({ clock, store: memoryStore(), limits: few, hopAgeMs: 0, guardAgeMs: 0 })
    await directory.take(['a', 'b'].map((relay) => told(relay, [1, 2, 3])))
    await clock.advance(1_000)
    await directory.take(['a', 'b'].map((relay) => told(relay, [2, 3, 4])))
    expect(ids(directory.all())).toEqual(idsOf(2, 3, 4))
  })

  it('reads only records that speak of their signer', () => {
    const of = (n: number, key: string, value: unknown = recordOf(n)) => ({ key, publicKey: keyOf(n), value })
    const { id } = hopOf(1)
    expect(hopsIn([of(1, hopKeyOf(id)), of(2, hopKeyOf(id)), of(1, hopKeyOf(id), { v: 2 })], hopKeyOf)).toHaveLength(1)
  })
})
