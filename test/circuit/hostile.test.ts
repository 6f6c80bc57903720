import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { P2PError } from '../../src/base/errors.js'
import { resolveLimits } from '../../src/base/limits.js'
import { CircuitEndpoint } from '../../src/plugins/circuit/endpoint.js'
import {
  CIRCUIT_HOP,
  CIRCUIT_STOP,
  incomingShape,
  openShape,
  parseAck,
  parseClose,
  parseData,
  parseFrame,
} from '../../src/plugins/circuit/frames.js'
import { CircuitRelay } from '../../src/plugins/circuit/server/circuit-relay.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import type { Connection } from '../../src/transport/transport.js'
import { record, settle, TestHost, text } from './test-network.js'

const WINDOW = 16_384

/** Alice and Bob, honest, with an open circuit; Mallory is a bare host that sends what it likes. */
async function setUp() {
  const limits = resolveLimits({ circuitWindowBytes: WINDOW, maxCircuits: 20, maxCircuitsPerPeer: 8 })
  const clock = new VirtualClock()
  const relay = new CircuitRelay({ limits })
  const relayHost = new TestHost('relay', clock).register(relay)
  const peer = async (name: string) => {
    const endpoint = new CircuitEndpoint({ limits })
    const host = new TestHost(name, clock).register(endpoint)
    host.connect(relayHost)
    const accepted: Connection[] = []
    await endpoint.listen((connection) => accepted.push(connection))
    return { endpoint, host, accepted }
  }
  const [alice, bob] = [await peer('alice'), await peer('bob')]
  const mallory = new TestHost('mallory', clock)
  mallory.connect(relayHost)
  const out = await alice.endpoint.dial('circuit:relay/bob', { firstFrame: text('hello') })
  await settle()
  const { circuits } = alice.endpoint as unknown as { circuits: Map<string, { id: string }> }
  const [circuit] = [...circuits.values()].map(({ id }) => id) as [string]
  const atBob = record(bob.accepted[0]!)
  record(out)
  const stillServed = async () => {
    const before = atBob.frames.length
    out.send(text('still here'))
    await atBob.until(({ frames }) => frames.length === before + 1)
    expect(atBob.closes).toHaveLength(0)
  }
  const hop = (type: string, payload: unknown) => mallory.sendTo('relay', { type, payload, protocol: CIRCUIT_HOP })
  const open = (id: string, target: string, frame = text('x')) =>
    mallory.request('relay', { type: 'open', payload: { circuit: id, target, frame }, protocol: CIRCUIT_HOP })
  return { limits, relay, relayHost, alice, bob, mallory, circuit, atBob, stillServed, hop, open }
}

