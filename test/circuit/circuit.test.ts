import { describe, expect, it } from 'vitest'
import { resolveLimits } from '../../src/base/limits.js'
import { CircuitEndpoint } from '../../src/plugins/circuit/endpoint.js'
import { FRAME_COST_BYTES } from '../../src/plugins/circuit/frames.js'
import { CircuitRelay } from '../../src/plugins/circuit/server/circuit-relay.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import type { Connection } from '../../src/transport/transport.js'
import { keysAt, record, settle, TestHost, text } from './test-network.js'

function setUp(changes: Parameters<typeof resolveLimits>[0] = {}) {
  const limits = resolveLimits(changes)
  const clock = new VirtualClock()
  const relay = new CircuitRelay({ limits })
  const relayHost = new TestHost('relay', clock).register(relay)
  const peer = async (name: string) => {
    const endpoint = new CircuitEndpoint({ limits, keyOf: keysAt(relayHost) })
    const host = new TestHost(name, clock).register(endpoint)
    host.connect(relayHost)
    const accepted: Connection[] = []
    await endpoint.listen((connection) => accepted.push(connection))
    await settle()
    return { endpoint, host, accepted }
  }
  return { limits, clock, relay, relayHost, peer }
}

const dial = (peer: { endpoint: CircuitEndpoint }, target: string, signal?: AbortSignal) =>
  peer.endpoint.dial(`circuit:relay/${target}`, { firstFrame: text('hello'), signal })

