import { elapsed } from '../base/clock.js'
import { LazyMap } from '../base/lazy-map.js'
import type { Limits } from '../base/limits.js'
import { TokenBucket } from '../base/token-bucket.js'
import type { ToldBudget, ToldBudgets, ToldRate } from '../channel/description.js'
import { INTERNAL_PREFIX, type P2PMessage } from '../message/message.js'
import type { GateRefusal, SharedGate } from './gate-wiring.js'
import { type Freshness, ReplayWindow } from './replay-window.js'

/** How often a peer's budgets may change. */
const TELL_EVERY_MS = 60_000
/**
 * How much more is taken than a peer was told. What left within the rate may come at once after a stall of the link, and clocks
 * differ: one that keeps to what it was told, with at most `burst` messages unacknowledged, is never refused.
 */
const BURST_MARGIN = 2
const RATE_MARGIN = 1.05
/** How long a peer waits whose signatures wait to be checked. */
const BUSY_MS = 500
/** The part of a pause that a peer has to keep to: timers and clocks differ. */
const PAUSE_MARGIN = 0.9
/**
 * What an honest peer sends in vain, after a refusal or because it repeats: what was under way, and what it may repeat (`Repetition`),
 * which is thrice what was taken at most. Each message counts for so many bytes more.
 */
const VAIN_BYTES = 67_108_864
const VAIN_BYTES_PER_S = 65_536
const VAIN_FACTOR = 3
const VAIN_MESSAGE_BYTES = 32
/** Answers that a peer may have on its way, whatever its budgets. */
export const MAX_ANSWERS = 4_096

/** What may still come of a stream that was refused. */
export interface Refusal extends GateRefusal {
  /** When the stream was refused, milliseconds. */
  readonly at: number
  /** Before this no honest peer begins the stream again but with what was on its way, milliseconds. */
  readonly until: number
  /** Messages that an honest peer can have on its way. */
  readonly inFlight: number
  /** Whether the peer has begun the stream again before its time: it may not have heard of the refusal. */
  isIgnored?: boolean
  /** Messages, and their bytes, that have come since. */
  messages: number
  bytes: number
}

/** What one peer may send us, over all of its connections. */
export class PeerGate {
  lastUsedAt = 0
  /** Connections that use it. */
  open = 0
  private readonly whole: Buckets
  private readonly control: TokenBucket
  /** Messages to and from the peer for which no acknowledgement or its like has come. */
  private controlCredit = 0
  /** Made where something has come in vain: until then it is full. */
  private vain: TokenBucket | undefined
  /** By protocol; with a type of its own limits, by both. */
  private readonly buckets = new LazyMap<string, Buckets>()
  /** Made with the first signed message. */
  private signed: ReplayWindow | undefined
  /** The part of each limit that the peer was told. */
  private share: number
  private toldAt: number
  /** When it was last blamed for going on. */
  private struckAt = Number.NEGATIVE_INFINITY

  constructor(
    private readonly publicKey: Uint8Array,
    private readonly key: string,
    private readonly gate: SharedGate,
  ) {
    const { limits, clock, shareOf } = gate.wiring
    const { controlEntriesPerS, controlEntryBurst } = limits
    this.toldAt = elapsed(clock)
    this.share = shareOf(key)
    this.whole = new Buckets(wholeOf(limits), this.toldAt)
    this.control = new TokenBucket(controlEntriesPerS, controlEntryBurst, this.toldAt)
  }

  /** What the peer is told of its budgets. */
  get budgets(): ToldBudgets {
    return this.gate.budgetsAt(this.share)
  }

  /** A message has come: whether its sender's budget has room for it. Before anything is decoded. @param now by `elapsed`. */
  arrive(bytes: number, now: number): GateRefusal | undefined {
    const waitMs = this.whole.take(now, bytes)
    return waitMs > 0 ? this.refuse(waitMs, '*') : this.costly(bytes)
  }

  /** All messages of a frame are done with. */
  done(): void {
    this.gate.meter?.end()
  }

  /** A message goes to the peer. */
  sent(bytes: number, isAnswer: boolean): void {
    this.gate.meter?.sent(this.key, bytes, isAnswer)
  }

