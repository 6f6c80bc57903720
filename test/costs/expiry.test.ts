import { afterEach, describe, expect, it } from 'vitest'
import { coreOf } from '../../src/core/core.js'
import { DHT_PROTOCOL } from '../../src/plugins/dht/client/dht-messages.js'
import { dhtOf } from '../../src/plugins/dht/client/plugin.js'
import type { VerifiedRecord } from '../../src/plugins/dht/records/record.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/index.js'
import { recordEntry } from '../dht/record-entry.js'
import { kitOf } from '../kit-of.js'

let net: TestNetwork
afterEach(() => net.stop())

/** A relay that keeps so many records of three publishers, which end within one second, and is watched. */
async function relayWith(count: number) {
  net = createTestNetwork()
  const limits = { maxRecordsPerPublisher: count, maxRecords: 2 * count }
  const relay = net.createPeer({ host: 'relay', relay: true, limits })
  const wallet = net.createPeer({ host: 'wallet', listening: false, bootstrap: ['memory://relay'] })
  for (const peer of [relay, wallet]) await net.run(peer.start())
  wallet.watchResources('s', {}, () => {})
  await net.clock.advance(500)
  const kit = await kitOf(relay)
  const { store } = dhtOf(kit).dht
  const server = (Reflect.get(coreOf(kit).router, 'handlers') as Map<string, object>).get(DHT_PROTOCOL)!
  const { received } = Reflect.get(server, 'network') as { received(entry: VerifiedRecord): void }
  for (let i = 0; i < count; i++) {
    const expiresAt = net.clock.now() + 60_000 + (i % 1_000)
    const entry = recordEntry(`resource:s:${String(i).padStart(6, '0')}`, `p${i % 3}`, { expiresAt })
    store.put(entry)
    received(entry)
  }
  await net.clock.advance(1_000)
  return { store }
}

/** The longest turn, milliseconds of processor time, while the records end and the relay looks after what is kept. */
async function longestTurn(count: number): Promise<number> {
  const { store } = await relayWith(count)
  await net.clock.advance(58_000)
  let longest = 0
  // They have all ended when the store is looked at again.
  net.clock.sleep(3_000)
  for (let i = 0; i < 400 && store.getStats().records > 0; i++) {
    const began = process.cpuUsage()
    store.removeExpired()
    const { user, system } = process.cpuUsage(began)
    longest = Math.max(longest, (user + system) / 1_000)
    await net.clock.advance(10)
  }
  expect(store.getStats().records).toBeLessThan(10)
  return longest
}

describe('ten thousand records of three publishers that end within a second', () => {
  it('hold up nobody for longer than 20 ms', async () => {
    expect(await longestTurn(10_000)).toBeLessThan(20)
  })
})

describe('records that have expired and are not dropped yet', () => {
  it('are not shown, hold no place, stand in no way, and count for no quota', async () => {
    net = createTestNetwork()
    const limits = { maxRecordsPerPublisher: 500, maxRecords: 1_000 }
    const relay = net.createPeer({ host: 'relay', relay: true, limits })
    await net.run(relay.start())
    const { store } = dhtOf(await kitOf(relay)).dht
    const put = (i: number, publisher: string, sequence: number, lifeMs: number) =>
      store.put(recordEntry(`resource:s:${i}`, publisher, { sequence, expiresAt: net.clock.now() + lifeMs }))
    for (const publisher of ['one', 'other']) for (let i = 0; i < 500; i++) put(i, publisher, 9, 1_000)
    net.clock.sleep(2_000)
    expect([...store.scan('resource:s:*')]).toEqual([])
    // In the place of an expired one of a higher number, beyond the quota, and beyond the room.
    for (let i = 499; i >= 0; i--) put(i, 'one', 1, 60_000)
    for (let i = 0; i < 500; i++) put(i, 'third', 1, 60_000)
    expect([...store.scan('resource:s:*')].length).toBe(1_000)
    expect(store.getStats()).toMatchObject({ shed: 0, expired: 1_000, publishers: 2 })
    expect(() => put(600, 'third', 1, 60_000)).toThrow('One publisher may have 500 records')
  })
})
