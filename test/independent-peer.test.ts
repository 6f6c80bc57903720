import { EventEmitter, once } from 'node:events'
import { readFileSync } from 'node:fs'
import { ed25519 } from '@noble/curves/ed25519.js'
import { afterEach, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { P2PCoordinator } from '../src/coordinator.js'
import { startRelay, webSocketServer } from '../src/node/index.js'
import { Channel, Peer, pipeOf, Session } from './independent/peer.js'
import {
  Cipher,
  codeOf,
  decode,
  encode,
  hex,
  holds,
  idOf,
  NONE,
  noiseOf,
  readHello,
  sha256,
  tagged,
  type Wire,
  work,
  ZEROS,
} from './independent/wire.js'

// A peer that is made of docs/wire-protocol.md, docs/wire/ and docs/vectors/ alone, by somebody who has not read src/, talks to relays and wallets of the
// SDK over real sockets.

const revive = (_: string, v: Wire) => {
  if (v?.$number) return Number(v.$number)
  if (v?.$bytes !== undefined) return Buffer.from(v.$bytes, 'base64url')
  return v?.$bigint ? BigInt(v.$bigint) : v?.$date ? new Date(v.$date) : v
}
const vectors = (name: string) =>
  JSON.parse(readFileSync(new URL(`../docs/vectors/${name}.json`, import.meta.url), 'utf8'), revive)
/** The code with which each is refused; all have to be those of the vectors. */
function expectRefusals(cases: Wire[], run: (one: Wire) => unknown) {
  const codes = cases.map((one) => {
    try {
      return run(one) === false ? 'INVALID_SIGNATURE' : 'taken'
    } catch (error) {
      return codeOf(error)
    }
  })
  expect(codes).toEqual(cases.map(({ code = codeOf(Error()) }) => code))
}
const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const close of ends.splice(0).reverse()) await close()
})
async function relayOf(options = {}) {
  const relay = await startRelay({ port: 0, host: '127.0.0.1', ...options })
  ends.push(() => relay.stop())
  return relay
}
async function walletOf(options: ConstructorParameters<typeof P2PCoordinator>[0]) {
  const wallet = new P2PCoordinator(options)
  const [got, gone]: Wire[][] = [[], []]
  wallet.on('message', (message) => got!.push(message))
  wallet.on('disconnected', ({ peerId }, { code }) => gone!.push([peerId, code]))
  ends.push(() => wallet.shutdown())
  await wallet.start()
  return Object.assign(wallet, { got: got!, gone: gone! })
}
async function peerAt(url: string, options: Partial<Peer> = {}) {
  const peer = Object.assign(new Peer(), options)
  const session = await peer.connect(url)
  ends.push(() => session.close('SHUT_DOWN'))
  return { peer, session }
}
/** A wallet that listens, and the peer connected to it. */
async function pair(options: ConstructorParameters<typeof P2PCoordinator>[0] = {}, more: Partial<Peer> = {}) {
  const wallet = await walletOf({ listen: [webSocketServer()], ...options })
  return { wallet, ...(await peerAt(wallet.addresses[0]!, more)) }
}
const numbers = (n: number) => Array.from({ length: n }, (_, i) => i)
const payloads = (messages: Wire[]) => messages.map(({ payload }) => payload)
const until = (holds: () => unknown) => vi.waitFor(() => expect(holds()).toBeTruthy(), { timeout: 10_000, interval: 5 })

test('values and identities are as the vectors have them', () => {
  const { valid, invalid, invalidWhereSigned } = vectors('encoding')
  for (const { json, bytes } of valid) expect([encode(json).toString('hex'), decode(hex(bytes))]).toEqual([bytes, json])
  expectRefusals(invalid, ({ bytes }) => decode(hex(bytes)))
  expectRefusals(invalidWhereSigned, ({ bytes }) => decode(hex(bytes), true))
  const { seeds, tags, signatures } = vectors('identity')
  for (const { seed, publicKey, peerId } of seeds) expect(idOf(ed25519.getPublicKey(hex(seed))), publicKey).toBe(peerId)
  const peer = Object.assign(new Peer(), { seed: hex(seeds[0].seed) })
  for (const { tag, payload, signature } of tags) expect(peer.sign(tag, hex(payload)).toString('hex')).toBe(signature)
  const isHeld = ({ publicKey, message, signature }: Wire) => holds(hex(publicKey), hex(message), hex(signature))
  expect(signatures.valid.every(isHeld)).toBe(true)
  for (const one of signatures.invalid) expect(() => expect(isHeld(one)).toBe(true), one.why).toThrow()
})

