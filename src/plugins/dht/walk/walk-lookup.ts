import type { Unsubscribe } from '../../../base/events.js'
import type { WaitOptions } from '../../../base/wait.js'
import type { ConnectedServers } from '../client/connected-servers.js'
import type { FindOptions, Lookup, LookupNetworkStats, LookupTrace, StoreOutcome } from '../client/lookup.js'
import type { VerifiedRecord } from '../records/record.js'
import type { Kademlia } from './kademlia.js'
import type { RecordWalks } from './record-walks.js'

/**
 * The lookup of a client that knows nodes: it has the servers that it is connected to look for it, and walks through the network
 * itself where all of them fail.
 */
export class WalkLookup implements Lookup {
  constructor(
    private readonly servers: ConnectedServers,
    private readonly network: Kademlia,
    private readonly walks: RecordWalks,
  ) {}

  /** A server is asked by others, and answers itself; whoever knows nodes may walk to them. */
  get isReachable(): boolean {
    return this.network.isNode || this.network.canWalk || this.servers.isReachable
  }

  store(entry: VerifiedRecord, options?: WaitOptions & { at?: string }): Promise<StoreOutcome> {
    return this.servers.store(entry, options)
  }

  get(key: string, options: FindOptions = {}): Promise<VerifiedRecord[]> {
    return this.orWalk(key, options, this.servers.get(key, options))
  }

  query(pattern: string, options: FindOptions = {}): Promise<VerifiedRecord[]> {
    return this.orWalk(pattern, options, this.servers.query(pattern, options))
  }

  onNewServer(listener: (peerId: string) => void): Unsubscribe {
    return this.servers.onNewServer(listener)
  }

  trace(pattern: string, options?: WaitOptions): Promise<LookupTrace> {
    return this.network.trace(pattern, options)
  }

  getStats(): LookupNetworkStats {
    return { mode: 'client', ignoredRecords: this.servers.ignoredRecords, ...this.network.getStats() }
  }

  close(): void {
    this.network.close()
    this.servers.close()
  }

  private async orWalk(pattern: string, options: FindOptions, asked: Promise<VerifiedRecord[]>): Promise<VerifiedRecord[]> {
    try {
      return await asked
    } catch (error) {
      if (options.signal?.aborted || !this.network.canWalk) throw error
      const found = await this.walks.collect(pattern, options)
      if (found.length === 0) throw error
      return found
    }
  }
}
