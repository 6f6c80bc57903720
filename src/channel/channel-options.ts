import type { Clock } from '../base/clock.js'
import type { P2PError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import type { Entry } from './batch.js'
import type { Certificate } from './certificate.js'
import type { OwnDescription } from './description.js'
import type { HandshakeTerms } from './handshake.js'
import type { LocalHello, RemoteHello, RemotePeer } from './hello.js'

/** Receives what an open channel brings. */
export interface ChannelSink {
  /** A MESSAGE, SIGNED_MESSAGE, ACK or SEQUENCE. What it throws ends the channel as the peer's fault. */
  onEntry(kind: Entry, body: Uint8Array): void
  /** All entries of a frame have been told. */
  onRead?(): void
  /** The peer says goodbye: what it is to know of before the end is sent now. */
  onGoodbye?(): unknown
  /** The channel is over; called once. `fault` is true where the peer broke the protocol. After `leave`, acknowledgements still come. */
  onClose(error: P2PError, fault: boolean): void
  onDrain(): void
  /** The connection carries nothing at present and may recover (true), or has recovered (false). */
  onInterrupted?(isInterrupted: boolean): void
}

export interface ChannelOptions extends Omit<HandshakeTerms, 'now'> {
  local: LocalHello
  limits: Limits
  clock: Clock
  /** Whether frames are filled up to few lengths, so that onlookers learn less of what is in them. Default false. */
  padsFrames?: boolean | undefined
  /** What we tell of ourselves to the peer that has proven to be this one. */
  describe(remote: RemoteHello): OwnDescription
  /**
   * Judges whether the peer's certificate holds at this time; by default it does.
   *
   * @param now the responder's clock, milliseconds since the Unix epoch; undefined where we are the responder.
   * @throws P2PError where it does not.
   */
  judge?: ((certificate: Certificate, now: number | undefined) => Promise<void> | void) | undefined
  /** Judges what the peer tells of itself, before the channel is open; what it throws is told to the peer. */
  approveRemote?: ((remote: RemotePeer) => Promise<void>) | undefined
}
