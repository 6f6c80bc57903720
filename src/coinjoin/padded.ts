import { equalBytes } from '../base/bytes.js'
import { decode, encode } from '../message/codec.js'

/** Of the length before the content, little-endian. */
const HEAD_BYTES = 2

/** A value in MessagePack with its length before it, filled up with zeros: what is sent is always as long. @throws RangeError. */
export function encodePadded(value: unknown, length: number): Uint8Array {
  const content = encode(value)
  const bytes = new Uint8Array(length)
  bytes.set([content.length & 0xff, content.length >> 8])
  bytes.set(content, HEAD_BYTES)
  return bytes
}

/** The value; undefined for anything but its one encoding. */
export function decodePadded(bytes: Uint8Array, length: number): unknown {
  if (bytes.length !== length) return undefined
  const size = bytes[0]! | (bytes[1]! << 8)
  try {
    const value = decode(bytes.subarray(HEAD_BYTES, HEAD_BYTES + size))
    return equalBytes(encodePadded(value, length), bytes) ? value : undefined
  } catch {
    return undefined
  }
}
