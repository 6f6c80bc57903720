import { description, greeting, KIND, ping, sequence, stream } from './handshake.js'
import { alice, bob, entry, fill, hex, join, pack, sign, TIME, uint, utf8 } from './primitives.js'

const whole = (kind: number, ...body: Uint8Array[]) => join(Uint8Array.of(kind), ...body)

/** An entry that is cut into parts, one in each plaintext of so many bytes. */
function fragments(bytes: Uint8Array, plaintextBytes: number): string[] {
  const size = plaintextBytes - 3
  const out: string[] = []
  for (let at = 0; at < bytes.length; at += size) {
    const isLast = at + size >= bytes.length
    out.push(hex(entry(isLast ? KIND.LAST_FRAGMENT : KIND.FRAGMENT, bytes.subarray(at, at + size))))
  }
  return out
}

const signedMessage = pack([1, 'greeting', alice.publicKey, bob.publicKey, { text: 'hi' }, TIME, 'message-2', 'chat'])
const signedBroadcast = pack([1, 'greeting', alice.publicKey, null, { text: 'hi' }, TIME, 'message-3', 'chat'])

/** Sections C, S and M: entries, and plaintexts that end the channel. */
export function channelVectors() {
  const message = (number: number) => entry(KIND.MESSAGE, stream(number), greeting)
  return {
    entries: {
      message: hex(message(2)),
      signedMessage: hex(entry(KIND.SIGNED_MESSAGE, stream(2), sign(alice.seed, 'message', signedMessage), signedMessage)),
      ready: hex(entry(KIND.READY)),
      description: hex(entry(KIND.DESCRIPTION, description.alice)),
      close: hex(entry(KIND.CLOSE, pack({ code: 'SHUT_DOWN', message: 'The relay restarts.', moved: true, retryAfterMs: 500 }))),
      rekey: hex(entry(KIND.REKEY)),
      ack: hex(entry(KIND.ACK, stream(1), uint(7, 6))),
      ackOfTwo: hex(entry(KIND.ACK, stream(1), uint(7, 6), stream(2), uint(2 ** 40 + 1, 6))),
      sequence: hex(sequence(2, 8, 3, 'chat')),
      sequenceOfStream0: hex(sequence(0, 1, 0, '')),
      refused: hex(entry(KIND.REFUSED, stream(2), uint(8, 6), uint(800, 4), utf8('cpu'))),
      switch: hex(entry(KIND.SWITCH, uint(3, 4))),
      padding: hex(entry(KIND.PADDING, fill(0, 5))),
      unknownToIgnore: hex(entry(0xff, utf8('later'))),
    },
    fragments: {
      whole: hex(whole(KIND.MESSAGE, stream(2), greeting)),
      of24BytePlaintexts: fragments(whole(KIND.MESSAGE, stream(2), greeting), 24),
      descriptionOf64BytePlaintexts: fragments(whole(KIND.DESCRIPTION, description.bob), 64),
    },
    /** Plaintexts on an open channel; each ends it. */
    invalidPlaintexts: [
      { why: 'a cut head', plaintext: '0100', code: 'PROTOCOL_VIOLATION' },
      { why: 'a cut body', plaintext: '010005010203', code: 'PROTOCOL_VIOLATION' },
      { why: 'an unknown kind below 80', plaintext: '7f0000', code: 'PROTOCOL_VIOLATION' },
      { why: 'an empty fragment', plaintext: '040000', code: 'PROTOCOL_VIOLATION' },
      {
        why: 'a split CLOSE',
        plaintext: hex(join(entry(KIND.FRAGMENT, Uint8Array.of(KIND.CLOSE)), entry(KIND.LAST_FRAGMENT, pack({ code: 'X_Y' })))),
        code: 'PROTOCOL_VIOLATION',
      },
      {
        why: 'REKEY beside another entry',
        plaintext: hex(join(entry(KIND.REKEY), entry(KIND.SWITCH, uint(1, 4)))),
        code: 'PROTOCOL_VIOLATION',
      },
      { why: 'READY twice', plaintext: hex(entry(KIND.READY)), code: 'PROTOCOL_VIOLATION' },
      { why: 'DESCRIPTION twice', plaintext: hex(entry(KIND.DESCRIPTION, description.alice)), code: 'PROTOCOL_VIOLATION' },
      { why: 'SWITCH of 3 bytes', plaintext: '170003000000', code: 'PROTOCOL_VIOLATION' },
      { why: 'ACK of no stream', plaintext: '130000', code: 'PROTOCOL_VIOLATION' },
      { why: 'ACK of 6 bytes', plaintext: '130006010000000000', code: 'PROTOCOL_VIOLATION' },
      { why: 'ACK of a stream never sent', plaintext: hex(entry(KIND.ACK, stream(9), uint(1, 6))), code: 'PROTOCOL_VIOLATION' },
      { why: 'SEQUENCE with number 0', plaintext: hex(sequence(1, 0, 0, 'chat')), code: 'PROTOCOL_VIOLATION' },
      { why: 'SEQUENCE of stream 128', plaintext: hex(sequence(128, 1, 0, 'chat')), code: 'PROTOCOL_VIOLATION' },
      {
        why: 'SEQUENCE that passes over numbers which nobody gave up',
        plaintext: hex(join(sequence(1, 1, 0, 'chat'), message(1), sequence(1, 6, 3, 'chat'))),
        code: 'PROTOCOL_VIOLATION',
      },
      { why: 'SEQUENCE of stream 0 with a protocol', plaintext: hex(sequence(0, 1, 0, 'chat')), code: 'PROTOCOL_VIOLATION' },
      { why: 'a message without SEQUENCE', plaintext: hex(message(5)), code: 'PROTOCOL_VIOLATION' },
      {
        why: 'a message of another protocol than its stream',
        plaintext: hex(join(sequence(1, 1, 0, 'chess'), message(1))),
        code: 'PROTOCOL_VIOLATION',
      },
      {
        why: 'a stream that changes its protocol',
        plaintext: hex(join(sequence(1, 1, 0, 'chat'), sequence(1, 1, 0, 'chess'))),
        code: 'PROTOCOL_VIOLATION',
      },
      {
        why: 'REFUSED of what was never sent',
        plaintext: hex(entry(KIND.REFUSED, stream(9), uint(1, 6), uint(1, 4))),
        code: 'PROTOCOL_VIOLATION',
      },
      { why: 'REFUSED that is too short', plaintext: '1500020900', code: 'PROTOCOL_VIOLATION' },
      {
        why: 'a message that is no MessagePack',
        plaintext: hex(join(sequence(1, 1, 0, 'chat'), entry(KIND.MESSAGE, stream(1), Uint8Array.of(0xc1)))),
        code: 'MALFORMED_DATA',
      },
    ],
    scenarios: scenarioVectors(),
    messages: messageVectors(),
  }
}

