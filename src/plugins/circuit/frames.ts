import { codeOf, type P2PErrorCode } from '../../base/errors.js'
import { bytes, int, malformed, object, parsed, type Shape, text } from '../../message/shape.js'
import type { ProtocolLimits } from '../../protocol/rate-limits.js'

/** Spoken to a relay; a peer that lists it is one. */
export const CIRCUIT_HOP = 'lotus/circuit-hop'

/** Whether a peer that speaks these protocols forwards circuits. */
export function speaksAsRelay(protocols: readonly string[]): boolean {
  return protocols.includes(CIRCUIT_HOP)
}
/** Spoken by a relay to the ends of a circuit. */
export const CIRCUIT_STOP = 'lotus/circuit-stop'

/** What one peer may ask for; frames and their acknowledgements are limited by credit. */
export const CIRCUIT_RATES: ProtocolLimits = { messagesPerS: 500, burst: 5_000, types: { data: 'own', ack: 'own' } }

/** What one frame counts for beside its bytes, so that a million tiny frames are not free to hold. Part of the wire protocol. */
export const FRAME_COST_BYTES = 128

/** Bytes that a frame takes of its circuit's window. */
export const costOf = (frame: Uint8Array): number => frame.length + FRAME_COST_BYTES

const WHAT = 'A circuit message'
const MAX = Number.MAX_SAFE_INTEGER
const circuitId = /* @__PURE__ */ text(16, 64)
const peerId = /* @__PURE__ */ text(1, 128)
const frame = /* @__PURE__ */ bytes()

/**
 * What a relay allows on a circuit, the same for both ends: unacknowledged bytes of one direction, counted by `costOf`, and
 * the largest frame. Acknowledgements come at least every quarter of a window, so a frame of up to half of it never waits for one in vain.
 */
const bounds = {
  window: /* @__PURE__ */ int(1_024, MAX),
  frameBytes: /* @__PURE__ */ int(256, MAX),
}

/** `open`, dialler to relay, a request: carry this first frame to that peer. */
export const openShape = /* @__PURE__ */ object({ circuit: circuitId, target: peerId, frame })
/** `opened`, the relay's answer. */
export const openedShape = /* @__PURE__ */ object(bounds)
const whole = /* @__PURE__ */ int(1, MAX)
/** `reserved`, the relay's answer to `reserve`: for how long it brings callers to the asker, and what it allows them. */
export const reservedShape = /* @__PURE__ */ object({
  expiresInS: /* @__PURE__ */ int(10, MAX),
  maxCircuits: whole,
  circuitMs: whole,
  circuitBytes: whole,
  circuitBytesPerS: whole,
})
/** `incoming`, relay to the called peer. */
export const incomingShape = /* @__PURE__ */ (() => object({ circuit: circuitId, from: peerId, frame, ...bounds }))()

/** @throws P2PError MALFORMED_DATA. */
export function parseFrame<T>(shape: Shape<T>, payload: unknown): T {
  return parsed(shape, payload, WHAT)
}

/** `data`: `[circuit, frame]`. @throws P2PError MALFORMED_DATA. */
export function parseData(payload: unknown): [circuit: string, frame: Uint8Array] {
  const [circuit, frame] = pair(payload)
  if (!(frame instanceof Uint8Array)) throw malformed(WHAT)
  return [circuit, frame]
}

/** `ack`: `[circuit, bytes]`, what the receiver has consumed since its last one, counted by `costOf`. @throws P2PError MALFORMED_DATA. */
export function parseAck(payload: unknown): [circuit: string, consumed: number] {
  const [circuit, consumed] = pair(payload)
  if (!Number.isSafeInteger(consumed) || (consumed as number) < 1) throw malformed(WHAT)
  return [circuit, consumed as number]
}

/**
 * `close`: `[circuit]`, `[circuit, code]` or `[circuit, code, limit]`: the reason, absent after an orderly end, and the name of
 * the limit that was reached.
 *
 * @throws P2PError MALFORMED_DATA.
 */
export function parseClose(payload: unknown): CircuitEnd {
  const [circuit, code, limit] = pair(payload)
  return {
    circuit,
    code: code == null ? undefined : codeOf(code, 'CONNECTION_CLOSED'),
    limit: typeof limit === 'string' ? limit.slice(0, 64) : undefined,
  }
}

export interface CircuitEnd {
  circuit: string
  code: P2PErrorCode | undefined
  limit: string | undefined
}

function pair(payload: unknown): [string, unknown, unknown?] {
  if (!Array.isArray(payload) || typeof payload[0] !== 'string' || payload[0].length > 64) throw malformed(WHAT)
  return payload as [string, unknown, unknown?]
}
