import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hexToBytes as bytes, bytesToHex as hex } from '@noble/hashes/utils.js'
import { expect, test } from 'vitest'
import channel from '../docs/vectors/channel.json' with { type: 'json' }
import circuits from '../docs/vectors/circuits.json' with { type: 'json' }
import dht from '../docs/vectors/dht.json' with { type: 'json' }
import encoding from '../docs/vectors/encoding.json' with { type: 'json' }
import handshake from '../docs/vectors/handshake.json' with { type: 'json' }
import identity from '../docs/vectors/identity.json' with { type: 'json' }
import signing from '../docs/vectors/signing.json' with { type: 'json' }
import statements from '../docs/vectors/statements.json' with { type: 'json' }
import topics from '../docs/vectors/topics.json' with { type: 'json' }
import { isP2PError } from '../src/base/errors.js'
import { DEFAULT_LIMITS } from '../src/base/limits.js'
import { BatchReader, BatchWriter, type Entry } from '../src/channel/batch.js'
import { verifyCertificate } from '../src/channel/certificate.js'
import { decodeDescription } from '../src/channel/description.js'
import { Handshake, refusalOf } from '../src/channel/handshake.js'
import { chooseFrom, encodeHello, encodeOffer, verifyHello } from '../src/channel/hello.js'
import { NoiseXX } from '../src/channel/noise.js'
import { answersRetry, retryTask } from '../src/channel/retry.js'
import { verify } from '../src/identity/ed25519.js'
import { signEnvelope, signingBytes } from '../src/identity/envelope.js'
import { identityFromSeed } from '../src/identity/identity.js'
import { assertPeerName, decodePeerId, encodePeerId } from '../src/identity/peer-id.js'
import { decode, encode } from '../src/message/codec.js'
import { fromJsonValue, toJsonValue } from '../src/message/json.js'
import { decodeMessage, encodeSigned } from '../src/message/p2p-protocol.js'
import {
  announcementHash,
  meetingId,
  meetingTag,
  meetingType,
  offerId,
  readMeeting,
  readOffer,
  SIGNER_TYPE,
} from '../src/musig2/announcements.js'
import { bindingHolds, bindingOf } from '../src/musig2/binding.js'
import { areSignatures, assembled, combine } from '../src/musig2/combine.js'
import { noncesIn, partialsIn, readSigningMessage, type SigningMessageType } from '../src/musig2/messages.js'
import { encodeRequest, readRequest } from '../src/musig2/request.js'
import {
  ackShape,
  closeShape,
  dataShape,
  incomingShape,
  openedShape,
  openShape,
  parseFrame,
  reservedShape,
} from '../src/plugins/circuit/frames.js'
import { nodeIdOf, placeOfKey, placeOfSet, setPartOf } from '../src/plugins/dht/records/key-space.js'
import { decodeRecord, supersedes } from '../src/plugins/dht/records/record.js'
import { checkFilters, matchesConditions } from '../src/plugins/dht/records/record-filters.js'
import { RecordVerifier } from '../src/plugins/dht/records/record-verifier.js'
import { resourceKey } from '../src/plugins/discovery/resource-key.js'
import { verifyProofOfWork, workBlock } from '../src/plugins/proof-of-work/proof-of-work.js'
import { readTopicMessage, verifyTopicMessage } from '../src/plugins/topics/topic-messages.js'
import { encodeEvidence, evidenceOf, evidenceToJson, verifyEvidence } from '../src/statements/equivocation.js'
import { freshName, readStatement, statementId, verifyStatement } from '../src/statements/statement.js'
import { StatementBoard } from '../src/statements/statement-board.js'
import { StatementRounds } from '../src/statements/statement-rounds.js'
import { VirtualClock } from '../src/testing/index.js'
import { vectorFiles } from './vectors/make-wire.js'

const NETWORK = 'lotus'
const { initiator, responder } = handshake

/** The code of what is thrown; undefined where nothing is. */
function codeOf(run: () => unknown): string | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    return isP2PError(error) ? error.code : String(error)
  }
}

