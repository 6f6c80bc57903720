import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { P2PError } from '../../src/base/errors.js'
import type { P2PCoordinator } from '../../src/coordinator.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import type { P2PMessage } from '../../src/message/message.js'
import { memoryStore } from '../../src/storage/key-value-store.js'
import { createTestNetwork, type TestNetwork, type TestPeerOptions, VirtualClock } from '../../src/testing/index.js'

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
  const got: unknown[] = []
  bob.on('message', ({ payload }) => void got.push(payload))
  return { alice, bob, got }
}

const send = (from: P2PCoordinator, payload: unknown, more: Partial<P2PMessage> = {}) =>
  from.sendTo('bob', { type: 'x', payload, ...more })

describe('a peer that sends too much', () => {
  const limits = { typeMessagesPerS: 20, typeMessageBurst: 40 }

  it('is told when to come again, by the next sendTo; nothing that was accepted is lost', async () => {
    const { alice, bob, got } = await pair({ limits })
    let accepted = 0
    const refused: P2PError[] = []
    for (let i = 0; i < 300; i++) {
      await send(alice, accepted).then(
        () => accepted++,
        (error) => refused.push(error),
      )
      await net.clock.advance(1)
    }
    expect(accepted).toBeGreaterThan(20)
    expect(refused.length).toBeGreaterThan(100)
    expect(refused[0]).toMatchObject({
      code: 'RATE_LIMITED',
      details: { peerId: 'bob', limit: 'typeMessagesPerS', byPeer: true },
    })
    expect(refused[0]!.details.retryAfterMs).toBeGreaterThan(0)
    expect(refused[0]!.details.retryAfterMs).toBeLessThanOrEqual(1_000)
    // The SDK keeps to it: nobody is blamed, and all arrives.
    await net.clock.advance(20_000)
    expect(got).toEqual(Array.from({ length: accepted }, (_, i) => i))
    expect(bob.getStats().defence).toMatchObject({ bans: 0, faults: {}, reputations: 1 })
    expect(alice.isConnected('bob')).toBe(true)
    await send(alice, 'later')
    await net.clock.advance(50)
    expect(got.at(-1)).toBe('later')
  })

  it('gets one refusal for all that was on its way', async () => {
    const { alice, bob } = await pair({ limits })
    const outcomes = await Promise.allSettled(Array.from({ length: 500 }, (_, i) => send(alice, i)))
    expect(outcomes.every(({ status }) => status === 'fulfilled')).toBe(true)
    await net.clock.advance(30)
    expect(bob.getStats().defence).toMatchObject({ throttled: 1, limited: 479 })
  })

  it('of one type is refused for that one by the protocol that declares it', async () => {
    const heard: string[] = []
    const { alice, bob } = await pair()
    bob.registerProtocol({
      protocolName: 'shop',
      rateLimits: { messagesPerS: 100, types: { order: { messagesPerS: 2, burst: 4 } } },
      handleMessage: async ({ type }) => void heard.push(type),
    })
    for (let i = 0; i < 3; i++) await send(alice, i, { type: 'look', protocol: 'shop' })
    for (let i = 0; i < 3; i++) await send(alice, i, { type: 'order', protocol: 'shop' })
    await net.clock.advance(60)
    // A newcomer has half: two orders at once.
    expect(heard).toEqual(['look', 'look', 'look', 'order', 'order'])
    await expect(send(alice, 0, { type: 'order', protocol: 'shop' })).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      details: { limit: 'shop order' },
    })
    await net.clock.advance(1_100)
    expect(heard.filter((type) => type === 'order')).toHaveLength(3)
  })

  it('has budgets in bytes too, where a protocol declares them', async () => {
    const sizes: number[] = []
    const { alice, bob } = await pair()
    bob.registerProtocol({
      protocolName: 'files',
      rateLimits: { messagesPerS: 1_000, types: { part: { messagesPerS: 1_000, bytesPerS: 10_000 } } },
      handleMessage: async ({ payload }) => void sizes.push((payload as Uint8Array).length),
    })
    for (let i = 0; i < 5; i++) await send(alice, new Uint8Array(8_000), { type: 'part', protocol: 'files' })
    await net.clock.advance(60)
    expect(sizes).toHaveLength(2)
    await expect(send(alice, 1, { protocol: 'files' })).rejects.toMatchObject({ details: { limit: 'files part' } })
    await net.clock.advance(60_000)
    expect(sizes).toHaveLength(5)
  })

  it.each(['constructor', '__proto__', 'toString'])('of a type named %s has a budget like any other', async (type) => {
    const { alice, bob, got } = await pair({ limits })
    bob.registerProtocol({ protocolName: 'shop', rateLimits: { messagesPerS: 4, types: {} }, handleMessage: async () => {} })
    for (let i = 0; i < 100; i++) await send(alice, i, { type, protocol: 'shop' })
    await net.clock.advance(60)
    expect(got).toHaveLength(4)
  })

  it('under ever new names of protocols that nobody has registered, has one budget for all of them', async () => {
    const { alice, bob } = await pair({ limits })
    let got = 0
    bob.on('message', () => void got++)
    for (let i = 0; i < 100; i++) await send(alice, i, { type: `t${i}`, protocol: `p${i}` })
    await net.clock.advance(60)
    expect(got).toBe(20)
  })

  it('in bytes is refused as well', async () => {
    const { alice, bob, got } = await pair({ limits: { peerBytesPerS: 100_000, peerByteBurst: 200_000 } })
    for (let i = 0; i < 10; i++) await send(alice, new Uint8Array(50_000))
    await net.clock.advance(40)
    expect(got.length).toBeLessThan(6)
    await expect(send(alice, 1)).rejects.toMatchObject({ code: 'RATE_LIMITED', details: { limit: 'peerBytesPerS' } })
    await net.clock.advance(30_000)
    expect(got).toHaveLength(10)
    expect(bob.getStats().defence.bans).toBe(0)
  })

  it('gets no new budget by connecting again', async () => {
    const { alice, got } = await pair({ limits })
    for (let i = 0; i < 20; i++) await send(alice, i)
    await net.clock.advance(50)
    await alice.disconnectFromPeer('bob')
    await net.clock.advance(50)
    await net.run(alice.connectToPeer('memory://peer1'))
    for (let i = 20; i < 40; i++) await send(alice, i).catch(() => {})
    await net.clock.advance(60)
    expect(got.length).toBeLessThan(26)
  })

  it('finds its requests refused, its broadcasts told as failed, and its queued messages waiting', async () => {
    const { alice, got } = await pair({ limits })
    await Promise.all(Array.from({ length: 100 }, (_, i) => send(alice, i)))
    await net.clock.advance(50)
    await expect(alice.request('bob', { type: 'x', payload: 1 })).rejects.toMatchObject({ code: 'RATE_LIMITED' })
    const { sent, failed } = await alice.broadcast({ type: 'x', payload: 1 })
    expect([sent, failed.map(({ error }) => (error as P2PError).code)]).toEqual([[], ['RATE_LIMITED']])
    const { outcome } = await alice.sendTo('bob', { type: 'x', payload: 'queued' }, { queue: true, ttl: 60 })
    expect(await net.run(outcome)).toBe('delivered')
    expect(got.at(-1)).toBe('queued')
  })

  it('is not refused the answers that it was asked for', async () => {
    const { alice, bob } = await pair({ limits })
    alice.registerProtocol({
      protocolName: 'shop',
      onRegister(host) {
        this.handleMessage = (message) => host.reply(message, { type: 'price', payload: 1 })
      },
      handleMessage: async () => {},
    })
    const answers = Promise.all(
      Array.from({ length: 200 }, (_, i) => bob.request('alice', { type: 'ask', payload: i, protocol: 'shop' })),
    )
    expect(await net.run(answers)).toHaveLength(200)
    expect(bob.getStats().defence.throttled).toBe(0)
  })

  it('over two paths is refused on both, and all arrives once', async () => {
    const { alice, bob, got } = await pair({ limits })
    for (let round = 0; round < 6; round++) {
      for (let i = 0; i < 30; i++) await send(alice, round * 30 + i).catch(() => {})
      if (round % 2 === 0) alice.dropPath('bob')
      await net.clock.advance(3_000)
      if (!alice.isConnected('bob')) await net.run(alice.connectToPeer('memory://peer1'))
    }
    await net.clock.advance(20_000)
    expect(new Set(got).size).toBe(got.length)
    expect([...got].sort((a, b) => (a as number) - (b as number))).toEqual(got)
    expect(bob.getStats().defence.bans).toBe(0)
  })
})

