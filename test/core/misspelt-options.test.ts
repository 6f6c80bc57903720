// An option that there is none of would change nothing, and nobody would know: each call refuses it, and says which there are.
import { afterEach, beforeEach, expect, it } from 'vitest'
import * as sdk from '../../src/index.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'

let net: TestNetwork
let alice: sdk.P2PCoordinator
let bobId: string
beforeEach(async () => {
  net = createTestNetwork({ latencyMs: 5 })
  await net.run(net.createPeer({ host: 'relay', relay: true }).start())
  const bob = net.createPeer({ host: 'bob', bootstrap: ['memory://relay'] })
  bob.on('message', (message) => bob.reply(message, { type: 'answer', payload: 1 }))
  await net.run(bob.start())
  bobId = bob.peerId
  alice = net.createPeer({ host: 'alice', bootstrap: ['memory://relay'] })
  await net.run(alice.start())
  await net.run(alice.connectToPeer('memory://bob'))
})
afterEach(() => net.stop())

const message = { type: 'a', payload: 1 }
const offers = sdk.defineResource({
  type: 'offer',
  data: { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } },
})
const shop = sdk.defineProtocol({
  name: 'shop',
  messages: { order: { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } },
})

/** Each call with options of any kind, and one that it takes. */
const CALLS: Record<string, [known: object, call: (options: never) => unknown]> = {
  start: [{ timeoutMs: 50 }, (options) => alice.start(options)],
  resume: [{ timeoutMs: 50 }, (options) => alice.resume(options)],
  waitFor: [{ timeoutMs: 50 }, (options) => alice.waitFor('online', options)],
  connectToPeer: [{ timeoutMs: 50 }, (options) => alice.connectToPeer('memory://bob', options)],
  sendTo: [{ wait: false }, (options) => alice.sendTo(bobId, message, options)],
  broadcast: [{ exclude: [] }, (options) => alice.broadcast(message, options)],
  request: [{ timeoutMs: 5_000 }, (options) => alice.request(bobId, message, options)],
  'Peers are sought': [{ limit: 2 }, (options) => alice.findPeers(options)],
  announceResource: [{ ttl: 60, whileConnected: true }, (options) => alice.announceResource('offer', '1', 1, options)],
  withdrawResource: [{ timeoutMs: 500 }, (options) => alice.withdrawResource('offer', '1', options)],
  discoverResources: [{ onePerPublisher: true, createdAfter: 1 }, (options) => alice.discoverResources('offer', {}, options)],
  getResource: [{ creatorPeerId: 'bob' }, (options) => alice.getResource('offer', '1', options)],
  ban: [{ reason: 'Odd.' }, (options) => alice.ban('address:203.0.113.9', options)],
  subscribe: [{ history: 1 }, (options) => alice.subscribe('news', () => {}, options)],
  publish: [{ wait: false }, (options) => alice.publish('news', 1, options)],
  watchResources: [{ createdAfter: 1 }, (options) => alice.watchResources('offer', {}, () => {}, options)],
  'dht.withdraw': [{ timeoutMs: 500 }, (options) => alice.dht.withdraw('key', options)],
  'dht.get': [{ publisherId: 'bob' }, (options) => alice.dht.get('key', options)],
  'dht.trace': [{ timeoutMs: 500 }, (options) => alice.dht.trace('key', options)],
}
/** The same by other ways, and calls whose options are not apart from the rest. */
const OTHERS: Record<string, (odd: object) => unknown> = {
  'Peers are sought': (odd) => alice.watchPeers(odd, () => {}),
  'dht.announce': (odd) => alice.dht.announce({ key: 'key', value: 1, ...odd }),
  'dht.query': (odd) => alice.dht.query({ key: 'key-*', ...odd }),
  publish: (odd) => alice.topics.publish('news', 1, odd),
  request: (odd) => alice.for(shop).request(bobId, 'order', 1, odd),
  announceResource: (odd) => alice.for(offers).announce('1', 1, odd),
  watchResources: (odd) => alice.for(offers).watch({}, () => {}, odd),
}

async function fault(call: () => unknown): Promise<sdk.P2PError> {
  try {
    const result = call()
    await net.run(Promise.resolve(result))
  } catch (error) {
    return error as sdk.P2PError
  }
  throw new Error('It has passed.')
}

it.each(Object.keys(CALLS))('%s refuses an option that there is none of, and takes those that there are', async (name) => {
  const [known, call] = CALLS[name]!
  const error = await fault(() => call({ ...known, timeout: 5 } as never))
  expect([error.code, error.message]).toEqual([
    'INVALID_CONFIG',
    expect.stringMatching(new RegExp(`^${name}.*not(?: by)? "timeout"`)),
  ])
  for (const option of Object.keys(known)) expect(error.message).toContain(option)
  await net.run(Promise.resolve(call(known as never)))
})

it.each(Object.keys(OTHERS))('%s refuses it by every way there is', async (name) => {
  const error = await fault(() => OTHERS[name]!({ timeout: 5 }))
  expect([error.code, error.message]).toEqual(['INVALID_CONFIG', expect.stringMatching(new RegExp(`^${name}.*"timeout"`))])
})

it('a misspelt queue is refused before anything is sent', async () => {
  const error = await fault(() => alice.sendTo(bobId, message, { que: true } as never))
  expect(error).toMatchObject({ code: 'INVALID_CONFIG', details: { option: 'que' } })
  expect(error.message).toBe('sendTo takes an object with queue, ttl, sealed, via, wait, signal, timeoutMs, not "que".')
})

it.each([5_000, '5s', new AbortController().signal])('%s in place of the options is refused', async (given) => {
  expect((await fault(() => alice.request(bobId, message, given as never))).code).toBe('INVALID_CONFIG')
})

it('options may inherit from defaults, and an object without a prototype is one', async () => {
  const options = Object.create({ timeoutMs: 5_000 })
  await net.run(alice.request(bobId, message, options))
  await net.run(alice.request(bobId, message, Object.assign(Object.create(null), { timeoutMs: 5_000 })))
})

it('a DHT, a discovery and connections of their own refuse it too', async () => {
  const odd = { timeout: 5 } as never
  const dht = new sdk.DistributedHashTable('carol')
  const discovery = new sdk.ResourceDiscovery(dht, 'carol')
  const manager = new sdk.PeerManager()
  const calls: (() => unknown)[] = [
    () => dht.get('key', odd),
    () => discovery.announceResource('offer', '1', 1, odd),
    () => discovery.discoverResources('offer', {}, odd),
    () => discovery.watchResources('offer', {}, () => {}, odd),
    () => manager.start(odd),
    () => manager.connect('ws://127.0.0.1:1', odd),
    () => manager.sendTo('bob', message, odd),
    () => manager.broadcast(message, odd),
  ]
  for (const call of calls) expect([String(call), (await fault(call)).code]).toEqual([String(call), 'INVALID_CONFIG'])
  dht.shutdown()
  await manager.shutdown()
})

it('dht.watch needs a listener', () => {
  for (const listener of [undefined, null, {}]) {
    expect(() => alice.dht.watch('key', listener as never)).toThrow('dht.watch needs a listener')
    expect(() => new sdk.DistributedHashTable('carol').watch('key', listener as never)).toThrow('dht.watch needs a listener')
  }
})
