import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { isP2PError } from '../../src/base/errors.js'
import { Entry } from '../../src/channel/batch.js'
import { P2PCoordinator } from '../../src/coordinator.js'
import { generateIdentity, type Identity } from '../../src/identity/identity.js'
import { encode } from '../../src/message/codec.js'
import { type Relay, startRelay } from '../../src/node/index.js'
import { encodeSequence } from '../../src/peer/connection/stream-entries.js'
import { entryOf, RawPeer } from './raw-peer.js'

let relay: Relay
let honest: P2PCoordinator
let raw: RawPeer
let identity: Identity
/** Numbers names that were never used before. */
let fresh = 0

/** Budgets, graces and bans go by the time that passes: it stands still but where a test moves it. Timers and sockets are real. */
const pass = (ms: number) => vi.advanceTimersByTime(ms)

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'] })
  relay = await startRelay({
    port: 0,
    host: '127.0.0.1',
    limits: { refusalGraceMs: 300, refusalStrikeMs: 50, dhtRequestsPerS: 200 },
  })
  honest = new P2PCoordinator({ bootstrap: [relay.url], webrtc: false })
  await honest.start()
  identity = await generateIdentity()
  raw = await new RawPeer().connect(relay.url, { identity })
})

afterEach(async () => {
  raw.end()
  await honest.shutdown()
  await relay.stop()
  vi.useRealTimers()
})

const defence = () => relay.coordinator.getStats().defence

/** Floods with 500 messages each 10 ms until the connection is gone; the milliseconds that it took. */
async function floodOut(one: () => void, inFrame = true): Promise<number> {
  const started = Date.now()
  const some = () => {
    for (let i = 0; i < 500; i++) one()
  }
  while (raw.isOpen && Date.now() - started < 10_000) {
    if (inFrame) raw.batch(some)
    else some()
    await raw.taken()
    pass(10)
  }
  return Date.now() - started
}

/** A suspect source has so much processor time in a second, of which a busy computer leaves less: it is let in, or refused in the clear. */
async function comeBack(): Promise<void> {
  for (let tries = 0; ; tries++) {
    pass(500)
    try {
      return void (await raw.connect(relay.url, { identity }))
    } catch (error) {
      if (!isP2PError(error) || error.details.inClear !== true || tries === 20) throw error
    }
  }
}

/** Floods, comes back and floods, until it is banned; the milliseconds that it took. */
async function floodUntilBanned(one: () => void): Promise<number> {
  let ms = await floodOut(one)
  for (let i = 0; i < 10 && relay.coordinator.listBans().length === 0; i++) {
    await comeBack()
    ms += 500 + (await floodOut(one))
  }
  return ms
}

async function stillServed(): Promise<void> {
  await honest.announceResource('still', 'here', 1)
  expect((await honest.getResource('still', 'here'))?.data).toBe(1)
}

