import { afterEach, describe, expect, it } from 'vitest'
import type { P2PError } from '../../src/base/errors.js'
import { P2PCoordinator } from '../../src/coordinator.js'
import { startRelay, webSocketServer } from '../../src/node/index.js'
import { createTestNetwork } from '../../src/testing/index.js'
import { polyfill } from '../webrtc/rtc-network.js'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

/** Ways to end a connection. */
const ENDS: [string, (peer: P2PCoordinator, other: P2PCoordinator) => unknown][] = [
  ['disconnectFromPeer', (peer, other) => peer.disconnectFromPeer(other.peerId)],
  ['shutdown', (peer) => peer.shutdown()],
  ['suspend', (peer) => peer.suspend()],
]

function made(config: ConstructorParameters<typeof P2PCoordinator>[0]): P2PCoordinator {
  const peer = new P2PCoordinator(config)
  cleanUps.push(() => peer.shutdown())
  return peer
}

/** A relay that both are connected to. */
async function relayed(config: ConstructorParameters<typeof P2PCoordinator>[0]): Promise<[P2PCoordinator, P2PCoordinator]> {
  const relay = await startRelay({ port: 0, host: '127.0.0.1' })
  cleanUps.push(() => relay.stop())
  const met = new Promise<void>((resolve) => {
    relay.coordinator.on('connected', () => {
      if (relay.coordinator.getConnectedPeers().length === 2) resolve()
    })
  })
  const peers: [P2PCoordinator, P2PCoordinator] = [
    made({ bootstrap: [relay.url], ...config }),
    made({ bootstrap: [relay.url], ...config }),
  ]
  await Promise.all(peers.map((peer) => peer.start()))
  await met
  return peers
}

/** Counts bytes of payloads; resolves once there are so many, or the connection is gone. */
function heard(peer: P2PCoordinator) {
  let bytes = 0
  const gone = new Promise<number>((resolve) => {
    peer.on('disconnected', ({ isRelay }) => isRelay || resolve(bytes))
  })
  peer.on('message', ({ payload }) => {
    bytes += (payload as Uint8Array).length
  })
  return gone
}

/** Sends so many bytes, in messages that each are accepted. */
async function say(from: P2PCoordinator, to: P2PCoordinator, bytes: number): Promise<void> {
  for (let left = bytes; left > 0; left -= 20_000) {
    await from.sendTo(to.peerId, { type: 'x', payload: new Uint8Array(Math.min(left, 20_000)) })
  }
}

describe.each(ENDS)('what sendTo accepted arrives before %s ends the connection', (_, end) => {
  it('over WebSocket', async () => {
    const listener = webSocketServer()
    const bob = made({ listen: [listener], webrtc: false })
    const alice = made({ webrtc: false })
    await bob.start()
    await alice.connectToPeer(listener.addresses[0]!)
    const gone = heard(bob)
    await say(alice, bob, 600_000)
    await end(alice, bob)
    expect(await gone).toBe(600_000)
  })

  it('over HTTP', async () => {
    const listener = webSocketServer()
    const bob = made({ listen: [listener], webrtc: false })
    const alice = made({ webrtc: false })
    await bob.start()
    await alice.connectToPeer(listener.addresses[0]!.replace('ws', 'http'))
    const gone = heard(bob)
    await say(alice, bob, 600_000)
    await end(alice, bob)
    expect(await gone).toBe(600_000)
  })

  it('through a circuit', async () => {
    const [alice, bob] = await relayed({ webrtc: false })
    await alice.connectToPeer(bob.peerId)
    const gone = heard(bob)
    await say(alice, bob, 600_000)
    await end(alice, bob)
    expect(await gone).toBe(600_000)
  })

  // A negotiation that fails is tried again after five seconds.
  it.skipIf(polyfill === undefined)('over WebRTC', { timeout: 60_000 }, async () => {
    const [alice, bob] = await relayed({ webrtc: { implementation: polyfill! } })
    const direct = new Promise<void>((resolve) => alice.on('path-changed', () => resolve()))
    await alice.connectToPeer(bob.peerId)
    await direct
    expect(alice.getPeer(bob.peerId)?.connection?.transport).toBe('webrtc')
    const gone = heard(bob)
    await say(alice, bob, 100_000)
    await end(alice, bob)
    expect(await gone).toBe(100_000)
  })

  it('in memory, over a slow link', async () => {
    const net = createTestNetwork({ latencyMs: 200 })
    cleanUps.push(() => net.stop())
    const [alice, bob] = [net.createPeer({ peerId: 'alice' }), net.createPeer({ peerId: 'bob' })]
    await net.run(bob.start())
    await net.run(alice.connectToPeer(net.addressOf(bob)))
    await net.clock.advance(500)
    const gone = heard(bob)
    await net.run(say(alice, bob, 600_000))
    const ended = Promise.resolve(end(alice, bob))
    expect(await net.run(gone)).toBe(600_000)
    await net.run(ended)
  })
})

