import { afterEach, describe, expect, it } from 'vitest'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'

let net: TestNetwork
afterEach(() => net.stop())

async function world() {
  net = createTestNetwork({ latencyMs: 10 })
  const relay = net.createPeer({ host: 'relay', relay: true })
  await net.run(relay.start())
  const wallet = async (peerId?: string) => {
    const peer = net.createPeer({ ...(peerId !== undefined && { peerId }), listening: false, bootstrap: ['memory://relay'] })
    await net.run(peer.start())
    await net.clock.advance(1_000)
    return peer
  }
  return { relay, wallet }
}

describe('a relay', () => {
  it('pins no names: two peers of one name are both served, by their keys', async () => {
    const { relay, wallet } = await world()
    const [one, other] = [await wallet('bob'), await wallet('bob')]
    expect(
      relay
        .getConnectedPeers()
        .map(({ peerId }) => peerId)
        .sort(),
    ).toEqual([one, other].map(({ publicKey }) => encodePeerId(publicKey)).sort())
    expect(relay.getConnectedPeers().map(({ name }) => name)).toEqual(['bob', 'bob'])
  })

  it('introduces all who claim a name, with their keys', async () => {
    const { wallet } = await world()
    const [one, other] = [await wallet('bob'), await wallet('bob')]
    const alice = await wallet()
    const found = await net.run(alice.findPeers({ peerId: 'bob' }))
    expect(found.map(({ publicKey }) => encodePeerId(publicKey!)).sort()).toEqual(
      [one, other].map(({ publicKey }) => encodePeerId(publicKey)).sort(),
    )
  })
})

describe('a peer that is no relay', () => {
  it('refuses the dial of a second key that claims a pinned name, and neither end has been connected', async () => {
    net = createTestNetwork({ latencyMs: 10 })
    const bob = net.createPeer()
    const alices = [net.createPeer({ peerId: 'alice' }), net.createPeer({ peerId: 'alice' })]
    for (const peer of [bob, ...alices]) await net.run(peer.start())
    const seen: string[] = []
    for (const peer of [bob, alices[1]!]) peer.on('connected', ({ publicKey }) => void seen.push(encodePeerId(publicKey!)))
    await net.run(alices[0]!.connectToPeer(net.addressOf(bob)))
    const second = net.run(alices[1]!.connectToPeer(net.addressOf(bob)))
    await expect(second).rejects.toMatchObject({ code: 'NAME_TAKEN', details: { byPeer: true } })
    await net.clock.advance(1_000)
    expect(bob.getConnectedPeers().map(({ peerId }) => peerId)).toEqual(['alice'])
    expect(seen).toEqual([encodePeerId(alices[0]!.publicKey)])
  })

  it('counts a dialler as connected before the dial resolves', async () => {
    net = createTestNetwork({ latencyMs: 200 })
    const [alice, bob] = [net.createPeer(), net.createPeer()]
    for (const peer of [bob, alice]) await net.run(peer.start())
    const known = alice.connectToPeer(net.addressOf(bob)).then(() => bob.getConnectedPeers().length)
    expect(await net.run(known)).toBe(1)
  })

  it('checks an expected name by the key that is pinned to it, before it tells who it is', async () => {
    net = createTestNetwork({ latencyMs: 10 })
    const [alice, bob, mallory] = [net.createPeer(), net.createPeer({ peerId: 'bob' }), net.createPeer({ peerId: 'bob' })]
    for (const peer of [alice, bob, mallory]) await net.run(peer.start())
    await net.run(alice.connectToPeer(net.addressOf(bob)))
    await net.run(alice.disconnectFromPeer('bob'))
    await net.clock.advance(1_000)
    const target = { peerId: 'bob', addresses: { others: [net.addressOf(mallory)] }, state: 'disconnected' as const, lastSeen: 0 }
    await expect(net.run(alice.connectToPeer(target))).rejects.toMatchObject({ code: 'WRONG_PEER' })
    expect(mallory.getStats().defence.faults).toEqual({})
    expect(mallory.getConnectedPeers()).toEqual([])
  })

  it('checks an expected name that nobody has pinned when it is told', async () => {
    net = createTestNetwork({ latencyMs: 10 })
    const [alice, carol] = [net.createPeer(), net.createPeer({ peerId: 'carol' })]
    for (const peer of [alice, carol]) await net.run(peer.start())
    const target = { peerId: 'bob', addresses: { others: [net.addressOf(carol)] }, state: 'disconnected' as const, lastSeen: 0 }
    await expect(net.run(alice.connectToPeer(target))).rejects.toMatchObject({ code: 'WRONG_PEER', details: { expected: 'bob' } })
    await net.clock.advance(1_000)
    expect([alice.getConnectedPeers(), carol.getConnectedPeers()]).toEqual([[], []])
  })
})

describe('load', () => {
  it('raises the work for newcomers with the handshakes that have cost something, and only with those', async () => {
    const { Defence } = await import('../../src/defence/defence.js')
    const { DEFAULT_LIMITS: limits } = await import('../../src/base/limits.js')
    const { memoryStore } = await import('../../src/storage/key-value-store.js')
    net = createTestNetwork()
    const none = () => {}
    const options = { limitsOf: () => 'default' as const, disconnect: none, onBanned: none, onError: none }
    const defence = new Defence({ ...options, clock: net.clock, limits, store: memoryStore() } as never)
    const pending = Array.from({ length: limits.maxPendingHandshakes }, (_, i) => ({ source: `address:${i}`, end: none }))
    for (const one of pending) defence.slots.enter(one)
    expect(defence.retryBits()).toBe(0)
    const bits = pending.map((one) => {
      defence.slots.began(one)
      return defence.retryBits()
    })
    expect([bits[127], bits[128], bits.at(-1)]).toEqual([0, 12, 20])
    expect(bits.every((value, i) => i === 0 || value >= bits[i - 1]!)).toBe(true)
    for (const one of pending) defence.slots.leave(one)
    expect([defence.retryBits(), defence.slots.answered]).toEqual([0, 0])
  })
})