test('a whole session is byte by byte that of the vectors, and hellos are refused as there', () => {
  const { initiator, responder, proofOfWork, retry, ...v } = vectors('handshake')
  const noiseFor = (one: Wire) => noiseOf(one === initiator, { e: hex(one.ephemeralSecret), s: hex(one.x25519Secret) })
  const [a, b] = [noiseFor(initiator), noiseFor(responder)]
  const payload = [v.offer, v.responderHello, v.initiatorHello]
  for (const [i, tokens] of ['e', 'e ee s es', 's se'].entries()) {
    const [from, to] = i === 1 ? [b, a] : [a, b]
    const frame = from.write(tokens, hex(payload[i]))
    expect([frame.toString('hex'), to.read(tokens, frame).toString('hex')]).toEqual([v.frames[i], payload[i]])
  }
  const ciphers = new Map([['alice', a.split()[0]]])
  for (const { from, plaintext, frame } of v.transport) {
    const cipher = ciphers.get(from) ?? b.split()[1]
    ciphers.set(from, cipher)
    expect(cipher.encrypt(hex(plaintext)).toString('hex')).toBe(frame)
    if (plaintext === '120000') cipher.rekey()
  }
  const { block, bits, nonce } = proofOfWork
  expect(work(bits, (one) => sha256(hex(block), one)).toString('hex')).toBe(nonce)
  const asked = tagged('retry', hex(retry.challenge), hex(retry.ephemeral))
  expect(work(retry.bits, (one) => sha256(asked, one)).toString('hex')).toBe(retry.nonce)
  expectRefusals(v.invalid.hellos, (one) => readHello(hex(one.payload), hex(responder.x25519Public)))
})

test('streams deliver and violations end a channel as in the vectors', () => {
  const { invalidPlaintexts, scenarios, messages } = vectors('channel')
  const { initiator, responder } = vectors('handshake')
  const peer = Object.assign(new Peer(), { key: hex(responder.ed25519Public), id: responder.peerId, protocols: ['chat'] })
  const sessionOf = () => new Session({ peer, key: hex(initiator.ed25519Public), id: NONE })
  const run = (paths: string[][]) => {
    const session = sessionOf()
    for (const [i, plaintexts] of paths.entries()) {
      const pipe = pipeOf(new EventEmitter(), { send() {}, close() {}, rank: 3, max: 65_519 })
      const channel = new Channel({ session, pipe, dialled: false, out: new Cipher(ZEROS), into: new Cipher(ZEROS) })
      channel.described = true
      for (const plaintext of [`1700040000000${i}`, ...plaintexts]) channel.take(hex(plaintext))
    }
    return payloads(session.inbox)
  }
  expectRefusals(invalidPlaintexts, ({ plaintext }) => run([[plaintext]]))
  for (const { paths, delivered } of scenarios) if (delivered) expect(run(paths)).toEqual(delivered)
  expectRefusals(
    scenarios.filter(({ code }: Wire) => code),
    ({ paths }) => run(paths),
  )
  for (const { bytes, signature } of Object.values<Wire>(messages.signed))
    expect(sessionOf().read(hex(bytes), hex(signature)).signed).toBe(true)
  expectRefusals(messages.invalidSigned, ({ bytes, signature }) => sessionOf().read(hex(bytes), hex(signature)))
})

