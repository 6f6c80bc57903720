import { RecentKeys } from '../base/bounded-map.js'
import { hexOf } from '../base/bytes.js'
import type { Clock } from '../base/clock.js'
import { LazyMap } from '../base/lazy-map.js'
import type { Limits } from '../base/limits.js'
import { TokenBucket } from '../base/token-bucket.js'
import { INTERNAL_PREFIX, type P2PMessage } from '../message/message.js'
import type { ProtocolLimits, RateLimit } from '../protocol/rate-limits.js'
import { type Freshness, ReplayWindow } from './replay-window.js'

/** Why a message is not taken now, and when to come again. Nothing is lost: the sender keeps what was not acknowledged. */
export interface GateRefusal {
  /** Milliseconds. */
  readonly retryAfterMs: number
  /** The limit that was reached: a name of `Limits`, or a protocol and type. */
  readonly limit: string
}

export interface GateOptions {
  limits: Limits
  clock: Clock
  /** What a registered handler has declared; `'default'` where it has declared nothing, undefined for a protocol that nobody has registered. */
  limitsOf(protocol: string): ProtocolLimits | 'default' | undefined
  /** The part of each limit that a peer gets, by its key in hex: 1 for one well known. */
  shareOf(key: string): number
}

export interface GateStats {
  accepted: number
  /** Messages that came twice. */
  duplicates: number
  /** Signed messages whose date was not within the window. */
  stale: number
  /** Messages refused, or dropped while their sender was told to wait. */
  limited: number
  /** How often a peer was told to wait. */
  throttled: number
}

/** What a protocol that declares nothing may have in all, in budgets of one type. */
const TYPES_OF_DEFAULT = 4
/** How often a peer's share is looked up. */
const SHARE_EVERY_MS = 1_000

/**
 * What every incoming message passes, cheapest check first: the budgets of its sender before it is decoded, then those of its
 * protocol and type, then whether it is new. Its size, structure and sender are checked on the way, its signature at the end.
 */
export class Gate {
  readonly stats: GateStats = { accepted: 0, duplicates: 0, stale: 0, limited: 0, throttled: 0 }
  /** Ids of unsigned messages. A channel delivers nothing twice; this is for an application that sends the same id again. */
  readonly seen: RecentKeys
  /** By the public key in hex, longest unused first. */
  private readonly peers = new LazyMap<string, PeerGate>()

  constructor(readonly wiring: GateOptions) {
    this.seen = new RecentKeys(wiring.limits.dedupeWindow)
  }

  /** The gate of one peer, the same for as long as its budgets could matter. */
  of(publicKey: Uint8Array): PeerGate {
    const key = hexOf(publicKey)
    const now = this.wiring.clock.now()
    this.forget(now)
    const gate = this.peers.get(key) ?? new PeerGate(key, this)
    this.peers.delete(key)
    this.peers.set(key, gate)
    gate.lastUsedAt = now
    gate.open++
    return gate
  }

  /** A handler has come or gone, and its limits with it. */
  protocolsChanged(): void {
    for (const peer of this.peers.values()) peer.protocolsChanged()
  }

  get remembered(): number {
    return this.seen.size
  }

  /** A few at each connection, so that none waits for a thousand. */
  private forget(now: number): void {
    let looked = 0
    for (const [key, gate] of this.peers) {
      if (looked++ === 8 || (gate.open === 0 && now - gate.lastUsedAt < this.wiring.limits.budgetMemoryMs)) return
      this.peers.delete(key)
      if (gate.open > 0) this.peers.set(key, gate)
    }
  }
}

interface ProtocolBuckets {
  readonly whole: Budget
  /** What its handler has declared. */
  readonly own: ProtocolLimits | undefined
  /** Whether each type has the default budget. */
  readonly perType: boolean
  readonly types: Map<string, Budget>
}

