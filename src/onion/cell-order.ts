import { joined, viewOf } from '../base/bytes.js'
import { violation } from '../base/errors.js'
import { type CellEnd, MAX_CELLS_AHEAD, MAX_STREAM_FRAME_BYTES } from './stream-messages.js'

/** Puts cells that come out of order right. */
export class CellOrder {
  /** The lowest number that has not come. */
  next = 0
  private readonly ahead = new Map<number, { bytes: Uint8Array; end: CellEnd }>()

  /** @returns the cells that are in order from here on; none for one that came before, or is too far ahead. */
  take(number: number, cell: { bytes: Uint8Array; end: CellEnd }): { bytes: Uint8Array; end: CellEnd }[] {
    if (number < this.next || number >= this.next + MAX_CELLS_AHEAD) return []
    this.ahead.set(number, cell)
    const ready: { bytes: Uint8Array; end: CellEnd }[] = []
    for (let found = this.ahead.get(this.next); found !== undefined; found = this.ahead.get(this.next)) {
      this.ahead.delete(this.next++)
      ready.push(found)
    }
    return ready
  }
}

/** Cuts a stream of bytes into frames: each has its length before it, 4 bytes, big-endian. */
export class FrameReader {
  private rest: Uint8Array = new Uint8Array(0)

  /** @returns the frames that are whole. @throws P2PError PROTOCOL_VIOLATION for one of more than 61,440 bytes. */
  push(bytes: Uint8Array): Uint8Array[] {
    this.rest = this.rest.length === 0 ? bytes : joined(this.rest, bytes)
    const frames: Uint8Array[] = []
    while (this.rest.length >= 4) {
      const length = viewOf(this.rest).getUint32(0)
      if (length > MAX_STREAM_FRAME_BYTES) throw violation(`sent a frame of ${length} bytes in a stream`)
      if (this.rest.length < 4 + length) break
      frames.push(this.rest.slice(4, 4 + length))
      this.rest = this.rest.subarray(4 + length)
    }
    return frames
  }
}

/** A frame as it stands in a stream. */
export function framed(frame: Uint8Array): Uint8Array {
  const { length } = frame
  return joined(Uint8Array.of(length >>> 24, length >>> 16, length >>> 8, length), frame)
}
