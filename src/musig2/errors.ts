import { isP2PError, P2PError } from '../base/errors.js'

declare module '../base/errors.js' {
  interface P2PErrorCodesOfPlugins {
    /** A transaction was not signed together; `details.reason` is a `SigningFailure`. */
    SIGNING_FAILED: true
  }
}

/** Why a transaction was not signed. They are stable: programs branch on them. */
export type SigningFailure =
  | 'INVALID_REQUEST'
  | 'COSIGNER_UNREACHABLE'
  | 'REJECTED'
  | 'NOT_ALL_ACCEPTED'
  | 'EXPIRED'
  | 'CANCELLED'
  | 'INPUT_LOCKED'
  | 'NONCES_MISSING'
  | 'INVALID_NONCE'
  | 'PARTIALS_MISSING'
  | 'INVALID_PARTIAL'
  | 'EQUIVOCATED'
  | 'SIGNER_FAILED'
  | 'INVALID_SIGNATURE'
  | 'BROADCAST_FAILED'

/** `details` of SIGNING_FAILED. */
export interface SigningFailureDetails {
  reason: SigningFailure
  /** The part of the request that is wrong. */
  field?: string
  [fact: string]: unknown
}

export function signingFailed(message: string, details: SigningFailureDetails, cause?: unknown): P2PError {
  return new P2PError('SIGNING_FAILED', message, { details, ...(cause !== undefined && { cause }) })
}

/** @param field of the request, by its path with dots. */
export function invalidRequest(field: string, message: string, cause?: unknown): P2PError {
  return signingFailed(message, { reason: 'INVALID_REQUEST', field }, cause)
}

/** Runs a check of a field; what it throws names the field. */
export function checkedField<T>(field: string, check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (isP2PError(error, 'SIGNING_FAILED')) throw error
    throw invalidRequest(field, error instanceof Error ? error.message : 'This field is wrong.', error)
  }
}
