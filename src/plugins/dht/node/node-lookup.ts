import type { Unsubscribe } from '../../../base/events.js'
import type { WaitOptions } from '../../../base/wait.js'
import type { PluginKit } from '../../../core/plugin.js'
import type { FindOptions, Lookup, LookupNetworkStats, LookupTrace, StoreOutcome } from '../client/lookup.js'
import type { DhtParts } from '../client/plugin.js'
import { setOfPattern } from '../records/key-space.js'
import { type VerifiedRecord, wireRecord } from '../records/record.js'
import { RecordMerge } from '../records/record-merge.js'
import type { Contact } from '../walk/contact.js'
import type { Kademlia } from '../walk/kademlia.js'
import { RecordWalks } from '../walk/record-walks.js'
import type { Spread } from './spread.js'

/** Servers that are in no routing table. */
const BESIDES = { walk: false, only: 'no-nodes' } as const
const NOTHING: StoreOutcome = { stored: [], refused: [] }

/**
 * The lookup of a node: it walks through the network itself. In a network that is smaller than one bucket it asks the connected
 * servers that are no nodes too.
 */
export class NodeLookup implements Lookup {
  private readonly walks: RecordWalks

  constructor(
    private readonly parts: DhtParts & Pick<PluginKit, 'limits' | 'clock'>,
    private readonly network: Kademlia,
    private readonly spread: Spread,
  ) {
    this.walks = new RecordWalks(parts, network, (contact, newest) => this.leaveCopy(contact, newest))
  }

  /** We are a part of the DHT ourselves, be it the only one. */
  readonly isReachable = true

  async store(entry: VerifiedRecord, options: WaitOptions & { at?: string } = {}): Promise<StoreOutcome> {
    const { servers } = this.parts
    // A server that has just come is told what is ours; where else it belongs, it is already.
    if (options.at !== undefined) return servers.store(entry, { ...options, walk: false })
    const [there, beside] = await Promise.all([
      this.spread.store(entry, options),
      this.network.isSmall && servers.isReachable ? servers.store(entry, { ...options, ...BESIDES }) : NOTHING,
    ])
    return { stored: [...new Set([...there.stored, ...beside.stored])], refused: [...there.refused, ...beside.refused] }
  }

  get(key: string, options?: FindOptions): Promise<VerifiedRecord[]> {
    return this.query(key, options)
  }

  async query(pattern: string, options: FindOptions = {}): Promise<VerifiedRecord[]> {
    const { servers } = this.parts
    const isPlaced = setOfPattern(pattern) !== undefined || !pattern.endsWith('*')
    if (!isPlaced) return servers.query(pattern, { ...options, walk: false })
    const [there, beside] = await Promise.all([
      this.walks.collect(pattern, options),
      this.network.isSmall ? servers.query(pattern, { ...options, ...BESIDES }).catch(() => []) : [],
    ])
    return new RecordMerge([...there, ...beside]).all()
  }

  /** In a large network our records are at the nodes nearest to them, whichever server comes. */
  onNewServer(listener: (peerId: string) => void): Unsubscribe {
    return this.parts.servers.onNewServer((peerId) => {
      if (this.network.isSmall) listener(peerId)
    })
  }

  trace(pattern: string, options?: WaitOptions): Promise<LookupTrace> {
    return this.network.trace(pattern, options)
  }

  getStats(): LookupNetworkStats {
    return { mode: 'node', ignoredRecords: this.parts.servers.ignoredRecords, ...this.network.getStats() }
  }

  close(): void {
    this.network.close()
    this.parts.servers.close()
  }

  /** A lookup that comes the same way finds it earlier (Maymounkov and Mazières, 2002, §2.3); for a short while, so that none grows old. */
  private leaveCopy(contact: Contact, entry: VerifiedRecord): void {
    const record = wireRecord(entry)
    if (record === undefined) return
    this.network.ask(contact, { type: 'store', payload: { record, cache: true } }).catch(() => {})
  }
}