describe('a relay with a hostile peer', () => {
  it.each(['data', 'ack', 'close'])('refuses %s on a circuit of others and ends the connection', async (type) => {
    const { relay, relayHost, circuit, stillServed, hop } = await setUp()
    await hop(type, [circuit, type === 'data' ? text('forged') : type === 'ack' ? 1 : 'CONNECTION_LOST'])
    await settle()
    expect(relayHost.rejected).toMatchObject([{ peerId: 'mallory', error: { code: 'PROTOCOL_VIOLATION' } }])
    expect(relay.getStats().violations).toBe(1)
    await stillServed()
  })

  it('closes a circuit that exceeds its window, tells both ends, and goes on serving others', async () => {
    const { relay, bob, mallory, stillServed, hop, open } = await setUp()
    const stop: unknown[] = []
    mallory.register({ protocolName: CIRCUIT_STOP, handleMessage: async ({ type, payload }) => void stop.push([type, payload]) })
    await open('m'.repeat(20), 'bob')
    for (let i = 0; i < 100; i++) await hop('data', ['m'.repeat(20), new Uint8Array(1_024)])
    await settle()
    expect(stop[0]).toEqual(['close', ['m'.repeat(20), 'PROTOCOL_VIOLATION']])
    const atBob = record(bob.accepted[1]!)
    expect(atBob.closes).toMatchObject([{ code: 'PROTOCOL_VIOLATION' }])
    const held = atBob.frames.reduce((sum, frame) => sum + frame.length, 0)
    expect(held).toBeLessThanOrEqual(WINDOW)
    expect(relay.getStats()).toMatchObject({ circuits: 1, violations: 1 })
    await stillServed()
  })

  it('counts a tiny frame for more than its bytes', async () => {
    const { relay, bob, stillServed, hop, open } = await setUp()
    await open('m'.repeat(20), 'bob')
    for (let i = 0; i < 1_000; i++) await hop('data', ['m'.repeat(20), new Uint8Array(0)])
    await settle()
    expect(relay.getStats().frames).toBeLessThanOrEqual(WINDOW / 128)
    expect(record(bob.accepted[1]!).closes).toHaveLength(1)
    await stillServed()
  })

  it('closes a circuit that acknowledges what was never sent', async () => {
    const { relay, stillServed, hop, open } = await setUp()
    await open('m'.repeat(20), 'bob')
    await hop('ack', ['m'.repeat(20), 1_000_000])
    await settle()
    expect(relay.getStats()).toMatchObject({ circuits: 1, violations: 1 })
    await stillServed()
  })

  it('refuses a circuit to oneself, to the relay, with an id in use, and with a first frame too large', async () => {
    const { relay, circuit, stillServed, open } = await setUp()
    const refused = { code: 'CIRCUIT_REFUSED' }
    await expect(open('m'.repeat(20), 'mallory')).rejects.toMatchObject(refused)
    await expect(open('m'.repeat(20), 'relay')).rejects.toMatchObject(refused)
    await expect(open(circuit, 'bob')).rejects.toMatchObject(refused)
    await expect(open('m'.repeat(20), 'bob', new Uint8Array(WINDOW))).rejects.toMatchObject(refused)
    expect(relay.getStats()).toMatchObject({ circuits: 1, refused: 4 })
    await stillServed()
  })

  it('takes a flood of openings up to its caps only', async () => {
    const { relay, bob, stillServed, open, limits } = await setUp()
    const results = await Promise.allSettled(Array.from({ length: 500 }, (_, i) => open(`flood-of-circuits-${i}`, 'bob')))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(limits.maxCircuitsPerPair)
    expect(relay.getStats().circuits).toBe(1 + limits.maxCircuitsPerPair)
    expect(bob.accepted).toHaveLength(1 + limits.maxCircuitsPerPair)
    await stillServed()
  })

  it.each([
    ['data', 'nonsense'],
    ['data', ['id', 'text']],
    ['data', [7, new Uint8Array(1)]],
    ['data', ['x'.repeat(65), new Uint8Array(1)]],
    ['ack', ['id', 0]],
    ['ack', ['id', -1]],
    ['ack', ['id', Number.NaN]],
    ['close', null],
    ['open', { circuit: 'short', target: 'bob', frame: new Uint8Array(1) }],
    ['open', { circuit: 'm'.repeat(20), target: '', frame: new Uint8Array(1) }],
    ['open', { circuit: 'm'.repeat(20), target: 'bob', frame: 'text' }],
  ])('ends the connection of who sends a malformed %s: %j', async (type, payload) => {
    const { relay, relayHost, stillServed, hop } = await setUp()
    await hop(type, payload)
    await settle()
    expect(relayHost.rejected).toMatchObject([{ peerId: 'mallory', error: { code: 'MALFORMED_DATA' } }])
    expect(relay.getStats().violations).toBe(1)
    await stillServed()
  })

  it('tells who sends on an ended circuit that it has ended, and does not punish it', async () => {
    const { relayHost, mallory, stillServed, hop } = await setUp()
    const stop: unknown[] = []
    mallory.register({ protocolName: CIRCUIT_STOP, handleMessage: async ({ payload }) => void stop.push(payload) })
    await hop('data', ['no-longer-there-0', text('late')])
    await hop('ack', ['no-longer-there-0', 5])
    await hop('close', ['no-longer-there-0'])
    await settle()
    expect(stop).toEqual([['no-longer-there-0', 'CONNECTION_CLOSED']])
    expect(relayHost.rejected).toEqual([])
    await stillServed()
  })

  it('answers a type it does not know with PROTOCOL_NOT_SUPPORTED', async () => {
    const { mallory } = await setUp()
    await expect(mallory.request('relay', { type: 'conserve', payload: {}, protocol: CIRCUIT_HOP })).rejects.toMatchObject({
      code: 'PROTOCOL_NOT_SUPPORTED',
    })
  })
})

