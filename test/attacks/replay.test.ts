import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.js'
import { Entry } from '../../src/channel/batch.js'
import { P2PCoordinator } from '../../src/coordinator.js'
import { signEnvelope } from '../../src/identity/envelope.js'
import { generateIdentity, type Identity } from '../../src/identity/identity.js'
import { encode } from '../../src/message/codec.js'
import { webSocketServer } from '../../src/node/index.js'
import { RawPeer } from './raw-peer.js'

const MINUTE = 60_000

/** The victim's clock runs ahead on demand; its timers are real. */
let aheadMs: number
const clock = { ...systemClock, now: () => Date.now() + aheadMs, elapsed: () => performance.now() + aheadMs }
/** For so long the victim waits for the attacker to say what its clock shows, which it never does. */
const limits = { heartbeatTimeoutMs: 100 }
let victim: P2PCoordinator
let victimIdentity: Identity
let attacker: Identity
let url: string
let raw: RawPeer
let got: unknown[]

async function start(): Promise<void> {
  const listener = webSocketServer()
  victim = new P2PCoordinator({ identity: victimIdentity, listen: [listener], requireSignatures: true, clock, limits })
  victim.on('error', () => {})
  victim.on('message', ({ payload }) => void got.push(payload))
  await victim.start()
  url = listener.addresses[0]!
}

beforeEach(async () => {
  aheadMs = 0
  got = []
  victimIdentity = await generateIdentity()
  attacker = await generateIdentity()
  await start()
  raw = await new RawPeer().connect(url, { identity: attacker })
})

afterEach(async () => {
  raw.end()
  await victim.shutdown()
})

/** Sends the very same bytes, and waits until they were looked at. */
async function play(bytes: Uint8Array): Promise<void> {
  const seen = () => {
    const { accepted, duplicates, stale } = victim.getStats().defence
    return accepted + duplicates + stale
  }
  const before = seen()
  raw.on(0, bytes, Entry.SIGNED_MESSAGE)
  await expect.poll(seen, { interval: 1, timeout: 10_000 }).toBeGreaterThan(before)
}

describe('a signed message that is sent again', () => {
  it.each([
    [0, 'duplicates'],
    [4 * MINUTE, 'duplicates'],
    [6 * MINUTE, 'stale'],
  ] as const)('after %d ms reaches nobody twice (%s)', async (afterMs, counted) => {
    const bytes = await raw.signed(victimIdentity.publicKey, 'once', Date.now())
    await play(bytes)
    expect(got).toEqual(['once'])
    aheadMs = afterMs
    await play(bytes)
    expect(got).toEqual(['once'])
    expect(victim.getStats().defence[counted]).toBe(1)
  })

  it('over a new connection reaches nobody twice', async () => {
    const bytes = await raw.signed(victimIdentity.publicKey, 'once', Date.now())
    await play(bytes)
    raw.end()
    raw = await new RawPeer().connect(url, { identity: attacker })
    await play(bytes)
    expect(got).toEqual(['once'])
  })

  it('to a victim that has restarted is too old after the window', async () => {
    const bytes = await raw.signed(victimIdentity.publicKey, 'once', Date.now())
    await play(bytes)
    raw.end()
    await victim.shutdown()
    aheadMs = 6 * MINUTE
    await start()
    raw = await new RawPeer().connect(url, { identity: attacker })
    await play(bytes)
    expect([got, victim.getStats().defence.stale]).toEqual([['once'], 1])
  })

  it('by another peer ends its connection: the channel says who speaks', async () => {
    const bytes = await raw.signed(victimIdentity.publicKey, 'mine', Date.now())
    const thief = await new RawPeer().connect(url)
    thief.on(0, bytes, Entry.SIGNED_MESSAGE)
    await thief.closed
    expect([got, victim.getStats().defence.faults]).toEqual([[], { FOREIGN_SENDER: 1 }])
  })

  it('to another victim than it was made for ends the connection', async () => {
    const bytes = await raw.signed(attacker.publicKey, 'not yours', Date.now())
    raw.on(0, bytes, Entry.SIGNED_MESSAGE)
    await raw.closed
    expect([got, victim.getStats().defence.faults]).toEqual([[], { PROTOCOL_VIOLATION: 1 }])
  })

  it.each([
    ['its own name', (bytes: Uint8Array) => ({ from: victim.peerId, to: bytes })],
    ['the name of its receiver, which another may bear elsewhere', (bytes: Uint8Array) => ({ from: bytes, to: victim.peerId })],
  ])('that is signed with %s in place of a key ends the connection', async (_, endsOf) => {
    const { from, to } = endsOf(victimIdentity.publicKey)
    const body = encode([1, 'x', from, to, 'named', Date.now(), 'id', null])
    const { signature } = await signEnvelope(attacker, 'message', body)
    raw.on(0, Uint8Array.of(...signature, ...body), Entry.SIGNED_MESSAGE)
    await raw.closed
    expect([got, Object.values(victim.getStats().defence.faults)]).toEqual([[], [1]])
  })

  it('as a broadcast is taken by whoever hears it first', async () => {
    await play(await raw.signed(null, 'to all', Date.now()))
    expect(got).toEqual(['to all'])
  })

  it('dated far ahead, so as to be good for long, is not taken', async () => {
    await play(await raw.signed(victimIdentity.publicKey, 'from the future', Date.now() + 10 * MINUTE))
    expect([got, victim.getStats().defence.stale]).toEqual([[], 1])
  })
})

// Anybody on the way can send a frame again: nobody is blamed for it.
it('a frame of the channel that is sent again ends the connection, for its counter was used, and blames nobody', async () => {
  const ended = new Promise<string>((resolve) => victim.once('disconnected', (_, { code }) => resolve(code)))
  const frame = raw.sealed(await raw.signed(victimIdentity.publicKey, 'once', Date.now()))
  raw.bytes(frame)
  raw.bytes(frame)
  await raw.closed
  expect(await ended).toBe('DECRYPT_FAILED')
  expect(victim.getStats().defence.faults).toEqual({})
  expect(got.length).toBeLessThanOrEqual(1)
})
