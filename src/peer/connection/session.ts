import type { Clock } from '../../base/clock.js'
import type { Limits } from '../../base/limits.js'
import { Incoming } from './incoming.js'
import { Outgoing } from './outgoing.js'
import { Pacer } from './pacer.js'
import { PeerClock } from './peer-clock.js'
import { Repetition } from './repetition.js'

const NUMBERING_BYTES = 8
const MAX_CHANGES = 2 ** 32 - 1

/** What a session tells the connection that serves it. */
export interface SessionEvents {
  /** An acknowledgement is due. */
  ackDue(): void
  /** What was sent has arrived, or a pause is over. */
  progressed(): void
}

const NOBODY: SessionEvents = { ackDue() {}, progressed() {} }

/**
 * What two processes have said to each other, whatever paths carried it: the messages of each protocol are numbered, acknowledged, and
 * sent again on the next path, and a receiver that gets one twice takes it once. So a path may change or break at any moment, and
 * nothing is lost, doubled or reordered within its protocol.
 *
 * The idea is that of TCP's sequence numbers (RFC 9293 §3.4), of XMPP stream management (XEP-0198), and of QUIC's streams (RFC 9000 §2).
 */
export class Session {
  /** Names our numbering, so that a peer never takes a new one for the old one. */
  readonly numbering: Uint8Array = crypto.getRandomValues(new Uint8Array(NUMBERING_BYTES))
  readonly outgoing: Outgoing
  readonly incoming: Incoming
  readonly pacer: Pacer
  /** The clock of the peer's process. */
  readonly clock: PeerClock
  private events = NOBODY
  private theirs: Uint8Array | undefined
  /** Path changes, by whichever end: of two choices the later one holds (a clock as of Lamport, 1978). */
  private count = 0

  /** @param repetition what may be sent again to the peer, whichever process of it. */
  constructor(clock: Clock, limits: Limits, repetition: Repetition = new Repetition()) {
    this.outgoing = new Outgoing(clock, limits, repetition, () => this.events.progressed())
    this.incoming = new Incoming(clock, limits, () => this.events.ackDue())
    this.clock = new PeerClock(clock, limits.replayWindowMs)
    this.pacer = new Pacer(clock, limits, this.outgoing)
  }

  /** Messages that the peer has not acknowledged. */
  get waiting(): number {
    return this.outgoing.waiting
  }

  /** A connection serves the session from here on. */
  serve(events: SessionEvents): void {
    this.events = events
  }

  /** The peer has told the name of its numbering. @returns whether it is another one than before: it begins anew then. */
  numberedAs(theirs: Uint8Array): boolean {
    if (this.theirs?.every((byte, i) => byte === theirs[i]) === true) return false
    this.theirs = theirs
    this.incoming.reset()
    return true
  }

  /** How often both ends have changed the path. */
  get changes(): number {
    return this.count
  }

  /** Counts a change of path that is our choice. */
  choose(): void {
    this.count = Math.min(this.count + 1, MAX_CHANGES)
  }

  /** Whether the peer's choice of a path came after ours; where both chose at once, one end `leads`. */
  isLater(changes: number, leads: boolean): boolean {
    const later = changes > this.count || (changes === this.count && !leads)
    this.count = Math.max(this.count, changes)
    return later
  }

  /** The connection is over: messages that do not outlast it are given up, and the rest waits for the peer. */
  suspend(): void {
    this.events = NOBODY
    this.incoming.rest()
    this.outgoing.suspend()
  }

  /** Gives up every message: the peer was away for too long. */
  giveUpAll(): void {
    this.outgoing.giveUp(() => true)
  }

  /** Ends the session: the peer's process is gone. */
  end(): void {
    this.suspend()
    this.giveUpAll()
  }
}
