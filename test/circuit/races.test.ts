import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { resolveLimits } from '../../src/base/limits.js'
import type { PluginKit } from '../../src/core/plugin.js'
import { CircuitEndpoint } from '../../src/plugins/circuit/endpoint.js'
import { CIRCUIT_HOP } from '../../src/plugins/circuit/frames.js'
import { CircuitRelay } from '../../src/plugins/circuit/server/circuit-relay.js'
import { createTestNetwork } from '../../src/testing/test-network.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import type { Connection } from '../../src/transport/transport.js'
import { runs } from '../fuzz/target.js'
import { unlessLong } from '../long.js'
import { keysAt, TestHost, text } from './test-network.js'

const NAMES = ['alice', 'bob', 'carol'] as const
type Name = (typeof NAMES)[number]

/** How a dial may fail where peers and relay come and go. */
const HONEST_REFUSALS = [
  'PEER_NOT_FOUND',
  'PEER_NOT_CONNECTED',
  'NO_RELAY',
  'NO_RESERVATION',
  'CIRCUIT_REFUSED',
  'CONNECTION_LOST',
  'TIMEOUT',
]

/** Each frame says to which circuit it belongs, which end has sent it, and its place there. */
const frameOf = (tag: number, end: 'near' | 'far', at: number, size = 0) => {
  const head = text(`${tag} ${end} ${at} `)
  const frame = new Uint8Array(head.length + size)
  frame.set(head)
  return frame
}
const read = (frame: Uint8Array) => {
  const [tag, end, at] = new TextDecoder().decode(frame.subarray(0, 32)).split(' ')
  return { tag: Number(tag), end: end!, at: Number(at) }
}

/** One end of a circuit: what it has sent and heard, which must be of one circuit, in order, from the other end. */
class Watched {
  tag: number | undefined
  sent = 0
  heard = 0
  readonly ends: (Error | undefined)[] = []
  /** Frames of another circuit, of this end itself, or out of order. */
  readonly strange: unknown[] = []

  constructor(
    readonly connection: Connection,
    readonly end: 'near' | 'far',
    tag?: number,
  ) {
    this.tag = tag
    // The first frame, which came with the opening, is the near end's.
    if (end === 'near') this.sent = 1
    connection.attach({
      onFrame: (frame) => {
        const { tag, end, at } = read(frame)
        this.tag ??= tag
        if (tag !== this.tag || end === this.end || at !== this.heard++) this.strange.push([tag, end, at])
      },
      onClose: (error) => this.ends.push(error),
      onDrain: () => {},
    })
  }

  say(size: number): void {
    if (this.tag === undefined || this.ends.length > 0) return
    this.connection.send(frameOf(this.tag, this.end, this.sent++, size))
  }
}

function world(latencies: Partial<Record<Name | 'relay', number>>, changes: Parameters<typeof resolveLimits>[0] = {}) {
  const limits = resolveLimits({ circuitWindowBytes: 4_096, circuitBytesPerS: 50_000, ...changes })
  const clock = new VirtualClock()
  const relay = new CircuitRelay({ limits })
  const relayHost = new TestHost('relay', clock).register(relay)
  relayHost.latencyMs = latencies.relay ?? 0
  const ends: Watched[] = []
  const peers = Object.fromEntries(
    NAMES.map((name) => {
      const endpoint = new CircuitEndpoint({ limits, keyOf: keysAt(relayHost) })
      const host = new TestHost(name, clock).register(endpoint)
      host.latencyMs = latencies[name] ?? 0
      host.connect(relayHost)
      return [name, { endpoint, host }]
    }),
  ) as Record<Name, { endpoint: CircuitEndpoint; host: TestHost }>
  return { limits, clock, relay, relayHost, ends, peers, hosts: [relayHost, ...NAMES.map((name) => peers[name].host)] }
}

