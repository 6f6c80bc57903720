import { readFileSync } from 'node:fs'
import { afterEach, expect, test, vi } from 'vitest'
import { P2PCoordinator } from '../src/coordinator.js'
import { startRelay, webSocketServer } from '../src/node/index.js'
import { Peer } from './independent/peer.js'
import { Inbox, type Pipe, Refused, webSocket } from './independent/pipes.js'
import {
  type Anything,
  block,
  type Fault,
  hex,
  keyOf,
  Noise,
  pack,
  pairOf,
  peerIdOf,
  sha256,
  sign,
  tagged,
  u,
  unpack,
  verify,
  work,
} from './independent/wire.js'

const vectors = (name: string) => JSON.parse(readFileSync(`docs/vectors/${name}.json`, 'utf8'))
const codeOf = (act: () => unknown) => {
  try {
    return act() as string
  } catch (error) {
    return (error as Fault).code
  }
}
/** The JSON form of values, section E. */
function fromJson(json: Anything): Anything {
  if (Array.isArray(json)) return json.map(fromJson)
  if (json === null || typeof json !== 'object') return json
  if ('$bytes' in json) return Buffer.from(json.$bytes, 'base64url')
  if ('$bigint' in json) return BigInt(json.$bigint)
  if ('$date' in json) return new Date(json.$date)
  if ('$number' in json) return Number(json.$number)
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, fromJson(value)]))
}

test('the vectors: values, identities, a handshake with fixed keys', () => {
  const encoding = vectors('encoding')
  for (const { json, bytes } of encoding.valid) {
    expect(pack(fromJson(json)).toString('hex')).toBe(bytes)
    expect(unpack(hex(bytes))).toEqual(fromJson(json))
  }
  for (const { why, bytes, code } of encoding.invalid) expect([why, codeOf(() => unpack(hex(bytes)))]).toEqual([why, code])
  for (const { bytes } of encoding.invalidWhereSigned) expect(codeOf(() => unpack(hex(bytes), true))).toBe('MALFORMED_DATA')
  unpack(hex(encoding.deepest))

  const identity = vectors('identity')
  const [alice, bob] = identity.seeds.map(({ seed }: Anything) => pairOf('Ed25519', hex(seed)))
  for (const { seed, publicKey, peerId } of identity.seeds) {
    expect(pairOf('Ed25519', hex(seed)).publicKey.toString('hex')).toBe(publicKey)
    expect([peerIdOf(hex(publicKey)), keyOf(peerId).toString('hex')]).toEqual([peerId, publicKey])
  }
  for (const { tag, payload, signature } of identity.tags)
    expect(sign(alice, tagged(tag, hex(payload))).toString('hex')).toBe(signature)
  const { x25519, notBefore, notAfter, signature } = identity.certificate
  expect(sign(alice, tagged('channel', Buffer.concat([hex(x25519), u(8, notBefore), u(8, notAfter)]))).toString('hex')).toBe(
    signature,
  )
  for (const kind of ['valid', 'invalid'])
    for (const { why, publicKey, message, signature } of identity.signatures[kind])
      expect([why, verify(hex(message), hex(publicKey), hex(signature))]).toEqual([why, kind === 'valid'])

  const session = vectors('handshake')
  const noise = (name: string) =>
    new Noise(
      name === 'initiator',
      pairOf('X25519', hex(session[name].x25519Secret)),
      pairOf('X25519', hex(session[name].ephemeralSecret)),
    )
  const [initiator, responder] = [noise('initiator'), noise('responder')]
  const payloads = [session.offer, session.responderHello, session.initiatorHello]
  for (const [index, payload] of payloads.entries()) {
    const [from, to] = index === 1 ? [responder, initiator] : [initiator, responder]
    const frame = from.write(index, pack(unpack(hex(payload), true)))
    expect(frame.toString('hex')).toBe(session.frames[index])
    expect(to.read(index, frame).toString('hex')).toBe(payload)
  }
  expect(initiator.hash.toString('hex')).toBe(session.handshakeHash)
  const [ours, theirs] = [initiator.split(), responder.split()]
  expect(ours.keys.map((key) => key.toString('hex'))).toEqual(session.transportKeys)
  for (const { from, plaintext, frame } of session.transport) {
    const [sender, receiver] = from === 'alice' ? [ours, theirs] : [theirs, ours]
    expect(sender.send.seal(hex(plaintext)).toString('hex')).toBe(frame)
    expect(receiver.receive.open(hex(frame)).toString('hex')).toBe(plaintext)
    if (plaintext === '120000') for (const cipher of [sender.send, receiver.receive]) cipher.rekey()
  }
  const { retry, proofOfWork } = session
  expect(work(tagged('retry', hex(retry.challenge + retry.ephemeral)), retry.bits).toString('hex')).toBe(retry.nonce)
  const { day, bits, nonce } = proofOfWork
  const salt = sha256(sign(bob, tagged('work-salt', u(4, day)))).subarray(0, 16)
  expect(salt.toString('hex')).toBe(proofOfWork.salt)
  expect(work(block(bob.publicKey, salt, day, alice.publicKey), bits).toString('hex')).toBe(nonce)
})

