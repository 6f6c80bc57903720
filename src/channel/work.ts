import { isP2PError, P2PError } from '../base/errors.js'

/** Bytes of the nonce of a proof of work. */
export const WORK_NONCE_BYTES = 8
/** Bytes of the salt of a demand for work. */
export const WORK_SALT_BYTES = 16

/** What a responder demands, as it travels in a handshake. */
export interface WorkDemand {
  /** Leading zero bits, 1 to 256. */
  bits: number
  /** 16 bytes. */
  salt: Uint8Array
  /** Days since 1970 by the responder's clock; 0 to 2^32 − 1. */
  day: number
}

/** A proof of work as it travels in a handshake; what it proves is the business of who checks it. */
export interface WorkProof {
  /** The day of the demand that it was made for; 0 to 2^32 − 1. */
  day: number
  /** 8 bytes. */
  nonce: Uint8Array
}

/** Proof of work in a handshake: what the responder demands, what the initiator has. */
export interface WorkTerms {
  /** What a responder tells the initiator to show. */
  demanded?: WorkDemand
  /** Judges the initiator's proof before anything dearer is checked. @throws P2PError PROOF_OF_WORK_REQUIRED. */
  check?(publicKey: Uint8Array, proof: WorkProof | undefined): void
  /** Our own proof of what the responder with this Ed25519 key (32 bytes) demands. */
  find?(demand: WorkDemand, responder: Uint8Array): WorkProof | undefined
}

/** Why a dial of ours ended before we said who we are: the peer demands work that is not done yet. */
export function workNeeded({ bits, salt, day }: WorkDemand, responder: Uint8Array): P2PError {
  return new P2PError('PROOF_OF_WORK_REQUIRED', `The peer demands work of ${bits} bits. Add the plugin proofOfWork().`, {
    details: { bits, salt, day, responder },
  })
}

/** False where a peer refuses with the same word: more work would not help there. */
export function isWorkNeeded(error: unknown): error is P2PError {
  return isP2PError(error, 'PROOF_OF_WORK_REQUIRED') && error.details.byPeer !== true
}