/**
 * What a sender says on one path or two of one session, after READY, DESCRIPTION and the first SWITCH, and which messages its receiver
 * delivers, by the payload; or the code that ends the channel.
 */
function scenarioVectors() {
  const say = (number: number, payload: number, protocol: string | null = 'chat') =>
    entry(KIND.MESSAGE, stream(number), pack([1, 'say', null, true, payload, TIME, `say-${number}-${payload}`, protocol]))
  const switched = (changes: number) => entry(KIND.SWITCH, uint(changes, 4))
  const scenario = (what: string, paths: Uint8Array[][], result: { delivered?: number[]; code?: string }) => ({
    what,
    paths: paths.map((entries) => entries.map(hex)),
    ...result,
  })
  const violation = { code: 'PROTOCOL_VIOLATION' }
  return [
    scenario('one stream', [[sequence(1, 1, 0, 'chat'), say(1, 1), say(1, 2)]], { delivered: [1, 2] }),
    scenario('two streams', [[sequence(1, 1, 0, 'chat'), sequence(2, 1, 0, ''), say(1, 1), say(2, 2, null), say(1, 3)]], {
      delivered: [1, 2, 3],
    }),
    scenario(
      'a SEQUENCE that begins anew: what has come is dropped',
      [[sequence(1, 1, 0, 'chat'), say(1, 1), say(1, 2), sequence(1, 2, 0, 'chat'), say(1, 2), say(1, 3)]],
      {
        delivered: [1, 2, 3],
      },
    ),
    scenario('numbers 2 and 3 were given up', [[sequence(1, 1, 0, 'chat'), say(1, 1), sequence(1, 4, 2, 'chat'), say(1, 4)]], {
      delivered: [1, 4],
    }),
    scenario(
      'numbers given up in two parts',
      [[sequence(1, 1, 0, 'chat'), say(1, 1), sequence(1, 3, 1, 'chat'), say(1, 3), sequence(1, 5, 2, 'chat'), say(1, 5)]],
      {
        delivered: [1, 3, 5],
      },
    ),
    scenario(
      'of three numbers that are missing two were given up',
      [[sequence(1, 1, 0, 'chat'), say(1, 1), sequence(1, 5, 2, 'chat'), say(1, 5)]],
      violation,
    ),
    scenario('the first SEQUENCE of a stream begins anywhere', [[sequence(1, 9, 0, 'chat'), say(1, 9), say(1, 10)]], {
      delivered: [9, 10],
    }),
    scenario('stream 0 takes any protocol', [[sequence(0, 1, 0, ''), say(0, 1), say(0, 2, null)]], { delivered: [1, 2] }),
    scenario(
      'padding and unknown kinds between',
      [[entry(KIND.PADDING, fill(0, 9)), sequence(1, 1, 0, 'chat'), entry(0xf0), say(1, 1)]],
      { delivered: [1] },
    ),
    scenario(
      'the second path repeats what may be lost',
      [
        [sequence(1, 1, 0, 'chat'), say(1, 1), say(1, 2)],
        [sequence(1, 2, 0, 'chat'), say(1, 2), say(1, 3)],
      ],
      { delivered: [1, 2, 3] },
    ),
    scenario('the second path speaks without a SEQUENCE', [[sequence(1, 1, 0, 'chat'), say(1, 1)], [say(1, 2)]], violation),
    scenario('SWITCH on a path that was not left', [[switched(0)]], violation),
  ]
}

