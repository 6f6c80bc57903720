// With 'relayed' nobody but the relays that the application has named learns the network address: looked for in all that everybody is told,
// and in all that leaves the wallet's machine, in every role. That the same steps do tell it with 'direct' shows that the test can see it.
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { P2PConfig, P2PCoordinator } from '../../src/coordinator.js'
import type { Plugin } from '../../src/core/plugin.js'
import { withTransport } from '../../src/core/with-transport.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { mailbox, sealedDeposits } from '../../src/mail/index.js'
import { memoryMail } from '../../src/mail/server/memory-mail.js'
import { mailServer } from '../../src/mail/server/plugin.js'
import { memoryStore } from '../../src/storage/key-value-store.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'
import type { Transport } from '../../src/transport/transport.js'
import { FakeRtc } from '../webrtc/fake-rtc.js'
import { type Heard, holds, type Line, lineOf, messagesIn, transcripts } from './transcripts.js'

let net: TestNetwork
afterEach(async () => {
  await net.stop()
  vi.restoreAllMocks()
})

/** The address at which Alice's own transport listens, and the beginning of those that her WebRTC finds. */
const ADDRESS = 'ws://address-of-alice.example'
const CANDIDATE = 'candidate:1 1 udp 1 192.0.2.'

/** A way to Alice's machine that she would tell, and one to the machines of others. */
const own = (net: TestNetwork, line: Line): Transport => ({
  name: 'own',
  rank: 2.5,
  direct: true,
  canDial: (address) => address.startsWith('own:'),
  upgradeOf: ({ peerId }) => `own:${peerId}`,
  dial(address, options) {
    line.dials.push(address)
    return net.network.transport('alice').dial(address.replace('own:', 'ws://'), options)
  },
  listener: { transport: 'own', addresses: [ADDRESS], listen: async () => {}, close: async () => {} },
})

interface World {
  heard: Heard[]
  alice: P2PCoordinator
  bob: P2PCoordinator
  line: Line
  rtc: FakeRtc
}

/** Bob listens, tells his address, and has WebRTC: every direct path is on offer. */
async function world(config: P2PConfig): Promise<World> {
  const heard = transcripts()
  net = createTestNetwork({ latencyMs: 5, scheme: 'ws' })
  const relay = net.createPeer({
    host: 'relay',
    relay: true,
    plugins: [mailServer({ store: memoryMail({ maxBucket: 4, maxTtl: 3 }) })],
  })
  await net.run(relay.start())
  const rtc = new FakeRtc()
  const common = { bootstrap: ['ws://relay'], webrtc: { implementation: rtc } }
  const post = (): Plugin => mailbox({ strangers: { bits: 1 } }) as never
  const bob = net.createPeer({ host: 'bob', peerId: 'bob', ...common, plugins: [post()] })
  await net.run(bob.start())
  const line = lineOf(net, 'alice')
  const alice = net.createPeer({
    host: 'alice',
    peerId: 'alice',
    listening: false,
    transport: line.transport,
    allowPrivate: true,
    store: memoryStore(),
    ...common,
    ...config,
    plugins: [withTransport(own(net, line)), post(), sealedDeposits()],
  })
  await net.run(alice.start())
  await net.clock.advance(2_000)
  return { heard, alice, bob, line, rtc }
}

