import { DEFAULT_LIMITS as limits } from '../../src/base/limits.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { createRecord, wireRecord } from '../../src/plugins/dht/records/record.js'
import { contactOf, wireContact } from '../../src/plugins/dht/walk/contact.js'
import { signTopicMessage, wireOf } from '../../src/plugins/topics/topic-messages.js'
import { evidenceOf, evidenceToJson, wireEvidence } from '../../src/statements/equivocation.js'
import { signStatement, statementId, wireStatement } from '../../src/statements/statement.js'
import { StatementBoard } from '../../src/statements/statement-board.js'
import { told } from '../dht/told.js'

/** The time of the virtual clock when it begins. */
export const NOW = 1_700_000_000_000
export const author = identityFromSeed(new Uint8Array(32).fill(7))

export const record = wireRecord(
  await createRecord(
    { key: 'resource:offer:1', value: { data: { sats: 5n }, createdAt: NOW }, sequence: 1, publishedAt: NOW, ttl: 3_600 },
    { identity: author },
    limits,
    'lotus',
  ),
)
export const withdrawal = wireRecord(
  await createRecord(
    { key: 'peer:x', sequence: 2, publishedAt: NOW, ttl: 60, name: 'alice', withdrawn: true },
    { identity: author },
    limits,
    'lotus',
  ),
)
export const published = wireOf(
  await signTopicMessage(
    author,
    'offers',
    { sats: 5n },
    { run: new Uint8Array(16).fill(7), sequence: 1, publishedAt: NOW },
    limits,
    'lotus',
  ),
)

/** The session in which `author`, a member, has said two things in one slot of round 0, and one in round 1. */
export const GAME = { protocol: 'dice', session: 'table-7' }
export const player = identityFromSeed(new Uint8Array(32).fill(8))
const absent = identityFromSeed(new Uint8Array(32).fill(9))
export const PLAYERS = [author, player, absent].map(({ publicKey }) => publicKey)
const { tag, members } = new StatementBoard({ ...GAME, network: 'lotus', members: PLAYERS, limits })
const state = (value: number, round: number) =>
  signStatement(author, { ...GAME, round, slot: 'roll', value: Uint8Array.of(value) })
const [said, contradiction, later] = [await state(1, 0), await state(2, 0), await state(3, 1)]
export const statement = wireStatement(said)
const proof = evidenceOf(said, contradiction)!
export const evidence = wireEvidence(proof)

const id = 'abcdefghijklmnopqrstu'
export const place = new Uint8Array(32).fill(3)
const sdp = 'v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n'
const bounds = { window: 524_288, frameBytes: 61_440 }
const description = { protocols: ['chat'], addresses: ['wss://a.example'], metadata: { a: [1] } }

const introduced = {
  peerId: 'alice',
  publicKey: author.publicKey,
  addresses: { websocket: 'wss://a.example' },
  protocols: ['chat'],
  lastSeen: NOW,
}
const news = { watch: 1, peers: [introduced], gone: [encodePeerId(place)] }

