import type { Clock } from '../../base/clock.js'
import type { Limits } from '../../base/limits.js'
import type { Defence } from '../../defence/defence.js'
import type { Identity } from '../../identity/identity.js'
import type { P2PMessage } from '../../message/message.js'
import type { ProtocolUse } from '../../protocol/handler.js'

/** The part of `PeerContext` that a connection itself needs. */
export interface ConnectionContext {
  /** The name of our network. */
  readonly networkName: string
  /** Our own peer id. */
  readonly peerId: string
  readonly identity: Identity
  readonly limits: Limits
  readonly clock: Clock
  readonly requireSignatures: boolean
  /** See `DialRules`. */
  readonly allowPrivate?: boolean | undefined
  readonly defence: Defence
  /** What a message of a protocol says of the connection that carries it; undefined: a message without a protocol. */
  useOf(protocol: string | undefined): ProtocolUse
  /** Whether a message that has just come answers a request of ours that waits; true once for each request. */
  claimAnswer(message: P2PMessage): boolean
  /** Whether a peer that speaks these protocols forwards circuits. */
  isRelay(protocols: readonly string[]): boolean
}
