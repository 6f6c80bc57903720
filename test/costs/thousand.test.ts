import { expect, it } from 'vitest'
import type { P2PCoordinator } from '../../src/coordinator.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { INTRODUCE } from '../../src/plugins/circuit/find-peers.js'
import { CIRCUIT_HOP } from '../../src/plugins/circuit/frames.js'
import { DHT_PROTOCOL } from '../../src/plugins/dht/client/dht-messages.js'
import { TOPICS_PROTOCOL } from '../../src/plugins/topics/topic-messages.js'
import { createTestNetwork, VirtualClock } from '../../src/testing/index.js'
import { MemoryNetwork } from '../../src/transport/memory.js'
import { kitOf } from '../kit-of.js'

const COUNT = Number(process.env.HOSTILE_PEERS ?? 200)
/** Peers at once. */
const CROWD = 40

const LIMITS = {
  maxRateBuckets: 150,
  maxReputations: 160,
  maxSuspects: 60,
  maxBans: 50,
  maxSessions: 30,
  dedupeWindow: 200,
  maxPendingHandshakes: 64,
  topicSeen: 200,
  maxRecords: 300,
  maxTopics: 300,
  verifiedRecordCache: 200,
} as const

/** What may hold more than there are peers at once, and how much more. */
const MOST: Record<string, number> = {
  'Reputation.entries': LIMITS.maxReputations,
  'Gate.peers': LIMITS.maxRateBuckets + CROWD + 10,
  'VerificationBudget.sources': LIMITS.maxSuspects + 1,
  'Bans.bans': LIMITS.maxBans,
  'Sessions.kept': LIMITS.maxSessions + CROWD + 10,
  'Sessions.prepared': LIMITS.maxPendingHandshakes,
  'RateBuckets.buckets': LIMITS.maxRateBuckets,
  'Parties.gone': LIMITS.maxRateBuckets,
  'ProcessorTime.users': LIMITS.maxRateBuckets,
  'Topics.seen': LIMITS.topicSeen,
  'Topics.slots': LIMITS.topicSeen,
  'Gate.seen': LIMITS.dedupeWindow,
  'RecordVerifier.verified': LIMITS.verifiedRecordCache,
  'RecordStore.byKey': LIMITS.maxRecords,
  'RecordStore.publishers': LIMITS.maxRecords,
  'Interest.byTopic': LIMITS.maxTopics,
  'Tellers.told': 4_096,
  'SortedKeys.chunks': LIMITS.maxRecords,
  'RecordStore.byShare': LIMITS.maxRecords,
  'ExpiryHeap.items': 2 * LIMITS.maxRecords + 64,
  'LookupLog.hops': 1_000,
  'LookupLog.latencies': 1_000,
  // Five of each that is connected.
  'Watchers.byPattern': 5 * (CROWD + 10),
  'PeerWatchers.byCriterion': 5 * (CROWD + 10),
}

/** The sizes of all containers that an object leads to, by class and field; of several the largest. */
function sizesOf(owner: object): Map<string, number> {
  const sizes = new Map<string, number>()
  const visited = new Set<object>()
  const note = (place: string, size: number) => sizes.set(place, Math.max(sizes.get(place) ?? 0, size))
  const visit = (value: unknown, place: string): void => {
    if (typeof value !== 'object' || value === null || visited.has(value) || ArrayBuffer.isView(value)) return
    if (value instanceof VirtualClock || value instanceof MemoryNetwork) return
    visited.add(value)
    const name = value.constructor?.name ?? ''
    if (value instanceof Map || value instanceof Set || Array.isArray(value)) {
      note(place, Array.isArray(value) ? value.length : value.size)
      for (const held of value instanceof Map ? [...value.values(), ...value.keys()] : value) visit(held, place)
      return
    }
    const isContainer = /^(Lazy|Bounded|Recent)/.test(name)
    for (const key of Reflect.ownKeys(value)) {
      // The other end of a connection in memory is another's.
      if (name === 'MemoryConnection' && key === 'peer') continue
      visit((value as Record<PropertyKey, unknown>)[key], isContainer ? place : `${name}.${String(key)}`)
    }
  }
  visit(owner, '')
  return sizes
}

