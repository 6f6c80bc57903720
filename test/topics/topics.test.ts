import { afterEach, describe, expect, it } from 'vitest'
import type { P2PCoordinator } from '../../src/coordinator.js'
import type { TopicMessage } from '../../src/plugins/topics/topic-messages.js'
import { createTestNetwork, type TestNetwork, type TestPeerOptions } from '../../src/testing/test-network.js'

let net: TestNetwork
afterEach(() => net?.stop())

const code = (expected: string) => expect.objectContaining({ code: expected })

/** Relays connected as the links say, and a tab at each. */
async function mesh(relays: number, links: [number, number][], limits = {}) {
  net = createTestNetwork({ latencyMs: 10 })
  const made: P2PCoordinator[] = []
  for (let i = 0; i < relays; i++) {
    const bootstrap = links.filter(([from]) => from === i).map(([, to]) => `memory://relay${to}`)
    made.push(net.createPeer({ host: `relay${i}`, relay: true, bootstrap, limits, maxConnections: 1_000 }))
  }
  // Those that others dial come first.
  for (const relay of made) await net.run(relay.start())
  await net.clock.advance(10_000)
  let tabs = 0
  const tab = async (at: number | number[], options: TestPeerOptions = {}) => {
    const bootstrap = [at].flat().map((i) => `memory://relay${i}`)
    const peer = net.createPeer({ host: `tab${tabs++}`, listening: false, bootstrap, ...options })
    await net.run(peer.start())
    await net.clock.advance(100)
    return peer
  }
  return { relays: made, tab }
}

function listen(peer: P2PCoordinator, topic = 't', options = {}) {
  const got: unknown[] = []
  const stop = peer.subscribe(topic, ({ payload }) => got.push(payload), options)
  return { got, stop }
}

const publish = (peer: P2PCoordinator, payload: unknown, topic = 't') => net.run(peer.publish(topic, payload))