test('the vectors, and the document that shows them, are what npm run docs:vectors makes', async () => {
  const files = await vectorFiles()
  expect(Object.keys(files).length).toBeGreaterThan(8)
  for (const [path, text] of Object.entries(files)) expect([path, readFileSync(path, 'utf8') === text]).toEqual([path, true])
})

test.each(encoding.valid)('$json is $bytes, both ways', ({ json, bytes: form }) => {
  const value = fromJsonValue(json)
  expect(hex(encode(value))).toBe(form)
  expect(toJsonValue(decode(bytes(form)))).toEqual(toJsonValue(value))
})

test.each(encoding.invalid)('no decoder takes $why', ({ bytes: form, code }) => {
  expect(codeOf(() => decode(bytes(form)))).toBe(code)
})

test('32 containers inside each other are taken', () => {
  expect(codeOf(() => decode(bytes(encoding.deepest)))).toBeUndefined()
})

test.each(encoding.invalidWhereSigned)('$why: refused in what is signed, else taken', ({ bytes: form }) => {
  expect(codeOf(() => decode(bytes(form)))).toBeUndefined()
  expect(codeOf(() => decode(bytes(form), undefined, { canonical: true }))).toBe('MALFORMED_DATA')
})

test('seeds have the keys and ids of the vectors', () => {
  for (const { seed, publicKey, peerId } of identity.seeds) {
    expect(hex(identityFromSeed(bytes(seed)).publicKey)).toBe(publicKey)
    expect(encodePeerId(bytes(publicKey))).toBe(peerId)
    expect(hex(decodePeerId(peerId))).toBe(publicKey)
  }
})

test.each(identity.invalidPeerIds)('a peer id that is wrong is refused: $why', ({ id }) => {
  expect(codeOf(() => decodePeerId(id))).toBe('INVALID_PEER_ID')
})

test('names are judged as the vectors say', () => {
  for (const name of identity.validNames) expect([name, codeOf(() => assertPeerName(name))]).toEqual([name, undefined])
  for (const { name } of identity.invalidNames)
    expect([name, codeOf(() => assertPeerName(name))]).toEqual([name, 'INVALID_PEER_ID'])
})

test.each(identity.tags)('what is signed under the tag $tag', async ({ tag, payload, signed, signature }) => {
  const own = tag as Parameters<typeof signingBytes>[0]
  expect(hex(signingBytes(own, bytes(payload), NETWORK))).toBe(signed)
  const envelope = await signEnvelope(identityFromSeed(bytes(initiator.ed25519Seed)), own, bytes(payload), NETWORK)
  expect(hex(envelope.signature)).toBe(signature)
})

test('the certificate of an X25519 key holds for its dates', async () => {
  const { x25519, notBefore, notAfter, signature } = identity.certificate
  const holds = (from: number, until: number) =>
    verifyCertificate(
      { notBefore: from, notAfter: until, signature: bytes(signature) },
      bytes(initiator.ed25519Public),
      bytes(x25519),
      NETWORK,
    )
  expect(await holds(notBefore, notAfter)).toBe(true)
  expect(await holds(notBefore, notAfter - 1)).toBe(false)
})

test.each(identity.signatures.valid)('a signature holds: $why', async ({ publicKey, message, signature }) => {
  expect(await verify(bytes(signature), bytes(message), bytes(publicKey))).toBe(true)
})

test.each(identity.signatures.invalid)('a signature does not hold: $why', async ({ publicKey, message, signature }) => {
  expect(await verify(bytes(signature), bytes(message), bytes(publicKey))).toBe(false)
})

const ends = { remote: initiator.peerId, local: responder.peerId }
const keys = { remote: bytes(initiator.ed25519Public), local: bytes(responder.ed25519Public) }

