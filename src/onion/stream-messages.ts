import { decode, encode } from '../message/codec.js'
import { bytes, int, oneOf, parsed, tuple, union } from '../message/shape.js'
import { MESSAGE_ID_BYTES, partRoom } from './exit-messages.js'

/** Bytes that name a stream. Its first 8 are the message id of its cells. */
export const STREAM_ID_BYTES = 16
/** The action of a cell on its way to the exit. */
export const CELL_ACTION = 'cell'
/** Bytes of a cell's head: the array, id, numbers, and the head of the bytes. */
const CELL_OVERHEAD = 60
/** Cells that are under way in one direction, unacknowledged. */
export const MAX_CELLS_UNDER_WAY = 32
/** Cells that are kept ahead of one that is missing. */
export const MAX_CELLS_AHEAD = 64
/** Bytes of one frame that we send in a stream, and of one that we take: as much as a circuit's. */
export const STREAM_FRAME_BYTES = 32_768
export const MAX_STREAM_FRAME_BYTES = 61_440

/** How a stream ends with a cell: not yet, in an orderly way, or because it is lost. */
export const CellEnd = { NO: 0, ORDERLY: 1, LOST: 2 } as const
export type CellEnd = (typeof CellEnd)[keyof typeof CellEnd]

/** A piece of a stream on its way to the exit. */
export interface ForwardCell {
  /** 16 bytes. */
  stream: Uint8Array
  /** From 0 up. */
  number: number
  /** The lowest number of the exit's cells that has not come. */
  ack: number
  end: CellEnd
  bytes: Uint8Array
}

/** A piece of a stream on its way back. */
export interface BackCell {
  /** From 0 up; null: it acknowledges, and no more. */
  number: number | null
  ack: number
  /** Reply blocks that the exit has left. */
  credit: number
  end: CellEnd
  bytes: Uint8Array
}

const number = /* @__PURE__ */ int(0, 0xffff_ffff)
const end = /* @__PURE__ */ oneOf(0, 1, 2)
const forwardShape = /* @__PURE__ */ (() => tuple(bytes(STREAM_ID_BYTES), number, number, end, bytes()))()
const backShape = /* @__PURE__ */ (() => tuple(union(number, oneOf(null)), number, int(0, 1_024), end, bytes()))()

/** Bytes of a stream that fit into one packet, beside so many reply blocks. */
export function cellRoom(surbs: number): number {
  return partRoom(surbs) - CELL_OVERHEAD
}

/** The id under which the cells of a stream travel, 8 bytes. */
export function messageIdOf(stream: Uint8Array): Uint8Array {
  return stream.slice(0, MESSAGE_ID_BYTES)
}

export function encodeForwardCell({ stream, number, ack, end, bytes }: ForwardCell): Uint8Array {
  return encode([stream, number, ack, end, bytes])
}

/** @throws P2PError MALFORMED_DATA. */
export function readForwardCell(args: unknown): ForwardCell {
  const [stream, number, ack, end, bytes] = parsed(forwardShape, args, 'A cell of a stream')
  return { stream, number, ack, end, bytes }
}

export function encodeBackCell({ number, ack, credit, end, bytes }: BackCell): Uint8Array {
  return encode([number, ack, credit, end, bytes])
}

/** @throws P2PError MALFORMED_DATA, LIMIT_EXCEEDED. */
export function readBackCell(part: Uint8Array): BackCell {
  const raw = decode(part, { maxDecodeDepth: 2, maxDecodeItems: 8 })
  const [number, ack, credit, end, bytes] = parsed(backShape, raw, 'A cell of a stream')
  return { number, ack, credit, end, bytes }
}
