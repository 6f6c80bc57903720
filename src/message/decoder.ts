import { equalBytes } from '../base/bytes.js'
import { asP2PError, P2PError } from '../base/errors.js'
import { CODEC_LIMITS } from '../base/limits/codec.js'
import { setOwn } from '../base/own.js'
import { BIGINT_EXTENSION, type CodecLimits, encode, MAX_BIGINT_DIGITS, TIMESTAMP_EXTENSION } from './encoder.js'

/** Texts below this length are read faster by a loop than by a call of the platform. */
const SHORT_TEXT = 40
const UINT_32 = 0x1_0000_0000
/** The least number that needs 2^n bytes. */
const LEAST = [0, 0x100, 0x1_0000, UINT_32]
const NOTHING = /* @__PURE__ */ new Uint8Array(0)

// The decoding under way: it calls nobody else's code, so there is one at a time.
let bytes: Uint8Array = NOTHING
let at = 0
let left = 0
let limits: CodecLimits
let isCanonical = false
let utf8: TextDecoder | undefined
let float: DataView | undefined

/**
 * The value in MessagePack bytes, none of them trusted. Each value is taken in one form only (docs/wire-protocol.md §5.2): two forms
 * would let two peers read two things out of one signature. Bytes in the value have memory of their own.
 *
 * A five-byte head may declare 2^32 items. Nothing is allocated for what is only declared: containers grow by what was read.
 *
 * Source: the MessagePack specification, "Formats".
 *
 * @param options.canonical demands the order of keys too, as all that is signed has it: then `encode` makes the same bytes again.
 * @throws P2PError MALFORMED_DATA, or LIMIT_EXCEEDED for depth (`maxDecodeDepth`) or number of values (`maxDecodeItems`).
 */
export function decode(input: Uint8Array, given: CodecLimits = CODEC_LIMITS, { canonical = false } = {}): unknown {
  bytes = input
  at = 0
  limits = given
  left = limits.maxDecodeItems
  isCanonical = canonical
  try {
    const value = read(limits.maxDecodeDepth)
    if (at < input.length) throw malformed('bytes follow the value')
    return value
  } catch (error) {
    // Ill-formed UTF-8, or digits that are none.
    throw asP2PError(error, 'MALFORMED_DATA', 'These bytes are no MessagePack value.')
  } finally {
    bytes = NOTHING
  }
}

function read(depth: number): unknown {
  const head = readHead()
  if (head < 0x80) return head
  if (head < 0x90) return readMap(head & 0x0f, depth)
  if (head < 0xa0) return readArray(head & 0x0f, depth)
  if (head < 0xc0) return readText(head & 0x1f)
  if (head >= 0xe0) return head - 0x100
  if (head === 0xc0) return null
  if (head === 0xc2 || head === 0xc3) return head === 0xc3
  if (head === 0xcb) return readFloat()
  // The unused one, and floats of 32 bits.
  if (head === 0xc1 || head === 0xca) throw malformed(`the head byte ${head} is not used`)
  if (head < 0xc7) return readBytes(readSized(head - 0xc4, 0))
  if (head < 0xca) return readExtension(at - 1, readSized(head - 0xc7, 0))
  if (head < 0xd0) return readSized(head - 0xcc, 0x80)
  if (head < 0xd4) return readNegative(head - 0xd0)
  if (head < 0xd9) return readExtension(at - 1, 1 << (head - 0xd4))
  if (head < 0xdc) return readText(readSized(head - 0xd9, 0x20))
  if (head < 0xde) return readArray(readSized(head - 0xdb, 0, 0x10), depth)
  return readMap(readSized(head - 0xdd, 0, 0x10), depth)
}

/** The first byte of the next value. */
function readHead(): number {
  if (--left < 0) throw tooMuch('maxDecodeItems')
  need(1)
  return bytes[at++]!
}

function readArray(length: number, depth: number): unknown[] {
  open(length, depth)
  const items: unknown[] = []
  for (let i = 0; i < length; i++) items.push(read(depth - 1))
  return items
}

function readMap(length: number, depth: number): Record<string, unknown> {
  open(length * 2, depth)
  const map: Record<string, unknown> = {}
  // The greatest key so far: one above it is new.
  let from = 0
  let to = 0
  for (let i = 0; i < length; i++) {
    const head = readHead()
    const isShort = head >= 0xa0 && head < 0xc0
    if (!isShort && (head < 0xd9 || head > 0xdb)) throw malformed('a key is no text')
    const size = isShort ? head & 0x1f : readSized(head - 0xd9, 0x20)
    const start = at
    const key = readText(size)
    if (i === 0 || isAbove(from, to, start)) {
      from = start
      to = at
    } else if (isCanonical || Object.hasOwn(map, key)) throw malformed('keys are doubled or not in order')
    // In careless hands it changes what all objects inherit.
    if (key === '__proto__') throw malformed('they hold the key __proto__')
    setOwn(map, key, read(depth - 1))
  }
  return map
}

