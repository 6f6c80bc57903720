import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { P2PError } from '../../src/base/errors.js'
import { DEFAULT_LIMITS, resolveLimits } from '../../src/base/limits.js'
import { signEnvelope, verifyEnvelope } from '../../src/identity/envelope.js'
import { generateIdentity } from '../../src/identity/identity.js'
import { encode } from '../../src/message/codec.js'
import type { P2PMessage } from '../../src/message/message.js'
import { decodeMessage, P2PProtocol, toWire } from '../../src/message/p2p-protocol.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'

const code = (code: string) => expect.objectContaining({ name: 'P2PError', code })
const protocol = new P2PProtocol()
const message = (payload: unknown = { text: 'hi' }, options = {}) => protocol.createMessage('hello', payload, 'alice', options)

const scalar = fc.oneof(
  fc.constantFrom(null, true, false, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  fc.double().filter((value) => !Object.is(value, -0)),
  fc.string({ unit: 'grapheme' }),
  fc.uint8Array().map((bytes) => Uint8Array.from(bytes)),
  fc.bigInt({ min: -(2n ** 900n), max: 2n ** 900n }),
  fc.date({ noInvalidDate: true }),
)
// Keys that the JSON form has to escape come often.
const key = fc.oneof(
  fc.constantFrom('$bytes', '$', '$$', '$date', '$$bigint', 'constructor', 'toString'),
  fc.string({ maxLength: 8 }).filter((name) => name !== '__proto__'),
)
const { value: payload } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(key, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
}))
const name = fc.string({ minLength: 1, maxLength: 64 })
const anyMessage: fc.Arbitrary<P2PMessage> = fc.record(
  {
    type: name,
    from: name,
    payload,
    timestamp: fc.nat(),
    messageId: name,
    to: name,
    protocol: name,
    inReplyTo: name,
    signature: fc.uint8Array({ minLength: 64, maxLength: 64 }).map((bytes) => Uint8Array.from(bytes)),
  },
  { requiredKeys: ['type', 'from', 'payload', 'timestamp', 'messageId'], noNullPrototype: true },
)

