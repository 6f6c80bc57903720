import type { P2PError, P2PErrorCode } from '../../../base/errors.js'
import type { Unsubscribe } from '../../../base/events.js'
import type { WaitOptions } from '../../../base/wait.js'
import type { VerifiedRecord } from '../records/record.js'
import type { RecordFilters } from '../records/record-filters.js'
import type { RecordSource } from '../records/record-watches.js'

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
  newer?: VerifiedRecord
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
 * `ConnectedServers` asks the servers that we are connected to. `walk/` and `node/` plug in lookups that walk through the network.
 */
export interface Lookup extends Partial<RecordSource> {
  /** True where there is somebody to ask. Without, what is not in the own store is NO_RELAY. */
  readonly isReachable: boolean
  /** Stores a signed record; at one node only where `at` names it. Does not throw for refusals. */
  store(entry: VerifiedRecord, options?: WaitOptions & { at?: string | undefined }): Promise<StoreOutcome>
  /** The records under one key. @throws P2PError TIMEOUT and others if nobody answered, ABORTED. */
  get(key: string, options?: FindOptions): Promise<VerifiedRecord[]>
  /** The records under a pattern (`key` or `prefix*`). @throws like `get`. */
  query(pattern: string, options?: FindOptions): Promise<VerifiedRecord[]>
  /** Tells of each node that can store and could not before: what we announce belongs there too. */
  onNewServer(listener: (peerId: string) => void): Unsubscribe
  /** Walks to where a key or a resource type is kept, and tells of each step. @throws P2PError ABORTED. */
  trace?(pattern: string, options?: WaitOptions): Promise<LookupTrace>
  getStats?(): LookupNetworkStats
  /** Settles what waits, stops all watches. */
  close(): void
}

/** How one lookup went. */
export interface LookupTrace {
  /** Where it went, 32 bytes. */
  target: Uint8Array
  /** Each question, in the order in which they were asked. */
  steps: TraceStep[]
  /** Answers on the way to the nearest node. */
  hops: number
  /** Milliseconds. */
  tookMs: number
}

/** One question of a lookup, as `DistributedHashTable.trace` tells of it. */
export interface TraceStep {
  peerId: string
  address: string
  /** Which of the disjoint paths, from 0. */
  path: number
  /** Answers between us and the one that named this node, plus one: 1 for those of our own table. */
  hop: number
  /** Leading bits that the node shares with the target. */
  bits: number
  /** Milliseconds from the begin of the lookup. */
  startedMs: number
  /** Milliseconds until it answered or failed; undefined where the lookup ended before. */
  tookMs?: number
  /** Nodes that it named and that were not known on this path before. */
  learned: number
  /** Why it did not answer. */
  error?: P2PErrorCode
}

export interface LookupStats {
  /** Walks through the network since the start. */
  lookups: number
  /** Questions that they asked, in all. */
  questions: number
  /** Share of them that came to an end, 0 to 1; 1 where there was none. */
  successRate: number
  /** Of the last 1,000: answers on the way to what was looked for. */
  hops: Percentiles
  /** Of the last 1,000, milliseconds. */
  latencyMs: Percentiles
}

export interface Percentiles {
  p50: number
  p95: number
  p99: number
}

export interface BucketStats {
  /** Leading bits that its nodes share with us. */
  bits: number
  nodes: number
  waiting: number
  /** Milliseconds since the Unix epoch. */
  oldestSeenAt: number
}

export interface LookupNetworkStats extends LookupStats {
  /** `node`: in the routing tables of others; `client`: has connected servers look. */
  mode: 'node' | 'client'
  /** Nodes in our routing table. */
  nodes: number
  /** Nodes that are not believed any more: most of whom they named did not exist. */
  liars: number
  /** Records in answers that were not asked for, or did not hold. */
  ignoredRecords: number
  buckets: BucketStats[]
}

/** A second way for news of records, beside what servers push: it reaches each peer that watches, at whichever relay. */
export interface RecordFeed extends RecordSource {
  /** Tells of a record of ours. Never throws, and nobody waits for it. */
  publish(entry: VerifiedRecord): void
}