test('the messages of the vectors are read as what they say', () => {
  const read = (message: string) => decodeMessage(bytes(message), DEFAULT_LIMITS, ends)
  const { valid } = channel.messages
  expect(read(valid.ping)).toMatchObject({ type: 'ping', from: ends.remote, to: ends.local, protocol: 'lotus/heartbeat' })
  expect(read(valid.greeting)).toMatchObject({ payload: { text: 'hi' }, protocol: 'chat', messageId: 'message-1' })
  expect(read(valid.broadcast).to).toBeUndefined()
  expect(read(valid.withoutProtocol).protocol).toBeUndefined()
  expect(read(valid.answer).inReplyTo).toBe('id-0')
})

test.each(channel.messages.invalid)('a message is refused: $why', ({ message, code }) => {
  const read = () => {
    const { from, to } = decodeMessage(bytes(message), DEFAULT_LIMITS, ends)
    if (from !== ends.remote) throw new Error('FOREIGN_SENDER')
    if (to !== undefined && to !== ends.local) throw new Error('PROTOCOL_VIOLATION')
  }
  expect(codeOf(read)).toContain(code)
})

test('a signed message is the array with both keys, and its signature holds', async () => {
  for (const { bytes: array, signature } of Object.values(channel.messages.signed)) {
    const message = decodeMessage(bytes(array), DEFAULT_LIMITS, ends, keys)
    expect(message.from).toBe(ends.remote)
    const to = message.to === undefined ? undefined : keys.local
    expect(hex(encodeSigned(message, keys.remote, to, DEFAULT_LIMITS))).toBe(array)
    expect(await verify(bytes(signature), signingBytes('message', bytes(array), NETWORK), keys.remote)).toBe(true)
  }
})

test.each(channel.messages.invalidSigned)('a signed message is refused: $why', ({ bytes: array, code }) => {
  expect(codeOf(() => decodeMessage(bytes(array), DEFAULT_LIMITS, ends, keys))).toBe(code)
})

const circuitShapes = {
  open: openShape,
  opened: openedShape,
  incoming: incomingShape,
  data: dataShape,
  ack: ackShape,
  close: closeShape,
  reserved: reservedShape,
}
const circuitPayload = (type: string, payload: string): unknown =>
  parseFrame(circuitShapes[type as 'open'], decode(bytes(payload)))

test('circuit payloads are read as what they say', () => {
  expect(circuitPayload('open', circuits.open)).toEqual({ target: responder.peerId, frame: Uint8Array.of(1, 2, 3) })
  expect(circuitPayload('opened', circuits.opened)).toEqual({ circuit: 9, window: 524_288, frameBytes: 61_440 })
  expect(circuitPayload('incoming', circuits.incoming)).toMatchObject({ circuit: 4, from: initiator.peerId })
  expect(circuitPayload('data', circuits.data)).toEqual([9, Uint8Array.of(4, 5, 6)])
  expect(circuitPayload('ack', circuits.ack)).toEqual([9, 131_072])
  expect(circuitPayload('close', circuits.close)).toMatchObject([9])
  expect(circuitPayload('close', circuits.closeWithCode)).toMatchObject([9, 'CONNECTION_LOST'])
  expect(circuitPayload('close', circuits.closeWithLimit)).toEqual([9, 'LIMIT_EXCEEDED', 'circuitMs'])
  expect(circuitPayload('reserved', circuits.reserved)).toMatchObject({ expiresInS: 3_600, maxCircuits: 64 })
})

test.each(circuits.invalid)('a circuit payload is refused: $why', ({ type, payload }) => {
  expect(codeOf(() => circuitPayload(type, payload))).toBe('MALFORMED_DATA')
})

const publisher = bytes(dht.publisher)
const recordOf = (payload: string) => decodeRecord([publisher, bytes(payload), new Uint8Array(64)], DEFAULT_LIMITS, NETWORK)

test('records are read, and their signatures hold', async () => {
  const clock = new VirtualClock()
  const verifier = new RecordVerifier({ network: NETWORK, clock: { ...clock, now: () => 1_700_000_000_000 } as never })
  for (const { wire } of Object.values(dht.records)) {
    const entry = decodeRecord(decode(bytes(wire)), DEFAULT_LIMITS, NETWORK)
    await verifier.verify(entry)
    expect(entry.key).toBe('offer-1')
  }
})

