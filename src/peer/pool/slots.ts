import { groupOf } from '../../address/origin.js'
import type { Clock } from '../../base/clock.js'
import type { Limits } from '../../base/limits.js'
import type { Connection } from '../../transport/transport.js'
import type { PeerConnection } from '../connection/peer-connection.js'
import { chooseEvicted } from './eviction.js'

interface Slot {
  readonly peer: PeerConnection
  /** We dialled it; whoever came by itself stays that, whichever paths follow. */
  readonly outbound: boolean
  readonly group: string
  /** As we dialled it. */
  readonly address: string
  usedAt: number
}

export interface SlotsOptions {
  maxConnections: number
  limits: Limits
  clock: Clock
  /** Peers that the application has named: they stay, whoever dialled. */
  isNamed?: ((peerId: string) => boolean) | undefined
  /** Reputation, below 0 for who has misbehaved. Public key, 32 bytes. */
  scoreOf?: ((publicKey: Uint8Array) => number) | undefined
}

/** One place in so many is kept for those we dial: a small pool is for whoever comes. Bitcoin Core keeps 8 of 125. */
const OUTBOUND_SHARE = 16

/** Protocols that keep a connection alive and serve nobody. */
const IDLE: ReadonlySet<string> = /* @__PURE__ */ new Set(['lotus/heartbeat', 'lotus/peer'])

/**
 * Who has a place in the pool. Those that come by themselves never have all of it: `outboundSlots`, but at most one in 16, are for
 * whom we choose (Heilman et al., "Eclipse Attacks on Bitcoin's Peer-to-Peer Network", 2015, §3: an eclipse begins by taking
 * every connection). Where their places are taken, `chooseEvicted` decides.
 */
export class Slots {
  private readonly slots = new Map<PeerConnection, Slot>()
  /** Sizes of the groups of those that came by themselves. */
  private readonly sizes = new Map<string, number>()
  private readonly maxInbound: number
  private unwanted = false
  private lookedAt = Number.NEGATIVE_INFINITY
  /** Peers that have come by themselves. */
  inbound = 0

  constructor(private readonly options: SlotsOptions) {
    const { maxConnections, limits } = options
    this.maxInbound = maxConnections - Math.min(limits.outboundSlots, Math.floor(maxConnections / OUTBOUND_SHARE))
  }

  /** Peers that we dialled. */
  get outbound(): number {
    return this.slots.size - this.inbound
  }

  get groups(): number {
    return new Set([...this.slots.values()].map(({ group }) => group)).size
  }

  /** Where we dialled a peer; undefined for one that has come by itself. */
  dialledAt(peer: PeerConnection): string | undefined {
    const slot = this.slots.get(peer)
    return slot?.outbound ? slot.address : undefined
  }

  add(peer: PeerConnection): void {
    const { connection } = peer.activeChannel
    const { outbound, remoteAddress: address } = connection
    const group = groupOf(connection)
    this.slots.set(peer, { peer, outbound, group, address, usedAt: 0 })
    if (!outbound) this.count(group, 1)
  }

  delete(peer: PeerConnection): void {
    const slot = this.slots.get(peer)
    this.slots.delete(peer)
    if (slot?.outbound === false) this.count(slot.group, -1)
  }

  /** A peer has said something; `now` in milliseconds since the Unix epoch. */
  heard(peer: PeerConnection, protocol: string | undefined, now: number): void {
    const slot = this.slots.get(peer)
    if (slot !== undefined && !IDLE.has(protocol ?? '')) slot.usedAt = now
  }

  /**
   * Whether a connection may have a place, somebody else's included. Cheap, and so before the handshake: of a flood from one
   * group, which nobody has to make room for, none costs more than this.
   */
  mayFit(connection: Connection): boolean {
    if (this.isFree(connection)) return true
    if (connection.outbound) return false
    const own = this.sizes.get(groupOf(connection)) ?? 0
    for (const size of this.sizes.values()) if (own + 1 < size) return true
    return this.hasUnwanted()
  }

  /** Whether somebody in the pool has misbehaved. Looked up once a second: a flood of newcomers asks thousands of times. */
  private hasUnwanted(): boolean {
    const { scoreOf, clock } = this.options
    if (scoreOf === undefined) return false
    const now = clock.now()
    if (now - this.lookedAt >= 1_000) {
      this.lookedAt = now
      this.unwanted = [...this.slots.values()].some(({ peer, outbound }) => !outbound && scoreOf(peer.publicKey) < 0)
    }
    return this.unwanted
  }

  /** Whether there is a place, and who has to leave for it. */
  placeFor(connection: Connection): { fits: boolean; evicted?: PeerConnection | undefined } {
    if (this.isFree(connection)) return { fits: true }
    const evicted = connection.outbound ? undefined : chooseEvicted(this.evictable(), groupOf(connection))?.peer
    return { fits: evicted !== undefined, evicted }
  }

  private isFree({ outbound }: Connection): boolean {
    return this.slots.size < this.options.maxConnections && (outbound || this.inbound < this.maxInbound)
  }

  private evictable() {
    const { isNamed, scoreOf } = this.options
    return [...this.slots.values()]
      .filter(({ peer, outbound }) => !outbound && !isNamed?.(peer.peerId))
      .map((slot) => ({
        ...slot,
        since: slot.peer.since,
        rttMs: slot.peer.info.connection?.rttMs,
        score: scoreOf?.(slot.peer.publicKey) ?? 0,
      }))
  }

  private count(group: string, change: 1 | -1): void {
    this.inbound += change
    const size = (this.sizes.get(group) ?? 0) + change
    if (size > 0) this.sizes.set(group, size)
    else this.sizes.delete(group)
  }
}
