import { afterEach, describe, expect, it, vi } from 'vitest'
import type { P2PErrorCode } from '../src/base/errors.js'
import { P2PError } from '../src/base/errors.js'
import type { P2PConfig } from '../src/coordinator.js'
import { P2PCoordinator } from '../src/coordinator.js'
import { identityFromSeed } from '../src/identity/identity.js'
import { memoryStore } from '../src/storage/key-value-store.js'
import { createTestNetwork, type TestNetwork } from '../src/testing/test-network.js'

let net: TestNetwork
afterEach(() => net?.stop())

const seed = (n: number) => identityFromSeed(new Uint8Array(32).fill(n))

async function pair(a: P2PConfig = {}, b: P2PConfig = {}) {
  net = createTestNetwork({ latencyMs: 5 })
  const [alice, bob] = [net.createPeer({ host: 'a', ...a }), net.createPeer({ host: 'b', ...b })]
  await net.run(bob.start())
  await net.run(alice.connectToPeer(net.addressOf(bob)))
  await net.clock.advance(100)
  return { alice, bob }
}

const message = (payload: unknown = null) => ({ type: 'x', payload })
const code = (expected: P2PErrorCode) => expect.objectContaining({ code: expected })

describe('a coordinator that has shut down', () => {
  it('answers every call with SHUT_DOWN and leaves no timer', async () => {
    const { alice, bob } = await pair()
    await net.run(alice.shutdown())
    await net.run(alice.shutdown())
    const calls: [string, () => unknown][] = [
      ['start', () => alice.start()],
      ['connectToPeer', () => alice.connectToPeer('memory://b')],
      ['disconnectFromPeer', () => alice.disconnectFromPeer(bob.peerId)],
      ['sendTo', () => alice.sendTo(bob.peerId, message())],
      ['broadcast', () => alice.broadcast(message())],
      ['request', () => alice.request(bob.peerId, message())],
      ['findPeers', () => alice.findPeers()],
      ['announceResource', () => alice.announceResource('t', 'i', 1)],
      ['withdrawResource', () => alice.withdrawResource('t', 'i')],
      ['discoverResources', () => alice.discoverResources('t')],
      ['getResource', () => alice.getResource('t', 'i')],
      ['registerProtocol', () => alice.registerProtocol({ protocolName: 'p', handleMessage: async () => {} })],
      ['watchResources', () => alice.watchResources('t', {}, () => {})],
    ]
    for (const [name, call] of calls) {
      const failure = await (async () => call())().then(
        () => undefined,
        (error) => error.code,
      )
      expect([name, failure]).toEqual([name, 'SHUT_DOWN'])
    }
    expect(alice.status).toBe('offline')
    await net.run(bob.shutdown())
    await net.clock.advance(11_000)
    expect(net.clock.pending).toBe(0)
  })

  it('ends dials under way with SHUT_DOWN, and does not wait for a signer that never answers', async () => {
    net = createTestNetwork({ latencyMs: 50 })
    const [alice, bob] = [net.createPeer(), net.createPeer()]
    await net.run(bob.start())
    await net.run(alice.start())
    const dial = alice.connectToPeer(net.addressOf(bob))
    const failed = expect(dial).rejects.toMatchObject({ code: 'SHUT_DOWN' })
    await net.clock.advance(60)
    await net.run(alice.shutdown())
    await failed
    const slow = new P2PCoordinator({
      clock: net.clock,
      identity: { ...seed(9), sign: () => new Promise<Uint8Array>(() => {}) },
    })
    void slow.start().catch(() => {})
    await net.run(slow.shutdown())
  })
})