test.each(dht.invalidRecords)('a record is refused: $why', ({ payload, code }) => {
  expect(codeOf(() => recordOf(payload))).toBe(code)
})

test('of two records with one sequence that of the smaller hash holds', () => {
  const [one, other] = dht.tie.payloads.map(recordOf)
  expect(supersedes(one!, other!)).toBe(dht.tie.holds === 0)
  expect(supersedes(other!, one!)).toBe(dht.tie.holds === 1)
})

test.each(dht.filters.cases)('the conditions $where match: $matches', ({ where, matches }) => {
  const conditions = checkFilters({ where: fromJsonValue(where) }).where!
  expect(matchesConditions(fromJsonValue(dht.filters.value), conditions)).toBe(matches)
})

test.each(dht.filters.invalid)('conditions are refused: $why', ({ where }) => {
  expect(codeOf(() => checkFilters({ where: fromJsonValue(where) }))).toBe('INVALID_RECORD')
})

test('nodes, keys and sets have their places', () => {
  for (const { publicKey, id } of dht.nodeIds) expect(hex(nodeIdOf(bytes(publicKey), NETWORK))).toBe(id)
  expect(hex(placeOfKey(dht.placeOfKey.key, NETWORK))).toBe(dht.placeOfKey.place)
  const { type, id, key, place, parts } = dht.resource
  expect(resourceKey(type, id, DEFAULT_LIMITS)).toBe(key)
  expect(hex(placeOfKey(key, NETWORK))).toBe(place)
  for (const { place, ...part } of parts) {
    expect(setPartOf(key, part.depth, NETWORK)).toEqual(part)
    expect(hex(placeOfSet(part, NETWORK))).toBe(place)
  }
})

test('topic messages are named by the hash of what is signed', async () => {
  for (const { wire, name } of [topics.message, topics.equivocation, topics.next]) {
    const message = readTopicMessage(decode(bytes(wire)), DEFAULT_LIMITS, NETWORK)
    expect(message).toMatchObject({ topic: 'offers', id: name, hops: 0 })
    expect(await verifyTopicMessage(message, NETWORK)).toBe(message)
    await expect(verifyTopicMessage(message, 'other')).rejects.toMatchObject({ code: 'INVALID_SIGNATURE' })
  }
})

test.each(topics.invalid)('a topic message is refused: $why', ({ wire, code }) => {
  expect(codeOf(() => readTopicMessage(decode(bytes(wire)), DEFAULT_LIMITS, NETWORK))).toBe(code)
})

test('statements are verified, and what contradicts them is a proof', async () => {
  const network = { network: NETWORK }
  const [said, other] = await Promise.all(
    [statements.statement, statements.contradiction].map(async ({ wire, id }) => {
      const statement = await verifyStatement(readStatement(decode(bytes(wire))), network)
      expect(hex(statementId(statement, NETWORK))).toBe(id)
      return statement
    }),
  )
  const evidence = evidenceOf(said!, other!)!
  expect(hex(encodeEvidence(evidence))).toBe(statements.evidence)
  expect(evidenceToJson(evidence)).toBe(statements.evidenceJson)
  for (const proof of [bytes(statements.evidence), statements.evidenceJson]) {
    expect((await verifyEvidence(proof, network)).publicKey).toEqual(publisher)
  }
})

