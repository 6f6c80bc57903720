import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { P2PError } from '../../src/base/errors.js'
import { DEFAULT_LIMITS, resolveLimits } from '../../src/base/limits.js'
import { Admission } from '../../src/node/admission.js'
import { HttpSessions } from '../../src/node/http-sessions.js'
import { SlowReaders } from '../../src/node/slow-readers.js'
import { CircuitEndpoint } from '../../src/plugins/circuit/endpoint.js'
import { costOf } from '../../src/plugins/circuit/frames.js'
import { CircuitRelay } from '../../src/plugins/circuit/server/circuit-relay.js'
import { encodeFrames } from '../../src/plugins/http/http-frames.js'
import { WebRtcEndpoint } from '../../src/plugins/webrtc/endpoint.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import type { Connection } from '../../src/transport/transport.js'
import { pattern } from '../channel/pair.js'
import { TestHost } from '../circuit/test-network.js'
import { FakeRtc } from '../webrtc/fake-rtc.js'
import { runs } from './target.js'

class Sink {
  readonly got: Uint8Array[] = []
  readonly ends: (Error | undefined)[] = []
  constructor(connection: Connection) {
    connection.attach({
      onFrame: (frame) => this.got.push(frame.slice()),
      onClose: (error) => this.ends.push(error),
      onDrain: () => {},
    })
  }
}

const sameFrames = (got: readonly Uint8Array[], sent: readonly Uint8Array[]) =>
  got.every((frame, i) => Buffer.compare(frame, sent[i]!) === 0)

describe('a circuit whose ends send, stall, go on, close and lose the relay at random', () => {
  const side = fc.constantFrom('caller' as const, 'called' as const)
  const step = fc.oneof(
    {
      arbitrary: fc.record({
        what: fc.constant('send' as const),
        side,
        sizes: fc.array(fc.nat(1_500), { minLength: 1, maxLength: 6 }),
      }),
      weight: 8,
    },
    { arbitrary: fc.record({ what: fc.constant('stall' as const), side }), weight: 2 },
    { arbitrary: fc.record({ what: fc.constant('resume' as const), side }), weight: 3 },
    { arbitrary: fc.record({ what: fc.constant('wait' as const), side, ms: fc.nat(300) }), weight: 4 },
    { arbitrary: fc.record({ what: fc.constant('close' as const), side }), weight: 1 },
    { arbitrary: fc.record({ what: fc.constant('lose' as const), side }), weight: 1 },
  )
  // Small windows, and a rate that makes the relay hold frames back.
  const limits = resolveLimits({ circuitWindowBytes: 4_096, circuitBytesPerS: 20_000, circuitMs: 60_000 })

  it('delivers what was sent, in order; the relay holds a window at most; and all is free after the end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
        const clock = new VirtualClock()
        const relay = new CircuitRelay({ limits })
        const endpoints = { caller: new CircuitEndpoint({ limits }), called: new CircuitEndpoint({ limits }) }
        const hosts = {
          relay: new TestHost('relay', clock).register(relay),
          caller: new TestHost('caller', clock).register(endpoints.caller),
          called: new TestHost('called', clock).register(endpoints.called),
        }
        let accepted: Connection | undefined
        await endpoints.called.listen((connection) => {
          accepted = connection
        })
        hosts.relay.connect(hosts.caller)
        hosts.relay.connect(hosts.called)
        await clock.advance(0)
        const first = pattern(40)
        const ends = {
          caller: await clock.run(endpoints.caller.dial(`circuit:relay/${hosts.called.id}`, { firstFrame: first })),
          called: accepted!,
        }
        const sinks = { caller: new Sink(ends.caller), called: new Sink(ends.called) }
        const sent = { caller: [first], called: [] as Uint8Array[] }
        const closed = { caller: false, called: false }
        let lost = false
        for (const each of steps) {
          const { side } = each
          if (each.what === 'send') {
            for (const size of each.sizes) {
              if (closed[side] || sinks[side].ends.length > 0) break
              const frame = pattern(size, sent[side].length)
              sent[side].push(frame)
              ends[side].send(frame)
            }
          } else if (each.what === 'stall') hosts.relay.stalled.set(side, hosts.relay.stalled.get(side) ?? [])
          else if (each.what === 'resume') hosts.relay.resume(side)
          else if (each.what === 'close') {
            closed[side] = true
            ends[side].close()
          } else if (each.what === 'lose') {
            lost = true
            hosts.relay.disconnect(hosts[side])
          } else await clock.advance(each.ms)
          const held = (to: 'caller' | 'called') => (hosts.relay.stalled.get(to) ?? []).length
          // Each frame that waits costs its window: that many cannot be.
          for (const to of ['caller', 'called'] as const) {
            expect(held(to)).toBeLessThanOrEqual(2 * Math.ceil(4_096 / costOf(new Uint8Array())) + 40)
          }
        }
        for (const to of ['caller', 'called'] as const) hosts.relay.resume(to)
        await clock.advance(30_000)
        for (const [from, to] of [
          ['caller', 'called'],
          ['called', 'caller'],
        ] as const) {
          expect(sinks[to].got.length).toBeLessThanOrEqual(sent[from].length)
          expect(sameFrames(sinks[to].got, sent[from])).toBe(true)
          if (!lost && !closed.caller && !closed.called) expect(sinks[to].got.length).toBe(sent[from].length)
          expect(sinks[to].ends.length).toBeLessThanOrEqual(1)
          for (const error of sinks[to].ends) expect(error === undefined || error instanceof P2PError).toBe(true)
        }
        expect(hosts.relay.rejected).toEqual([])
        if (lost || closed.caller || closed.called) {
          expect([sinks.caller.ends.length, sinks.called.ends.length, relay.getStats().circuits]).toEqual([1, 1, 0])
        }
        for (const end of Object.values(ends)) end.close()
        await clock.advance(5_000)
        expect(relay.getStats()).toMatchObject({ circuits: 0, violations: 0 })
        for (const endpoint of Object.values(endpoints)) {
          await endpoint.close()
          endpoint.onUnregister?.()
        }
        await clock.advance(0)
        expect(clock.pending).toBe(0)
      }),
      runs(120),
    )
  })
})

