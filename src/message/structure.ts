import { P2PError } from '../errors.js'
import type { Limits } from '../limits.js'

const malformed = (why: string) => new P2PError('MALFORMED_DATA', `These bytes are not one whole MessagePack value: ${why}.`)

/**
 * Walks MessagePack bytes without building anything and refuses what would cost the decoder more than the bytes are
 * worth. A five-byte array header may declare 2^32 items, and a decoder allocates them: here each count is held against
 * the bytes that remain, and depth and total count against the limits, before any allocation.
 *
 * Source: the MessagePack specification, "Formats".
 *
 * @throws P2PError MALFORMED_DATA for cut, empty or over-long input, LIMIT_EXCEEDED for depth or count.
 */
export function checkStructure(bytes: Uint8Array, limits: Limits): void {
  const maxDepth = limits.maxDecodeDepth
  // Items still to come at each open level; level 0 holds the one root value.
  const remaining: number[] = [1]
  let depth = 0
  let items = 0
  let position = 0
  const end = bytes.length

  while (depth >= 0) {
    if (remaining[depth] === 0) {
      depth--
      continue
    }
    remaining[depth]!--
    if (position >= end) throw malformed('they end too early')
    if (++items > limits.maxDecodeItems) throw tooMuch('maxDecodeItems', limits.maxDecodeItems)
    const head = bytes[position++]!
    let skip = 0
    let children = -1
    if (head < 0x80 || head >= 0xe0) continue
    if (head < 0x90) children = (head & 0x0f) * 2
    else if (head < 0xa0) children = head & 0x0f
    else if (head < 0xc0) skip = head & 0x1f
    else {
      const sizeBytes = SIZE_BYTES[head - 0xc0]!
      if (sizeBytes < 0) throw malformed('they hold the unused head byte 0xc1')
      let size = 0
      if (sizeBytes > 0) {
        if (position + sizeBytes > end) throw malformed('they end too early')
        for (let i = 0; i < sizeBytes; i++) size = size * 256 + bytes[position++]!
      }
      if (head >= 0xde) children = size * 2
      else if (head >= 0xdc) children = size
      else skip = size + FIXED_BYTES[head - 0xc0]!
    }
    if (children >= 0) {
      if (children === 0) continue
      // Each item takes a byte at least.
      if (children > end - position) throw malformed('a container declares more items than there are bytes')
      if (++depth > maxDepth) throw tooMuch('maxDecodeDepth', maxDepth)
      remaining[depth] = children
    } else {
      if (skip > end - position) throw malformed('they end too early')
      position += skip
    }
  }
  if (position !== end) throw malformed('bytes follow the value')
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
