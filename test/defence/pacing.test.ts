import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { P2PCoordinator } from '../../src/coordinator.js'
import type { P2PMessage } from '../../src/message/message.js'
import { createTestNetwork, type TestNetwork, type TestPeerOptions } from '../../src/testing/index.js'

let net: TestNetwork

beforeEach(() => {
  net = createTestNetwork({ latencyMs: 20 })
})

afterEach(() => net.stop())

async function pair(ofBob: TestPeerOptions = {}, ofAlice: TestPeerOptions = {}) {
  const bob = net.createPeer({ peerId: 'bob', ...ofBob })
  const alice = net.createPeer({ peerId: 'alice', ...ofAlice })
  await net.run(bob.start())
  await net.run(alice.connectToPeer(net.addressOf(bob)))
  await net.clock.advance(100)
  const got: [at: number, payload: unknown][] = []
  const start = net.clock.now()
  bob.on('message', ({ payload }) => void got.push([net.clock.now() - start, payload]))
  return { alice, bob, got }
}

const send = (from: P2PCoordinator, payload: unknown, more: Partial<P2PMessage> = {}, options = {}) =>
  from.sendTo('bob', { type: 'x', payload, ...more }, options)

const refusals = (peer: P2PCoordinator) => peer.getStats().defence.throttled

/** A protocol of Bob's, and the types that its handler has heard, with the milliseconds. */
function serve(bob: P2PCoordinator, protocolName: string, rateLimits?: object) {
  const heard: [at: number, type: string][] = []
  const start = net.clock.now()
  bob.registerProtocol({
    protocolName,
    ...(rateLimits && { rateLimits: rateLimits as never }),
    handleMessage: async ({ type }) => void heard.push([net.clock.now() - start, type]),
  })
  return heard
}

