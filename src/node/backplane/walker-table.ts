import type { RelayBackplane } from '../../backplane/backplane.js'
import { Alarm } from '../../base/alarm.js'
import type { PluginKit } from '../../core/plugin.js'
import { decode, encode } from '../../message/codec.js'
import { dhtOf } from '../../plugins/dht/client/plugin.js'
import { compareDistance } from '../../plugins/dht/records/key-space.js'
import { walkOf } from '../../plugins/dht/walk/attached.js'
import { readContacts, wireContact } from '../../plugins/dht/walk/contact.js'

const KEY = 'walker.table'
/** How often the walker leaves its routing table for the next one. */
const KEEP_MS = 60_000
/** Nodes of it that are left: some 50 kB. */
const MAX_NODES = 512

/** The routing table of the walker, of which the next one begins: as what somebody has told of, to be met before it is believed. */
export class WalkerTable {
  private readonly alarm: Alarm
  private leads = false

  constructor(
    private readonly backplane: RelayBackplane,
    private readonly kit: PluginKit,
  ) {
    this.alarm = new Alarm(kit.clock, () => this.keep())
  }

  /** We walk from now on, or do no more. */
  changed(leads: boolean): void {
    this.leads = leads
    if (!leads) {
      this.alarm.disarm()
      return
    }
    this.alarm.arm(KEEP_MS)
    const { network } = this
    const { value } = this.backplane.shared.get(KEY) ?? {}
    if (value === undefined || network === undefined) return
    const { ownId } = network.table
    const { kit } = this
    try {
      const known = readContacts(decode(value), ownId, { max: MAX_NODES, own: ownId, rules: kit, network: kit.network })
      for (const contact of known) network.table.learned(contact, kit.peerId)
      // Those that answer are met, and the table is kept from then on.
      if (known.length > 0) network.nearest(ownId).catch(() => {})
    } catch {
      // Another version has left it: the bootstrap peers are asked, as by the first walker.
    }
  }

  close(): void {
    this.changed(false)
  }

  private get network() {
    return walkOf(dhtOf(this.kit).dht)?.network
  }

  private keep(): void {
    if (!this.leads) return
    this.alarm.arm(KEEP_MS)
    const table = this.network?.table
    if (table === undefined) return
    const met = table.met().filter(({ address }) => address !== '')
    const nearest = met.sort((a, b) => compareDistance(table.ownId, a.id, b.id)).slice(0, MAX_NODES)
    // Of one that has met nobody, the last one's stays.
    if (nearest.length > 0) this.backplane.shared.put(KEY, encode(nearest.map(wireContact))).catch(() => {})
  }
}