function messageVectors() {
  const plain = (change: (message: unknown[]) => unknown[]) =>
    hex(pack(change([1, 'greeting', null, true, null, TIME, 'id-1', 'chat'])))
  const at = (index: number, value: unknown) => plain((message) => message.map((item, i) => (i === index ? value : item)))
  const signed = (bytes: Uint8Array) => ({ bytes: hex(bytes), signature: hex(sign(alice.seed, 'message', bytes)) })
  return {
    /** On the channel from initiator to responder. */
    valid: {
      ping: hex(ping),
      greeting: hex(greeting),
      broadcast: at(3, null),
      withoutProtocol: at(7, null),
      answer: plain((message) => [...message, 'id-0']),
    },
    signed: { toOne: signed(signedMessage), broadcast: signed(signedBroadcast) },
    invalid: [
      { why: 'another layout', message: at(0, 2), code: 'INVALID_MESSAGE' },
      { why: 'an empty type', message: at(1, ''), code: 'INVALID_MESSAGE' },
      { why: 'a type of 129 characters', message: at(1, 'a'.repeat(129)), code: 'INVALID_MESSAGE' },
      { why: 'from another', message: at(2, bob.peerId), code: 'FOREIGN_SENDER' },
      { why: 'to another', message: at(3, alice.peerId), code: 'PROTOCOL_VIOLATION' },
      { why: 'a date before 1970', message: at(5, -1), code: 'INVALID_MESSAGE' },
      { why: 'an id of 65 characters', message: at(6, 'a'.repeat(65)), code: 'INVALID_MESSAGE' },
      { why: 'nil as inReplyTo', message: plain((message) => [...message, null]), code: 'INVALID_MESSAGE' },
      { why: 'seven items', message: plain((message) => message.slice(0, 7)), code: 'INVALID_MESSAGE' },
      { why: 'a tenth item', message: plain((message) => [...message, 'id-0', fill(0, 64)]), code: 'INVALID_MESSAGE' },
      { why: 'a map', message: hex(pack({})), code: 'INVALID_MESSAGE' },
    ],
    /** Signed by the initiator, and refused by the responder. */
    invalidSigned: [
      {
        why: 'signed by another',
        ...signed(pack([1, 'a', bob.publicKey, bob.publicKey, null, TIME, 'id-1', 'chat'])),
        code: 'FOREIGN_SENDER',
      },
      {
        why: 'signed for another',
        ...signed(pack([1, 'a', alice.publicKey, alice.publicKey, null, TIME, 'id-1', 'chat'])),
        code: 'PROTOCOL_VIOLATION',
      },
      {
        why: 'ends that are ids',
        ...signed(pack([1, 'a', alice.peerId, bob.peerId, null, TIME, 'id-1', 'chat'])),
        code: 'FOREIGN_SENDER',
      },
    ],
  }
}
