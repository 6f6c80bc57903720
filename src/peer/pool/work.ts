import { isP2PError, P2PError } from '../../base/errors.js'
import type { WorkTerms } from '../../channel/hello.js'
import type { Connection } from '../../transport/transport.js'

/** Proofs of work, for those who show them and those who demand them; see `proofOfWork()`. Without one, none is shown or demanded. */
export interface WorkSupply extends WorkTerms {
  /** How long dials have waited for work, milliseconds since the start. Their deadlines do not count it. */
  readonly pausedMs: number
  /** Runs a dial, and once more after the work that it was found to need. */
  dial<T>(address: string, signal: AbortSignal, attempt: () => Promise<T>): Promise<T>
  /** What work a dialler of ours has to show; undefined: none. */
  demand(connection: Connection, isConnected: (publicKey: Uint8Array) => boolean): WorkTerms | undefined
  /** Ends work under way; the next dial that needs work begins anew. */
  rest(): void
  wake(): void
}

/** Why a dial of ours ended before we said who we are: the peer demands work that is not done yet. */
export function workNeeded(bits: number): P2PError {
  return new P2PError(
    'PROOF_OF_WORK_REQUIRED',
    `The peer demands a proof of work of ${bits} bits. Attach proofOfWork() to do such work.`,
    { details: { bits } },
  )
}

/** Not where a peer refuses with the same word: more work would not help there. */
export function isWorkNeeded(error: unknown): error is P2PError {
  return isP2PError(error, 'PROOF_OF_WORK_REQUIRED') && error.details.byPeer !== true
}