test('a session of statements has its tag, and its rounds their digests', async () => {
  const board = (slots?: string[]) =>
    new StatementBoard({
      network: NETWORK,
      protocol: 'dice',
      session: 'table-7',
      members: statements.members.map(bytes).reverse(),
      slots,
      limits: DEFAULT_LIMITS,
    })
  const { statement, otherStatement, digests, sessionTag } = statements
  expect(hex(board().tag)).toBe(sessionTag.tagOfAnySlots)
  const held = board([...sessionTag.slots].reverse())
  expect(hex(held.tag)).toBe(sessionTag.tag)
  expect(hex(held.digest(1))).toBe(digests.empty)
  await held.hear({ publicKey: publisher, payload: bytes(statement.payload), signature: bytes(statement.signature) })
  expect(hex(held.digest(1))).toBe(digests.ofOne)
  const { publicKey, payload, signature } = otherStatement
  await held.hear({ publicKey: bytes(publicKey), payload: bytes(payload), signature: bytes(signature) })
  expect(hex(held.digest(1))).toBe(digests.ofBoth)
})

test('members of a run say `go` over the items of a round, and are ready with a hash of all', () => {
  const { ids, go, ready } = statements.rounds
  const said: string[] = []
  const rounds = new StatementRounds({
    clock: new VirtualClock(),
    network: NETWORK,
    members: 2,
    own: 0,
    rounds: [false, true].map((isReady) => ({ isReady, deadlineMs: 1_000, owing: () => [0, 1] })),
    item: (round, place) => (round === 0 ? bytes(ids[place]!) : undefined),
    go: () => undefined,
    begin: (_, value) => value && said.push(`ready ${hex(value)}`),
    complete: (_, digest) => said.push(`go ${hex(digest)}`),
    ask: () => false,
    onProgress: () => {},
    stop: () => {},
    end: () => {},
    leave: () => {},
  })
  rounds.start()
  rounds.close()
  expect(said).toEqual([`go ${go}`, `ready ${ready}`])
})

test.each(statements.invalid)('a statement is refused: $why', ({ payload }) => {
  expect(codeOf(() => readStatement([publisher, bytes(payload), new Uint8Array(64)]))).toBe('INVALID_STATEMENT')
})

test('a request of wallets that sign together is read as it was written, and proven by its members', () => {
  const request = readRequest(bytes(signing.request.bytes))
  expect(hex(encodeRequest(request))).toBe(signing.request.bytes)
  expect([hex(request.hash), hex(request.keys[0]!.publicKey)]).toEqual([signing.request.hash, signing.request.publicKey])
  for (const [i, { hashed, proof }] of signing.bindings.entries()) {
    const { networkKey, fresh } = signing.members[i]!
    expect(hex(bindingOf(request.hash, bytes(networkKey), bytes(fresh)))).toBe(hashed)
    expect(bindingHolds(request, i, bytes(fresh), [bytes(proof)])).toBe(true)
  }
})

test('messages of wallets that sign together have the bytes of the vectors', () => {
  for (const [name, payload] of Object.entries(signing.messages)) {
    const type = (name === 'refusal' ? 'answer' : name) as SigningMessageType
    const { fields } = readSigningMessage(type, decode(bytes(payload)))
    expect(hex(encode([...fields]))).toBe(payload)
  }
})

test('a session of wallets that sign together has its name and tag, and its items add up', async () => {
  const members = [...signing.members].sort((one, other) => (one.networkKey < other.networkKey ? -1 : 1))
  const keys = members.map(({ networkKey }) => bytes(networkKey))
  const { named, name, tag } = signing.session
  const protocol = 'lotus/musig2'
  const fresh = members.map((member) => bytes(member.fresh))
  expect(freshName(NETWORK, { protocol, session: named }, keys, fresh)).toBe(name)
  const board = new StatementBoard({
    network: NETWORK,
    limits: { ...DEFAULT_LIMITS },
    protocol,
    session: name,
    members: keys,
    slots: ['item', 'go'],
  })
  expect(hex(board.tag)).toBe(tag)
  const request = readRequest(bytes(signing.request.bytes))
  const nonces = signing.items.nonce.map((value) => noncesIn(bytes(value), 1)!)
  const partials = signing.items.partial.map((value) => partialsIn(bytes(value), 1)!)
  const context = createHash('sha256')
    .update(bytes(signing.items.nonce.join('')))
    .digest('hex')
  expect(partials.map(([each]) => hex(each!))).toEqual([context, context])
  const { signed, signatures } = (await combine(
    request,
    nonces,
    partials.map((all) => all.slice(1)),
  )) as Extract<Awaited<ReturnType<typeof combine>>, { signed: object }>
  expect(signatures.map(hex)).toEqual([signing.signature])
  expect([hex(signed.transaction), signed.txid]).toEqual([signing.transaction, signing.txid])
  expect(areSignatures(request, [bytes(signing.signature)])).toBe(true)
  expect(assembled(request, [bytes(signing.signature)])).toEqual(signed)
})

