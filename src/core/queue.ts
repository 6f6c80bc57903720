import type { OutgoingMessage } from '../message/message.js'
import type { PacedOptions } from '../protocol/handler.js'

/** How `sendTo` sends. It waits for room and for the peer's budget, at most 30 s where `timeoutMs` (milliseconds) does not say. */
export interface SendToOptions extends PacedOptions {
  /**
   * True: the peer may be away; the message waits for it, by the plugin `outbox()`, which `lotus-p2p` has. Default false:
   * PEER_NOT_CONNECTED at once.
   */
  queue?: boolean | undefined
  /** Seconds that a queued message may wait; default 3,600, at most 604,800. With `mailbox()`: 604,800, at most 1,209,600. */
  ttl?: number | undefined
  /** With `sealedDeposits()`: the recipient's mailboxes get it from a fresh identity, so that their relays learn no peer id. Default false. */
  sealed?: boolean | undefined
  /**
   * `'onion'`: with `onion()` behind `mailbox()`, the recipient's mailboxes get it through the onion, and it goes no other way, though the
   * recipient is connected. Their relays learn neither who has written it nor where from. Default: by our own connections.
   */
  via?: 'onion' | undefined
}

/**
 * What became of a queued message: the peer's process has it, or its time was over first; 'kept': the coordinator has shut down, and the
 * message waits in the store for the next one. With `mailbox()`: 'mailed', it lies at a mailbox of the peer.
 */
export type QueuedOutcome = 'delivered' | 'mailed' | 'expired' | 'kept'

/** A message that was accepted for a peer that may be away. */
export interface QueuedMessage {
  messageId: string
  peerId: string
  /**
   * True: the message is in the store, so the page may be closed, and the next process with this identity and store sends it. False: it waits
   * in memory alone, for there is no store, or the store has failed.
   */
  isKept: boolean
  /** Settles once, never rejects. */
  outcome: Promise<QueuedOutcome>
  /** With `mailbox()`: whether the peer's handlers have had it, once that is known. Settles once, never rejects. */
  receipt?: Promise<'delivered' | 'unknown'> | undefined
}

/** Messages for peers that are away, which the plugin `outbox()` keeps. */
export interface Queue {
  readonly stats: { messages: number; bytes: number }
  /** True while messages wait for this peer. */
  has(peerId: string): boolean
  /** Sends what waits for a peer that is connected. */
  flushTo(peerId: string): void
  /** While the coordinator ends: settles when what has to leave before its connections has left. @internal */
  readonly leaving?: Promise<void> | undefined
  add(peerId: string, message: OutgoingMessage, options: SendToOptions): Promise<QueuedMessage>
  close(): void
}
