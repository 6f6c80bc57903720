import type { Limits } from '../../base/limits.js'
import type { WaitOptions } from '../../base/wait.js'
import type { AnnounceResult } from '../dht/client/dht-types.js'
import type { HashTable } from '../dht/client/hash-table.js'
import type { DhtRecord } from '../dht/records/record.js'
import { type DiscoverOptions, type ResourceConditions, recordFiltersOf } from './filters.js'
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

export interface AnnounceResourceOptions extends WaitOptions {
  /** Seconds; default 3,600, at most 172,800. */
  ttl?: number | undefined
  /** False: it ends with its TTL. Default true: it is published anew until it is withdrawn. */
  republish?: boolean | undefined
  /** True: it is withdrawn by the servers 5 s after they have lost us for good. */
  whileConnected?: boolean | undefined
}

/** What the record of a resource holds. */
export interface ResourceValue<T> {
  data: T
  createdAt: number
}

/** Typed resources over the DHT of a coordinator. */
export class Resources {
  private readonly owner: { readonly peerId: string }

  /** @param owner our peer id, or an object that tells it once it is known. */
  constructor(
    private readonly dht: HashTable,
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
  async announceResource<T>(type: string, id: string, data: T, options?: AnnounceResourceOptions): Promise<AnnounceResult> {
    const { ttl = this.dht.limits.defaultTtlS, republish = true, whileConnected = false, signal, timeoutMs } = options ?? {}
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
  async withdrawResource(type: string, id: string, options?: WaitOptions): Promise<AnnounceResult> {
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
    given?: DiscoverOptions,
  ): Promise<ResourceAnnouncement<T>[]> {
    const prefix = resourcePrefix(type, this.dht.limits)
    const options = given ?? {}
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
      .map((record) => resourceOf<T>(record, type, prefix, this.dht.limits))
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
    options?: WaitOptions & { creatorPeerId?: string | undefined },
  ): Promise<ResourceAnnouncement<T> | null> {
    const { creatorPeerId, signal, timeoutMs } = options ?? {}
    const key = resourceKey(type, id, this.dht.limits)
    const wait = { signal, timeoutMs, ...(creatorPeerId !== undefined && { publisherId: creatorPeerId }) }
    const record = await this.dht.get<ResourceValue<T>>(key, wait)
    return (record && resourceOf<T>(record, type, resourcePrefix(type, this.dht.limits), this.dht.limits)) ?? null
  }

  /** Drops what has expired; returns how many records. */
  cleanup(): number {
    return this.dht.cleanup()
  }
}

/** The resource in a record; undefined where a publisher wrote something else under such a key. */
export function resourceOf<T>(
  record: DhtRecord<ResourceValue<T>>,
  type: string,
  prefix: string,
  { maxClockSkewMs }: Limits,
): ResourceAnnouncement<T> | undefined {
  const resourceId = resourceIdOf(record.key, prefix)
  const value: unknown = record.value
  if (resourceId === undefined || typeof value !== 'object' || value === null || !('data' in value)) return undefined
  const { data, createdAt } = value as ResourceValue<T>
  // Who dates a resource later than its record lies to come first.
  if (!Number.isSafeInteger(createdAt) || createdAt < 0 || createdAt > record.publishedAt + maxClockSkewMs) return undefined
  const { publisherId: creatorPeerId, expiresAt, signature } = record
  return { resourceId, resourceType: type, creatorPeerId, data, createdAt, expiresAt, ...(signature && { signature }) }
}
