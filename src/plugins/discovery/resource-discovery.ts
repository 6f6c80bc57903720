import { equalBytes } from '../../base/bytes.js'
import type { Unsubscribe } from '../../base/events.js'
import { LazySet } from '../../base/lazy-map.js'
import { tupleKey } from '../../base/tuple-key.js'
import type { WaitOptions } from '../../base/wait.js'
import { encode } from '../../message/codec.js'
import type { AnnounceResult, DistributedHashTable } from '../dht/client/dht.js'
import type { DhtRecord } from '../dht/records/record.js'
import { matchesConditions } from '../dht/records/record-filters.js'
import { type DiscoverOptions, type ResourceConditions, type ResourceCriteria, recordFiltersOf } from './filters.js'
import { invalidResource, resourceIdOf, resourceKey, resourcePrefix } from './resource-key.js'

/** Something a peer offers: a session to join, a key, a quote. */
export interface ResourceAnnouncement<T = unknown> {
  resourceId: string
  resourceType: string
  /** The announcer's chosen name, or its `lp1…` id. */
  creatorPeerId: string
  data: T
  /** When it was announced, milliseconds since the Unix epoch. Publishing it anew does not change it. */
  createdAt: number
  /** Milliseconds since the Unix epoch; later, as long as the announcer publishes it anew. */
  expiresAt?: number
  /** Ed25519 signature of the record that holds it, 64 bytes; checked already. */
  signature?: Uint8Array
}

/** `'removed'`: withdrawn, expired, or no longer matching the filters. */
export type ResourceChange = 'added' | 'updated' | 'removed'
export type ResourceListener<T = unknown> = (resource: ResourceAnnouncement<T>, change: ResourceChange) => void

export interface AnnounceResourceOptions extends WaitOptions {
  /** Seconds; default 3,600, at most 172,800. */
  ttl?: number
  /** False: it ends with its TTL. Default true: it is published anew until it is withdrawn. */
  republish?: boolean
  /** True: it is withdrawn by the servers 5 s after they have lost us for good. */
  whileConnected?: boolean
}

/** What the record of a resource holds. */
interface ResourceValue<T> {
  data: T
  createdAt: number
}

/**
 * Typed resources over a DHT.
 *
 * @example
 * const discovery = new ResourceDiscovery(new DistributedHashTable('alice'), 'alice')
 * await discovery.announceResource('session', 's1', { amount: 5n }, { ttl: 60 })
 * const stop = discovery.watchResources('session', {}, (session, change) => console.log(change, session.data))
 */
export class ResourceDiscovery {
  private readonly watches = new LazySet<Unsubscribe>()
  private readonly owner: { readonly peerId: string }

  /** @param owner our peer id, or an object that tells it once it is known. */
  constructor(
    private readonly dht: DistributedHashTable,
    owner: string | { readonly peerId: string },
  ) {
    this.owner = typeof owner === 'string' ? { peerId: owner } : owner
  }

  get peerId(): string {
    return this.owner.peerId
  }

  /**
   * Announces a resource, or new data of it.
   *
   * @throws P2PError INVALID_RESOURCE, UNSERIALIZABLE_PAYLOAD, MESSAGE_TOO_LARGE, LIMIT_EXCEEDED, and like `DistributedHashTable.announce`.
   */
  async announceResource<T>(type: string, id: string, data: T, options: AnnounceResourceOptions = {}): Promise<AnnounceResult> {
    const { ttl = this.dht.limits.defaultTtlS, republish = true, whileConnected = false, signal, timeoutMs } = options
    const key = resourceKey(type, id, this.dht.limits)
    if (data === undefined) throw invalidResource('it has no data')
    if (!(ttl > 0 && ttl <= this.dht.limits.maxTtlS)) {
      throw invalidResource(`ttl must be above 0 and at most ${this.dht.limits.maxTtlS} seconds`)
    }
    const now = Math.floor(this.dht.clock.now())
    const value: ResourceValue<T> = { data, createdAt: now }
    const how = { ttl, publishedAt: now, republish, whileConnected, signal, timeoutMs }
    return this.dht.announce({ key, value, publisherId: this.peerId, ...how })
  }

  /** Takes it back, at once. @throws P2PError INVALID_RESOURCE, and like `DistributedHashTable.withdraw`. */
  async withdrawResource(type: string, id: string, options: WaitOptions = {}): Promise<AnnounceResult> {
    return this.dht.withdraw(resourceKey(type, id, this.dht.limits), options)
  }

