import { isP2PError, P2PError } from '../base/errors.js'

/** Bytes of the nonce of a proof of work. */
export const WORK_NONCE_BYTES = 8

/** A proof of work as it travels in a handshake; what it proves is the business of who checks it. */
export interface WorkProof {
  /** Number of the epoch in which it was made; 0 to 2^32 − 1. */
  epoch: number
  /** 8 bytes. */
  nonce: Uint8Array
}

/** Proof of work in a handshake: what the responder demands, what the initiator has. */
export interface WorkTerms {
  /** Leading zero bits that a responder tells the initiator to show. */
  bits?: number
  /** Judges the initiator's proof before anything dearer is checked. @throws P2PError PROOF_OF_WORK_REQUIRED. */
  check?(publicKey: Uint8Array, proof: WorkProof | undefined): void
  /** Our own proof of so many bits. */
  find?(bits: number): WorkProof | undefined
}

/** Why a dial of ours ended before we said who we are: the peer demands work that is not done yet. */
export function workNeeded(bits: number): P2PError {
  return new P2PError('PROOF_OF_WORK_REQUIRED', `The peer demands work of ${bits} bits. Add the plugin proofOfWork().`, {
    details: { bits },
  })
}

/** False where a peer refuses with the same word: more work would not help there. */
export function isWorkNeeded(error: unknown): error is P2PError {
  return isP2PError(error, 'PROOF_OF_WORK_REQUIRED') && error.details.byPeer !== true
}
