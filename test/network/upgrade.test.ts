import { afterEach, describe, expect, it } from 'vitest'
import type { P2PConfig } from '../../src/coordinator.js'
import { P2PCoordinator } from '../../src/coordinator.js'
import type { Plugin } from '../../src/core/plugin.js'
import { upgradePaths } from '../../src/core/upgrade-paths.js'
import { startRelay } from '../../src/node/index.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'
import type { Transport } from '../../src/transport/transport.js'
import { FakeRtc } from '../webrtc/fake-rtc.js'
import { polyfill } from '../webrtc/rtc-network.js'

let net: TestNetwork
afterEach(() => net?.stop())

const note = (payload: unknown) => ({ type: 'note', payload })
const range = (to: number) => Array.from({ length: to }, (_, i) => i)

async function tabs(config: P2PConfig = {}) {
  net = createTestNetwork({ latencyMs: 10 })
  const relay = net.createPeer({ host: 'relay', relay: true })
  await net.run(relay.start())
  const rtc = new FakeRtc()
  const tab = async (name: string, more: P2PConfig = {}) => {
    const peer = net.createPeer({
      host: name,
      peerId: name,
      listening: false,
      bootstrap: ['memory://relay'],
      webrtc: { implementation: rtc },
      ...config,
      ...more,
    })
    await net.run(peer.start())
    await net.clock.advance(200)
    return peer
  }
  const path = (peer: P2PCoordinator, of: string) => peer.getPeer(of)?.connection?.transport
  return { relay, rtc, tab, path }
}

/** A transport that looks for better paths, as WebRTC does. */
const upgradedBy = (transport: Transport): Plugin => ({
  name: transport.name,
  attach(kit) {
    kit.addTransport(transport)
    upgradePaths(kit, transport)
    return {}
  },
})

function watch(peer: P2PCoordinator) {
  const events: unknown[] = []
  const got: unknown[] = []
  peer.on('connected', ({ peerId }) => events.push(['+', peerId]))
  peer.on('disconnected', ({ peerId }) => events.push(['-', peerId]))
  peer.on('path-changed', ({ peerId, connection }, from) => events.push([peerId, from, connection?.transport]))
  peer.on('message', ({ payload }) => got.push(payload))
  return { events, got }
}