const until = (holds: () => unknown) => vi.waitFor(holds, 10_000)
const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})
const peerWith = (...protocols: string[]) => {
  const peer = new Peer(['lotus/heartbeat', 'lotus/peer', ...protocols])
  ends.push(() => {
    peer.close()
    expect(peer.errors).toEqual([])
  })
  return peer
}
const relayWith = async (options: object = {}) => {
  const relay = await startRelay({ port: 0, host: '127.0.0.1', ...options })
  ends.push(() => relay.stop())
  return relay
}
const sdkWith = async (options: object = {}) => {
  const sdk = new P2PCoordinator(options)
  sdk.on('error', () => undefined)
  ends.push(() => sdk.shutdown())
  await sdk.start()
  return sdk
}

/** For `dial`: straight to another peer of this kind. */
function within(other: Peer) {
  return async (first: Buffer): Promise<Pipe> => {
    const inboxes = [new Inbox<Buffer>(), new Inbox<Buffer>()]
    const [here, there] = inboxes.map((frames, index) => ({
      rank: 3,
      largest: 65_535,
      frames,
      send: (frame: Buffer) => inboxes[1 - index]!.put(frame),
      close() {
        for (const inbox of inboxes) inbox.end(new Refused('CONNECTION_LOST'))
      },
    }))
    there!.frames.put(first)
    void other.answer(there!)
    return here!
  }
}

test('a relay: proof of work, heartbeat, records, what it does not serve', async () => {
  const relay = await relayWith({ powDifficulty: 12 })
  const peer = peerWith('echo')
  const session = await peer.dial(webSocket(relay.url), relay.peerId)
  expect([peer.worked.proof, session.peerId]).toEqual([1, relay.peerId])
  await peer.received.next(({ type }) => type === 'ping')
  expect((await session.request('ping', null, 'lotus/heartbeat')).type).toBe('pong')

  const record = peer.record({ key: 'offer-1', value: { sats: 5n }, sequence: 1, ttl: 60 })
  expect((await session.request('store', { record }, 'lotus/dht')).payload).toEqual({ stored: true })
  const { payload: found } = await session.request('find-record', { key: 'offer-1' }, 'lotus/dht')
  expect(found.records).toEqual([record])
  expect(verify(tagged('record', found.records[0][1]), peer.publicKey, found.records[0][2])).toBe(true)
  await expect(session.request('anything', null, 'no-such-protocol')).rejects.toMatchObject({ code: 'PROTOCOL_NOT_SUPPORTED' })
})

