import { isP2PError, P2PError } from '../base/errors.js'

/** Why a transaction was not signed. They are stable: programs branch on them. */
export type SigningFailure =
  | 'INVALID_REQUEST'
  | 'COSIGNER_UNREACHABLE'
  | 'NOT_SUPPORTED'
  | 'NOT_LISTED'
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
  /** `lp1…` ids of those that it hangs on: that are missing, have rejected, or have been found out. */
  members: string[]
  /** Whether the same may succeed at another time. */
  retryable: boolean
  /** `lp1…` ids of those whose fault it is. */
  blamed?: string[]
  /** The part of the request that is wrong. */
  field?: string
  /** Why a member has rejected or cancelled, in its own words: not to be believed. */
  note?: string
  /** True: our own part went out, so that another member may still finish, and send, the same payment. */
  mayStillComplete?: boolean
  /** With BROADCAST_FAILED: what is signed, in hex, and its id. Send it by another way. */
  transaction?: string
  txid?: string
  [fact: string]: unknown
}

/** What no time makes good. */
const FINAL: readonly SigningFailure[] = [
  'INVALID_REQUEST',
  'REJECTED',
  'INVALID_NONCE',
  'INVALID_PARTIAL',
  'EQUIVOCATED',
  'INVALID_SIGNATURE',
]

export function signingFailed(
  message: string,
  details: Partial<SigningFailureDetails> & Pick<SigningFailureDetails, 'reason'>,
  cause?: unknown,
): P2PError {
  const all: SigningFailureDetails = { members: [], retryable: !FINAL.includes(details.reason), ...details }
  return new P2PError('SIGNING_FAILED', message, { details: all, cause })
}

/** The signer has failed, or is gone. */
export function signerFailed(message: string, cause?: unknown): P2PError {
  return signingFailed(message, { reason: 'SIGNER_FAILED' }, cause)
}

export function unknownRequest(): P2PError {
  return signingFailed('There is no such request, or it has ended.', { reason: 'EXPIRED' })
}

export function inputLocked(): P2PError {
  return signingFailed('Another request spends the same outputs. Wait until it has ended.', { reason: 'INPUT_LOCKED' })
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