test.each(signing.invalidRequests)('a request of wallets that sign together is refused: $why', ({ bytes: encoded, field }) => {
  expect(() => readRequest(bytes(encoded))).toThrow(
    expect.objectContaining({ details: expect.objectContaining({ reason: 'INVALID_REQUEST', field }) }),
  )
})

test.each(signing.invalidMessages)('a message of wallets that sign together is refused: $why', ({ type, payload }) => {
  expect(codeOf(() => readSigningMessage(type as SigningMessageType, decode(bytes(payload))))).toBe('MALFORMED_DATA')
})

test('a signer for hire and a meeting are found by their proofs, and others are shown to nobody', () => {
  const { publisher, day, offer, meeting, invalidOffers } = signing.announcements
  const [{ networkKey, walletKey }] = signing.members as [(typeof signing.members)[number]]
  const keys = signing.members.map((member) => bytes(member.walletKey))
  const [key, network] = [bytes(walletKey), bytes(networkKey)]
  const now = day * 86_400_000
  const found = ({ type, id, data }: { type: string; id: string; data: string }) =>
    ({ resourceType: type, resourceId: id, creatorPeerId: publisher, data: decode(bytes(data)), createdAt: now }) as never
  for (const { type, id, hashed } of [offer, meeting])
    expect(hex(announcementHash({ network: NETWORK, resource: `${type}/${id}`, networkKey: network, day }))).toBe(hashed)
  expect([offer.type, offer.id]).toEqual([SIGNER_TYPE, offerId(key)])
  expect([meeting.type, meeting.id]).toEqual([meetingType(keys, day), meetingId(network)])
  expect(hex(meetingTag(key, network, day))).toBe(meeting.tag)
  expect(readOffer(found(offer), {}, NETWORK, now)).toMatchObject({ peerId: publisher, label: 'Escrow, Berne' })
  expect(hex(readMeeting(found(meeting), keys, NETWORK, now)!)).toBe(walletKey)
  for (const { why, data } of invalidOffers)
    expect([why, readOffer(found({ ...offer, data }), {}, NETWORK, now)]).toEqual([why, undefined])
})

/** A hello, decoded without any judgement. */
const told = (payload: string) => decode(bytes(payload)) as never as Record<'certificate' | 'now' | 'work' | 'proof', never>

test('the offer and both hellos have the bytes of the vectors', () => {
  expect(hex(encodeOffer(NETWORK))).toBe(handshake.offer)
  for (const [payload, { ed25519Public, x25519Secret, x25519Public, session }] of [
    [handshake.responderHello, responder],
    [handshake.initiatorHello, initiator],
  ] as const) {
    const { certificate, now, work, proof } = told(payload)
    const [notBefore, notAfter, signature] = certificate as unknown as [number, number, Uint8Array]
    const [day, nonce] = (proof ?? []) as unknown as [number, Uint8Array]
    const keys = {
      noise: { secretKey: bytes(x25519Secret), publicKey: bytes(x25519Public) },
      publicKey: bytes(ed25519Public),
      certificate: { notBefore, notAfter, signature },
    }
    const hello = { version: 2, suite: 'ChaChaPoly', keys, session: bytes(session), now, work, proof: proof && { day, nonce } }
    expect(hex(encodeHello(hello))).toBe(payload)
    expect(payload.length % 512).toBe(0)
  }
})