describe('an endpoint with a hostile relay', () => {
  async function victim() {
    const limits = resolveLimits({ circuitWindowBytes: WINDOW, maxCircuitsPerPeer: 8 })
    const endpoint = new CircuitEndpoint({ limits })
    const host = new TestHost('victim').register(endpoint)
    const accepted: Connection[] = []
    await endpoint.listen((connection) => accepted.push(connection))
    const heard: { type: string; payload: unknown }[] = []
    const evil = new TestHost('evil').register({
      protocolName: CIRCUIT_HOP,
      handleMessage: async ({ type, payload }) => {
        if (type !== 'reserve') heard.push({ type, payload })
      },
    })
    evil.connect(host)
    const stop = (type: string, payload: unknown) => evil.sendTo('victim', { type, payload, protocol: CIRCUIT_STOP })
    const incoming = (circuit: string, more: object = {}) =>
      stop('incoming', { circuit, from: 'somebody', frame: text('x'), window: WINDOW, frameBytes: 4_096, ...more })
    return { limits, endpoint, host, accepted, evil, heard, stop, incoming }
  }

  it('accepts circuits from relays only', async () => {
    const { host, accepted, heard } = await victim()
    const plain = new TestHost('plain')
    plain.connect(host)
    await plain.sendTo('victim', { type: 'incoming', payload: {}, protocol: CIRCUIT_STOP })
    await settle()
    expect(host.rejected).toMatchObject([{ peerId: 'plain', error: { code: 'PROTOCOL_VIOLATION' } }])
    expect(accepted).toEqual([])
    expect(heard).toEqual([])
  })

  it('holds no more than the window that the relay stated, attached or not', async () => {
    const { accepted, heard, stop, incoming } = await victim()
    await incoming('c'.repeat(20))
    for (let i = 0; i < 100; i++) await stop('data', ['c'.repeat(20), new Uint8Array(1_024)])
    await settle()
    expect(heard).toContainEqual({ type: 'close', payload: ['c'.repeat(20), 'PROTOCOL_VIOLATION'] })
    const recorder = record(accepted[0]!)
    expect(recorder.frames.length).toBeLessThanOrEqual(1 + WINDOW / 1_024)
    expect(recorder.closes).toMatchObject([{ code: 'PROTOCOL_VIOLATION' }])
  })

  it('refuses floods of circuits, a window without bound, circuits from itself, and when nobody accepts', async () => {
    const { limits, endpoint, accepted, heard, incoming } = await victim()
    await incoming('window-far-too-large', { window: 1e12 })
    await incoming('from-the-victim-itself', { from: 'victim' })
    await settle()
    expect(heard).toHaveLength(2)
    expect(accepted).toHaveLength(0)
    for (let i = 0; i < 100; i++) await incoming(`flood-of-circuits-${i}`)
    await settle()
    expect(accepted).toHaveLength(limits.maxCircuitsPerPeer)
    expect(heard.filter(({ payload }) => (payload as string[])[1] === 'CIRCUIT_REFUSED')).toHaveLength(
      2 + 100 - limits.maxCircuitsPerPeer,
    )
    await endpoint.close()
    await incoming('one-after-the-close')
    await settle()
    expect(accepted).toHaveLength(limits.maxCircuitsPerPeer)
    for (const connection of accepted) expect(record(connection).closes).toEqual([undefined])
  })

  it('ends a circuit whose id the relay uses twice, rather than swap its far end', async () => {
    const { accepted, incoming } = await victim()
    await incoming('c'.repeat(20))
    await settle()
    const recorder = record(accepted[0]!)
    await incoming('c'.repeat(20), { from: 'mallory' })
    await settle()
    expect(accepted).toHaveLength(1)
    expect(recorder.closes).toMatchObject([{ code: 'PROTOCOL_VIOLATION' }])
  })

  it('survives a close with any code, acks of anything, and drops the relay for malformed messages', async () => {
    const { host, accepted, stop, incoming } = await victim()
    await incoming('c'.repeat(20))
    await settle()
    const recorder = record(accepted[0]!)
    await stop('ack', ['c'.repeat(20), Number.MAX_SAFE_INTEGER])
    await stop('ack', ['unknown-circuit-0000', 3])
    await stop('close', ['c'.repeat(20), 'no code at all'])
    await settle()
    expect(recorder.closes).toMatchObject([{ code: 'CONNECTION_CLOSED' }])
    await stop('incoming', { circuit: 5 })
    await settle()
    expect(host.rejected).toMatchObject([{ peerId: 'evil', error: { code: 'MALFORMED_DATA' } }])
  })

  it('does not believe an answer to its dial that makes no sense', async () => {
    const { endpoint, host } = await victim()
    for (const payload of [null, {}, { window: -1, frameBytes: 1 }, { window: 1e15, frameBytes: 4_096 }]) {
      const relay = new TestHost('liar').register({
        protocolName: CIRCUIT_HOP,
        handleMessage: async (message) =>
          message.type === 'open' ? relay.reply(message, { type: 'opened', payload }) : undefined,
      })
      relay.connect(host)
      await expect(endpoint.dial('circuit:liar/bob', { firstFrame: text('x') })).rejects.toBeInstanceOf(P2PError)
      relay.disconnect(host)
    }
  })
})

describe('the decoders of circuit messages', () => {
  it('take any value and throw nothing but a P2PError', () => {
    const parsers = [
      parseData,
      parseAck,
      parseClose,
      (payload: unknown) => parseFrame(openShape, payload),
      (payload: unknown) => parseFrame(incomingShape, payload),
    ]
    const near = fc.oneof(
      fc.tuple(fc.string(), fc.anything()),
      fc.record({
        circuit: fc.string(),
        target: fc.anything(),
        from: fc.anything(),
        frame: fc.uint8Array(),
        window: fc.double(),
        frameBytes: fc.integer(),
      }),
      fc.anything({ withBigInt: true, withDate: true, withTypedArray: true, withNullPrototype: true }),
    )
    fc.assert(
      fc.property(near, (payload) => {
        for (const parse of parsers) {
          try {
            parse(payload)
          } catch (error) {
            expect(error).toBeInstanceOf(P2PError)
          }
        }
      }),
      { numRuns: 500 },
    )
  })
})