describe('bans', () => {
  it('end the connection, keep the peer out with reason and time, and end', async () => {
    const { alice, bob } = await pair()
    const told: string[] = []
    bob.on('peer-banned', ({ id, reason }) => told.push(`${id} ${reason}`))
    alice.on('disconnected', (_, { code }) => told.push(code))
    const ban = bob.ban('alice', { reason: 'Rude.', durationMs: 10_000 })
    await net.clock.advance(50)
    expect(ban.id).toMatch(/^lp1/)
    expect(told).toEqual([`${ban.id} Rude.`, 'BANNED'])
    expect(bob.listBans()).toEqual([ban])
    await expect(net.run(alice.connectToPeer('memory://peer1'))).rejects.toMatchObject({
      code: 'BANNED',
      message: expect.stringContaining('Rude.'),
      details: { retryAfterMs: expect.any(Number) },
    })
    await net.clock.advance(10_000)
    await net.run(alice.connectToPeer('memory://peer1'))
    expect(bob.listBans()).toEqual([])
  })

  it('are lifted by unban, which forgives', async () => {
    const { alice, bob } = await pair()
    const lifted: string[] = []
    bob.on('peer-unbanned', (id) => lifted.push(id))
    const { id } = bob.ban('alice')
    expect([bob.unban(id), bob.unban(id), lifted]).toEqual([true, false, [id]])
    await net.clock.advance(50)
    await net.run(alice.connectToPeer('memory://peer1'))
    expect(alice.isConnected('bob')).toBe(true)
  })

  it('hold for those we dial too, and end our coming back to them', async () => {
    const { alice, bob } = await pair()
    const id = bob.peerId
    alice.ban(id)
    await net.clock.advance(120_000)
    expect(alice.isConnected('bob')).toBe(false)
    await expect(net.run(alice.connectToPeer('memory://peer1'))).rejects.toMatchObject({ code: 'BANNED' })
  })

  it('outlast a restart with a store, also of addresses', async () => {
    const store = memoryStore()
    const identity = identityFromSeed(new Uint8Array(32).fill(7))
    const { bob } = await pair({ store }, { identity })
    bob.ban('alice', { durationMs: 86_400_000 })
    bob.ban('address:203.0', { durationMs: 86_400_000 })
    await net.run(bob.shutdown())
    const again = net.createPeer({ peerId: 'bob', host: 'bob2', store })
    await net.run(again.start())
    expect(again.listBans().map(({ id }) => id)).toHaveLength(2)
    const alice = net.createPeer({ identity })
    await expect(net.run(alice.connectToPeer('memory://bob2'))).rejects.toMatchObject({ code: 'BANNED' })
  })

  it('come by themselves to who breaks the rules again and again', async () => {
    const identity = identityFromSeed(new Uint8Array(32).fill(7))
    const { bob } = await pair({}, { identity, peerId: undefined as never })
    const host: { blame?: (key: Uint8Array) => void } = {}
    bob.registerProtocol({
      protocolName: 'judge',
      onRegister: ({ blame }) => {
        host.blame = (key) => blame(key, 'timeout', 'It kept everybody waiting.')
      },
      handleMessage: async () => {},
    })
    expect(bob.reputationOf(encodePeerId(identity.publicKey))).toMatchObject({ faults: {} })
    for (let i = 0; i < 5; i++) host.blame!(identity.publicKey)
    expect(bob.reputationOf(encodePeerId(identity.publicKey))).toMatchObject({ faults: { timeout: 5 } })
    expect(bob.reputationOf(encodePeerId(identity.publicKey)).score).toBeLessThan(-48)
    expect(() => bob.reputationOf('nobody')).toThrow(expect.objectContaining({ code: 'INVALID_PEER_ID' }))
    expect(bob.listBans()).toMatchObject([{ cause: 'timeout', reason: 'It kept everybody waiting.' }])
    await net.clock.advance(50)
    expect(bob.getConnectedPeers()).toEqual([])
  })

  it('of nonsense are refused', async () => {
    const { bob } = await pair()
    expect(() => bob.ban('nobody')).toThrow(expect.objectContaining({ code: 'INVALID_PEER_ID' }))
  })
})