describe('circuits whose frames, closes, opens and losses cross', () => {
  const who = fc.constantFrom(...NAMES)
  const of = (what: string, weight: number, more: Record<string, fc.Arbitrary<number | Name>> = {}) => ({
    arbitrary: fc.record({ what: fc.constant(what), who, to: who, n: fc.nat(1_000), ...more }),
    weight,
  })
  const step = fc.oneof(
    of('dial', 6),
    of('say', 10),
    of('close', 4),
    of('break', 1),
    of('wait', 8),
    of('stall', 1),
    of('resume', 2),
    of('lose', 1),
    of('come', 2),
    of('flicker', 1),
    of('relay flickers', 1),
  )
  const latency = fc.constantFrom(0, 1, 25, 60)

  it('blame nobody, mix no circuits, and leave nothing behind', async () => {
    const latencies = fc.record({ relay: latency, alice: latency, bob: latency, carol: latency })
    await fc.assert(
      fc.asyncProperty(latencies, fc.array(step, { maxLength: 60, size: 'max' }), async (delays, steps) => {
        const { limits, clock, relay, relayHost, ends, peers, hosts } = world(delays)
        for (const name of NAMES) {
          await peers[name].endpoint.listen((connection) => void ends.push(new Watched(connection, 'far')))
        }
        await clock.advance(200)
        let tag = 0
        const dials: Promise<unknown>[] = []
        const refusals = new Set<string>()
        for (const { what, who, to, n } of steps) {
          const { endpoint, host } = peers[who]
          const some = ends[n % (ends.length || 1)]
          if (what === 'dial' && who !== to) {
            const own = tag++
            const dial = endpoint.dial(`circuit:relay/${peers[to].host.id}`, { firstFrame: frameOf(own, 'near', 0) })
            dials.push(
              dial.then(
                (connection) => ends.push(new Watched(connection, 'near', own)),
                (error) => refusals.add(error.code),
              ),
            )
            await clock.advance(0)
          } else if (what === 'say') for (let i = 0; i <= n % 7; i++) some?.say(n)
          else if (what === 'close') some?.connection.close()
          else if (what === 'break') (some?.connection as { end?: () => void })?.end?.()
          else if (what === 'wait') await clock.advance(n % 130)
          else if (what === 'stall') relayHost.stalled.set(who, relayHost.stalled.get(who) ?? [])
          else if (what === 'resume') relayHost.resume(who)
          else if (what === 'lose' && host.links.has('relay')) host.disconnect(relayHost)
          else if (what === 'come' && !host.links.has('relay')) host.connect(relayHost)
          else if (what === 'flicker') host.flicker(relayHost)
          else if (what === 'relay flickers') relayHost.flicker(host)
        }
        for (const name of NAMES) relayHost.resume(name)
        await clock.advance(limits.dialTimeoutMs + 60_000)
        await Promise.all(dials)
        for (const code of refusals) expect(HONEST_REFUSALS).toContain(code)
        for (const host of hosts) expect(host.rejected).toEqual([])
        expect(relay.getStats().violations).toBe(0)
        for (const { ends: told, strange } of ends) {
          expect(strange).toEqual([])
          expect(told.length).toBeLessThanOrEqual(1)
          for (const error of told) {
            expect(
              error === undefined || ['CONNECTION_LOST', 'CIRCUIT_REFUSED'].includes((error as { code?: string }).code!),
            ).toBe(true)
          }
        }
        for (const name of NAMES) if (peers[name].host.links.has('relay')) peers[name].host.disconnect(relayHost)
        await clock.advance(200)
        expect(relay.getStats()).toMatchObject({ circuits: 0, reservations: 0 })
        for (const name of NAMES) {
          const { endpoint } = peers[name] as unknown as { endpoint: { circuits: Map<string, unknown> } }
          expect(endpoint.circuits.size).toBe(0)
        }
      }),
      runs(150),
    )
  })

  it('hear what was said before each close, where nothing is lost', async () => {
    const latencies = fc.record({ relay: latency, alice: latency, bob: latency, carol: latency })
    const quiet = fc.oneof(of('dial', 3), of('say', 8), of('wait', 8))
    await fc.assert(
      fc.asyncProperty(
        latencies,
        fc.array(quiet, { maxLength: 40, size: 'max' }),
        fc.array(fc.boolean()),
        async (delays, steps, sides) => {
          const { clock, relay, ends, peers } = world(delays, { closeGraceMs: 30_000 })
          for (const name of NAMES) {
            await peers[name].endpoint.listen((connection) => void ends.push(new Watched(connection, 'far')))
          }
          await clock.advance(200)
          let tag = 0
          for (const { what, who, to, n } of steps) {
            if (what === 'dial' && who !== to) {
              const own = tag++
              const address = `circuit:relay/${peers[to].host.id}`
              const near = await clock.run(
                peers[who].endpoint.dial(address, { firstFrame: frameOf(own, 'near', 0) }).catch(() => undefined),
              )
              if (near !== undefined) ends.push(new Watched(near, 'near', own))
            } else if (what === 'say') for (let i = 0; i <= n % 7; i++) ends[n % (ends.length || 1)]?.say(n)
            else await clock.advance(n % 130)
          }
          await clock.advance(200)
          // One end of each closes; the other one hears all of its words, and may lose its own.
          const pairs = ends
            .filter(({ end }) => end === 'near')
            .map((near) => [near, ends.find((far) => far.end === 'far' && far.tag === near.tag)!] as const)
          for (const [i, [near, far]] of pairs.entries()) (sides[i] ? near : far).connection.close()
          await clock.advance(60_000)
          for (const [i, [near, far]] of pairs.entries()) {
            const [closer, other] = sides[i] ? [near, far] : [far, near]
            expect([other.heard, other.strange]).toEqual([closer.sent, []])
            expect([near.ends, far.ends]).toEqual([[undefined], [undefined]])
          }
          expect(relay.getStats()).toMatchObject({ circuits: 0, violations: 0 })
        },
      ),
      runs(60),
    )
  })
})

