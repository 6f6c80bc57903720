import { RecentKeys } from '../base/bounded-map.js'
import { hexOf } from '../base/bytes.js'
import { elapsed } from '../base/clock.js'
import { LazyMap } from '../base/lazy-map.js'
import { setOwn } from '../base/own.js'
import { LEAST_PER_S, type ToldBudget, type ToldBudgets, type ToldRate } from '../channel/description.js'
import type { ProtocolLimits, RateLimit } from '../protocol/rate-limits.js'
import type { GateOptions, GateStats, Meter, SharedGate } from './gate-wiring.js'
import { PeerGate, wholeOf } from './peer-gate.js'

/**
 * What every incoming message passes, cheapest check first: the budgets of its sender before it is decoded, then those of its
 * protocol and type, then whether it is new. Its size, structure and sender are checked on the way, its signature at the end.
 */
export class Gate implements SharedGate {
  readonly stats: GateStats = { accepted: 0, duplicates: 0, stale: 0, limited: 0, throttled: 0, busy: 0 }
  /** Ids of unsigned messages. A channel delivers nothing twice; this is for an application that sends the same id again. */
  readonly seen: RecentKeys
  meter: Meter | undefined
  /** By the public key in hex, longest unused first. */
  private readonly peers = new LazyMap<string, PeerGate>()
  /** What peers are told, by their share: the same for thousands of them. */
  private readonly told = new LazyMap<number, ToldBudgets>()

  constructor(readonly wiring: GateOptions) {
    this.seen = new RecentKeys(wiring.limits.dedupeWindow)
  }

  /** The gate of one peer, the same for as long as its budgets could matter. */
  of(publicKey: Uint8Array): PeerGate {
    const gate = this.find(publicKey)
    gate.open++
    return gate
  }

  /** What a peer is told of its budgets. They hold from then on. */
  budgetsOf(publicKey: Uint8Array): ToldBudgets {
    return this.find(publicKey).budgets
  }

  budgetsAt(share: number): ToldBudgets {
    const known = this.told.get(share)
    if (known !== undefined) return known
    const { limits, served, limitsOf } = this.wiring
    const { protocolMessagesPerS, protocolMessageBurst } = limits
    const byDefault = { messagesPerS: protocolMessagesPerS, burst: protocolMessageBurst }
    // What the handler itself limits has no limit here.
    const ofType = (limit: RateLimit | 'own') => (limit === 'own' ? wholeOf(limits) : toldOf(limit, share))
    const told: ToldBudgets = { '*': wholeOf(limits), '': toldOf(byDefault, share) }
    for (const protocol of served()) {
      const declared = limitsOf(protocol)
      const { types, ...own }: ProtocolLimits = typeof declared === 'object' ? declared : byDefault
      const ofTypes = types && Object.fromEntries(Object.entries(types).map(([type, limit]) => [type, ofType(limit)]))
      setOwn<ToldBudget>(told, protocol, ofTypes === undefined ? toldOf(own, share) : [...toldOf(own, share), ofTypes])
    }
    this.told.set(share, told)
    return told
  }

  /** A handler has come or gone, and its limits with it. */
  protocolsChanged(): void {
    this.told.clear()
    for (const peer of this.peers.values()) peer.protocolsChanged()
  }

  get remembered(): number {
    return this.seen.size
  }

  private find(publicKey: Uint8Array): PeerGate {
    const key = hexOf(publicKey)
    const now = elapsed(this.wiring.clock)
    this.forget(now)
    const gate = this.peers.get(key) ?? new PeerGate(publicKey, key, this)
    this.peers.delete(key)
    this.peers.set(key, gate)
    gate.lastUsedAt = now
    return gate
  }

  /** A few at each connection, so that none waits for a thousand. */
  private forget(now: number): void {
    const { budgetMemoryMs, maxRateBuckets } = this.wiring.limits
    let looked = 0
    for (const [key, gate] of this.peers) {
      const isDue = now - gate.lastUsedAt >= budgetMemoryMs || this.peers.size > maxRateBuckets
      if (looked++ === 8 || (gate.open === 0 && !isDue)) return
      this.peers.delete(key)
      if (gate.open > 0) this.peers.set(key, gate)
    }
  }
}

/** What a peer with a share of a limit is told: never so little that it would count as nothing. */
function toldOf({ messagesPerS, burst = 2 * messagesPerS, bytesPerS, burstBytes }: RateLimit, share: number): ToldRate {
  const rate = Math.max(LEAST_PER_S, messagesPerS * share)
  const messages = Math.max(1, Math.floor(burst * share))
  if (bytesPerS === undefined) return [rate, messages, null, null]
  return [rate, messages, Math.max(1, bytesPerS * share), Math.max(1, Math.floor((burstBytes ?? 2 * bytesPerS) * share))]
}
