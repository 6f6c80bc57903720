import type { WorkTerms } from '../../channel/work.js'
import type { Connection } from '../../transport/transport.js'

/** Shows proofs of work to peers that demand them, and demands them of others; see `proofOfWork()`. Without a supply none is shown or demanded. */
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
