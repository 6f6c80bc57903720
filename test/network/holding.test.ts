import { afterEach, describe, expect, it, vi } from 'vitest'
import type { P2PConfig, P2PCoordinator } from '../../src/coordinator.js'
import type { P2PStatus } from '../../src/core/events.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { createTestNetwork, type TestNetwork, type TestPeerOptions } from '../../src/testing/test-network.js'
import { broadcastChannel } from '../../src/transport/tabs/broadcast-channel.js'

let net: TestNetwork
afterEach(() => net?.stop())

const code = (expected: string) => expect.objectContaining({ code: expected })
const note = (payload: unknown) => ({ type: 'note', payload })

async function world(relays = 1, conditions: Parameters<typeof createTestNetwork>[0] = {}) {
  net = createTestNetwork({ latencyMs: 10, ...conditions })
  const makeRelay = (i: number, options: TestPeerOptions = {}) => net.createPeer({ host: `relay${i}`, relay: true, ...options })
  const made = Array.from({ length: relays }, (_, i) => makeRelay(i))
  for (const relay of made) await net.run(relay.start())
  const tab = async (name: string, config: P2PConfig = {}) => {
    const bootstrap = made.map((relay) => net.addressOf(relay))
    const peer = net.createPeer({ host: name, peerId: name, listening: false, bootstrap, ...config })
    await net.run(peer.start())
    await net.clock.advance(200)
    return peer
  }
  return { relays: made, makeRelay, tab }
}

function heard(peer: P2PCoordinator) {
  const payloads: unknown[] = []
  peer.on('message', ({ payload }) => payloads.push(payload))
  return payloads
}

describe('a peer known by its id', () => {
  it('is reached through a relay that it reserved at, by its peer record', async () => {
    const { tab } = await world()
    const [alice, bob] = [await tab('alice'), await tab('bob')]
    const found = await net.run(alice.dht.get<{ relays: unknown[] }>('peer:bob', { publisherId: 'bob' }))
    expect(found?.value.relays).toHaveLength(1)
    await net.run(alice.connectToPeer('bob'))
    const got = heard(bob)
    await alice.sendTo('bob', note(1))
    await net.clock.advance(100)
    expect(got).toEqual([1])
    expect(alice.getPeer('bob')?.connection?.transport).toBe('circuit')
  })

  it('is found at a relay that only its own relay is connected to', async () => {
    net = createTestNetwork({ latencyMs: 10 })
    const one = net.createPeer({ host: 'one', relay: true })
    const two = net.createPeer({ host: 'two', relay: true, bootstrap: ['memory://one'] })
    for (const relay of [one, two]) await net.run(relay.start())
    const [alice, bob] = ['one', 'two'].map((relay, i) =>
      net.createPeer({ host: `tab${i}`, listening: false, bootstrap: [`memory://${relay}`] }),
    ) as [P2PCoordinator, P2PCoordinator]
    await net.run(alice.start())
    await net.run(bob.start())
    await net.clock.advance(500)
    const record = await net.run(alice.dht.get(`peer:${bob.peerId}`, { publisherId: bob.peerId }))
    expect(record?.value).toMatchObject({ addresses: [], relays: [[two.peerId, null]] })
  })

  it('says of every path why it failed, within one deadline', async () => {
    const { tab, relays } = await world(2)
    const alice = await tab('alice')
    const target = {
      ...alice.getPeer(relays[0]!.peerId)!,
      peerId: 'bob',
      addresses: { websocket: 'memory://nowhere', relays: relays.map(({ peerId }) => peerId) },
    }
    const failure = await net.run(alice.connectToPeer(target).catch((error) => error))
    expect(failure).toEqual(code('PEER_UNREACHABLE'))
    expect(failure.details.paths).toEqual([
      expect.objectContaining({ path: 'memory://nowhere', code: 'PEER_UNREACHABLE' }),
      ...relays.map(({ peerId }) => expect.objectContaining({ path: `circuit:${peerId}`, code: 'PEER_NOT_FOUND' })),
    ])
    expect(failure.message).toContain('memory://nowhere: PEER_UNREACHABLE')

    net.network.partition(['alice'], ['nowhere', 'relay0', 'relay1'])
    const before = net.clock.now()
    const late = await net.run(alice.connectToPeer(target, { timeoutMs: 2_000 }).catch((error) => error))
    expect(late).toEqual(code('TIMEOUT'))
    expect(net.clock.now() - before).toBe(2_000)
    expect(late.details.paths).toHaveLength(3)
    const controller = new AbortController()
    const aborted = alice.connectToPeer(target, { signal: controller.signal }).catch((error) => error)
    await net.clock.advance(100)
    controller.abort()
    expect(await net.run(aborted)).toEqual(code('ABORTED'))
    expect(alice.getStats().peers.dialling).toBe(0)
  })

  it('is tried by the direct path first, and by a circuit soon after where that one hangs', async () => {
    const { tab, relays } = await world()
    const [alice, bob] = [await tab('alice'), await tab('bob', { listen: [] })]
    net.network.partition(['alice'], ['hanging'])
    const target = {
      ...alice.getPeer(relays[0]!.peerId)!,
      peerId: 'bob',
      publicKey: bob.publicKey,
      addresses: { websocket: 'memory://hanging', relays: [relays[0]!.peerId] },
    }
    const before = net.clock.now()
    await net.run(alice.connectToPeer(target))
    expect(net.clock.now() - before).toBeLessThan(500)
    expect(alice.getPeer('bob')?.connection?.transport).toBe('circuit')
  })
})

