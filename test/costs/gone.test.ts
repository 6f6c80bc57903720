import { describe, expect, it } from 'vitest'
import { resolveLimits } from '../../src/base/limits.js'
import { seededRandom } from '../../src/base/random.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { INTRODUCE, INTRODUCE_WATCH } from '../../src/plugins/circuit/find-peers.js'
import { CIRCUIT_HOP, CIRCUIT_STOP } from '../../src/plugins/circuit/frames.js'
import { CircuitRelay } from '../../src/plugins/circuit/server/circuit-relay.js'
import { Introducer } from '../../src/plugins/circuit/server/introducer.js'
import { DHT_PROTOCOL, DHT_WATCH_PROTOCOL } from '../../src/plugins/dht/client/dht-messages.js'
import { DhtServer } from '../../src/plugins/dht/node/dht-server.js'
import { RecordStore } from '../../src/plugins/dht/records/record-store.js'
import { RecordVerifier } from '../../src/plugins/dht/records/record-verifier.js'
import { signTopicMessage, TOPICS_PROTOCOL, wireOf } from '../../src/plugins/topics/topic-messages.js'
import { Topics } from '../../src/plugins/topics/topics.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { settle, TestHost } from '../circuit/test-network.js'

const FIRST = new Uint8Array(10)

/** Where a name that begins like this is still kept: the class and the field of each place, private ones too. */
function placesOf(prefix: string, owner: object): string[] {
  const places = new Set<string>()
  const visited = new Set<object>()
  const visit = (value: unknown, place: string): void => {
    if (typeof value === 'string' && value.startsWith(prefix)) places.add(place)
    if (typeof value !== 'object' || value === null || visited.has(value) || ArrayBuffer.isView(value)) return
    if (value instanceof TestHost || value instanceof VirtualClock) return
    visited.add(value)
    const name = value.constructor?.name ?? ''
    if (value instanceof Map) for (const [key, held] of value) for (const part of [key, held]) visit(part, place)
    else if (value instanceof Set || Array.isArray(value)) for (const held of value) visit(held, place)
    else {
      const isContainer = /^(Lazy|Bounded|Object$)/.test(name)
      for (const key of Reflect.ownKeys(value)) visit(Reflect.get(value, key), isContainer ? place : `${name} ${String(key)}`)
    }
  }
  visit(owner, '')
  return [...places].sort()
}

const COUNT = 40

describe(`${COUNT} hostile peers that fill what a relay keeps for peers, and go`, () => {
  it('leave nothing but budgets of bounded memory, and an honest peer is served all along', async () => {
    const clock = new VirtualClock(1_700_000_000_000)
    const limits = resolveLimits({ maxTopics: 500, maxWatches: 10 * COUNT, maxRelayPeerWatches: 5 * COUNT })
    const store = new RecordStore({ clock, limits, random: seededRandom(1) })
    const server = new DhtServer(store, new RecordVerifier({ network: 'lotus', clock, limits }), { limits, clock })
    const relay = [
      new CircuitRelay({ limits }),
      new Introducer({ limits, canBeCalled: () => true }),
      new Topics({ identity: identityFromSeed(new Uint8Array(32).fill(1)), limits, router: true }),
      server,
    ] as const
    const host = new TestHost('relay', clock).register(...relay)
    const quiet = (protocolName: string) => ({ protocolName, handleMessage: async () => {} })
    const join = (name: string, ...own: Parameters<TestHost['register']>) => {
      const silent = [CIRCUIT_STOP, TOPICS_PROTOCOL, INTRODUCE_WATCH, DHT_WATCH_PROTOCOL, DHT_PROTOCOL]
      const peer = new TestHost(name, clock).register(...silent.map(quiet), ...own)
      peer.connect(host)
      return peer
    }
    const say = (peer: TestHost, protocol: string, type: string, payload: unknown) =>
      peer.sendTo('relay', { type, payload, protocol })
    const ask = (peer: TestHost, protocol: string, type: string, payload: unknown) =>
      clock.run(peer.request('relay', { type, payload, protocol }, { timeoutMs: 1_000 }))
    const got: unknown[] = []
    const honestTopics = new Topics({ identity: identityFromSeed(new Uint8Array(32).fill(2)), limits })
    const honest = join('honest', honestTopics)
    honestTopics.subscribe('honest topic', ({ payload }) => got.push(payload))
    const friend = join('friend')
    for (const peer of [honest, friend]) await ask(peer, CIRCUIT_HOP, 'reserve', null)
    await settle()

    const evil = Array.from({ length: COUNT }, (_, i) => join(`evil ${i}`))
    const publisher = identityFromSeed(new Uint8Array(32).fill(9))
    for (const [i, peer] of evil.entries()) {
      await ask(peer, CIRCUIT_HOP, 'reserve', null)
      for (const target of [honest, evil[(i + COUNT - 1) % COUNT]!]) {
        for (let n = 0; n < 2; n++) {
          await ask(peer, CIRCUIT_HOP, 'open', { target: target.id, frame: FIRST }).catch(() => {})
        }
      }
      for (let n = 1; n <= 20; n++) {
        await say(peer, INTRODUCE, 'watch', { watch: n, protocol: `evil ${n}` })
        await say(peer, DHT_PROTOCOL, 'watch', { key: `evil ${i} ${n}` })
      }
      await say(
        peer,
        TOPICS_PROTOCOL,
        'want',
        Array.from({ length: 50 }, (_, n) => [`evil ${i} ${n}`, 0]),
      )
      await say(peer, TOPICS_PROTOCOL, 'have', [[`evil ${i} 0`, String(i).padStart(64, '0')]])
      const publication = { run: new Uint8Array(16), sequence: i + 1, publishedAt: clock.now() }
      const message = await signTopicMessage(publisher, `unwanted ${i}`, i, publication, limits, 'lotus')
      for (let n = 0; n < 9; n++) await say(peer, TOPICS_PROTOCOL, 'message', wireOf(message))
      await settle()
      if (i % 20 !== 19) continue
      // An honest peer gets what it asks for, whatever is full.
      await ask(honest, DHT_PROTOCOL, 'watch', { key: `honest ${i}` })
      expect((await ask(friend, CIRCUIT_HOP, 'open', { target: honest.id, frame: FIRST })).payload).toHaveProperty('circuit')
      await say(friend, CIRCUIT_HOP, 'close', [i === 19 ? 1 : (i + 1) / 20, 'ABORTED'])
      const said = { run: new Uint8Array(16).fill(3), sequence: i + 1, publishedAt: clock.now() }
      const text = await signTopicMessage(identityFromSeed(new Uint8Array(32).fill(4)), 'honest topic', i, said, limits, 'lotus')
      await say(friend, TOPICS_PROTOCOL, 'message', wireOf(text))
      await settle()
      expect(got.at(-1)).toBe(i)
    }
    const during = placesOf('evil', relay)
    for (const place of [
      'Admission reservations',
      'Interest byPeer',
      'SpreadingTree links',
      'Watchers byPeer',
      'PeerWatchers byWatcher',
    ]) {
      expect(during).toContain(place)
    }

    for (const peer of evil) peer.disconnect(host)
    await settle()
    await clock.advance(Math.max(limits.topicGraftMs * 10, limits.circuitMs, limits.reservationMs))
    await settle()
    expect(placesOf('evil', relay)).toEqual(['Parties gone', 'RateBuckets buckets'])
    expect(relay[0].getStats().circuits).toBe(0)
    expect(got).toHaveLength(COUNT / 20)
  }, 60_000)
})
