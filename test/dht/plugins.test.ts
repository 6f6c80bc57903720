import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS } from '../../src/base/limits.js'
import { withTransport } from '../../src/core/with-transport.js'
import { dhtWalk, eclipseWatch, P2PCoordinator, type Plugin } from '../../src/core.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { dhtNode } from '../../src/plugins/dht/node/plugin.js'
import { walkOf } from '../../src/plugins/dht/walk/attached.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'

let net: TestNetwork
const peers: P2PCoordinator[] = []
beforeEach(() => {
  net = createTestNetwork({ latencyMs: 10, scheme: 'ws' })
})
afterEach(async () => {
  for (const peer of peers.splice(0)) await net.run(peer.shutdown())
})

const address = (n: number) => `ws://node${n}.example`

/** A core with these plugins alone. */
function lean(n: number, plugins: Plugin[], { listening = false, to = [] as number[] } = {}): P2PCoordinator {
  const host = `node${n}.example`
  const peer = new P2PCoordinator({
    clock: net.clock,
    identity: identityFromSeed(new Uint8Array(32).fill(n + 1)),
    logger: { debug() {}, warn() {}, error() {} },
    listen: listening ? [net.network.listener(host)] : [],
    bootstrap: to.map(address),
    ...(plugins.length > 0 && { limits: { dhtBucketSize: 8 } }),
    plugins: [withTransport(net.network.transport(host)), ...plugins],
  })
  peers.push(peer)
  return peer
}

async function started(peer: P2PCoordinator): Promise<P2PCoordinator> {
  await net.run(peer.start())
  return peer
}

/** Nodes that have no other plugin, each of which came by the one before. */
async function nodes(count: number): Promise<P2PCoordinator[]> {
  const all: P2PCoordinator[] = []
  for (let n = 0; n < count; n++) {
    all.push(await started(lean(n, [dhtNode({ mode: 'server' })], { listening: true, to: n === 0 ? [] : [n - 1] })))
  }
  await net.clock.advance(5_000)
  return all
}

describe('the client alone', () => {
  it('publishes and finds at its relay, and cannot tell of walks', async () => {
    await nodes(1)
    const [alice, bob] = [await started(lean(10, [], { to: [0] })), await started(lean(11, [], { to: [0] }))]
    await net.run(alice.dht.announce({ key: 'offer', value: 1 }))
    expect((await net.run(bob.dht.get('offer')))?.value).toBe(1)
    await expect(bob.dht.trace('offer')).rejects.toMatchObject({ code: 'NOT_STORED' })
    expect(bob.dht.getStats().network).toBeUndefined()
    expect(walkOf(bob.dht)).toBeUndefined()
  })

  it('fails with its only relay; dhtWalk() goes to the nodes that it knows', async () => {
    const all = await nodes(5)
    await net.run(all[3]!.dht.announce({ key: 'offer', value: 1 }))
    const alone = await started(lean(10, [], { to: [0] }))
    const walking = await started(lean(11, [dhtWalk()], { to: [0] }))
    expect((await net.run(walking.dht.trace('offer'))).steps.length).toBeGreaterThan(1)
    // Its relay is gone without a word: nobody has noticed yet.
    net.network.vanish('node0.example')
    await expect(net.run(alone.dht.get('offer'))).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect((await net.run(walking.dht.get('offer')))?.value).toBe(1)
    expect(walking.dht.getStats().network?.mode).toBe('client')
  })
})

describe('dhtNode()', () => {
  it('brings walks of its own: nodes find what each has published', async () => {
    const all = await nodes(4)
    await net.run(all[1]!.dht.announce({ key: 'offer', value: 1 }))
    for (const peer of all) {
      expect((await net.run(peer.dht.get('offer')))?.value).toBe(1)
      expect(peer.dht.getStats().network).toMatchObject({ mode: 'node', nodes: 3 })
    }
    expect((await net.run(all[3]!.dht.trace('offer'))).steps.length).toBeGreaterThan(1)
  })

  it('has one routing table with dhtWalk(), whichever comes first, and stays a node', async () => {
    const before = lean(0, [dhtWalk(), dhtNode({ mode: 'server' })], { listening: true })
    const after = await started(lean(1, [dhtNode({ mode: 'server' })], { listening: true, to: [0] }))
    const own = walkOf(after.dht)
    await net.run(after.use(dhtWalk()))
    expect(own).toBeDefined()
    expect(walkOf(after.dht)).toBe(own)
    await started(before)
    await net.clock.advance(5_000)
    for (const peer of [before, after]) expect(peer.dht.getStats().network).toMatchObject({ mode: 'node' })
  })

  it("becomes a node by itself in mode 'auto', and serves clients before", async () => {
    const server = await started(lean(0, [dhtNode()], { listening: true }))
    const alice = await started(lean(10, [], { to: [0] }))
    await net.run(alice.dht.announce({ key: 'offer', value: 1 }))
    const bob = await started(lean(11, [], { to: [0] }))
    expect((await net.run(bob.dht.get('offer')))?.value).toBe(1)
    expect(server.dht.getStats().network?.mode).toBe('client')
    await net.clock.advance(DEFAULT_LIMITS.dhtNodeAfterMs)
    expect(server.dht.getStats().network?.mode).toBe('node')
    expect((await net.run(bob.dht.get('offer')))?.value).toBe(1)
  })
})

describe('eclipseWatch()', () => {
  it('tells walks of the nodes that its relays name where there are walks, and does without', async () => {
    const all = await nodes(4)
    const [alone, walking] = [
      await started(lean(10, [eclipseWatch()], { to: [0, 1] })),
      await started(lean(11, [dhtWalk(), eclipseWatch()], { to: [0, 1] })),
    ]
    expect(walkOf(walking.dht)?.network.table.all()).toHaveLength(2)
    await net.clock.advance(DEFAULT_LIMITS.eclipseCheckMs)
    expect(walkOf(walking.dht)?.network.table.all()).toHaveLength(all.length)
    expect(walkOf(alone.dht)).toBeUndefined()
    for (const peer of [alone, walking]) expect(peer.getStats()).toMatchObject({ eclipse: { suspected: false } })
  })
})
