import { isDeepStrictEqual } from 'node:util'
import { compareBytes } from '../../../src/base/bytes.js'
import { DEFAULT_LIMITS } from '../../../src/base/limits.js'
import { decode, encode } from '../../../src/message/codec.js'
import { decodeMessage, P2PProtocol, toWire } from '../../../src/message/p2p-protocol.js'
import { check, type FuzzTarget, refusedOr } from '../target.js'

const CODEC_CODES = ['MALFORMED_DATA', 'LIMIT_EXCEEDED'] as const
const limits = DEFAULT_LIMITS
const protocol = new P2PProtocol()
const ends = { remote: 'alice', local: 'bob' }

/** Any bytes are a value or refused; what is a value goes out and comes back the same, as bytes, as a message and as text. */
export const fuzz: FuzzTarget['fuzz'] = (input) => {
  // The fuzzer's is a Buffer, whose parts are Buffers.
  const bytes = new Uint8Array(input)
  const decoded = refusedOr(() => ({ value: decode(bytes, limits) }), CODEC_CODES)
  if (decoded !== undefined) comesBack(decoded.value)
  const signed = refusedOr(() => ({ value: decode(bytes, limits, { canonical: true }) }), CODEC_CODES)
  check(signed === undefined || decoded !== undefined, 'what is signed is read less strictly')
  const again = signed && refusedOr(() => encode(signed.value, limits), ['UNSERIALIZABLE_PAYLOAD', 'MESSAGE_TOO_LARGE'])
  check(again === undefined || compareBytes(again, bytes) === 0, 'a signed value has two forms')
  const message = refusedOr(() => decodeMessage(bytes, limits, ends), [...CODEC_CODES, 'INVALID_MESSAGE', 'MESSAGE_TOO_LARGE'])
  if (message !== undefined) {
    check(message.from !== undefined && protocol.validateMessage(message), 'a decoded message is not valid')
    const wire = refusedOr(() => encode(toWire(message, message.from, message.to)))
    if (wire !== undefined) comesBack(decodeMessage(wire, limits))
    const json = refusedOr(() => protocol.toJSON(message))
    if (json !== undefined) {
      const again = protocol.fromJSON(json)
      // But for the bits of a NaN, which JSON has no word for.
      check(isDeepStrictEqual(again, message), 'a message changes as JSON')
    }
  }
  refusedOr(() => protocol.fromJSON(new TextDecoder().decode(bytes)))
}

function comesBack(value: unknown): void {
  const once = refusedOr(() => encode(value), ['UNSERIALIZABLE_PAYLOAD', 'MESSAGE_TOO_LARGE'])
  if (once === undefined) return
  const twice = encode(decode(once, limits))
  check(compareBytes(once, twice) === 0, 'a value changes on its way')
}

export const seeds: FuzzTarget['seeds'] = () => {
  const message = protocol.createMessage(
    'offer',
    { sats: 5n, at: new Date(1_700_000_000_000), key: new Uint8Array(3) },
    'alice',
    {
      to: 'bob',
      protocol: 'chat',
      inReplyTo: 'x',
      messageId: 'm',
      timestamp: 1_700_000_000_000,
      signature: new Uint8Array(64),
    },
  )
  return [
    protocol.serialize(message),
    encode(toWire(message, undefined, true)),
    encode([null, true, -1, 1.5, 2 ** 40, 'é€😀', 'x'.repeat(300), new Uint8Array(300), { a: { b: [[[]]] } }]),
    encode([-0, Number.NaN, Number.POSITIVE_INFINITY, 10n ** 300n, new Date(8.64e15), new Date(-1)]),
    new TextEncoder().encode(protocol.toJSON(message)),
    // Heads that declare far more than follows: str32, bin32, array32, map32, ext32.
    ...[0xdb, 0xc6, 0xdd, 0xdf, 0xc9].map((head) => Uint8Array.of(head, 255, 255, 255, 255, 1, 2)),
  ]
}