describe('a sender', () => {
  const limits = { protocolMessagesPerS: 20, protocolMessageBurst: 40 }

  it('that sends more than its peer takes waits for its turn: all arrives in order, and nobody is refused', async () => {
    const { alice, bob, got } = await pair({ limits })
    const sent = Promise.all(Array.from({ length: 300 }, (_, i) => send(alice, i, {}, { timeoutMs: 60_000 })))
    await net.run(sent)
    await net.clock.advance(100)
    expect(got.map(([, payload]) => payload)).toEqual(Array.from({ length: 300 }, (_, i) => i))
    // A newcomer is told half: 20 at once, and 10 a second.
    expect(got[19]![0]).toBeLessThan(100)
    expect(got[299]![0]).toBeGreaterThan(27_000)
    expect(got[299]![0]).toBeLessThan(29_500)
    expect([refusals(bob), bob.getStats().defence.limited]).toEqual([0, 0])
  })

  it('that awaits each call is held to the same rate without an error', async () => {
    const { alice, bob, got } = await pair({ limits })
    const loop = (async () => {
      for (let i = 0; i < 100; i++) await send(alice, i)
    })()
    await net.run(loop)
    await net.clock.advance(100)
    expect([got.length, refusals(bob)]).toEqual([100, 0])
    expect(got[99]![0]).toBeGreaterThan(7_500)
  })

  it('whose answers come too late is refused nothing, blamed for nothing, and heard at once', async () => {
    const { alice, bob } = await pair({}, { limits: { protocolMessagesPerS: 1, protocolMessageBurst: 2 } })
    serve(alice, 'slow')
    bob.registerProtocol({
      protocolName: 'slow',
      handleMessage: async (message) => {
        net.clock.setTimeout(() => void bob.reply(message, { type: 'answer', payload: 'late' }), 3_000)
      },
    })
    const asked = Array.from({ length: 200 }, () =>
      alice.request('bob', { type: 'ask', payload: 1, protocol: 'slow' }, { timeoutMs: 1_000 }).catch(({ code }) => code),
    )
    expect(new Set(await net.run(Promise.all(asked)))).toEqual(new Set(['TIMEOUT']))
    await net.clock.advance(2_100)
    expect(alice.getStats().defence.accepted).toBeGreaterThanOrEqual(200)
    const heard: number[] = []
    alice.on('message', () => void heard.push(net.clock.now()))
    const at = net.clock.now()
    await bob.sendTo('alice', { type: 'next', payload: 2, protocol: 'slow' })
    await net.clock.advance(100)
    expect(heard.map((ms) => ms - at)).toEqual([20])
    expect([refusals(alice), alice.getStats().defence.limited, alice.getStats().defence.faults]).toEqual([0, 0, {}])
    expect(alice.isConnected('bob')).toBe(true)
  })

  it('that must not wait is told when to come again, and the message is not sent', async () => {
    const { alice, got } = await pair({ limits })
    for (let i = 0; i < 20; i++) await send(alice, i)
    await net.clock.advance(0)
    await expect(send(alice, 'now', {}, { wait: false })).rejects.toMatchObject({ code: 'RATE_LIMITED' })
    await net.clock.advance(60_000)
    expect(got.map(([, payload]) => payload)).not.toContain('now')
    await send(alice, 'later', {}, { wait: false })
  })

  it('whose time or patience is over while it waits is told so, and the message is not sent', async () => {
    const { alice, got } = await pair({ limits })
    for (let i = 0; i < 60; i++) void send(alice, i)
    const late = send(alice, 'late', {}, { timeoutMs: 2_000 }).catch(({ code }) => code)
    const abort = new AbortController()
    const gone = send(alice, 'gone', {}, { signal: abort.signal }).catch(({ code }) => code)
    const kept = send(alice, 'kept')
    const aborted = send(alice, 'aborted', {}, { signal: AbortSignal.abort() }).catch(({ code }) => code)
    await net.clock.advance(1_000)
    abort.abort()
    expect(await net.run(Promise.all([late, gone, aborted]))).toEqual(['TIMEOUT', 'ABORTED', 'ABORTED'])
    await net.run(kept)
    await net.clock.advance(100)
    expect(got.map(([, payload]) => payload)).toEqual([...Array.from({ length: 60 }, (_, i) => i), 'kept'])
    await expect(
      net.run(
        send(alice, 'soon', {}, { timeoutMs: 0.5 }).then(
          () => 'sent',
          ({ code }) => code,
        ),
      ),
    ).resolves.toMatch(/sent|TIMEOUT/)
  })

  it('by default waits half a minute', async () => {
    const { alice } = await pair({ limits: { protocolMessagesPerS: 1, protocolMessageBurst: 2 } })
    const sent = Array.from({ length: 30 }, (_, i) =>
      send(alice, i).then(
        () => net.clock.now(),
        ({ code }) => code,
      ),
    )
    const started = net.clock.now()
    const outcomes = await net.run(Promise.all(sent))
    const late = outcomes.filter((outcome) => outcome === 'TIMEOUT').length
    expect(late).toBeGreaterThan(10)
    expect(net.clock.now() - started).toBeLessThanOrEqual(30_100)
  })

  it('cannot have more wait than the bound', async () => {
    const { alice } = await pair({ limits }, { limits: { sendMaxBufferedBytes: 1_000_000 } })
    const outcomes = Array.from({ length: 60 }, () =>
      send(alice, new Uint8Array(30_000)).then(
        () => 'sent',
        ({ code }) => code,
      ),
    )
    expect(await Promise.race(outcomes.slice(-1))).toBe('BUFFER_FULL')
  })
})