  /**
   * The resources of a type, newest first.
   *
   * @param conditions on the data; see `ResourceConditions`.
   * @throws P2PError INVALID_RESOURCE; TIMEOUT or what the servers say if none answered and nothing is here; ABORTED, SHUT_DOWN.
   */
  async discoverResources<T = unknown>(
    type: string,
    conditions?: ResourceConditions<T> | null,
    options: DiscoverOptions = {},
  ): Promise<ResourceAnnouncement<T>[]> {
    const prefix = resourcePrefix(type, this.dht.limits)
    const { signal, timeoutMs, maxResults = Number.POSITIVE_INFINITY } = options
    if (!(maxResults >= 1)) throw invalidResource('maxResults must be 1 or more')
    const { publisherId, where } = recordFiltersOf(conditions, options)
    const {
      onePerPublisher = false,
      resourcesPerPublisher = publisherId === undefined ? this.dht.limits.resourcesPerPublisher : undefined,
    } = options
    const perPublisher = onePerPublisher ? 1 : resourcesPerPublisher
    if (perPublisher !== undefined && !(perPublisher >= 1)) throw invalidResource('resourcesPerPublisher must be 1 or more')
    const records = await this.dht.query<ResourceValue<T>>({
      key: `${prefix}*`,
      filters: where,
      publisherId,
      perPublisher,
      maxResults,
      signal,
      timeoutMs,
    })
    return records
      .map((record) => this.resourceOf<T>(record, type, prefix))
      .filter((resource) => resource !== undefined)
      .sort((a, b) => b.createdAt - a.createdAt)
  }

  /**
   * The resource of this type and id; null if there is none, or it was withdrawn or has expired. Anybody may announce under
   * any id: the newest is returned, unless `creatorPeerId` says whose is meant.
   *
   * @throws P2PError like `discoverResources`.
   */
  async getResource<T = unknown>(
    type: string,
    id: string,
    options: WaitOptions & { creatorPeerId?: string } = {},
  ): Promise<ResourceAnnouncement<T> | null> {
    const { creatorPeerId, signal, timeoutMs } = options
    const key = resourceKey(type, id, this.dht.limits)
    const wait = { signal, timeoutMs, ...(creatorPeerId !== undefined && { publisherId: creatorPeerId }) }
    const record = await this.dht.get<ResourceValue<T>>(key, wait)
    return (record && this.resourceOf<T>(record, type, resourcePrefix(type, this.dht.limits))) ?? null
  }

  /**
   * Tells of the resources of a type as they come and go: those that are there as `'added'`, then each change when a server
   * pushes it. Publishing the same anew is no change.
   *
   * @returns what ends the watch, here and at the servers.
   * @throws P2PError INVALID_RESOURCE, SHUT_DOWN.
   */
  watchResources<T = unknown>(
    type: string,
    conditions: ResourceConditions<T> | null | undefined,
    listener: ResourceListener<T>,
    options: ResourceCriteria = {},
  ): Unsubscribe {
    const prefix = resourcePrefix(type, this.dht.limits)
    if (typeof listener !== 'function') throw invalidResource('watchResources needs a listener')
    const { publisherId, where = {} } = recordFiltersOf(conditions, options)
    // The listener's own copy: 'removed' tells of the resource as it was.
    const tell = (resource: ResourceAnnouncement<T>, change: ResourceChange): unknown =>
      listener(structuredClone(resource), change)
    /** What the listener knows, by key and publisher. */
    const shown = new Map<string, { resource: ResourceAnnouncement<T>; bytes: Uint8Array }>()
    const stop = this.dht.watch<ResourceValue<T>>(`${prefix}*`, (record, change) => {
      const id = tupleKey(String(record.publisherKey ?? record.publisherId), record.key)
      const before = shown.get(id)
      const resource = change === 'removed' ? undefined : this.resourceOf<T>(record, type, prefix)
      const matches =
        resource !== undefined &&
        (publisherId === undefined || resource.creatorPeerId === publisherId) &&
        matchesConditions(record.value, where)
      if (!matches) {
        return shown.delete(id) && before && tell(before.resource, 'removed')
      }
      const bytes = encode(record.value)
      shown.set(id, { resource, bytes })
      if (before === undefined) return tell(resource, 'added')
      return equalBytes(before.bytes, bytes) || tell(resource, 'updated')
    })
    const unwatch = () => {
      this.watches.delete(unwatch)
      stop()
    }
    this.watches.add(unwatch)
    return unwatch
  }

  /** Drops what has expired; returns how many records. */
  cleanup(): number {
    return this.dht.cleanup()
  }

  /** Ends all watches. What was announced stays until `dht.shutdown()`. */
  shutdown(): void {
    for (const unwatch of [...this.watches]) unwatch()
  }

  /** The resource in a record; undefined where a publisher wrote something else under such a key. */
  private resourceOf<T>(record: DhtRecord<ResourceValue<T>>, type: string, prefix: string): ResourceAnnouncement<T> | undefined {
    const resourceId = resourceIdOf(record.key, prefix)
    const value: unknown = record.value
    if (resourceId === undefined || typeof value !== 'object' || value === null || !('data' in value)) return undefined
    const { data, createdAt } = value as ResourceValue<T>
    // Who dates a resource later than its record lies to come first.
    const latest = record.publishedAt + this.dht.limits.maxClockSkewMs
    if (!Number.isSafeInteger(createdAt) || createdAt < 0 || createdAt > latest) return undefined
    const { publisherId: creatorPeerId, expiresAt, signature } = record
    return { resourceId, resourceType: type, creatorPeerId, data, createdAt, expiresAt, ...(signature && { signature }) }
  }
}
