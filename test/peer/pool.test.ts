import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import type { P2PConfig, P2PCoordinator } from '../../src/coordinator.js'
import type { PeerInfo } from '../../src/protocol/peer-info.js'
import { createTestNetwork, type TestNetwork, type TestNetworkOptions } from '../../src/testing/test-network.js'

let net: TestNetwork
afterEach(() => net?.stop())

function network(options: TestNetworkOptions = {}): TestNetwork {
  net = createTestNetwork(options)
  return net
}

async function started(config: P2PConfig & { host?: string } = {}): Promise<P2PCoordinator> {
  const peer = net.createPeer(config)
  await net.run(peer.start())
  return peer
}

/** Counts what a peer tells of its connections. */
function watch(peer: P2PCoordinator) {
  const seen = { connected: 0, disconnected: 0, got: [] as unknown[], errors: [] as string[] }
  peer.on('connected', () => seen.connected++)
  peer.on('disconnected', () => seen.disconnected++)
  peer.on('message', (message) => seen.got.push(message.payload))
  peer.on('error', (error) => seen.errors.push(error.code))
  return seen
}

describe('the pool', () => {
  it('refuses the dial beyond maxConnections with POOL_FULL and when to retry, and is free after a disconnect', async () => {
    network()
    const [bob, carol] = [await started(), await started()]
    const alice = await started({ maxConnections: 1 })
    await net.run(alice.connectToPeer(net.addressOf(bob)))
    const refused = net.run(alice.connectToPeer(net.addressOf(carol)))
    await expect(refused).rejects.toMatchObject({ code: 'POOL_FULL', details: { retryAfterMs: 30_000 } })
    await alice.disconnectFromPeer(bob.peerId)
    await net.run(alice.connectToPeer(net.addressOf(carol)))
    expect(alice.getConnectedPeers().map(({ peerId }) => peerId)).toEqual([carol.peerId])
  })

  it('refuses who dials beyond maxConnections with POOL_FULL and when to retry, and is free after a disconnect', async () => {
    network()
    const [bob, carol] = [await started(), await started()]
    const alice = await started({ maxConnections: 1 })
    await net.run(bob.connectToPeer(net.addressOf(alice)))
    const refused = net.run(carol.connectToPeer(net.addressOf(alice)))
    await expect(refused).rejects.toMatchObject({ code: 'POOL_FULL', details: { retryAfterMs: 10_000, byPeer: true } })
    expect(alice.getStats().defence.refused).toBe(1)
    await bob.disconnectFromPeer(alice.peerId)
    await net.clock.advance(0)
    await net.run(carol.connectToPeer(net.addressOf(alice)))
    expect(alice.isConnected(carol.peerId)).toBe(true)
  })

  it('makes one connection of two dials to one address, at once and one after the other', async () => {
    network({ latencyMs: 20 })
    const [alice, bob] = [await started(), await started()]
    const [atAlice, atBob] = [watch(alice), watch(bob)]
    const address = net.addressOf(bob)
    await net.run(Promise.all([alice.connectToPeer(address), alice.connectToPeer(address)]))
    await net.run(alice.connectToPeer(address))
    await net.clock.advance(5_000)
    expect([atAlice.connected, atBob.connected, atAlice.disconnected, atBob.disconnected]).toEqual([1, 1, 0, 0])
    expect(alice.getStats().peers.dialled).toBe(1)
  })

  it.each([0, 1, 2, 3, 4, 5])('makes one connection of two dials to two addresses of one peer (seed %i)', async (seed) => {
    network({ latencyMs: 20, jitterMs: 40, seed })
    const alice = await started()
    const bob = await started({ listen: [net.network.listener('bob1'), net.network.listener('bob2')] })
    const [atAlice, atBob] = [watch(alice), watch(bob)]
    await net.run(Promise.all([alice.connectToPeer('memory://bob1'), alice.connectToPeer('memory://bob2')]))
    await net.clock.advance(5_000)
    expect([atAlice.connected, atBob.connected, atAlice.disconnected, atBob.disconnected]).toEqual([1, 1, 0, 0])
    await alice.sendTo(bob.peerId, { type: 'x', payload: 1 })
    await bob.sendTo(alice.peerId, { type: 'x', payload: 2 })
    await net.clock.advance(100)
    expect([atAlice.got, atBob.got]).toEqual([[2], [1]])
  })

  it('settles simultaneous dials on one connection at both ends and loses and doubles no message', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(400), fc.nat(400), fc.nat(300), fc.nat(10_000), async (latencyMs, jitterMs, head, seed) => {
        network({ latencyMs, jitterMs, seed })
        const [alice, bob] = [await started(), await started()]
        const [atAlice, atBob] = [watch(alice), watch(bob)]
        const sent: Promise<void>[] = []
        // Both talk from the first moment on.
        alice.on('connected', ({ peerId }) => {
          for (let i = 0; i < 3; i++) sent.push(alice.sendTo(peerId, { type: 'x', payload: i }))
        })
        bob.on('connected', ({ peerId }) => {
          for (let i = 0; i < 3; i++) sent.push(bob.sendTo(peerId, { type: 'x', payload: i }))
        })
        const first = alice.connectToPeer(net.addressOf(bob))
        await net.clock.advance(head)
        const second = bob.connectToPeer(net.addressOf(alice))
        await net.run(Promise.all([first, second]))
        for (let i = 3; i < 6; i++) {
          sent.push(alice.sendTo(bob.peerId, { type: 'x', payload: i }), bob.sendTo(alice.peerId, { type: 'x', payload: i }))
          await net.clock.advance(latencyMs)
        }
        await net.clock.advance(20_000)
        await Promise.all(sent)
        expect([atAlice.connected, atBob.connected, atAlice.disconnected, atBob.disconnected]).toEqual([1, 1, 0, 0])
        expect(atAlice.got).toEqual([0, 1, 2, 3, 4, 5])
        expect(atBob.got).toEqual([0, 1, 2, 3, 4, 5])
        expect([...atAlice.errors, ...atBob.errors]).toEqual([])
        expect(alice.getPeer(bob.peerId)!.connection!.outbound).toBe(!bob.getPeer(alice.peerId)!.connection!.outbound)
        await net.stop()
      }),
      {
        numRuns: 60,
        examples: [
          // Each end is accepted on the path of the other, has its own accepted, and chooses that.
          [91, 191, 0, 4_653],
          [396, 395, 212, 9_999],
        ],
      },
    )
  })

  it('is reached in two round trips, and answers a request in the one after', async () => {
    network({ latencyMs: 25 })
    const [alice, bob] = [await started(), await started()]
    bob.registerProtocol({
      protocolName: 'echo',
      handleMessage: async (message) =>
        void (await bob.sendTo(message.from, { type: 'echo', payload: 1, inReplyTo: message.messageId, protocol: 'echo' })),
    })
    const began = net.clock.now()
    await net.run(alice.connectToPeer(net.addressOf(bob)))
    const connectedMs = net.clock.now() - began
    await net.run(alice.request(bob.peerId, { type: 'ask', payload: 1, protocol: 'echo' }))
    expect([connectedMs, net.clock.now() - began]).toEqual([100, 150])
  })
})