describe('a publication', () => {
  it('reaches the subscribers of its topic, signed by its publisher, and nobody else', async () => {
    const { tab } = await mesh(1, [])
    const [alice, bob, carol] = [await tab(0), await tab(0), await tab(0)]
    const messages: TopicMessage[] = []
    bob.subscribe('t', (message) => messages.push(message))
    const other = listen(carol, 'other')
    const own = listen(alice)
    await net.clock.advance(100)
    const { subscribers, messageId, sentTo } = await publish(alice, { sats: 5n })
    await net.clock.advance(100)
    expect(messages).toEqual([
      expect.objectContaining({
        topic: 't',
        payload: { sats: 5n },
        publisherId: alice.peerId,
        publisherKey: alice.publicKey,
        messageId,
      }),
    ])
    expect([subscribers, sentTo.length, other.got, own.got]).toEqual([1, 1, [], []])
  })

  it('goes between two peers without a relay', async () => {
    net = createTestNetwork({ latencyMs: 10 })
    const [alice, bob] = [
      net.createPeer({ host: 'a', dht: { mode: 'client' } }),
      net.createPeer({ host: 'b', dht: { mode: 'client' } }),
    ]
    await net.run(bob.start())
    await net.run(alice.connectToPeer('memory://b'))
    const { got } = listen(bob)
    await net.clock.advance(100)
    expect((await publish(alice, 1)).subscribers).toBe(1)
    await net.clock.advance(100)
    expect(got).toEqual([1])
  })

  it('says where nobody listens, and fails where nobody is there', async () => {
    const { tab } = await mesh(1, [])
    const alice = await tab(0)
    expect(await publish(alice, 1)).toMatchObject({ subscribers: 0 })
    const lonely = net.createPeer({ host: 'lonely', listening: false })
    await expect(publish(lonely, 1)).rejects.toEqual(code('NO_PEERS'))
  })

  it('is refused at its publisher where topic or payload are none, or too large', async () => {
    const { tab } = await mesh(1, [])
    const alice = await tab(0)
    for (const topic of ['', 'x'.repeat(129), '\ud800', 7 as unknown as string]) {
      await expect(publish(alice, 1, topic)).rejects.toEqual(code('INVALID_TOPIC'))
      expect(() => alice.subscribe(topic, () => {})).toThrow(code('INVALID_TOPIC'))
    }
    await expect(publish(alice, new Uint8Array(65_536))).rejects.toEqual(code('MESSAGE_TOO_LARGE'))
    await expect(publish(alice, () => 1)).rejects.toEqual(code('UNSERIALIZABLE_PAYLOAD'))
    expect(() => alice.subscribe('t', () => {}, { history: -1 })).toThrow(code('INVALID_CONFIG'))
  })

  it('waits for the rate of its publisher: a loop sees no error, and no relay refuses any', async () => {
    const { relays, tab } = await mesh(2, [[1, 0]])
    const [alice, bob] = [await tab([0, 1]), await tab(1)]
    const { got } = listen(bob)
    await net.clock.advance(100)
    const numbers = Array.from({ length: 300 }, (_, i) => i)
    const loop = async () => {
      for (const i of numbers) expect((await alice.publish('t', i)).sentTo).toHaveLength(2)
    }
    await net.run(loop())
    await net.run(Promise.all(numbers.map((i) => alice.publish('t', i))))
    await net.clock.advance(1_000)
    expect(got).toEqual([...numbers, ...numbers])
    expect(relays.map((relay) => relay.getStats().topics.dropped)).toEqual([{}, {}])
  })

  it('waits no longer than its deadline and its signal say, and not at all where it must not', async () => {
    const { tab } = await mesh(1, [])
    const [alice, bob] = [await tab(0), await tab(0)]
    const { got } = listen(bob)
    await net.clock.advance(100)
    const flood = Promise.all(Array.from({ length: 150 }, (_, i) => alice.publish('t', i)))
    const aborting = new AbortController()
    const late = [
      expect(alice.publish('t', 'late', { timeoutMs: 200 })).rejects.toEqual(code('TIMEOUT')),
      expect(alice.publish('t', 'aborted', { signal: aborting.signal })).rejects.toEqual(code('ABORTED')),
      expect(alice.publish('t', 'refused', { wait: false })).rejects.toMatchObject({
        code: 'RATE_LIMITED',
        details: { limit: 'topicRatePerS', retryAfterMs: expect.any(Number) },
      }),
    ]
    const last = alice.publish('t', 'last')
    await net.clock.advance(300)
    aborting.abort()
    await Promise.all(late)
    await net.run(Promise.all([flood, last]))
    await net.clock.advance(1_000)
    await net.run(alice.publish('t', 'again', { wait: false }))
    await net.clock.advance(100)
    expect(got).toEqual([...Array(150).keys(), 'last', 'again'])
  })

  it('that waits ends with its coordinator', async () => {
    const { tab } = await mesh(1, [])
    const alice = await tab(0)
    const all = Promise.allSettled(Array.from({ length: 200 }, (_, i) => alice.publish('t', i)))
    await net.clock.advance(100)
    await net.run(alice.shutdown())
    const waiting = (await all).slice(150)
    for (const outcome of waiting) expect(outcome).toMatchObject({ status: 'rejected', reason: code('SHUT_DOWN') })
  })
})