test('a relay under load asks for work first, and what is malformed ends a channel either way', async () => {
  const relay = await relayWith()
  const offer = pack({ versions: [2], network: 'lotus', suites: ['ChaChaPoly'] })
  const idle = await Promise.all(
    Array.from({ length: 130 }, () => webSocket(relay.url)(new Noise(true, pairOf('X25519')).write(0, offer))),
  )
  const peer = peerWith()
  const session = await peer.dial(webSocket(relay.url), relay.peerId)
  expect([peer.worked.retry, session.peerId]).toEqual([1, relay.peerId])
  for (const pipe of idle) pipe.close()
  for (const [target, url] of [
    ['relay', webSocket(relay.url)],
    ['independent', within(peerWith('chat'))],
  ] as const) {
    const evil = peerWith()
    evil.silent = true
    const victim = await evil.dial(url)
    victim.serving!.raw(hex('14000d0100000000000100000000000001000401cd0001')) // 1, not in its shortest form
    await until(() => expect([target, victim.ended]).toEqual([target, 'MALFORMED_DATA']))
  }
})

test('signed messages, and those of `lotus/` that are given up with the connection', async () => {
  const sdk = await sdkWith({ listen: [webSocketServer()], requireSignatures: true })
  const got: unknown[] = []
  sdk.on('message', ({ payload }) => got.push(payload))
  const peer = peerWith('echo')
  const session = await peer.dial(webSocket(sdk.addresses[0]!), sdk.peerId)
  await session.post('note', { b: 1, a: 2n }, 'echo')
  await until(() => expect(got).toEqual([{ a: 2n, b: 1 }]))
  await sdk.sendTo(peer.peerId, { type: 'note', payload: { z: 1, y: 2 }, protocol: 'echo' })
  expect((await peer.received.next(({ type }) => type === 'note')).payload).toEqual({ y: 2, z: 1 })
  session.cut()
  for (let n = 0; n < 3; n++) await session.post('ping', null, 'lotus/heartbeat')
  await until(() => expect(session.paths).toEqual([]))
  await peer.dial(webSocket(sdk.addresses[0]!), sdk.peerId)
  expect(Math.max(...[...session.outs.values()].map(({ givenUp }) => givenUp))).toBeGreaterThanOrEqual(3)
  expect((await session.request('ping', null, 'lotus/heartbeat')).type).toBe('pong')
  session.told.requireSignatures = false
  await session.post('note', 'unsigned', 'echo')
  await until(() => expect(session.ended).toBe('SIGNATURE_REQUIRED'))
})

test('an SDK peer: both directions, long messages, new keys, budgets and refusals', async () => {
  const sdk = await sdkWith({ listen: [webSocketServer()] })
  const handled: unknown[] = []
  sdk.registerProtocol({
    protocolName: 'echo',
    rateLimits: { messagesPerS: 50, burst: 10 },
    handleMessage: async (message) => void handled.push(message.payload),
    onPeerConnected: async () => undefined,
    onPeerDisconnected: async () => undefined,
  })
  const peer = peerWith('echo')
  const session = await peer.dial(webSocket(sdk.addresses[0]!), sdk.peerId)
  await session.post('note', 'x'.repeat(200_000), 'echo')
  session.rekey()
  await until(() => expect(handled).toHaveLength(1))
  const answer = sdk.request(peer.peerId, { type: 'say', payload: { n: 7n, when: new Date(5) }, protocol: 'echo' })
  const asked = await peer.received.next(({ type }) => type === 'say')
  await session.post('said', asked.payload, 'echo', { inReplyTo: asked.id })
  expect((await answer).payload).toEqual({ n: 7n, when: new Date(5) })

  const begun = Date.now()
  await Promise.all(Array.from({ length: 40 }, (_, n) => session.post('note', n, 'echo')))
  expect(Date.now() - begun).toBeGreaterThan(500)
  await until(() => expect(handled).toHaveLength(41))
  expect(session.refusals).toEqual([])
  session.unpaced = true
  for (let n = 40; n < 140; n++) void session.post('note', n, 'echo')
  await until(() => expect(handled).toHaveLength(141))
  expect(handled.slice(1)).toEqual(Array.from({ length: 140 }, (_, n) => n))
  expect(session.refusals[0]).toMatchObject({ protocol: 'echo', budget: 'echo' })
})