describe('reservations at relays that come, go and refuse', () => {
  const relay = fc.constantFrom(0, 1, 2, 3)
  const step = fc.oneof(
    { arbitrary: fc.record({ what: fc.constant('come' as const), relay }), weight: 3 },
    { arbitrary: fc.record({ what: fc.constant('go' as const), relay }), weight: 2 },
    // Another takes the only place of that relay, or gives it back.
    { arbitrary: fc.record({ what: fc.constant('fill' as const), relay }), weight: 1 },
    { arbitrary: fc.record({ what: fc.constant('empty' as const), relay }), weight: 1 },
    { arbitrary: fc.record({ what: fc.constant('wait' as const), relay, ms: fc.nat(90_000) }), weight: 3 },
  )
  const limits = resolveLimits({ reservationMs: 60_000, maxReservations: 2, maxRelayReservations: 1, requestTimeoutMs: 1_000 })

  it('are never more than allowed, nor at who is gone, nor over; and one is had wherever one can be had', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30, size: 'max' }), async (steps) => {
        const clock = new VirtualClock()
        const endpoint = new CircuitEndpoint({ limits })
        const own = new TestHost('own', clock).register(endpoint)
        const rival = new TestHost('rival', clock)
        const relays = [0, 1, 2, 3].map((n) => new TestHost(`relay${n}`, clock).register(new CircuitRelay({ limits })))
        await endpoint.listen(() => {})
        for (const each of steps) {
          const host = relays[each.relay]!
          if (each.what === 'come' && !own.links.has(host.peerId)) own.connect(host)
          else if (each.what === 'go' && own.links.has(host.peerId)) own.disconnect(host)
          else if (each.what === 'fill' && !rival.links.has(host.peerId)) {
            rival.connect(host)
            rival.request(host.peerId, { type: 'reserve', payload: null, protocol: 'lotus/circuit-hop' }).catch(() => {})
          } else if (each.what === 'empty' && rival.links.has(host.peerId)) rival.disconnect(host)
          else if (each.what === 'wait') await clock.advance(each.ms)
          await clock.advance(0)
          const held = endpoint.reserved()
          expect(held.length).toBeLessThanOrEqual(limits.maxReservations)
          expect(new Set(held.map((one) => one.relay)).size).toBe(held.length)
          for (const one of held) expect([own.links.has(one.relay), one.expiresAt > clock.elapsed()]).toEqual([true, true])
        }
        for (const host of relays) if (rival.links.has(host.peerId)) rival.disconnect(host)
        // The longest pause after refusals.
        await clock.advance(5_000 * 2 ** 8)
        expect(endpoint.reserved().length).toBe(Math.min(limits.maxReservations, own.links.size))
        await endpoint.close()
        endpoint.onUnregister?.()
        await clock.advance(limits.requestTimeoutMs)
        expect([endpoint.reserved(), clock.pending]).toEqual([[], 0])
      }),
      runs(40),
    )
  })
})