test('a relay that is busy and asks for work lets the peer in, and answers what it serves and what not', async () => {
  const relay = await relayOf({ powDifficulty: 8, limits: { retryAboveHandshakes: 1 } })
  const offer = encode({ versions: [2], network: 'lotus', suites: ['ChaChaPoly'] })
  const first = noiseOf(true, { e: ZEROS }).write('e', offer).toString('base64url')
  const waiting = numbers(2).map(() => new WebSocket(relay.url, [`lotus-p2p.2.${first}`]))
  const [answers] = await Promise.all(waiting.map((socket) => once(socket, 'message')))
  const { session, peer } = await peerAt(relay.url)
  for (const socket of waiting) socket.close()
  expect(answers![0][0]).toBe(1)
  expect(peer.proof[1]).toHaveLength(8)
  expect(session.description.protocols).toContain('lotus/circuit-hop')
  expect(await session.request('ping', null, 'lotus/heartbeat')).toBeNull()
  await expect(session.request('hi', null, 'no-such')).rejects.toThrow('PROTOCOL_NOT_SUPPORTED')
  await expect(session.request('nonsense', null, 'lotus/heartbeat')).rejects.toThrow('INVALID_MESSAGE')
})

test('a wallet dials the peer: fragments, answers, keys that change, and last words before an end', async () => {
  const peer = new Peer()
  const wallet = await walletOf({ limits: { rekeyAfterFrames: 3 } })
  await wallet.connectToPeer(await peer.listen())
  ends.push(() => peer.server!.close())
  const session = peer.sessions.get(wallet.peerId)!
  await wallet.sendTo(peer.id, { type: 'big', payload: new Uint8Array(200_000).fill(3), protocol: 'chat' })
  expect((await session.got('big')).payload).toHaveLength(200_000)
  for (const channel of session.paths) channel.rekey()
  for (const n of numbers(20)) await session.send('back', n)
  await session.send('big', Buffer.alloc(300_000))
  const asked = wallet.request(peer.id, { type: 'ask', payload: 5n })
  const { messageId, payload } = await session.got('ask')
  await session.send('told', payload + 1n, null, messageId)
  expect((await asked).payload).toBe(6n)
  expect(payloads(wallet.got).slice(0, 20)).toEqual(numbers(20))
  expect(wallet.got[20].payload).toHaveLength(300_000)
  for (const n of numbers(9)) await wallet.sendTo(peer.id, { type: 'last', payload: n, protocol: 'chat' })
  await wallet.disconnectFromPeer(peer.id)
  await expect(session.until(() => false)).rejects.toThrow('CONNECTION_CLOSED')
  expect(payloads(session.inbox.filter(({ type }) => type === 'last'))).toEqual(numbers(9))
})

test('a wallet that is told to wait begins its stream again, and no other one waits', async () => {
  const { wallet, peer, session } = await pair()
  const started = Date.now()
  session.refuse = ({ payload, protocol }) => (protocol === 'chat' && payload === 2 && Date.now() < started + 300 ? 300 : 0)
  for (const n of numbers(5)) await wallet.sendTo(peer.id, { type: 'n', payload: n, protocol: 'chat' })
  await wallet.sendTo(peer.id, { type: 'other', payload: 0 })
  await session.got('other')
  expect(payloads(session.inbox)).toEqual([0, 1, 0])
  await session.until(() => session.inbox.length === 6)
  expect(payloads(session.inbox)).toEqual([0, 1, 0, 2, 3, 4])
})

test('the peer keeps to a budget that it is told and is never refused; above it, it is told to wait and loses nothing', async () => {
  const { wallet, session } = await pair()
  const got: Wire[] = []
  const handler = { protocolName: 'chat', rateLimits: { messagesPerS: 100, burst: 10 }, onRegister() {} }
  wallet.registerProtocol({
    ...handler,
    handleMessage: async (message) => void got.push(message),
    onPeerConnected: async () => {},
    onPeerDisconnected: async () => {},
  })
  await session.until(() => session.buckets.has('chat'))
  for (const n of numbers(40)) await session.send('n', n, 'chat')
  await until(() => got.length === 40)
  expect(session.refusals).toEqual([])
  for (const n of numbers(60)) session.send('n', 40 + n, 'chat', undefined, true)
  await until(() => got.length === 100)
  expect(payloads(got)).toEqual(numbers(100))
  expect(session.refusals[0]).toBe('chat')
})

