import { isPeerId } from '../../identity/peer-id.js'
import { bytes, custom, int, object, optional, parsed, type Shape, text, tuple } from '../../message/shape.js'
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

/** The last id that a relay gives on a connection: a u32. */
export const MAX_CIRCUIT_ID = 0xffff_ffff

/** Bytes that a frame takes of its circuit's window. */
export const costOf = (frame: Uint8Array): number => frame.length + FRAME_COST_BYTES

const whole = /* @__PURE__ */ int(1, Number.MAX_SAFE_INTEGER)
/** The relay's name for a circuit on the connection between the relay and one end, from 1 up; the other end has another. */
const circuit = /* @__PURE__ */ int(1, MAX_CIRCUIT_ID)
/** An `lp1…` id, never a chosen name: a relay pins none, and knows its peers by their keys. */
const peerId = /* @__PURE__ */ custom<string>(isPeerId)
const frame = /* @__PURE__ */ bytes()
const word = /* @__PURE__ */ optional(/* @__PURE__ */ text(1, 64))

/**
 * What a relay allows on a circuit, the same for both ends: unacknowledged bytes of one direction, counted by `costOf`, and
 * the largest frame. Acknowledgements come at least every quarter of a window, so a frame of up to half of it never waits for one in vain.
 */
const bounds = {
  window: /* @__PURE__ */ int(1_024, Number.MAX_SAFE_INTEGER),
  frameBytes: /* @__PURE__ */ int(256, Number.MAX_SAFE_INTEGER),
}

/** `open`, dialler to relay, a request: carry this first frame to that peer. */
export const openShape = /* @__PURE__ */ object({ target: peerId, frame })
/** `opened`, the relay's answer, in the protocol of all that the relay says about circuits: no frame overtakes it. */
export const openedShape = /* @__PURE__ */ (() => object({ circuit, ...bounds }))()
/** `reserved`, the relay's answer to `reserve`: for how long it brings callers to the asker, and what it allows them. */
export const reservedShape = /* @__PURE__ */ object({
  expiresInS: /* @__PURE__ */ int(10, Number.MAX_SAFE_INTEGER),
  maxCircuits: whole,
  circuitMs: whole,
  circuitBytes: whole,
  circuitBytesPerS: whole,
})
/** `incoming`, relay to the called peer. `from` is what the relay says; the handshake inside proves who calls. */
export const incomingShape = /* @__PURE__ */ (() => object({ circuit, from: peerId, frame, ...bounds }))()
/** `data`: `[circuit, frame]`. */
export const dataShape = /* @__PURE__ */ tuple(circuit, frame)
/** `ack`: `[circuit, bytes]`, what the receiver has consumed since its last one, counted by `costOf`. */
export const ackShape = /* @__PURE__ */ tuple(circuit, whole)
/**
 * `close`: `[circuit]` after an orderly end, `[circuit, code]`, or `[circuit, code, limit]` with the name of the limit that was
 * reached.
 */
export const closeShape = /* @__PURE__ */ tuple(circuit, word, word)

/** @throws P2PError MALFORMED_DATA. */
export function parseFrame<T>(shape: Shape<T>, payload: unknown): T {
  return parsed(shape, payload, 'A circuit message')
}