describe('signed messages', () => {
  it('are taken once in the window, and refused after it', async () => {
    const { alice, bob, got } = await pair({ requireSignatures: true })
    await send(alice, 'fresh', { messageId: 'same' })
    await net.clock.advance(100)
    await send(alice, 'again', { messageId: 'same' })
    await net.clock.advance(4 * 60_000)
    await send(alice, 'again', { messageId: 'same' })
    await net.clock.advance(100)
    expect(got).toEqual(['fresh'])
    expect(bob.getStats().defence).toMatchObject({ duplicates: 2, stale: 0 })
  })

  it('that waited long in the outbox are not taken for replays', async () => {
    const { alice, bob, got } = await pair({ requireSignatures: true })
    await alice.disconnectFromPeer('bob')
    await net.clock.advance(100)
    const { outcome } = await alice.sendTo('bob', { type: 'x', payload: 'late' }, { queue: true, ttl: 86_400 })
    await net.clock.advance(3_600_000)
    await net.run(alice.connectToPeer('memory://peer1'))
    expect(await net.run(outcome)).toBe('delivered')
    await net.clock.advance(100)
    expect([got, bob.getStats().defence.stale]).toEqual([['late'], 0])
  })
})

it('a clock that is off by an hour is reported at both ends, and nobody is punished', async () => {
  class Ahead extends VirtualClock {
    override now(): number {
      return net.clock.now() + 3_600_000
    }
    override setTimeout(callback: () => void, delayMs: number) {
      return net.clock.setTimeout(callback, delayMs)
    }
    override clearTimeout(timer: never): void {
      net.clock.clearTimeout(timer)
    }
  }
  const { alice, bob, got } = await pair({ requireSignatures: true }, { clock: new Ahead() })
  const errors: [string, number][] = []
  for (const peer of [alice, bob]) {
    peer.on('error', ({ code, details }) => void errors.push([code, details.skewMs as number]))
  }
  await send(alice, 'signed by my own clock')
  await net.clock.advance(61_000)
  await send(alice, 'again')
  await net.clock.advance(1_000)
  expect(got).toEqual(['signed by my own clock', 'again'])
  expect(errors.map(([code]) => code)).toEqual(expect.arrayContaining(['CLOCK_SKEW', 'CLOCK_SKEW']))
  expect(bob.getStats().defence.clockSkewMs).toBeCloseTo(3_600_000, -3)
  expect(bob.getPeer('alice')?.connection?.clockSkewMs).toBeCloseTo(3_600_000, -3)
  expect(bob.getStats().defence).toMatchObject({ bans: 0, stale: 0, faults: {} })
})
