import { getEventListeners } from 'node:events'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { P2PError } from '../../src/base/errors.js'
import type { P2PCoordinator } from '../../src/coordinator.js'
import type { Core } from '../../src/core/core.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { DHT_PROTOCOL } from '../../src/plugins/dht/client/dht-messages.js'
import { compareDistance, nodeIdOf, placeOfKey } from '../../src/plugins/dht/records/key-space.js'
import { createTestNetwork, type TestNetwork, type TestPeerOptions } from '../../src/testing/test-network.js'
import { kitOf } from '../kit-of.js'
import { LONG, unlessLong } from '../long.js'

// Hundreds of handshakes: a busy computer takes its time for them.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

let net: TestNetwork

const seed = (n: number) => {
  const bytes = new Uint8Array(32)
  bytes.set([n & 255, n >> 8, 42])
  return bytes
}

/** Nodes that know each other as they would in a grown network: each came by one that was there. */
async function nodes(count: number, limits: TestPeerOptions['limits'] = { dhtBucketSize: 8 }, relay = false) {
  net = createTestNetwork({ latencyMs: 10, scheme: 'ws' })
  const all: P2PCoordinator[] = []
  for (let i = 0; i < count; i++) {
    const bootstrap = i === 0 ? [] : [`ws://node${(i * 7) % i}.example`]
    all.push(await node(i, { bootstrap, relay, limits: limits ?? {} }))
  }
  await net.clock.advance(20_000)
  return all
}

async function node(n: number, options: TestPeerOptions = {}) {
  const peer = net.createPeer({
    host: `node${n}.example`,
    identity: identityFromSeed(seed(n)),
    maxConnections: 500,
    heartbeatInterval: 600_000,
    dht: { mode: 'server' },
    ...options,
  })
  await net.run(peer.start())
  return peer
}

async function tab(n: number, options: TestPeerOptions = {}) {
  return node(1_000 + n, { listening: false, dht: { mode: 'client' }, limits: { dhtBucketSize: 8 }, ...options })
}

const distance = (place: Uint8Array) => (a: P2PCoordinator, b: P2PCoordinator) =>
  compareDistance(place, nodeIdOf(a.publicKey, 'lotus'), nodeIdOf(b.publicKey, 'lotus'))
const holders = (all: P2PCoordinator[], key: string) => all.filter(({ dht }) => [...dht.store.scan(key)].length > 0)
const connectionsOf = (peer: P2PCoordinator) => (Reflect.get(peer, 'core') as Core).network.peers.all()
const network = (peer: P2PCoordinator) => peer.dht.getStats().network!