unlessLong.describe('a caller that closes a circuit and opens one to an accomplice, again and again', () => {
  it('has no frame of the called peer counted against that peer, over links of 25 ms', async () => {
    const { clock, relayHost, relay, peers, ends } = world({ relay: 25, alice: 25, bob: 25, carol: 25 })
    const { alice, bob } = peers
    await bob.endpoint.listen((connection) => {
      const end = new Watched(connection, 'far', 0)
      ends.push(end)
      for (let i = 0; i < 20; i++) end.say(100)
    })
    await peers.carol.endpoint.listen(() => {})
    await clock.advance(200)
    for (let round = 0; round < 40; round++) {
      const dialled = alice.endpoint.dial(`circuit:relay/${bob.host.id}`, { firstFrame: frameOf(0, 'near', 0) })
      // The called peer's frames are half-way when the caller has gone.
      const [near] = await Promise.all([clock.run(dialled), clock.advance(50)])
      near.close()
      const other = await clock.run(alice.endpoint.dial(`circuit:relay/${peers.carol.host.id}`, { firstFrame: text('x') }))
      await clock.advance(round)
      other.close()
      await clock.advance(150)
    }
    expect(ends.length).toBe(40)
    expect(relayHost.rejected).toEqual([])
    expect(relay.getStats()).toMatchObject({ circuits: 0, violations: 0 })
  })

  it('gets nobody blamed by a relay, whatever it opens and closes by hand', async () => {
    const net = createTestNetwork({ latencyMs: 25 })
    const relay = net.createPeer({ relay: true })
    await net.run(relay.start())
    const bootstrap = [net.addressOf(relay)]
    let kit!: PluginKit
    const hand = {
      name: 'hand',
      attach(given: PluginKit) {
        kit = given
        return {}
      },
    }
    const [victim, accomplice, attacker] = [{}, {}, { plugins: [hand] }].map((more) =>
      net.createPeer({ listening: false, bootstrap, ...more }),
    )
    for (const peer of [victim, accomplice, attacker]) await net.run(peer!.start())
    await net.clock.advance(200)
    const open = async (target: string) => {
      const payload = { target, frame: new Uint8Array(60).fill(1) }
      const answer = await net.run(
        kit.request<{ circuit: number }>(relay.peerId, { type: 'open', payload, protocol: CIRCUIT_HOP }),
      )
      return answer.payload.circuit
    }
    const say = (type: string, payload: unknown) => kit.sendTo(relay.peerId, { type, payload, protocol: CIRCUIT_HOP })
    for (let round = 0; round < 30; round++) {
      const id = await open(victim!.peerId)
      await say('close', [id])
      const other = await open(accomplice!.peerId)
      await say('data', [id, new Uint8Array(9)])
      await say('close', round % 2 === 0 ? [other] : [other, 'PROTOCOL_VIOLATION'])
      await net.clock.advance(100)
    }
    await net.clock.advance(1_000)
    for (const peer of [victim, accomplice]) {
      expect(relay.reputationOf(peer!.peerId)).toMatchObject({ score: expect.toSatisfy((score: number) => score >= 0) })
      expect(relay.isConnected(peer!.peerId)).toBe(true)
      expect(peer!.reputationOf(relay.peerId)).toMatchObject({ score: expect.toSatisfy((score: number) => score >= 0) })
    }
    expect(relay.listBans()).toEqual([])
    await net.stop()
  })
})