describe('across relays', () => {
  it('passes a chain of four whose middle has no subscribers', async () => {
    const { relays, tab } = await mesh(4, [
      [1, 0],
      [2, 1],
      [3, 2],
    ])
    const [alice, bob] = [await tab(0), await tab(3)]
    const { got } = listen(bob)
    await net.clock.advance(1_000)
    expect((await publish(alice, 'far')).subscribers).toBe(1)
    await net.clock.advance(500)
    expect(got).toEqual(['far'])
    expect(relays.map((relay) => relay.getStats().topics.forwarded)).toEqual([1, 1, 1, 1])
  })

  it.each([
    [
      'a ring of three',
      3,
      [
        [1, 0],
        [2, 1],
        [0, 2],
      ],
    ],
    [
      'a ring of four',
      4,
      [
        [1, 0],
        [2, 1],
        [3, 2],
        [0, 3],
      ],
    ],
    [
      'a full mesh',
      4,
      [
        [1, 0],
        [2, 0],
        [2, 1],
        [3, 0],
        [3, 1],
        [3, 2],
      ],
    ],
  ] as [string, number, [number, number][]][])(
    'in %s each gets each message once, and interest that nobody has dies out',
    async (_, count, links) => {
      const { relays, tab } = await mesh(count, links)
      const tabs: P2PCoordinator[] = []
      for (let i = 0; i < count; i++) tabs.push(await tab(i))
      const inboxes = tabs.map((peer) => listen(peer))
      await net.clock.advance(2_000)
      for (let i = 0; i < 30; i++) {
        await publish(tabs[i % count]!, i)
        await net.clock.advance(1_000)
      }
      for (const [index, { got }] of inboxes.entries()) {
        expect(got).toEqual(Array.from({ length: 30 }, (_, i) => i).filter((i) => i % count !== index))
      }
      const forwarded = relays.reduce((sum, relay) => sum + relay.getStats().topics.forwarded, 0)
      expect(forwarded).toBeLessThan(30 * count * count)
      for (const { stop } of inboxes) stop()
      await net.clock.advance(5_000)
      expect(relays.map((relay) => relay.getStats().topics.topics)).toEqual(relays.map(() => 0))
    },
  )

  it('prunes to a tree, and repairs it when a relay goes', async () => {
    const { relays, tab } = await mesh(4, [
      [1, 0],
      [2, 0],
      [2, 1],
      [3, 0],
      [3, 1],
      [3, 2],
    ])
    const [alice, bob, carol] = [await tab(0), await tab(2), await tab(3)]
    const inboxes = [listen(bob), listen(carol)]
    await net.clock.advance(1_000)
    for (let i = 0; i < 20; i++) {
      await publish(alice, i)
      await net.clock.advance(500)
    }
    const before = relays.map((relay) => relay.getStats().topics)
    for (let i = 20; i < 40; i++) {
      await publish(alice, i)
      await net.clock.advance(500)
    }
    const after = relays.map((relay) => relay.getStats().topics)
    const duplicates = after.reduce((sum, stats, i) => sum + stats.duplicates - before[i]!.duplicates, 0)
    expect(duplicates).toBeLessThan(10)
    await net.run(relays[1]!.shutdown())
    for (let i = 40; i < 60; i++) {
      await publish(alice, i)
      await net.clock.advance(1_000)
    }
    await net.clock.advance(3_000)
    for (const { got } of inboxes)
      expect([...got].sort((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 60 }, (_, i) => i))
  })

  it('a tab at three relays that know each other gets one copy, and publishes once', async () => {
    const { tab } = await mesh(3, [
      [1, 0],
      [2, 0],
      [2, 1],
    ])
    const [alice, bob] = [await tab([0, 1, 2]), await tab([0, 1, 2])]
    const { got } = listen(bob)
    await net.clock.advance(1_000)
    for (let i = 0; i < 20; i++) {
      await publish(alice, i)
      await net.clock.advance(1_000)
    }
    expect(got).toEqual(Array.from({ length: 20 }, (_, i) => i))
  })

  it('resources are watched at relays that the watcher is not connected to, their end included', async () => {
    const { tab } = await mesh(3, [
      [1, 0],
      [2, 1],
    ])
    const [alice, bob] = [await tab(0), await tab(2)]
    const changes: unknown[] = []
    await net.run(alice.announceResource('offer', 'early', 1))
    await net.clock.advance(500)
    bob.watchResources('offer', {}, (resource, change) => changes.push([resource.resourceId, change]))
    await net.clock.advance(1_000)
    await net.run(alice.announceResource('offer', 'late', 1))
    await net.clock.advance(500)
    await net.run(alice.withdrawResource('offer', 'late'))
    await net.clock.advance(500)
    expect(changes).toEqual([
      ['late', 'added'],
      ['late', 'removed'],
    ])
  })

  it('resources that were withdrawn before a watch began are not told of, and those that are there are', async () => {
    const { tab } = await mesh(2, [[1, 0]])
    const [alice, early] = [await tab(0), await tab([0, 1])]
    // Both relays carry the topic, and keep its history.
    early.watchResources('offer', {}, () => {})
    await net.clock.advance(500)
    for (const id of ['1', '2', '3']) await net.run(alice.announceResource('offer', id, 1))
    for (const id of ['1', '2']) await net.run(alice.withdrawResource('offer', id))
    await net.clock.advance(500)
    for (const relays of [0, 1, [0, 1]]) {
      const wallet = await tab(relays)
      const changes: unknown[] = []
      wallet.watchResources('offer', {}, ({ resourceId }, change) => changes.push([resourceId, change]))
      await net.clock.advance(2_000)
      expect(changes).toEqual([['3', 'added']])
    }
    const wallet = await tab(1)
    const stop = wallet.watchResources('offer', {}, () => expect.unreachable())
    stop()
    await net.clock.advance(2_000)
  })
})

