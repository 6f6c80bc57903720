import { Alarm } from '../base/alarm.js'
import { BoundedMap } from '../base/bounded-map.js'
import { elapsed } from '../base/clock.js'
import { P2PError } from '../base/errors.js'
import type { OnionHopLimits } from '../base/limits/onion-hop.js'
import type { PluginKit } from '../core/plugin.js'
import { ONION_PROTOCOL } from '../onion/messages.js'
import type { KnownHop } from './hop-directory.js'

/** A hop that could not be reached is not dialled for each packet anew. */
const AWAY_MS = 5_000
/** Of what may wait for dials, the part that packets of one link, and those for one hop, may take. */
const LINK_PART = 4
const HOP_PART = 8

/** The connections between hops: those that are there serve, others are made, and stay for a while. */
export class HopLinks {
  private readonly dials = new Map<string, Promise<void>>()
  /** Links that were dialled for packets, and when the last one was sent; the latest used come last. */
  private readonly links = new Map<string, number>()
  /** Hops that were not there, and until when they are not tried. */
  private readonly away: BoundedMap<string, number>
  /** Packets that wait for dials: all, by the link that they came by, and by the hop that they are for. */
  private waiting = 0
  private readonly waitingOf = new Map<string, number>()
  private readonly waitingFor = new Map<string, number>()
  private readonly tidying: Alarm

  constructor(
    private readonly kit: Pick<PluginKit, 'clock' | 'dialer' | 'peer' | 'sendTo'>,
    private readonly limits: OnionHopLimits,
  ) {
    this.away = new BoundedMap(limits.maxOnionHopsKnown)
    this.tidying = new Alarm(kit.clock, () => this.tidy())
  }

  /** Links that were dialled. */
  get size(): number {
    return this.links.size
  }

  /**
   * Sends a packet to a hop.
   *
   * @param link whose packet it is.
   * @throws P2PError PEER_UNREACHABLE where it is not there; RATE_LIMITED where it takes no more, or too many packets wait for dials.
   */
  async send(hop: KnownHop, packet: Uint8Array, link: string): Promise<void> {
    const { peerId } = hop
    const { kit } = this
    if (kit.peer(peerId) === undefined) await this.dial(hop, link)
    if (this.links.delete(peerId)) this.links.set(peerId, elapsed(kit.clock))
    await kit.sendTo(peerId, { type: 'packet', payload: packet, protocol: ONION_PROTOCOL }, { wait: false })
  }

  /** A connection has ended. */
  lost(peerId: string): void {
    this.links.delete(peerId)
  }

  close(): void {
    this.tidying.disarm()
    this.links.clear()
  }

  private async dial({ peerId, record }: KnownHop, link: string): Promise<void> {
    const { kit, limits } = this
    const now = elapsed(kit.clock)
    if ((this.away.get(peerId) ?? now) > now) throw unreachable()
    const { waitingOf, waitingFor } = this
    const max = limits.maxOnionDialBacklog
    const shares = Math.max(LINK_PART * (waitingOf.get(link) ?? 0), HOP_PART * (waitingFor.get(peerId) ?? 0))
    if (this.waiting >= max || shares >= max) throw new P2PError('RATE_LIMITED', 'Too many packets wait for dials.')
    let dial = this.dials.get(peerId)
    if (dial === undefined) {
      dial = kit.dialer
        .dial(record.address, peerId, { timeoutMs: limits.onionDialMs })
        .then(
          () => {
            this.links.set(peerId, elapsed(kit.clock))
            this.tidying.armOnce(limits.onionLinkIdleMs / 4)
          },
          () => {
            this.away.set(peerId, elapsed(kit.clock) + AWAY_MS)
            throw unreachable()
          },
        )
        .finally(() => this.dials.delete(peerId))
      this.dials.set(peerId, dial)
    }
    this.waiting++
    count(waitingOf, link, 1)
    count(waitingFor, peerId, 1)
    try {
      await dial
    } finally {
      this.waiting--
      count(waitingOf, link, -1)
      count(waitingFor, peerId, -1)
    }
  }

  private tidy(): void {
    const { kit, limits } = this
    const until = elapsed(kit.clock) - limits.onionLinkIdleMs
    for (const [peerId, usedAt] of this.links) {
      if (usedAt > until && this.links.size <= limits.onionLinks) break
      this.links.delete(peerId)
      kit.dialer.release(peerId)
    }
    if (this.links.size > 0) this.tidying.arm(limits.onionLinkIdleMs / 4)
  }
}

function count(counts: Map<string, number>, name: string, by: 1 | -1): void {
  const left = (counts.get(name) ?? 0) + by
  if (left > 0) counts.set(name, left)
  else counts.delete(name)
}

function unreachable(): P2PError {
  return new P2PError('PEER_UNREACHABLE', 'The next hop is not there.')
}