test('where a wallet asks for signatures, messages are signed both ways', async () => {
  const { wallet, peer, session } = await pair({ requireSignatures: true })
  await session.send('signed', { b: 1, a: [2] }, 'chat')
  await wallet.sendTo(peer.id, { type: 'signed', payload: 'too', protocol: 'chat' })
  expect(await session.got('signed')).toMatchObject({ payload: 'too', signed: true })
  await until(() => wallet.got.length > 0)
  expect(wallet.got[0].signature).toHaveLength(64)
})

test('a stream goes on over a circuit, a socket that takes its place, and the next socket after that one breaks', async () => {
  const relay = await relayOf()
  const wallet = await walletOf({ bootstrap: [relay.url], listen: [webSocketServer()] })
  const { peer, session: toRelay } = await peerAt(relay.url)
  const { peers } = await toRelay.request('find', { peerId: wallet.peerId }, 'lotus/introduce')
  const session = await peer.call(toRelay, idOf(peers[0].publicKey))
  const both = async (n: number) => {
    await session.send('n', n)
    await wallet.sendTo(peer.id, { type: 'n', payload: n, protocol: 'chat' })
  }
  for (const n of numbers(10)) await both(n)
  expect(session.serving!.of.pipe.rank).toBe(1)
  expect(await peer.connect(wallet.addresses[0]!)).toBe(session)
  for (const n of numbers(10)) await both(10 + n)
  await until(() => session.inbox.length === 20)
  expect([session.serving!.of.pipe.rank, session.changes]).toEqual([3, 1])
  ;(session.serving!.of.pipe as unknown as WebSocket).terminate()
  for (const n of numbers(10)) await both(20 + n)
  await peer.connect(wallet.addresses[0]!)
  await until(() => session.inbox.length === 30 && wallet.got.length === 30)
  expect([payloads(session.inbox), payloads(wallet.got)]).toEqual([numbers(30), numbers(30)])
})

test('a wallet calls the peer through a relay at which it has a reservation, with more than a window of frames', async () => {
  const relay = await relayOf()
  const wallet = await walletOf({ bootstrap: [relay.url] })
  const { peer, session: toRelay } = await peerAt(relay.url)
  expect((await toRelay.request('reserve', null, 'lotus/circuit-hop')).expiresInS).toBeGreaterThan(9)
  await wallet.connectToPeer(peer.id)
  const session = peer.sessions.get(wallet.peerId)!
  expect(session.serving!.of.pipe.rank).toBe(1)
  await wallet.sendTo(peer.id, { type: 'big', payload: new Uint8Array(900_000), protocol: 'chat' })
  expect((await session.got('big')).payload).toHaveLength(900_000)
  await session.send('big', Buffer.alloc(900_000))
  await until(() => wallet.got.length > 0)
  session.close('CONNECTION_CLOSED')
  await until(() => wallet.gone.length > 0)
  expect(wallet.gone).toEqual([[peer.id, 'CONNECTION_CLOSED']])
})

test('records, resources and topics of the peer reach wallets, and theirs reach the peer', async () => {
  const relay = await relayOf()
  const wallet = await walletOf({ bootstrap: [relay.url] })
  const { peer, session } = await peerAt(relay.url)
  const publish = (key: string, value: unknown, depth?: number) => {
    const record = peer.signed('record', { key, value, sequence: Date.now(), publishedAt: Date.now(), ttl: 600 })
    return session.request('store', { record, depth }, 'lotus/dht')
  }
  expect((await publish('a-key', { n: 5n })).stored).toBe(true)
  for (const depth of [undefined, 0])
    expect((await publish('resource:swap:1', { data: { coin: 'XPI' }, createdAt: Date.now() }, depth)).stored).toBe(true)
  expect(await wallet.dht.get('a-key')).toMatchObject({ value: { n: 5n } })
  expect((await wallet.discoverResources('swap', { coin: 'XPI' }))[0]).toMatchObject({ resourceId: '1', creatorPeerId: peer.id })
  await wallet.announceResource('swap', '2', { coin: 'BTC' }, { ttl: 600 })
  const { records } = await session.request(
    'find-record',
    { key: 'resource:swap:*', filters: { where: { 'data.coin': 'BTC' } } },
    'lotus/dht',
  )
  const [[key, payload, signature]] = records
  expect([idOf(key), holds(key, tagged('record', payload), signature)]).toEqual([wallet.peerId, true])
  expect(decode(payload, true)).toMatchObject({ key: 'resource:swap:2', value: { data: { coin: 'BTC' } } })

  await session.send('want', [['offers', 0]], 'lotus/topics')
  const heard: Wire[] = []
  wallet.subscribe('offers', (message) => heard.push(message))
  await wallet.publish('offers', { sats: 5n })
  const [publisher, content, signed, hops] = (await session.got('message')).payload
  expect([idOf(publisher), holds(publisher, tagged('topic', content), signed), hops]).toEqual([wallet.peerId, true, 1])
  expect([decode(content, true)[0], decode(content, true)[4]]).toEqual(['offers', { sats: 5n }])
  const own = peer.signed('topic', ['offers', peer.session, 1, Date.now(), 'hi'])
  expect(await session.request('publish', [...own, 0], 'lotus/topics')).toEqual({ subscribers: 1 })
  await until(() => heard.length > 0)
  expect(heard[0]).toMatchObject({ payload: 'hi', publisherId: peer.id })
})

