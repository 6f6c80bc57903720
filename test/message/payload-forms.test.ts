import { describe, expect, test } from 'vitest'
import { codeOf, type P2PErrorCode } from '../../src/base/errors.js'
import { DEFAULT_LIMITS as limits } from '../../src/base/limits.js'
import { encode } from '../../src/message/codec.js'
import { checkEmpty, parsed, type Shape } from '../../src/message/shape.js'
import * as circuit from '../../src/plugins/circuit/frames.js'
import { findShape, unwatchShape, watchShape } from '../../src/plugins/circuit/server/introducer.js'
import { peersShape } from '../../src/plugins/circuit/watch-peers.js'
import * as dht from '../../src/plugins/dht/client/dht-messages.js'
import { decodeRecord } from '../../src/plugins/dht/records/record.js'
import { readContacts } from '../../src/plugins/dht/walk/contact.js'
import * as topics from '../../src/plugins/topics/topic-messages.js'
import * as signals from '../../src/plugins/webrtc/signals.js'
import { readSessionMessage } from '../../src/statements/statement-messages.js'
import { author, HONEST, NOW, place, record, VALUES } from '../fuzz/samples.js'

// A payload of another form than docs/wire/protocols.md gives it is MALFORMED_DATA, whatever reads it.

interface Reader {
  read(payload: unknown): unknown
  /** Fields that may be absent, by their path. */
  optional?: readonly string[]
  /** Paths at which anything may stand, or what another row reads. */
  free?: RegExp
}

const of = <T>(shape: Shape<T>, optional: readonly string[] = [], free?: RegExp): Reader => ({
  read: (payload) => parsed(shape, payload, 'A payload'),
  optional,
  ...(free && { free }),
})
const reading = (read: (payload: never) => unknown, free?: RegExp): Reader => ({
  read: (payload) => read(payload as never),
  ...(free && { free }),
})
const empty = reading((payload) => checkEmpty({ payload } as never))
const readRecord = (given: unknown) => decodeRecord(given, limits, 'lotus')
const search = ['protocol', 'resourceType', 'peerId', 'limit']
const sessionMessage = (type: Parameters<typeof readSessionMessage>[0]) =>
  reading((payload) => readSessionMessage(type, payload), type === 'statements' ? /^1\./ : undefined)
const topicMessage = reading((payload) => topics.readTopicMessage(payload, limits, 'lotus'))

const READERS: Readonly<Record<string, Reader>> = {
  'lotus/heartbeat ping': empty,
  'lotus/dht ping': empty,
  'lotus/dht find-node': of(dht.findNodeRequest),
  'lotus/dht find-record': of(
    dht.findRequest,
    ['filters', 'filters.where', 'max', 'place', 'part', 'after', 'withdrawn', 'walk'],
    /^filters\.where\./,
  ),
  'lotus/dht store': {
    read: (payload) => readRecord(parsed(dht.storeRequest, payload, 'A payload').record),
    optional: ['walk', 'depth', 'cache'],
  },
  'lotus/dht watch': of(dht.watchRequest),
  'lotus/dht unwatch': of(dht.watchRequest),
  'lotus/dht-watch record': reading((payload) => readRecord(parsed(dht.recordPush, payload, 'A payload').record)),
  'lotus/dht-watch missed': empty,
  'lotus/circuit-hop reserve': empty,
  'lotus/circuit-hop open': of(circuit.openShape),
  'lotus/circuit-hop data': of(circuit.dataShape),
  'lotus/circuit-hop ack': of(circuit.ackShape),
  'lotus/circuit-hop close': of(circuit.closeShape),
  'lotus/circuit-stop incoming': of(circuit.incomingShape),
  'lotus/circuit-stop opened': of(circuit.openedShape),
  'lotus/circuit-stop data': of(circuit.dataShape),
  'lotus/circuit-stop ack': of(circuit.ackShape),
  'lotus/circuit-stop close': of(circuit.closeShape),
  'lotus/introduce find': of(findShape, search),
  'lotus/introduce watch': of(watchShape, search),
  'lotus/introduce unwatch': of(unwatchShape),
  // Entries that do not fit are skipped (N-5).
  'lotus/introduce-watch peers': of(peersShape, [], /^(peers|gone)\./),
  'lotus/topics want': reading(topics.readWants),
  'lotus/topics unwant': reading(topics.readTopics),
  'lotus/topics message': topicMessage,
  'lotus/topics past': topicMessage,
  'lotus/topics publish': topicMessage,
  'lotus/topics have': reading(topics.readHaves),
  'lotus/topics graft': reading(topics.readGraft),
  'lotus/topics prune': reading(topics.readTopics),
  'lotus/webrtc description': reading((payload) => signals.parseDescription(payload, limits)),
  'lotus/webrtc candidate': { read: signals.parseCandidate, optional: ['sdpMid', 'sdpMLineIndex'] },
  'lotus/webrtc end': { read: signals.parseEnd, optional: ['code'] },
  'lotus/statements join': sessionMessage('join'),
  'lotus/statements statements': sessionMessage('statements'),
  'lotus/statements digest': sessionMessage('digest'),
  'lotus/statements list': sessionMessage('list'),
  'lotus/statements want': sessionMessage('want'),
  'lotus/statements end': sessionMessage('end'),
}
/** Read by `lotus/peer` of docs/wire-protocol.md, and what X-10 gives a code of its own. */
const ELSEWHERE = ['lotus/peer update', 'lotus/statements evidence']

