import { codeOf, isP2PError, P2PError } from '../base/errors.js'
import { decode, encode } from '../message/codec.js'
import { number, object, optional, parsed, text, tuple } from '../message/shape.js'
import { BACKPLANE_LIMITS } from './limits.js'

/** The other processes of the relay cannot be reached. */
export function backplaneDown(cause?: unknown): P2PError {
  return new P2PError('BACKPLANE_DOWN', 'The other processes of this relay cannot be reached at present. Try again later.', {
    details: { retryAfterMs: BACKPLANE_LIMITS.backplaneRetryMs },
    cause,
  })
}

/** Said by the bus itself, at once: nobody is subscribed. */
export function nobodyHolds(): P2PError {
  return new P2PError('PEER_NOT_FOUND', 'No process of this relay is connected to that peer.', { details: { byBus: true } })
}

const shape = /* @__PURE__ */ (() =>
  tuple(text(1, 64), text(0, 1_024), object({ limit: optional(text(1, 64)), retryAfterMs: optional(number(0)) })))()

/** What the asker is told of an error. */
export function encodedError(error: unknown): Uint8Array {
  const known = isP2PError(error)
  const { limit, retryAfterMs } = known ? error.details : {}
  const details = { ...(limit !== undefined && { limit }), ...(retryAfterMs !== undefined && { retryAfterMs }) }
  return encode([known ? error.code : 'HANDLER_FAILED', error instanceof Error ? error.message.slice(0, 1_024) : '', details])
}

/** @throws P2PError MALFORMED_DATA. */
export function decodedError(bytes: Uint8Array): P2PError {
  const [code, message, details] = parsed(shape, decode(bytes), 'An error of another process')
  const { limit, retryAfterMs } = details
  return new P2PError(codeOf(code, 'HANDLER_FAILED'), message, {
    details: { ...(limit !== undefined && { limit }), ...(retryAfterMs !== undefined && { retryAfterMs }) },
  })
}