  /** The processor is behind with the peer's messages: nothing of it counts against the peer. */
  busy(retryAfterMs = BUSY_MS): GateRefusal {
    this.gate.stats.busy++
    return { retryAfterMs, limit: 'cpu' }
  }

  /** A message has come or gone, which may cause an acknowledgement or its like. */
  creditEntry(): void {
    if (this.controlCredit < this.gate.wiring.limits.peerMessageBurst) this.controlCredit++
  }

  /** A message of the peer was taken. */
  taken(bytes: number): void {
    this.creditEntry()
    this.vain?.charge(-VAIN_FACTOR * (bytes + VAIN_MESSAGE_BYTES))
  }

  /** An acknowledgement or its like has come; false where there are more of them than messages could cause. */
  controlEntry(): boolean {
    if (this.controlCredit === 0) return this.control.take(elapsed(this.gate.wiring.clock)) === 0
    this.controlCredit--
    return true
  }

  /** A message has come in vain; false where there are more of them than an honest peer sends. */
  cameInVain(bytes: number): boolean {
    const now = elapsed(this.gate.wiring.clock)
    this.vain ??= new TokenBucket(VAIN_BYTES_PER_S, VAIN_BYTES, now)
    return this.vain.take(now, bytes + VAIN_MESSAGE_BYTES) === 0
  }

  /** Whether protocol and type have room for the message. @param now when it came, by `elapsed`. */
  admit({ protocol = '', type }: P2PMessage, bytes: number, now: number): GateRefusal | undefined {
    const refusal = this.costly(bytes, protocol)
    if (refusal !== undefined) return refusal
    if (now - this.toldAt >= TELL_EVERY_MS) this.reconsider(now)
    const { budgets } = this
    const told = this.toldOf(protocol, budgets)
    // Protocols that are not registered here are the peer's invention, however many: all share one budget.
    let key = told === undefined ? '' : protocol
    let limit = protocol
    let rate: Readonly<ToldBudget> = told ?? budgets['']!
    const types = told?.[4]
    if (types !== undefined && Object.hasOwn(types, type)) {
      const declared = this.gate.wiring.limitsOf(protocol)
      if (typeof declared === 'object' && declared.types?.[type] === 'own') return undefined
      key += `\0${type}`
      limit += ` ${type}`
      rate = types[type]!
    }
    let buckets = this.buckets.get(key)
    if (buckets === undefined) {
      buckets = new Buckets(rate, now)
      this.buckets.set(key, buckets)
    }
    const waitMs = buckets.take(now, bytes)
    return waitMs > 0 ? this.refuse(waitMs, limit) : undefined
  }

  /** Messages of a protocol that the peer may have on its way, answers aside. */
  burstOf(protocol: string): number {
    const [, whole, , , types = {}] = this.toldOf(protocol) ?? this.budgets['']!
    return Object.values(types).reduce((sum, [, burst]) => sum + burst, whole)
  }

  /** A stream was refused: what an honest peer may still send of it. */
  refusal(refusal: GateRefusal, protocol: string): Refusal {
    const at = elapsed(this.gate.wiring.clock)
    const inFlight = this.burstOf(protocol) + MAX_ANSWERS
    return { ...refusal, at, until: at + refusal.retryAfterMs * PAUSE_MARGIN, inFlight, messages: 0, bytes: 0 }
  }

  /** How long the pause that the peer was told goes on, milliseconds; 0 where it is over. */
  pauseMs({ until }: Refusal): number {
    return Math.max(0, Math.ceil(until - elapsed(this.gate.wiring.clock)))
  }

