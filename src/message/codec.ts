import {
  Decoder,
  decodeTimestampExtension,
  Encoder,
  ExtData,
  type ExtensionCodecType,
  encodeTimestampExtension,
} from '@msgpack/msgpack'
import { asP2PError, P2PError } from '../base/errors.js'
import { DEFAULT_LIMITS, type Limits } from '../base/limits.js'
import { isWellFormed } from '../base/well-formed.js'
import { checkStructure } from './structure.js'

/** MessagePack extension type of a BigInt of any size: its decimal digits in ASCII. */
const BIGINT_EXTENSION = 1
/** MessagePack's own timestamp extension, for `Date`. */
const TIMESTAMP_EXTENSION = -1
/** Digits of a decoded BigInt: parsing is quadratic, and 2^1024 has 309. */
const MAX_BIGINT_DIGITS = 320

/** Objects met by the encoding under way: one that is held twice at each level would else grow as 2^depth. */
let objects = 0

const extensions: ExtensionCodecType<undefined> = {
  tryToEncode(value) {
    if (++objects > DEFAULT_LIMITS.maxDecodeItems) throw tooManyItems()
    if (typeof value === 'bigint') return new ExtData(BIGINT_EXTENSION, ascii(checkedDigits(value.toString())))
    if (Array.isArray(value) || value instanceof Uint8Array) return null
    if (value instanceof Date) {
      if (Number.isNaN(value.getTime())) throw new TypeError('an invalid Date cannot travel in a message')
      return new ExtData(TIMESTAMP_EXTENSION, encodeTimestampExtension(value)!)
    }
    // A Map, a Set, a Float64Array or a Promise would silently become {} or other bytes at the far end.
    const kind = Object.prototype.toString.call(value)
    if (kind !== '[object Object]') throw new TypeError(`${kind.slice(8, -1)} cannot travel in a message`)
    // No decoder takes it, for in careless hands it changes what all objects inherit.
    if (Object.hasOwn(value as object, '__proto__')) throw new TypeError('the key __proto__ cannot travel in a message')
    return null
  },
  decode(data, type) {
    if (type === TIMESTAMP_EXTENSION) {
      const date = decodeTimestampExtension(data) as Date
      if (Number.isNaN(date.getTime()))
        throw new P2PError('MALFORMED_DATA', 'A MessagePack timestamp is beyond what a Date holds.')
      return date
    }
    const digits = type === BIGINT_EXTENSION && data.length <= MAX_BIGINT_DIGITS ? String.fromCharCode(...data) : ''
    if (!/^-?\d+$/.test(digits)) throw new P2PError('MALFORMED_DATA', `MessagePack extension ${type} is unknown or malformed.`)
    return BigInt(digits)
  },
}

// Depth of the encoder counts scalars too: whatever it lets out, checkStructure lets in.
const encoder = /* @__PURE__ */ createEncoder()
const decoder = /* @__PURE__ */ createDecoder()

/** What is used of the library's classes beyond their types; test/message/utf8.test.ts fails where another version lacks it. */
type Encoding = new (options: unknown) => { pos: number; encodeString(text: string): void; clone(): unknown }
type Decoding = new (
  options: unknown,
) => { pos: number; bytes: Uint8Array; decodeUtf8String(length: number, head: number): string }

/** One that refuses texts which no UTF-8 stands for: the library's would write bytes that every peer refuses, or other characters. */
function createEncoder(): Encoder {
  const Base = Encoder as unknown as Encoding
  class StrictEncoder extends Base {
    override encodeString(text: string): void {
      const from = this.pos
      super.encodeString(text)
      const { length } = text
      // What ASCII takes beside a byte for each character: a head. Half a pair takes two bytes more.
      const more = this.pos - from - length
      if (more > 1 && more !== (length < 256 ? 2 : length < 65_536 ? 3 : 5) && !isWellFormed(text)) throw illFormed()
    }

    /** Used where a getter encodes something else meanwhile. */
    override clone(): unknown {
      return createEncoder()
    }
  }
  const options = { extensionCodec: extensions, ignoreUndefined: true, maxDepth: DEFAULT_LIMITS.maxDecodeDepth }
  return new StrictEncoder(options) as unknown as Encoder
}

/** One that keeps the byte order mark at the beginning of a text, which the library drops from those of more than 200 bytes. */
function createDecoder(): Decoder {
  const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
  const Base = Decoder as unknown as Decoding
  class FaithfulDecoder extends Base {
    override decodeUtf8String(length: number, head: number): string {
      const from = this.pos + head
      if (length <= 200 || this.bytes[from] !== 0xef) return super.decodeUtf8String(length, head)
      this.pos = from + length
      return utf8.decode(this.bytes.subarray(from, this.pos))
    }
  }
  return new FaithfulDecoder({ extensionCodec: extensions }) as unknown as Decoder
}

/**
 * A value as MessagePack bytes. Takes what JSON takes, and `Uint8Array`, `Date` and BigInt; keys with an undefined value are left out.
 *
 * @throws P2PError UNSERIALIZABLE_PAYLOAD for functions, symbols, Map, Set, other typed arrays, cycles, nesting above 31, and
 *   texts with half of a surrogate pair;
 *   MESSAGE_TOO_LARGE for more values than `maxDecodeItems`, which every decoder would refuse.
 */
export function encode(value: unknown): Uint8Array {
  return guarded(() => encoder.encode(value))
}

function guarded(run: () => Uint8Array): Uint8Array {
  try {
    objects = 0
    const bytes = run()
    // Each value takes a byte at least, so shorter ones cannot hold too many.
    if (bytes.length > DEFAULT_LIMITS.maxDecodeItems) checkStructure(bytes, DEFAULT_LIMITS, true)
    return bytes
  } catch (error) {
    if (error instanceof P2PError) throw error.code === 'LIMIT_EXCEEDED' ? tooManyItems() : error
    const why = error instanceof Error ? error.message : String(error)
    throw new P2PError(
      'UNSERIALIZABLE_PAYLOAD',
      `The value cannot be sent: ${why}. Send plain objects, arrays, strings, numbers, BigInt, Date and Uint8Array.`,
      {
        cause: error,
      },
    )
  }
}

/**
 * The value in MessagePack bytes, none of them trusted.
 *
 * @throws P2PError MALFORMED_DATA, or LIMIT_EXCEEDED for depth (`maxDecodeDepth`) or number of values (`maxDecodeItems`).
 */
export function decode(bytes: Uint8Array, limits: Limits = DEFAULT_LIMITS): unknown {
  checkStructure(bytes, limits)
  try {
    return decoder.decode(bytes)
  } catch (error) {
    throw asP2PError(error, 'MALFORMED_DATA', 'These bytes are not valid MessagePack.')
  }
}

function tooManyItems(): P2PError {
  const { maxDecodeItems } = DEFAULT_LIMITS
  return new P2PError(
    'MESSAGE_TOO_LARGE',
    `The value holds more than ${maxDecodeItems} values. Split it, or pack numbers into a Uint8Array.`,
    {
      details: { limit: 'maxDecodeItems', maxDecodeItems },
    },
  )
}

function illFormed(): P2PError {
  return new P2PError(
    'UNSERIALIZABLE_PAYLOAD',
    'A text holds half of a surrogate pair, probably because it was cut within a character. Cut it elsewhere, or call its toWellFormed() first.',
  )
}

function checkedDigits(digits: string): string {
  if (digits.length > MAX_BIGINT_DIGITS) throw new TypeError(`a BigInt of ${digits.length} digits cannot travel in a message`)
  return digits
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}