describe('a lost connection', () => {
  it('comes back after the relay restarts, with one reservation and one announcement each, and the status tells the truth', async () => {
    const { tab, relays, makeRelay } = await world()
    const [alice, bob] = [await tab('alice'), await tab('bob')]
    const statuses: P2PStatus[] = []
    alice.on('status', (status) => statuses.push(status))
    await net.run(alice.connectToPeer('bob'))
    await net.run(alice.announceResource('offer', 'one', 1))
    const got = heard(bob)
    const changes: unknown[] = []
    bob.watchResources('offer', {}, (resource, change) => changes.push([resource.resourceId, change]))
    await net.clock.advance(200)
    await net.run(relays[0]!.shutdown())
    await net.clock.advance(100)
    expect(alice.status).toBe('connecting')
    await expect(alice.sendTo('bob', note('lost'))).rejects.toEqual(code('PEER_NOT_CONNECTED'))
    const again = makeRelay(0)
    await net.run(again.start())
    await net.clock.advance(20_000)
    expect(statuses).toEqual(['connecting', 'online'])
    expect([alice.isConnected('bob'), bob.isConnected('alice')]).toEqual([true, true])
    await alice.sendTo('bob', note('back'))
    await net.clock.advance(100)
    expect(got).toEqual(['back'])
    expect(changes).toEqual([['one', 'added']])
    expect(again.dht.getStats().records).toBe(3)
    await net.run(alice.withdrawResource('offer', 'one'))
    await net.clock.advance(100)
    expect(changes).toEqual([
      ['one', 'added'],
      ['one', 'removed'],
    ])
  })

  it('is not made anew after either end has disconnected', async () => {
    const { tab } = await world()
    const [alice, bob] = [await tab('alice'), await tab('bob')]
    await net.run(alice.connectToPeer('bob'))
    // Bob is connected once Alice's description has come.
    await net.clock.advance(100)
    await net.run(bob.disconnectFromPeer('alice'))
    await net.clock.advance(100_000)
    expect(alice.isConnected('bob')).toBe(false)
    await net.run(alice.connectToPeer('bob'))
    await net.run(alice.disconnectFromPeer('bob'))
    await net.clock.advance(100_000)
    expect(alice.isConnected('bob')).toBe(false)
  })

  it('delivers what was accepted once, in order, though it broke while it was on its way', async () => {
    const { tab } = await world()
    const [alice, bob] = [await tab('alice'), await tab('bob')]
    await net.run(alice.connectToPeer('bob'))
    const got = heard(bob)
    let sent = 0
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 5; i++) if (alice.isConnected('bob')) await alice.sendTo('bob', note(sent++))
      await net.clock.advance(3 + round)
      if (round % 3 === 0) net.network.crash(round % 2 === 0 ? 'alice' : 'relay0')
      await net.clock.advance(60_000)
    }
    await net.clock.advance(60_000)
    expect(sent).toBeGreaterThan(80)
    expect(got).toEqual(Array.from({ length: sent }, (_, i) => i))
  })
})

