import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS } from '../../src/base/limits.js'
import { DistributedHashTable } from '../../src/plugins/dht/client/dht.js'
import type { FilterConditions } from '../../src/plugins/dht/records/record-filters.js'
import type { DiscoverOptions } from '../../src/plugins/discovery/filters.js'
import { ResourceDiscovery } from '../../src/plugins/discovery/resource-discovery.js'
import { resourceIdOf, resourceKey, resourcePrefix } from '../../src/plugins/discovery/resource-key.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { createPeer, quiet } from '../dht/network.js'

interface Session {
  amount: bigint
  state?: string
}

const alone = () => {
  const clock = new VirtualClock()
  return { clock, discovery: new ResourceDiscovery(new DistributedHashTable('alice', { clock, logger: quiet }), 'alice') }
}

describe('ResourceDiscovery alone', () => {
  it('announces, finds, gets and withdraws', async () => {
    const { clock, discovery } = alone()
    await discovery.announceResource('session', 's:1', { amount: 5n }, { ttl: 60 })
    const expected = {
      resourceId: 's:1',
      resourceType: 'session',
      creatorPeerId: 'alice',
      data: { amount: 5n },
      createdAt: clock.now(),
      expiresAt: clock.now() + 60_000,
    }
    expect(await discovery.getResource('session', 's:1')).toEqual(expected)
    expect(await discovery.discoverResources('session')).toEqual([expected])
    expect(await discovery.discoverResources('sess')).toEqual([])
    await discovery.withdrawResource('session', 's:1')
    expect(await discovery.getResource('session', 's:1')).toBeNull()
  })

  it('takes the newest 20 of one publisher, of which 300 do not fill a search, unless it is asked for more', async () => {
    const { clock, discovery } = alone()
    const ids: string[] = []
    for (let i = 0; i < 300; i++) {
      ids.unshift(`s${i}`)
      await discovery.announceResource('session', ids[0]!, { i })
      await clock.advance(1)
    }
    const found = async (options: DiscoverOptions) =>
      (await discovery.discoverResources('session', {}, options)).map(({ resourceId }) => resourceId)
    expect(await found({})).toEqual(ids.slice(0, 20))
    expect(await found({ onePerPublisher: true })).toEqual(ids.slice(0, 1))
    expect(await found({ resourcesPerPublisher: 50, maxResults: 30 })).toEqual(ids.slice(0, 30))
    expect(await found({ creatorPeerId: 'alice' })).toHaveLength(300)
    await expect(found({ resourcesPerPublisher: 0 })).rejects.toMatchObject({ code: 'INVALID_RESOURCE' })
  })

  it('ends a resource with its TTL', async () => {
    const { clock, discovery } = alone()
    await discovery.announceResource('session', '1', {}, { ttl: 2 })
    await clock.advance(2_000)
    expect(await discovery.discoverResources('session')).toEqual([])
    expect(discovery.cleanup()).toBe(1)
  })

  it('filters by creator, time and data', async () => {
    const { clock, discovery } = alone()
    const start = clock.now()
    for (let i = 0; i < 4; i++) {
      await discovery.announceResource<Session>('session', `${i}`, { amount: BigInt(i), state: i % 2 ? 'open' : 'full' })
      await clock.advance(10)
    }
    const ids = async (conditions: FilterConditions | null, options?: DiscoverOptions) =>
      (await discovery.discoverResources('session', conditions, options)).map(({ resourceId }) => resourceId)
    expect(await ids({}, { maxResults: 2 })).toEqual(['3', '2'])
    expect(await ids({}, { createdAfter: start, createdBefore: start + 30 })).toEqual(['2', '1'])
    expect(await ids({ amount: { gte: 1n }, state: 'open' })).toEqual(['3', '1'])
    expect(await ids({}, { creatorPeerId: 'bob' })).toEqual([])
    expect(await ids(null)).toHaveLength(4)
  })

  it.each([
    ['an empty type', (d: ResourceDiscovery) => d.announceResource('', 'x', 1), 'INVALID_RESOURCE'],
    ['an empty id', (d: ResourceDiscovery) => d.announceResource('t', '', 1), 'INVALID_RESOURCE'],
    ['an id that is no text', (d: ResourceDiscovery) => d.getResource('t', 5 as never), 'INVALID_RESOURCE'],
    ['an over-long id', (d: ResourceDiscovery) => d.announceResource('t', 'x'.repeat(600), 1), 'INVALID_RESOURCE'],
    ['an over-long type', (d: ResourceDiscovery) => d.discoverResources('t'.repeat(129)), 'INVALID_RESOURCE'],
    ['no data', (d: ResourceDiscovery) => d.announceResource('t', 'x', undefined), 'INVALID_RESOURCE'],
    ['ttl 0', (d: ResourceDiscovery) => d.announceResource('t', 'x', 1, { ttl: 0 }), 'INVALID_RESOURCE'],
    ['ttl NaN', (d: ResourceDiscovery) => d.announceResource('t', 'x', 1, { ttl: Number.NaN }), 'INVALID_RESOURCE'],
    ['a ttl above the cap', (d: ResourceDiscovery) => d.announceResource('t', 'x', 1, { ttl: 1e9 }), 'INVALID_RESOURCE'],
    ['data that cannot travel', (d: ResourceDiscovery) => d.announceResource('t', 'x', new Map()), 'UNSERIALIZABLE_PAYLOAD'],
    ['data that is too large', (d: ResourceDiscovery) => d.announceResource('t', 'x', 'x'.repeat(20_000)), 'MESSAGE_TOO_LARGE'],
    ['conditions that are a text', (d: ResourceDiscovery) => d.discoverResources('t', 'open' as never), 'INVALID_RESOURCE'],
    ['the operator $gte', (d: ResourceDiscovery) => d.discoverResources('t', { x: { $gte: 1 } as never }), 'INVALID_RESOURCE'],
    ['the operator eq', (d: ResourceDiscovery) => d.discoverResources('t', { x: { eq: 1 } as never }), 'INVALID_RESOURCE'],
    [
      'the operator constructor',
      (d: ResourceDiscovery) => d.discoverResources('t', { x: { constructor: 1 } as never }),
      'INVALID_RESOURCE',
    ],
    [
      'a condition that is undefined',
      (d: ResourceDiscovery) => d.discoverResources('t', { x: undefined as never }),
      'INVALID_RESOURCE',
    ],
    [
      'a filter that is a function',
      (d: ResourceDiscovery) => d.discoverResources('t', { x: (() => 1) as never }),
      'INVALID_RESOURCE',
    ],
    ['an unknown operator', (d: ResourceDiscovery) => d.discoverResources('t', { x: { like: 1 } as never }), 'INVALID_RESOURCE'],
    ['exists: 1', (d: ResourceDiscovery) => d.discoverResources('t', { x: { exists: 1 } as never }), 'INVALID_RESOURCE'],
    [
      'contains of an array',
      (d: ResourceDiscovery) => d.discoverResources('t', { x: { contains: [] } as never }),
      'INVALID_RESOURCE',
    ],
    ['maxResults 0', (d: ResourceDiscovery) => d.discoverResources('t', {}, { maxResults: 0 }), 'INVALID_RESOURCE'],
  ])('refuses %s', async (_, call, code) => {
    await expect(call(alone().discovery)).rejects.toMatchObject({ code })
  })
})

