import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { joined } from '../../src/base/bytes.js'
import { P2P_ERROR_CODES, P2PError, type P2PErrorCode } from '../../src/base/errors.js'
import { resolveLimits } from '../../src/base/limits.js'
import { BatchWriter, Entry } from '../../src/channel/batch.js'
import { createChannelKeys } from '../../src/channel/certificate.js'
import { Handshake, type HandshakeTerms } from '../../src/channel/handshake.js'
import type { P2PCoordinator } from '../../src/coordinator.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { encode } from '../../src/message/codec.js'
import { httpDial } from '../../src/plugins/http/http.js'
import { type KeyValueStore, memoryStore } from '../../src/storage/key-value-store.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/index.js'
import type { Connection } from '../../src/transport/transport.js'
import { type Forgery, onTheWay } from './on-the-way.js'

/** Attempts that somebody on the way spoils. */
const SPOILT = 4
/** What an attempt may cost at most: what a refusal in the clear may ask for, with its jitter. */
const STEP_MS = 10_000
const limits = resolveLimits({})

const kinds = { refusal: 0, handshake: 1, retry: 2, work: 3 }
const frame = (kind: number, ...body: (Uint8Array | number[])[]) =>
  joined(Uint8Array.of(kind), ...body.map((part) => Uint8Array.from(part)))
const bytes = (length: number, value = 7) => new Uint8Array(length).fill(value)
const refusal = (fields: object) => frame(kinds.refusal, encode(fields))
/** In place of the first frame of the responder. */
const answered = (...forged: Uint8Array[]): Forgery => ({ toDialler: (_, index) => (index === 0 ? forged : []) })
/** One frame with a bit of it turned: of the responder, or of the dialler. */
const flipped = (end: 'toDialler' | 'toResponder', which: number, at: number): Forgery => ({
  [end]: (honest: Uint8Array, index: number) => {
    const changed = honest.slice()
    if (index === which) changed[Math.floor(at * (changed.length - 1))]! ^= 4
    return [changed]
  },
})
/** A frame of ours before one of the dialler's. */
const before = (which: number, forged: Uint8Array): Forgery => ({
  toResponder: (honest, index) => (index === which ? [forged, honest] : [honest]),
})

const VALUES: [what: string, value: unknown][] = [
  ['a day', 86_400_000],
  ['more than a day', 86_400_001],
  ['less than nothing', -1],
  ['no number', Number.NaN],
  ['an endless one', Number.POSITIVE_INFINITY],
  ['a text', 'soon'],
]

