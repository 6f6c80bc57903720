import * as v from 'valibot'
import { knownCode, P2PError, type P2PErrorCode } from '../../base/errors.js'
import type { P2PMessage } from '../../message/message.js'
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

const circuitId = /* @__PURE__ */ (() => v.pipe(v.string(), v.minLength(16), v.maxLength(64)))()
const peerId = /* @__PURE__ */ (() => v.pipe(v.string(), v.minLength(1), v.maxLength(128)))()
const bytes = /* @__PURE__ */ v.custom<Uint8Array>((value) => value instanceof Uint8Array)

/**
 * What a relay allows on a circuit, the same for both ends: unacknowledged bytes of one direction, counted by `costOf`, and
 * the largest frame. Acknowledgements come at least every quarter of a window, so a frame of up to half of it never waits for one in vain.
 */
const bounds = {
  window: v.pipe(v.number(), v.safeInteger(), v.minValue(1_024)),
  frameBytes: v.pipe(v.number(), v.safeInteger(), v.minValue(256)),
}

/** `open`, dialler to relay, a request: carry this first frame to that peer. */
export const openSchema = /* @__PURE__ */ v.object({ circuit: circuitId, target: peerId, frame: bytes })
/** `opened`, the relay's answer. */
export const openedSchema = /* @__PURE__ */ v.object(bounds)
const whole = /* @__PURE__ */ (() => v.pipe(v.number(), v.safeInteger(), v.minValue(1)))()
/** `reserved`, the relay's answer to `reserve`: for how long it brings callers to the asker, and what it allows them. */
export const reservedSchema = /* @__PURE__ */ v.object({
  expiresInS: /* @__PURE__ */ v.pipe(whole, v.minValue(10)),
  maxCircuits: whole,
  circuitMs: whole,
  circuitBytes: whole,
  circuitBytesPerS: whole,
})
/** `incoming`, relay to the called peer. */
export const incomingSchema = /* @__PURE__ */ v.object({ circuit: circuitId, from: peerId, frame: bytes, ...bounds })

/** @throws P2PError MALFORMED_DATA. */
export function parseFrame<Schema extends v.GenericSchema>(schema: Schema, payload: unknown): v.InferOutput<Schema> {
  const result = v.safeParse(schema, payload)
  if (!result.success) throw malformed()
  return result.output
}

/** `data`: `[circuit, frame]`. @throws P2PError MALFORMED_DATA. */
export function parseData(payload: unknown): [circuit: string, frame: Uint8Array] {
  const [circuit, frame] = pair(payload)
  if (!(frame instanceof Uint8Array)) throw malformed()
  return [circuit, frame]
}

/** `ack`: `[circuit, bytes]`, what the receiver has consumed since its last one, counted by `costOf`. @throws P2PError MALFORMED_DATA. */
export function parseAck(payload: unknown): [circuit: string, consumed: number] {
  const [circuit, consumed] = pair(payload)
  if (!Number.isSafeInteger(consumed) || (consumed as number) < 1) throw malformed()
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
    code: code == null ? undefined : knownCode(code, 'CONNECTION_CLOSED'),
    limit: typeof limit === 'string' ? limit.slice(0, 64) : undefined,
  }
}

export interface CircuitEnd {
  circuit: string
  code: P2PErrorCode | undefined
  limit: string | undefined
}

function pair(payload: unknown): [string, unknown, unknown?] {
  if (!Array.isArray(payload) || typeof payload[0] !== 'string' || payload[0].length > 64) throw malformed()
  return payload as [string, unknown, unknown?]
}

function malformed(): P2PError {
  return new P2PError('MALFORMED_DATA', 'A circuit message does not have the shape that docs/wire-protocol.md gives it.')
}

/** For a message type that this version does not know. */
export function unknownType(message: P2PMessage): P2PError {
  return new P2PError(
    'PROTOCOL_NOT_SUPPORTED',
    `${message.protocol} does not know messages of type ${message.type.slice(0, 32)}.`,
  )
}
