// The first calls of a wallet, made while it is still joining the network, or while there is none.
import { afterEach, describe, expect, it } from 'vitest'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'

let net: TestNetwork
afterEach(() => net.stop())

async function twoRelays() {
  net = createTestNetwork({ latencyMs: 5 })
  for (const host of ['near', 'far']) await net.run(net.createPeer({ host, relay: true }).start())
  const bob = net.createPeer({ host: 'bob', listening: false, bootstrap: ['memory://far'] })
  await net.run(bob.start())
  const alice = net.createPeer({ host: 'alice', listening: false, bootstrap: ['memory://near', 'memory://far'] })
  return { alice, bob }
}

describe('connectToPeer by an id, as the first call of all', () => {
  it.each([0, 500, 2_500])('finds the peer at a relay that answers %i ms after the first one', async (lateMs) => {
    const { alice, bob } = await twoRelays()
    net.network.partition(['alice'], ['far'])
    net.clock.setTimeout(() => net.network.heal(), lateMs)
    await net.run(alice.connectToPeer(bob.peerId))
    expect(alice.isConnected(bob.peerId)).toBe(true)
  })

  it('waits for a relay that never answers no longer than 3 s, nor beyond its own deadline', async () => {
    for (const [timeoutMs, code, atMost] of [
      [15_000, 'PEER_NOT_FOUND', 3_200],
      [1_000, 'TIMEOUT', 1_000],
    ] as const) {
      const { alice, bob } = await twoRelays()
      net.network.partition(['alice'], ['far'])
      const before = net.clock.now()
      await expect(net.run(alice.connectToPeer(bob.peerId, { timeoutMs }))).rejects.toMatchObject({ code })
      expect(net.clock.now() - before).toBeLessThanOrEqual(atMost)
      if (timeoutMs > 1_000) await net.stop()
    }
  })

  it('asks once where all relays have been joined', async () => {
    const { alice } = await twoRelays()
    await net.run(alice.start())
    await net.clock.advance(5_000)
    const nobody = net.createPeer({ host: 'nobody' }).peerId
    const before = net.clock.now()
    await expect(net.run(alice.connectToPeer(nobody))).rejects.toMatchObject({ code: 'PEER_NOT_FOUND' })
    expect(net.clock.now() - before).toBeLessThan(1_500)
  })
})

describe('what is announced off the network', () => {
  it('is kept, and is announced when a relay is there', async () => {
    net = createTestNetwork({ latencyMs: 5 })
    const alice = net.createPeer({ host: 'alice', listening: false, bootstrap: ['memory://relay'] })
    alice.on('error', () => {})
    expect(await net.run(alice.announceResource('offer', 'a', { n: 1 }))).toEqual({ servers: [], refused: [] })
    expect((await net.run(alice.discoverResources('offer'))).length).toBe(1)
    await net.run(net.createPeer({ host: 'relay', relay: true }).start())
    await net.run(alice.waitFor('online'))
    await net.clock.advance(1_000)
    const bob = net.createPeer({ host: 'bob', listening: false, bootstrap: ['memory://relay'] })
    expect((await net.run(bob.discoverResources('offer'))).map(({ data }) => data)).toEqual([{ n: 1 }])
  })
})