describe('sleep', () => {
  it('of two minutes is noticed, and what died meanwhile is found out within three seconds and comes back', async () => {
    const { tab } = await world()
    const [alice, bob] = [await tab('alice'), await tab('bob')]
    await net.run(alice.connectToPeer('bob'))
    await net.clock.advance(100)
    const gone: string[] = []
    alice.on('disconnected', ({ peerId }) => gone.push(peerId))
    // The NAT has forgotten the mapping: frames vanish, and nobody says so.
    net.clock.sleep(120_000)
    net.network.partition(['alice'], ['relay0'])
    await net.clock.advance(0)
    await net.clock.advance(3_100)
    expect(gone.length).toBeGreaterThan(0)
    net.network.heal()
    await net.clock.advance(5_000)
    expect([alice.status, alice.isConnected('bob')]).toEqual(['online', true])
    const got = heard(bob)
    await alice.sendTo('bob', note('awake'))
    await net.clock.advance(100)
    expect(got).toEqual(['awake'])
  })

  it('is not blamed on peers that are there', async () => {
    const { tab } = await world()
    const [alice] = [await tab('alice'), await tab('bob')]
    await net.run(alice.connectToPeer('bob'))
    await net.clock.advance(100)
    const gone: string[] = []
    alice.on('disconnected', ({ peerId }) => gone.push(peerId))
    net.clock.sleep(600_000)
    await net.clock.advance(60_000)
    expect(gone).toEqual([])
  })

  it('that ends with the network a moment after the screen: the network is what counts', async () => {
    const page = new EventTarget()
    vi.stubGlobal('document', Object.assign(new EventTarget(), { visibilityState: 'visible' }))
    vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
    vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page))
    try {
      const { tab, relays, makeRelay } = await world()
      const alice = await tab('alice')
      await net.run(relays[0]!.shutdown())
      await net.clock.advance(60_000)
      document.dispatchEvent(new Event('visibilitychange'))
      await net.clock.advance(100)
      await net.run(makeRelay(0).start())
      page.dispatchEvent(new Event('online'))
      await net.clock.advance(100)
      expect(alice.status).toBe('online')
      await net.stop()
    } finally {
      vi.unstubAllGlobals()
    }
  })

  it('that the app announces closes all, and ends with everything as before', async () => {
    const { tab } = await world()
    const [alice, bob] = [await tab('alice'), await tab('bob')]
    await net.run(alice.connectToPeer('bob'))
    const reasons: string[] = []
    bob.on('disconnected', (_, { code }) => reasons.push(code))
    alice.suspend()
    alice.suspend()
    await net.clock.advance(1_000)
    expect(reasons).toEqual(['SUSPENDED'])
    expect([alice.status, alice.getConnectedPeers().length, bob.isConnected('alice')]).toEqual(['suspended', 0, false])
    await expect(alice.connectToPeer('bob')).rejects.toEqual(code('SUSPENDED'))
    const { outcome } = await alice.sendTo('bob', note('later'), { queue: true })
    await net.clock.advance(300_000)
    expect(alice.getStats().peers.dialling).toBe(0)
    const got = heard(bob)
    await net.run(alice.resume())
    await net.clock.advance(5_000)
    expect([alice.status, alice.isConnected('bob'), got, await outcome]).toEqual(['online', true, ['later'], 'delivered'])
  })

  it('is waited for by whoever has dialled, and misses nothing that was on its way', async () => {
    const { tab } = await world()
    const [alice, bob] = [await tab('alice'), await tab('bob')]
    await net.run(alice.connectToPeer('bob'))
    const got = heard(bob)
    await alice.sendTo('bob', note('on its way'))
    bob.suspend()
    await net.clock.advance(30_000)
    expect(got).toEqual([])
    await net.run(bob.resume())
    await net.clock.advance(60_000)
    expect([alice.isConnected('bob'), got]).toEqual([true, ['on its way']])
  })

  it('takes no connection meanwhile, and ends the dials that were under way', async () => {
    const bob = net.createPeer({ host: 'bob', peerId: 'bob' })
    const alice = net.createPeer({ host: 'alice', peerId: 'alice' })
    await net.run(Promise.all([alice.start(), bob.start()]))
    const dial = alice.connectToPeer('memory://bob').catch(({ code }) => code)
    alice.suspend()
    expect(await net.run(dial)).toBe('SUSPENDED')
    bob.suspend()
    await net.run(alice.resume())
    await expect(net.run(alice.connectToPeer('memory://bob'))).rejects.toEqual(code('SUSPENDED'))
    await net.run(bob.resume())
    await net.run(alice.connectToPeer('memory://bob'))
    await net.clock.advance(100)
    expect(bob.isConnected('alice')).toBe(true)
  })
})

