import type { OutgoingMessage } from '../message/message.js'
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

/**
 * What became of a queued message: the peer's process has it, or its time was over first; 'kept': the coordinator has shut down, and the
 * message waits in the store for the next one.
 */
export type QueuedOutcome = 'delivered' | 'expired' | 'kept'

/** A message that was accepted for a peer that may be away. */
export interface QueuedMessage {
  messageId: string
  peerId: string
  /** Settles once, never rejects. */
  outcome: Promise<QueuedOutcome>
}

/** Messages for peers that are away, which the plugin `outbox()` keeps. */
export interface Queue {
  readonly stats: { messages: number; bytes: number }
  /** True while messages wait for this peer. */
  has(peerId: string): boolean
  /** Sends what waits for a peer that is connected. */
  flush(peerId: string): void
  add(peerId: string, message: OutgoingMessage, options: SendToOptions): Promise<QueuedMessage>
  close(): void
}