  /** Whether the message is new. @param at when the date of a signed one is here, by `elapsed`. */
  freshness(message: P2PMessage, at: number): Freshness {
    const { stats, seen, wiring } = this.gate
    // A channel delivers nothing twice, and what the SDK's own protocols say may be heard twice without harm: a node of the DHT
    // would remember nothing but questions.
    if (message.protocol?.startsWith(INTERNAL_PREFIX)) {
      stats.accepted++
      return 'new'
    }
    const { messageId, signature } = message
    // 64 bits of its key are enough that no other peer has them, and half as much to hash.
    let fresh: Freshness = 'new'
    if (signature !== undefined) {
      this.signed ??= new ReplayWindow(wiring.clock, wiring.limits.replayWindowMs, wiring.limits.maxReplayIds)
      fresh = this.signed.check(messageId, at)
    } else if (!seen.add(this.key.slice(0, 16) + messageId)) fresh = 'seen'
    if (fresh === 'new') stats.accepted++
    else if (fresh === 'seen') stats.duplicates++
    else stats.stale++
    return fresh
  }

  /**
   * Another message has come of a stream that was told to wait. What an honest peer can have on its way is forgiven, however long it
   * takes.
   *
   * @returns `'strike'`: the peer goes on regardless, and is to be blamed; `'excess'`: at once.
   */
  dropped(refusal: Refusal, bytes: number): 'strike' | 'excess' | undefined {
    const { limits, clock } = this.gate.wiring
    this.gate.stats.limited++
    if (!this.cameInVain(bytes)) return 'excess'
    refusal.messages++
    refusal.bytes += bytes
    const times = Math.max(refusal.messages / refusal.inFlight, refusal.bytes / limits.sendMaxBufferedBytes)
    if (times <= 1) return undefined
    const now = elapsed(clock)
    const struckMs = now - this.struckAt
    // Grace is for honest peers: one that has gone on regardless a moment ago is known.
    const isInGrace = now - refusal.at <= limits.refusalGraceMs && struckMs >= limits.budgetMemoryMs
    if (times <= 2 && (isInGrace || struckMs < limits.refusalStrikeMs)) return undefined
    this.struckAt = now
    return times > 2 ? 'excess' : 'strike'
  }

  protocolsChanged(): void {
    this.buckets.clear()
  }

  /** A connection of this peer has ended. */
  release(): void {
    this.open--
    this.lastUsedAt = elapsed(this.gate.wiring.clock)
  }

  /** The peer may have earned more, or less, than it was told. */
  private reconsider(now: number): void {
    const { shareOf, shareChanged } = this.gate.wiring
    this.toldAt = now
    const share = shareOf(this.key)
    if (share === this.share) return
    this.share = share
    this.buckets.clear()
    shareChanged(this.publicKey)
  }

  private costly(bytes: number, protocol?: string): GateRefusal | undefined {
    const waitMs = this.gate.meter?.waitMs(this.key, bytes, protocol)
    return waitMs ? this.busy(waitMs) : undefined
  }

  private refuse(retryAfterMs: number, limit: string): GateRefusal {
    this.gate.stats.throttled++
    return { retryAfterMs: Math.min(retryAfterMs, this.gate.wiring.limits.maxRefusalMs), limit }
  }

  /** What the peer is told of a protocol; undefined for one that is not registered here. */
  private toldOf(protocol: string, budgets = this.budgets): ToldBudget | undefined {
    return protocol !== '*' && Object.hasOwn(budgets, protocol) ? budgets[protocol] : undefined
  }
}

/** How much of something one peer may send: what it was told, with a margin. */
class Buckets {
  private readonly messages: TokenBucket
  private readonly bytes: TokenBucket | undefined

  constructor([messagesPerS, burst, bytesPerS, burstBytes]: Readonly<ToldBudget>, now: number) {
    this.messages = new TokenBucket(messagesPerS * RATE_MARGIN, burst * BURST_MARGIN, now)
    this.bytes = bytesPerS === null ? undefined : new TokenBucket(bytesPerS * RATE_MARGIN, burstBytes! * BURST_MARGIN, now)
  }

  /** 0 where it has room; else milliseconds. */
  take(now: number, bytes: number): number {
    return this.messages.take(now) || (this.bytes?.take(now, bytes) ?? 0)
  }
}

/** What a peer may send in all, whatever its share. */
export function wholeOf({ peerMessagesPerS, peerMessageBurst, peerBytesPerS, peerByteBurst }: Limits): ToldRate {
  return [peerMessagesPerS, peerMessageBurst, peerBytesPerS, peerByteBurst]
}