/** What one peer may send us, over all of its connections. */
export class PeerGate {
  lastUsedAt = 0
  /** Connections that use it. */
  open = 0
  private readonly messages: TokenBucket
  private readonly bytes: TokenBucket
  private readonly control: TokenBucket
  private readonly protocols = new Map<string | undefined, ProtocolBuckets>()
  private readonly signed: ReplayWindow
  private share = 1
  private shareUntil = Number.NEGATIVE_INFINITY
  /** Until when it was told to send nothing. */
  private refusedUntil = Number.NEGATIVE_INFINITY
  /** When it was told so first, while it has not kept to it. */
  private refusedSince: number | undefined
  private refusedBytes = 0
  /** When it was last blamed for going on. */
  private struckAt = Number.NEGATIVE_INFINITY

  constructor(
    private readonly key: string,
    private readonly gate: Gate,
  ) {
    const { limits, clock } = gate.wiring
    const { peerMessagesPerS, peerMessageBurst, peerBytesPerS, peerByteBurst } = limits
    const now = clock.now()
    this.messages = new TokenBucket(peerMessagesPerS, peerMessageBurst, now)
    this.bytes = new TokenBucket(peerBytesPerS, peerByteBurst, now)
    this.control = new TokenBucket(2 * peerMessagesPerS, 2 * peerMessageBurst, now)
    this.signed = new ReplayWindow(clock, limits.replayWindowMs, limits.maxReplayIds)
  }

  /** A message has come: whether its sender's budget has room for it. Before anything is decoded. */
  arrive(bytes: number): GateRefusal | undefined {
    const now = this.gate.wiring.clock.now()
    const byCount = this.messages.take(now)
    if (byCount > 0) return this.refuse(now, byCount, 'peerMessagesPerS')
    const byBytes = this.bytes.take(now, bytes)
    return byBytes > 0 ? this.refuse(now, byBytes, 'peerBytesPerS') : undefined
  }

  /** An acknowledgement or its like has come; false where there are more of them than messages could cause. */
  controlEntry(): boolean {
    return this.control.take(this.gate.wiring.clock.now()) === 0
  }

  /** Whether protocol and type have room for the message. */
  admit({ protocol, type }: P2PMessage, bytes: number): GateRefusal | undefined {
    const now = this.gate.wiring.clock.now()
    if (now >= this.shareUntil) {
      this.share = this.gate.wiring.shareOf(this.key)
      this.shareUntil = now + SHARE_EVERY_MS
    }
    const buckets = this.bucketsOf(protocol, now)
    const budget = this.budgetOf(buckets, type, now)
    if (budget !== 'own') {
      const byType = budget?.take(now, bytes, this.share) ?? 0
      // A type with limits of its own does not count for the rest of its protocol.
      const waitMs =
        byType || (buckets.own !== undefined && budget !== undefined ? 0 : buckets.whole.take(now, bytes, this.share))
      if (waitMs > 0) {
        const name = budget === undefined ? protocol : `${protocol} ${type}`
        return this.refuse(now, waitMs, buckets.own === undefined ? 'typeMessagesPerS' : name!)
      }
    }
    if (this.refusedSince !== undefined && now >= this.refusedUntil) this.refusedSince = undefined
    return undefined
  }

  /** Whether the message is new. */
  freshness(message: P2PMessage, skewMs: number): Freshness {
    const { stats, seen } = this.gate
    // A channel delivers nothing twice, and what the SDK's own protocols say may be heard twice without harm: a node of the DHT
    // would remember nothing but questions.
    if (message.protocol?.startsWith(INTERNAL_PREFIX)) {
      stats.accepted++
      return 'new'
    }
    const { messageId, from, timestamp, signature } = message
    const fresh =
      signature !== undefined
        ? this.signed.check(messageId, timestamp, skewMs)
        : seen.add(`${messageId} ${from}`)
          ? 'new'
          : 'seen'
    if (fresh === 'new') stats.accepted++
    else if (fresh === 'seen') stats.duplicates++
    else stats.stale++
    return fresh
  }

