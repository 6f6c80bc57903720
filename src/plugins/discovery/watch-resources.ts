import { equalBytes } from '../../base/bytes.js'
import type { Unsubscribe } from '../../base/events.js'
import { checkOptions } from '../../base/options.js'
import { tupleKey } from '../../base/tuple-key.js'
import { encode } from '../../message/codec.js'
import type { HashTable } from '../dht/client/hash-table.js'
import { matchesConditions } from '../dht/records/record-filters.js'
import { CRITERIA, type ResourceConditions, type ResourceCriteria, recordFiltersOf } from './filters.js'
import { resourcePrefix } from './resource-key.js'
import { type ResourceAnnouncement, type ResourceValue, resourceOf } from './resources.js'

/** `'removed'`: withdrawn, expired, or no longer matching the filters. */
export type ResourceChange = 'added' | 'updated' | 'removed'
export type ResourceListener<T = unknown> = (resource: ResourceAnnouncement<T>, change: ResourceChange) => void

/** Watches resources in a DHT that watches records; see `ResourceDiscovery.watchResources`. */
export function watchResources<T>(
  dht: HashTable,
  type: string,
  conditions: ResourceConditions<T> | null | undefined,
  listener: ResourceListener<T>,
  options?: ResourceCriteria,
): Unsubscribe {
  checkOptions('watchResources', options, CRITERIA)
  const { limits } = dht
  const prefix = resourcePrefix(type, limits)
  const { publisherId, where = {} } = recordFiltersOf(conditions, options ?? {})
  // The listener's own copy: 'removed' tells of the resource as it was.
  const tell = (resource: ResourceAnnouncement<T>, change: ResourceChange): unknown => listener(structuredClone(resource), change)
  /** What the listener knows, by key and publisher. */
  const shown = new Map<string, { resource: ResourceAnnouncement<T>; bytes: Uint8Array }>()
  return dht.watch<ResourceValue<T>>(`${prefix}*`, (record, change) => {
    const id = tupleKey(String(record.publisherKey ?? record.publisherId), record.key)
    const before = shown.get(id)
    const resource = change === 'removed' ? undefined : resourceOf<T>(record, type, prefix, limits)
    const matches =
      resource !== undefined &&
      (publisherId === undefined || resource.creatorPeerId === publisherId) &&
      matchesConditions(record.value, where)
    if (!matches) return shown.delete(id) && before && tell(before.resource, 'removed')
    const bytes = encode(record.value)
    shown.set(id, { resource, bytes })
    if (before === undefined) return tell(resource, 'added')
    return equalBytes(before.bytes, bytes) || tell(resource, 'updated')
  })
}