/** All that wallets do with each other, each as the one who begins and as the one who is asked. */
const ROLES: Record<string, (world: World) => Promise<unknown>> = {
  'dials a wallet': ({ alice }) => alice.connectToPeer('bob'),
  'is dialled': async ({ alice, bob }) => {
    if (bob.isConnected('alice')) await bob.disconnectFromPeer('alice')
    await bob.connectToPeer('alice')
    await alice.waitFor('online')
  },
  'asks, and is asked': async ({ alice, bob }) => {
    const answer = (peer: P2PCoordinator) =>
      peer.registerProtocol({
        protocolName: 'asking',
        handleMessage: (message) => peer.reply(message, { type: 'answer', payload: 1 }),
      })
    answer(alice)
    answer(bob)
    await alice.request('bob', { type: 'ask', payload: 1, protocol: 'asking' })
    await bob.request('alice', { type: 'ask', payload: 1, protocol: 'asking' })
  },
  'announces, withdraws and looks up': async ({ alice, bob }) => {
    await alice.announceResource('offer', 'one', { give: 1 }, { whileConnected: true })
    await bob.discoverResources('offer')
    await alice.discoverResources('offer')
    await alice.getResource('offer', 'none')
    await alice.withdrawResource('offer', 'one')
    await alice.dht.trace('offer', { timeoutMs: 2_000 })
  },
  'finds others, and is found': async ({ alice, bob }) => {
    await alice.findPeers()
    await bob.findPeers()
    bob.watchPeers({}, () => {})
    alice.watchPeers({}, () => {})
    alice.watchResources('offer', {}, () => {})
  },
  'publishes, and reads along': async ({ alice, bob }) => {
    alice.subscribe('room', () => {})
    bob.subscribe('room', () => {})
    await alice.publish('room', 'hello')
    await bob.publish('room', 'hello')
  },
  'changes what it tells': async ({ alice }) => {
    alice.configure({ metadata: { changed: true } })
    alice.registerProtocol({ protocolName: 'another', handleMessage: async () => {} })
  },
  'loses its path, its relay, and comes back': async ({ alice }) => {
    for (const { peerId } of alice.getConnectedPeers()) alice.dropPath(peerId)
    alice.reconnect()
    await net.clock.advance(5_000)
    alice.suspend()
    await net.clock.advance(1_000)
    await alice.resume()
  },
  'writes to one who is away': async ({ alice, bob }) => {
    bob.suspend()
    await net.clock.advance(2_000)
    await alice.sendTo('bob', { type: 'note', payload: 'letter' }, { queue: true })
    await alice.sendTo('bob', { type: 'note', payload: 'letter' }, { queue: true, sealed: true } as never)
    await net.clock.advance(60_000)
    await bob.resume()
  },
}

async function play(world: World): Promise<void> {
  for (const [role, run] of Object.entries(ROLES)) {
    try {
      await net.run(Promise.resolve(run(world)).catch(() => {}))
    } catch (error) {
      throw new Error(`Alice ${role}: ${String(error)}`)
    }
    await net.clock.advance(3_000)
  }
  // What only comes by and by: renewals, upgrades that are tried again, feelers.
  await net.clock.advance(1_200_000)
}

const toldIn = (heard: Heard[]) => [ADDRESS, CANDIDATE].filter((what) => holds(heard, what))
const signals = (heard: Heard[]) => messagesIn(heard).filter(({ protocol }) => protocol === 'lotus/webrtc')
/** Where Alice's machine has dialled, her relay aside. */
const elsewhere = ({ dials }: Line) => [...new Set(dials)].filter((address) => address !== 'ws://relay')
const pathsOf = (peer: P2PCoordinator) =>
  peer.getConnectedPeers().flatMap(({ isRelay, connection }) => (isRelay ? [] : [connection!.transport]))

describe('in every role', { timeout: 120_000 }, () => {
  it("a wallet with 'direct' tells its address, and dials others: the test below can see both", async () => {
    const all = await world({})
    await play(all)
    expect(toldIn(all.heard)).toEqual([ADDRESS, CANDIDATE])
    expect(elsewhere(all.line)).toContain('ws://bob')
  })

  it("a wallet with 'relayed' tells no address in any record, introduction, description or signal, and dials its relay alone", async () => {
    const all = await world({ privacy: 'relayed' })
    await play(all)
    expect(toldIn(all.heard)).toEqual([])
    expect(signals(all.heard)).toEqual([])
    expect([elsewhere(all.line), all.rtc.made.length]).toEqual([[], 0])
    expect(new Set(all.line.frames.map(({ to }) => to))).toEqual(new Set(['ws://relay']))
    // It has not been left out of anything for that.
    expect(pathsOf(all.alice)).toEqual(['circuit'])
    expect(all.heard.length).toBeGreaterThan(100)
  })

  it("a wallet that becomes 'relayed' tells nothing more, and leaves every direct path", async () => {
    const all = await world({})
    await net.run(all.alice.connectToPeer('bob'))
    await net.clock.advance(5_000)
    expect(pathsOf(all.alice)).not.toEqual(['circuit'])
    all.alice.configure({ privacy: 'relayed' })
    await net.clock.advance(5_000)
    all.heard.length = all.line.dials.length = all.line.frames.length = 0
    const made = all.rtc.made.length
    await play(all)
    expect([toldIn(all.heard), signals(all.heard), elsewhere(all.line), all.rtc.made.length]).toEqual([[], [], [], made])
    expect(pathsOf(all.alice)).toEqual(['circuit'])
  })
})

