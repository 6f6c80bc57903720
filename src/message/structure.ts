import { P2PError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'

const malformed = (why: string) => new P2PError('MALFORMED_DATA', `These bytes are not one whole MessagePack value: ${why}.`)

/**
 * Walks MessagePack bytes without building anything and refuses what would cost the decoder more than the bytes are
 * worth. A five-byte array header may declare 2^32 items, and a decoder allocates them: here each count is held against
 * the bytes that remain, and depth and total count against the limits, before any allocation.
 *
 * Texts must be well-formed UTF-8, which the specification leaves open: decoders read broken ones each in its own way, some
 * beyond their end, and what was signed would then say one thing here and another there.
 *
 * Source: the MessagePack specification, "Formats".
 *
 * @param isOurs what our encoder wrote: its texts are well-formed.
 * @throws P2PError MALFORMED_DATA for cut, empty or over-long input and ill-formed texts, LIMIT_EXCEEDED for depth or count.
 */
export function checkStructure(bytes: Uint8Array, limits: Limits, isOurs = false): void {
  const { maxDecodeDepth, maxDecodeItems } = limits
  const end = bytes.length
  // Items still to come in the innermost open container, and in those around it; the outermost holds the one root value.
  let remaining = 1
  const around: number[] = []
  let items = 0
  let position = 0

  for (;;) {
    while (remaining === 0) {
      if (around.length === 0) {
        if (position !== end) throw malformed('bytes follow the value')
        return
      }
      remaining = around.pop()!
    }
    remaining--
    if (position >= end) throw malformed('they end too early')
    if (++items > maxDecodeItems) throw tooMuch('maxDecodeItems', maxDecodeItems)
    const head = bytes[position++]!
    if (head < 0x80 || head >= 0xe0) continue
    let size = 0
    if (head < 0xa0) size = head & 0x0f
    else if (head < 0xc0) size = head & 0x1f
    else {
      const sizeBytes = SIZE_BYTES[head - 0xc0]!
      if (sizeBytes < 0) throw malformed('they hold the unused head byte 0xc1')
      if (position + sizeBytes > end) throw malformed('they end too early')
      for (let i = 0; i < sizeBytes; i++) size = size * 256 + bytes[position++]!
    }
    if (head < 0xa0 || head >= 0xdc) {
      const children = head < 0x90 || head >= 0xde ? size * 2 : size
      if (children === 0) continue
      // Each item takes a byte at least.
      if (children > end - position) throw malformed('a container declares more items than there are bytes')
      if (around.push(remaining) > maxDecodeDepth) throw tooMuch('maxDecodeDepth', maxDecodeDepth)
      remaining = children
    } else {
      const isText = head < 0xc0 || head >= 0xd9
      const next = position + size + (isText ? 0 : FIXED_BYTES[head - 0xc0]!)
      if (next > end) throw malformed('they end too early')
      if (isText && !isOurs) checkText(bytes, position, next)
      position = next
    }
  }
}

/** @throws P2PError MALFORMED_DATA. */
function checkText(bytes: Uint8Array, from: number, to: number): void {
  // Nearly every text is ASCII, and this the inner loop of all that comes in: four at once take half the time.
  let all = 0
  let i = from
  for (; i + 3 < to; i += 4) all |= bytes[i]! | bytes[i + 1]! | bytes[i + 2]! | bytes[i + 3]!
  for (; i < to; i++) all |= bytes[i]!
  if (all >= 0x80 && !isUtf8(bytes, from, to)) throw malformed('a text is not well-formed UTF-8')
}

/** Whether these bytes are well-formed UTF-8, as of RFC 3629 §4: nothing cut, overlong, surrogate, or above U+10FFFF. */
function isUtf8(bytes: Uint8Array, from: number, to: number): boolean {
  let position = from
  while (position < to) {
    const lead = bytes[position++]!
    if (lead < 0x80) continue
    // The second byte is what rules out overlong forms, surrogates, and what is above U+10FFFF.
    let lowest = 0x80
    let highest = 0xbf
    let more = 1
    if (lead < 0xc2 || lead > 0xf4) return false
    if (lead >= 0xf0) {
      more = 3
      if (lead === 0xf0) lowest = 0x90
      else if (lead === 0xf4) highest = 0x8f
    } else if (lead >= 0xe0) {
      more = 2
      if (lead === 0xe0) lowest = 0xa0
      else if (lead === 0xed) highest = 0x9f
    }
    if (more > to - position) return false
    const second = bytes[position++]!
    if (second < lowest || second > highest) return false
    while (--more > 0) if ((bytes[position++]! & 0xc0) !== 0x80) return false
  }
  return true
}

/** Bytes of the size field after head byte 0xc0 + i; -1 where the head is invalid. */
// biome-ignore format: a table of the 32 heads from 0xc0 to 0xdf
const SIZE_BYTES = [
  0, -1, 0, 0, 1, 2, 4, 1, 2, 4, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 2, 4, 2, 4,
]
/** Bytes that follow beside the declared size: numbers, and the type byte of an extension. */
// biome-ignore format: a table of the 32 heads from 0xc0 to 0xdf
const FIXED_BYTES = [
  0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 4, 8, 1, 2, 4, 8,
  1, 2, 4, 8, 2, 3, 5, 9, 17, 0, 0, 0, 0, 0, 0, 0,
]

function tooMuch(limit: string, value: number): P2PError {
  return new P2PError('LIMIT_EXCEEDED', `A MessagePack value exceeds ${limit} (${value}).`, { details: { limit, value } })
}