unlessLong.describe('a network of thirty nodes', () => {
  let all: P2PCoordinator[]
  beforeAll(async () => {
    all = await nodes(30, { dhtBucketSize: 8 }, true)
  })
  afterAll(() => net.stop())

  it('keeps a record at the nodes nearest to its place, and any node finds it', async () => {
    const publisher = all[3]!
    const { servers } = await net.run(publisher.dht.announce({ key: 'offer 1', value: 1 }))
    const expected = [...all].sort(distance(placeOfKey('offer 1', 'lotus'))).slice(0, 8)
    const there = holders(all, 'offer 1').filter((peer) => peer !== publisher)
    // A table that has not met a newcomer yet may miss one of them.
    expect(there.filter((peer) => expected.includes(peer)).length).toBeGreaterThanOrEqual(6)
    expect(servers.length).toBeGreaterThanOrEqual(7)
    for (const peer of [all[0]!, all[20]!, all[29]!]) expect((await net.run(peer.dht.get('offer 1')))?.value).toBe(1)
  })

  it('serves tabs at different nodes: one publishes, the other finds, in a few round trips', async () => {
    const alice = await tab(1, { bootstrap: ['ws://node5.example'] })
    const bob = await tab(2, { bootstrap: ['ws://node24.example'] })
    await net.run(alice.dht.announce({ key: 'offer 2', value: 'of alice' }))
    const startedAt = net.clock.now()
    expect((await net.run(bob.dht.get('offer 2')))?.value).toBe('of alice')
    expect(net.clock.now() - startedAt).toBeLessThan(200)
    expect(network(bob).mode).toBe('client')
    // Nobody asks a tab for anything.
    const told = (peer: P2PCoordinator) => peer.dht.getStats().network!.nodes
    expect(told(bob)).toBe(1)
  })

  it('finds a peer by its id at a relay that is two hops away', async () => {
    const alice = await tab(3, { bootstrap: ['ws://node5.example'] })
    const bob = await tab(4, { bootstrap: ['ws://node12.example'] })
    await net.clock.advance(10_000)
    await net.run(bob.connectToPeer(alice.peerId))
    expect(bob.isConnected(alice.peerId)).toBe(true)
  })

  it('finds the resources of a type from everywhere, filtered where they are kept', async () => {
    for (const n of [1, 9, 17, 25, 28]) await net.run(all[n]!.announceResource('offer', `o${n}`, { amount: n }))
    const bob = await tab(5, { bootstrap: ['ws://node29.example'] })
    const found = await net.run(bob.discoverResources<{ amount: number }>('offer', { amount: { gte: 10 } }))
    expect(found.map(({ data }) => data.amount).sort()).toEqual([17, 25, 28])
    expect((await net.run(bob.getResource<{ amount: number }>('offer', 'o9')))?.data.amount).toBe(9)
    expect(await net.run(bob.getResource('offer', 'o8'))).toBeNull()
  })

  it('a withdrawn record stays withdrawn, whichever node is asked', async () => {
    await net.run(all[3]!.dht.announce({ key: 'offer 5', value: 1 }))
    await net.run(all[3]!.dht.withdraw('offer 5'))
    await net.clock.advance(1_000)
    for (const peer of [all[0]!, all[15]!, all[29]!]) expect(await net.run(peer.dht.get('offer 5'))).toBeNull()
  })

  it('an update is seen at once from everywhere', async () => {
    await net.run(all[3]!.dht.announce({ key: 'offer 6', value: 1 }))
    for (const peer of all.slice(10, 14)) await net.run(peer.dht.get('offer 6'))
    await net.run(all[3]!.dht.announce({ key: 'offer 6', value: 2 }))
    for (const peer of all.slice(8, 20)) expect((await net.run(peer.dht.get('offer 6')))?.value).toBe(2)
  })

  it('leaves no listener at the signal of a caller, as a node and as a client', async () => {
    const { signal } = new AbortController()
    const listeners = () => getEventListeners(signal, 'abort').length
    const alice = await tab(6, { bootstrap: ['ws://node5.example'] })
    let most = 0
    for (const peer of [all[3]!, alice]) {
      for (let i = 0; i < 12; i++) {
        const done = peer.announceResource('paper', `p${i}`, { i }, { signal })
        await net.clock.advance(15)
        most = Math.max(most, listeners())
        await net.run(done)
      }
      await net.run(peer.dht.get('offer 1', { signal }))
      await net.run(peer.discoverResources('paper', {}, { signal }))
      await net.run(peer.dht.withdraw('resource:paper:p1', { signal }))
      if (peer !== alice) await net.run(peer.dht.trace('offer 1', { signal }))
    }
    expect(listeners()).toBe(0)
    // Each walk has one: Node takes more than ten for a leak.
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThan(10)
  })

  it('tells how a lookup went, step by step', async () => {
    const { steps, hops, tookMs } = await net.run(all[2]!.dht.trace('offer 7'))
    expect(steps.length).toBeGreaterThan(5)
    expect(steps.every(({ peerId, address, hop }) => peerId.startsWith('lp1') && address.startsWith('ws://') && hop >= 1)).toBe(
      true,
    )
    expect(hops).toBeGreaterThanOrEqual(1)
    expect(tookMs).toBeGreaterThan(0)
    const { mode, nodes: known, buckets, lookups, successRate } = network(all[2]!)
    expect([mode, successRate]).toEqual(['node', 1])
    expect(known).toBe(buckets.reduce((sum, bucket) => sum + bucket.nodes, 0))
    expect(lookups).toBeGreaterThan(1)
  })

  it('has a peer behind relays only ask nobody but them', async () => {
    const alice = await tab(7, { privacy: 'relayed', bootstrap: ['ws://node5.example'] })
    await net.run(alice.dht.announce({ key: 'offer 10', value: 1 }))
    expect((await net.run(alice.dht.get('offer 10')))?.value).toBe(1)
    expect(alice.getConnectedPeers()).toHaveLength(1)
  })

  it('gives a newcomer that is nearest what belongs to it', async () => {
    await net.run(all[3]!.dht.announce({ key: 'offer 8', value: 1 }))
    const place = placeOfKey('offer 8', 'lotus')
    const ids = Array.from({ length: 300 }, (_, n) => n + 5_000)
    const nearest = ids
      .map((n) => ({ n, id: nodeIdOf(identityFromSeed(seed(n)).publicKey, 'lotus') }))
      .reduce((a, b) => (compareDistance(place, a.id, b.id) < 0 ? a : b)).n
    const newcomer = await node(nearest, { bootstrap: ['ws://node0.example'], limits: { dhtBucketSize: 8 } })
    await net.clock.advance(5_000)
    expect(holders([newcomer], 'offer 8')).toEqual([newcomer])
  })

  // The last one: they stay dead.
  it('has dead nodes cost a lookup no timeout of seconds', async () => {
    await net.run(all[3]!.dht.announce({ key: 'offer 9', value: 1 }))
    for (const peer of holders(all, 'offer 9').slice(0, 4)) net.network.vanish(net.addressOf(peer).slice('ws://'.length))
    const startedAt = net.clock.now()
    const asker = all.find((peer) => !holders(all, 'offer 9').includes(peer))!
    expect((await net.run(asker.dht.get('offer 9')))?.value).toBe(1)
    expect(net.clock.now() - startedAt).toBeLessThan(1_500)
  })
})