describe('suspend', () => {
  it('ends dials that are under way as well', async () => {
    const { tab, relays } = await world()
    const alice = await tab('alice')
    const other = net.createPeer({ host: 'other', peerId: 'other', relay: true })
    await net.run(other.start())
    for (const target of [net.addressOf(other), { ...alice.getPeer(relays[0]!.peerId)!, peerId: 'other' }]) {
      const failed = alice.connectToPeer(target).catch((error) => error)
      await net.clock.advance(5)
      alice.suspend()
      await net.clock.advance(5_000)
      expect(alice.getConnectedPeers()).toEqual([])
      expect(await net.run(failed)).toEqual(code('SUSPENDED'))
      expect(alice.getStats().peers.dialling).toBe(0)
      await net.run(alice.resume())
      expect(alice.status).toBe('online')
    }
  })

  it('ends the dials of reconnection, which go on at resume', async () => {
    const { tab } = await world()
    const alice = await tab('alice')
    net.network.crash('alice')
    for (const { peerId } of alice.getConnectedPeers()) alice.dropPath(peerId)
    while (alice.getStats().peers.dialling === 0) await net.clock.advance(5)
    alice.suspend()
    await net.clock.advance(60_000)
    expect([alice.getConnectedPeers(), alice.status]).toEqual([[], 'suspended'])
    await net.run(alice.resume())
    expect(alice.status).toBe('online')
  })

  it('of many minutes, at either end of a connection, ends with the connection', async () => {
    const { tab } = await world()
    const [alice, bob] = [await tab('alice'), await tab('bob')]
    await net.run(alice.connectToPeer('bob'))
    for (const sleeper of [alice, bob]) {
      const got = heard(bob)
      await alice.sendTo('bob', note('in flight'))
      sleeper.suspend()
      await net.clock.advance(1_000)
      await net.run(sleeper.resume())
      await net.clock.advance(10_000)
      expect([alice.isConnected('bob'), got]).toEqual([true, ['in flight']])
      sleeper.suspend()
      await net.clock.advance(3_600_000)
      await net.run(sleeper.resume())
      await net.clock.advance(30_000)
      expect(alice.isConnected('bob')).toBe(true)
    }
  })

  it('of a tab that others of the same browser know ends with their connection, whoever found the other', async () => {
    net = createTestNetwork()
    const until = async (condition: () => boolean) => {
      for (let i = 0; i < 500 && !condition(); i++) await new Promise((resolve) => setImmediate(resolve))
      return condition()
    }
    const tabs = [1, 2].map((host) => {
      const transport = broadcastChannel({ name: 'suspended-tabs', clock: net.clock })
      return net.createPeer({ host: `${host}`, transport, listening: false })
    })
    for (const tab of tabs) await tab.start()
    const connected = () => tabs.every((tab) => tab.getConnectedPeers().length === 1)
    expect(await until(connected)).toBe(true)
    for (const tab of tabs) {
      tab.suspend()
      expect(await until(() => tabs.every((other) => other.getConnectedPeers().length === 0))).toBe(true)
      await until(() => false)
      void tab.resume()
      expect(await until(connected)).toBe(true)
    }
  })

  it('called while resume is under way holds', async () => {
    const { tab } = await world()
    const alice = await tab('alice')
    alice.suspend()
    await net.clock.advance(1_000)
    const resumed = alice.resume()
    alice.suspend()
    await net.run(resumed)
    await net.clock.advance(60_000)
    expect([alice.getConnectedPeers(), alice.status]).toEqual([[], 'suspended'])
    await net.run(alice.resume())
    expect(alice.status).toBe('online')
  })
})

