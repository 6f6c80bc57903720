import type { P2PError } from '../base/errors.js'
import type { Broadcaster } from './broadcasting.js'
import type { SignedTransaction } from './combine.js'
import type { MuSig2Signer } from './signer.js'
import type { SigningSession } from './signing-session.js'
import type { RequestSummary } from './summary.js'

/** Options of `musig2`. */
export interface MuSig2Options extends Broadcaster {
  /** Where the keys are: of `workerSigner`, `softwareSigner`, or your own. */
  signer: MuSig2Signer | Promise<MuSig2Signer>
  /** `lp1…` ids of peers that may ask our user; see `MuSig2.contacts`. */
  contacts?: Iterable<string> | undefined
  /** Whether a peer that is no contact may ask our user. Default: none may, and nobody is told. */
  allowFrom?: ((peerId: string) => boolean | Promise<boolean>) | undefined
  /** Scripts that the wallet knows as its own, for summaries. */
  ownScripts?: readonly Uint8Array[] | undefined
}

/** Events of `MuSig2`. */
export interface MuSig2Events {
  /** A request stands otherwise than before: a snapshot for each change. */
  session: [session: SigningSession]
  /** Our user has to decide; those of before a reload come again. */
  request: [request: PendingRequest]
}

/** A request that our user has to decide. */
export interface PendingRequest {
  /** 32 digits. */
  readonly id: string
  /** Who asks: an `lp1…` id. */
  readonly from: string
  /** What would be signed. Show this, and not `purpose` alone. */
  readonly summary: RequestSummary
  accept(): Promise<SignedTransaction>
  reject(reason?: string, note?: string): void
}

/** Whether a cosigner can be reached. */
export interface Reachability {
  peerId: string
  isReachable: boolean
  /** The transport, where it is reachable. */
  path?: string | undefined
  /** Why it is not. */
  error?: P2PError | undefined
}
