import { isIP } from 'node:net'
import { addressGroup, hostOf, isLoopback } from '../../src/address/address-group.js'
import { isAddress, isWebAddress, parseCircuit, parseWebRtc } from '../../src/address/addresses.js'
import { operatorOf } from '../../src/address/operator.js'
import { isPrivateAddress } from '../../src/address/private-address.js'
import { hostnameOf, parsedUrl, parseWebAddress } from '../../src/address/web-address.js'
import { readMessage } from '../../src/backplane/bus-messages.js'
import { decodedError } from '../../src/backplane/errors.js'
import { joined } from '../../src/base/bytes.js'
import { systemClock } from '../../src/base/clock.js'
import { codeOf } from '../../src/base/errors.js'
import { DEFAULT_LIMITS as limits } from '../../src/base/limits.js'
import { cutText, isWellFormed, printable } from '../../src/base/text.js'
import { BatchReader } from '../../src/channel/batch.js'
import { verifyCertificate } from '../../src/channel/certificate.js'
import { CipherState } from '../../src/channel/cipher-state.js'
import { checkMetadata, decodeDescription } from '../../src/channel/description.js'
import { encodeRefusal, Handshake, refusalOf } from '../../src/channel/handshake.js'
import { chooseFrom, verifyHello } from '../../src/channel/hello.js'
import { coinProofs } from '../../src/coinjoin/coin-proofs.js'
import { readEntry } from '../../src/coinjoin/entry.js'
import { fieldOf, isMessage } from '../../src/coinjoin/fields.js'
import { readEnd, readKeys } from '../../src/coinjoin/items.js'
import { decodePadded } from '../../src/coinjoin/padded.js'
import { isLowOrder } from '../../src/coinjoin/pads.js'
import { readRegistration } from '../../src/coinjoin/registration.js'
import { readAnswer, readProposal, readRoster } from '../../src/coinjoin/roster.js'
import { decodeVector } from '../../src/coinjoin/vectors.js'
import { Bans } from '../../src/defence/bans.js'
import { decodeBech32m } from '../../src/identity/bech32m.js'
import { verify } from '../../src/identity/ed25519.js'
import { signEnvelope, verifyEnvelope } from '../../src/identity/envelope.js'
import { assertPeerName, decodePeerId, encodePeerId, isPeerId } from '../../src/identity/peer-id.js'
import { readScript } from '../../src/lotus/script.js'
import { decodeTransaction } from '../../src/lotus/transaction.js'
import { LETTER_BYTES } from '../../src/mail/box.js'
import { readCard } from '../../src/mail/card.js'
import { generateKeyPair, hpkeSeal } from '../../src/mail/hpke.js'
import { openLetter, prekeyOf } from '../../src/mail/letter.js'
import type { MailRequestType } from '../../src/mail/messages.js'
import { answerTypeOf, readMailAnswer, readMailPush, readPrekeyBatch } from '../../src/mail/messages.js'
import { readDirect, readHad, readMessageIds, readToldCard } from '../../src/mail/peer-messages.js'
import { oneTimePrekey } from '../../src/mail/prekey-batch.js'
import { CardReader } from '../../src/mail/server/kept-card.js'
import { MAIL_REQUESTS, readMailRequest } from '../../src/mail/server/requests.js'
import { decode, encode } from '../../src/message/codec.js'
import { fromJsonValue } from '../../src/message/json.js'
import { checkMessage, decodeMessage, P2PProtocol } from '../../src/message/p2p-protocol.js'
import { parsed, type Shape } from '../../src/message/shape.js'
import { isOffer, readMeeting, readOffer } from '../../src/musig2/announcements.js'
import { readKept } from '../../src/musig2/kept-requests.js'
import { isSigningMessage, readSigningMessage } from '../../src/musig2/messages.js'
import { readNonce, readNonceSum } from '../../src/musig2/nonces.js'
import { readRequest } from '../../src/musig2/request.js'
import { readAny } from '../../src/musig2/request-kind.js'
import { addressKey, TrustedProxies } from '../../src/node/client-address.js'
import { originPolicy } from '../../src/node/origins.js'
import * as exits from '../../src/onion/exit-messages.js'
import * as onion from '../../src/onion/messages.js'
import { readOnionError } from '../../src/onion/onion-errors.js'
import { PACKET_BYTES as onionPacketBytes, openContent, openPacket, peelPacket } from '../../src/onion/packet.js'
import { isFieldElement, isSame } from '../../src/onion/sphinx.js'
import { readBackCell, readForwardCell } from '../../src/onion/stream-messages.js'
import { openReply, useSurb } from '../../src/onion/surb.js'
import { Session } from '../../src/peer/connection/session.js'
import { decodeAck, decodeRefused, decodeSequence, decodeSwitch } from '../../src/peer/connection/stream-entries.js'
import { Anchors } from '../../src/peer/keep/anchors.js'
import { findPeers, INTRODUCE, INTRODUCE_WATCH } from '../../src/plugins/circuit/find-peers.js'
import * as circuit from '../../src/plugins/circuit/frames.js'
import { findShape, unwatchShape, watchShape } from '../../src/plugins/circuit/server/introducer.js'
import { readAck, readClose } from '../../src/plugins/circuit/server/process-links.js'
import { PeerWatches, peersShape } from '../../src/plugins/circuit/watch-peers.js'
import type { DistributedHashTable } from '../../src/plugins/dht/client/dht.js'
import * as dht from '../../src/plugins/dht/client/dht-messages.js'
import { checkPattern, decodeRecord, isWireRecord, type RecordEntry, recordValue } from '../../src/plugins/dht/records/record.js'
import { checkFilters, matchesConditions, matchesFilters } from '../../src/plugins/dht/records/record-filters.js'
import { RecordVerifier } from '../../src/plugins/dht/records/record-verifier.js'
import { readContacts } from '../../src/plugins/dht/walk/contact.js'
import { PeerRecords } from '../../src/plugins/discovery/peer-records.js'
import { resourceIdOf } from '../../src/plugins/discovery/resource-key.js'
import { FrameReader } from '../../src/plugins/http/http-frames.js'
import { readState } from '../../src/plugins/persistence/state-format.js'
import { verifyProofOfWork, workBits, workBlock } from '../../src/plugins/proof-of-work/proof-of-work.js'
import { WorkProofs } from '../../src/plugins/proof-of-work/work-proofs.js'
import { WorkSalts } from '../../src/plugins/proof-of-work/work-salts.js'
import * as topics from '../../src/plugins/topics/topic-messages.js'
import * as signals from '../../src/plugins/webrtc/signals.js'
import type { ProtocolHost } from '../../src/protocol/handler.js'
import { readEvidence, verifyEvidence } from '../../src/statements/equivocation.js'
import { readStatement, verifyStatement } from '../../src/statements/statement.js'
import { isSessionMessage, readSessionMessage } from '../../src/statements/statement-messages.js'
import { type KeyValueStore, memoryStore } from '../../src/storage/key-value-store.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { parseTabMessage } from '../../src/transport/tabs/tab-messages.js'
import { bob } from '../channel/pair.js'
import { author, NOW } from './samples.js'
import { check } from './target.js'