const NAME = 'ab'.repeat(32)
/** Where the samples of the fuzzers stand for the form alone. */
const proper = (name: string, payload: unknown): unknown =>
  name.endsWith(' have') ? [['offers', NAME]] : name.endsWith(' graft') ? ['offers', NAME] : payload

/** A value of another type. */
function other(value: unknown): unknown {
  if (value instanceof Uint8Array || typeof value === 'number' || typeof value === 'boolean') return 'x'
  if (Array.isArray(value)) return {}
  return value === null || typeof value === 'string' ? 5 : []
}

interface Variant {
  at: string
  value: unknown
  isGone: boolean
}

/** The value with one field, at any depth, of another type or absent. */
function variants(value: unknown, at = ''): Variant[] {
  const found: Variant[] = [{ at, value: other(value), isGone: false }]
  const path = (key: string | number) => (at === '' ? `${key}` : `${at}.${key}`)
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries())
      for (const inner of variants(item, path(i)))
        found.push({ ...inner, value: [...value.slice(0, i), inner.value, ...value.slice(i + 1)] })
  } else if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) {
    for (const [key, item] of Object.entries(value)) {
      const { [key]: _, ...rest } = value as Record<string, unknown>
      found.push({ at: path(key), value: rest, isGone: true })
      for (const inner of variants(item, path(key))) found.push({ ...inner, value: { ...value, [key]: inner.value } })
    }
  }
  return found
}

const codeFor = (read: () => unknown): P2PErrorCode | 'taken' => {
  try {
    read()
    return 'taken'
  } catch (error) {
    return codeOf((error as { code?: unknown }).code, 'HANDLER_FAILED')
  }
}

function wrong({ read, optional = [], free }: Reader, payload: unknown): string[] {
  return variants(payload)
    .filter(({ at, isGone }) => !free?.test(at) && !(isGone && optional.includes(at)))
    .map(({ at, value, isGone }) => `${at}${isGone ? ' absent' : ''}: ${codeFor(() => read(value))}`)
    .filter((seen) => !seen.endsWith(': MALFORMED_DATA'))
}

test('every type of a message has a reader here, or is read elsewhere', () => {
  const types = HONEST.map(([protocol, type]) => `${protocol} ${type}`)
  expect(types.filter((name) => !(name in READERS) && !ELSEWHERE.includes(name))).toEqual([])
})

const samples = HONEST.map(([protocol, type, payload], i) => ({ name: `${protocol} ${type}`, payload, i })).filter(
  ({ name }) => name in READERS,
)

describe('a message with a field of another type, or without one, is MALFORMED_DATA', () => {
  test.each(samples)('$name ($i)', ({ name, payload }) => {
    const good = proper(name, payload)
    expect(codeFor(() => READERS[name]!.read(good))).toBe('taken')
    expect(wrong(READERS[name]!, good)).toEqual([])
  })

  test('answers of the DHT, of a relay, and nodes that a teller names', () => {
    const answers = VALUES.filter((value) => typeof value === 'object' && value !== null) as Record<string, unknown>[]
    const having = (field: string) => answers.find((value) => field in value)!
    const records = of(dht.findAnswer, ['more', 'after', 'closer', 'split', 'cached'], /^(records\.|closer)/)
    expect(wrong(records, having('records'))).toEqual([])
    expect(wrong(of(dht.storeAnswer, ['copies']), having('copies'))).toEqual([])
    expect(wrong(of(circuit.reservedShape), having('expiresInS'))).toEqual([])
    const told = { max: 20, own: place, teller: 'wss://a.example', network: 'lotus' }
    const contacts = reading((payload) => readContacts(payload, place, told))
    expect(wrong(contacts, [[author.publicKey, 'wss://a.example']])).toEqual([])
  })
})

describe('a record', () => {
  const content = { key: 'k', value: 1, sequence: 1, publishedAt: NOW, ttl: 60, name: 'alice' }
  const wire = (payload: unknown) => [record![0], encode(payload), record![2]]
  const codeWith = (payload: unknown) => codeFor(() => readRecord(wire(payload)))

  test('with a field of another type, or without one, is MALFORMED_DATA', () => {
    const reader: Reader = { read: (payload) => readRecord(wire(payload)), optional: ['name'], free: /^value$/ }
    expect(codeWith(content)).toBe('taken')
    expect(wrong(reader, content)).toEqual([])
    const { value: _, ...bare } = content
    expect(codeWith(bare)).toBe('MALFORMED_DATA')
    expect(codeWith({ ...bare, withdrawn: true })).toBe('taken')
    expect(codeWith({ ...bare, withdrawn: false })).toBe('MALFORMED_DATA')
    expect(codeWith({ ...content, sequence: -1 })).toBe('MALFORMED_DATA')
  })

  test.each([
    ['a star at the end of its key', { key: 'a*' }],
    ['a key that is too long', { key: 'k'.repeat(513) }],
    ['a ttl of nothing', { ttl: 0 }],
    ['a ttl above the longest', { ttl: 172_801 }],
    ['a name against the rules', { name: 'lp1abc' }],
    ['more bytes than a record has', { value: new Uint8Array(20_000) }],
  ])('with %s has the form, and is INVALID_RECORD', (_, fields) => {
    expect(codeWith({ ...content, ...fields })).toBe('INVALID_RECORD')
  })
})