test('messages of `lotus/` are given up with the last path, and those of an application go on with the next one', async () => {
  const { wallet, peer, session } = await pair()
  session.send('ping', null, 'lotus/heartbeat')
  for (const n of numbers(3)) session.send('n', n)
  ;(session.serving!.of.pipe as unknown as WebSocket).terminate()
  await session.until(() => !session.serving)
  for (const { name, givenUp } of session.outs) expect(givenUp > 0, name).toBe(name === 'lotus/heartbeat')
  expect(await peer.connect(wallet.addresses[0]!)).toBe(session)
  expect(await session.request('ping', null, 'lotus/heartbeat')).toBeNull()
  await until(() => wallet.got.length === 3)
  expect(payloads(wallet.got)).toEqual(numbers(3))
})

const unsigned = (content: unknown) => [Buffer.from(ed25519.getPublicKey(ZEROS)), encode(content), Buffer.alloc(64, 1)]
const RECORD = unsigned({ key: 'a', value: 1, sequence: 1, publishedAt: Date.now(), ttl: 60 })
const TOPIC = unsigned(['offers', Buffer.alloc(16), 1, Date.now(), 'hi'])
test.each<[string, string, (session: Session) => unknown]>([
  [
    'PROTOCOL_VIOLATION',
    'an acknowledgement of what was never sent',
    ({ serving }) => serving!.write(0x13, hex('09000000000001')),
  ],
  ['PROTOCOL_VIOLATION', 'a SWITCH with a count that it has had', ({ serving }) => serving!.write(0x17, hex('00000000'))],
  ['DECRYPT_FAILED', 'a frame that nobody has sealed', ({ serving }) => serving!.of.pipe.send(Buffer.alloc(40, 3))],
  [
    'MALFORMED_DATA',
    'a circuit to a name',
    (session) => session.send('open', { target: 'bob', frame: NONE }, 'lotus/circuit-hop'),
  ],
  ['INVALID_SIGNATURE', 'a record', (session) => session.send('store', { record: RECORD }, 'lotus/dht')],
  ['INVALID_SIGNATURE', 'a topic message', (session) => session.send('publish', [...TOPIC, 0], 'lotus/topics')],
])('a relay ends the channel with %s at %s', async (code, _, say) => {
  const { session } = await peerAt((await relayOf()).url)
  await say(session)
  await expect(session.until(() => false)).rejects.toThrow(code)
})

test('a relay refuses in the clear, and with the codes of the vectors, what is no offer for it', async () => {
  const relay = await relayOf()
  for (const { payload, code } of vectors('handshake').invalid.offers) {
    const first = noiseOf(true, { e: ZEROS }).write('e', hex(payload)).toString('base64url')
    const [frame] = await once(new WebSocket(relay.url, [`lotus-p2p.2.${first}`]), 'message')
    expect([frame[0], decode(frame.subarray(1)).code]).toEqual([0, code])
  }
})