describe('a message for a peer that is away', () => {
  it('waits in order and arrives once on its return, and its sender is told', async () => {
    const { tab } = await world()
    const [alice, bob] = [await tab('alice'), await tab('bob')]
    const delivered: unknown[] = []
    alice.on('delivered', ({ payload }) => delivered.push(payload))
    bob.suspend()
    await net.clock.advance(100)
    const queued = await Promise.all([1, 2, 3].map((n) => alice.sendTo('bob', note(n), { queue: true, ttl: 600 })))
    expect(alice.getStats().traffic.queued).toMatchObject({ messages: 3 })
    await net.clock.advance(30_000)
    const got = heard(bob)
    await net.run(bob.resume())
    await net.clock.advance(90_000)
    expect([got, delivered]).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ])
    expect(await Promise.all(queued.map(({ outcome }) => outcome))).toEqual(['delivered', 'delivered', 'delivered'])
    expect(alice.getStats().traffic.queued).toEqual({ messages: 0, bytes: 0 })
  })

  it('is sent at once to one that is there, and survives its connection', async () => {
    const { tab } = await world()
    const [alice, bob] = [await tab('alice'), await tab('bob')]
    await net.run(alice.connectToPeer('bob'))
    const got = heard(bob)
    const { outcome } = await alice.sendTo('bob', note('now'), { queue: true })
    net.network.crash('alice')
    await net.clock.advance(120_000)
    expect([got, await outcome]).toEqual([['now'], 'delivered'])
  })

  it('reaches another process of the same peer', async () => {
    const { tab, relays } = await world()
    const alice = await tab('alice')
    const identity = identityFromSeed(new Uint8Array(32).fill(7))
    const bob = await tab('bob', { identity })
    await net.run(alice.connectToPeer('bob'))
    net.network.crash('bob')
    await alice.sendTo('bob', note('a'), { queue: true }).catch(() => {})
    await net.run(bob.shutdown())
    const { outcome } = await alice.sendTo('bob', note('b'), { queue: true })
    const next = net.createPeer({
      host: 'bob2',
      peerId: 'bob',
      identity,
      listening: false,
      bootstrap: [net.addressOf(relays[0]!)],
    })
    const got = heard(next)
    await net.run(next.start())
    await net.clock.advance(120_000)
    expect([got, await outcome]).toEqual([['a', 'b'], 'delivered'])
  })

  it('is known to have arrived where the peer goes away right after, so that its next process does not get it too', async () => {
    const { tab, relays } = await world()
    const alice = await tab('alice')
    const identity = identityFromSeed(new Uint8Array(32).fill(7))
    const bob = await tab('bob', { identity })
    await net.run(alice.connectToPeer('bob'))
    const got = heard(bob)
    const { outcome } = await alice.sendTo('bob', note('once'), { queue: true })
    const reasons: unknown[] = []
    alice.on('disconnected', (_, { code, details }) => reasons.push([code, details.byPeer]))
    while (got.length === 0) await net.clock.advance(1)
    await net.run(bob.shutdown())
    await net.clock.advance(100)
    // Over a circuit too.
    expect(reasons).toEqual([['SHUT_DOWN', true]])
    const next = net.createPeer({
      host: 'bob2',
      peerId: 'bob',
      identity,
      listening: false,
      bootstrap: [net.addressOf(relays[0]!)],
    })
    const gotNext = heard(next)
    await net.run(next.start())
    await net.clock.advance(60_000)
    expect([got, gotNext, await outcome]).toEqual([['once'], [], 'delivered'])
  })

  it('expires, and is not delivered after that', async () => {
    const { tab } = await world()
    const [alice, bob] = [await tab('alice'), await tab('bob')]
    const expired: unknown[] = []
    alice.on('expired', ({ payload }) => expired.push(payload))
    bob.suspend()
    const { outcome } = await alice.sendTo('bob', note('old'), { queue: true, ttl: 10 })
    await net.clock.advance(10_000)
    expect([await outcome, expired]).toEqual(['expired', ['old']])
    const got = heard(bob)
    await net.run(bob.resume())
    await net.clock.advance(120_000)
    expect(got).toEqual([])
  })

  it('waits while the connection is full, and goes out as soon as it is not', async () => {
    const { tab } = await world()
    const [alice, bob] = [await tab('alice', { limits: { sendMaxBufferedBytes: 600_000 } }), await tab('bob')]
    await net.run(alice.connectToPeer('bob'))
    const got: number[] = []
    bob.on('message', ({ payload }) => got.push((payload as Uint8Array)[0]!))
    const block = (n: number) => note(new Uint8Array(140_000).fill(n))
    // Nothing arrives, so nothing is acknowledged.
    net.network.partition(['alice'], ['relay0'])
    for (let i = 0; i < 4; i++) void alice.sendTo('bob', block(i)).catch(() => {})
    const queued = await Promise.all([4, 5, 6, 7, 8, 9].map((n) => alice.sendTo('bob', block(n), { queue: true })))
    await net.clock.advance(1_000)
    net.network.heal()
    await net.clock.advance(5_000)
    expect(got).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(await Promise.all(queued.map(({ outcome }) => outcome))).toEqual(Array(6).fill('delivered'))
  })

  it('is not sent a second time, nor said to have expired, where its connection broke while it was full', async () => {
    const { tab } = await world()
    const limits = { sendHighWaterBytes: 50_000, sendLowWaterBytes: 10_000 }
    const [alice, bob] = [await tab('alice', { limits }), await tab('bob')]
    await net.run(alice.connectToPeer('bob'))
    const got: number[] = []
    bob.on('message', ({ payload }) => got.push((payload as Uint8Array)[0]!))
    net.network.partition(['alice'], ['relay0'])
    const block = (n: number) => note(new Uint8Array(90_000).fill(n))
    const queued = await Promise.all([0, 1, 2].map((n) => alice.sendTo('bob', block(n), { queue: true, ttl: 60 })))
    await net.clock.advance(100)
    net.network.crash('alice')
    alice.dropPath(alice.getConnectedPeers().find(({ peerId }) => peerId !== 'bob')!.peerId)
    net.network.heal()
    await net.clock.advance(50_000)
    expect(got).toEqual([0, 1, 2])
    expect(await Promise.all(queued.map(({ outcome }) => outcome))).toEqual(Array(3).fill('delivered'))
    expect(bob.getStats().defence.duplicates).toBe(0)
  })

  it('is refused where too much waits, for a time that is none, and in another name', async () => {
    const { tab } = await world()
    const alice = await tab('alice', { limits: { maxOutboxMessages: 2, maxOutboxBytes: 100_000 } })
    const queue = { queue: true as const }
    await expect(alice.sendTo('bob', note(new Uint8Array(100_001)), queue)).rejects.toEqual(code('OUTBOX_FULL'))
    for (let i = 0; i < 2; i++) await alice.sendTo('bob', note(i), queue)
    await expect(alice.sendTo('bob', note(2), queue)).rejects.toMatchObject({
      code: 'OUTBOX_FULL',
      details: { limit: 'maxOutboxMessages' },
    })
    for (const ttl of [0, -1, Number.NaN, 1e9]) {
      await expect(alice.sendTo('bob', note(1), { queue: true, ttl })).rejects.toEqual(code('INVALID_CONFIG'))
    }
    await expect(alice.sendTo('bob', { ...note(1), from: 'eve' }, queue)).rejects.toEqual(code('FOREIGN_SENDER'))
  })
})