  /**
   * Another message has come of a peer that was told to wait. What was on its way is forgiven, for `refusalGraceMs` and up to what
   * an honest peer may have sent unacknowledged.
   *
   * @returns `'strike'`: it goes on regardless, and is to be blamed; `'excess'`: at once.
   */
  dropped(bytes: number): 'strike' | 'excess' | undefined {
    const { limits, clock } = this.gate.wiring
    const now = clock.now()
    this.gate.stats.limited++
    this.refusedBytes += bytes
    if (this.refusedBytes > 2 * limits.sendMaxBufferedBytes) {
      this.refusedBytes = 0
      return 'excess'
    }
    // Grace is for honest peers: one that has gone on regardless a moment ago is known.
    const isKnown = now - this.struckAt < limits.budgetMemoryMs
    const inGrace = !isKnown && now - (this.refusedSince ?? now) <= limits.refusalGraceMs
    if (inGrace || now - this.struckAt < limits.refusalStrikeMs) return undefined
    this.struckAt = now
    return 'strike'
  }

  protocolsChanged(): void {
    this.protocols.clear()
  }

  /** A connection of this peer has ended. */
  release(): void {
    this.open--
    this.lastUsedAt = this.gate.wiring.clock.now()
  }

  private refuse(now: number, retryAfterMs: number, limit: string): GateRefusal {
    // Who keeps to what it was told begins anew.
    if (this.refusedSince === undefined) {
      this.refusedSince = now
      this.refusedBytes = 0
    }
    this.refusedUntil = Math.max(this.refusedUntil, now + retryAfterMs)
    this.gate.stats.throttled++
    return { retryAfterMs: Math.min(retryAfterMs, this.gate.wiring.limits.maxRefusalMs), limit }
  }

  private bucketsOf(protocol: string | undefined, now: number): ProtocolBuckets {
    const known = this.protocols.get(protocol)
    if (known !== undefined) return known
    const { limitsOf, limits } = this.gate.wiring
    const declared = protocol === undefined ? 'default' : limitsOf(protocol)
    // Protocols that are not registered here are the peer's invention, however many: all share one budget.
    if (declared === undefined && protocol !== '') return this.bucketsOf('', now)
    const { typeMessagesPerS, typeMessageBurst } = limits
    const factor = declared === 'default' ? TYPES_OF_DEFAULT : 1
    const byDefault = { messagesPerS: factor * typeMessagesPerS, burst: factor * typeMessageBurst }
    const own = declared === undefined || declared === 'default' ? undefined : declared
    const buckets: ProtocolBuckets = {
      whole: new Budget(own ?? byDefault, now),
      own,
      perType: declared === 'default',
      types: new Map(),
    }
    this.protocols.set(protocol, buckets)
    return buckets
  }

  /** The type's own budget; undefined where it has but that of its protocol. */
  private budgetOf({ own, perType, types }: ProtocolBuckets, type: string, now: number): Budget | 'own' | undefined {
    const known = types.get(type)
    if (known !== undefined) return known
    const { typeMessagesPerS, typeMessageBurst, maxTypesPerProtocol } = this.gate.wiring.limits
    const declared = own?.types !== undefined && Object.hasOwn(own.types, type) ? own.types[type] : undefined
    if (declared === 'own') return declared
    const limit = declared ?? (perType ? { messagesPerS: typeMessagesPerS, burst: typeMessageBurst } : undefined)
    if (limit === undefined || types.size >= maxTypesPerProtocol) return undefined
    const budget = new Budget(limit, now)
    types.set(type, budget)
    return budget
  }
}

/** How much of something one peer may send. */
class Budget {
  private readonly messages: TokenBucket
  private readonly bytes: TokenBucket | undefined

  constructor({ messagesPerS, burst = 2 * messagesPerS, bytesPerS, burstBytes = 2 * (bytesPerS ?? 0) }: RateLimit, now: number) {
    this.messages = new TokenBucket(messagesPerS, Math.max(1, burst), now)
    this.bytes = bytesPerS === undefined ? undefined : new TokenBucket(bytesPerS, Math.max(1, burstBytes), now)
  }

  /** 0 where it has room; else milliseconds. */
  take(now: number, bytes: number, share: number): number {
    return this.messages.take(now, 1, share) || (this.bytes?.take(now, bytes, share) ?? 0)
  }
}
