import { originOf } from '../../../address/origin.js'
import { Alarm } from '../../../base/alarm.js'
import type { Clock } from '../../../base/clock.js'
import type { Limits } from '../../../base/limits.js'
import { jittered, type Random } from '../../../base/random.js'
import type { Contact } from './contact.js'
import type { Kademlia } from './kademlia.js'

export interface FeelersOptions {
  clock: Clock
  limits: Limits
  random: Random
  network: Kademlia
  /** Whether to try nodes at all: others look for a tab that knows relays of several operators. */
  isNeeded(): boolean
  /** Whether a node lives at the address: connects, sees who answers, and leaves. */
  probe(contact: Contact): Promise<boolean>
}

/**
 * Tries one node every `feelerIntervalMs` that others have told of and that we have never met (the feeler connections of Heilman
 * et al., 2015, §8, and Bitcoin Core). A node that lives is then known by ourselves, and on nobody's word; one that does not is
 * forgotten. So the table fills with nodes that are tested before they are needed, and what liars tell does not stay. Nodes of
 * operators and address groups of which we have met the fewest come first.
 */
export class Feelers {
  private readonly alarm: Alarm
  private isOver = false
  private isWanted = false
  private readonly stop: () => void

  constructor(private readonly wiring: FeelersOptions) {
    this.alarm = new Alarm(wiring.clock, () => void this.tryOne())
    this.stop = wiring.network.onNewNode(() => this.arm())
  }

  /** Tries nodes from here on, whether or not they are needed: others rely on the table of a node. */
  always(): void {
    this.isWanted = true
  }

  close(): void {
    this.isOver = true
    this.stop()
    this.alarm.disarm()
  }

  private arm(): void {
    const { limits, random } = this.wiring
    if (!this.isOver) this.alarm.armOnce(jittered(random, limits.feelerIntervalMs, 0.5))
  }

  private async tryOne(): Promise<void> {
    const { network, probe, isNeeded } = this.wiring
    try {
      const contact = this.isWanted || isNeeded() ? this.next() : undefined
      if (contact !== undefined) network.tried(contact, await probe(contact).catch(() => false))
    } finally {
      if (network.table.size > 0) this.arm()
    }
  }

  private next(): Contact | undefined {
    const { network, random } = this.wiring
    const met = new Map<string | undefined, number>()
    for (const { address } of network.table.met()) {
      const origin = originOf(address)
      met.set(origin, (met.get(origin) ?? 0) + 1)
    }
    const rarity = ({ address }: Contact) => (met.get(originOf(address)) ?? 0) + random.unit()
    let found: { contact: Contact; rank: number } | undefined
    for (const contact of network.table.hearsay()) {
      const rank = rarity(contact)
      if (contact.address !== '' && (found === undefined || rank < found.rank)) found = { contact, rank }
    }
    return found?.contact
  }
}