describe('two peers that dial each other over WebRTC at random moments', () => {
  const side = fc.constantFrom('alice' as const, 'bob' as const)
  const step = fc.oneof(
    { arbitrary: fc.record({ what: fc.constant('dial' as const), side }), weight: 5 },
    // Signals of one direction wait, and come later all at once.
    { arbitrary: fc.record({ what: fc.constant('stall' as const), side }), weight: 3 },
    { arbitrary: fc.record({ what: fc.constant('resume' as const), side }), weight: 3 },
    { arbitrary: fc.record({ what: fc.constant('wait' as const), side, ms: fc.nat(5_000) }), weight: 3 },
    { arbitrary: fc.record({ what: fc.constant('close' as const), side }), weight: 1 },
    { arbitrary: fc.record({ what: fc.constant('part' as const), side }), weight: 1 },
    { arbitrary: fc.record({ what: fc.constant('restart' as const), side }), weight: 1 },
  )

  it('get a channel, whichever way their signals cross', async () => {
    const moment = fc.record({ what: fc.constantFrom('dial', 'stall', 'resume', 'wait'), side, ms: fc.nat(200) })
    await fc.assert(
      fc.asyncProperty(fc.array(moment, { maxLength: 30, size: 'max' }), async (moments) => {
        const clock = new VirtualClock()
        const rtc = new FakeRtc()
        const endpoints = { alice: new WebRtcEndpoint({ implementation: rtc }), bob: new WebRtcEndpoint({ implementation: rtc }) }
        const hosts = {
          alice: new TestHost('alice', clock).register(endpoints.alice),
          bob: new TestHost('bob', clock).register(endpoints.bob),
        }
        for (const endpoint of Object.values(endpoints)) await endpoint.listen((connection) => void new Sink(connection))
        hosts.alice.connect(hosts.bob)
        let dials = 0
        for (const { what, side, ms } of moments) {
          const other = side === 'alice' ? 'bob' : 'alice'
          if (what === 'dial') {
            dials++
            endpoints[side].dial(`webrtc:${other}`, { firstFrame: Uint8Array.of(1) }).catch(() => {})
          } else if (what === 'stall') hosts[side].stalled.set(other, hosts[side].stalled.get(other) ?? [])
          else if (what === 'resume') hosts[side].resume(other)
          else await clock.advance(ms)
        }
        hosts.alice.resume('bob')
        hosts.bob.resume('alice')
        await clock.advance(1_000)
        expect(endpoints.alice.getStats().live > 0 && endpoints.bob.getStats().live > 0).toBe(dials > 0)
        await clock.run(Promise.all([endpoints.alice.close(), endpoints.bob.close()]))
      }),
      runs(200),
    )
  })

  it('settle every dial, hold the same number of channels, and free every peer connection', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30, size: 'max' }), async (steps) => {
        const clock = new VirtualClock()
        const rtc = new FakeRtc()
        const limits = DEFAULT_LIMITS
        const endpoints = {
          alice: new WebRtcEndpoint({ limits, implementation: rtc }),
          bob: new WebRtcEndpoint({ limits, implementation: rtc }),
        }
        const hosts = {
          alice: new TestHost('alice', clock).register(endpoints.alice),
          bob: new TestHost('bob', clock).register(endpoints.bob),
        }
        const open: Record<'alice' | 'bob', Connection[]> = { alice: [], bob: [] }
        const sinks: Sink[] = []
        const take = (at: 'alice' | 'bob') => (connection: Connection) => {
          open[at].push(connection)
          sinks.push(new Sink(connection))
        }
        for (const at of ['alice', 'bob'] as const) await endpoints[at].listen(take(at))
        hosts.alice.connect(hosts.bob)
        const dials: Promise<unknown>[] = []
        let settled = 0
        for (const each of steps) {
          const { side } = each
          const other = side === 'alice' ? 'bob' : 'alice'
          if (each.what === 'dial') {
            const dial = endpoints[side].dial(`webrtc:${other}`, { firstFrame: Uint8Array.of(1) })
            dials.push(
              dial
                .then(take(side), (error) => expect(error).toBeInstanceOf(P2PError))
                .finally(() => {
                  settled++
                }),
            )
          } else if (each.what === 'stall') hosts[side].stalled.set(other, hosts[side].stalled.get(other) ?? [])
          else if (each.what === 'resume') hosts[side].resume(other)
          else if (each.what === 'close') open[side].pop()?.close()
          else if (each.what === 'restart') endpoints[side].networkChanged()
          else if (each.what === 'part') {
            hosts.alice.disconnect(hosts.bob)
            await clock.advance(0)
            hosts.alice.connect(hosts.bob)
          } else await clock.advance(each.ms)
          for (const at of ['alice', 'bob'] as const) {
            const { live, settingUp, closing } = endpoints[at].getStats()
            expect(live + settingUp + closing).toBeLessThanOrEqual(limits.maxWebRtcSessionsPerPeer)
          }
        }
        for (const [at, other] of [
          ['alice', 'bob'],
          ['bob', 'alice'],
        ] as const)
          hosts[at].resume(other)
        await clock.advance(limits.webRtcTimeoutMs + limits.webRtcRestartMs)
        await Promise.all(dials)
        expect(settled).toBe(dials.length)
        const [a, b] = [endpoints.alice.getStats(), endpoints.bob.getStats()]
        expect([a.settingUp, b.settingUp]).toEqual([0, 0])
        expect(a.live + a.closing).toBe(b.live + b.closing)
        expect(hosts.alice.rejected.concat(hosts.bob.rejected)).toEqual([])
        await clock.run(Promise.all([endpoints.alice.close(), endpoints.bob.close()]))
        await clock.advance(limits.closeGraceMs)
        expect([rtc.open.length, clock.pending]).toEqual([0, 0])
        for (const sink of sinks) expect(sink.ends).toHaveLength(1)
      }),
      runs(200),
    )
  })
})

