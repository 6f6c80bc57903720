import { P2PError } from '../base/errors.js'

/** Why a coin was not mixed. They are stable: programs branch on them. */
export type MixFailure =
  | 'INVALID_PLAN'
  | 'NO_RELAY'
  | 'NOT_ENOUGH_PEERS'
  | 'COIN_REJECTED'
  | 'COIN_SPENT'
  | 'COIN_BUSY'
  | 'EXCLUDED'
  | 'TOO_FEW_LEFT'
  | 'MISSED_DEADLINE'
  | 'OUTPUT_MISSING'
  | 'REFUSED'
  | 'WALLET_FAILED'
  | 'SIGNER_FAILED'
  | 'COSIGNER_FAILED'
  | 'BROADCAST_FAILED'
  | 'ECLIPSE_SUSPECTED'
  | 'CANCELLED'

/** What a member did to be left out. */
export type MixFault =
  /** It said nothing in time, before the end. */
  | 'missed'
  /** All was well, and it did not sign. */
  | 'unsigned'
  /** The sum was disturbed, and it did not reveal. */
  | 'unrevealed'
  /** What it said, no honest member says. */
  | 'offence'
  /** It said two things at once, and both signed. */
  | 'equivocation'
  /** Its coin was there, and was spent elsewhere while the round went on. */
  | 'spent'
  /** Its coins are not taken, or it does not take a coin of others. */
  | 'out'

/** A member that was left out of a round. Its id is of that round alone. */
export interface NamedMember {
  /** `lp1…` */
  readonly peerId: string
  readonly fault: MixFault
}

/** `details` of MIX_FAILED. */
export interface MixFailureDetails {
  reason: MixFailure
  /** Whether the same may succeed at another time. */
  retryable: boolean
  /** The phase in which it ended. */
  phase?: string
  /** Members that this wallet has left out of the last round. */
  named?: readonly NamedMember[]
  /** True: we have signed, so that the transaction may still be mined. Do not spend the coins elsewhere until it cannot. */
  coinLocked?: boolean
  /** How many fresh addresses must never be used, as others know whose they are. */
  burned?: number
  /** With COSIGNER_FAILED: `lp1…` ids of the owners of the coin that it hangs on, and which coin: 72 digits, as in a transaction. */
  cosigners?: string[]
  coin?: string
  [fact: string]: unknown
}

/** What no time makes good. */
const FINAL: readonly MixFailure[] = ['INVALID_PLAN', 'COIN_REJECTED', 'COIN_SPENT', 'REFUSED', 'CANCELLED']

export function mixFailed(
  reason: MixFailure,
  message: string,
  details: Partial<MixFailureDetails> = {},
  cause?: unknown,
): P2PError {
  const all: MixFailureDetails = { reason, retryable: !FINAL.includes(reason), ...details }
  return new P2PError('MIX_FAILED', message, { details: all, cause })
}

/** The application, or the user, has ended it. */
export function cancelled(cause: unknown): P2PError {
  return mixFailed('CANCELLED', 'The mix was cancelled.', {}, cause)
}

/** The wallet's signer refuses, or has failed. */
export function signerFailed(message: string): P2PError {
  return mixFailed('SIGNER_FAILED', message)
}
