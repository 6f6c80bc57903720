/**
 * What a peer can be blamed for. `'offence'`: a message that no honest peer sends. `'flood'`: too many of those that honest peers
 * send. `'timeout'`: it did not act in time, which others can bring about: it is chosen later, and never banned for it.
 * `'equivocation'`: two statements where there may be one.
 */
export type BlameCause = 'offence' | 'flood' | 'timeout' | 'equivocation'

/**
 * All reasons for which a peer is blamed, and as what. Each is something that the peer alone can have caused, but for a timeout;
 * docs/threat-model.md says why. Those in the form of a code are faults that end a connection: an error of any other code ends it and is
 * held against nobody.
 */
export const BLAME = {
  PROTOCOL_VIOLATION: 'offence',
  MALFORMED_DATA: 'offence',
  INVALID_MESSAGE: 'offence',
  MESSAGE_TOO_LARGE: 'offence',
  LIMIT_EXCEEDED: 'offence',
  FOREIGN_SENDER: 'offence',
  INVALID_SIGNATURE: 'offence',
  SIGNATURE_REQUIRED: 'offence',
  INVALID_STATEMENT: 'offence',
  INVALID_EVIDENCE: 'offence',
  RATE_LIMITED: 'flood',
  'two-messages': 'equivocation',
  'two-statements': 'equivocation',
  'too-many-statements': 'flood',
  'statement-not-shown': 'timeout',
  'phase-missed': 'timeout',
  'own-rules': 'offence',
} as const satisfies Record<string, BlameCause>

export type BlameReason = keyof typeof BLAME

/** Codes of handshakes that failed by what came from the address itself, whoever was meant to be at the other end. */
export const ADDRESS_FAULTS: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'PROTOCOL_VIOLATION',
  'HANDSHAKE_FAILED',
  'HANDSHAKE_TIMEOUT',
  'MALFORMED_DATA',
  'LIMIT_EXCEEDED',
  'INVALID_SIGNATURE',
])

/** Whether an error of this code is a fault of the peer that caused it. */
export function isBlamed(code: string): code is BlameReason {
  return Object.hasOwn(BLAME, code)
}