describe('a type with a limit of its own', () => {
  it('holds up neither other types of its protocol, nor requests, and each message has its turn before it has a number', async () => {
    const { alice, bob } = await pair()
    const heard = serve(bob, 'shop', { messagesPerS: 100, types: { order: { messagesPerS: 1 } } })
    await net.clock.advance(100)
    const orders = Array.from({ length: 20 }, (_, i) =>
      send(alice, i, { type: 'order', protocol: 'shop' }, { timeoutMs: 60_000 }),
    )
    for (let i = 0; i < 5; i++) await send(alice, i, { type: 'look', protocol: 'shop' })
    bob.registerProtocol({
      protocolName: 'ask',
      onRegister(host) {
        this.handleMessage = (message) => host.reply(message, { type: 'answer', payload: 1 })
      },
      handleMessage: async () => {},
    })
    await net.clock.advance(100)
    const asked = net.clock.now()
    await net.run(alice.request('bob', { type: 'ask', payload: 1, protocol: 'ask' }))
    expect(net.clock.now() - asked).toBeLessThan(50)
    expect(heard.filter(([, type]) => type === 'look')).toHaveLength(5)
    expect(heard.filter(([, type]) => type === 'order')).toHaveLength(1)
    await net.run(Promise.all(orders))
    await net.clock.advance(100)
    // A newcomer is told one at once, and one in two seconds.
    const times = heard.filter(([, type]) => type === 'order').map(([at]) => at)
    expect(times).toHaveLength(20)
    for (let i = 1; i < 20; i++) expect(times[i]! - times[i - 1]!).toBeGreaterThanOrEqual(1_990)
    expect([refusals(bob), alice.getStats().traffic.refusals]).toEqual([0, 0])
  })

  it('has budgets in bytes too', async () => {
    const { alice, bob } = await pair()
    const heard = serve(bob, 'files', { messagesPerS: 1_000, types: { part: { messagesPerS: 1_000, bytesPerS: 10_000 } } })
    await net.clock.advance(100)
    const parts = Array.from({ length: 5 }, () => send(alice, new Uint8Array(8_000), { type: 'part', protocol: 'files' }))
    await net.clock.advance(60)
    // A newcomer is told 10,000 bytes at once, and 5,000 a second; the second part waits for its bytes to be acknowledged.
    expect(heard).toHaveLength(1)
    await send(alice, 1, { type: 'other', protocol: 'files' }, { wait: false })
    await net.run(Promise.all(parts))
    await net.clock.advance(60)
    expect([heard.length, refusals(bob)]).toEqual([6, 0])
  })

  it.each(['constructor', '__proto__', 'toString'])('is not made of a type named %s', async (type) => {
    const { alice, bob } = await pair()
    const heard = serve(bob, 'shop', { messagesPerS: 4, types: {} })
    await net.clock.advance(100)
    for (let i = 0; i < 20; i++) void send(alice, i, { type, protocol: 'shop' }).catch(() => {})
    await net.clock.advance(60)
    expect([heard.length, refusals(bob)]).toEqual([4, 0])
  })
})

describe('budgets', () => {
  it('of protocols that nobody serves are one, under whatever names', async () => {
    const { alice, bob, got } = await pair({ limits: { protocolMessagesPerS: 20, protocolMessageBurst: 40 } })
    for (let i = 0; i < 100; i++) void send(alice, i, { type: `t${i}`, protocol: `p${i}` }).catch(() => {})
    await net.clock.advance(60)
    expect([got.length, refusals(bob)]).toEqual([20, 0])
  })

  it('of a protocol that is registered later are told, and hold', async () => {
    const { alice, bob } = await pair()
    const heard = serve(bob, 'late', { messagesPerS: 10, burst: 4 })
    await net.clock.advance(100)
    for (let i = 0; i < 20; i++) void send(alice, i, { protocol: 'late' })
    await net.clock.advance(60)
    expect(heard).toHaveLength(2)
    await net.clock.advance(10_000)
    expect([heard.length, refusals(bob)]).toEqual([20, 0])
  })

  it('grow when a peer has become established: it is told, at most once a minute', async () => {
    const { alice, bob } = await pair({ limits: { creditEveryMs: 1_000 } })
    const heard = serve(bob, 'shop', { messagesPerS: 10, burst: 20 })
    alice.registerProtocol({
      protocolName: 'ask',
      onRegister(host) {
        this.handleMessage = (message) => host.reply(message, { type: 'answer', payload: 1 })
      },
      handleMessage: async () => {},
    })
    await net.clock.advance(100)
    const burst = async () => {
      const before = heard.length
      for (let i = 0; i < 30; i++) void send(alice, i, { protocol: 'shop' })
      await net.clock.advance(60)
      return heard.length - before
    }
    expect(await burst()).toBe(10)
    for (let i = 0; i < 5; i++) {
      await net.run(bob.request('alice', { type: 'ask', payload: 1, protocol: 'ask' }))
      await net.clock.advance(1_100)
    }
    expect(bob.reputationOf('alice').score).toBeGreaterThan(3)
    await net.clock.advance(30_000)
    expect(await burst()).toBe(10)
    await net.clock.advance(60_000)
    await send(alice, 0, { protocol: 'shop' })
    await net.clock.advance(20_000)
    expect(await burst()).toBe(20)
    await net.clock.advance(20_000)
    expect(refusals(bob)).toBe(0)
  })

  it('that a peer tells as fewer than one message in ten seconds mean that it takes none', async () => {
    const { alice } = await pair()
    const { session } = (
      alice as unknown as { core: { network: { peers: { get(id: string): { session: never } } } } }
    ).core.network.peers.get('bob')
    const { pacer } = session as { pacer: { tell(budgets: object, served: string[]): void } }
    pacer.tell({ shop: [0.09, 1, null, null], bank: [1, 1, null, null, { draw: [0, 1, null, null] }] }, ['shop', 'bank'])
    const not = expect.objectContaining({ code: 'PROTOCOL_NOT_SUPPORTED' })
    await expect(send(alice, 1, { protocol: 'shop' })).rejects.toEqual(not)
    await expect(send(alice, 1, { protocol: 'bank', type: 'draw' })).rejects.toEqual(not)
    await send(alice, 1, { protocol: 'bank' })
  })

  it('do not hold for answers: a peer that asks gets as many as it has asked for', async () => {
    const { alice, bob } = await pair({ limits: { protocolMessagesPerS: 20, protocolMessageBurst: 40 } })
    alice.registerProtocol({
      protocolName: 'shop',
      onRegister(host) {
        this.handleMessage = (message) => host.reply(message, { type: 'price', payload: 1 })
      },
      handleMessage: async () => {},
    })
    await net.clock.advance(100)
    const ask = (i: number) => bob.request('alice', { type: 'ask', payload: i, protocol: 'shop' })
    const started = net.clock.now()
    expect(await net.run(Promise.all(Array.from({ length: 200 }, (_, i) => ask(i))))).toHaveLength(200)
    expect([refusals(bob), net.clock.now() - started]).toEqual([0, expect.closeTo(40, -2)])
  })
})

