import { describe, expect, it } from 'vitest'
import { operatorOf } from '../../src/address/operator.js'
import { elapsed } from '../../src/base/clock.js'
import { P2PError } from '../../src/base/errors.js'
import { resolveLimits } from '../../src/base/limits.js'
import { seededRandom } from '../../src/base/random.js'
import type { P2PMessage } from '../../src/message/message.js'
import { CircuitEndpoint } from '../../src/plugins/circuit/endpoint.js'
import { CIRCUIT_HOP } from '../../src/plugins/circuit/frames.js'
import { CircuitRelay } from '../../src/plugins/circuit/server/circuit-relay.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import type { Connection } from '../../src/transport/transport.js'
import { keysAt, record, settle, TestHost, text } from './test-network.js'

async function setUp(relays: string[], changes: Parameters<typeof resolveLimits>[0] = {}) {
  const limits = resolveLimits(changes)
  const clock = new VirtualClock()
  const hosts = relays.map((address) => {
    const host = new TestHost(address, clock)
    const relay = new CircuitRelay({ limits })
    host.addresses = { websocket: `wss://${address}` }
    return Object.assign(host.register(relay), { relay })
  })
  const peer = async (name: string) => {
    let changes = 0
    const endpoint = new CircuitEndpoint({ limits, onReservation: () => changes++, keyOf: keysAt(hosts[0]!) })
    const host = new TestHost(name, clock).register(endpoint)
    const accepted: Connection[] = []
    await endpoint.listen((connection) => accepted.push(connection))
    for (const relay of hosts) host.connect(relay)
    await settle()
    const reserved = () => endpoint.reserved().map(({ relay }) => relay)
    return { endpoint, host, accepted, reserved, changes: () => changes }
  }
  return { limits, clock, hosts, peer }
}

const requests = ({ seen }: TestHost) => seen.filter((bytes) => new TextDecoder().decode(bytes).includes('reserve')).length

describe('a peer', () => {
  it('reserves at three relays, of different operators where there are so many', async () => {
    const { peer } = await setUp(['a.one.example', 'b.one.example', 'c.one.example', 'two.example', '203.0.113.1', '203.0.113.2'])
    expect((await peer('alice')).reserved().sort()).toEqual(['203.0.113.1', 'a.one.example', 'two.example'])
    expect((await (await setUp(['a.one.example', 'b.one.example'])).peer('bob')).reserved()).toHaveLength(2)
  })

  it('renews before the end, so that a reservation never lapses', async () => {
    const { peer, clock, hosts } = await setUp(['relay.example'], { reservationMs: 60_000 })
    const alice = await peer('alice')
    for (let i = 0; i < 20; i++) {
      await clock.advance(25_000)
      expect(alice.reserved()).toEqual(['relay.example'])
      expect(hosts[0]!.relay.canBeCalled(hosts[0]!.peers()[0]!)).toBe(true)
    }
    expect(alice.changes()).toBe(1)
    expect(requests(hosts[0]!)).toBeLessThan(40)
  })

  it('makes it anew after a reconnect, once, and takes another relay while one is away', async () => {
    const { peer, hosts } = await setUp(['one.example', 'two.example', 'three.example', 'four.example'])
    const alice = await peer('alice')
    const [one] = hosts
    alice.host.disconnect(one!)
    await settle()
    expect(one!.relay.getStats().reservations).toBe(0)
    expect(alice.reserved()).toEqual(['two.example', 'three.example', 'four.example'])
    alice.host.disconnect(hosts[1]!)
    alice.host.connect(one!)
    await settle()
    expect(alice.reserved().sort()).toEqual(['four.example', 'one.example', 'three.example'])
    expect(one!.relay.getStats().reservations).toBe(1)
  })

  it('is brought callers only where it has reserved', async () => {
    const { peer } = await setUp(['one.example', 'two.example', 'three.example', 'four.example'])
    const [alice] = [await peer('alice'), await peer('bob')]
    await alice.endpoint.dial('circuit:one.example/bob', { firstFrame: text('x') })
    await expect(alice.endpoint.dial('circuit:four.example/bob', { firstFrame: text('x') })).rejects.toMatchObject({
      code: 'NO_RESERVATION',
    })
  })

  it('goes to another relay where one is full, and comes back to it later', async () => {
    const { peer, hosts, clock } = await setUp(['one.example', 'two.example'], { maxRelayReservations: 1, maxReservations: 1 })
    const [alice, bob, carol] = [await peer('alice'), await peer('bob'), await peer('carol')]
    expect([alice.reserved(), bob.reserved(), carol.reserved()]).toEqual([['one.example'], ['two.example'], []])
    alice.host.disconnect(hosts[0]!)
    alice.host.disconnect(hosts[1]!)
    await clock.advance(4_000_000)
    expect(carol.reserved()).toEqual(['one.example'])
  })

  it.each([
    ['nothing', null],
    ['a reservation of no time', { expiresInS: 0, maxCircuits: 1, circuitMs: 1, circuitBytes: 1, circuitBytesPerS: 1 }],
    ['one without limits', { expiresInS: 100 }],
  ])('rejects a relay that answers with %s', async (_, payload) => {
    const clock = new VirtualClock()
    const endpoint = new CircuitEndpoint()
    const host = new TestHost('alice', clock).register(endpoint)
    await endpoint.listen(() => {})
    const evil: TestHost = new TestHost('evil', clock).register({
      protocolName: CIRCUIT_HOP,
      handleMessage: (message: P2PMessage) => evil.reply(message, { type: 'reserved', payload }),
    })
    host.connect(evil)
    await settle()
    expect(host.rejected).toMatchObject([{ peerId: 'evil', error: { code: 'MALFORMED_DATA' } }])
    expect(endpoint.reserved()).toEqual([])
  })

  it('asks again in time, though a relay promises a year', async () => {
    const { peer, hosts, limits } = await setUp(['one.example'])
    Object.assign(hosts[0]!.relay, { limits: { ...limits, reservationMs: 31_536_000_000 } })
    const alice = await peer('alice')
    expect(alice.endpoint.reserved()[0]!.expiresAt).toBe(elapsed(hosts[0]!.clock) + limits.reservationMs)
  })
})

