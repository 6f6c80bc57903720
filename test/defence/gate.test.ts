import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { P2PCoordinator } from '../../src/coordinator.js'
import type { Defence } from '../../src/defence/defence.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import type { P2PMessage } from '../../src/message/message.js'
import type { PeerConnection } from '../../src/peer/connection/peer-connection.js'
import { memoryStore } from '../../src/storage/key-value-store.js'
import { createTestNetwork, type TestNetwork, type TestPeerOptions, VirtualClock } from '../../src/testing/index.js'

let net: TestNetwork

beforeEach(() => {
  net = createTestNetwork({ latencyMs: 20 })
})

afterEach(() => net.stop())

async function pair(ofBob: TestPeerOptions = {}, ofAlice: TestPeerOptions = {}, settleMs = 50) {
  const bob = net.createPeer({ peerId: 'bob', ...ofBob })
  const alice = net.createPeer({ peerId: 'alice', ...ofAlice })
  await net.run(bob.start())
  await net.run(alice.connectToPeer(net.addressOf(bob)))
  // The first exchanges are over.
  await net.clock.advance(settleMs)
  const got: unknown[] = []
  bob.on('message', ({ payload }) => void got.push(payload))
  return { alice, bob, got }
}

const send = (from: P2PCoordinator, payload: unknown, more: Partial<P2PMessage> = {}, options = {}) =>
  from.sendTo('bob', { type: 'x', payload, ...more }, options)

/** Makes a peer deaf to what Bob tells of his budgets, as one that does not keep to them. */
function ignoreBudgets(peer: P2PCoordinator): void {
  const inside = peer as unknown as { core: { network: { peers: { get(id: string): PeerConnection } } } }
  const { pacer } = inside.core.network.peers.get('bob').session
  pacer.tell({}, [])
  pacer.tell = () => {}
}

