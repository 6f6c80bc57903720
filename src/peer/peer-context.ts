import type { P2PError } from '../base/errors.js'
import type { PeerDescription } from '../channel/description.js'
import type { LocalHello } from '../channel/hello.js'
import type { CertificateJudge } from '../defence/certificate-times.js'
import type { PinnedNames } from '../identity/pinned-names.js'
import type { Transport } from '../transport/transport.js'
import type { ConnectionContext } from './connection/connection-context.js'
import type { ConnectionEvents, PeerConnection } from './connection/peer-connection.js'
import type { WorkSupply } from './pool/work.js'

/** The transports of a coordinator, as far as `peer/` uses them. */
export interface Transports {
  /** The transport that dials an address. @throws P2PError INVALID_ADDRESS where none does. */
  forAddress(address: string): Transport
}

/** What all connections of one coordinator share. It is handed down once, and nobody forwards it. */
export interface PeerContext extends ConnectionContext {
  readonly maxConnections: number
  /** Whether the user asks for privacy: no peer learns our network address, and frames have few lengths. */
  readonly hidesAddress: boolean
  readonly transports: Transports
  readonly names: PinnedNames
  /** What our channels prove. */
  readonly hello: LocalHello
  /** What we tell of ourselves to every peer. */
  describe(): PeerDescription
  /** Judges the dates of those that we dial; read at each use: a plugin may judge instead. */
  readonly judge: CertificateJudge
  /** Read at each use: a plugin may supply it after construction. */
  readonly work: WorkSupply | undefined
  /** Whether the application has named a peer: nobody takes its place. */
  isNamed(peerId: string): boolean
}

/** What becomes of peers, told to the core by the part that notices it. */
export interface PeerEvents extends ConnectionEvents {
  connected(peer: PeerConnection): void
  disconnected(peer: PeerConnection, error: P2PError): void
  error(error: P2PError, peer?: PeerConnection): void
  /** The number of peers or dials has changed. */
  changed(): void
}