describe('a sender that waits when the connection is closed', () => {
  async function waiting(orders: number) {
    const net = createTestNetwork({ latencyMs: 20 })
    cleanUps.push(() => net.stop())
    const [alice, bob] = [net.createPeer({ peerId: 'alice' }), net.createPeer({ peerId: 'bob' })]
    await net.run(bob.start())
    const got: unknown[] = []
    const limits = { messagesPerS: 20, burst: 10 }
    bob.registerProtocol({
      protocolName: 'shop',
      rateLimits: limits,
      handleMessage: async ({ payload }) => void got.push(payload),
    })
    await net.run(alice.connectToPeer(net.addressOf(bob)))
    await net.clock.advance(100)
    const outcomes = Array.from({ length: orders }, (_, i) =>
      alice.sendTo('bob', { type: 'order', payload: i, protocol: 'shop' }).then(
        () => 'sent',
        (error: P2PError) => error.code,
      ),
    )
    return { net, alice, got, outcomes }
  }

  it('is sent, where that goes within the grace', async () => {
    const { net, alice, got, outcomes } = await waiting(10)
    await net.run(alice.disconnectFromPeer('bob'))
    expect(await Promise.all(outcomes)).toEqual(new Array(10).fill('sent'))
    expect(got).toHaveLength(10)
  })

  it('rejects, where it does not; what resolves has arrived', async () => {
    const { net, alice, got, outcomes } = await waiting(100)
    const started = net.clock.now()
    const ended = alice.disconnectFromPeer('bob')
    await expect(alice.sendTo('bob', { type: 'x', payload: 1 })).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' })
    await net.run(ended)
    expect(net.clock.now() - started).toBeLessThanOrEqual(1_100)
    const told = await Promise.all(outcomes)
    const sent = told.filter((outcome) => outcome === 'sent').length
    expect(sent).toBeGreaterThan(10)
    expect(sent).toBeLessThan(30)
    expect(told.slice(sent)).toEqual(new Array(100 - sent).fill('CONNECTION_CLOSED'))
    expect(got).toEqual(Array.from({ length: sent }, (_, i) => i))
  })

  it('rejects at once where the connection breaks', async () => {
    const { net, alice, outcomes } = await waiting(100)
    await net.clock.advance(100)
    alice.dropPath('bob')
    await net.clock.advance(0)
    expect(await Promise.race([outcomes.at(-1), 'still waits'])).toBe('CONNECTION_CLOSED')
  })
})

it('a peer that never ends the connection is waited for no longer than the grace', async () => {
  const net = createTestNetwork({ latencyMs: 20 })
  cleanUps.push(() => net.stop())
  const [alice, bob] = [net.createPeer({ peerId: 'alice' }), net.createPeer({ peerId: 'bob' })]
  await net.run(bob.start())
  await net.run(alice.connectToPeer(net.addressOf(bob)))
  await net.clock.advance(100)
  net.network.vanish('peer2')
  const started = net.clock.now()
  await net.run(alice.disconnectFromPeer('bob'))
  expect(net.clock.now() - started).toBeLessThanOrEqual(1_000)
})