/** Every field of every frame that is in the clear, and everything that a transport is told in the clear. */
const FORGED: [what: string, forgery: Forgery][] = [
  ...P2P_ERROR_CODES.map((code): [string, Forgery] => [
    `a refusal with the code ${code}, a day of waiting and a move`,
    answered(refusal({ code, message: 'No.', retryAfterMs: 86_400_000, moved: true })),
  ]),
  ...P2P_ERROR_CODES.map((code): [string, Forgery] => [
    `an end that the transport tells as ${code}, of the peer, with a day of waiting`,
    { breaks: () => new P2PError(code, 'No.', { details: { byPeer: true, moved: true, retryAfterMs: 86_400_000 } }) },
  ]),
  ...VALUES.map(([what, retryAfterMs]): [string, Forgery] => [
    `a refusal whose waiting is ${what}`,
    answered(refusal({ code: 'POOL_FULL', retryAfterMs })),
  ]),
  ['a refusal of an unknown code', answered(refusal({ code: 'GO_AWAY_FOR_EVER', message: 'No.' }))],
  ['a refusal with a code that is too long', answered(refusal({ code: 'X'.repeat(65) }))],
  ['a refusal whose code is no text', answered(refusal({ code: 7 }))],
  ['a refusal with a message of 10,000 bytes', answered(refusal({ code: 'POOL_FULL', message: 'x'.repeat(10_000) }))],
  ['a refusal whose message is no text', answered(refusal({ code: 'POOL_FULL', message: [] }))],
  ['a refusal whose move is no boolean', answered(refusal({ code: 'CONNECTION_CLOSED', moved: 1 }))],
  ['a refusal with fields of the prototype', answered(refusal({ code: 'POOL_FULL', byPeer: true, fault: true, inClear: false }))],
  ['a refusal without fields', answered(refusal({}))],
  ['a refusal that is no map', answered(frame(kinds.refusal, [0xc0]))],
  ['an empty refusal', answered(frame(kinds.refusal))],
  ['a refusal before READY', { toDialler: (_, index) => (index === 0 ? [_] : [refusal({ code: 'SHUT_DOWN', moved: true })]) }],
  ...[0, 8, 21, 255].map((bits): [string, Forgery] => [`work of ${bits} bits`, answered(frame(kinds.retry, bytes(16), [bits]))]),
  ...[0, 16, 18, 60_000].map((length): [string, Forgery] => [
    `a challenge of ${length} bytes`,
    answered(frame(kinds.retry, bytes(length))),
  ]),
  ['two challenges', answered(frame(kinds.retry, bytes(16), [1]), frame(kinds.retry, bytes(16, 8), [1]))],
  ['an answer to a challenge that it never had', answered(frame(kinds.work, bytes(8)))],
  ...[0, 31, 32, 200, 60_000].flatMap((length) =>
    [0, 7, 255].map((value): [string, Forgery] => [
      `a handshake message of ${length} bytes, all ${value}`,
      answered(frame(kinds.handshake, bytes(length, value))),
    ]),
  ),
  ['frames of unknown kinds', answered(frame(4), frame(0x7f, bytes(100)), frame(0xff))],
  ['an empty frame', answered(new Uint8Array(0))],
  ['nothing at all', { toDialler: () => [] }],
  ['the answer twice', { toDialler: (honest, index) => (index === 0 ? [honest, honest.slice()] : [honest]) }],
  [
    'the answer, and a refusal at once',
    { toDialler: (honest, index) => (index === 0 ? [honest, refusal({ code: 'BANNED' })] : [honest]) },
  ],
  ...[0, 0.05, 0.3, 0.6, 0.9, 1].flatMap((at): [string, Forgery][] => [
    [`a bit of the responder's handshake at ${at}`, flipped('toDialler', 0, at)],
    [`a bit of READY and the description at ${at}`, flipped('toDialler', 1, at)],
    [`a bit of the dialler's offer at ${at}`, flipped('toResponder', 0, at)],
    [`a bit of the dialler's handshake at ${at}`, flipped('toResponder', 1, at)],
    [`a bit of the dialler's description at ${at}`, flipped('toResponder', 2, at)],
  ]),
  [
    'an offer of no version',
    before(0, frame(kinds.handshake, bytes(32), encode({ versions: [], network: 'lotus', suites: ['ChaChaPoly'] }))),
  ],
  [
    'an offer of another version',
    before(0, frame(kinds.handshake, bytes(32), encode({ versions: [9], network: 'lotus', suites: ['X'] }))),
  ],
  [
    'an offer of another network',
    before(0, frame(kinds.handshake, bytes(32), encode({ versions: [2], network: 'test', suites: ['ChaChaPoly'] }))),
  ],
  ['an offer that is no map', before(0, frame(kinds.handshake, bytes(32), [0xc1]))],
  ...(['SHUT_DOWN', 'NAME_TAKEN', 'BANNED', 'REPLACED'] as P2PErrorCode[]).flatMap((code): [string, Forgery][] => [
    [`a refusal by the dialler, ${code}, before its offer`, before(0, refusal({ code, moved: true }))],
    [`a refusal by the dialler, ${code}, before its hello`, before(1, refusal({ code, moved: true }))],
    [`a refusal by the dialler, ${code}, before its description`, before(2, refusal({ code, moved: true }))],
  ]),
  ['work of the dialler that nobody asked for', before(1, frame(kinds.work, bytes(8)))],
]

let net: TestNetwork

/** What is stored, less our own records, which are made anew; of the peers that are wanted, which they are. */
async function contentOf(store: KeyValueStore): Promise<string[]> {
  const keys = (await store.keys('')).filter((key) => !key.startsWith('announce/')).sort()
  const content = async (key: string) =>
    key.startsWith('wanted/') ? '' : Buffer.from((await store.get(key)) ?? []).toString('hex')
  return Promise.all(keys.map(async (key) => `${key} ${await content(key)}`))
}

