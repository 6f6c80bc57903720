import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { P2PError } from '../../src/base/errors.js'
import { resolveLimits } from '../../src/base/limits.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { CircuitEndpoint } from '../../src/plugins/circuit/endpoint.js'
import {
  ackShape,
  CIRCUIT_HOP,
  CIRCUIT_STOP,
  closeShape,
  dataShape,
  incomingShape,
  openedShape,
  openShape,
  parseFrame,
  reservedShape,
} from '../../src/plugins/circuit/frames.js'
import { CircuitRelay } from '../../src/plugins/circuit/server/circuit-relay.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import type { Connection } from '../../src/transport/transport.js'
import { record, settle, TestHost, text } from './test-network.js'

const WINDOW = 16_384
const TARGET = encodePeerId(new Uint8Array(32).fill(9))

/** Alice and Bob, honest, with an open circuit; Mallory is a bare host that sends what it likes. */
async function setUp() {
  const limits = resolveLimits({ circuitWindowBytes: WINDOW, maxCircuits: 20, maxCircuitsPerPeer: 8 })
  const clock = new VirtualClock()
  const relay = new CircuitRelay({ limits })
  const relayHost = new TestHost('relay', clock).register(relay)
  const hosts = new Map([['relay', relayHost]])
  const peer = async (name: string) => {
    const endpoint = new CircuitEndpoint({ limits })
    const host = new TestHost(name, clock).register(endpoint)
    hosts.set(name, host)
    host.connect(relayHost)
    const accepted: Connection[] = []
    await endpoint.listen((connection) => accepted.push(connection))
    return { endpoint, host, accepted }
  }
  const [alice, bob] = [await peer('alice'), await peer('bob')]
  const mallory = new TestHost('mallory', clock)
  mallory.connect(relayHost)
  hosts.set('mallory', mallory)
  const out = await alice.endpoint.dial(`circuit:relay/${bob.host.id}`, { firstFrame: text('hello') })
  await settle()
  const atBob = record(bob.accepted[0]!)
  const atAlice = record(out)
  const stillServed = async () => {
    const before = atBob.frames.length
    out.send(text('still here'))
    await atBob.until(({ frames }) => frames.length === before + 1)
    expect(atBob.closes).toHaveLength(0)
  }
  const hop = (type: string, payload: unknown) => mallory.sendTo('relay', { type, payload, protocol: CIRCUIT_HOP })
  /** Resolves to the circuit's id. */
  const open = async (target: string, frame = text('x')) => {
    const payload = { target: hosts.get(target)?.id ?? target, frame }
    const answer = await mallory.request<{ circuit: number }>('relay', { type: 'open', payload, protocol: CIRCUIT_HOP })
    return answer.payload.circuit
  }
  /** What the relay says to Mallory, but for answers. */
  const stop: unknown[] = []
  mallory.register({ protocolName: CIRCUIT_STOP, handleMessage: async ({ type, payload }) => void stop.push([type, payload]) })
  return { limits, relay, relayHost, alice, bob, mallory, atBob, atAlice, stillServed, hop, open, stop }
}

