import type * as v from 'valibot'
import { BatchReader } from '../../src/channel/batch.js'
import { CipherState } from '../../src/channel/cipher-state.js'
import { Handshake, refusalOf } from '../../src/channel/handshake.js'
import { checkMetadata, chooseVersion, verifyHello } from '../../src/channel/hello.js'
import * as circuit from '../../src/circuit/frames.js'
import { systemClock } from '../../src/clock.js'
import { addressGroup, hostOf, isLoopback } from '../../src/defence/address-group.js'
import { isPrivateAddress, readContacts } from '../../src/dht/contact.js'
import * as dht from '../../src/dht/dht-messages.js'
import { checkPattern, decodeRecord, isWireRecord, type RecordEntry, recordValue } from '../../src/dht/record.js'
import { checkFilters, matchesConditions, matchesFilters } from '../../src/dht/record-filters.js'
import { RecordVerifier } from '../../src/dht/record-verifier.js'
import { resourceIdOf } from '../../src/discovery/resource-key.js'
import { knownCode } from '../../src/errors.js'
import { verify } from '../../src/identity/ed25519.js'
import { verifyEnvelope } from '../../src/identity/envelope.js'
import { assertPeerName, decodePeerId, isPeerId } from '../../src/identity/peer-id.js'
import { DEFAULT_LIMITS as limits } from '../../src/limits.js'
import { decode } from '../../src/message/codec.js'
import { fromJsonValue } from '../../src/message/json.js'
import { checkMessage, decodeMessage, P2PProtocol } from '../../src/message/p2p-protocol.js'
import { checkStructure } from '../../src/message/structure.js'
import { operatorOf } from '../../src/peer/operator.js'
import { Session } from '../../src/peer/session.js'
import * as topics from '../../src/topics/topic-messages.js'
import { FrameReader } from '../../src/transport/http-frames.js'
import { parseTabMessage } from '../../src/transport/tab-messages.js'
import * as signals from '../../src/webrtc/signals.js'
import { bob } from '../channel/pair.js'

/** A function of src/ that takes what a peer, a relay, another tab or a proxy sent. It returns, or throws a P2PError. */
export interface NetworkInput {
  /** File below src/ and name. */
  readonly name: string
  /** Bytes as they come; a value, as the codec makes it; a text. */
  readonly takes: 'bytes' | 'value' | 'text'
  read(input: unknown): unknown
}

const place = new Uint8Array(32)
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

const schemas: Record<string, v.GenericSchema> = {
  storeRequest: dht.storeRequest,
  findNodeRequest: dht.findNodeRequest,
  findNodeAnswer: dht.findNodeAnswer,
  watchRequest: dht.watchRequest,
  findRequest: dht.findRequest,
  storeAnswer: dht.storeAnswer,
  findAnswer: dht.findAnswer,
  recordPush: dht.recordPush,
}
const circuitSchemas: Record<string, v.GenericSchema> = {
  openSchema: circuit.openSchema,
  openedSchema: circuit.openedSchema,
  reservedSchema: circuit.reservedSchema,
  incomingSchema: circuit.incomingSchema,
}

/** What a record's reader does next, where it was one. */
function useRecord(entry: RecordEntry): unknown {
  return matchesFilters(entry, { where: { a: 1, 'a.b': { gt: 1n, in: ['x', null] } } }, limits) && recordValue(entry, limits)
}