/** A function of src/ that takes what a peer, a relay, another tab or a proxy sent, or a store kept. It returns, or throws a P2PError. */
export interface NetworkInput {
  /** File below src/ and name. */
  readonly name: string
  /** Bytes as they come; a value, as the codec makes it; a text. */
  readonly takes: 'bytes' | 'value' | 'text'
  read(input: unknown): unknown
}

const place = new Uint8Array(32)
const mailKeys = generateKeyPair()
const session = () => new Session(systemClock, limits)

const bytes = (name: string, read: (bytes: Uint8Array) => unknown): NetworkInput => ({
  name,
  takes: 'bytes',
  read: (input) => read(input as Uint8Array),
})
const text = (name: string, read: (text: string) => unknown): NetworkInput => ({
  name,
  takes: 'text',
  read: (input) => read(input as string),
})
const value = (name: string, read: (value: unknown) => unknown): NetworkInput => ({ name, takes: 'value', read })

const shapes: Record<string, Shape<unknown>> = {
  storeRequest: dht.storeRequest,
  findNodeRequest: dht.findNodeRequest,
  findNodeAnswer: dht.findNodeAnswer,
  watchRequest: dht.watchRequest,
  findRequest: dht.findRequest,
  storeAnswer: dht.storeAnswer,
  findAnswer: dht.findAnswer,
  recordPush: dht.recordPush,
}
const circuitShapes: Record<string, Shape<unknown>> = {
  openShape: circuit.openShape,
  openedShape: circuit.openedShape,
  reservedShape: circuit.reservedShape,
  incomingShape: circuit.incomingShape,
  dataShape: circuit.dataShape,
  ackShape: circuit.ackShape,
  closeShape: circuit.closeShape,
}

