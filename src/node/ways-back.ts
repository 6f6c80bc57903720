import { Alarm } from '../base/alarm.js'
import { BoundedMap } from '../base/bounded-map.js'
import { hexOf } from '../base/bytes.js'
import { type Clock, elapsed } from '../base/clock.js'
import type { OnionHopLimits } from '../base/limits/onion-hop.js'
import { tupleKey } from '../base/tuple-key.js'

/** Where an error about a packet goes. */
export interface WayBack {
  /** The link that the packet came by. */
  readonly peerId: string
  /** What the packet was called on that link, 16 bytes. */
  readonly id: Uint8Array
  /** What this hop shares with the sender. */
  readonly secret: Uint8Array
}

/** Of packets that were sent on, for a while, where they came from: errors go back that way. */
export class WaysBack {
  private readonly ways: BoundedMap<string, WayBack & { readonly at: number }>
  private readonly sweeping: Alarm

  constructor(
    private readonly clock: Clock,
    private readonly limits: Pick<OnionHopLimits, 'maxOnionErrors' | 'onionErrorMs'>,
  ) {
    this.ways = new BoundedMap(limits.maxOnionErrors)
    this.sweeping = new Alarm(clock, () => this.sweep())
  }

  /** @param id what the packet is called on the link to the next hop, 16 bytes. @param to the `lp1…` id of that hop. */
  remember(to: string, id: Uint8Array, { peerId, id: cameAs, secret }: WayBack): void {
    this.ways.set(tupleKey(to, hexOf(id)), { peerId, id: cameAs, secret, at: elapsed(this.clock) })
    this.sweeping.armOnce(this.limits.onionErrorMs)
  }

  /** The way of a packet that an error has come about, once. */
  take(from: string, id: Uint8Array): WayBack | undefined {
    const key = tupleKey(from, hexOf(id))
    const way = this.ways.get(key)
    this.ways.delete(key)
    return way !== undefined && elapsed(this.clock) - way.at <= this.limits.onionErrorMs ? way : undefined
  }

  close(): void {
    this.sweeping.disarm()
  }

  private sweep(): void {
    const until = elapsed(this.clock) - this.limits.onionErrorMs
    for (const [key, { at }] of this.ways) {
      if (at > until) break
      this.ways.delete(key)
    }
    if (this.ways.size > 0) this.sweeping.arm(this.limits.onionErrorMs)
  }
}
