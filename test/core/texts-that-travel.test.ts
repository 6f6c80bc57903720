import { expect, it } from 'vitest'
import type { P2PCoordinator } from '../../src/coordinator.js'
import { defineProtocol } from '../../src/definitions/define-protocol.js'
import { defineResource } from '../../src/definitions/define-resource.js'
import { P2PCoordinator as Coordinator } from '../../src/index.js'
import { Statements } from '../../src/statements/statements.js'
import { createTestNetwork } from '../../src/testing/test-network.js'
import { identityOf } from '../defence/table.js'

/** What `'shop-🛒'.slice(0, 6)` makes: UTF-8 has no form for half of a surrogate pair. */
const CUT = 'shop-\ud83d'
const handler = (protocolName: string) => ({ protocolName, handleMessage: async () => {} })
const anything = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const

/** Every public call that takes a text which travels later, beside what is sent with the call itself. */
const CALLS: [name: string, code: string, call: (alice: P2PCoordinator, bob: string) => unknown][] = [
  ['metadata', 'UNSERIALIZABLE_PAYLOAD', () => new Coordinator({ metadata: { label: CUT } })],
  ['configure', 'UNSERIALIZABLE_PAYLOAD', (alice) => alice.configure({ metadata: { label: CUT } })],
  ['peerId', 'INVALID_PEER_ID', () => new Coordinator({ peerId: CUT })],
  ['registerProtocol', 'INVALID_CONFIG', (alice) => alice.registerProtocol(handler(CUT))],
  ['defineProtocol', 'INVALID_CONFIG', (alice) => alice.handle(defineProtocol({ name: CUT, messages: { a: anything } }), {})],
  ['sendTo, type', 'UNSERIALIZABLE_PAYLOAD', (alice, bob) => alice.sendTo(bob, { type: CUT, payload: 1 })],
  ['sendTo, payload', 'UNSERIALIZABLE_PAYLOAD', (alice, bob) => alice.sendTo(bob, { type: 'x', payload: { a: CUT } })],
  ['sendTo, protocol', 'UNSERIALIZABLE_PAYLOAD', (alice, bob) => alice.sendTo(bob, { type: 'x', payload: 1, protocol: CUT })],
  ['sendTo, queued', 'UNSERIALIZABLE_PAYLOAD', (alice, bob) => alice.sendTo(bob, { type: CUT, payload: 1 }, { queue: true })],
  ['request', 'UNSERIALIZABLE_PAYLOAD', (alice, bob) => alice.request(bob, { type: CUT, payload: 1 })],
  ['subscribe', 'INVALID_TOPIC', (alice) => alice.subscribe(CUT, () => {})],
  ['publish, topic', 'INVALID_TOPIC', (alice) => alice.publish(CUT, 1)],
  ['publish, payload', 'UNSERIALIZABLE_PAYLOAD', (alice) => alice.publish('news', CUT)],
  ['announceResource, type', 'INVALID_RESOURCE', (alice) => alice.announceResource(CUT, 'one', 1)],
  ['announceResource, id', 'INVALID_RESOURCE', (alice) => alice.announceResource('offer', CUT, 1)],
  ['announceResource, data', 'UNSERIALIZABLE_PAYLOAD', (alice) => alice.announceResource('offer', 'one', { a: CUT })],
  ['defineResource', 'INVALID_RESOURCE', (alice) => alice.for(defineResource({ type: CUT, data: anything })).discover()],
  ['discoverResources', 'INVALID_RESOURCE', (alice) => alice.discoverResources(CUT)],
  ['watchResources', 'INVALID_RESOURCE', (alice) => alice.watchResources(CUT, {}, () => {})],
  ['withdrawResource', 'INVALID_RESOURCE', (alice) => alice.withdrawResource('offer', CUT)],
  ['dht.announce, key', 'INVALID_RECORD', (alice) => alice.dht.announce({ key: CUT, value: 1 })],
  ['dht.announce, value', 'UNSERIALIZABLE_PAYLOAD', (alice) => alice.dht.announce({ key: 'a', value: CUT })],
  ['dht.get', 'INVALID_RECORD', (alice) => alice.dht.get(CUT)],
  ['dht.watch', 'INVALID_RECORD', (alice) => alice.dht.watch(CUT, () => {})],
  ['findPeers', 'UNSERIALIZABLE_PAYLOAD', (alice) => alice.findPeers({ protocol: CUT })],
  ['watchPeers', 'UNSERIALIZABLE_PAYLOAD', (alice) => alice.watchPeers({ protocol: CUT }, () => {})],
  [
    'statements.join',
    'INVALID_CONFIG',
    () =>
      new Statements(identityOf(1)).join({
        protocol: CUT,
        session: 'x',
        members: [identityOf(1), identityOf(2)].map((each) => each.publicKey),
      }),
  ],
]

it.each(CALLS)('a text that cannot travel is refused where it is given: %s', async (_, code, call) => {
  const net = createTestNetwork({ latencyMs: 5 })
  const alice = net.createPeer({ host: 'a' })
  const bob = net.createPeer({ host: 'b', relay: true })
  try {
    await net.run(bob.start())
    await net.run(alice.connectToPeer(net.addressOf(bob)))
    const errors: string[] = []
    alice.on('error', (error) => errors.push(error.code))
    await expect(net.run((async () => call(alice, bob.peerId))())).rejects.toMatchObject({ code })
    await net.clock.advance(100)
    expect([alice.getConnectedPeers().length, errors]).toEqual([1, []])
  } finally {
    await net.stop()
  }
})
