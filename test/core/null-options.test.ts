// `null` where options go is as though there were none: it fails with no TypeError of the SDK's own code.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FullCoordinator, type P2PCoordinator } from '../../src/coordinator.js'
import { CoreCoordinator } from '../../src/core-coordinator.js'
import * as sdk from '../../src/index.js'
import { HashTable } from '../../src/plugins/dht/client/hash-table.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'

let net: TestNetwork
let alice: P2PCoordinator
beforeEach(async () => {
  net = createTestNetwork({ latencyMs: 5 })
  await net.run(net.createPeer({ host: 'relay', relay: true }).start())
  const bob = net.createPeer({ peerId: 'bob', host: 'bob', bootstrap: ['memory://relay'] })
  bob.on('message', (message) => bob.reply(message, { type: 'answer', payload: 1 }))
  await net.run(bob.start())
  alice = net.createPeer({ host: 'alice', bootstrap: ['memory://relay'] })
  await net.run(alice.start())
  await net.run(alice.connectToPeer('memory://bob'))
})
afterEach(() => net.stop())

const none = null as never
const message = { type: 'a', payload: 1 }
const shop = sdk.defineProtocol({ name: 'shop', messages: {} })
const offers = sdk.defineResource({
  type: 'offer',
  data: { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } },
})

/** Methods that take no options. */
const WITHOUT = new Set(
  'constructor peerId publicKey addresses status suspend reconnect shutdown use registerProtocol unregisterProtocol handle for disconnectFromPeer dropPath getConnectedPeers getPeer isConnected reply unban reputationOf listBans getStats getPeerLoad trim cleanup on once off'.split(
    ' ',
  ),
)
const DHT_WITHOUT = new Set(
  'constructor peerId store setStore publisher name setLookup addFeed setWatches listenerFailed watch ownRecord cleanup getStats shutdown begin isNetworked make write spread publish lostServer passOn publishAnew inBackground countRefusal find'.split(
    ' ',
  ),
)

const CALLS: Record<string, () => unknown> = {
  start: () => alice.start(none),
  resume: () => alice.resume(none),
  waitFor: () => alice.waitFor('online', none),
  connectToPeer: () => alice.connectToPeer('memory://bob', none),
  sendTo: () => alice.sendTo('bob', message, none),
  broadcast: () => alice.broadcast(message, none),
  request: () => alice.request('bob', message, none),
  findPeers: () => alice.findPeers(none),
  announceResource: () => alice.announceResource('offer', '1', 1, none),
  withdrawResource: () => alice.withdrawResource('offer', '1', none),
  discoverResources: () => alice.discoverResources('offer', none, none),
  getResource: () => alice.getResource('offer', '1', none),
  ban: () => alice.ban('address:203.0.113.9', none),
  subscribe: () => alice.subscribe('topic', () => {}, none),
  publish: () => alice.publish('topic', 1, none),
  watchPeers: () => alice.watchPeers(none, () => {}),
  watchResources: () => alice.watchResources('offer', none, () => {}, none),
  configure: () => alice.configure(none),
}
const DHT_CALLS: Record<string, () => unknown> = {
  announce: () => alice.dht.announce(none),
  withdraw: () => alice.dht.withdraw('key', none),
  get: () => alice.dht.get('key', none),
  query: () => alice.dht.query(none),
  trace: () => alice.dht.trace('key', none),
}
const OTHERS: Record<string, () => unknown> = {
  'a coordinator': () => new sdk.P2PCoordinator(none),
  'send of a protocol': () => alice.for(shop).send('bob', 'a' as never, 1 as never, none),
  'request of a protocol': () => alice.for(shop).request('bob', 'a' as never, 1 as never, none),
  'broadcast of a protocol': () => alice.for(shop).broadcast('a' as never, 1 as never, none),
  'announce of a resource': () => alice.for(offers).announce('1', 1, none),
  'withdraw of a resource': () => alice.for(offers).withdraw('1', none),
  'discover of a resource': () => alice.for(offers).discover(none, none),
  'get of a resource': () => alice.for(offers).get('1', none),
  'watch of a resource': () => alice.for(offers).watch(none, () => {}, none),
  createTestNetwork: () => createTestNetwork(none),
  createPeer: () => net.createPeer(none),
}
/** What `lotus-p2p` gives to make something with options first; each is called with null alone. */
const FACTORIES = [
  'broadcastChannel',
  'dhtNode',
  'dhtWalk',
  'eclipseWatch',
  'http',
  'httpFallback',
  'oneTab',
  'outbox',
  'pageEvents',
  'persistence',
  'proofOfWork',
  'relayClocks',
  'topics',
  'webFallback',
  'webRtc',
  'webSocket',
]
const all = sdk as unknown as Record<string, ((options: null) => unknown) | undefined>

const outcomeOf = async (call: () => unknown): Promise<unknown> => {
  try {
    await net.run(Promise.resolve(call()))
    return 'fine'
  } catch (error) {
    return sdk.isP2PError(error) ? 'fine' : error
  }
}

describe('null in place of options', () => {
  it.each(Object.entries({ ...CALLS, ...DHT_CALLS, ...OTHERS }))('is none, or refused with a code: %s', async (_, call) => {
    expect(await outcomeOf(call)).toBe('fine')
  })

  it('is none for what makes plugins and transports', async () => {
    const made = FACTORIES.filter((name) => all[name] !== undefined)
    expect(made.length).toBeGreaterThan(10)
    for (const name of made) expect([name, await outcomeOf(() => all[name]!(null))]).toEqual([name, 'fine'])
  })

  it('was looked at in every method', () => {
    const namesOf = ({ prototype }: { prototype: object }) => Object.getOwnPropertyNames(prototype)
    const names = new Set([FullCoordinator, CoreCoordinator].flatMap(namesOf))
    expect([...names].filter((name) => !WITHOUT.has(name) && !(name in CALLS))).toEqual([])
    expect(namesOf(HashTable).filter((name) => !DHT_WITHOUT.has(name) && !(name in DHT_CALLS))).toEqual([])
  })
})