test('circuits: found by introduction, called, called back; a better path, and a path that breaks, lose nothing', async () => {
  const relay = await relayWith()
  const sdk = await sdkWith({ bootstrap: [relay.url], listen: [webSocketServer()] })
  const got: unknown[] = []
  sdk.on('message', ({ payload }) => got.push(payload))
  const peer = peerWith('echo', 'lotus/circuit-stop', 'lotus/introduce-watch')
  const atRelay = await peer.dial(webSocket(relay.url))
  expect((await atRelay.request('reserve', null, 'lotus/circuit-hop')).payload.maxCircuits).toBeGreaterThan(0)
  const { payload } = await atRelay.request('find', { peerId: sdk.peerId }, 'lotus/introduce')
  expect(payload.peers.map(({ publicKey }: Anything) => peerIdOf(publicKey))).toEqual([sdk.peerId])
  await atRelay.post('watch', { watch: 1, protocol: 'late' }, 'lotus/introduce')

  const session = await peer.dial(atRelay.through(sdk.peerId), sdk.peerId)
  expect(session.transport).toBe('circuit')
  let sent = 0
  let back = 0
  const stream = setInterval(() => {
    void session.post('note', sent++, null)
    void sdk.sendTo(peer.peerId, { type: 'back', payload: back++ }, { queue: true })
  }, 5)
  ends.push(() => clearInterval(stream))
  await session.post('large', 'x'.repeat(700_000), null)
  await until(() => expect(got.length).toBeGreaterThan(20))
  expect(await peer.dial(webSocket(sdk.addresses[0]!), sdk.peerId)).toBe(session)
  expect([session.transport, session.paths.length]).toEqual(['websocket', 2])
  for (let cut = 0; cut < 2; cut++) {
    const before = got.length
    await until(() => expect(got.length).toBeGreaterThan(before + 50))
    const old = session.paths
    session.cut()
    await until(() => expect(session.paths.some((path) => old.includes(path))).toBe(false))
    expect(await peer.dial(webSocket(sdk.addresses[0]!), sdk.peerId)).toBe(session)
  }
  clearInterval(stream)
  await until(() => expect(got.length).toBe(sent + 1))
  expect(got.filter((one) => typeof one === 'number')).toEqual(Array.from({ length: sent }, (_, n) => n))
  for (let n = 0; n < back; n++) expect((await peer.received.next(({ type }) => type === 'back')).payload).toBe(n)
  const answer = sdk.request(peer.peerId, { type: 'say', payload: 1, protocol: 'echo' })
  const asked = await peer.received.next(({ type }) => type === 'say')
  await session.post('said', 2, 'echo', { inReplyTo: asked.id })
  expect((await answer).payload).toBe(2)

  const caller = await sdkWith({ bootstrap: [relay.url] })
  caller.registerProtocol({
    protocolName: 'late',
    handleMessage: async () => undefined,
    onPeerConnected: async () => undefined,
    onPeerDisconnected: async () => undefined,
  })
  const { payload: pushed } = await peer.received.next(({ type }) => type === 'peers')
  expect([pushed.watch, peerIdOf(pushed.peers[0].publicKey)]).toEqual([1, caller.peerId])
  await caller.connectToPeer(peer.peerId)
  let pauses = 2
  peer.refuse = (protocol, number) => (protocol === 'echo' && number === 3 && pauses-- > 0 ? 100 : 0)
  for (let n = 0; n < 6; n++) await caller.sendTo(peer.peerId, { type: 'part', payload: n, protocol: 'echo' })
  for (let n = 0; n < 6; n++) expect((await peer.received.next(({ type }) => type === 'part')).payload).toBe(n)
  expect(pauses).toBeLessThan(0)
  await caller.sendTo(peer.peerId, { type: 'call', payload: 'x'.repeat(300_000), protocol: 'echo' })
  const call = await peer.received.next(({ type }) => type === 'call')
  expect([call.from.peerId, call.from.transport, call.payload.length]).toEqual([caller.peerId, 'circuit', 300_000])
})