/** Alice keeps two connections: to a relay that she was configured with, and to Bob, whom the application has connected to. */
async function world() {
  net = createTestNetwork({ latencyMs: 5 })
  let way: Forgery | undefined
  const dials: number[] = []
  const cuts: (() => void)[] = []
  const inner = net.network.transport('alice')
  const store = memoryStore()
  const alice = net.createPeer({
    peerId: 'alice',
    host: 'alice',
    listening: false,
    bootstrap: ['memory://relay'],
    store,
    transport: onTheWay(
      inner,
      () => {
        dials.push(net.clock.elapsed())
        return way
      },
      (cut) => void cuts.push(cut),
    ),
  })
  const relay = net.createPeer({ peerId: 'relay', host: 'relay', relay: true })
  const bob = net.createPeer({ peerId: 'bob', host: 'bob' })
  for (const peer of [relay, bob, alice]) await net.run(peer.start())
  await net.run(alice.connectToPeer('memory://bob'))
  // Anchors are chosen meanwhile.
  await net.clock.advance(700_000)
  const forge = (forgery: Forgery | undefined) => {
    way = forgery
  }
  const cut = () => {
    for (const each of cuts.splice(0)) each()
  }
  return { alice, relay, bob, store, dials, forge, cut }
}

const isBack = (alice: P2PCoordinator) => alice.isConnected('relay') && alice.isConnected('bob')

describe('somebody on the way who forges', () => {
  // One world for all: what any of them leaves behind shows in those that follow, too.
  let made: Awaited<ReturnType<typeof world>>
  beforeAll(async () => {
    made = await world()
  })
  afterAll(() => net.stop())

  it.each(FORGED)('%s ends the attempt, and decides nothing lasting', async (_, forgery) => {
    const { alice, relay, bob, store, dials, forge, cut } = made
    const kept = await contentOf(store)
    dials.length = 0
    forge(forgery)
    cut()
    for (let i = 0; i < 200 && dials.length < 2 * SPOILT; i++) await net.clock.advance(500)
    expect(dials.length).toBeGreaterThanOrEqual(2 * SPOILT)
    await net.clock.advance(100)
    expect(await contentOf(store)).toEqual(kept)
    forge(undefined)
    // A dial under way may have to reach its deadline first.
    const until = net.clock.elapsed() + STEP_MS + limits.handshakeTimeoutMs
    while (!isBack(alice) && net.clock.elapsed() < until) await net.clock.advance(500)
    expect([alice.isConnected('relay'), alice.isConnected('bob')]).toEqual([true, true])
    for (const peer of [alice, relay, bob]) {
      expect(peer.listBans()).toEqual([])
      for (const other of ['alice', 'relay', 'bob'].filter((name) => peer.isConnected(name))) {
        const { score, faults } = peer.reputationOf(other)
        expect([score < 0, faults]).toEqual([false, {}])
      }
    }
  })

  it('frames of an open connection ends that connection, which comes back, and nobody is blamed', async () => {
    const { alice, bob, forge, cut } = made
    const errors: string[] = []
    for (const peer of [alice, bob]) {
      peer.on('error', ({ code }) => void errors.push(code))
      peer.on('message', () => {})
    }
    for (const forged of [
      bytes(0),
      bytes(1),
      bytes(40),
      refusal({ code: 'SHUT_DOWN', moved: true }),
      frame(kinds.handshake, bytes(90)),
    ]) {
      let isOpen = false
      forge({
        toDialler: (honest) => (isOpen ? [forged] : [honest]),
        toResponder: (honest) => (isOpen ? [forged] : [honest]),
      })
      cut()
      await net.clock.advance(100)
      for (let i = 0; i < 100 && !isBack(alice); i++) await net.clock.advance(500)
      await net.clock.advance(200)
      expect(isBack(alice)).toBe(true)
      isOpen = true
      alice.sendTo('bob', { type: 'x', payload: 1 }).catch(() => {})
      bob.sendTo('alice', { type: 'x', payload: 1 }).catch(() => {})
      await net.clock.advance(100)
      expect(alice.isConnected('bob')).toBe(false)
      forge(undefined)
      await net.clock.advance(STEP_MS)
      expect(isBack(alice)).toBe(true)
    }
    expect([alice.listBans(), bob.listBans(), alice.reputationOf('bob').faults, bob.reputationOf('alice').faults]).toEqual([
      [],
      [],
      {},
      {},
    ])
    expect(errors).toEqual([])
  })
})