describe('P2PProtocol', () => {
  it('brings every message back from its bytes', () => {
    fc.assert(
      fc.property(anyMessage, (given) => void expect(protocol.deserialize(protocol.serialize(given))).toEqual(given)),
      { numRuns: 300 },
    )
  })

  it('brings every message back from its JSON, bytes intact', () => {
    fc.assert(
      fc.property(anyMessage, (given) => {
        const json = protocol.toJSON(given)
        expect(json).not.toContain('\n')
        expect(protocol.fromJSON(json)).toEqual(given)
      }),
      { numRuns: 300 },
    )
  })

  it('writes bytes in JSON as base64url without padding', () => {
    expect(JSON.parse(protocol.toJSON(message(new Uint8Array([255, 254, 253, 252])))).payload).toEqual({ $bytes: '__79_A' })
  })

  it('gives each message an id of its own, 21 characters, and the time of its clock', () => {
    const clock = new VirtualClock(1_234)
    const timed = new P2PProtocol({ clock })
    const made = Array.from({ length: 5_000 }, () => timed.createMessage('x', null, 'alice'))
    expect(new Set(made.map(({ messageId }) => messageId)).size).toBe(5_000)
    expect(made[0]).toMatchObject({ timestamp: 1_234, messageId: expect.stringMatching(/^[\w-]{21}$/) })
  })

  it('takes what the caller sets, and refuses what does not fit', () => {
    expect(message(1, { to: 'bob', protocol: 'chat', inReplyTo: 'x', timestamp: 5, messageId: 'mine' })).toMatchObject({
      to: 'bob',
      protocol: 'chat',
      inReplyTo: 'x',
      timestamp: 5,
      messageId: 'mine',
    })
    expect(() => protocol.createMessage('', 1, 'alice')).toThrow(code('INVALID_MESSAGE'))
    expect(() => protocol.createMessage('x', 1, '')).toThrow(code('INVALID_MESSAGE'))
  })

  it.each<[string, unknown]>([
    ['null', null],
    ['text', 'message'],
    ['an array', []],
    ['no type', { ...message(), type: undefined }],
    ['an empty type', { ...message(), type: '' }],
    ['a type of 129 characters', { ...message(), type: 'x'.repeat(129) }],
    ['a number as type', { ...message(), type: 5 }],
    ['no sender', { ...message(), from: undefined }],
    ['a sender of 129 characters', { ...message(), from: 'x'.repeat(129) }],
    ['a receiver that is no text', { ...message(), to: {} }],
    ['null as receiver', { ...message(), to: null }],
    ['no time', { ...message(), timestamp: undefined }],
    ['a negative time', { ...message(), timestamp: -1 }],
    ['NaN as time', { ...message(), timestamp: Number.NaN }],
    ['an endless time', { ...message(), timestamp: Number.POSITIVE_INFINITY }],
    ['a BigInt as time', { ...message(), timestamp: 5n }],
    ['an id of 65 characters', { ...message(), messageId: 'x'.repeat(65) }],
    ['a protocol that is no text', { ...message(), protocol: 1 }],
    ['an answer to no id', { ...message(), inReplyTo: '' }],
    ['a signature of 63 bytes', { ...message(), signature: new Uint8Array(63) }],
    ['a signature of text', { ...message(), signature: 'x'.repeat(64) }],
    ['no payload', { type: 'x', from: 'a', timestamp: 1, messageId: 'x' }],
  ])('finds %s invalid', (_, value) => {
    expect(protocol.validateMessage(value)).toBe(false)
    expect(() => protocol.serialize(value as P2PMessage)).toThrow(code('INVALID_MESSAGE'))
    expect(() => protocol.toJSON(value as P2PMessage)).toThrow(code('INVALID_MESSAGE'))
  })

  it('finds any value valid or not without throwing', () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withMap: true, withNullPrototype: true }),
        (value) => typeof protocol.validateMessage(value) === 'boolean',
      ),
    )
    expect(protocol.validateMessage(message())).toBe(true)
    expect(protocol.validateMessage(message(undefined))).toBe(true)
  })

  it('tells exactly whether a message is within a size', () => {
    const given = message(new Uint8Array(1_000))
    const { length } = protocol.serialize(given)
    expect(protocol.validateMessageSize(given, length)).toBe(true)
    expect(protocol.validateMessageSize(given, length - 1)).toBe(false)
    expect(protocol.validateMessageSize(message(() => 1) as P2PMessage)).toBe(false)
    const room = DEFAULT_LIMITS.maxMessageBytes - protocol.serialize(message(new Uint8Array(100_000))).length + 100_000
    expect(protocol.validateMessageSize(message(new Uint8Array(room)))).toBe(true)
    expect(protocol.validateMessageSize(message(new Uint8Array(room + 1)))).toBe(false)
    expect(protocol.serialize(message(new Uint8Array(room)))).toHaveLength(DEFAULT_LIMITS.maxMessageBytes)
    expect(() => protocol.serialize(message(new Uint8Array(room + 1)))).toThrow(code('MESSAGE_TOO_LARGE'))
  })

  it('reads no message above its limit, in bytes or in JSON', () => {
    const small = new P2PProtocol({ limits: resolveLimits({ maxMessageBytes: 200 }) })
    const given = message(new Uint8Array(300))
    expect(() => small.deserialize(protocol.serialize(given))).toThrow(code('MESSAGE_TOO_LARGE'))
    expect(() => small.fromJSON(protocol.toJSON(given))).toThrow(code('MESSAGE_TOO_LARGE'))
    expect(() => small.fromJSON(' '.repeat(1_201))).toThrow(code('MESSAGE_TOO_LARGE'))
  })

  const cycle: Record<string, unknown> = {}
  cycle.self = cycle
  it.each<[string, unknown]>([
    ['a function', () => 1],
    ['a Map', new Map([[1, 2]])],
    ['a symbol', { s: Symbol('x') }],
    ['a cycle', cycle],
    ['a Float64Array', new Float64Array(2)],
    ['an invalid Date', new Date(Number.NaN)],
    ['the key __proto__', JSON.parse('{"__proto__":1}')],
  ])('refuses %s in bytes and in JSON alike', (_, value) => {
    const given = { ...message(), payload: value }
    expect(() => protocol.serialize(given)).toThrow(code('UNSERIALIZABLE_PAYLOAD'))
    expect(() => protocol.toJSON(given)).toThrow(code('UNSERIALIZABLE_PAYLOAD'))
    expect(protocol.validateMessageSize(given)).toBe(false)
  })

  it('takes any bytes and throws nothing but a P2PError', () => {
    const nearly = fc.tuple(anyMessage, fc.nat(), fc.integer({ min: 0, max: 255 })).map(([given, at, byte]) => {
      const bytes = protocol.serialize(given)
      bytes[at % bytes.length] = byte
      return bytes
    })
    const arrays = fc.array(payload, { maxLength: 12 }).map((items) => encode([1, ...items]))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), nearly, arrays), (bytes) => {
        try {
          expect(protocol.validateMessage(protocol.deserialize(bytes))).toBe(true)
        } catch (error) {
          expect(error).toBeInstanceOf(P2PError)
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('takes any JSON and throws nothing but a P2PError; what it takes can be sent', () => {
    const nearly = fc.json().map((payload) => `{"type":"x","from":"a","timestamp":1,"messageId":"m","payload":${payload}}`)
    const tricks = fc.constantFrom(
      ...[
        '{"$bytes":5}',
        '{"$bytes":"a"}',
        '{"$bytes":"a b"}',
        '{"$bigint":"x"}',
        '{"$bigint":""}',
        '{"$date":"x"}',
        '{"$date":1e300}',
      ],
      ...[
        '{"$number":"5"}',
        '{"$what":1}',
        '{"__proto__":{"x":1}}',
        `{"$bigint":"${'9'.repeat(400)}"}`,
        '['.repeat(50_000),
        `${'['.repeat(100)}${']'.repeat(100)}`,
      ],
    )
    const inside = tricks.map((payload) => `{"type":"x","from":"a","timestamp":1,"messageId":"m","payload":${payload}}`)
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), nearly, tricks, inside), (json) => {
        try {
          protocol.serialize(protocol.fromJSON(json))
        } catch (error) {
          expect(error).toBeInstanceOf(P2PError)
        }
      }),
      { numRuns: 500 },
    )
    fc.assert(fc.property(inside, (json) => void expect(() => protocol.fromJSON(json)).toThrow(P2PError)))
  })
})