test('records and topics, together with an SDK peer', async () => {
  const relay = await relayWith()
  const sdk = await sdkWith({ bootstrap: [relay.url] })
  const peer = peerWith('lotus/topics')
  const atRelay = await peer.dial(webSocket(relay.url))
  const record = peer.record({
    key: 'resource:session:s1',
    value: { data: { sats: 5n }, createdAt: Date.now() },
    sequence: 1,
    ttl: 60,
  })
  await atRelay.request('store', { record }, 'lotus/dht')
  expect((await sdk.getResource('session', 's1'))?.data).toEqual({ sats: 5n })
  await sdk.announceResource('session', 's2', { sats: 6n }, { ttl: 600 })
  const { payload } = await atRelay.request(
    'find-record',
    { key: 'resource:session:*', filters: { where: { 'data.sats': { gte: 6 } } } },
    'lotus/dht',
  )
  const [[key, found, signature]] = payload.records
  expect([peerIdOf(key), verify(tagged('record', found), key, signature), unpack(found, true).value.data]).toEqual([
    sdk.peerId,
    true,
    { sats: 6n },
  ])

  const heard: unknown[] = []
  sdk.subscribe('offers', ({ payload, publisherId }) => heard.push([payload, publisherId]))
  await atRelay.post('want', [['offers', 0]], 'lotus/topics')
  await until(async () => {
    expect((await atRelay.request('publish', peer.topicMessage('offers', { sats: 7 }), 'lotus/topics')).payload).toEqual({
      subscribers: 1,
    })
  })
  await until(() => expect(heard.at(-1)).toEqual([{ sats: 7 }, peer.peerId]))
  await until(async () => expect((await sdk.publish('offers', { sats: 8 })).subscribers).toBe(1))
  expect(await peer.topics.next()).toEqual({ topic: 'offers', payload: { sats: 8 }, publisher: sdk.peerId })
})

test('what breaks the rules ends the channel, at an SDK peer and at this one', async () => {
  const { invalidPlaintexts, scenarios, messages } = vectors('channel')
  const asPlaintext = ({ why, message, code }: Anything) => {
    const body = hex(`01${message}`)
    const head = Buffer.concat([Buffer.of(1), u(2, body.length)]).toString('hex')
    return { why, code, plaintext: `1400110100000000000100000000000063686174${head}${body.toString('hex')}` }
  }
  const bad = [...invalidPlaintexts, ...messages.invalid.map(asPlaintext)]
  const sdk = await sdkWith({ listen: [webSocketServer()] })
  const delivered: unknown[] = []
  sdk.on('message', ({ payload }) => delivered.push(payload))
  for (const target of ['sdk', 'independent']) {
    let other = peerWith('chat')
    const dial = async () => {
      other = peerWith('chat')
      const evil = peerWith('chat')
      evil.silent = true
      const session = await evil.dial(target === 'sdk' ? webSocket(sdk.addresses[0]!) : within(other))
      await new Promise((resolve) => setTimeout(resolve, 1))
      return session
    }
    for (const { why, plaintext, code } of bad) {
      const session = await dial()
      session.serving!.raw(hex(plaintext))
      await until(() => expect([target, why, session.ended]).toEqual([target, why, code]))
    }
    for (const { what, paths, delivered: expected, code } of scenarios) {
      const session = await dial()
      delivered.length = 0
      for (const [index, plaintexts] of paths.entries()) {
        session.refuses = () => false
        if (index > 0) await session.peer.dial(target === 'sdk' ? webSocket(sdk.addresses[0]!) : within(other))
        await new Promise((resolve) => setTimeout(resolve, 5))
        for (const plaintext of plaintexts) session.serving!.raw(hex(plaintext))
      }
      if (code !== undefined) await until(() => expect([target, what, session.ended]).toEqual([target, what, code]))
      else if (target === 'sdk') await until(() => expect([what, delivered]).toEqual([what, expected]))
      else for (const payload of expected) expect([what, (await other.received.next()).payload]).toEqual([what, payload])
    }
  }
})