describe('what is told of a peer', () => {
  it('belongs to whoever asks: to change it changes nothing for others', async () => {
    network()
    const metadata = { wallet: { name: 'bob' } }
    const [bob, carol] = [await started({ metadata }), await started({ metadata })]
    const alice = await started()
    for (const peer of [bob, carol]) await net.run(alice.connectToPeer(net.addressOf(peer)))
    const { protocols, publicKey } = alice.getPeer(carol.peerId)!
    const taken = alice.getPeer(bob.peerId)!
    taken.protocols!.length = 0
    taken.publicKey!.fill(0)
    taken.addresses.websocket = 'wss://elsewhere.example'
    ;(taken.metadata!.wallet as { name: string }).name = 'mallory'
    expect(alice.getPeer(carol.peerId)).toMatchObject({ protocols, publicKey, metadata })
    expect(alice.getPeer(bob.peerId)).toMatchObject({ protocols, publicKey: bob.publicKey, addresses: {}, metadata })
  })

  it('comes with messages as frozen objects, which stay as they were', async () => {
    network()
    const [alice, bob] = [await started(), await started()]
    const senders: PeerInfo[] = []
    bob.on('message', (_, from) => void senders.push(from))
    await net.run(alice.connectToPeer(net.addressOf(bob)))
    for (let i = 0; i < 2; i++) {
      await alice.sendTo(bob.peerId, { type: 'x', payload: i })
      await net.clock.advance(1_000)
    }
    const [first, second] = senders
    expect(second!.lastSeen - first!.lastSeen).toBe(1_000)
    for (const part of [first, first?.protocols, first?.addresses, first?.connection]) expect(Object.isFrozen(part)).toBe(true)
    expect(first).toMatchObject({ peerId: alice.peerId, state: 'connected', isRelay: false })
  })
})