describe('whoever wants the address of a relayed wallet', { timeout: 60_000 }, () => {
  /** Alice is connected to her relay; Mallory listens at a machine of her own, and wants to be dialled there. */
  async function lured(config: P2PConfig = {}) {
    net = createTestNetwork({ latencyMs: 5, scheme: 'ws' })
    const relay = net.createPeer({ host: 'relay', relay: true })
    await net.run(relay.start())
    // She claims to be a relay and a node of the DHT, and is both.
    const mallory = net.createPeer({ host: 'mallory', relay: true, bootstrap: ['ws://relay'] })
    await net.run(mallory.start())
    const line = lineOf(net, 'alice')
    const alice = net.createPeer({
      host: 'alice',
      listening: false,
      transport: line.transport,
      allowPrivate: true,
      bootstrap: ['ws://relay'],
      privacy: 'relayed',
      webrtc: false,
      ...config,
    })
    await net.run(alice.start())
    await net.clock.advance(5_000)
    return { relay, mallory, alice, line }
  }

  it.each(['relayed', 'direct'] as const)("names her own machine as the relay at which she is found ('%s')", async (privacy) => {
    const { alice, line } = await lured({ privacy })
    const target = net.createPeer({ host: 'target', peerId: 'target', listening: false, bootstrap: ['ws://mallory'] })
    await net.run(target.start())
    await net.clock.advance(5_000)
    const dial = alice.connectToPeer('target', { timeoutMs: 10_000 })
    if (privacy === 'direct') await net.run(dial)
    else await expect(net.run(dial)).rejects.toMatchObject({ code: expect.stringMatching(/NO_RELAY|PEER_UNREACHABLE/) })
    expect(elsewhere(line)).toEqual(privacy === 'direct' ? ['ws://mallory'] : [])
  })

  it('has written addresses into its store, of anchors and of wanted peers', async () => {
    const { encode } = await import('../../src/message/codec.js')
    const { stateOf } = await import('../../src/plugins/persistence/state-format.js')
    const id = encodePeerId(new Uint8Array(32).fill(3))
    const written: [string, Uint8Array][] = [
      ['anchors', encode([[id, 'memory://mallory', Number.MAX_SAFE_INTEGER, 0]])],
      [`wanted/${id}`, stateOf(Number.MAX_SAFE_INTEGER, 'memory://mallory')],
    ]
    const cases = written.flatMap((entry) => (['direct', 'relayed'] as const).map((privacy) => [entry, privacy] as const))
    for (const [[key, value], privacy] of cases) {
      const store = memoryStore()
      await store.set(key, value)
      net = createTestNetwork({ latencyMs: 5 })
      const line = lineOf(net, 'alice')
      const alice = net.createPeer({
        host: 'alice',
        listening: false,
        transport: line.transport,
        allowPrivate: true,
        store,
        privacy,
      })
      await net.run(alice.start())
      await net.clock.advance(60_000)
      expect([key, line.dials.includes('memory://mallory')]).toEqual([key, privacy === 'direct'])
      await net.stop()
    }
  })

  it('is dialled at an address that the application has named, and at its id once the setting has changed', async () => {
    const { alice, mallory, line } = await lured({ privacy: 'direct' })
    const bob = net.createPeer({ host: 'bob', peerId: 'bob', bootstrap: ['ws://relay'] })
    await net.run(bob.start())
    await net.run(alice.connectToPeer('ws://bob'))
    expect(alice.getPeer('bob')?.connection?.transport).toBe('memory')
    alice.configure({ privacy: 'relayed' })
    await net.clock.advance(5_000)
    expect(alice.getPeer('bob')?.connection?.transport).toBe('circuit')
    line.dials.length = 0
    alice.dropPath('bob')
    await net.clock.advance(120_000)
    expect([alice.getPeer('bob')?.connection?.transport, elsewhere(line)]).toEqual(['circuit', []])
    // The application's word is taken: who is named by an address is a relay to it.
    await net.run(alice.connectToPeer('ws://mallory'))
    expect([alice.isConnected(mallory.peerId), elsewhere(line)]).toEqual([true, ['ws://mallory']])
  })
})
