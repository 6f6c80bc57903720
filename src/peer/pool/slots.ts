import { groupOf } from '../../address/origin.js'
import { elapsed } from '../../base/clock.js'
import { LazyMap, LazySet } from '../../base/lazy-map.js'
import type { Connection } from '../../transport/transport.js'
import type { PeerContext } from '../peer-context.js'
import { chooseEvicted, type Evictable } from './eviction.js'

/** A connected peer, as far as its place in the pool depends on it. */
export interface SlotHolder {
  readonly peerId: string
  /** Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array
  readonly since: number
  readonly usedAt: number
  readonly rttMs: number | undefined
  readonly activeChannel: { readonly connection: Connection }
}

export interface Slot<Peer> {
  readonly peer: Peer
  /** We dialled it. A peer that came by itself stays one, whichever paths follow. */
  readonly outbound: boolean
  readonly group: string
  /** As we dialled it. */
  readonly address: string
}

/** Whether there is a slot, and the peer that has to leave for it. */
interface Place<Peer> {
  readonly fits: boolean
  readonly evicted?: Peer | undefined
}

interface Candidate<Peer> extends Evictable {
  readonly peer: Peer
}

/** One slot in so many is kept for peers that we dial; a small pool keeps none. Bitcoin Core keeps 8 of 125. */
const OUTBOUND_SHARE = 16

/**
 * The slots of the pool. Peers that come by themselves never have all of them: `outboundSlots`, but at most one in 16, are for peers
 * that we choose (Heilman et al., "Eclipse Attacks on Bitcoin's Peer-to-Peer Network", 2015, §3: an eclipse begins by taking
 * every connection). Where the others are taken, `chooseEvicted` decides.
 */
export class Slots<Peer extends SlotHolder> {
  private readonly slots = new LazyMap<Peer, Slot<Peer>>()
  /** Those that a dial of ours has found: the few, of all that a server has, whom we ask ourselves. */
  readonly dialled = new LazySet<Peer>()
  /** Sizes of the address groups of the peers that came by themselves. */
  private readonly sizes = new LazyMap<string, number>()
  private unwanted = false
  private lookedAt = Number.NEGATIVE_INFINITY
  /** Peers that have come by themselves. */
  inbound = 0

  /** @param scoreOf the reputation of a public key, below 0 for a peer that has misbehaved. */
  constructor(
    private readonly peerContext: Pick<PeerContext, 'maxConnections' | 'limits' | 'clock' | 'isNamed'>,
    private readonly scoreOf: (publicKey: Uint8Array) => number,
  ) {}

  all(): Slot<Peer>[] {
    return [...this.slots.values()]
  }

  /** Where we dialled a peer; undefined for one that has come by itself. */
  dialledAt(peer: Peer): string | undefined {
    const slot = this.slots.get(peer)
    return slot?.outbound ? slot.address : undefined
  }

  add(peer: Peer): void {
    const { connection } = peer.activeChannel
    const { outbound, remoteAddress: address } = connection
    const group = groupOf(connection)
    this.slots.set(peer, { peer, outbound, group, address })
    if (outbound) this.dialled.add(peer)
    else this.count(group, 1)
  }

  delete(peer: Peer): void {
    const slot = this.slots.get(peer)
    this.slots.delete(peer)
    this.dialled.delete(peer)
    if (slot?.outbound === false) this.count(slot.group, -1)
  }

  /**
   * Whether a connection may have a slot, at need that of another peer. The check is cheap and comes before the handshake: of a flood
   * from one group, for which no peer makes room, no connection costs more than this.
   */
  mayFit(connection: Connection): boolean {
    if (this.isFree(connection)) return true
    if (connection.outbound) return false
    const own = this.sizes.get(groupOf(connection)) ?? 0
    for (const size of this.sizes.values()) if (own + 1 < size) return true
    return this.hasUnwanted()
  }

  /** Whether a peer in the pool has misbehaved. Looked up once a second: a flood of newcomers asks thousands of times. */
  private hasUnwanted(): boolean {
    const now = elapsed(this.peerContext.clock)
    if (now - this.lookedAt >= 1_000) {
      this.lookedAt = now
      this.unwanted = this.all().some(({ peer, outbound }) => !outbound && this.scoreOf(peer.publicKey) < 0)
    }
    return this.unwanted
  }

  /** The slot for a connection that has come, or is made. */
  placeFor(connection: Connection): Place<Peer> {
    if (this.isFree(connection)) return { fits: true }
    const evicted = connection.outbound ? undefined : chooseEvicted(this.evictable(), groupOf(connection))?.peer
    return { fits: evicted !== undefined, evicted }
  }

  private isFree({ outbound }: Connection): boolean {
    const { maxConnections, limits } = this.peerContext
    const kept = outbound ? 0 : Math.min(limits.outboundSlots, Math.floor(maxConnections / OUTBOUND_SHARE))
    return this.slots.size < maxConnections && (outbound || this.inbound < maxConnections - kept)
  }

  private evictable(): Candidate<Peer>[] {
    return this.all()
      .filter(({ peer, outbound }) => !outbound && !this.peerContext.isNamed(peer.peerId))
      .map(({ peer, group }): Candidate<Peer> => {
        const { since, usedAt, rttMs, publicKey } = peer
        return { peer, group, since, usedAt, rttMs, score: this.scoreOf(publicKey) }
      })
  }

  private count(group: string, change: 1 | -1): void {
    this.inbound += change
    const size = (this.sizes.get(group) ?? 0) + change
    if (size > 0) this.sizes.set(group, size)
    else this.sizes.delete(group)
  }
}