if (LONG)
  describe('nodes that come and go', () => {
    afterEach(() => net.stop())

    it('connections made for lookups end when they are not used', async () => {
      const all = await nodes(24, { dhtBucketSize: 8, dhtLinks: 4, dhtLinkIdleMs: 60_000 })
      for (let i = 0; i < 10; i++) await net.run(all[0]!.dht.get(`key ${i}`))
      await net.clock.advance(300_000)
      // Its own four, and those of others that have chosen it.
      expect(all.reduce((sum, peer) => sum + peer.getConnectedPeers().length, 0) / all.length).toBeLessThan(12)
    })

    it('a record outlives all nodes that held it first', async () => {
      const all = await nodes(14, { dhtBucketSize: 4 })
      await net.run(all[3]!.dht.announce({ key: 'offer', value: 1, ttl: 7_200, republish: false }))
      const first = holders(all, 'offer')
      const next: P2PCoordinator[] = []
      // Every quarter of an hour a third of them goes without a word, and others come.
      for (const [i, peer] of first.entries()) {
        await net.run(peer.shutdown())
        next.push(await node(100 + i, { bootstrap: [`ws://${survivor(all, first)}`], limits: { dhtBucketSize: 4 } }))
        if (i % 2 === 1) await net.clock.advance(900_000)
      }
      const alive = [...all.filter((peer) => !first.includes(peer)), ...next]
      expect(holders(alive, 'offer').length).toBeGreaterThanOrEqual(3)
      expect((await net.run(alive[0]!.dht.get('offer')))?.value).toBe(1)
    })
  })