describe('a relay with a hostile peer', () => {
  it.each(['data', 'ack', 'close'])(
    'answers %s for an id of another peer as for none, and touches nothing of theirs',
    async (type) => {
      const { relay, relayHost, atAlice, stillServed, hop, stop } = await setUp()
      // Alice's circuit has this id on her connection, and Bob's on his.
      await hop(type, [1, ...(type === 'data' ? [text('forged')] : type === 'ack' ? [1] : ['CONNECTION_LOST'])])
      await settle()
      expect(stop).toEqual(type === 'close' ? [] : [['close', [1, 'CONNECTION_LOST']]])
      expect(relayHost.rejected).toEqual([])
      expect(relay.getStats().violations).toBe(0)
      expect(atAlice.closes).toEqual([])
      await stillServed()
    },
  )

  it('closes a circuit that exceeds its window, tells both ends, and goes on serving others', async () => {
    const { relay, bob, stillServed, hop, open, stop } = await setUp()
    const id = await open('bob')
    for (let i = 0; i < 100; i++) await hop('data', [id, new Uint8Array(1_024)])
    await settle()
    expect(stop[0]).toEqual(['close', [id, 'PROTOCOL_VIOLATION']])
    const atBob = record(bob.accepted[1]!)
    expect(atBob.closes).toMatchObject([{ code: 'CONNECTION_LOST', details: { reason: 'PROTOCOL_VIOLATION' } }])
    const held = atBob.frames.reduce((sum, frame) => sum + frame.length, 0)
    expect(held).toBeLessThanOrEqual(WINDOW)
    expect(relay.getStats()).toMatchObject({ circuits: 1, violations: 1 })
    await stillServed()
  })

  it('counts a tiny frame for more than its bytes', async () => {
    const { relay, bob, stillServed, hop, open } = await setUp()
    const id = await open('bob')
    for (let i = 0; i < 1_000; i++) await hop('data', [id, new Uint8Array(0)])
    await settle()
    expect(relay.getStats().frames).toBeLessThanOrEqual(WINDOW / 128)
    expect(record(bob.accepted[1]!).closes).toHaveLength(1)
    await stillServed()
  })

  it('closes a circuit that acknowledges what was never sent', async () => {
    const { relay, stillServed, hop, open } = await setUp()
    await hop('ack', [await open('bob'), 1_000_000])
    await settle()
    expect(relay.getStats()).toMatchObject({ circuits: 1, violations: 1 })
    await stillServed()
  })

  it('refuses a circuit to oneself, to itself, to a name, and with a first frame too large', async () => {
    const { relay, relayHost, stillServed, open } = await setUp()
    const refused = { code: 'CIRCUIT_REFUSED' }
    await expect(open('mallory')).rejects.toMatchObject(refused)
    await expect(open('relay')).rejects.toMatchObject({ code: 'PEER_NOT_FOUND' })
    await expect(open('bob', new Uint8Array(WINDOW))).rejects.toMatchObject(refused)
    expect(relay.getStats()).toMatchObject({ circuits: 1, refused: 3 })
    await stillServed()
    expect(relayHost.rejected).toEqual([])
    open('a chosen name').catch(() => {})
    await settle()
    expect(relayHost.rejected).toMatchObject([{ peerId: 'mallory', error: { code: 'MALFORMED_DATA' } }])
  })

  it('takes a flood of openings up to its caps only', async () => {
    const { relay, bob, stillServed, open, limits } = await setUp()
    const results = await Promise.allSettled(Array.from({ length: 500 }, () => open('bob')))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(limits.maxCircuitsPerPair)
    expect(relay.getStats().circuits).toBe(1 + limits.maxCircuitsPerPair)
    expect(bob.accepted).toHaveLength(1 + limits.maxCircuitsPerPair)
    await stillServed()
  })

  it.each([
    ['data', 'nonsense'],
    ['data', [1]],
    ['data', [1, 'text']],
    ['data', ['1', new Uint8Array(1)]],
    ['data', [0, new Uint8Array(1)]],
    ['data', [2 ** 32, new Uint8Array(1)]],
    ['data', [1.5, new Uint8Array(1)]],
    ['data', [1, new Uint8Array(1), 1]],
    ['ack', null],
    ['ack', [1, 0]],
    ['ack', [1, -1]],
    ['ack', [1, Number.NaN]],
    ['ack', [1, 5, 5]],
    ['ack', ['1', 5]],
    ['close', null],
    ['close', []],
    ['close', [-1]],
    ['close', [1, 7]],
    ['close', [1, 'X'.repeat(65)]],
    ['close', [1, 'LIMIT_EXCEEDED', 7]],
    ['close', [1, 'LIMIT_EXCEEDED', 'circuitMs', 'more']],
    ['open', { target: '', frame: new Uint8Array(1) }],
    ['open', { target: 'bob', frame: new Uint8Array(1) }],
    ['open', { target: TARGET, frame: 'text' }],
    ['open', { target: TARGET.toUpperCase(), frame: new Uint8Array(1) }],
    ['open', [TARGET, new Uint8Array(1)]],
  ])('ends the connection of who sends a malformed %s: %j', async (type, payload) => {
    const { relay, relayHost, stillServed, hop } = await setUp()
    await hop(type, payload)
    await settle()
    expect(relayHost.rejected).toMatchObject([{ peerId: 'mallory', error: { code: 'MALFORMED_DATA' } }])
    expect(relay.getStats().violations).toBe(1)
    await stillServed()
  })

  it('tells who sends on an ended circuit that it has ended, once, and does not punish it', async () => {
    const { relay, relayHost, stillServed, hop, open, stop } = await setUp()
    const id = await open('bob')
    await hop('close', [id])
    await hop('close', [id])
    for (let i = 0; i < 50; i++) await hop('data', [id, text('late')])
    await hop('ack', [id, 5])
    await settle()
    expect(stop).toEqual([['close', [id, 'CONNECTION_LOST']]])
    expect(relayHost.rejected).toEqual([])
    expect(relay.getStats().violations).toBe(0)
    await stillServed()
  })

  it('tells a peer that does not read of no more unknown circuits than it may have', async () => {
    const { relayHost, limits, stop, hop, stillServed } = await setUp()
    relayHost.stalled.set('mallory', [])
    for (let round = 0; round < 500; round++) await hop('data', [1 + (round % 250), text('x')])
    await settle()
    relayHost.resume('mallory')
    await settle()
    expect(stop).toHaveLength(limits.maxCircuitsPerPeer)
    await hop('data', [7, text('x')])
    await settle()
    expect(stop).toHaveLength(limits.maxCircuitsPerPeer + 1)
    await stillServed()
  })

  it('answers a type it does not know with INVALID_MESSAGE', async () => {
    const { mallory } = await setUp()
    await expect(mallory.request('relay', { type: 'conserve', payload: {}, protocol: CIRCUIT_HOP })).rejects.toMatchObject({
      code: 'INVALID_MESSAGE',
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
    const incoming = (circuit: number, more: object = {}) =>
      stop('incoming', { circuit, from: TARGET, frame: text('x'), window: WINDOW, frameBytes: 4_096, ...more })
    return { limits, endpoint, host, accepted, evil, heard, stop, incoming }
  }

  it('accepts circuits from relays only, and blames no peer that has ceased to be one', async () => {
    const { host, accepted, heard } = await victim()
    const plain = new TestHost('plain')
    plain.connect(host)
    const payload = { circuit: 1, from: TARGET, frame: text('x'), window: WINDOW, frameBytes: 4_096 }
    await plain.sendTo('victim', { type: 'incoming', payload, protocol: CIRCUIT_STOP })
    await settle()
    expect(host.rejected).toEqual([])
    expect(accepted).toEqual([])
    expect(heard).toEqual([])
  })

  it('holds no more than the window that the relay stated, attached or not, and blames nobody at the other end', async () => {
    const { accepted, heard, stop, incoming } = await victim()
    await incoming(1)
    for (let i = 0; i < 100; i++) await stop('data', [1, new Uint8Array(1_024)])
    await settle()
    expect(heard).toContainEqual({ type: 'close', payload: [1, 'PROTOCOL_VIOLATION'] })
    const recorder = record(accepted[0]!)
    expect(recorder.frames.length).toBeLessThanOrEqual(1 + WINDOW / 1_024)
    expect(recorder.closes).toMatchObject([{ code: 'CONNECTION_LOST' }])
  })

  it('refuses floods of circuits, a window without bound, and when nobody accepts', async () => {
    const { limits, endpoint, accepted, heard, incoming } = await victim()
    await incoming(1, { window: 1e12 })
    await settle()
    expect(heard).toHaveLength(1)
    expect(accepted).toHaveLength(0)
    for (let i = 0; i < 100; i++) await incoming(2 + i)
    await settle()
    expect(accepted).toHaveLength(limits.maxCircuitsPerPeer)
    expect(heard.filter(({ payload }) => (payload as string[])[1] === 'CIRCUIT_REFUSED')).toHaveLength(
      1 + 100 - limits.maxCircuitsPerPeer,
    )
    await endpoint.close()
    await incoming(200)
    await settle()
    expect(accepted).toHaveLength(limits.maxCircuitsPerPeer)
    for (const connection of accepted) expect(record(connection).closes).toEqual([undefined])
  })

  it('ends the circuit before where the relay gives an id twice, rather than swap its far end', async () => {
    const { accepted, incoming, stop } = await victim()
    await incoming(1)
    await settle()
    const before = record(accepted[0]!)
    await incoming(1, { frame: text('another') })
    await stop('data', [1, text('for the other')])
    await settle()
    expect(before.closes).toMatchObject([{ code: 'CONNECTION_LOST' }])
    expect(before.frames).toEqual([text('x')])
    expect(record(accepted[1]!).frames).toEqual([text('another'), text('for the other')])
  })

  it('tells the relay of traffic on a circuit that it does not know, once, and never answers a close', async () => {
    const { host, heard, stop } = await victim()
    for (let i = 0; i < 20; i++) await stop('data', [7, text('late')])
    await stop('ack', [7, 3])
    await stop('close', [8])
    await stop('close', [9, 'CONNECTION_LOST'])
    await settle()
    expect(heard).toEqual([{ type: 'close', payload: [7, 'CONNECTION_LOST'] }])
    expect(host.rejected).toEqual([])
  })

  it('tells a relay that does not read of no more unknown circuits than it may have', async () => {
    const { host, limits, heard, stop } = await victim()
    host.stalled.set('evil', [])
    for (let id = 1; id < 200; id++) await stop('data', [id, text('x')])
    await settle()
    host.resume('evil')
    await settle()
    expect(heard).toHaveLength(limits.maxCircuitsPerPeer)
  })

  it('closes a circuit that the relay opens after the dial was given up', async () => {
    const { heard, stop } = await victim()
    await stop('opened', { circuit: 5, window: WINDOW, frameBytes: 4_096 })
    await settle()
    expect(heard).toEqual([{ type: 'close', payload: [5, 'ABORTED'] }])
  })

  it.each([
    'PROTOCOL_VIOLATION',
    'DECRYPT_FAILED',
    'LIMIT_EXCEEDED',
    'RATE_LIMITED',
    'BANNED',
    'REPLACED',
    'WRONG_PEER',
    'SHUT_DOWN',
    'CONNECTION_CLOSED',
    'no code at all',
  ])('reads a close with %s as a loss: no fault, and no goodbye, of the peer at the other end', async (code) => {
    const { accepted, stop, incoming } = await victim()
    await incoming(1)
    await settle()
    const recorder = record(accepted[0]!)
    await stop('close', [1, code])
    await settle()
    expect(recorder.closes).toMatchObject([{ code: 'CONNECTION_LOST', details: { reason: code, peerId: 'evil' } }])
  })

  it.each([
    ['incoming', { circuit: 5 }],
    ['incoming', { circuit: 0, from: TARGET, frame: text('x'), window: WINDOW, frameBytes: 4_096 }],
    ['incoming', { circuit: 1, from: 'bob', frame: text('x'), window: WINDOW, frameBytes: 4_096 }],
    ['incoming', { circuit: 1, from: TARGET, frame: 'x', window: WINDOW, frameBytes: 4_096 }],
    ['incoming', { circuit: 1, from: TARGET, frame: text('x'), window: 1, frameBytes: 4_096 }],
    ['incoming', { circuit: 1, from: TARGET, frame: text('x'), window: WINDOW, frameBytes: 1 }],
    ['opened', { circuit: '1', window: WINDOW, frameBytes: 4_096 }],
    ['opened', null],
    ['data', [1, 'text']],
    ['ack', [1, 0]],
    ['close', ['1']],
  ])('drops a relay that sends a malformed %s: %j', async (type, payload) => {
    const { host, stop } = await victim()
    await stop(type, payload)
    await settle()
    expect(host.rejected).toMatchObject([{ peerId: 'evil', error: { code: 'MALFORMED_DATA' } }])
  })

  it('does not believe an answer to its dial that makes no sense', async () => {
    const { endpoint, host } = await victim()
    const closes: unknown[] = []
    const large = { circuit: 3, window: 1e15, frameBytes: 4_096 }
    for (const payload of [null, {}, { circuit: 1, window: -1, frameBytes: 1 }, { ...large, circuit: 2 ** 32 }, large]) {
      const relay = new TestHost('liar').register({
        protocolName: CIRCUIT_HOP,
        handleMessage: async (message) => {
          if (message.type === 'open') await relay.reply(message, { type: 'opened', payload })
          else if (message.type === 'close') closes.push(message.payload)
        },
      })
      relay.connect(host)
      await expect(endpoint.dial(`circuit:liar/${TARGET}`, { firstFrame: text('x') })).rejects.toBeInstanceOf(P2PError)
      await settle()
      relay.disconnect(host)
    }
    expect(closes).toEqual([[3]])
  })
})

describe('the decoders of circuit messages', () => {
  it('take any value and throw nothing but a P2PError', () => {
    const shapes = [openShape, openedShape, incomingShape, reservedShape, dataShape, ackShape, closeShape]
    const parsers = shapes.map((shape) => (payload: unknown) => parseFrame<unknown>(shape, payload))
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
