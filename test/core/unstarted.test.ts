import { afterEach, describe, expect, it } from 'vitest'
import type { P2PConfig, P2PCoordinator } from '../../src/coordinator.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'

let net: TestNetwork
afterEach(() => net?.stop())

async function world() {
  net = createTestNetwork({ latencyMs: 5 })
  const relay = net.createPeer({ host: 'relay', relay: true })
  await net.run(relay.start())
  const tab = (host: string, config: P2PConfig = {}) =>
    net.createPeer({ host, peerId: host, listening: false, bootstrap: ['memory://relay'], ...config })
  return { relay, tab }
}

const never = () => new Promise<never>(() => {})
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    (error) => error.code,
  )

/** Every public call that needs a network. A new one belongs here. */
const CALLS: Record<string, (tab: P2PCoordinator) => unknown> = {
  start: (tab) => tab.start(),
  connectToPeer: (tab) => tab.connectToPeer('memory://relay'),
  'sendTo with queue': (tab) => tab.sendTo('bob', { type: 'note', payload: 1 }, { queue: true }),
  findPeers: (tab) => tab.findPeers(),
  announceResource: (tab) => tab.announceResource('shop', 's1', {}),
  withdrawResource: (tab) => tab.withdrawResource('shop', 's1'),
  discoverResources: (tab) => tab.discoverResources('shop'),
  getResource: (tab) => tab.getResource('shop', 's1'),
  watchResources: (tab) => tab.watchResources('shop', {}, () => {}),
  subscribe: (tab) => tab.subscribe('offers', () => {}),
  publish: (tab) => tab.publish('offers', 1),
}

describe('a coordinator that nobody has started', () => {
  it.each(Object.entries(CALLS))('runs from the first call on that needs a network: %s', async (_name, call) => {
    const { relay, tab } = await world()
    const alice = tab('alice')
    await net.clock.advance(10_000)
    expect(relay.getConnectedPeers()).toEqual([])
    void (async () => call(alice))().catch(() => {})
    await net.clock.advance(1_000)
    expect(alice.status).toBe('online')
    expect(relay.isConnected(encodePeerId(alice.publicKey))).toBe(true)
  })

  /** What each call that asks others gives as the first one of all: it waits for somebody to ask. */
  const ANSWERS: Record<string, (tab: P2PCoordinator, bob: P2PCoordinator) => Promise<unknown>> = {
    'connectToPeer by name': async (tab) => (await tab.connectToPeer('bob')).peerId,
    'connectToPeer by id': async (tab, bob) => {
      const { publicKey } = await tab.connectToPeer(encodePeerId(bob.publicKey))
      return publicKey && encodePeerId(publicKey) === encodePeerId(bob.publicKey) ? 'bob' : publicKey
    },
    findPeers: async (tab) => (await tab.findPeers()).map(({ peerId }) => peerId).join(),
    discoverResources: async (tab) => (await tab.discoverResources<{ of: string }>('shop'))[0]?.data.of,
    getResource: async (tab) => (await tab.getResource<{ of: string }>('shop', 's1'))?.data.of,
    publish: async (tab) => ((await tab.publish('offers', 1)).subscribers === 1 ? 'bob' : 'nobody'),
  }

  it.each(Object.entries(ANSWERS))('is answered by others at its very first call: %s', async (_name, call) => {
    const { tab } = await world()
    const bob = tab('bob')
    await net.run(bob.start())
    bob.subscribe('offers', () => {})
    await net.run(bob.announceResource('shop', 's1', { of: 'bob' }))
    await net.clock.advance(500)
    expect(await net.run(call(tab('alice'), bob))).toBe('bob')
  })

  it('says that nobody knows a peer once each relay has failed, and waits no longer', async () => {
    const { tab } = await world()
    const alice = tab('alice', { bootstrap: ['memory://nowhere'] })
    const began = net.clock.now()
    expect(await net.run(codeOf(alice.connectToPeer('bob', { timeoutMs: 60_000 })))).toBe('PEER_NOT_FOUND')
    expect(net.clock.now() - began).toBeLessThan(10_000)
  })

  it('comes back to its peer when the path drops, as any other', async () => {
    const { relay, tab } = await world()
    const alice = tab('alice', { bootstrap: [] })
    await net.run(alice.connectToPeer('memory://relay'))
    alice.dropPath(relay.peerId)
    await net.clock.advance(10)
    expect(alice.isConnected(relay.peerId)).toBe(false)
    await net.clock.advance(5_000)
    expect(alice.isConnected(relay.peerId)).toBe(true)
  })

  it('delivers what was queued before it ran', async () => {
    const { tab } = await world()
    const bob = tab('bob')
    const heard: unknown[] = []
    bob.on('message', ({ payload }) => heard.push(payload))
    await net.run(bob.start())
    await net.clock.advance(500)
    const { outcome } = await tab('alice').sendTo('bob', { type: 'note', payload: 'hi' }, { queue: true })
    expect(await net.run(outcome)).toBe('delivered')
    expect(heard).toEqual(['hi'])
  })

  it('keeps what was queued while it is suspended, and delivers it after resume', async () => {
    const { tab } = await world()
    const bob = tab('bob')
    bob.on('message', () => {})
    await net.run(bob.start())
    const alice = tab('alice')
    alice.suspend()
    const errors: unknown[] = []
    alice.on('error', (error) => errors.push(error))
    const { outcome } = await alice.sendTo('bob', { type: 'note', payload: 'hi' }, { queue: true })
    await net.clock.advance(10_000)
    expect(alice.status).toBe('offline')
    await net.run(alice.resume())
    expect(await net.run(outcome)).toBe('delivered')
    expect(errors).toEqual([])
  })
})

describe('a signer that never answers', () => {
  const identity = { ...identityFromSeed(new Uint8Array(32).fill(7)), sign: never }

  it('holds up no call for longer than its caller allows', async () => {
    const { tab } = await world()
    const alice = tab('alice', { identity })
    expect(await net.run(codeOf(alice.connectToPeer('memory://relay', { timeoutMs: 300 })))).toBe('TIMEOUT')
    expect(await net.run(codeOf(alice.start({ timeoutMs: 300 })))).toBe('TIMEOUT')
    const end = new AbortController()
    const waits = [
      alice.connectToPeer('memory://relay', { signal: end.signal }),
      alice.start({ signal: end.signal }),
      alice.announceResource('shop', 's1', {}, { signal: end.signal }),
      alice.findPeers({ signal: end.signal }),
    ].map(codeOf)
    await net.clock.advance(100)
    end.abort()
    expect(await net.run(Promise.all(waits))).toEqual(['ABORTED', 'ABORTED', 'ABORTED', 'ABORTED'])
  })

  it('is asked again once it answers', async () => {
    const { tab } = await world()
    const real = identityFromSeed(new Uint8Array(32).fill(7))
    let broken = true
    const sign = async (bytes: Uint8Array) => {
      if (broken) throw new Error('unplugged')
      return real.sign(bytes)
    }
    const alice = tab('alice', { identity: { ...real, sign } })
    expect(await net.run(codeOf(alice.start()))).toBe('IDENTITY_FAILED')
    broken = false
    await net.run(alice.start())
    expect(alice.status).toBe('online')
  })
})