unlessLong.describe('last words', () => {
  const said = 600_000
  async function pair(changes: Parameters<typeof resolveLimits>[0]) {
    const net = world(
      { relay: 25, alice: 25, bob: 25 },
      { circuitWindowBytes: 524_288, circuitBytesPerS: 134_217_728, ...changes },
    )
    const { clock, peers, ends } = net
    await peers.bob.endpoint.listen((connection) => void ends.push(new Watched(connection, 'far')))
    await clock.advance(200)
    const near = await clock.run(
      peers.alice.endpoint.dial(`circuit:relay/${peers.bob.host.id}`, { firstFrame: frameOf(1, 'near', 0) }),
    )
    const caller = new Watched(near, 'near', 1)
    await clock.advance(100)
    return { ...net, caller, called: ends[0]! }
  }

  it('of 600 kB arrive before the end, over links of 25 ms to a slow reader', async () => {
    const { clock, relay, relayHost, caller, called, limits } = await pair({ circuitBytesPerS: 1_500_000 })
    relayHost.stalled.set('bob', [])
    for (let i = 0; i < 15; i++) caller.say(said / 15)
    caller.connection.close()
    await clock.advance(300)
    relayHost.resume('bob')
    await clock.advance(limits.closeGraceMs + 500)
    expect([called.heard, called.ends, caller.ends]).toEqual([caller.sent, [undefined], [undefined]])
    expect(relay.getStats().circuits).toBe(0)
  })

  it('that a relay holds back for its rate are not overtaken by the close, even where the one who said them has gone', async () => {
    const { clock, relay, relayHost, peers, caller, called } = await pair({ circuitBytesPerS: 100_000 })
    for (let i = 0; i < 10; i++) caller.say(40_000)
    caller.connection.close()
    await clock.advance(100)
    expect(caller.ends).toEqual([undefined])
    peers.alice.host.disconnect(relayHost)
    expect(relay.getStats().circuits).toBe(1)
    await clock.advance(1_000)
    expect(called.ends).toEqual([])
    await clock.advance(4_000)
    expect([called.heard, called.ends]).toEqual([caller.sent, [undefined]])
    expect(relay.getStats().circuits).toBe(0)
  })

  /** Holds what leaves a host and is of one type, while other types pass, as pacing may do. */
  function hold(host: TestHost, type: string): { release(): void } {
    const waiting: (() => void)[] = []
    let isHeld = true
    const { sendTo, reply } = host
    const held = <T extends unknown[]>(send: (...given: T) => Promise<void>, is: (...given: T) => string) => {
      return (...given: T): Promise<void> => {
        if (!isHeld || is(...given) !== type) return send.apply(host, given)
        return new Promise((resolve) => waiting.push(() => resolve(send.apply(host, given))))
      }
    }
    host.sendTo = held(sendTo, (_, message) => message.type)
    host.reply = held(reply, (_, message) => message.type)
    return {
      release() {
        isHeld = false
        for (const go of waiting) go()
      },
    }
  }

  it.each(['alice', 'relay'] as const)('stay before the close where the connection of %s holds frames alone', async (at) => {
    const { clock, relay, hosts, caller, called } = await pair({})
    const frames = hold(hosts.find(({ peerId }) => peerId === at)!, 'data')
    for (let i = 0; i < 5; i++) caller.say(1_000)
    caller.connection.close()
    await clock.advance(500)
    expect(called.ends).toEqual([])
    frames.release()
    await clock.advance(200)
    expect([called.heard, called.strange, called.ends, caller.ends]).toEqual([caller.sent, [], [undefined], [undefined]])
    expect(relay.getStats().circuits).toBe(0)
  })

  it.each(['incoming', 'opened'])('and first ones wait for the %s that the relay holds', async (type) => {
    const { clock, relayHost, hosts, peers, ends } = await pair({})
    const opening = hold(relayHost, type)
    const dialled = peers.alice.endpoint.dial(`circuit:relay/${peers.bob.host.id}`, { firstFrame: frameOf(2, 'near', 0) })
    let near: Watched | undefined
    void dialled.then((connection) => {
      near = new Watched(connection, 'near', 2)
      near.say(10)
    })
    await clock.advance(200)
    ends[1]?.say(10)
    await clock.advance(200)
    opening.release()
    await clock.advance(400)
    const far = ends[1]!
    if (far.sent === 0) far.say(10)
    await clock.advance(200)
    expect([near!.heard, near!.strange, near!.ends]).toEqual([1, [], []])
    expect([far.heard, far.strange, far.ends]).toEqual([2, [], []])
    for (const host of hosts) expect(host.rejected).toEqual([])
  })

  it('that find no credit are waited for no longer than the grace', async () => {
    const { clock, relayHost, caller, limits } = await pair({})
    relayHost.stalled.set('bob', [])
    for (let i = 0; i < 15; i++) caller.say(said / 15)
    caller.connection.close()
    await clock.advance(limits.closeGraceMs - 1)
    expect(caller.ends).toEqual([])
    await clock.advance(1)
    expect(caller.ends).toEqual([undefined])
  })
})

