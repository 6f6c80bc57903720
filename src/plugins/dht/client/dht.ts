import { SMALL_PLUGIN_LIMITS } from '../../../base/limits/small-plugins.js'
import { limitsOf } from '../../../base/limits.js'
import type { RecordSource } from '../records/record-watches.js'
import { CheckedTable } from './checked-table.js'
import type { DhtOptions } from './dht-types.js'
import type { Owner } from './hash-table.js'
import { watchRecords } from './watch-records.js'

export type { AnnounceOptions, AnnounceResult, DhtOptions, DhtStats, GetOptions, QueryOptions } from './dht-types.js'

/**
 * Records that peers publish under keys. One publisher has one record under a key; others may have theirs under the same key,
 * so a reader who wants a certain one names the publisher.
 *
 * Alone it is a local store, in which a record ends with its TTL. That of a coordinator stores what is announced at the servers too,
 * publishes it anew at half of its remaining TTL, and stores it at each server that connects later, until it is withdrawn or the DHT is
 * shut down (`republish: false`: until its TTL ends).
 *
 * @example
 * const dht = new DistributedHashTable('alice')
 * await dht.announce({ key: 'offer-1', value: { amount: 5n }, ttl: 60 })
 * const offers = await dht.query({ key: 'offer-*', filters: { amount: { gte: 3 } } })
 */
export class DistributedHashTable extends CheckedTable {
  /** @param owner our peer id, or an object that tells it once it is known. */
  constructor(owner: string | Owner, options: DhtOptions = {}) {
    const { limits = limitsOf(SMALL_PLUGIN_LIMITS), lookup, random } = options
    super(owner, { ...options, limits })
    watchRecords(this, limits, () => (lookup?.watch === undefined ? undefined : (lookup as RecordSource)), random)
  }
}