describe('shutdown', () => {
  it('at any moment of dialling, upgrading and waiting leaves no timer behind and settles every promise', async () => {
    for (let at = 0; at < 150; at += 7) {
      net = createTestNetwork({ latencyMs: 10 })
      const relay = net.createPeer({ host: 'relay0', relay: true })
      await net.run(relay.start())
      const make = (host: string) => net.createPeer({ host, peerId: host, bootstrap: ['memory://relay0', 'memory://nobody'] })
      const [alice, bob] = [make('alice'), make('bob')]
      void bob.start()
      const settled: unknown[] = []
      const watch = (promise: Promise<unknown>) =>
        void promise.then(
          () => settled.push(1),
          () => settled.push(0),
        )
      watch(alice.start())
      watch(alice.connectToPeer('memory://bob'))
      watch(alice.connectToPeer('bob'))
      watch(alice.connectToPeer('memory://nobody'))
      watch(alice.sendTo('bob', note(1), { queue: true }).then(({ outcome }) => outcome))
      watch(alice.findPeers())
      watch(alice.publish('topic', 1))
      watch(alice.announceResource('a', 'b', 1))
      alice.subscribe('topic', () => {})
      await net.clock.advance(at)
      if (alice.isConnected('bob')) watch(alice.request('bob', { type: 'never', payload: 1 }))
      if (at % 2 === 1) net.network.partition(['alice'], ['bob', 'relay0'])
      await net.run(alice.shutdown())
      await net.run(bob.shutdown())
      await net.run(relay.shutdown())
      // What is in the network arrives nowhere.
      await net.clock.advance(20)
      expect([at, net.clock.pending]).toEqual([at, 0])
      expect(settled.length).toBeGreaterThanOrEqual(8)
    }
  })
})

describe('a wallet behind relays only', () => {
  it('tells no address, and neither dials nor accepts anything direct', async () => {
    const { tab, relays } = await world()
    const alice = await tab('alice', { privacy: 'relayed' })
    const bob = net.createPeer({ host: 'bob', peerId: 'bob', bootstrap: [net.addressOf(relays[0]!)] })
    await net.run(bob.start())
    await net.clock.advance(500)
    await net.run(alice.connectToPeer('bob'))
    expect(alice.getPeer('bob')?.connection?.transport).toBe('circuit')
    const record = await net.run(bob.dht.get<{ addresses: string[] }>('peer:alice', { publisherId: 'alice' }))
    expect(record?.value.addresses).toEqual([])
    await net.run(alice.disconnectFromPeer('bob'))
    await net.run(bob.connectToPeer('alice'))
    expect(bob.getPeer('alice')?.connection?.transport).toBe('circuit')
  })
})