/** Somebody who answers where an address leads, with a key of its own: whoever dials an address alone cannot know better. */
async function impostor(connection: Connection, terms: Partial<HandshakeTerms>, described: object): Promise<void> {
  const identity = identityFromSeed(bytes(32, 99))
  const keys = await createChannelKeys(identity, 'lotus', net.clock.now())
  const local = { network: 'lotus', session: bytes(16), keys: async () => keys }
  const handshake = new Handshake(false, local, limits, { now: () => net.clock.now(), ...terms })
  let frames = 0
  connection.attach({
    onFrame: async (received) => {
      // The dialler's offer and its hello; a refusal or its description are of no interest.
      if (++frames > 2 || received[0] !== kinds.handshake) return
      const { frame: answer, noise } = await handshake.receive(received)
      if (answer !== undefined) connection.send(answer)
      if (noise === undefined) return
      const writer = new BatchWriter(60_000, (plaintext) => connection.send(noise.send.encrypt(plaintext)))
      writer.add(Entry.READY, undefined, bytes(0))
      writer.add(Entry.DESCRIPTION, undefined, encode(described))
      writer.writeOut()
    },
    onClose: () => {},
    onDrain: () => {},
  })
}

describe('somebody who answers in place of a relay', () => {
  afterEach(() => net.stop())
  const honest = { agent: 'x', streams: bytes(8), protocols: [], addresses: [] }
  const LIES: [what: string, terms: Partial<HandshakeTerms>, described: object][] = [
    ['a name that is none', {}, { ...honest, name: 'lp1x' }],
    ['a name that holds a line', {}, { ...honest, name: 'a\nb' }],
    ['no agent', {}, { ...honest, agent: undefined }],
    ['addresses that are none', {}, { ...honest, addresses: ['http://%%%'] }],
    ['a number of protocols', {}, { ...honest, protocols: 7 }],
    ['budgets of nothing', {}, { ...honest, budgets: { '*': [0, 0, 0, 0] } }],
    ['streams of 3 bytes', {}, { ...honest, streams: bytes(3) }],
    ['a clock at 0', { now: () => 0 }, honest],
    ['a clock in ten thousand years', { now: () => 8.64e15 }, honest],
  ]

  it.each(LIES)('with %s ends the attempt, and the relay is dialled on', async (_, terms, described) => {
    net = createTestNetwork({ latencyMs: 5 })
    const evil = net.network.listener('relay')
    await evil.listen((connection) => void impostor(connection, terms, described))
    const alice = net.createPeer({ peerId: 'alice', host: 'alice', listening: false, bootstrap: ['memory://relay'] })
    await net.run(alice.start())
    await net.clock.advance(20_000)
    await evil.close()
    const relay = net.createPeer({ peerId: 'relay', host: 'relay', relay: true })
    await net.run(relay.start())
    await net.clock.advance(STEP_MS + limits.handshakeTimeoutMs)
    expect([alice.isConnected('relay'), alice.listBans()]).toEqual([true, []])
  })
})

describe('answers by HTTP', () => {
  const answers = [400, 401, 403, 404, 405, 409, 410, 413, 421, 451].flatMap((status) =>
    (['SHUT_DOWN', 'INVALID_ADDRESS', 'BANNED', 'NAME_TAKEN', 'PROTOCOL_VIOLATION'] as const).map(
      (code) => [status, code] as const,
    ),
  )

  it('of every status and code end the connection as lost, and speak for nobody', async () => {
    let answer: readonly [status: number, code: string] = [200, '']
    const server = createServer((request, response) => {
      request.resume()
      const isOpening = request.url!.endsWith('frames') || !/[?]/.test(request.url!)
      if (isOpening) response.end('a'.repeat(22))
      else response.writeHead(answer[0]).end(JSON.stringify({ code: answer[1], retryAfterMs: 86_400_000, moved: true }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      for (answer of answers) {
        const connection = await httpDial(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { firstFrame: bytes(3) })
        const error = await new Promise<Error | undefined>((resolve) => {
          connection.attach({ onFrame: () => {}, onClose: resolve, onDrain: () => {} })
        })
        expect(error).toMatchObject({ code: 'CONNECTION_LOST' })
        expect((error as P2PError).details).toEqual({})
      }
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
})
