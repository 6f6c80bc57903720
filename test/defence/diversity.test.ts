import { afterEach, describe, expect, it } from 'vitest'
import { diverse } from '../../src/address/diversity.js'
import type { P2PConfig, P2PCoordinator } from '../../src/coordinator.js'
import { decode, encode } from '../../src/message/codec.js'
import { type KeyValueStore, memoryStore } from '../../src/storage/key-value-store.js'
import { createTestNetwork, type TestNetwork, type TestPeerOptions } from '../../src/testing/test-network.js'

let net: TestNetwork
afterEach(() => net?.stop())

function network() {
  net = createTestNetwork({ scheme: 'ws', latencyMs: 20 })
}

async function started(options: TestPeerOptions): Promise<P2PCoordinator> {
  const peer = net.createPeer({ webrtc: false, ...options })
  await net.run(peer.start())
  return peer
}

async function relays(hosts: string[]): Promise<P2PCoordinator[]> {
  const made: P2PCoordinator[] = []
  for (const host of hosts) made.push(await started({ host, relay: true, bootstrap: addresses(made) }))
  await net.clock.advance(5_000)
  return made
}

const addresses = (peers: P2PCoordinator[]) => peers.map((peer) => net.addressOf(peer))
const HONEST = ['198.51.100.1', '198.51.100.2', '192.0.2.1', '100.20.0.1']
const MINUTE = 60_000

describe('a choice', () => {
  const choose = (origins: string, count: number, share: number) => {
    const items = [...origins].map((origin) => ({ origin: origin === '?' ? undefined : origin }))
    return diverse(items, count, share, ({ origin }) => origin)
      .map(({ origin = '?' }) => origin)
      .join('')
  }

  it('takes of one origin no more than its share, as long as there are others', () => {
    expect(choose('aaaabc', 4, 50)).toBe('aabc')
    expect(choose('aaaabcd', 3, 0)).toBe('abc')
  })

  it('takes more of it where there are no others, and any number of those whose origin is unknown', () => {
    expect(choose('aaaab', 4, 25)).toBe('aaab')
    expect(choose('????', 3, 0)).toBe('???')
  })
})

