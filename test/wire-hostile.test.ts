import { hexToBytes as bytes } from '@noble/hashes/utils.js'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import channel from '../docs/vectors/channel.json' with { type: 'json' }
import handshake from '../docs/vectors/handshake.json' with { type: 'json' }
import { P2PCoordinator } from '../src/index.js'
import { webSocketServer } from '../src/node/index.js'
import { KIND } from './vectors/handshake.js'
import { entry, uint } from './vectors/primitives.js'
import { type Lies, RawInitiator, RawProcess, unpack } from './vectors/raw-initiator.js'

// The vectors of docs/vectors/channel.json, said to a coordinator over a socket by a peer that is made of docs/wire-protocol.md alone.

const listener = webSocketServer()
const coordinator = new P2PCoordinator({ listen: [listener] })
let delivered: unknown[] = []
let expected: (() => void) | undefined

const deliver = (payload: unknown) => {
  delivered.push(payload)
  expected?.()
}

beforeAll(async () => {
  coordinator.registerProtocol({ protocolName: 'chat', handleMessage: async ({ payload }) => deliver(payload) })
  coordinator.on('message', ({ protocol, payload }) => protocol === undefined && deliver(payload))
  coordinator.on('error', () => {})
  await coordinator.start()
})
afterAll(() => coordinator.shutdown())
beforeEach(() => {
  delivered = []
  expected = undefined
})

async function connected(process = new RawProcess(), changes = 0): Promise<RawInitiator> {
  const peer = await new RawInitiator(process).connect(listener.addresses[0]!)
  await peer.accepted(changes)
  return peer
}

const closedWith = async (peer: RawInitiator) => unpack((await peer.until(KIND.CLOSE)).body).code

test.each(channel.invalidPlaintexts)('ends the channel: $why', async ({ plaintext, code }) => {
  const peer = await connected()
  peer.send(bytes(plaintext))
  expect(await closedWith(peer)).toBe(code)
})

test.each(channel.scenarios)('$what', async ({ paths, delivered: wanted, code }) => {
  const process = new RawProcess()
  const enough = new Promise<void>((resolve) => {
    expected = () => delivered.length >= (wanted?.length ?? Number.POSITIVE_INFINITY) && resolve()
  })
  let peer!: RawInitiator
  for (const [changes, entries] of paths.entries()) {
    peer = await connected(process, changes)
    peer.send(...entries.map(bytes))
    // What was said on a path has come before the next one speaks.
    if (code === undefined || changes < paths.length - 1) await peer.until(KIND.ACK)
  }
  if (code !== undefined) expect(await closedWith(peer)).toBe(code)
  else {
    await enough
    expect(delivered).toEqual(wanted)
  }
  peer.cut()
})

test.each(handshake.invalid.offers)('refuses an offer in the clear: $why', async ({ payload, code }) => {
  const peer = new RawInitiator(undefined, { offer: bytes(payload) })
  await expect(peer.connect(listener.addresses[0]!)).rejects.toThrow(code)
})

const HOUR_MS = 3_600_000
const WEEK_MS = 168 * HOUR_MS

test.each<[what: string, lies: Lies, code: string]>([
  ['of which the certificate has ended', { dates: [-WEEK_MS, -HOUR_MS] }, 'CLOCK_SKEW'],
  ['of which the certificate has not begun', { dates: [HOUR_MS, WEEK_MS] }, 'CLOCK_SKEW'],
])('refuses a dialler in the channel, %s', async (_, lies, code) => {
  const peer = await new RawInitiator(undefined, lies).connect(listener.addresses[0]!)
  expect(await closedWith(peer)).toBe(code)
})

test.each<[what: string, lies: Lies, code: string]>([
  ['of which the certificate is for too long', { dates: [0, WEEK_MS + 1] }, 'INVALID_SIGNATURE'],
  ['of which the certificate ends before it begins', { dates: [1, 0] }, 'INVALID_SIGNATURE'],
  ['with the key of another', { hello: { publicKey: new RawProcess().publicKey } }, 'INVALID_SIGNATURE'],
  ['with another version than was chosen', { hello: { version: 3 } }, 'UNSUPPORTED_VERSION'],
  ['with another suite than was chosen', { hello: { suite: 'AESGCM' } }, 'UNSUPPORTED_VERSION'],
  ['with a session id of 15 bytes', { hello: { session: new Uint8Array(15) } }, 'HANDSHAKE_FAILED'],
  ['without a certificate', { hello: { certificate: undefined } }, 'HANDSHAKE_FAILED'],
])('refuses a dialler in the clear, %s', async (_, lies, code) => {
  const peer = await new RawInitiator(undefined, lies).connect(listener.addresses[0]!)
  expect((await peer.refusal()).code).toBe(code)
})

const switched = entry(KIND.SWITCH, uint(0, 4))

test.each<[what: string, lies: Lies, code: string]>([
  ['that says READY itself', { first: [entry(KIND.READY)] }, 'PROTOCOL_VIOLATION'],
  ['that speaks before it tells of itself', { first: [switched] }, 'PROTOCOL_VIOLATION'],
  ['that speaks before READY', { first: [new RawInitiator().description, switched] }, 'PROTOCOL_VIOLATION'],
  ['whose description names no streams', { described: { streams: undefined } }, 'MALFORMED_DATA'],
  ['with a name that is none', { described: { name: 'lp1x' } }, 'INVALID_PEER_ID'],
])('refuses a dialler in place of READY, %s', async (_, lies, code) => {
  const peer = await new RawInitiator(undefined, lies).connect(listener.addresses[0]!)
  expect(await closedWith(peer)).toBe(code)
  expect(peer.entries).toEqual([])
})

test('takes a certificate that is off by less than 5 min', async () => {
  for (const dates of [
    [-WEEK_MS, -240_000],
    [240_000, WEEK_MS],
  ] as [number, number][]) {
    const peer = await new RawInitiator(undefined, { dates }).connect(listener.addresses[0]!)
    expect((await peer.accepted()).protocols).toContain('chat')
    peer.cut()
  }
})