describe('requests', () => {
  const asking = { ...message(), protocol: 'p' }

  it('fail promptly where the peer has no such protocol, or its handler throws', async () => {
    const { alice, bob } = await pair()
    const errors: string[] = []
    bob.on('error', (error) => errors.push(error.code))
    const before = net.clock.now()
    await expect(net.run(alice.request(bob.peerId, asking))).rejects.toMatchObject({ code: 'PROTOCOL_NOT_SUPPORTED' })
    let how: () => Promise<void> = async () => {
      throw new Error('secret')
    }
    bob.registerProtocol({ protocolName: 'p', handleMessage: () => how() })
    const failure = await net.run(alice.request(bob.peerId, asking)).catch((error) => error)
    expect(failure).toMatchObject({ code: 'HANDLER_FAILED' })
    expect(failure.message).not.toContain('secret')
    how = () => {
      throw new Error('at once')
    }
    await expect(net.run(alice.request(bob.peerId, asking))).rejects.toMatchObject({ code: 'HANDLER_FAILED' })
    how = () => {
      throw new P2PError('PEER_NOT_FOUND', 'Nobody is called \ud83d.')
    }
    await expect(net.run(alice.request(bob.peerId, asking))).rejects.toMatchObject({ code: 'PEER_NOT_FOUND' })
    expect(net.clock.now() - before).toBeLessThan(100)
    expect(errors).toEqual(['HANDLER_FAILED', 'HANDLER_FAILED'])
  })

  it('end with TIMEOUT, ABORTED, or with the connection; a handler that never returns holds up nobody', async () => {
    const { alice, bob } = await pair()
    bob.registerProtocol({ protocolName: 'p', handleMessage: () => new Promise(() => {}) })
    bob.registerProtocol({ protocolName: 'q', handleMessage: (m) => bob.reply(m, { type: 'y', payload: 7 }) })
    const late = alice.request(bob.peerId, asking, { timeoutMs: 500 })
    const controller = new AbortController()
    const aborted = alice.request(bob.peerId, asking, { signal: controller.signal })
    const lost = alice.request(bob.peerId, asking)
    const all = Promise.allSettled([late, aborted, lost])
    expect((await net.run(alice.request(bob.peerId, { ...message(), protocol: 'q' }))).payload).toBe(7)
    controller.abort()
    await net.clock.advance(600)
    await net.run(bob.shutdown())
    const codes = (await net.run(all)).map((result) => (result as PromiseRejectedResult).reason.code)
    expect(codes).toEqual(['TIMEOUT', 'ABORTED', 'CONNECTION_LOST'])
    expect(alice.getStats().traffic.pendingRequests).toBe(0)
  })
})

describe('bad input', () => {
  it('is refused with its own code before anything is sent', async () => {
    const { alice, bob } = await pair()
    const { messagesOut } = alice.getStats().traffic
    await expect(alice.sendTo('nobody', message())).rejects.toEqual(code('PEER_NOT_CONNECTED'))
    await expect(alice.sendTo(bob.peerId, { ...message(), from: 'mallory' })).rejects.toEqual(code('FOREIGN_SENDER'))
    await expect(
      alice.sendTo(
        bob.peerId,
        message(() => 1),
      ),
    ).rejects.toEqual(code('UNSERIALIZABLE_PAYLOAD'))
    await expect(alice.sendTo(bob.peerId, message(new Uint8Array(1_100_000)))).rejects.toEqual(code('MESSAGE_TOO_LARGE'))
    await expect(alice.sendTo(bob.peerId, { type: '', payload: 1 })).rejects.toEqual(code('INVALID_MESSAGE'))
    await expect(alice.connectToPeer('gopher://x')).rejects.toEqual(code('INVALID_ADDRESS'))
    await expect(alice.connectToPeer('lp1nonsense')).rejects.toEqual(code('INVALID_PEER_ID'))
    alice.registerProtocol({ protocolName: 'p', handleMessage: async () => {} })
    expect(() => alice.registerProtocol({ protocolName: 'p', handleMessage: async () => {} })).toThrow(code('DUPLICATE_PROTOCOL'))
    expect(alice.getStats().traffic.messagesOut).toBe(messagesOut)
    await expect(net.run(alice.connectToPeer({ ...bob.getConnectedPeers()[0]!, peerId: 'x', addresses: {} }))).rejects.toEqual(
      code('PEER_NOT_FOUND'),
    )
  })
})

describe('status', () => {
  it('goes on connecting where its bootstrap address leads back to itself', async () => {
    net = createTestNetwork()
    // Anybody on the way can bring that about, so it decides nothing lasting.
    const alice = net.createPeer({ bootstrap: ['memory://a'], host: 'a', listening: true })
    const seen: string[] = []
    alice.on('status', (status) => seen.push(status))
    await net.run(alice.start())
    expect(alice.status).toBe('connecting')
    expect(seen).toEqual(['connecting'])
  })

  it('is connecting while a lost relay is dialled with pauses of at most 2 s, and online within 3 s of its return', async () => {
    net = createTestNetwork()
    const relay = net.createPeer({ host: 'r', identity: seed(3) })
    await net.run(relay.start())
    const alice = net.createPeer({ bootstrap: ['memory://r'] })
    const seen: string[] = []
    const failed: number[] = []
    alice.on('status', (status) => seen.push(status))
    await net.run(alice.start())
    await net.run(relay.shutdown())
    await net.clock.advance(0)
    expect(alice.status).toBe('connecting')
    let before = alice.getStats().peers.dialsFailed
    for (let second = 0; second < 200; second++) {
      await net.clock.advance(1_000)
      const now = alice.getStats().peers.dialsFailed
      if (now !== before) failed.push(second)
      before = now
    }
    expect(failed.length).toBeGreaterThanOrEqual(90)
    expect(failed.length).toBeLessThanOrEqual(150)
    await net.run(net.createPeer({ host: 'r', identity: seed(3) }).start())
    await net.clock.advance(3_000)
    expect(alice.status).toBe('online')
    expect(seen).toEqual(['connecting', 'online', 'connecting', 'online'])
  })
})