describe('forty peers of one relay', () => {
  /** When each peer asked for the second time, milliseconds after it was answered. */
  async function secondAsks(answer: (relay: TestHost, message: P2PMessage) => Promise<void>, advanceMs: number) {
    const clock = new VirtualClock()
    const start = clock.now()
    const asks = new Map<string, number[]>()
    const relay: TestHost = new TestHost('relay', clock).register({
      protocolName: CIRCUIT_HOP,
      handleMessage: (message: P2PMessage) => {
        asks.set(message.from, [...(asks.get(message.from) ?? []), clock.now() - start])
        return answer(relay, message)
      },
    })
    for (let i = 0; i < 40; i++) {
      const endpoint = new CircuitEndpoint()
      const host = new TestHost(`peer${i}`, clock, seededRandom(i)).register(endpoint)
      await endpoint.listen(() => {})
      host.connect(relay)
    }
    await settle()
    await clock.advance(advanceMs)
    return [...asks.values()].map(([, second]) => second ?? Number.NaN)
  }

  const refuse = (details: Record<string, unknown>) => async () => {
    throw new P2PError('CIRCUIT_REFUSED', 'Full.', { details })
  }
  const mostAtOnce = (times: number[], withinMs: number) =>
    Math.max(...times.map((time) => times.filter((other) => other >= time && other < time + withinMs).length))

  it('whom it has refused at once do not come back at once', async () => {
    const times = await secondAsks(refuse({}), 8_000)
    expect(times.every((time) => time >= 3_500 && time <= 6_500)).toBe(true)
    expect(mostAtOnce(times, 200)).toBeLessThan(12)
  })

  it('come back after the time that it told, and spread', async () => {
    const times = await secondAsks(refuse({ retryAfterMs: 60_000 }), 100_000)
    expect(times.every((time) => time >= 60_000 && time <= 96_000)).toBe(true)
    expect(mostAtOnce(times, 2_000)).toBeLessThan(12)
  })

  it('that have reserved at once do not renew at once', async () => {
    const payload = { expiresInS: 1_000, maxCircuits: 1, circuitMs: 1, circuitBytes: 1, circuitBytesPerS: 1 }
    const times = await secondAsks((relay, message) => relay.reply(message, { type: 'reserved', payload }), 700_000)
    expect(times.every((time) => time >= 400_000 && time <= 600_000)).toBe(true)
    expect(mostAtOnce(times, 10_000)).toBeLessThan(12)
  })
})

describe("a relay's limits", () => {
  async function circuit(changes: Parameters<typeof resolveLimits>[0]) {
    const net = await setUp(['one.example'], changes)
    const [alice, bob] = [await net.peer('alice'), await net.peer('bob')]
    const out = await alice.endpoint.dial('circuit:one.example/bob', { firstFrame: text('x') })
    await settle()
    return { ...net, out, atAlice: record(out), atBob: record(bob.accepted[0]!) }
  }

  it('of time ends a circuit with notice to both ends, naming the limit', async () => {
    const { clock, atAlice, atBob } = await circuit({ circuitMs: 5_000 })
    await clock.advance(4_999)
    expect(atAlice.closes).toEqual([])
    await clock.advance(1)
    const error = { code: 'CONNECTION_LOST', details: { reason: 'LIMIT_EXCEEDED', limit: 'circuitMs' } }
    expect([atAlice.closes, atBob.closes]).toMatchObject([[error], [error]])
  })

  it('of bytes ends it likewise', async () => {
    const { out, atAlice, atBob } = await circuit({ circuitBytes: 10_000 })
    for (let i = 0; i < 3; i++) out.send(new Uint8Array(4_000))
    await settle()
    const error = { code: 'CONNECTION_LOST', details: { reason: 'LIMIT_EXCEEDED', limit: 'circuitBytes' } }
    expect([atAlice.closes, atBob.closes]).toMatchObject([[error], [error]])
    expect(atBob.frames).toHaveLength(3)
  })

  it('of bandwidth delays what is above, and loses nothing', async () => {
    const { clock, out, atBob } = await circuit({ circuitBytesPerS: 10_000 })
    for (let i = 0; i < 50; i++) out.send(new Uint8Array(1_000).fill(i))
    await settle()
    expect(atBob.frames.length).toBeLessThan(14)
    await clock.advance(2_000)
    expect(atBob.frames.length).toBeGreaterThan(25)
    expect(atBob.frames.length).toBeLessThan(35)
    await clock.advance(3_000)
    expect(atBob.frames.slice(1).map((frame) => frame[0])).toEqual(Array.from({ length: 50 }, (_, i) => i))
  })
})

it('operators are told apart by registrable domain and address group', () => {
  const addresses = [
    'wss://a.b.example.com',
    'wss://x.example.co.uk',
    'ws://10.1.2.3:8',
    'ws://[2001:db8:1::2]',
    'nonsense',
    undefined,
  ]
  expect(addresses.map(operatorOf)).toEqual(['example.com', 'example.co.uk', '10.1', '2001:db8', undefined, undefined])
})