test('both hellos are accepted', async () => {
  for (const [payload, { ed25519Public, x25519Public, session }] of [
    [handshake.responderHello, responder],
    [handshake.initiatorHello, initiator],
  ] as const) {
    const { remote } = await verifyHello(bytes(payload), bytes(x25519Public), DEFAULT_LIMITS, NETWORK)
    expect(remote).toMatchObject({ session, publicKey: bytes(ed25519Public), version: 2 })
  }
})

test.each(handshake.invalid.offers)('an offer is refused: $why', ({ payload, code }) => {
  expect(codeOf(() => chooseFrom(bytes(payload), NETWORK, DEFAULT_LIMITS))).toBe(code)
})

test.each(handshake.invalid.hellos)('a hello of the responder is refused: $why', async ({ payload, code }) => {
  const { answer } = await dialled()
  await expect(answer(payload)).rejects.toMatchObject({ code })
})

test('the hello of the responder is accepted by a dialler', async () => {
  const { answer } = await dialled()
  expect((await answer(handshake.responderHello)).met?.remote.publicKey).toEqual(keys.local)
})

/** A dialler of the SDK, whose first message has come; `answer` sends it a hello as payload 2, by the responder of the vectors. */
async function dialled() {
  const local = { network: NETWORK, session: bytes(initiator.session), keys: () => Promise.reject(new Error('too early')) }
  const dialler = new Handshake(true, local, DEFAULT_LIMITS, { now: () => 1_700_000_000_000 })
  const staticKeys = { secretKey: bytes(responder.x25519Secret), publicKey: bytes(responder.x25519Public) }
  const noise = new NoiseXX({ initiator: false, prologue: bytes(handshake.prologue), staticKeys })
  noise.readMessage(dialler.start().subarray(1))
  return { answer: (payload: string) => dialler.receive(Uint8Array.of(1, ...noise.writeMessage(bytes(payload)))) }
}

test('the work of a RETRY is for its challenge and one first key', () => {
  const { challenge, ephemeral, bits, nonce, hashed } = handshake.retry
  const task = retryTask(NETWORK, bytes(challenge), bytes(ephemeral))
  expect(hex(task) + nonce).toBe(hashed)
  expect(answersRetry(task, bytes(nonce), bits)).toBe(true)
  expect(answersRetry(task, bytes(nonce), bits + 8)).toBe(false)
  expect(answersRetry(retryTask('other', bytes(challenge), bytes(ephemeral)), bytes(nonce), bits)).toBe(false)
})

test('both ends of the handshake have the frames, the hash, and the channel of the vectors', () => {
  const end = (isInitiator: boolean, { x25519Secret, x25519Public, ephemeralSecret }: typeof initiator, ephemeral: string) =>
    new NoiseXX({
      initiator: isInitiator,
      prologue: bytes(handshake.prologue),
      staticKeys: { secretKey: bytes(x25519Secret), publicKey: bytes(x25519Public) },
      ephemeralKeys: { secretKey: bytes(ephemeralSecret), publicKey: bytes(ephemeral) },
    })
  const [first, second, third] = handshake.frames.map((frame) => frame.slice(2))
  const wallet = end(true, initiator, first!.slice(0, 64))
  const relay = end(false, responder, second!.slice(0, 64))
  expect(hex(wallet.writeMessage(bytes(handshake.offer)))).toBe(first)
  expect(hex(relay.readMessage(bytes(first!)))).toBe(handshake.offer)
  expect(hex(relay.writeMessage(bytes(handshake.responderHello)))).toBe(second)
  expect(hex(wallet.readMessage(bytes(second!)))).toBe(handshake.responderHello)
  expect(hex(wallet.writeMessage(bytes(handshake.initiatorHello)))).toBe(third)
  expect(hex(relay.readMessage(bytes(third!)))).toBe(handshake.initiatorHello)
  const [alice, bob] = [wallet.split('ChaChaPoly'), relay.split('ChaChaPoly')]
  expect(hex(alice.handshakeHash)).toBe(handshake.handshakeHash)
  expect(hex(bob.handshakeHash)).toBe(handshake.handshakeHash)
  for (const { from, plaintext, frame } of handshake.transport) {
    const [sender, receiver] = from === 'alice' ? [alice, bob] : [bob, alice]
    expect(hex(sender.send.encrypt(bytes(plaintext)))).toBe(frame)
    expect(hex(receiver.receive.decrypt(bytes(frame)))).toBe(plaintext)
    if (plaintext !== channel.entries.rekey) continue
    sender.send.rekey()
    receiver.receive.rekey()
  }
})