describe('names and identities', () => {
  it('stay with the key that used them first, over a restart with a store', async () => {
    const store = memoryStore()
    const { alice, bob } = await pair({ store }, { peerId: 'bob', identity: seed(1) })
    expect(alice.getPeer('bob')!.publicKey).toEqual(bob.publicKey)
    await net.run(Promise.all([alice.shutdown(), bob.shutdown()]))
    const again = net.createPeer({ store, host: 'a2' })
    const thief = net.createPeer({ host: 'thief', peerId: 'bob', identity: seed(2) })
    await net.run(thief.start())
    await expect(net.run(again.connectToPeer('memory://thief'))).rejects.toMatchObject({ code: 'NAME_TAKEN' })
  })

  it('report a second process with the same identity as REPLACED at the first, and do not fight', async () => {
    net = createTestNetwork()
    const relay = net.createPeer({ host: 'r' })
    await net.run(relay.start())
    const config = { bootstrap: ['memory://r'], identity: seed(5), listening: false }
    const first = net.createPeer({ host: 'one', ...config })
    const errors: string[] = []
    first.on('error', (error) => errors.push(error.code))
    await net.run(first.start())
    const second = net.createPeer({ host: 'two', ...config })
    await net.run(second.start())
    await net.clock.advance(300_000)
    expect(errors).toEqual(['REPLACED'])
    expect([first.isConnected(relay.peerId), second.isConnected(relay.peerId)]).toEqual([false, true])
    expect(relay.getStats().peers.accepted).toBe(2)
  })

  it('take a signer that fails at first and works later', async () => {
    net = createTestNetwork()
    const bob = net.createPeer({ host: 'b' })
    await net.run(bob.start())
    const identity = seed(6)
    let broken = true
    const signer = {
      publicKey: identity.publicKey,
      sign: async (bytes: Uint8Array) => (broken ? Promise.reject(new Error('unplugged')) : identity.sign(bytes)),
    }
    const alice = net.createPeer({ host: 'a', identity: signer })
    await expect(net.run(alice.start())).rejects.toMatchObject({ code: 'IDENTITY_FAILED' })
    broken = false
    await net.run(alice.connectToPeer('memory://b'))
    expect(alice.isConnected(bob.peerId)).toBe(true)
  })
})

describe('events', () => {
  it('of a listener that throws reach error and the other listeners; without error listener the log', async () => {
    const logger = { debug: vi.fn(), warn: vi.fn(), error: vi.fn() }
    const { alice, bob } = await pair({}, { logger })
    const got: unknown[] = []
    bob.on('message', () => {
      throw new Error('oops')
    })
    bob.on('message', (m, from) => got.push([m.payload, from.peerId]))
    await alice.sendTo(bob.peerId, message(1))
    await net.clock.advance(10)
    expect(logger.warn).toHaveBeenCalledTimes(1)
    const errors: string[] = []
    const stop = bob.on('error', (error) => {
      errors.push(error.code)
      throw new Error('again')
    })
    await alice.sendTo(bob.peerId, message(2))
    await net.clock.advance(10)
    expect(errors).toEqual(['LISTENER_FAILED'])
    expect(logger.error).toHaveBeenCalledTimes(1)
    expect(got).toEqual([
      [1, alice.peerId],
      [2, alice.peerId],
    ])
    stop()
    stop()
  })
})

describe('signatures', () => {
  it('are on messages to whoever wants them, in order, however slow the signer', async () => {
    const identity = seed(7)
    net = createTestNetwork()
    let turn = 0
    const slow = {
      publicKey: identity.publicKey,
      sign: async (bytes: Uint8Array) => {
        await new Promise<void>((resolve) => net.clock.setTimeout(resolve, turn++ % 2 ? 10 : 100))
        return identity.sign(bytes)
      },
    }
    const alice = net.createPeer({ host: 'a', identity: slow })
    const bob = net.createPeer({ host: 'b', requireSignatures: true })
    await net.run(bob.start())
    await net.run(alice.connectToPeer('memory://b'))
    const got: unknown[] = []
    bob.on('message', (m) => got.push([m.payload, m.signature?.length]))
    const sent = [0, 1, 2, 3].map((i) => alice.sendTo(bob.peerId, message(i)))
    alice.registerProtocol({ protocolName: 'late', handleMessage: async () => {} })
    await net.run(Promise.all(sent))
    await net.clock.advance(100)
    expect(got).toEqual([
      [0, 64],
      [1, 64],
      [2, 64],
      [3, 64],
    ])
    expect(bob.getPeer(alice.peerId)!.protocols).toContain('late')
  })
})