unlessLong.describe('small networks', () => {
  afterEach(() => net.stop())

  it('one relay answers in one round trip, and says at once that there is nothing', async () => {
    await nodes(1)
    const alice = await tab(1, { bootstrap: ['ws://node0.example'] })
    const bob = await tab(2, { bootstrap: ['ws://node0.example'] })
    await net.run(alice.dht.announce({ key: 'offer', value: 1 }))
    const startedAt = net.clock.now()
    expect((await net.run(bob.dht.get('offer')))?.value).toBe(1)
    expect(await net.run(bob.dht.get('nothing'))).toBeNull()
    expect(net.clock.now() - startedAt).toBe(40)
  })

  it('two relays, one of them gone without a word: no wait for a timeout', async () => {
    await nodes(2)
    const alice = await tab(1, { bootstrap: ['ws://node0.example'] })
    await net.run(alice.dht.announce({ key: 'offer', value: 1 }))
    net.network.vanish('node1.example')
    const startedAt = net.clock.now()
    expect((await net.run(alice.dht.get('offer', { publisherId: alice.peerId })))?.value).toBe(1)
    const bob = await tab(2, { bootstrap: ['ws://node0.example'] })
    expect((await net.run(bob.dht.get('offer')))?.value).toBe(1)
    expect(net.clock.now() - startedAt).toBeLessThan(600)
  })

  it('three listening peers without any relay find what each has', async () => {
    net = createTestNetwork({ latencyMs: 10, scheme: 'ws' })
    const peers: P2PCoordinator[] = []
    for (const n of [0, 1, 2]) {
      peers.push(await node(n, { dht: { mode: 'auto' }, bootstrap: n === 0 ? [] : ['ws://node0.example'] }))
    }
    await net.run(peers[2]!.connectToPeer('ws://node1.example'))
    for (const peer of peers) await net.run(peer.dht.announce({ key: `of ${peers.indexOf(peer)}`, value: peers.indexOf(peer) }))
    for (const peer of peers) {
      for (const n of [0, 1, 2]) expect((await net.run(peer.dht.get(`of ${n}`)))?.value).toBe(n)
    }
  })
})

unlessLong.describe('who is a node', () => {
  afterEach(() => net.stop())

  it('a listening peer is one once it was reached and has been up for ten minutes', async () => {
    net = createTestNetwork({ latencyMs: 10, scheme: 'ws' })
    const relay = await node(0)
    const peer = await node(1, { dht: { mode: 'auto' }, bootstrap: ['ws://node0.example'] })
    await net.clock.advance(700_000)
    expect([network(peer).mode, network(relay).nodes]).toEqual(['client', 0])
    await tab(1, { bootstrap: ['ws://node1.example'] })
    await net.clock.advance(1_000)
    expect(network(peer).mode).toBe('node')
    await net.run(relay.dht.get('anything'))
    expect(network(relay).nodes).toBe(1)
  })

  it('a question that is refused is no reason to keep a connection', async () => {
    const all = await nodes(12, { dhtBucketSize: 4 })
    for (const peer of all) {
      const kit = await kitOf(peer)
      kit.unregisterProtocol(DHT_PROTOCOL)
      const handleMessage = async () => {
        throw new P2PError('RATE_LIMITED', 'Not now.')
      }
      kit.registerProtocol({ protocolName: DHT_PROTOCOL, use: 'passing', handleMessage })
    }
    await net.clock.advance(1_000)
    await net.run(all[0]!.dht.get('a key').catch(() => {}))
    const inUse = all.flatMap((peer) => connectionsOf(peer).filter(({ isInUse }) => isInUse))
    expect(all.reduce((sum, peer) => sum + connectionsOf(peer).length, 0)).toBeGreaterThan(all.length)
    expect(inUse.map(({ peerId }) => peerId)).toEqual([])
  })
})

function survivor(all: P2PCoordinator[], gone: P2PCoordinator[]): string {
  return net.addressOf(all.find((peer) => !gone.includes(peer))!).slice('ws://'.length)
}