describe('a message on a channel', () => {
  const ends = { remote: 'alice', local: 'bob' }

  it('does not repeat who the ends are', () => {
    const given = message(1, { to: 'bob' })
    const bytes = encode(toWire(given, undefined, true))
    expect(decodeMessage(bytes, DEFAULT_LIMITS, ends)).toEqual(given)
    expect(Buffer.from(bytes).includes('alice')).toBe(false)
  })

  it.each([
    ['not an array', { type: 'x' }],
    ['too short', [1, 'x']],
    ['too long', [1, 'x', null, null, 1, 5, 'id', null, 'other', 'more']],
    ['with nil at its end', [1, 'x', null, null, 1, 5, 'id', null, null]],
    ['of another layout', [2, 'x', null, null, 1, 5, 'id', null]],
    ['without an id', [1, 'x', null, null, 1, 5, null, null]],
    ['with a type of bytes', [1, new Uint8Array(3), null, null, 1, 5, 'id', null]],
    ['with a receiver of false', [1, 'x', null, false, 1, 5, 'id', null]],
  ])('is refused when it is %s', (_, wire) => {
    expect(() => decodeMessage(encode(wire), DEFAULT_LIMITS, ends)).toThrow(code('INVALID_MESSAGE'))
  })
})

describe('a signed message that is passed on', () => {
  it('can be checked elsewhere, by the keys of its ends', async () => {
    const [alice, bob] = [await generateIdentity(), await generateIdentity()]
    const given = message({ b: 1, a: [2n] }, { from: 'alice', to: 'bob' })
    const { publicKey, signature } = await signEnvelope(
      alice,
      'message',
      protocol.signedBytes(given, alice.publicKey, bob.publicKey),
    )
    const elsewhere = protocol.deserialize(protocol.serialize({ ...given, signature }))
    const holdsTo = (to?: Uint8Array) => {
      const payload = protocol.signedBytes(elsewhere, publicKey, to)
      return verifyEnvelope('message', { publicKey, payload, signature: elsewhere.signature! })
    }
    expect(await holdsTo(bob.publicKey)).toBe(true)
    for (const other of [undefined, alice.publicKey]) expect(await holdsTo(other)).toBe(false)
  })
})