/** What a record's reader does next, where it was one. */
const CHOSEN = { transport: 'websocket', direct: true, since: 0, outbound: true, chosen: true }

function useRecord(entry: RecordEntry): unknown {
  return matchesFilters(entry, { where: { a: 1, 'a.b': { gt: 1n, in: ['x', null] } } }, limits) && recordValue(entry, limits)
}

/** What we send on two streams, and what the peer says of it. */
function sending() {
  const { outgoing } = session()
  const streams = [outgoing.streamOf('unknown', false), outgoing.streamOf('chat', true)]
  const body = new Uint8Array(10)
  for (let i = 0; i < 300; i++) {
    const stream = streams[i % 2]!
    const message = {
      kind: 1 as const,
      head: stream.head,
      body,
      lasting: true,
      budget: { changed: () => {} },
      onSettled: undefined,
    }
    outgoing.send(stream, { ...message, number: 0, order: 0, repeatedOn: 0 })
  }
  return { outgoing, streams }
}

function acknowledge(body: Uint8Array): void {
  const { outgoing } = sending()
  outgoing.acknowledged(decodeAck(body))
  check(outgoing.waiting + outgoing.delivered === 300, 'messages that are neither delivered nor waiting')
}

function refuse(body: Uint8Array): void {
  const { outgoing, streams } = sending()
  const isPaused = outgoing.refused(decodeRefused(body))
  const paused = streams.filter(({ pausedUntil }) => pausedUntil > Number.NEGATIVE_INFINITY)
  check(paused.length === (isPaused ? 1 : 0), 'a refusal that pauses more than its stream')
  for (const { pausedUntil, pausedBy } of paused) {
    check(pausedUntil <= systemClock.now() + limits.maxRefusalMs, 'a pause without end')
    check(/^[\w ./*?-]{0,64}$/.test(pausedBy), 'a budget with a name that nobody has')
  }
  check(outgoing.waiting + outgoing.delivered === 300, 'messages that are neither delivered nor waiting')
  outgoing.suspend()
}

function begin(body: Uint8Array): void {
  const { incoming } = session()
  const sequence = decodeSequence(body)
  incoming.begins(sequence, 100)
  check(incoming.of(sequence.stream)?.lastReceived === sequence.number - 1, 'a stream that begins elsewhere')
}

/** A relay that introduces, and that we have chosen. */
const introducer = {
  peerId: 'relay',
  publicKey: place,
  addresses: {},
  state: 'connected',
  lastSeen: 0,
  protocols: [INTRODUCE],
  connection: CHOSEN,
}

/** What an introducer answers. */
async function introduce(payload: unknown): Promise<void> {
  const host = {
    peerId: 'bob',
    clock: new VirtualClock(NOW),
    peers: () => [introducer],
    peer: () => undefined,
    request: async () => ({ payload }),
  } as unknown as ProtocolHost
  for (const { peerId, publicKey, addresses, metadata, protocols = [] } of await findPeers(host, {}, { limits })) {
    check(peerId !== 'bob' && publicKey?.length === 32, 'a peer without a key')
    check(!peerId.startsWith('lp1') || peerId === encodePeerId(publicKey), 'a key under the id of another')
    check(
      (addresses.relays ?? []).every((relay) => relay === 'relay'),
      'a relay that nobody has named',
    )
    check(protocols.length <= limits.maxProtocols && encode(metadata).length <= limits.maxMetadataBytes, 'too much of a peer')
  }
}

/** What an introducer pushes to one who watches. */
async function push(payload: unknown): Promise<void> {
  const host = { peerId: 'bob', peers: () => [], peer: () => undefined } as unknown as ProtocolHost
  const watches = new PeerWatches(host, limits)
  const shown = new Set<string>()
  watches.add({}, ({ publicKey, addresses }, change) => {
    const id = encodePeerId(publicKey!)
    check(change === 'removed' ? shown.delete(id) : (change === 'updated') === shown.has(id), 'a change of what was not told')
    if (change !== 'removed') shown.add(id)
    check(shown.size <= limits.maxIntroductions, 'more peers than one introducer may tell')
    check(
      (addresses.relays ?? []).every((relay) => relay === 'relay'),
      'a relay that nobody has named',
    )
  })
  // The number is right in any case, so that the rest is read.
  const news = typeof payload === 'object' && payload !== null ? { gone: [], ...payload, watch: 1 } : payload
  const message = { type: 'peers', from: 'relay', payload: news, timestamp: 0, messageId: 'm', protocol: INTRODUCE_WATCH }
  for (let i = 0; i < 2; i++) await watches.handleMessage(message, introducer as never)
  await watches.onPeerDisconnected(introducer as never)
  check(shown.size === 0, 'a peer that nobody tells of any more')
}

/** What a peer has published of itself. */
async function resolve(published: unknown): Promise<void> {
  const record = { value: published, publisherKey: author.publicKey, publishedAt: NOW }
  const records = new PeerRecords({ get: async () => record } as unknown as DistributedHashTable, () => ({}) as never)
  const [peer] = await records.resolve(encodePeerId(author.publicKey), {})
  check(peer?.addresses.websocket === undefined || /^wss?:/.test(peer.addresses.websocket), 'an address that is none')
  check(
    (peer?.addresses.relays ?? []).every((relay) => typeof relay === 'string'),
    'a relay that is no text',
  )
  check((await records.resolve(encodePeerId(bob.keys.publicKey), {})).length === 0, 'a record under the id of another')
}

/** A store that holds the same under every key. */
function storeOf(kept: Uint8Array, ...keys: string[]): KeyValueStore {
  return { ...memoryStore(), get: async () => kept, keys: async () => keys }
}

async function loadState(kept: Uint8Array): Promise<void> {
  const store = { ...storeOf(kept, 'state/1'), batch: async () => {} }
  const { found, bad } = await readState(store, 'state/', (members) => members)
  check(found.length + bad === 1, 'an entry that is neither read nor put aside')
}

async function loadBans(kept: Uint8Array): Promise<void> {
  const errors: unknown[] = []
  const clock = new VirtualClock(NOW)
  const store = storeOf(kept, 'ban/lp1x')
  const bans = new Bans({ clock, limits, store, onBanned: () => {}, onError: (error) => errors.push(error) })
  await bans.load()
  for (const { id } of bans.list()) refusalOf(encodeRefusal(bans.refusal(id)!), limits)
  const { since, until } = bans.add('lp1x', { cause: 'offence', reason: 'Again.' })
  check(since === NOW && until > NOW && until <= NOW + limits.maxBanMs, 'a ban of another length')
  for (const error of errors) throw error
}

async function loadAnchors(kept: Uint8Array): Promise<void> {
  const dialled: string[] = []
  const anchors = new Anchors({
    clock: new VirtualClock(NOW),
    limits,
    store: storeOf(kept),
    rules: {},
    named: new Set(),
    chosen: () => [],
    dial: async (address, id) => {
      check(/^(wss?|https?|memory):\/\//.test(address) && isPeerId(id), 'an anchor that is none')
      dialled.push(id)
    },
  })
  await anchors.start()
  anchors.close()
  check(dialled.length <= limits.maxAnchors, 'more anchors than may be')
}

async function loadProof(kept: Uint8Array): Promise<void> {
  const clock = new VirtualClock(NOW)
  const [network, onError] = ['lotus', () => {}]
  const salts = new WorkSalts({ identity: author, network, clock, limits, onError })
  const proofs = new WorkProofs({ identity: author, network, store: storeOf(kept), clock, limits, salts, onProgress: () => {} })
  await proofs.dial('wss://a.example', new AbortController().signal, async () => {})
  const [responder, salt] = [kept.slice(0, 32), kept.slice(32, 48)]
  const day = kept.length < 52 ? 0 : new DataView(kept.buffer, kept.byteOffset).getUint32(48)
  const proof = responder.length < 32 ? undefined : proofs.find({ bits: 1, salt, day }, responder)
  const block = workBlock({ publicKey: author.publicKey, responder, salt, network }, day)
  check(proof === undefined || workBits(block, proof.nonce) > 0, 'a proof that proves nothing')
  proofs.rest()
}

const proxies = new TrustedProxies(['loopback', 'private', '2001:db8::/32'])
const policies = [undefined, ['https://wallet.example', '*.wallet.example', 'null']].map((origins) => originPolicy(origins))

/** Who it came from, by the header that a proxy, or whoever is behind it, wrote. */
function forwarded(header: string): void {
  const client = proxies.clientOf('::ffff:127.0.0.1', header)
  check(isIP(client) !== 0 && addressKey(client).length <= 45, 'a client without an address')
  check(proxies.clientOf('192.0.2.7', header) === '192.0.2.7', 'somebody has chosen his own address')
}

/** A resource with whatever data a publisher gives it. */
const announced = (data: unknown) => {
  const creatorPeerId = encodePeerId(new Uint8Array(32).fill(7))
  return { resourceType: 'musig2-signer', resourceId: '0'.repeat(32), creatorPeerId, data, createdAt: 0 }
}

/** A packet that begins with these bytes. */
function packetOf(input: Uint8Array): Uint8Array {
  const packet = new Uint8Array(onionPacketBytes)
  packet.set(input.subarray(0, onionPacketBytes - 1), 1)
  packet[0] = 1
  return packet
}

const mailRequests = Object.keys(MAIL_REQUESTS) as MailRequestType[]

/** Every one of them; test/fuzz/decoders.test.ts fails where a new one is missing. */
export const NETWORK_INPUTS: readonly NetworkInput[] = [
  bytes('message/decoder decode', (input) => decode(input, limits)),
  bytes('message/p2p-protocol decodeMessage', (input) => decodeMessage(input, limits, { remote: 'alice', local: 'bob' })),
  bytes('message/p2p-protocol P2PProtocol.deserialize', (input) => new P2PProtocol().deserialize(input)),
  bytes('channel/handshake refusalOf', (input) => refusalOf(input, limits)),
  bytes('channel/handshake Handshake.receive', (input) =>
    new Handshake(false, bob.local, limits, { now: () => NOW }).receive(input),
  ),
  bytes('channel/hello chooseFrom', (input) => chooseFrom(input, 'lotus', limits)),
  bytes('channel/description decodeDescription', (input) => decodeDescription(input, limits)),
  bytes('channel/certificate verifyCertificate', (input) => {
    const certificate = { notBefore: NOW, notAfter: NOW + 1, signature: input }
    return verifyCertificate(certificate, author.publicKey, place, 'lotus')
  }),
  bytes('channel/hello verifyHello', (input) => verifyHello(input, place, limits, 'lotus')),
  bytes('channel/batch BatchReader.read', (input) => new BatchReader(limits).read(input, () => {})),
  bytes('channel/cipher-state CipherState.decrypt', (input) => new CipherState(new Uint8Array(32)).decrypt(input)),
  bytes('peer/connection/stream-entries decodeAck', acknowledge),
  bytes('peer/connection/stream-entries decodeSequence', begin),
  bytes('peer/connection/stream-entries decodeRefused', refuse),
  bytes('peer/connection/stream-entries decodeSwitch', (input) => session().isLater(decodeSwitch(input), true)),
  bytes('statements/equivocation verifyEvidence', (input) => verifyEvidence(input)),
  bytes('defence/bans Bans.load', loadBans),
  bytes('plugins/persistence/state-format readState', loadState),
  bytes('peer/keep/anchors Anchors.start', loadAnchors),
  bytes('plugins/proof-of-work/work-proofs WorkProofs.load', loadProof),
  bytes('plugins/http/http-frames FrameReader.read', (input) => {
    new FrameReader(
      () => {},
      () => {},
    ).read(input)
  }),
  bytes('backplane/bus-messages readMessage', readMessage),
  bytes('backplane/errors decodedError', decodedError),
  bytes('plugins/circuit/server/process-links readAck', readAck),
  bytes('plugins/circuit/server/process-links readClose', readClose),
  bytes('lotus/script readScript', readScript),
  bytes('lotus/transaction decodeTransaction', decodeTransaction),
  bytes('coinjoin/fields isMessage', (input) => isMessage(1, input)),
  bytes('coinjoin/items readEnd', readEnd),
  bytes('coinjoin/items readKeys', readKeys),
  bytes('coinjoin/padded decodePadded', (input) => decodePadded(input, input.length)),
  bytes('coinjoin/pads isLowOrder', isLowOrder),
  bytes('coinjoin/registration readRegistration', readRegistration),
  value('coinjoin/entry readEntry', (input) =>
    readEntry(announced(input), { network: 'lotus', poolId: '0'.repeat(32), nowMs: 0, bits: 1 }),
  ),
  value('coinjoin/roster readAnswer', readAnswer),
  value('coinjoin/roster readProposal', readProposal),
  value('coinjoin/roster readRoster', readRoster),
  bytes('coinjoin/vectors decodeVector', (input) => decodeVector(fieldOf(0), input, 1)),
  value('mail/card readCard', (value) => {
    const publisherKey = author.publicKey
    readCard({ key: `mail:${encodePeerId(publisherKey)}`, value, publisherKey, publishedAt: NOW, sequence: 1 })
  }),
  value('mail/peer-messages readDirect', readDirect),
  value('mail/peer-messages readHad', readHad),
  value('mail/peer-messages readMessageIds', readMessageIds),
  value('mail/peer-messages readToldCard', readToldCard),
  bytes('mail/letter prekeyOf', prekeyOf),
  // What is inside of a letter that opens.
  value('mail/letter openLetter', async (said) => {
    const input = encode(said)
    const size = LETTER_BYTES.find((length) => length - 60 > input.length)!
    const plain = new Uint8Array(size - 60)
    plain.set(input)
    plain[input.length] = 0x80
    const head = Uint8Array.of(1, 0, 1, 1, ...new Uint8Array(8))
    const info = joined(new TextEncoder().encode('lotus-p2p/mail/1\0'), author.publicKey, new Uint8Array(8))
    const { enc, ciphertext } = await hpkeSeal(mailKeys.publicKey, { info, aad: head }, () => plain)
    await openLetter(joined(head, enc, ciphertext), author.publicKey, mailKeys, limits, 'lotus')
  }),
  value('mail/prekey-batch oneTimePrekey', async (said) => {
    const batch = encode(said)
    const { signature } = await signEnvelope(author, 'prekeys', batch, 'lotus')
    await oneTimePrekey({ batch, signature }, 3, { owner: author.publicKey, generation: new Uint8Array(8) }, NOW, 'lotus')
  }),
  bytes('mail/messages readPrekeyBatch', (input) => {
    check(readPrekeyBatch(input).keys.length === 16, 'a batch of another length')
  }),
  bytes('mail/server/kept-card CardReader.read', async (input) => {
    const kit = {
      publicKey: place,
      network: 'lotus',
      limits,
      clock: new VirtualClock(NOW),
      check: <T>(_: string, run: () => Promise<T>) => run(),
    }
    const { peerId, record: kept } = await new CardReader(kit).read(input, '0'.repeat(32), 'bob')
    check(isPeerId(peerId) && kept === input, 'a card of nobody')
  }),
  bytes('musig2/kept-requests readKept', readKept),
  text('musig2/messages isSigningMessage', isSigningMessage),
  ...(['answer', 'roster', 'signed', 'sent', 'cancel'] as const).map((type) =>
    value(`musig2/messages readSigningMessage ${type}`, (input) => readSigningMessage(type, input)),
  ),
  bytes('musig2/nonces readNonce', readNonce),
  bytes('musig2/nonces readNonceSum', readNonceSum),
  bytes('musig2/request-kind readAny', (input) => readAny(input, coinProofs())),
  bytes('musig2/request readRequest', readRequest),
  bytes('identity/ed25519 verify', (input) => verify(input, input, input)),

  text('message/p2p-protocol P2PProtocol.fromJSON', (input) => new P2PProtocol().fromJSON(input)),
  text('identity/bech32m decodeBech32m', decodeBech32m),
  text('identity/peer-id decodePeerId', decodePeerId),
  text('identity/peer-id isPeerId', isPeerId),
  text('identity/peer-id assertPeerName', assertPeerName),
  text('address/address-group addressGroup', addressGroup),
  text('address/address-group isLoopback', isLoopback),
  text('address/address-group hostOf', hostOf),
  text('address/addresses isAddress', isAddress),
  text('address/addresses isWebAddress', (input) => isWebAddress(input, 'ws')),
  text('address/addresses parseCircuit', parseCircuit),
  text('address/addresses parseWebRtc', parseWebRtc),
  text('address/operator operatorOf', operatorOf),
  text('address/private-address isPrivateAddress', isPrivateAddress),
  text('address/web-address hostnameOf', hostnameOf),
  text('address/web-address parsedUrl', parsedUrl),
  text('address/web-address parseWebAddress ws', (input) => parseWebAddress(input, 'ws')),
  text('address/web-address parseWebAddress http', (input) => parseWebAddress(input, 'http')),
  text('plugins/discovery/resource-key resourceIdOf', (input) => resourceIdOf(input, 'resource:x:')),
  text('plugins/webrtc/signals isDataOnly', signals.isDataOnly),
  text('plugins/webrtc/signals isContained', signals.isContained),
  text('base/errors codeOf', (input) => codeOf(input, 'CONNECTION_CLOSED')),
  text('base/text isWellFormed', isWellFormed),
  text('base/text printable', (input) => printable(input)),
  text('base/text cutText', (input) => check(isWellFormed(cutText(input, 20)), 'a text that was cut badly')),
  text('statements/statement-messages isSessionMessage', isSessionMessage),
  text('statements/equivocation readEvidence text', readEvidence),
  text('node/client-address TrustedProxies.clientOf', forwarded),
  text('node/client-address addressKey', addressKey),
  text('node/origins originPolicy', (input) => policies.map((policy) => policy.allows(input))),

  value('message/json fromJsonValue', fromJsonValue),
  value('musig2/announcements isOffer', (input) => isOffer(input as object)),
  value('musig2/announcements readOffer', (input) => readOffer(announced(input), {}, 'lotus', 0)),
  value('musig2/announcements readMeeting', (input) => readMeeting(announced(input), [new Uint8Array(33)], 'lotus', 0)),
  value('message/p2p-protocol checkMessage', (input) => checkMessage(input, limits)),
  value('identity/envelope verifyEnvelope', (input) => verifyEnvelope('record', input as never)),
  value('channel/description checkMetadata', (input) => checkMetadata(input as Record<string, unknown>, limits)),
  value('plugins/dht/records/record decodeRecord', (input) => useRecord(decodeRecord(input, limits, 'lotus'))),
  value('plugins/dht/records/record isWireRecord', isWireRecord),
  value('plugins/dht/records/record checkPattern', (input) => checkPattern(input, limits)),
  value('plugins/dht/records/record-verifier RecordVerifier.read', async (input) => {
    const verifier = new RecordVerifier({ network: 'lotus' })
    await verifier.verify(verifier.read(input))
  }),
  value('plugins/dht/records/record-filters checkFilters', (input) =>
    matchesConditions({ a: { b: 1n } }, checkFilters(input).where ?? {}),
  ),
  value('plugins/dht/records/record-filters matchesConditions', (input) =>
    matchesConditions(input, { a: { gt: 1, lte: 10n, ne: null, in: [true, 'x', 2n] }, 'a.b.c': null }),
  ),
  value('plugins/dht/walk/contact readContacts', (input) =>
    readContacts(input, place, { max: limits.dhtBucketSize, own: place, rules: {}, network: 'lotus' }),
  ),
  ...Object.entries(shapes).map(([name, shape]) =>
    value(`plugins/dht/client/dht-messages ${name}`, (input) => parsed(shape, input, name)),
  ),
  ...Object.entries(circuitShapes).map(([name, shape]) =>
    value(`plugins/circuit/frames parseFrame ${name}`, (input) => circuit.parseFrame(shape, input)),
  ),
  ...mailRequests.map((type) => value(`mail/server/requests readMailRequest ${type}`, (input) => readMailRequest(type, input))),
  ...mailRequests.map((type) =>
    value(`mail/messages readMailAnswer ${type}`, (payload) => {
      for (const answer of ['refused', answerTypeOf(type)]) readMailAnswer(type, { type: answer, payload })
    }),
  ),
  value('mail/messages readMailPush', readMailPush),
  value('onion/messages readHopRecord', onion.readHopRecord),
  value('onion/messages readPacket', onion.readPacket),
  value('onion/messages readInbox', onion.readInbox),
  value('onion/messages readDelivered', onion.readDelivered),
  value('onion/messages readErrorMessage', onion.readErrorMessage),
  value('onion/messages readAnonymous', onion.readAnonymous),
  value('onion/messages readAnonymousAnswer', onion.readAnonymousAnswer),
  bytes('onion/exit-messages readRequestPart', exits.readRequestPart),
  bytes('onion/exit-messages readAnswerPart', exits.readAnswerPart),
  bytes('onion/exit-messages readRefusal', exits.readRefusal),
  value('onion/exit-messages readMore', exits.readMore),
  bytes('onion/onion-errors readOnionError', (input) => readOnionError([place, place], input)),
  bytes('onion/packet openPacket', (input) => openPacket(input, { secretKey: place, publicKey: place })),
  // As a sender may make it: whatever a hop finds behind a MAC that holds.
  bytes('onion/packet peelPacket', (input) => peelPacket(packetOf(input), place)),
  bytes('onion/packet openContent', openContent),
  value('onion/stream-messages readForwardCell', readForwardCell),
  bytes('onion/stream-messages readBackCell', readBackCell),
  bytes('onion/surb useSurb', (input) => useSurb(input, new Uint8Array(0))),
  bytes('onion/surb openReply', (input) => openReply({ key: place, secrets: [place] }, packetOf(input).slice(337))),
  bytes('onion/sphinx isFieldElement', isFieldElement),
  bytes('onion/sphinx isSame', (input) => isSame(input, place)),
  value('transport/tabs/tab-messages parseTabMessage', parseTabMessage),
  value('plugins/webrtc/signals parseDescription', (input) => signals.isDataOnly(signals.parseDescription(input, limits).sdp)),
  value('plugins/webrtc/signals parseCandidate', (input) => signals.isContained(signals.parseCandidate(input).candidate)),
  value('plugins/webrtc/signals parseEnd', signals.parseEnd),
  value('plugins/circuit/find-peers readPeers', introduce),
  value('plugins/circuit/watch-peers PeerWatches', push),
  ...Object.entries({ findShape, watchShape, unwatchShape }).map(([name, shape]) =>
    value(`plugins/circuit/server/introducer ${name}`, (input) => parsed<unknown>(shape, input, name)),
  ),
  value('plugins/circuit/watch-peers peersShape', (input) => parsed(peersShape, input, 'peers')),
  value('plugins/discovery/peer-records PeerRecords.resolve', resolve),
  value('statements/statement readStatement', readStatement),
  value('statements/statement verifyStatement', (input) => verifyStatement(input as never)),
  value('statements/equivocation readEvidence', readEvidence),
  ...(['join', 'end', 'statements', 'digest', 'list', 'want'] as const).map((type) =>
    value(`statements/statement-messages readSessionMessage ${type}`, (input) => readSessionMessage(type, input)),
  ),
  value('plugins/proof-of-work/proof-of-work verifyProofOfWork', (input) => {
    const [day, nonce] = Array.isArray(input) ? input : []
    const proofs = [input, { day, nonce }, { day: input, nonce: new Uint8Array(8) }, { day: 19_675, nonce: input }]
    const purpose = { publicKey: place, responder: place, salt: new Uint8Array(16) }
    for (const proof of proofs as never[]) check(!verifyProofOfWork({ ...purpose, proof, bits: 255 }), 'work of 255 bits')
    const proof = { day: 19_675, nonce: new Uint8Array(8) }
    for (const name of ['publicKey', 'responder', 'salt'])
      verifyProofOfWork({ ...purpose, [name]: input as never, proof, bits: 1 })
  }),
  value('plugins/topics/topic-messages readTopicMessage', async (input) => {
    const read = topics.readTopicMessage(input, limits, 'lotus')
    topics.topicMessageOf(read as topics.VerifiedTopicMessage, false, limits)
    await topics.verifyTopicMessage(read, 'lotus')
  }),
  value('plugins/topics/topic-messages readWants', topics.readWants),
  value('plugins/topics/topic-messages readTopics', topics.readTopics),
  value('plugins/topics/topic-messages readHaves', topics.readHaves),
  value('plugins/topics/topic-messages readGraft', topics.readGraft),
  value('plugins/topics/topic-messages checkTopic', (input) => topics.checkTopic(input, limits)),
]
