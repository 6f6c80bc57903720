import { isBytes } from '../../base/bytes.js'
import type { P2PErrorCode } from '../../base/errors.js'

/** Largest frame: the largest Noise message (Noise rev 34 §3). */
export const TAB_FRAME_BYTES = 65_535

/** What a frame costs beside its bytes, so that a million empty frames are not free. */
const FRAME_COST_BYTES = 128

/** What a frame takes of its circuit's window, bytes. */
export const costOf = (frame: Uint8Array): number => frame.length + FRAME_COST_BYTES

/** Smallest window: acknowledgements may hold back a quarter of it, and the largest frame must fit the rest. */
export const MIN_WINDOW_BYTES: number = 2 * (TAB_FRAME_BYTES + FRAME_COST_BYTES)

/** What tabs say to each other; node ids and circuit ids are random. */
export type TabMessage =
  /** "Who accepts connections?", "I do", "I am gone, and all my circuits with me". */
  | { kind: 'who' }
  | { kind: 'here' }
  | { kind: 'bye' }
  /** Opens a circuit. `window` is what its sender lets the other end leave unacknowledged, bytes; `frame` is the first frame. */
  | { kind: 'open'; circuit: string; window: number; frame: Uint8Array }
  | { kind: 'opened'; circuit: string; window: number }
  | { kind: 'refuse'; circuit: string }
  /** `number` counts the data frames of one direction from 0: a page in the back/forward cache misses messages silently. */
  | { kind: 'data'; circuit: string; number: number; frame: Uint8Array }
  /** All that was consumed so far, by `costOf`: a lost one is made good by the next. */
  | { kind: 'ack'; circuit: string; consumed: number }
  /** Orderly without a code. `number` is that of the data frame which would have followed. */
  | { kind: 'close'; circuit: string; number: number; code?: P2PErrorCode | undefined }

/** A message with its ends; `to` is absent where everybody is meant. */
export type TabEnvelope = TabMessage & { v: 1; from: string; to?: string | undefined }

const isId = (value: unknown): value is string => typeof value === 'string' && /^[\w-]{16,64}$/.test(value)
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const isFrame = (value: unknown): value is Uint8Array => isBytes(value) && value.length <= TAB_FRAME_BYTES

/**
 * What came over the channel, or undefined where it is not ours: any script of the origin may write there. Frames are
 * copied, for a small view may hold a large buffer.
 */
export function parseTabMessage(data: unknown): TabEnvelope | undefined {
  if (typeof data !== 'object' || data === null) return undefined
  const { v, from, to, kind, circuit, window, frame, number, consumed, code } = data as Record<string, unknown>
  if (v !== 1 || !isId(from) || (to !== undefined && !isId(to))) return undefined
  const ends = { v, from, to } as const
  if (kind === 'who' || kind === 'here' || kind === 'bye') return { ...ends, kind }
  // All others are for one node and of one circuit.
  if (to === undefined || !isId(circuit)) return undefined
  switch (kind) {
    case 'refuse':
      return { ...ends, kind, circuit }
    case 'open':
      if (!isCount(window) || window < MIN_WINDOW_BYTES || !isFrame(frame)) return undefined
      return { ...ends, kind, circuit, window, frame: new Uint8Array(frame) }
    case 'opened':
      return isCount(window) && window >= MIN_WINDOW_BYTES ? { ...ends, kind, circuit, window } : undefined
    case 'data':
      return isCount(number) && isFrame(frame) ? { ...ends, kind, circuit, number, frame: new Uint8Array(frame) } : undefined
    case 'ack':
      return isCount(consumed) ? { ...ends, kind, circuit, consumed } : undefined
    case 'close':
      if (!isCount(number) || (code !== undefined && typeof code !== 'string')) return undefined
      return { ...ends, kind, circuit, number, code: code as P2PErrorCode | undefined }
    default:
      return undefined
  }
}