unlessLong.describe('circuit ids', () => {
  it('count up from 1 on each connection, and are never given twice', async () => {
    const { clock, relay, relayHost, peers } = world({})
    const { alice, bob } = peers
    const opened: unknown[] = []
    await bob.endpoint.listen(() => {})
    const dial = async () => {
      const near = await clock.run(alice.endpoint.dial(`circuit:relay/${bob.host.id}`, { firstFrame: text('x') }))
      const [key] = [...(alice.endpoint as unknown as { circuits: Map<string, unknown> }).circuits.keys()].slice(-1)
      opened.push(key)
      return near
    }
    for (let i = 0; i < 3; i++) {
      ;(await dial()).close()
      await clock.advance(10)
    }
    expect(opened).toEqual(['["relay",1]', '["relay",2]', '["relay",3]'])
    // The relay has lost the caller and got it back: what the caller may still say of circuit 3 is about no other one.
    relayHost.flicker(alice.host)
    await dial()
    expect(opened.at(-1)).toBe('["relay",4]')
    const party = (relay as unknown as { parties: Map<string, { lastId: number }> }).parties.get('alice')!
    party.lastId = 2 ** 32 - 2
    await dial()
    expect(opened.at(-1)).toBe(`["relay",${2 ** 32 - 1}]`)
    await expect(dial()).rejects.toMatchObject({ code: 'CIRCUIT_REFUSED' })
    expect(party.lastId).toBe(2 ** 32 - 1)
    alice.host.disconnect(relayHost)
    alice.host.connect(relayHost)
    await dial()
    expect(opened.at(-1)).toBe('["relay",1]')
  })
})

unlessLong.describe('opens', () => {
  it('of one caller are limited, and the caller is told when to come again', async () => {
    const { clock, limits, peers } = world({})
    const { alice, bob } = peers
    await bob.endpoint.listen(() => {})
    const dial = () => clock.run(alice.endpoint.dial(`circuit:relay/${bob.host.id}`, { firstFrame: text('x') }))
    for (let i = 0; i < limits.circuitOpenBurst; i++) {
      ;(await dial()).close()
      await clock.advance(0)
    }
    const refusal = await dial().catch((error) => error)
    expect(refusal).toMatchObject({ code: 'CIRCUIT_REFUSED', details: { retryAfterMs: expect.any(Number) } })
    await clock.advance(refusal.details.retryAfterMs)
    ;(await dial()).close()
    await clock.advance(0)
    // Losing the relay fills no budget.
    const [relayHost] = [...alice.host.links.values()].map(({ host }) => host)
    alice.host.disconnect(relayHost!)
    alice.host.connect(relayHost!)
    await expect(dial()).rejects.toMatchObject({ code: 'CIRCUIT_REFUSED' })
  })

  it('to one target are limited, whoever calls, and calls to others go on', async () => {
    const { clock, limits, peers } = world({}, { circuitCallsPerS: 5, circuitCallBurst: 10 })
    for (const name of NAMES) await peers[name].endpoint.listen(() => {})
    await clock.advance(0)
    const dial = (from: Name, to: Name) =>
      clock.run(peers[from].endpoint.dial(`circuit:relay/${peers[to].host.id}`, { firstFrame: text('x') }))
    for (let i = 0; i < limits.circuitCallBurst; i++) {
      ;(await dial(i % 2 === 0 ? 'alice' : 'carol', 'bob')).close()
      await clock.advance(0)
    }
    const refusal = await dial('alice', 'bob').catch((error) => error)
    expect(refusal).toMatchObject({ code: 'CIRCUIT_REFUSED', details: { retryAfterMs: 200 } })
    await expect(dial('carol', 'bob')).rejects.toMatchObject({ code: 'CIRCUIT_REFUSED' })
    await dial('alice', 'carol')
    await clock.advance(200)
    await dial('carol', 'bob')
  })
})