describe('a circuit', () => {
  it('carries frames both ways in order, the first one with the opening', async () => {
    const { peer } = setUp()
    const [alice, bob] = [await peer('alice'), await peer('bob')]
    const out = await dial(alice, 'bob')
    const atAlice = record(out)
    await settle()
    const atBob = record(bob.accepted[0]!)
    for (let i = 0; i < 50; i++) {
      out.send(text(`a${i}`))
      bob.accepted[0]!.send(text(`b${i}`))
    }
    await settle()
    const words = (frames: Uint8Array[]) => frames.map((frame) => new TextDecoder().decode(frame))
    expect(words(atBob.frames)).toEqual(['hello', ...Array.from({ length: 50 }, (_, i) => `a${i}`)])
    expect(words(atAlice.frames)).toEqual(Array.from({ length: 50 }, (_, i) => `b${i}`))
    expect(out).toMatchObject({
      transport: 'circuit',
      outbound: true,
      remoteAddress: 'circuit:relay/bob',
      maxFrameBytes: 61_440,
    })
    expect(bob.accepted[0]).toMatchObject({
      transport: 'circuit',
      outbound: false,
      remoteAddress: `circuit:relay/${alice.host.id}`,
    })
  })

  it('keeps frames for a sink that comes late, and its end', async () => {
    const { peer } = setUp()
    const [alice, bob] = [await peer('alice'), await peer('bob')]
    const out = await dial(alice, 'bob')
    out.send(text('one'))
    out.close()
    await settle()
    const late = record(bob.accepted[0]!)
    expect(late.frames).toHaveLength(2)
    expect(late.closes).toEqual([undefined])
  })

  it('moves more than many windows, with no more than one on the way', async () => {
    const { peer, relay, limits } = setUp({ circuitWindowBytes: 65_536, circuitFrameBytes: 8_192 })
    const [alice, bob] = [await peer('alice'), await peer('bob')]
    const out = await dial(alice, 'bob')
    await settle()
    const atAlice = record(out)
    const atBob = record(bob.accepted[0]!)
    for (let i = 0; i < 200; i++) out.send(new Uint8Array(8_192).fill(i))
    expect(out.bufferedAmount).toBeGreaterThan(1_500_000)
    await atBob.until(({ frames }) => frames.length === 201)
    await settle()
    expect(atBob.frames.slice(1).every((frame, i) => frame[0] === i)).toBe(true)
    expect(out.bufferedAmount).toBe(0)
    expect(atAlice.drains).toBe(1)
    expect(relay.getStats()).toMatchObject({ circuits: 1, frames: 200, violations: 0 })
    expect(limits.circuitWindowBytes).toBe(65_536)
  })

  it.each([1_024, 3_000, 130_000])(
    'never stalls with a window of %i bytes, whatever the sizes of the frames',
    async (circuitWindowBytes) => {
      const { peer } = setUp({ circuitWindowBytes })
      const [alice, bob] = [await peer('alice'), await peer('bob')]
      const out = await dial(alice, 'bob')
      await settle()
      const atBob = record(bob.accepted[0]!)
      const sizes = Array.from({ length: 300 }, (_, i) => (i % 3 === 0 ? out.maxFrameBytes : (i * 37) % out.maxFrameBytes))
      for (const size of sizes) out.send(new Uint8Array(size))
      await atBob.until(({ frames }) => frames.length === 301)
      expect(atBob.frames.slice(1).map((frame) => frame.length)).toEqual(sizes)
    },
  )

  it('stops at its window while the receiver does not take frames, and goes on when it does', async () => {
    const { peer } = setUp({ circuitWindowBytes: 16_384 })
    const [alice, bob] = [await peer('alice'), await peer('bob')]
    const out = await dial(alice, 'bob')
    record(out)
    await settle()
    for (let i = 0; i < 40; i++) out.send(new Uint8Array(1_024))
    await settle()
    const onTheWay = Math.floor(16_384 / (1_024 + FRAME_COST_BYTES))
    expect(out.bufferedAmount).toBe((40 - onTheWay) * 1_024)
    const atBob = record(bob.accepted[0]!)
    await atBob.until(({ frames }) => frames.length === 41)
    await settle()
    expect(out.bufferedAmount).toBe(0)
  })

  it('tells the other end of a close, once, after what was sent', async () => {
    const { peer, relay } = setUp()
    const [alice, bob] = [await peer('alice'), await peer('bob')]
    const out = await dial(alice, 'bob')
    const atAlice = record(out)
    await settle()
    const atBob = record(bob.accepted[0]!)
    out.send(text('last words'))
    out.close()
    out.close()
    out.send(text('too late'))
    await settle()
    expect(atBob.frames).toHaveLength(2)
    expect(atBob.closes).toEqual([undefined])
    expect(atAlice.closes).toEqual([undefined])
    expect(relay.getStats().circuits).toBe(0)
  })

  it('gives a closing end its grace and no more', async () => {
    const { peer, clock, limits } = setUp({ circuitWindowBytes: 4_096 })
    const [alice, bob] = [await peer('alice'), await peer('bob')]
    const out = await dial(alice, 'bob')
    const atAlice = record(out)
    for (let i = 0; i < 100; i++) out.send(new Uint8Array(1_024))
    out.close()
    await settle()
    expect(atAlice.closes).toHaveLength(0)
    await clock.advance(limits.closeGraceMs)
    await settle()
    expect(atAlice.closes).toEqual([undefined])
    expect(out.bufferedAmount).toBe(0)
    expect(record(bob.accepted[0]!).closes).toEqual([undefined])
    expect(clock.pending).toBe(2)
  })

  it('ends with a reason when the other peer leaves the relay', async () => {
    const { peer, relayHost, relay } = setUp()
    const [alice, bob] = [await peer('alice'), await peer('bob')]
    const atAlice = record(await dial(alice, 'bob'))
    await settle()
    const atBob = record(bob.accepted[0]!)
    bob.host.disconnect(relayHost)
    await settle()
    expect(atAlice.closes).toMatchObject([{ code: 'CONNECTION_LOST' }])
    expect(atBob.closes).toMatchObject([{ code: 'CONNECTION_LOST' }])
    expect(relay.getStats().circuits).toBe(0)
  })

  it('ends at the other end too where one lost the relay, and was back before the relay had noticed', async () => {
    const { peer } = setUp()
    const [alice, bob] = [await peer('alice'), await peer('bob')]
    const out = await dial(alice, 'bob')
    await settle()
    const atAlice = record(out)
    await bob.endpoint.onPeerDisconnected(bob.host.peers()[0]!)
    await settle()
    expect(atAlice.closes).toEqual([])
    out.send(text('into the void'))
    await settle()
    expect(atAlice.closes).toMatchObject([{ code: 'CONNECTION_LOST' }])
  })

  it('ends at both ends when either side, or the relay, shuts down', async () => {
    for (const who of ['alice', 'relay'] as const) {
      const { peer, relay } = setUp()
      const [alice, bob] = [await peer('alice'), await peer('bob')]
      const atAlice = record(await dial(alice, 'bob'))
      await settle()
      const atBob = record(bob.accepted[0]!)
      if (who === 'alice') alice.endpoint.onUnregister()
      else relay.onUnregister()
      await settle()
      expect(atAlice.closes).toHaveLength(1)
      expect(atBob.closes).toHaveLength(1)
      expect(relay.getStats().circuits).toBe(0)
    }
  })

  it('is not held up by another circuit whose receiver reads nothing', async () => {
    const { peer, relayHost, relay } = setUp()
    const [alice, bob, carol] = [await peer('alice'), await peer('bob'), await peer('carol')]
    const toBob = await dial(alice, 'bob')
    const toCarol = await dial(alice, 'carol')
    await settle()
    relayHost.stalled.set('bob', [])
    const atCarol = record(carol.accepted[0]!)
    for (let i = 0; i < 100; i++) toBob.send(new Uint8Array(60_000))
    for (let i = 0; i < 100; i++) toCarol.send(new Uint8Array(60_000))
    await atCarol.until(({ frames }) => frames.length === 101)
    expect(toBob.bufferedAmount).toBeGreaterThan(5_000_000)
    relayHost.resume('bob')
    const atBob = record(bob.accepted[0]!)
    await atBob.until(({ frames }) => frames.length === 101)
    expect(relay.getStats().violations).toBe(0)
  })

  it('is given up where one peer leaves more unread than a connection may cost', async () => {
    const { peer, relayHost, limits } = setUp({ sendMaxBufferedBytes: 1_000_000 })
    const [alice, bob] = [await peer('alice'), await peer('bob')]
    const ends = []
    for (let i = 0; i < limits.maxCircuitsPerPair; i++) ends.push(await dial(alice, 'bob'))
    await settle()
    relayHost.stalled.set('bob', [])
    const recorders = ends.map(record)
    for (const end of ends) for (let i = 0; i < 10; i++) end.send(new Uint8Array(60_000))
    await settle()
    const closed = recorders.filter(({ closes }) => closes.length > 0)
    expect(closed.length).toBeGreaterThan(0)
    expect(closed.length).toBeLessThan(recorders.length)
    expect(closed[0]!.closes).toMatchObject([{ code: 'CONNECTION_LOST', details: { reason: 'BUFFER_FULL' } }])
    expect(bob.accepted).toHaveLength(limits.maxCircuitsPerPair)
  })

  it('refuses a frame above its limit where it is sent', async () => {
    const { peer } = setUp()
    const [alice] = [await peer('alice'), await peer('bob')]
    const out = await dial(alice, 'bob')
    expect(() => out.send(new Uint8Array(out.maxFrameBytes + 1))).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }))
  })
})