const large = (sizes: Map<string, number>, above: number) =>
  [...sizes].filter(([place, size]) => size > Math.max(above, MOST[place] ?? 0)).map(([place, size]) => `${place}: ${size}`)

it(`${COUNT} hostile peers, ${CROWD} at once, that fill all that is kept for peers, leave all of it within its bounds, and nothing when they are gone`, async () => {
  const net = createTestNetwork()
  const relay = net.createPeer({ host: 'relay', relay: true, limits: LIMITS, maxConnections: CROWD + 8 })
  await net.run(relay.start())
  const named = (name: string) => net.createPeer({ peerId: name, host: name, listening: false, bootstrap: ['memory://relay'] })
  const [alice, bob] = [named('alice'), named('bob')]
  const got: unknown[] = []
  for (const peer of [alice, bob]) await net.run(peer.start())
  bob.on('message', ({ payload }) => void got.push(payload))
  await net.run(alice.connectToPeer('bob'))
  await net.clock.advance(2_000)
  const before = sizesOf(relay)

  const hostile = async (i: number): Promise<P2PCoordinator> => {
    const seed = new Uint8Array(32)
    new DataView(seed.buffer).setUint32(0, i + 1_000)
    const peer = net.createPeer({ host: `evil${i}`, listening: false, identity: identityFromSeed(seed) })
    await net.run(peer.connectToPeer('memory://relay').catch(() => {}))
    const [other] = peer.getConnectedPeers()
    if (other === undefined) return peer
    const kit = await kitOf(peer)
    const say = (protocol: string, type: string, payload: unknown) =>
      void Promise.resolve(kit.sendTo(other.peerId, { type, payload, protocol })).catch(() => {})
    say(CIRCUIT_HOP, 'reserve', null)
    for (let n = 0; n < 5; n++) {
      say(INTRODUCE, 'watch', { watch: n + 1, protocol: `evil ${i} ${n}` })
      say(DHT_PROTOCOL, 'watch', { key: `evil ${i} ${n}` })
      say(CIRCUIT_HOP, 'close', [n + 7, 'ABORTED'])
      say(`evil/${i}-${n}`, 'x', new Uint8Array(50))
    }
    say(
      TOPICS_PROTOCOL,
      'want',
      Array.from({ length: 20 }, (_, n) => [`evil ${i} ${n}`, 0]),
    )
    say(TOPICS_PROTOCOL, 'have', [[`evil ${i} 0`, String(i).padStart(64, '0')]])
    void peer.dht.announce({ key: `evil ${i}`, value: i, publisherId: peer.peerId, republish: false }).catch(() => {})
    // No honest peer sends this: every third one is blamed.
    if (i % 3 === 0) say(DHT_PROTOCOL, 'watch', { key: 7 })
    return peer
  }

  const crowd: P2PCoordinator[] = []
  for (let i = 0; i < COUNT; i++) {
    crowd.push(await hostile(i))
    await net.clock.advance(20)
    if (crowd.length < CROWD) continue
    // Some say goodbye, and some are gone without a word.
    const oldest = crowd.shift()!
    if (i % 2 === 0) net.network.crash(`evil${i - CROWD + 1}`)
    void net.run(oldest.shutdown())
    if (i % 100 === 99) {
      expect(large(sizesOf(relay), 2 * CROWD + 20)).toEqual([])
      await alice.sendTo('bob', { type: 'x', payload: i })
      await net.clock.advance(100)
      expect(got.at(-1)).toBe(i)
    }
  }
  for (const peer of crowd) await net.run(peer.shutdown())
  // Until all that is remembered of those who are gone is over.
  await net.clock.advance(8 * 3_600_000)
  relay.cleanup()
  const after = sizesOf(relay)
  const left = [...after].filter(([place, size]) => size > Math.max((before.get(place) ?? 0) + 2, MOST[place] ?? 0))
  expect(left).toEqual([])
  expect([alice.isConnected('bob'), alice.listBans(), bob.listBans()]).toEqual([true, [], []])
  await net.stop()
}, 120_000)