/** Every one of them; test/fuzz/decoders.test.ts fails where a new one is missing. */
export const NETWORK_INPUTS: readonly NetworkInput[] = [
  bytes('message/codec decode', (input) => decode(input, limits)),
  bytes('message/structure checkStructure', (input) => checkStructure(input, limits)),
  bytes('message/p2p-protocol decodeMessage', (input) => decodeMessage(input, limits, { remote: 'alice', local: 'bob' })),
  bytes('message/p2p-protocol P2PProtocol.deserialize', (input) => new P2PProtocol().deserialize(input)),
  bytes('channel/handshake refusalOf', (input) => refusalOf(input, limits)),
  bytes('channel/handshake Handshake.receive', (input) => new Handshake(false, bob, limits).receive(input)),
  bytes('channel/hello chooseVersion', (input) => chooseVersion(input, limits)),
  bytes('channel/hello verifyHello', (input) => verifyHello(input, place, limits)),
  bytes('channel/batch BatchReader.read', (input) => new BatchReader(limits).read(input, () => {})),
  bytes('channel/cipher-state CipherState.decrypt', (input) => new CipherState(new Uint8Array(32)).decrypt(input)),
  bytes('peer/session Session.acknowledged', (input) => session().acknowledged(input)),
  bytes('peer/session Session.begins', (input) => {
    const mine = session()
    return mine.begins(input) && mine.isLater(input, true)
  }),
  bytes('transport/http-frames FrameReader.read', (input) => {
    new FrameReader(
      () => {},
      () => {},
    ).read(input)
  }),
  bytes('identity/ed25519 verify', (input) => verify(input, input, input)),

  text('message/p2p-protocol P2PProtocol.fromJSON', (input) => new P2PProtocol().fromJSON(input)),
  text('identity/peer-id decodePeerId', decodePeerId),
  text('identity/peer-id isPeerId', isPeerId),
  text('identity/peer-id assertPeerName', assertPeerName),
  text('defence/address-group addressGroup', addressGroup),
  text('defence/address-group isLoopback', isLoopback),
  text('defence/address-group hostOf', hostOf),
  text('peer/operator operatorOf', operatorOf),
  text('dht/contact isPrivateAddress', isPrivateAddress),
  text('discovery/resource-key resourceIdOf', (input) => resourceIdOf(input, 'resource:x:')),
  text('webrtc/signals isDataOnly', signals.isDataOnly),
  text('webrtc/signals isContained', signals.isContained),
  text('errors knownCode', (input) => knownCode(input, 'CONNECTION_CLOSED')),

  value('message/json fromJsonValue', fromJsonValue),
  value('message/p2p-protocol checkMessage', (input) => checkMessage(input, limits)),
  value('identity/envelope verifyEnvelope', (input) => verifyEnvelope('record', input as never)),
  value('channel/hello checkMetadata', (input) => checkMetadata(input as Record<string, unknown>, limits)),
  value('dht/record decodeRecord', (input) => useRecord(decodeRecord(input, limits))),
  value('dht/record isWireRecord', isWireRecord),
  value('dht/record checkPattern', (input) => checkPattern(input, limits)),
  value('dht/record-verifier RecordVerifier.read', async (input) => {
    const verifier = new RecordVerifier()
    await verifier.verify(verifier.read(input))
  }),
  value('dht/record-filters checkFilters', (input) => matchesConditions({ a: { b: 1n } }, checkFilters(input).where ?? {})),
  value('dht/record-filters matchesConditions', (input) =>
    matchesConditions(input, { a: { gt: 1, lte: 10n, ne: null, in: [true, 'x', 2n] }, 'a.b.c': null }),
  ),
  value('dht/contact readContacts', (input) =>
    readContacts(input, place, { max: limits.dhtBucketSize, own: place, teller: 'wss://a.example' }),
  ),
  ...Object.entries(schemas).map(([name, schema]) =>
    value(`dht/dht-messages parsePayload ${name}`, (input) => dht.parsePayload(schema, input, name)),
  ),
  ...Object.entries(circuitSchemas).map(([name, schema]) =>
    value(`circuit/frames parseFrame ${name}`, (input) => circuit.parseFrame(schema, input)),
  ),
  value('circuit/frames parseData', circuit.parseData),
  value('circuit/frames parseAck', circuit.parseAck),
  value('circuit/frames parseClose', circuit.parseClose),
  value('transport/tab-messages parseTabMessage', parseTabMessage),
  value('webrtc/signals parseDescription', (input) => signals.isDataOnly(signals.parseDescription(input, limits).sdp)),
  value('webrtc/signals parseCandidate', (input) => signals.isContained(signals.parseCandidate(input).candidate)),
  value('webrtc/signals parseEnd', signals.parseEnd),
  value('topics/topic-messages readTopicMessage', async (input) => {
    const read = topics.readTopicMessage(input, limits)
    topics.topicMessageOf(read, limits)
    await topics.isGenuine(read)
  }),
  value('topics/topic-messages readWants', (input) => topics.readWants(input, limits)),
  value('topics/topic-messages readTopics', topics.readTopics),
  value('topics/topic-messages readHaves', topics.readHaves),
  value('topics/topic-messages checkTopic', (input) => topics.checkTopic(input, limits)),
]
