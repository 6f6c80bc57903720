import { describe, expect, it } from 'vitest'
import { resolveLimits } from '../../src/base/limits.js'
import { seededRandom } from '../../src/base/random.js'
import { DHT_NODE_PROTOCOL, DHT_PROTOCOL } from '../../src/plugins/dht/client/dht-messages.js'
import { Replication } from '../../src/plugins/dht/node/replication.js'
import { compareDistance, nodeIdOf, placeOfKey } from '../../src/plugins/dht/records/key-space.js'
import { createRecord } from '../../src/plugins/dht/records/record.js'
import { RecordStore } from '../../src/plugins/dht/records/record-store.js'
import { type Contact, contactOf } from '../../src/plugins/dht/walk/contact.js'
import { Kademlia } from '../../src/plugins/dht/walk/kademlia.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { FakeHost, seeded } from './network.js'
import { told } from './told.js'

const limits = resolveLimits({ dhtBucketSize: 2, dhtReplicateMs: 600_000 })
const publisher = seeded(1)
/** Public keys of nodes, by how near they are to the place of the key: nearest first. */
const place = placeOfKey('offer', 'lotus')
const keys = Array.from({ length: 40 }, (_, n) => new Uint8Array(32).fill(n + 1)).sort((a, b) =>
  compareDistance(place, nodeIdOf(a, 'lotus'), nodeIdOf(b, 'lotus')),
)

/** A node with this key, and others that keep count of what they are offered. */
function setUp(ownKey: Uint8Array) {
  const clock = new VirtualClock()
  const random = seededRandom(1)
  const us = new FakeHost(contactOf(ownKey, '', 'lotus').peerId, clock)
  const store = new RecordStore({ clock, limits })
  const dialer = {
    mayDial: () => true,
    isConnected: (peerId: string) => us.neighbours.has(peerId),
    dial: () => Promise.reject(new Error('Everybody is connected.')),
    release: () => {},
  }
  const network = new Kademlia({ host: us, identity: { publicKey: ownKey }, limits, dialer })
  const replication = new Replication({ store, clock, limits, random }, network)
  const offers: { peerId: string; depth: number | undefined }[] = []
  const meet = (publicKey: Uint8Array): Contact => {
    const contact = contactOf(publicKey, told(`ws://${publicKey[0]}.example`), 'lotus')
    const host = new FakeHost(contact.peerId, clock)
    host.register({
      protocolName: DHT_PROTOCOL,
      handleMessage: async (message) => {
        const payload = message.payload as { depth?: number }
        if (message.type === 'store') offers.push({ peerId: contact.peerId, depth: payload.depth })
        const answer = message.type === 'store' ? { stored: true } : { closer: [] }
        await host.reply(message, { type: message.type === 'store' ? 'stored' : 'nodes', payload: answer })
      },
    })
    us.connect(host)
    const addresses = { websocket: contact.address }
    network.connected({ ...host.info(), publicKey, addresses, protocols: [DHT_NODE_PROTOCOL] })
    return contact
  }
  /** A record is stored here, as somebody else's request brings it. */
  const receive = async (key = 'offer', depth?: number, ttl = 3_600) => {
    const entry = await createRecord(
      { key, value: 1, sequence: clock.now(), publishedAt: clock.now(), ttl },
      { identity: publisher },
      limits,
      'lotus',
    )
    store.put(entry)
    replication.received(entry, depth)
    return entry
  }
  return { clock, store, replication, offers, meet, receive }
}

describe('replication', () => {
  it('hands on what nobody has stored anew for dhtReplicateMs, to the nodes nearest to its place', async () => {
    const { clock, replication, offers, meet, receive } = setUp(keys[5]!)
    const near = [keys[0]!, keys[1]!].map(meet)
    meet(keys[30]!)
    replication.begin()
    await receive()
    await clock.advance(590_000)
    expect(offers).toEqual([])
    await clock.advance(400_000)
    expect(offers.map(({ peerId }) => peerId).sort()).toEqual(near.map(({ peerId }) => peerId).sort())
  })

  it('leaves it to the node whose turn comes first: what is stored anew here waits again', async () => {
    const { clock, replication, offers, meet, receive } = setUp(keys[5]!)
    meet(keys[0]!)
    replication.begin()
    const entry = await receive()
    for (let i = 0; i < 6; i++) {
      await clock.advance(300_000)
      replication.received(entry, undefined)
    }
    expect(offers).toEqual([])
  })

  it('tells a newcomer that is among the nearest at once, at the depth of the set', async () => {
    const { clock, replication, offers, meet, receive } = setUp(keys[5]!)
    replication.begin()
    await receive()
    await receive('resource:offer:1', 0)
    const { peerId } = meet(keys[0]!)
    await clock.advance(100)
    expect(offers).toEqual([
      { peerId, depth: undefined },
      { peerId, depth: 0 },
    ])
  })

  it('leaves a newcomer to the two nodes that are nearer', async () => {
    const { clock, replication, offers, meet, receive } = setUp(keys[5]!)
    replication.begin()
    for (const key of [keys[1]!, keys[2]!]) meet(key)
    await receive()
    await clock.advance(100)
    offers.splice(0)
    meet(keys[0]!)
    await clock.advance(100)
    expect(offers).toEqual([])
  })

  it('offers nothing before we are a node, and nothing once it is closed', async () => {
    const { clock, replication, offers, meet, receive } = setUp(keys[5]!)
    await receive()
    meet(keys[0]!)
    await clock.advance(2_000_000)
    expect(offers).toEqual([])
    replication.begin()
    replication.close()
    meet(keys[1]!)
    await clock.advance(2_000_000)
    expect(offers).toEqual([])
    expect(clock.pending).toBe(0)
  })

  it('forgets what has expired, and runs no timer for nothing', async () => {
    const { clock, store, replication, offers, meet, receive } = setUp(keys[5]!)
    meet(keys[0]!)
    replication.begin()
    await receive('offer', undefined, 60)
    await clock.advance(61_000)
    store.removeExpired()
    await clock.advance(1_000_000)
    expect(offers).toEqual([])
    expect(clock.pending).toBe(0)
  })
})
