import { originOf } from '../../../address/origin.js'
import type { Clock, Timer } from '../../../base/clock.js'
import type { Limits } from '../../../base/limits.js'
import type { Contact } from './contact.js'
import type { Kademlia } from './kademlia.js'

export interface FeelersOptions {
  clock: Clock
  limits: Limits
  network: Kademlia
  /** Whether to try nodes at all: others look for a tab that knows relays of several operators. */
  isNeeded(): boolean
  /** Whether a node lives at the address: connects, sees who answers, and leaves. */
  probe(contact: Contact): Promise<boolean>
}

/**
 * Tries one node every `feelerIntervalMs` that others have told of and that we have never met (the feeler connections of Heilman
 * et al., 2015, §8, and Bitcoin Core). Who lives is then known by ourselves, and nobody's word; who does not is forgotten. So
 * the table fills with nodes that we have tested before we need them, and what liars tell does not stay. Nodes of operators and
 * address groups come first of which we have met the fewest.
 */
export class Feelers {
  private timer: Timer | undefined
  private closed = false
  private readonly stop: () => void

  constructor(private readonly options: FeelersOptions) {
    this.stop = options.network.onNewNode(() => this.arm())
  }

  close(): void {
    this.closed = true
    this.stop()
    if (this.timer !== undefined) this.options.clock.clearTimeout(this.timer)
    this.timer = undefined
  }

  private arm(): void {
    if (this.closed || this.timer !== undefined) return
    const { clock, limits } = this.options
    this.timer = clock.setTimeout(
      () => {
        this.timer = undefined
        void this.feel()
      },
      limits.feelerIntervalMs * (0.5 + Math.random()),
    )
  }

  private async feel(): Promise<void> {
    const { network, probe, isNeeded } = this.options
    try {
      const contact = isNeeded() ? this.next() : undefined
      if (contact !== undefined) network.felt(contact, await probe(contact).catch(() => false))
    } finally {
      if (network.table.size > 0) this.arm()
    }
  }

  private next(): Contact | undefined {
    const { table } = this.options.network
    const met = new Map<string | undefined, number>()
    for (const { address } of table.met()) {
      const origin = originOf(address)
      met.set(origin, (met.get(origin) ?? 0) + 1)
    }
    const rarity = ({ address }: Contact) => (met.get(originOf(address)) ?? 0) + Math.random()
    let found: { contact: Contact; rank: number } | undefined
    for (const contact of table.hearsay()) {
      const rank = rarity(contact)
      if (contact.address !== '' && (found === undefined || rank < found.rank)) found = { contact, rank }
    }
    return found?.contact
  }
}
