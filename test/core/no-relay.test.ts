// One rule for all calls that ask the network: they wait for the first connection, and say NO_RELAY where there is none.
import { afterEach, describe, expect, it } from 'vitest'
import type { P2PCoordinator } from '../../src/coordinator.js'
import { defineResource } from '../../src/index.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'

let net: TestNetwork
afterEach(() => net.stop())

const anything = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const
const offers = defineResource({ type: 'offer', data: anything })

const CALLS: [string, (peer: P2PCoordinator) => Promise<unknown>, nothing: unknown][] = [
  ['findPeers', (peer) => peer.findPeers(), []],
  ['findPeers of a protocol', (peer) => peer.findPeers({ protocol: 'shop' }), []],
  ['discoverResources', (peer) => peer.discoverResources('offer'), []],
  ['getResource', (peer) => peer.getResource('offer', '1'), null],
  ['getResource of a creator', (peer) => peer.getResource('offer', '1', { creatorPeerId: peer.peerId }), null],
  ['discover of a defined resource', (peer) => peer.for(offers).discover(), []],
  ['get of a defined resource', (peer) => peer.for(offers).get('1'), null],
  ['dht.get', (peer) => peer.dht.get('key'), null],
  ['dht.query', (peer) => peer.dht.query({ key: 'key*' }), []],
  ['dht.trace', (peer) => peer.dht.trace('key').then(({ steps }) => steps.filter(({ error }) => error)), []],
]
/** These do not start a coordinator: they ask whom it is connected to. */
const startsItself = (name: string) => !name.startsWith('dht.')

const tab = (bootstrap: string[]) => net.createPeer({ host: 'tab', listening: false, bootstrap })

describe.each(CALLS)('%s', (name, call, nothing) => {
  it('says NO_RELAY where no relay is connected, soon', async () => {
    net = createTestNetwork({ latencyMs: 10 })
    for (const bootstrap of [[], ['memory://nobody']]) {
      const peer = tab(bootstrap)
      await net.run(peer.start())
      const begun = net.clock.now()
      await expect(net.run(call(peer))).rejects.toMatchObject({ code: 'NO_RELAY' })
      expect(net.clock.now() - begun).toBeLessThan(5_000)
    }
  })

  it('waits for the first connection, and then tells that there is nothing', async () => {
    net = createTestNetwork({ latencyMs: 200 })
    await net.run(net.createPeer({ host: 'relay', relay: true }).start())
    const peer = tab(['memory://relay'])
    if (!startsItself(name)) await net.run(peer.start())
    expect(await net.run(call(peer))).toEqual(nothing)
  })

  it('says NO_RELAY once the relay is lost', async () => {
    net = createTestNetwork({ latencyMs: 10 })
    const relay = net.createPeer({ host: 'relay', relay: true })
    await net.run(relay.start())
    const peer = tab(['memory://relay'])
    await net.run(peer.start())
    await net.run(relay.shutdown())
    await net.clock.advance(1_000)
    await expect(net.run(call(peer))).rejects.toMatchObject({ code: 'NO_RELAY' })
  })
})

it('what is here needs no relay: own records, and all of a relay that is alone', async () => {
  net = createTestNetwork({ latencyMs: 10 })
  const peer = tab([])
  await net.run(peer.announceResource('offer', '1', 5))
  expect((await net.run(peer.discoverResources('offer'))).map(({ data }) => data)).toEqual([5])
  expect((await net.run(peer.getResource('offer', '1')))?.data).toBe(5)
  await expect(net.run(peer.getResource('offer', '2'))).rejects.toMatchObject({ code: 'NO_RELAY' })
  const relay = net.createPeer({ host: 'relay', relay: true })
  await net.run(relay.start())
  expect(await net.run(relay.discoverResources('offer'))).toEqual([])
  expect(await net.run(relay.dht.get('key'))).toBeNull()
})

it('a wallet that listens stores for others, and answers itself', async () => {
  net = createTestNetwork({ latencyMs: 10 })
  const server = net.createPeer({ host: 'server' })
  await net.run(server.start())
  expect(await net.run(server.discoverResources('offer'))).toEqual([])
  expect(await net.run(server.getResource('offer', '1'))).toBeNull()
})