describe('filters by what a field holds', () => {
  const data = [
    { name: 'swap fast', tags: ['a', 5n, new Date(7)], note: null },
    { name: 'swap', tags: 'b', deep: { fee: 1 } },
    { tags: [] },
  ]
  const cases: [string, FilterConditions, number[]][] = [
    ['a text in a text', { name: { contains: 'fast' } }, [0]],
    ['the empty text, in every text', { name: { contains: '' } }, [0, 1]],
    ['a value in an array', { tags: { contains: 'a' } }, [0]],
    ['a number in an array, of whichever type', { tags: { contains: 5 } }, [0]],
    ['a date in an array', { tags: { contains: 7 } }, [0]],
    ['a number in no text', { name: { contains: 5 } }, []],
    ['a field that is there, be it null', { note: { exists: true } }, [0]],
    ['a field that is not there', { 'deep.fee': { exists: false } }, [0, 2]],
    ['two of them', { name: { exists: true, ne: 'swap' } }, [0]],
    ['what is not equal, or not there', { name: { ne: 'swap' } }, [0, 2]],
  ]

  it.each(cases)('find %s', async (_, where, expected) => {
    const clock = new VirtualClock()
    const [alice, server, bob] = [createPeer(clock, 1), createPeer(clock, 2, { server: true }), createPeer(clock, 3)]
    for (const peer of [alice, bob]) peer.host.connect(server.host)
    for (const [id, item] of data.entries()) await clock.run(alice.discovery.announceResource('t', `${id}`, item))
    const found = await clock.run(bob.discovery.discoverResources('t', where))
    expect(found.map(({ resourceId }) => Number(resourceId)).sort()).toEqual(expected)
  })

  it.each([
    ['an unknown operator', { where: { name: { like: 'x' } } }],
    ['an unknown filter', { owner: 'alice' }],
    ['contains with a map', { where: { name: { contains: {} } } }],
    ['exists with a text', { where: { name: { exists: 'yes' } } }],
  ])('are refused by a server that is sent %s', async (_, filters) => {
    const clock = new VirtualClock()
    const [server, bob] = [createPeer(clock, 2, { server: true }), createPeer(clock, 3)]
    bob.host.connect(server.host)
    const asked = bob.host.request(server.host.peerId, {
      type: 'find-record',
      payload: { key: 'resource:t:*', filters },
      protocol: 'lotus/dht',
    })
    await expect(clock.run(asked)).rejects.toMatchObject({ code: 'MALFORMED_DATA' })
  })
})