describe('an HTTP session whose requests are repeated, overlap, skip and break off', () => {
  const step = fc.oneof(
    {
      arbitrary: fc.record({
        what: fc.constant('upload' as const),
        number: fc.integer({ min: -3, max: 1 }),
        count: fc.nat(4),
        cut: fc.nat(3),
      }),
      weight: 6,
    },
    { arbitrary: fc.record({ what: fc.constant('answer' as const), count: fc.integer({ min: 1, max: 4 }) }), weight: 3 },
    { arbitrary: fc.record({ what: fc.constant('poll' as const), back: fc.integer({ min: -1, max: 3 }) }), weight: 4 },
    { arbitrary: fc.record({ what: fc.constant('garbage' as const), body: fc.uint8Array({ maxLength: 30 }) }), weight: 1 },
    {
      arbitrary: fc.record({
        what: fc.constant('odd' as const),
        query: fc.constantFrom('', 'n=-1', 'n=1e3', 'n=99999999999999999', 'after=x', 'n=%00', 'n=1&n=2'),
      }),
      weight: 1,
    },
  )

  it('takes each frame once and in order, gives each once and in order, or ends with a code', {
    timeout: 30_000 * runs(1).numRuns,
  }, async () => {
    let session: Connection | undefined
    const limits = resolveLimits({ closeGraceMs: 20, httpRetryMs: 20, httpPollMs: 30 })
    const sessions = new HttpSessions(limits, undefined, new Admission({}, limits), new SlowReaders(limits), (connection) => {
      session = connection
    })
    const server = createServer((req, res) => sessions.handle(req, res) || res.writeHead(404).end())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const ask = (method: string, path: string, body?: Uint8Array, cutAt?: number) =>
      new Promise<{ status: number; body: Buffer }>((resolve) => {
        const headers = body === undefined ? {} : { 'Content-Length': String(body.length) }
        const req = request({ port, host: '127.0.0.1', method, path: `/lotus-p2p/2${path}`, headers }, (res) => {
          const chunks: Buffer[] = []
          res.on('data', (chunk) => chunks.push(chunk))
          res.on('end', () => resolve({ status: res.statusCode!, body: Buffer.concat(chunks) }))
          res.on('error', () => resolve({ status: 0, body: Buffer.alloc(0) }))
        })
        req.on('error', () => resolve({ status: 0, body: Buffer.alloc(0) }))
        if (cutAt === undefined) req.end(body)
        else req.write(body!.subarray(0, cutAt), () => req.destroy())
      })
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 12, size: 'max' }), async (steps) => {
          const frame = (n: number) => pattern(1 + ((n * 37) % 90), n)
          const { body: id } = await ask('POST', '', frame(0))
          const connection = session!
          const sink = new Sink(connection)
          const theirs: Uint8Array[] = []
          let uploaded = 1
          let got = 0
          for (const each of steps) {
            if (each.what === 'upload') {
              const number = Math.max(0, uploaded + each.number)
              const body = encodeFrames(Array.from({ length: each.count }, (_, i) => frame(number + i)))
              const cutAt = each.cut === 0 && body.length > 0 ? body.length - 1 : undefined
              const { status, body: count } = await ask('POST', `/${id}?n=${number}`, body, cutAt)
              if (status === 200) uploaded = Number(count)
            } else if (each.what === 'answer') {
              for (let i = 0; i < each.count && sink.ends.length === 0; i++) {
                theirs.push(frame(1_000 + theirs.length))
                connection.send(theirs.at(-1)!)
              }
            } else if (each.what === 'poll') {
              const after = Math.max(0, got - each.back)
              const { status, body } = await ask('GET', `/${id}?after=${after}`)
              if (status !== 200) continue
              const expected = encodeFrames(theirs.slice(after))
              expect(Buffer.compare(body, expected.subarray(0, body.length))).toBe(0)
              for (let at = 0, n = after; at < body.length; at += 2 + body.readUInt16BE(at)) got = Math.max(got, ++n)
            } else if (each.what === 'garbage') await ask('POST', `/${id}?n=${uploaded}`, each.body)
            else await ask('POST', `/${id}?${each.query}`, new Uint8Array())
            const isGarbage = steps.some(({ what }) => what === 'garbage')
            if (!isGarbage)
              expect(
                sameFrames(
                  sink.got,
                  Array.from(sink.got, (_, n) => frame(n)),
                ),
              ).toBe(true)
          }
          expect(sink.ends.length).toBeLessThanOrEqual(1)
          for (const error of sink.ends) expect(error).toBeInstanceOf(P2PError)
          await ask('POST', `/${id}?n=${uploaded}&close=1`, new Uint8Array())
        }),
        runs(60),
      )
    } finally {
      await sessions.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  })
})