describe('a peer that does not keep to what it was told', () => {
  const limits = { protocolMessagesPerS: 20, protocolMessageBurst: 40 }

  it('gets one refusal for all that was on its way, and nothing that was accepted is lost', async () => {
    const { alice, bob, got } = await pair({ limits })
    ignoreBudgets(alice)
    await Promise.all(Array.from({ length: 300 }, (_, i) => send(alice, i)))
    await net.clock.advance(50)
    expect(bob.getStats().defence).toMatchObject({ throttled: 1, limited: 300 - 41 })
    await expect(send(alice, 0, {}, { wait: false })).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      details: { limit: '', byPeer: true, retryAfterMs: expect.any(Number) },
    })
    // The SDK keeps to the refusal: nobody is blamed, and all arrives.
    await net.clock.advance(600_000)
    expect(got).toEqual(Array.from({ length: 300 }, (_, i) => i))
    expect(bob.getStats().defence).toMatchObject({ bans: 0, faults: {} })
    expect(alice.isConnected('bob')).toBe(true)
  })

  it('is refused for one protocol, and goes on with others', async () => {
    const { alice, bob, got } = await pair({ limits })
    const heard: unknown[] = []
    bob.registerProtocol({ protocolName: 'shop', handleMessage: async ({ payload }) => void heard.push(payload) })
    await net.clock.advance(100)
    ignoreBudgets(alice)
    const { pacer } = (
      alice as unknown as { core: { network: { peers: { get(id: string): PeerConnection } } } }
    ).core.network.peers.get('bob').session
    Object.getPrototypeOf(pacer).tell.call(pacer, {}, ['shop'])
    for (let i = 0; i < 100; i++) await send(alice, i)
    await net.clock.advance(50)
    expect(got.length).toBeLessThan(50)
    for (let i = 0; i < 5; i++) await send(alice, i, { protocol: 'shop' })
    await net.clock.advance(30)
    expect(heard).toEqual([0, 1, 2, 3, 4])
  })

  it('in bytes is refused as well', async () => {
    const { alice, bob, got } = await pair({ limits: { peerBytesPerS: 100_000, peerByteBurst: 200_000 } })
    ignoreBudgets(alice)
    for (let i = 0; i < 12; i++) await send(alice, new Uint8Array(50_000))
    await net.clock.advance(40)
    expect(got.length).toBeLessThan(10)
    await expect(send(alice, 1, {}, { wait: false })).rejects.toMatchObject({ code: 'RATE_LIMITED', details: { limit: '*' } })
    await net.clock.advance(60_000)
    expect(got).toHaveLength(12)
    expect(bob.getStats().defence.bans).toBe(0)
  })

  it('gets no new budget by connecting again', async () => {
    const { alice, got } = await pair({ limits })
    ignoreBudgets(alice)
    for (let i = 0; i < 40; i++) await send(alice, i)
    await net.clock.advance(50)
    expect(got).toHaveLength(40)
    await net.run(alice.disconnectFromPeer('bob'))
    await net.run(alice.connectToPeer('memory://peer1'))
    ignoreBudgets(alice)
    for (let i = 40; i < 80; i++) await send(alice, i)
    await net.clock.advance(60)
    expect(got.length).toBeLessThan(46)
  })

  it('has its requests wait, and its queued messages', async () => {
    const { alice, got } = await pair({ limits })
    ignoreBudgets(alice)
    await Promise.all(Array.from({ length: 100 }, (_, i) => send(alice, i)))
    await net.clock.advance(50)
    await expect(net.run(alice.request('bob', { type: 'x', payload: 1 }, { timeoutMs: 100 }))).rejects.toMatchObject({
      code: 'TIMEOUT',
    })
    const { outcome } = await alice.sendTo('bob', { type: 'x', payload: 'queued' }, { queue: true, ttl: 600 })
    expect(await net.run(outcome)).toBe('delivered')
    expect(got.at(-1)).toBe('queued')
  })

  it('over two paths is refused on both, and all arrives once', async () => {
    const { alice, bob, got } = await pair({ limits })
    for (let round = 0; round < 6; round++) {
      ignoreBudgets(alice)
      for (let i = 0; i < 30; i++) await send(alice, round * 30 + i, {}, { wait: false }).catch(() => {})
      if (round % 2 === 0) alice.dropPath('bob')
      await net.clock.advance(3_000)
      if (!alice.isConnected('bob')) await net.run(alice.connectToPeer('memory://peer1'))
    }
    await net.clock.advance(600_000)
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
        host.blame = (key) => blame(key, 'own-rules', 'It showed another card.')
      },
      handleMessage: async () => {},
    })
    expect(bob.reputationOf(encodePeerId(identity.publicKey))).toMatchObject({ faults: {} })
    // One more than for a stranger: it has answered a question.
    for (let i = 0; i < 11; i++) host.blame!(identity.publicKey)
    expect(bob.reputationOf(encodePeerId(identity.publicKey))).toMatchObject({ faults: { offence: 11 } })
    expect(bob.reputationOf(encodePeerId(identity.publicKey)).score).toBeLessThan(-48)
    expect(() => bob.reputationOf('nobody')).toThrow(expect.objectContaining({ code: 'INVALID_PEER_ID' }))
    expect(bob.listBans()).toMatchObject([{ cause: 'offence', reason: 'It showed another card.' }])
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

  it('that come faster than they are verified are refused for lack of processor time, which counts for nothing, and all arrive', async () => {
    const { alice, bob, got } = await pair({ requireSignatures: true, limits: { maxVerifyQueue: 1 } })
    // A slow processor: 20 ms for each check, however fast this one is.
    const { budget } = (bob as unknown as { core: { defence: Defence } }).core.defence
    const slowly = () => new Promise<void>((resolve) => void net.clock.setTimeout(resolve, 20))
    budget.run = async (_, check) => slowly().then(check)
    const sent = Array.from({ length: 60 }, (_, i) => send(alice, i))
    await net.run(Promise.all(sent))
    await net.clock.advance(20_000)
    expect(got).toEqual(Array.from({ length: 60 }, (_, i) => i))
    const { busy, throttled } = bob.getStats().defence
    expect(busy).toBeGreaterThan(0)
    expect([throttled, alice.isConnected('bob')]).toEqual([0, true])
  })

  it('that waited long in the outbox are not taken for replays', async () => {
    const { alice, bob, got } = await pair({ requireSignatures: true })
    await net.run(alice.disconnectFromPeer('bob'))
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
  const { alice, bob, got } = await pair({ requireSignatures: true }, { clock: new Ahead() }, 0)
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