describe('relays that served us long', () => {
  /** Runs a wallet for a while with some bootstrap relays, and ends it. */
  async function session(
    store: KeyValueStore,
    bootstrap: P2PCoordinator[],
    minutes: number,
    limits: P2PConfig['limits'] = {},
  ): Promise<P2PCoordinator> {
    const wallet = await started({ host: 'wallet', listening: false, store, bootstrap: addresses(bootstrap), limits })
    wallet.on('error', () => {})
    await net.clock.advance(minutes * MINUTE)
    return wallet
  }

  const reached = (wallet: P2PCoordinator, peers: P2PCoordinator[]) => peers.map(({ peerId }) => wallet.isConnected(peerId))

  it('are dialled at the next start, of different operators first, whatever that start is given as bootstrap', async () => {
    network()
    const store = memoryStore()
    const honest = await relays(HONEST)
    await net.run((await session(store, honest, 15)).shutdown())
    const attackers = await relays(['203.0.113.1', '203.0.113.2'])
    const wallet = await session(store, attackers, 1)
    expect(reached(wallet, honest).filter(Boolean)).toHaveLength(3)
    expect(reached(wallet, honest).slice(2)).toEqual([true, true])
    expect(reached(wallet, attackers)).toEqual([true, true])
    expect(wallet.getStats().eclipse.diversity).toMatchObject({ operators: 4, outbound: 5, remembered: 3 })
  })

  it('give a victim of attackers that choose its bootstrap relays the evidence of an eclipse', async () => {
    network()
    const store = memoryStore()
    const honest = await relays(HONEST)
    await net.run((await session(store, honest, 15)).shutdown())
    const attackers = await relays([1, 2, 3, 4, 5].map((i) => `203.0.113.${i}`))
    const wallet = await started({ listening: false, store, bootstrap: addresses(attackers) })
    const kinds: string[] = []
    wallet.on('eclipse-suspected', ({ reasons }) => kinds.push(...reasons.map(({ kind }) => kind)))
    await net.clock.advance(30 * MINUTE)
    expect(kinds).toContain('views-differ')
  })

  it('are not remembered after a short visit, and displaced by nobody who is there for ten minutes', async () => {
    network()
    const store = memoryStore()
    const honest = await relays(HONEST)
    const attackers = await relays(['203.0.113.1', '11.0.0.1', '12.0.0.1'])
    await net.run((await session(store, attackers, 9)).shutdown())
    expect(await store.get('anchors')).toBeUndefined()
    await net.run((await session(store, honest, 15)).shutdown())
    const before = await store.get('anchors')
    await net.run((await session(store, attackers, 60)).shutdown())
    expect(await store.get('anchors')).toEqual(before)
  })

  it('are forgotten when they have not answered at three starts, but not for want of a network', async () => {
    network()
    const store = memoryStore()
    const [gone, other] = await relays(['198.51.100.1', '192.0.2.1'])
    await net.run((await session(store, [gone!], 15)).shutdown())
    await net.run(gone!.shutdown())
    for (let i = 0; i < 4; i++) await net.run((await session(store, [gone!], 15)).shutdown())
    const stored = []
    for (let i = 0; i < 3; i++) {
      await net.run((await session(store, [other!], 15)).shutdown())
      stored.push((decode((await store.get('anchors'))!) as string[][]).map(([, address]) => address))
    }
    const addresses = ['ws://198.51.100.1', 'ws://192.0.2.1']
    expect(stored).toEqual([addresses, addresses, addresses.slice(1)])
  })

  it('are forgotten some time after the application has named them last', async () => {
    network()
    const store = memoryStore()
    const anchorMs = 60 * MINUTE
    const [old, other] = await relays(['198.51.100.1', '192.0.2.1'])
    await net.run((await session(store, [old!], 15, { anchorMs })).shutdown())
    const wallet = await session(store, [other!], 30, { anchorMs })
    expect(reached(wallet, [old!])).toEqual([true])
    await net.clock.advance(45 * MINUTE)
    expect(wallet.getStats().eclipse.diversity.remembered).toBe(1)
  })

  it.each([
    ['no MessagePack', new Uint8Array([193, 193])],
    ['too long', new Uint8Array(5_000)],
    ['no list', encode({ anchors: true })],
    ['no anchors', encode([['lp1bad', 'ws://198.51.100.1', 1e15, 0], 5, [null], ['alice', 'circuit:a/b', 1, 0]])],
  ])('come from a store whose content is not trusted: %s', async (_, content) => {
    network()
    const store = memoryStore()
    await store.set('anchors', content)
    const [relay] = await relays(['198.51.100.1'])
    const wallet = await session(store, [relay!], 1)
    expect(wallet.getStats().eclipse.diversity).toMatchObject({ outbound: 1, remembered: 0 })
  })

  it('are no reason to fail where the store does', async () => {
    network()
    const fail = () => Promise.reject(new Error('the disk is gone'))
    const [relay] = await relays(['198.51.100.1'])
    const wallet = await session({ ...memoryStore(), get: fail, set: fail }, [relay!], 15)
    expect(wallet.getStats().eclipse.diversity).toMatchObject({ outbound: 1, remembered: 1 })
  })
})

describe('feelers', () => {
  it('of a tab with relays of one operator meet the nodes that these name, and nobody notices', async () => {
    network()
    const ours = await relays(['203.0.113.1', '203.0.113.2'])
    const nodes: P2PCoordinator[] = []
    for (const host of HONEST) nodes.push(await started({ host, relay: true, bootstrap: addresses(ours) }))
    await net.clock.advance(5_000)
    const limits = { feelerIntervalMs: 4 * MINUTE }
    const tab = await started({ listening: false, bootstrap: addresses(ours), limits })
    const events: string[] = []
    tab.on('connected', ({ peerId }) => events.push(peerId))
    for (const node of nodes) node.on('connected', ({ peerId }) => peerId === tab.peerId && events.push(peerId))
    const met = () => tab.dht.getStats().network!.buckets.map(({ oldestSeenAt }) => oldestSeenAt > 0)
    // The relays are compared after a minute, the first feeler goes out after two.
    await net.clock.advance(1.9 * MINUTE)
    expect(met()).toContain(false)
    await net.run(nodes[0]!.shutdown())
    await net.clock.advance(60 * MINUTE)
    expect(met()).not.toContain(false)
    expect(tab.dht.getStats().network!.nodes).toBe(5)
    expect(events).toEqual([])
    expect(tab.getConnectedPeers()).toHaveLength(2)
  })

  it('are not sent where relays are of several operators, nor by who dials nobody but relays', async () => {
    network()
    const ours = await relays(['203.0.113.1', '198.51.100.7', '192.0.2.9'])
    const one = await started({ listening: false, bootstrap: addresses(ours) })
    const two = await started({ listening: false, privacy: 'relayed', bootstrap: addresses(ours.slice(0, 1)) })
    await net.clock.advance(60 * MINUTE)
    expect([one, two].map((tab) => tab.getStats().peers.dialled)).toEqual([3, 1])
    expect(ours.map((relay) => relay.getStats().defence.refused)).toEqual([0, 0, 0])
  })
})