describe('resource keys', () => {
  it('give every type and id a key of its own, and the id back', () => {
    const part = fc.string({ unit: fc.constantFrom('a', ':', '%', '*', '2', '5', '3', 'A', 'é'), minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(part, part, part, part, (type, id, otherType, otherId) => {
        const key = resourceKey(type, id, DEFAULT_LIMITS)
        expect(resourceIdOf(key, resourcePrefix(type, DEFAULT_LIMITS))).toBe(id)
        expect(key.endsWith('*')).toBe(false)
        if (type !== otherType || id !== otherId) expect(resourceKey(otherType, otherId, DEFAULT_LIMITS)).not.toBe(key)
      }),
    )
  })
})

describe('ResourceDiscovery on the network', () => {
  function network() {
    const clock = new VirtualClock()
    const relay = createPeer(clock, 1, { server: true })
    const alice = createPeer(clock, 2, { name: 'alice' })
    const bob = createPeer(clock, 3)
    alice.host.connect(relay.host)
    bob.host.connect(relay.host)
    return { clock, relay, alice, bob }
  }

  it('watches resources come, change, stop matching and go', async () => {
    const { clock, alice, bob } = network()
    const heard: unknown[] = []
    const note = ({ resourceId, data }: { resourceId: string; data: Session }, change: string) =>
      heard.push([change, resourceId, data.amount])
    await alice.discovery.announceResource<Session>('session', '1', { amount: 5n })
    const stop = bob.discovery.watchResources<Session>('session', { amount: { gte: 5n } }, note)
    await clock.advance(1)
    await alice.discovery.announceResource<Session>('session', '2', { amount: 1n })
    await alice.discovery.announceResource<Session>('session', '3', { amount: 7n }, { ttl: 60 })
    await clock.advance(1)
    await alice.discovery.announceResource<Session>('session', '1', { amount: 6n })
    await clock.advance(1)
    await alice.discovery.announceResource<Session>('session', '1', { amount: 2n })
    await clock.advance(600_000)
    await alice.discovery.withdrawResource('session', '3')
    await clock.advance(0)
    expect(heard).toEqual([
      ['added', '1', 5n],
      ['added', '3', 7n],
      ['updated', '1', 6n],
      ['removed', '1', 6n],
      ['removed', '3', 7n],
    ])
    stop()
    await alice.discovery.announceResource<Session>('session', '4', { amount: 9n })
    await clock.advance(0)
    expect(heard).toHaveLength(5)
  })

  it('tells of expiry where the announcer is gone', async () => {
    const { clock, alice, bob } = network()
    const heard: string[] = []
    await alice.discovery.announceResource('session', '1', {}, { ttl: 60 })
    bob.discovery.watchResources('session', null, (_, change) => heard.push(change))
    await clock.advance(1)
    alice.dht.shutdown()
    await clock.advance(60_000)
    expect(heard).toEqual(['added', 'removed'])
  })

  it('gives the newest of several announcers, or that of the one named', async () => {
    const { clock, alice, bob, relay } = network()
    await alice.discovery.announceResource('session', '1', 'by alice')
    await clock.advance(1)
    await bob.discovery.announceResource('session', '1', 'by bob')
    expect(await alice.discovery.getResource('session', '1')).toMatchObject({ data: 'by bob', creatorPeerId: bob.host.peerId })
    expect(await bob.discovery.getResource('session', '1', { creatorPeerId: 'alice' })).toMatchObject({
      data: 'by alice',
      signature: expect.any(Uint8Array),
    })
    expect(await relay.discovery.discoverResources('session')).toHaveLength(2)
  })

  it('leaves out what is no resource, though it is signed and stored under such a key', async () => {
    const { clock, alice, bob } = network()
    const heard: unknown[] = []
    bob.discovery.watchResources('session', {}, (resource) => heard.push(resource))
    for (const value of [5, null, { data: 1 }, { createdAt: 1 }, { data: 1, createdAt: clock.now() * 2 }]) {
      await alice.dht.announce({ key: 'resource:session:1', value })
      await clock.advance(1)
      expect(await bob.discovery.discoverResources('session')).toEqual([])
      expect(await bob.discovery.getResource('session', '1')).toBeNull()
    }
    expect(heard).toEqual([])
  })
})
