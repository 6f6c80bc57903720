import type { P2PError } from '../errors.js'
import type { Unsubscribe } from '../events.js'
import type { WaitOptions } from '../wait.js'
import type { RecordEntry } from './record.js'
import type { RecordFilters } from './record-filters.js'

/** Where a record was stored, and where not. */
export interface StoreOutcome {
  /** Peer ids of the nodes that hold it now. */
  stored: string[]
  refused: StoreRefusal[]
}

export interface StoreRefusal {
  peerId: string
  error: P2PError
  /** With STALE_RECORD: the newer record, which the same key has signed. */
  newer?: RecordEntry
}

export interface FindOptions extends WaitOptions {
  filters?: RecordFilters | undefined
  /** Records wanted at most, the newest ones. */
  maxResults?: number | undefined
}

/**
 * How a DHT reaches the nodes that store records. Whatever it returns is verified: signature, time, key, name. Results hold at
 * most one record per key and publisher, withdrawals included, so that the caller can merge them with its own.
 *
 * `ConnectedServers` asks the connected servers; an iterative lookup over a routing table implements the same.
 */
export interface Lookup {
  /** True where there is somebody to ask. Without, a DHT answers from its own store at once. */
  readonly isReachable: boolean
  /** Stores a signed record; at one node only where `at` names it. Does not throw for refusals. */
  store(entry: RecordEntry, options?: WaitOptions & { at?: string }): Promise<StoreOutcome>
  /** The records under one key. @throws P2PError TIMEOUT and others if nobody answered, ABORTED. */
  get(key: string, options?: FindOptions): Promise<RecordEntry[]>
  /** The records under a pattern (`key` or `prefix*`). @throws like `get`. */
  query(pattern: string, options?: FindOptions): Promise<RecordEntry[]>
  /** Those that are there, and from then on every change, as it happens. A record may come more than once. */
  watch(pattern: string, onRecord: (entry: RecordEntry) => void): Unsubscribe
  /** Tells of each node that can store and could not before: what we announce belongs there too. */
  onNewServer(listener: (peerId: string) => void): Unsubscribe
  /** Settles what waits, stops all watches. */
  close(): void
}

/** A second way for news of records, beside what servers push: it reaches whoever watches, wherever that is. */
export interface RecordFeed {
  /** Tells of a record of ours. Never throws, and nobody waits for it. */
  publish(entry: RecordEntry): void
  /** Verified records under a pattern (`key` or `prefix*`), as others tell of them; some may come twice, or not at all. */
  watch(pattern: string, onRecord: (entry: RecordEntry) => void): Unsubscribe
}