describe('a circuit between two that have WebRTC', () => {
  it('becomes a data channel by itself, and what is under way arrives once and in order', async () => {
    const { tab, path } = await tabs()
    const [alice, bob] = [await tab('alice'), await tab('bob')]
    const [atAlice, atBob] = [watch(alice), watch(bob)]
    await net.run(alice.connectToPeer('bob'))
    for (let i = 0; i < 300; i++) {
      await alice.sendTo('bob', note(i))
      await bob.sendTo('alice', note(i)).catch(() => {})
      await net.clock.advance(1)
    }
    await net.clock.advance(1_000)
    expect([path(alice, 'bob'), path(bob, 'alice')]).toEqual(['webrtc', 'webrtc'])
    expect(atBob.got).toEqual(range(300))
    expect(atAlice.got.length).toBeGreaterThan(250)
    expect(atAlice.got).toEqual([...atAlice.got].sort((a, b) => Number(a) - Number(b)))
    expect(atAlice.events).toEqual([
      ['+', 'bob'],
      ['bob', 'circuit', 'webrtc'],
    ])
    expect(atBob.events).toEqual([
      ['+', 'alice'],
      ['alice', 'circuit', 'webrtc'],
    ])
  })

  it('keeps the circuit for a minute: a data channel that breaks is replaced at once, and tried again', async () => {
    const { tab, path, relay } = await tabs()
    const [alice, bob] = [await tab('alice'), await tab('bob')]
    const [atAlice, atBob] = [watch(alice), watch(bob)]
    await net.run(alice.connectToPeer('bob'))
    await net.clock.advance(1_000)
    alice.dropPath('bob')
    for (let i = 0; i < 50; i++) await alice.sendTo('bob', note(i))
    await net.clock.advance(0)
    expect(path(alice, 'bob')).toBe('circuit')
    await net.clock.advance(1_000)
    expect([path(alice, 'bob'), path(bob, 'alice'), atBob.got]).toEqual(['webrtc', 'webrtc', range(50)])
    expect(atAlice.events.filter((event) => (event as string[])[0] === '-')).toEqual([])
    await net.clock.advance(130_000)
    expect(path(alice, 'bob')).toBe('webrtc')
    await net.run(relay.shutdown())
    await alice.sendTo('bob', note('without a relay'))
    await net.clock.advance(100)
    expect(atBob.got.at(-1)).toBe('without a relay')
  })

  it('stays, unharmed, where no direct path is found; it is tried again with longer and longer pauses', async () => {
    const { tab, path, rtc } = await tabs()
    rtc.connects = false
    const [alice, bob] = [await tab('alice'), await tab('bob')]
    const atBob = watch(bob)
    await net.run(alice.connectToPeer('bob'))
    for (let i = 0; i < 60; i++) {
      await alice.sendTo('bob', note(i))
      await net.clock.advance(10_000)
    }
    expect([path(alice, 'bob'), atBob.got, atBob.events.length]).toEqual(['circuit', range(60), 1])
    const attempts = rtc.made.length / 2
    expect(attempts).toBeGreaterThan(3)
    expect(attempts).toBeLessThan(12)
    expect(rtc.open.length).toBeLessThanOrEqual(2)
    rtc.connects = true
    await net.clock.advance(400_000)
    expect(path(alice, 'bob')).toBe('webrtc')
  })

  it('is not touched by an implementation that fails in every way', async () => {
    class Broken {
      constructor() {
        throw new Error('no more peer connections')
      }
    }
    const { tab, path } = await tabs({ webrtc: { implementation: { RTCPeerConnection: Broken as never } } })
    const [alice, bob] = [await tab('alice'), await tab('bob')]
    const atBob = watch(bob)
    await net.run(alice.connectToPeer('bob'))
    await alice.sendTo('bob', note(1))
    await net.clock.advance(60_000)
    expect([path(alice, 'bob'), atBob.got]).toEqual(['circuit', [1]])
  })

  it('stays where either end hides its address, or has no WebRTC', async () => {
    const { tab, path, rtc } = await tabs()
    const alice = await tab('alice')
    await tab('hidden', { privacy: 'relayed' })
    await tab('without', { webrtc: false })
    for (const other of ['hidden', 'without']) await net.run(alice.connectToPeer(other))
    await net.clock.advance(60_000)
    expect([path(alice, 'hidden'), path(alice, 'without'), rtc.made.length]).toEqual(['circuit', 'circuit', 0])
  })

  it('leads to nobody else: a data channel that ends at another peer, as swapped descriptions would make it, is refused', async () => {
    const { tab, path } = await tabs()
    const mallory = net.createPeer({ host: 'mallory', peerId: 'mallory', bootstrap: ['memory://relay'] })
    await net.run(mallory.start())
    const memory = net.network.transport('alice')
    let swapped = 0
    const swap = {
      ...memory,
      name: 'webrtc',
      canDial: (address: string) => address.startsWith('webrtc:'),
      upgradeOf: ({ peerId }: { peerId: string }) => `webrtc:${peerId}`,
      dial: (_: string, options: Parameters<typeof memory.dial>[1]) => {
        swapped++
        return memory.dial('memory://mallory', options)
      },
    }
    const [alice, bob] = [await tab('alice', { webrtc: false, plugins: [upgradedBy(swap)] }), await tab('bob')]
    const [atBob, atMallory] = [watch(bob), watch(mallory)]
    await net.run(alice.connectToPeer('bob'))
    await alice.sendTo('bob', note('for bob only'))
    await net.clock.advance(60_000)
    expect(swapped).toBeGreaterThan(1)
    expect([path(alice, 'bob'), atBob.got, atMallory.got, alice.isConnected('mallory')]).toEqual([
      'circuit',
      ['for bob only'],
      [],
      false,
    ])
  })

  it.skipIf(polyfill === undefined)('over real sockets and real data channels', async () => {
    const relay = await startRelay({ port: 0, host: '127.0.0.1' })
    const peers = [0, 1].map(() => new P2PCoordinator({ bootstrap: [relay.url], webrtc: { implementation: polyfill! } })) as [
      P2PCoordinator,
      P2PCoordinator,
    ]
    try {
      const [alice, bob] = peers
      for (const peer of peers) await peer.start()
      const { got } = watch(bob)
      const changed = new Promise((resolve) => alice.once('path-changed', (peer) => resolve(peer.connection?.transport)))
      await alice.connectToPeer(bob.peerId)
      const { outcome } = await alice.sendTo(bob.peerId, note(0), { queue: true })
      expect(await changed).toBe('webrtc')
      for (let i = 1; i < 1_000; i++) await alice.sendTo(bob.peerId, note(i))
      const last = await alice.sendTo(bob.peerId, note(1_000), { queue: true })
      expect([await outcome, await last.outcome]).toEqual(['delivered', 'delivered'])
      expect(got).toEqual(range(1_001))
    } finally {
      for (const peer of peers) await peer.shutdown()
      await relay.stop()
    }
  })
})