describe('a dial through a relay', () => {
  it.each([
    ['circuit:relay', 'INVALID_ADDRESS'],
    ['circuit:/bob', 'INVALID_ADDRESS'],
    ['circuit:relay/', 'INVALID_ADDRESS'],
    ['circuit:relay/bob/carol', 'INVALID_ADDRESS'],
    ['circuit:relay/alice', 'SELF_DIAL'],
    ['circuit:nobody/bob', 'NO_RELAY'],
    ['circuit:relay/nobody', 'PEER_NOT_FOUND'],
    ['circuit:relay/relay', 'PEER_NOT_FOUND'],
  ])('%s fails with %s and leaves nothing behind', async (address, code) => {
    const { peer, relay, clock } = setUp()
    const alice = await peer('alice')
    await expect(alice.endpoint.dial(address, { firstFrame: text('x') })).rejects.toMatchObject({ code })
    await settle()
    expect(relay.getStats().circuits).toBe(0)
    // The renewal of the reservation is all that waits.
    expect(clock.pending).toBe(1)
  })

  it('understands its own addresses only', async () => {
    const { peer } = setUp()
    const { endpoint } = await peer('alice')
    expect(endpoint.canDial('circuit:relay/bob')).toBe(true)
    expect(endpoint.canDial('wss://relay.example')).toBe(false)
    expect(endpoint.reserved().map(({ relay }) => relay)).toEqual(['relay'])
  })

  it('is cancelled by its signal, at the relay and the other end too', async () => {
    const { peer, relay } = setUp()
    const [alice, bob] = [await peer('alice'), await peer('bob')]
    const abort = new AbortController()
    const dialling = dial(alice, 'bob', abort.signal)
    abort.abort()
    await expect(dialling).rejects.toMatchObject({ code: 'ABORTED' })
    await settle()
    expect(relay.getStats().circuits).toBe(0)
    for (const accepted of bob.accepted) expect(record(accepted).closes).toHaveLength(1)
    await expect(dial(alice, 'bob', abort.signal)).rejects.toMatchObject({ code: 'ABORTED' })
  })

  it('ends with a typed close when the called peer takes no more', async () => {
    const { peer } = setUp()
    const [alice, bob] = [await peer('alice'), await peer('bob')]
    await bob.endpoint.close()
    const refused = dial(alice, 'bob').then((connection) => {
      const recorder = record(connection)
      return recorder.until(({ closes }) => closes.length > 0).then(() => Promise.reject(recorder.closes[0]))
    })
    await expect(refused).rejects.toMatchObject({ code: 'CIRCUIT_REFUSED' })
  })

  it('never runs through a relay that is itself reached by a circuit', async () => {
    const { peer, relayHost } = setUp()
    const [alice, bob] = [await peer('alice'), await peer('bob')]
    alice.host.connect(relayHost, 'circuit')
    await expect(dial(alice, 'bob')).rejects.toMatchObject({ code: 'NO_RELAY' })
    await expect(dial(bob, 'alice')).rejects.toMatchObject({ code: 'PEER_NOT_FOUND' })
  })

  it('is refused above the caps of the relay, by number and by pair, and works again below', async () => {
    const { peer } = setUp({ maxCircuits: 6, maxCircuitsPerPeer: 5, maxCircuitsPerPair: 2 })
    const peers = [await peer('alice'), await peer('b1'), await peer('b2'), await peer('b3'), await peer('b4')]
    const alice = peers[0]!
    const first = await dial(alice, 'b1')
    await dial(alice, 'b1')
    await expect(dial(alice, 'b1')).rejects.toMatchObject({ code: 'CIRCUIT_REFUSED' })
    await dial(alice, 'b2')
    await dial(alice, 'b2')
    await dial(alice, 'b3')
    await expect(dial(alice, 'b4')).rejects.toMatchObject({ code: 'CIRCUIT_REFUSED' })
    await expect(dial(peers[4]!, 'alice')).rejects.toMatchObject({ code: 'CIRCUIT_REFUSED' })
    await dial(peers[4]!, 'b3')
    await expect(dial(peers[4]!, 'b2')).rejects.toMatchObject({ code: 'CIRCUIT_REFUSED' })
    first.close()
    await settle()
    await dial(alice, 'b4')
  })
})
