import { isBytes } from '../base/bytes.js'
import { P2PError } from '../base/errors.js'
import { CODEC_LIMITS } from '../base/limits/codec.js'
import type { Limits } from '../base/limits.js'
import type { Slab } from '../base/slab.node.js'
import { isWellFormed } from '../base/text.js'

/** What a decoder takes, and so an encoder writes. */
export type CodecLimits = Pick<Limits, 'maxDecodeDepth' | 'maxDecodeItems'>

/** MessagePack extension type of a BigInt of any size: its decimal digits in ASCII. */
export const BIGINT_EXTENSION = 1
/** MessagePack's own timestamp extension, for `Date`: −1 as a byte. */
export const TIMESTAMP_EXTENSION = 0xff
/** Digits of a BigInt, with its sign: parsing is quadratic, and 2^1024 has 309. */
export const MAX_BIGINT_DIGITS = 320

/** The buffer at first: it holds a frame of a circuit, and does not grow at each. One that grew is not kept. */
const KEPT_BYTES = 65_536
/** Texts below this length are written faster by a loop than by a call of the platform. */
const SHORT_TEXT = 40
const UINT_32 = 0x1_0000_0000

// One buffer for all. A getter may encode something else meanwhile: that is written behind what is there, and taken off again.
let bytes: Uint8Array | undefined
let at = 0
/** Values that may still come: an object that is held twice at each level would else grow as 2^depth. */
let left = 0
let utf8: TextEncoder | undefined
let float: DataView | undefined

/**
 * A value as MessagePack bytes, in the one form that docs/wire-protocol.md §5.2 gives it: the same value is always the same bytes.
 * Takes what JSON takes, and `Uint8Array`, `Date` and BigInt. Keys with an undefined value are left out; −0 becomes 0.
 *
 * Source: the MessagePack specification, "Formats".
 *
 * @param limits `maxDecodeDepth` and `maxDecodeItems` hold for what is sent too.
 * @param slab holds the bytes; by default they have memory of their own.
 * @throws P2PError UNSERIALIZABLE_PAYLOAD for functions, symbols, Map, Set, other typed arrays, cycles, nesting above
 *   `maxDecodeDepth` − 1, the key `__proto__`, and texts with half of a surrogate pair;
 *   MESSAGE_TOO_LARGE for more values than `maxDecodeItems`, which every decoder would refuse.
 */
export function encode(value: unknown, limits: CodecLimits = CODEC_LIMITS, slab?: Slab): Uint8Array {
  const start = at
  const leftBefore = left
  const { maxDecodeDepth, maxDecodeItems } = limits
  left = maxDecodeItems
  bytes ??= new Uint8Array(KEPT_BYTES)
  try {
    write(value, maxDecodeDepth)
    return slab?.copy(bytes.subarray(start, at)) ?? bytes.slice(start, at)
  } catch (error) {
    if (left < 0) throw tooManyItems(maxDecodeItems)
    if (error instanceof P2PError) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new P2PError(
      'UNSERIALIZABLE_PAYLOAD',
      `The value cannot be sent: ${why}. Send what JSON takes, BigInt, Date, Uint8Array.`,
      { cause: error },
    )
  } finally {
    at = start
    left = leftBefore
    if (start === 0 && bytes.length > KEPT_BYTES) bytes = undefined
  }
}

function write(value: unknown, depth: number): void {
  if (depth < 1) throw new TypeError('it is nested too deeply, or holds itself')
  count()
  reserve(9)
  if (typeof value === 'string') writeText(value)
  else if (typeof value === 'number') writeNumber(value)
  else if (typeof value === 'boolean') byte(value ? 0xc3 : 0xc2)
  else if (value === null || value === undefined) byte(0xc0)
  else if (typeof value === 'bigint') writeBigInt(value)
  else if (typeof value !== 'object') throw new TypeError(`a ${typeof value} cannot travel in a message`)
  else if (Array.isArray(value)) {
    const { length } = value
    writeHead(length, 0x90, 16, 0xdb, 1)
    for (let i = 0; i < length; i++) write(value[i], depth - 1)
  } else writeObject(value, depth - 1)
}

function writeObject(value: object, depth: number): void {
  // What a Map, a Set, a Float64Array or a Promise holds would be lost on the way. The tag tells, of another realm's too.
  let kind = 'Object'
  if (isBytes(value)) kind = 'Uint8Array'
  else if (Object.getPrototypeOf(value) !== Object.prototype) kind = Object.prototype.toString.call(value).slice(8, -1)
  if (kind === 'Object') writeMap(value as Record<string, unknown>, depth)
  else if (kind === 'Uint8Array' && ArrayBuffer.isView(value)) writeBytes(value as Uint8Array)
  else if (kind === 'Date') writeDate(Date.prototype.getTime.call(value))
  else throw new TypeError(`${kind} cannot travel in a message`)
}

function writeMap(value: Record<string, unknown>, depth: number): void {
  const keys = Object.keys(value)
  const { length } = keys
  for (let i = 1; i < length; i++) {
    if (byUtf8(keys[i - 1]!, keys[i]!) < 0) continue
    keys.sort(byUtf8)
    break
  }
  const start = at
  writeHead(length, 0x80, 16, 0xdd, 1)
  const body = at
  let entries = 0
  for (let i = 0; i < length; i++) {
    const key = keys[i]!
    // In careless hands it changes what all objects inherit.
    if (key === '__proto__') throw new TypeError('the key __proto__ cannot travel in a message')
    const item = value[key]
    if (item === undefined) continue
    entries++
    count()
    writeText(key)
    write(item, depth)
  }
  if (entries === length) return
  const end = at
  at = start
  writeHead(entries, 0x80, 16, 0xdd, 1)
  bytes!.copyWithin(at, body, end)
  at += end - body
}