describe('a flood from a peer that ignores refusals', () => {
  it.each<[string, () => void]>([
    ['messages', () => raw.message('flood')],
    ['messages of ever new types', () => raw.message('flood', `type${fresh++}`)],
    ['messages of ever new protocols', () => raw.message('flood', 'x', `protocol${fresh++}`)],
    ['pings', () => raw.message(null, 'ping', 'lotus/heartbeat')],
    ['descriptions', () => raw.message({ protocols: [], addresses: [] }, 'update', 'lotus/peer')],
    ['introductions', () => raw.message({}, 'find', 'lotus/introduce')],
    ['introductions in answer to nothing', () => raw.message({}, 'find', 'lotus/introduce', 'made up')],
  ])('%s: is refused once, disconnected, banned when it comes back, and not let in again', async (_, one) => {
    const first = await floodOut(one)
    expect(raw.received.filter(({ kind }) => kind === Entry.REFUSED)).toHaveLength(1)
    expect(raw.received.filter(({ kind }) => kind === Entry.CLOSE)).toHaveLength(1)
    expect(first + (await floodUntilBanned(one))).toBeLessThan(5_000)
    expect(relay.coordinator.listBans()).toMatchObject([{ id: raw.peerId, cause: 'flood' }])
    expect(defence().limited).toBeGreaterThan(0)
    await comeBack()
    await raw.closed
    expect(relay.coordinator.isConnected(raw.peerId)).toBe(false)
    await stillServed()
  })

  it('questions to the DHT: is banned, and others go on asking', async () => {
    await floodUntilBanned(() => raw.message({ key: 'k' }, 'find-record', 'lotus/dht'))
    expect(relay.coordinator.listBans()).toMatchObject([{ id: raw.peerId, cause: 'flood' }])
    await stillServed()
  })

  it('entries that are no messages: ends, as nothing that was sent could need them', async () => {
    const sequence = encodeSequence({ stream: 0, number: 1, givenUp: 0, protocol: '' })
    const frame = Array.from({ length: 4_000 }, () => entryOf(Entry.SEQUENCE, sequence)).flatMap((bytes) => [...bytes])
    await floodOut(() => raw.plaintext(Uint8Array.from(frame)), false)
    expect(defence().faults).toEqual({ RATE_LIMITED: 1 })
    await stillServed()
  })

  it('messages with a SEQUENCE before each hundred: is banned, as what comes before the pause is over counts on', async () => {
    let number = 1
    const ms = await floodUntilBanned(() => {
      // A new connection begins with a SEQUENCE of its own, and the stream goes on.
      if (number++ % 100 === 1) raw.sequence(number, { givenUp: number })
      raw.message('flood')
    })
    expect(ms).toBeLessThan(5_000)
    expect(relay.coordinator.listBans()).toMatchObject([{ id: raw.peerId, cause: 'flood' }])
    await stillServed()
  })

  it('the same numbers again and again: ends, as nobody repeats that much', async () => {
    raw.message('once')
    const again = entryOf(Entry.MESSAGE, Uint8Array.of(0, ...raw.encoded(new Uint8Array(60_000))))
    await floodOut(() => {
      raw.sequence(1)
      raw.plaintext(again)
    }, false)
    expect(defence()).toMatchObject({ faults: { RATE_LIMITED: 1 }, throttled: 0 })
    await stillServed()
  })

  it('changes of the key: ends as a breach of the protocol', async () => {
    await floodOut(() => raw.rekey(), false)
    expect(defence().faults).toEqual({ PROTOCOL_VIOLATION: 1 })
    await stillServed()
  })

  it('megabytes in one message after another: is held to its bytes', async () => {
    const part = entryOf(Entry.FRAGMENT, new Uint8Array(65_000))
    await floodOut(() => {
      if (raw.buffered < 4_000_000) raw.plaintext(part)
    }, false)
    expect(relay.coordinator.isConnected(raw.peerId)).toBe(false)
    await stillServed()
  })
})

it('a peer that sends SEQUENCE after each refusal gets its budget and no more', async () => {
  let arrived = 0
  relay.coordinator.on('message', () => arrived++)
  for (let seconds = 0; seconds <= 3; seconds++) {
    for (let i = 0; i < 5; i++) {
      raw.sequence(1)
      for (let j = 0; j < 200; j++) raw.message('flood')
      await raw.taken()
    }
    pass(1_000)
  }
  // Half of 200 at once and half of 100 a second, as for any newcomer.
  expect(arrived).toBeGreaterThan(0)
  expect(arrived).toBeLessThanOrEqual(100 + 3 * 50)
  await stillServed()
})

it('forged signatures cost the relay one check each connection, and the forger its name', async () => {
  const forged = [new Uint8Array(32).fill(1), encode(['topic', new Uint8Array(16), 1, Date.now(), 'x']), new Uint8Array(64), 0]
  for (let i = 0; i < 2_000; i++) raw.message(forged, 'message', 'lotus/topics')
  await raw.closed
  expect(relay.coordinator.getStats().defence.faults).toEqual({ INVALID_SIGNATURE: 1 })
  await stillServed()
})