test('a refusal in the clear is read, and keeps nobody away for more than 10 s', () => {
  const { code, details } = refusalOf(bytes(handshake.refusal).subarray(1), DEFAULT_LIMITS, true)
  expect(code).toBe('POOL_FULL')
  expect(details.retryAfterMs).toBe(10_000)
})

const read = (plaintexts: string[]) => {
  const entries: [kind: number, body: string][] = []
  const reader = new BatchReader(DEFAULT_LIMITS)
  for (const plaintext of plaintexts) reader.read(bytes(plaintext), (kind, body) => entries.push([kind, hex(body)]))
  return entries
}

test('entries that are cut into parts are put together, and cut in the same way', () => {
  const { whole, of24BytePlaintexts, descriptionOf64BytePlaintexts } = channel.fragments
  expect(read(of24BytePlaintexts)).toEqual([[0x01, whole.slice(2)]])
  const out: string[] = []
  const writer = new BatchWriter(24, (plaintext) => out.push(hex(plaintext)))
  writer.add(0x01 as Entry, undefined, bytes(whole.slice(2)))
  writer.writeOut()
  expect(out).toEqual(of24BytePlaintexts)
  const [[kind, body]] = read(descriptionOf64BytePlaintexts) as [[number, string]]
  expect(kind).toBe(0x16)
  expect(decodeDescription(bytes(body), DEFAULT_LIMITS)).toMatchObject({ addresses: ['wss://relay.example'] })
})

test('the descriptions of the vectors are read as what they say', () => {
  const [[, body]] = read([channel.entries.description]) as [[number, string]]
  expect(decodeDescription(bytes(body), DEFAULT_LIMITS)).toEqual({
    agent: 'vectors/2',
    name: 'alice',
    streams: bytes(initiator.streams),
    protocols: ['lotus/heartbeat', 'lotus/peer', 'chat'],
    addresses: [],
    metadata: { label: 'a wallet' },
    budgets: { '*': [1_000, 2_000, 1_048_576, 2_097_152], chat: [10, 20, null, null] },
  })
})

test('a proof of work is for one dialler, one responder and one day', async () => {
  const { responder, dialler, day, salt, saltSignature, saltOfYesterday, block, bits, nonce } = handshake.proofOfWork
  const dayOf = new Uint8Array(4)
  new DataView(dayOf.buffer).setUint32(0, day)
  const signed = await signEnvelope(identityFromSeed(bytes(handshake.responder.ed25519Seed)), 'work-salt', dayOf, NETWORK)
  expect(hex(signed.signature)).toBe(saltSignature)
  expect(createHash('sha256').update(signed.signature).digest('hex').slice(0, 32)).toBe(salt)
  const purpose = { publicKey: bytes(dialler), responder: bytes(responder), salt: bytes(salt), network: NETWORK }
  expect(hex(workBlock(purpose, day))).toBe(block)
  const holds = (change: object = {}, proof = { day, nonce: bytes(nonce) }) =>
    verifyProofOfWork({ ...purpose, bits, proof, ...change })
  expect(holds()).toBe(true)
  expect(holds({ publicKey: bytes(responder) })).toBe(false)
  expect(holds({ responder: bytes(dialler) })).toBe(false)
  expect(holds({ salt: bytes(saltOfYesterday) })).toBe(false)
  expect(holds({ network: 'other' })).toBe(false)
  expect(holds({}, { day: day - 1, nonce: bytes(nonce) })).toBe(false)
})