/** Whether the text from `start` to here is above the other, bytewise. */
function isAbove(from: number, to: number, start: number): boolean {
  for (; from < to && start < at; from++, start++) {
    const difference = bytes[start]! - bytes[from]!
    if (difference !== 0) return difference > 0
  }
  return start < at
}

function readText(size: number): string {
  need(size)
  const from = at
  at += size
  if (size < SHORT_TEXT) {
    const codes = new Array<number>(size)
    let all = 0
    for (let i = 0; i < size; i++) {
      const byte = bytes[from + i]!
      codes[i] = byte
      all |= byte
    }
    if (all < 0x80) return String.fromCharCode.apply(undefined, codes)
  }
  // Strict as RFC 3629 §4: nothing cut, overlong, surrogate, or above U+10FFFF; a byte order mark is a character.
  utf8 ??= new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  return utf8.decode(bytes.subarray(from, at))
}

function readBytes(size: number): Uint8Array {
  need(size)
  at += size
  // Its own memory: one small array would hold the whole message, and its `buffer` show it.
  return new Uint8Array(bytes.subarray(at - size, at))
}

function readFloat(): number {
  const high = readFixed(4, 0)
  const low = readFixed(4, 0)
  float ??= new DataView(new ArrayBuffer(8))
  float.setUint32(0, high)
  float.setUint32(4, low)
  const value = float.getFloat64(0)
  // −0 is a safe integer here.
  if (Number.isSafeInteger(value) || (Number.isNaN(value) && (high !== 0x7ff8_0000 || low > 0))) throw otherForm()
  return value
}

/** A whole number or a length of 2^n bytes that fits into no fewer. */
function readSized(n: number, few: number, short = 0x100): number {
  const value = readFixed(1 << n, 0)
  if (value < (n > 1 ? LEAST[n]! : n > 0 ? short : few) || value > Number.MAX_SAFE_INTEGER) throw otherForm()
  return value
}

function readNegative(n: number): number {
  need(1)
  const value = readFixed(1 << n, bytes[at]! < 0x80 ? 0 : -1)
  if (value >= (n > 0 ? LEAST[n]! / -2 : -0x20) || value < Number.MIN_SAFE_INTEGER) throw otherForm()
  return value
}

/** Big-endian, from the sign on. Beyond 2^53 it is rounded, and remains beyond. */
function readFixed(width: number, sign: number): number {
  need(width)
  let value = sign
  for (let i = 0; i < width; i++) value = value * 0x100 + bytes[at++]!
  return value
}

function readExtension(from: number, size: number): Date | bigint {
  const type = readFixed(1, 0)
  need(size)
  let value: Date | bigint | undefined
  if (type === TIMESTAMP_EXTENSION) value = readDate(size)
  else if (type === BIGINT_EXTENSION && size <= MAX_BIGINT_DIGITS) value = BigInt(String.fromCharCode(...readBytes(size)))
  if (value === undefined || !equalBytes(encode(value), bytes.subarray(from, at))) throw otherForm()
  return value
}

/** What it holds beyond milliseconds is lost here, and missed when the forms are compared. */
function readDate(size: number): Date | undefined {
  if (size !== 4 && size !== 8 && size !== 12) return undefined
  const first = size === 4 ? 0 : readFixed(4, 0)
  const high = size === 8 ? first & 3 : size === 12 ? readFixed(4, 0) | 0 : 0
  const seconds = high * UINT_32 + readFixed(4, 0)
  const date = new Date(seconds * 1_000 + Math.floor((size === 8 ? first >>> 2 : first) / 1_000_000))
  return Number.isNaN(date.getTime()) ? undefined : date
}

/** Before the items of a container, each of which takes a byte at least. */
function open(items: number, depth: number): void {
  need(items)
  if (items > 0 && depth < 1) throw tooMuch('maxDecodeDepth')
}

function need(length: number): void {
  if (length > bytes.length - at) throw malformed('they end too early')
}

function otherForm(): P2PError {
  return malformed('a value is in another form')
}

function malformed(why: string): P2PError {
  return new P2PError('MALFORMED_DATA', `These bytes are no MessagePack value: ${why}.`)
}

function tooMuch(limit: 'maxDecodeDepth' | 'maxDecodeItems'): P2PError {
  const value = limits[limit]
  return new P2PError('LIMIT_EXCEEDED', `A MessagePack value exceeds ${limit} (${value}).`, { details: { limit, value } })
}