describe('a late subscriber', () => {
  it('gets the last ones first, in order, once, though several relays have them', async () => {
    const { tab } = await mesh(2, [[1, 0]])
    const [alice, early] = [await tab([0, 1]), await tab([0, 1])]
    listen(early)
    await net.clock.advance(500)
    for (let i = 0; i < 10; i++) await publish(alice, i)
    const late = await tab([0, 1])
    const { got } = listen(late, 't', { history: 4 })
    await net.clock.advance(1_000)
    expect(got).toEqual([6, 7, 8, 9])
    await publish(alice, 10)
    await net.clock.advance(1_000)
    expect(got).toEqual([6, 7, 8, 9, 10])
    const second = listen(late, 't', { history: 2 })
    await net.clock.advance(100)
    expect(second.got).toEqual([9, 10])
    await net.clock.advance(700_000)
    const later = await tab(0)
    const none = listen(later, 't', { history: 4 })
    await net.clock.advance(1_000)
    expect(none.got).toEqual([])
  })
})

describe('a subscription', () => {
  it('comes back after a reconnect, once, with what was missed where history is wanted', async () => {
    const { tab } = await mesh(1, [])
    const [alice, bob] = [await tab(0), await tab(0)]
    const { got } = listen(bob, 't', { history: 10 })
    await net.clock.advance(100)
    await publish(alice, 1)
    await net.clock.advance(100)
    bob.suspend()
    await net.clock.advance(100)
    await publish(alice, 2)
    await net.run(bob.resume())
    await net.clock.advance(5_000)
    await publish(alice, 3)
    await net.clock.advance(500)
    expect(got).toEqual([1, 2, 3])
  })

  it('ends with its unsubscribe, and a listener that throws harms no other', async () => {
    const { tab, relays } = await mesh(1, [])
    const [alice, bob] = [await tab(0), await tab(0)]
    const errors: string[] = []
    bob.on('error', ({ code }) => errors.push(code))
    bob.subscribe('t', () => {
      throw new Error('mine')
    })
    const { got, stop } = listen(bob)
    await net.clock.advance(100)
    await publish(alice, 1)
    await net.clock.advance(100)
    stop()
    stop()
    await publish(alice, 2)
    await net.clock.advance(100)
    expect([got, errors]).toEqual([[1], ['LISTENER_FAILED', 'LISTENER_FAILED']])
    expect(relays[0]!.getStats().topics.topics).toBe(1)
  })
})