describe('broadcasts', () => {
  it('of which a relay takes fewer wait for it, awaited or not; nothing else through the relay does', async () => {
    const relay = net.createPeer({ relay: true, limits: { protocolMessagesPerS: 500, protocolMessageBurst: 1_000 } })
    await net.run(relay.start())
    const [alice, bob] = ['alice', 'bob'].map((peerId) =>
      net.createPeer({ peerId, host: peerId, listening: false, bootstrap: [net.addressOf(relay)] }),
    ) as [P2PCoordinator, P2PCoordinator]
    await net.run(Promise.all([alice.start(), bob.start()]))
    await net.clock.advance(1_000)
    const outcomes: Promise<{ sent: string[]; failed: unknown[] }>[] = []
    for (let i = 0; i < 3_000; i++) outcomes.push(alice.broadcast({ type: 'x', payload: i }, { relays: true }))
    const started = net.clock.now()
    await net.run(alice.connectToPeer('bob'))
    bob.registerProtocol({
      protocolName: 'ask',
      onRegister(host) {
        this.handleMessage = (message) => host.reply(message, { type: 'answer', payload: 1 })
      },
      handleMessage: async () => {},
    })
    await net.clock.advance(100)
    const asked = net.clock.now()
    await net.run(alice.request('bob', { type: 'ask', payload: 1, protocol: 'ask' }))
    expect(asked - started).toBeLessThan(1_000)
    expect(net.clock.now() - asked).toBeLessThan(100)
    const all = await net.run(Promise.all(outcomes))
    expect(all.filter(({ failed, sent }) => failed.length > 0 || sent.length === 0)).toEqual([])
    expect([refusals(relay), alice.getStats().traffic.refusals]).toEqual([0, 0])
    for (let i = 0; i < 1_000; i++) {
      const { failed } = await net.run(alice.broadcast({ type: 'x', payload: i }, { relays: true }))
      expect(failed).toEqual([])
    }
    expect(refusals(relay)).toBe(0)
  })
})

it('sixty connections in half a second do not spend the budget of the first messages', async () => {
  const relay = net.createPeer({ relay: true })
  await net.run(relay.start())
  const alice = net.createPeer({ listening: false })
  for (let i = 0; i < 60; i++) {
    await net.run(alice.connectToPeer(net.addressOf(relay)))
    await net.run(alice.disconnectFromPeer(relay.peerId))
  }
  await net.run(alice.connectToPeer(net.addressOf(relay)))
  const asked = net.clock.now()
  await net.run(alice.findPeers({}))
  expect([net.clock.now() - asked, refusals(relay)]).toEqual([40, 0])
})
