import type { Clock } from '../base/clock.js'
import type { Limits } from '../base/limits.js'
import type { ToldBudgets } from '../channel/description.js'
import type { ProtocolLimits } from '../protocol/rate-limits.js'

/** Why a message is not taken now, and when to come again. Nothing is lost: the sender keeps what was not acknowledged. */
export interface GateRefusal {
  /** Milliseconds. */
  readonly retryAfterMs: number
  /** The budget that is used up: `'*'` for everything together, a protocol, or a protocol and a type. */
  readonly limit: string
}

export interface GateOptions {
  limits: Limits
  clock: Clock
  /** The protocols that we serve. */
  served(): readonly string[]
  /** What a registered handler has declared; `'default'` where it has declared nothing, undefined for a protocol that nobody has registered. */
  limitsOf(protocol: string): ProtocolLimits | 'default' | undefined
  /** The part of each limit that a peer gets, by its key in hex: 1 for one well known. */
  shareOf(key: string): number
  /** A connected peer's share has changed: it is to be told. */
  shareChanged(publicKey: Uint8Array): void
}

export interface GateStats {
  accepted: number
  /** Messages that came twice. */
  duplicates: number
  /** Signed messages whose date was not within the window. */
  stale: number
  /** Messages dropped while the sender of their stream was told to wait. */
  limited: number
  /** How often a stream of a peer was told to wait: never while its sender keeps to the budgets that it was told. */
  throttled: number
  /** How often a stream of a peer was told to wait because its signatures wait to be checked: that is not the peer's fault. */
  busy: number
}

/**
 * Accounts the processor's time, and the bytes of answers, to the peers that cause them. Who serves strangers brings one; a wallet,
 * which talks to peers of its own choice, has none.
 */
export interface Meter {
  /**
   * A message of a peer, by its key in hex, has come, and later, once it is decoded, its protocol is known. What follows up to `end` is
   * done for the peer: the rest of the frame.
   *
   * @returns milliseconds that the peer has to wait: the message is not taken; 0 for none.
   */
  waitMs(key: string, bytes: number, protocol?: string): number
  end(): void
  /** A message goes to a peer. */
  sent(key: string, bytes: number, isAnswer: boolean): void
}

/** What the gates of all peers share. */
export interface SharedGate {
  readonly wiring: GateOptions
  readonly stats: GateStats
  /** Remembers the id of an unsigned message; false where it is known already. */
  readonly seen: { add(id: string): boolean }
  readonly meter: Meter | undefined
  /** What peers with a share of the limits are told. */
  budgetsAt(share: number): ToldBudgets
}