function writeBytes(value: Uint8Array): void {
  reserve(value.length + 5)
  writeHead(value.length, 0, 0, 0xc4, 0)
  bytes!.set(value, at)
  at += value.length
}

function writeText(text: string): void {
  const { length } = text
  reserve(length * 3 + 5)
  const buffer = bytes!
  const head = at
  let from = head + headBytes(length)
  let size = 0
  if (length < SHORT_TEXT) {
    for (; size < length; size++) {
      const code = text.charCodeAt(size)
      if (code > 0x7f) break
      buffer[from + size] = code
    }
  }
  if (size < length) {
    utf8 ??= new TextEncoder()
    size = utf8.encodeInto(text, buffer.subarray(from)).written
    if (size > length) {
      // Half of a pair would arrive as U+FFFD.
      if (!isWellFormed(text)) throw illFormed()
      const moved = head + headBytes(size)
      buffer.copyWithin(moved, from, from + size)
      from = moved
    }
  }
  writeHead(size, 0xa0, 32, 0xd9, 0)
  at = from + size
}

function writeNumber(value: number): void {
  if (!Number.isSafeInteger(value)) {
    byte(0xcb)
    float ??= new DataView(new ArrayBuffer(8))
    // Of the many forms of NaN, the one of the literal.
    float.setFloat64(0, Number.isNaN(value) ? Number.NaN : value)
    put(4, float.getUint32(0))
    put(4, float.getUint32(4))
  } else if (value < 0) {
    if (value >= -0x20) byte(value)
    else writeSized(0xd0, 0, value, -1 - 2 * value)
  } else writeHead(value, 0, 0x80, 0xcc, 0)
}

function writeBigInt(value: bigint): void {
  const digits = value.toString()
  const { length } = digits
  if (length > MAX_BIGINT_DIGITS) throw new TypeError(`a BigInt of ${length} digits cannot travel in a message`)
  reserve(length + 4)
  const fixed = [1, 2, 4, 8, 16].indexOf(length)
  if (fixed < 0) writeHead(length, 0, 0, 0xc7, 0)
  else byte(0xd4 + fixed)
  byte(BIGINT_EXTENSION)
  for (let i = 0; i < length; i++) byte(digits.charCodeAt(i))
}

function writeDate(ms: number): void {
  if (Number.isNaN(ms)) throw new TypeError('an invalid Date cannot travel in a message')
  const seconds = Math.floor(ms / 1_000)
  const high = Math.floor(seconds / UINT_32)
  const nanoseconds = (ms - seconds * 1_000) * 1_000_000
  reserve(15)
  if (high < 0 || high > 3) {
    put(2, 0xc70c)
    byte(TIMESTAMP_EXTENSION)
    put(4, nanoseconds)
    put(4, high)
  } else {
    const isShort = high + nanoseconds === 0
    byte(isShort ? 0xd6 : 0xd7)
    byte(TIMESTAMP_EXTENSION)
    if (!isShort) put(4, nanoseconds * 4 + high)
  }
  put(4, seconds)
}

/** A length or a whole number: in the head byte below `few`, else sized. */
function writeHead(value: number, fixed: number, few: number, head: number, least: number): void {
  if (value < few) byte(fixed | value)
  else writeSized(head, least, value, value)
}

/** In 2^n bytes after head byte + n, for the least n that `magnitude` allows. */
function writeSized(head: number, least: number, value: number, magnitude: number): void {
  const n = magnitude < 0x1_0000 ? (magnitude < 0x100 ? least : 1) : magnitude < UINT_32 ? 2 : 3
  byte(head + n)
  put(1 << n, value)
}

/** Big-endian. */
function put(width: number, value: number): void {
  if (width > 4) put(4, Math.floor(value / UINT_32))
  if (width > 2) {
    byte(value >>> 24)
    byte(value >>> 16)
  }
  if (width > 1) byte(value >>> 8)
  byte(value)
}

function byte(value: number): void {
  bytes![at++] = value
}

function count(): void {
  if (--left < 0) throw new RangeError()
}

function reserve(length: number): void {
  const full = bytes!
  if (at + length <= full.length) return
  bytes = new Uint8Array(Math.max(full.length * 2, at + length))
  bytes.set(full)
}

/** Bytes of the head of a text of so many. */
function headBytes(length: number): number {
  return length < 0x20 ? 1 : length < 0x100 ? 2 : length < 0x1_0000 ? 3 : 5
}

/** The order of their UTF-8, which is that of their characters; JavaScript's own puts surrogates before U+E000. */
function byUtf8(a: string, b: string): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return x < 0xd800 || y < 0xd800 ? x - y : ((x + 0x2000) & 0xffff) - ((y + 0x2000) & 0xffff)
  }
  return a.length - b.length
}

function tooManyItems(maxDecodeItems: number): P2PError {
  return new P2PError('MESSAGE_TOO_LARGE', `The value holds more than ${maxDecodeItems} values. Split it.`, {
    details: { limit: 'maxDecodeItems', maxDecodeItems },
  })
}

function illFormed(): P2PError {
  return new P2PError('UNSERIALIZABLE_PAYLOAD', 'A text holds half of a surrogate pair. Call toWellFormed().')
}
