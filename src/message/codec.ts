import { Decoder, decodeTimestampExtension, Encoder, encodeTimestampExtension, ExtData, type ExtensionCodecType } from '@msgpack/msgpack'
import { asP2PError, P2PError } from '../errors.js'
import { DEFAULT_LIMITS, type Limits } from '../limits.js'
import { checkStructure } from './structure.js'

/** MessagePack extension type of a BigInt of any size: its decimal digits in ASCII. */
const BIGINT_EXTENSION = 1
/** MessagePack's own timestamp extension, for `Date`. */
const TIMESTAMP_EXTENSION = -1
/** Digits of a decoded BigInt: parsing is quadratic, and 2^1024 has 309. */
const MAX_BIGINT_DIGITS = 320

const extensions: ExtensionCodecType<undefined> = {
  tryToEncode(value) {
    if (typeof value === 'bigint') return new ExtData(BIGINT_EXTENSION, ascii(checkedDigits(value.toString())))
    if (Array.isArray(value) || value instanceof Uint8Array) return null
    if (value instanceof Date) return new ExtData(TIMESTAMP_EXTENSION, encodeTimestampExtension(value)!)
    // A Map, a Set, a Float64Array or a Promise would silently become {} or other bytes at the far end.
    const kind = Object.prototype.toString.call(value)
    if (kind !== '[object Object]') throw new TypeError(`${kind.slice(8, -1)} cannot travel in a message`)
    return null
  },
  decode(data, type) {
    if (type === TIMESTAMP_EXTENSION) return decodeTimestampExtension(data)
    const digits = type === BIGINT_EXTENSION && data.length <= MAX_BIGINT_DIGITS ? String.fromCharCode(...data) : ''
    if (!/^-?\d+$/.test(digits)) throw new P2PError('MALFORMED_DATA', `MessagePack extension ${type} is unknown or malformed.`)
    return BigInt(digits)
  },
}

// Depth of the encoder counts scalars too: whatever it lets out, checkStructure lets in.
const encoder = new Encoder({ extensionCodec: extensions, ignoreUndefined: true, maxDepth: DEFAULT_LIMITS.maxDecodeDepth })
const decoder = new Decoder({ extensionCodec: extensions })

/**
 * A value as MessagePack bytes. Takes what JSON takes, and `Uint8Array`, `Date` and BigInt; keys with an undefined value are left out.
 *
 * @throws P2PError UNSERIALIZABLE_PAYLOAD for functions, symbols, Map, Set, other typed arrays, cycles, and nesting above 31.
 */
export function encode(value: unknown): Uint8Array {
  return guarded(() => encoder.encode(value))
}

/** Like `encode`, but the bytes are only good until the next call: for callers that copy at once. */
export function encodeShared(value: unknown): Uint8Array {
  return guarded(() => encoder.encodeSharedRef(value))
}

function guarded(run: () => Uint8Array): Uint8Array {
  try {
    return run()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new P2PError('UNSERIALIZABLE_PAYLOAD', `The value cannot be sent: ${why}. Send plain objects, arrays, strings, numbers, BigInt, Date and Uint8Array.`, {
      cause: error,
    })
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

function checkedDigits(digits: string): string {
  if (digits.length > MAX_BIGINT_DIGITS) throw new TypeError(`a BigInt of ${digits.length} digits cannot travel in a message`)
  return digits
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}