/** One honest message of each type of each of the SDK's protocols: `[protocol, type, payload]`. */
export const HONEST: readonly [protocol: string, type: string, payload: unknown][] = [
  ['lotus/peer', 'update', description],
  ['lotus/heartbeat', 'ping', null],
  ['lotus/dht', 'ping', null],
  ['lotus/dht', 'find-node', { target: place }],
  ['lotus/dht', 'find-record', { key: 'resource:offer:*', filters: { where: { 'data.sats': { gt: 1n } } }, max: 5, place }],
  ['lotus/dht', 'find-record', { key: 'resource:offer:*', part: { depth: 3, path: 5 }, after: ['a', 'b'], withdrawn: true }],
  ['lotus/dht', 'find-record', { key: 'peer:x', walk: true }],
  ['lotus/dht', 'store', { record, walk: true, depth: 1 }],
  ['lotus/dht', 'store', { record: withdrawal, cache: true }],
  ['lotus/dht', 'watch', { key: 'resource:*' }],
  ['lotus/dht', 'unwatch', { key: 'resource:*' }],
  ['lotus/dht-watch', 'record', { record }],
  ['lotus/dht-watch', 'missed', null],
  ['lotus/circuit-hop', 'reserve', null],
  ['lotus/circuit-hop', 'open', { target: encodePeerId(place), frame: new Uint8Array(40) }],
  ['lotus/circuit-hop', 'data', [1, new Uint8Array(40)]],
  ['lotus/circuit-hop', 'ack', [1, 168]],
  ['lotus/circuit-hop', 'close', [1, 'LIMIT_EXCEEDED', 'circuitMs']],
  ['lotus/circuit-stop', 'incoming', { circuit: 1, from: encodePeerId(place), frame: new Uint8Array(40), ...bounds }],
  ['lotus/circuit-stop', 'opened', { circuit: 1, ...bounds }],
  ['lotus/circuit-stop', 'data', [1, new Uint8Array(40)]],
  ['lotus/circuit-stop', 'ack', [1, 168]],
  ['lotus/circuit-stop', 'close', [1]],
  ['lotus/introduce', 'find', { protocol: 'chat', resourceType: 'offer', peerId: 'honest', limit: 3 }],
  ['lotus/introduce', 'watch', { watch: 1, protocol: 'chat', limit: 3 }],
  ['lotus/introduce', 'watch', { watch: 2 }],
  ['lotus/introduce', 'unwatch', { watch: 1 }],
  ['lotus/introduce-watch', 'peers', news],
  ['lotus/topics', 'want', [['offers', 0, 3]]],
  ['lotus/topics', 'unwant', ['offers']],
  ['lotus/topics', 'message', published],
  ['lotus/topics', 'past', published],
  ['lotus/topics', 'publish', published],
  ['lotus/topics', 'have', [['offers', 'ab']]],
  ['lotus/topics', 'graft', ['offers', 'ab']],
  ['lotus/topics', 'prune', ['offers']],
  ['lotus/webrtc', 'description', { session: id, type: 'offer', sdp }],
  ['lotus/webrtc', 'description', { session: id, type: 'answer', sdp }],
  [
    'lotus/webrtc',
    'candidate',
    { session: id, candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host', sdpMid: '0', sdpMLineIndex: 0 },
  ],
  ['lotus/webrtc', 'end', { session: id, code: 'TIMEOUT' }],
  ['lotus/statements', 'join', [tag]],
  ['lotus/statements', 'statements', [tag, [statement, wireStatement(later)]]],
  ['lotus/statements', 'statements', [tag, [wireStatement(contradiction)]]],
  ['lotus/statements', 'digest', [tag, [[0, place]]]],
  // What an absent member, and the receiver, are said to have stated.
  ['lotus/statements', 'list', [tag, 0, members.map((_, at) => [at, 'roll', statementId(at === 0 ? said : later, 'lotus')])]],
  ['lotus/statements', 'want', [tag, 0, members.map((_, at) => [at, 'roll'])]],
  ['lotus/statements', 'evidence', evidence],
  ['lotus/statements', 'end', [tag]],
]

/** What else travels as a value, or is stored: answers, and what tabs say to each other. */
export const VALUES: readonly unknown[] = [
  record,
  statement,
  evidence,
  ...HONEST.map(([, , payload]) => payload),
  { stored: true, copies: 3 },
  { stored: false, code: 'STALE_RECORD', message: 'A newer one.', record, depth: 2 },
  { records: [record], more: true, after: ['a', 'b'], closer: [], split: true, cached: true },
  { closer: [wireContact(contactOf(author.publicKey, told('wss://a.example'), 'lotus'))] },
  [
    wireContact(contactOf(author.publicKey, told('wss://a.example'), 'lotus')),
    wireContact(contactOf(place, told('ws://10.0.0.1:1'), 'lotus')),
  ],
  { circuit: 1, ...bounds },
  {
    peers: [
      { ...introduced, metadata: { a: 1 }, reserved: true },
      { ...introduced, peerId: encodePeerId(author.publicKey) },
    ],
  },
  {
    addresses: ['wss://a.example'],
    relays: [
      ['relay', null],
      [encodePeerId(place), 'wss://r.example'],
    ],
    protocols: ['chat'],
  },
  // A ban, anchors, and a proof of work, as they are stored; a proof as it travels.
  { reason: 'It lied.', cause: 'offence', since: NOW, until: NOW + 60_000, times: 2 },
  [[encodePeerId(author.publicKey), 'wss://a.example', NOW + 60_000, 0]],
  [2_810, Uint8Array.of(0, 0, 0, 0, 0, 1, 0x2f, 0x10)],
  { expiresInS: 3_600, maxCircuits: 64, circuitMs: 1, circuitBytes: 1, circuitBytesPerS: 1 },
  { v: 1, from: id, to: id, kind: 'open', circuit: id, window: 200_000, frame: new Uint8Array(9) },
  { v: 1, from: id, to: id, kind: 'data', circuit: id, number: 0, frame: new Uint8Array(9) },
  { v: 1, from: id, to: id, kind: 'close', circuit: id, number: 1, code: 'TIMEOUT' },
  { type: 'a', from: 'b', to: 'c', payload: 1, timestamp: 1, messageId: 'd', protocol: 'e', inReplyTo: 'f' },
  { publicKey: author.publicKey, payload: new Uint8Array(4), signature: new Uint8Array(64) },
  { $bytes: 'AAAA', $$x: { $bigint: '5' }, y: { $date: 5 }, z: { $number: 'NaN' } },
  { publisherId: 'x', publishedAfter: 1, where: { a: { gte: 1n, lt: 'z', ne: null, in: [true] }, b: null } },
]

/** Texts that mean something to some reader. */
export const TEXTS: readonly string[] = [
  'lp1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0jqgfzyvj',
  'alice',
  'resource:x:a%3Ab',
  'wss://[2001:db8::1]:8787/path',
  'ws://10.1.2.3',
  '::ffff:127.0.0.1',
  'candidate:1 1 udp 1 192.0.2.1 9 typ host',
  `${sdp}a=candidate:1 1 udp 1 x.local 9 typ host\r\n`,
  'PROTOCOL_VIOLATION',
  evidenceToJson(proof),
  '10.0.0.1, [2001:db8::1]:443, ::ffff:192.0.2.1, 127.0.0.1:80, fe80::1%eth0',
  'https://app.wallet.example:8443',
  '{"type":"a","from":"b","payload":{"$bytes":"AAAA"},"timestamp":1,"messageId":"d"}',
]
