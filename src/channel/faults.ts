import type { P2PError } from '../base/errors.js'

/** Errors that no honest peer causes. */
export function isFault(error: P2PError): boolean {
  return FAULTS.has(error.code) && error.details.byPeer !== true
}

const FAULTS: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'PROTOCOL_VIOLATION',
  'MALFORMED_DATA',
  'LIMIT_EXCEEDED',
  'HANDSHAKE_FAILED',
  'INVALID_SIGNATURE',
  'FOREIGN_SENDER',
  'INVALID_PEER_ID',
  'RATE_LIMITED',
])
