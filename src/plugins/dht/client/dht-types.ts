import type { Clock } from '../../../base/clock.js'
import type { P2PError, P2PErrorCode } from '../../../base/errors.js'
import type { Limits } from '../../../base/limits.js'
import type { Logger } from '../../../base/logger.js'
import type { Random } from '../../../base/random.js'
import type { WaitOptions } from '../../../base/wait.js'
import type { Identity } from '../../../identity/identity.js'
import type { PinnedNames } from '../../../identity/pinned-names.js'
import type { FilterConditions, RecordFilters } from '../records/record-filters.js'
import type { RecordVerifier } from '../records/record-verifier.js'
import type { RecordStoreStats, Records } from '../records/records.js'
import type { Lookup, LookupNetworkStats } from './lookup.js'

export interface DhtOptions {
  clock?: Clock | undefined
  limits?: Limits | undefined
  logger?: Logger | undefined
  /** Signs our records. Without it they stay in this process. */
  identity?: Identity | undefined
  /** Whose name is whose. @internal */
  names?: PinnedNames | undefined
  /** The network whose records these are; default 'lotus'. */
  network?: string | undefined
  /** How others are reached. Without it the DHT is a local store. @internal */
  lookup?: Lookup | undefined
  /** Where records are kept; a DhtServer answers from the same one. @internal */
  store?: Records | undefined
  /** Checks records; the lookup and a DhtServer use the same one. @internal */
  verifier?: RecordVerifier | undefined
  /** Default: that of the platform. */
  random?: Random | undefined
  /** Told of failures that no caller waits for. Default: the logger. */
  onError?: ((error: P2PError) => void) | undefined
}

export interface AnnounceOptions extends WaitOptions {
  /** 1 to 512 characters; must not end with `*`. */
  key: string
  /** Anything that MessagePack carries, at most 16,384 bytes of it. */
  value: unknown
  /** Our own peer id, or anything where the DHT has no identity. Default: our peer id. */
  publisherId?: string | undefined
  /** Seconds; default 3,600, at most 172,800. */
  ttl?: number | undefined
  /** Milliseconds since the Unix epoch; default now. */
  publishedAt?: number | undefined
  /** False: the record ends with its TTL, and is not published anew. */
  republish?: boolean | undefined
  /**
   * True: servers withdraw the record 5 s after they have lost us for good, so that nobody finds what a closed tab has offered. For
   * peers that are no DHT nodes themselves.
   */
  whileConnected?: boolean | undefined
}

export interface AnnounceResult {
  /** Peer ids of the servers that stored it; none where none is connected. It is stored at those that connect later. */
  servers: string[]
  /** Servers that did not, and why; TIMEOUT for those not waited for, which may store it yet. */
  refused: { peerId: string; error: P2PError }[]
}

export interface GetOptions extends WaitOptions {
  /** Only this publisher's record. */
  publisherId?: string | undefined
}

export interface QueryOptions extends WaitOptions, Omit<RecordFilters, 'where'> {
  /** A key, or a prefix and `*`. */
  key: string
  /** Conditions on fields of the value, as `{ type: 'session', amount: { gte: 3 } }`; at most 16. */
  filters?: FilterConditions | undefined
  /** The newest so many. */
  maxResults?: number | undefined
  /** Of these, the newest so many of each publisher. */
  perPublisher?: number | undefined
}

export interface DhtStats extends RecordStoreStats {
  /** Live records here, our own and those of others. */
  totalAnnouncements: number
  /** Our own announcements that are kept alive. */
  announcements: number
  watches: number
  /** `get` calls that found a record, and that found none. */
  hits: number
  misses: number
  /** Announcements that failed, by cause. */
  refused: { [Code in P2PErrorCode]?: number }
  /** Signatures checked. */
  verified: number
  /** The routing table, and how the latest lookups went. */
  network?: LookupNetworkStats
}
