import type { TypedEvents } from '../base/events.js'
import type { OutgoingMessage, P2PMessage } from '../message/message.js'
import type { PeerManager } from '../peer/pool/peer-manager.js'
import type { PacedOptions } from '../protocol/handler.js'

/** How `sendTo` sends. It waits for room and for the peer's budget, at most 30 s where `timeoutMs` (milliseconds) does not say. */
export interface SendToOptions extends PacedOptions {
  /**
   * True: the peer may be away; the message waits for it, by the plugin `outbox()`, which `lotus-p2p` has. Default false:
   * PEER_NOT_CONNECTED at once.
   */
  queue?: boolean
  /** Seconds that a queued message may wait; default 3,600, at most 604,800. */
  ttl?: number
}

/** What became of a queued message: the peer's process has it, or its time was over first. */
export type QueuedOutcome = 'delivered' | 'expired'

/** A message that was accepted for a peer that may be away. */
export interface QueuedMessage {
  messageId: string
  peerId: string
  /** Settles once, never rejects. */
  outcome: Promise<QueuedOutcome>
}

/** Messages for peers that are away. */
export interface Waiting {
  readonly stats: { messages: number; bytes: number }
  /** True while messages wait for this peer. */
  has(peerId: string): boolean
  /** Sends what waits for a peer that is connected. */
  flush(peerId: string): void
  close(): void
}

/** What the plugin `outbox()` brings to the core. */
export interface Queue extends Waiting {
  add(peerId: string, message: OutgoingMessage, options: SendToOptions): Promise<QueuedMessage>
}

/** What an outbox needs of the core. */
export interface QueueHost {
  readonly peerId: string
  readonly isRunning: boolean
  readonly network: { readonly peers: PeerManager; want(peerId: string): void }
  readonly messaging: { complete(message: OutgoingMessage, to: string): P2PMessage }
  readonly lifecycle: { run(): Promise<void> }
  readonly emitter: Pick<TypedEvents<Record<string, unknown[]>>, 'emit' | 'hasListeners'>
  report(error: Error): void
}
