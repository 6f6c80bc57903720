import type { Unsubscribe } from '../../base/events.js'
import { LazySet } from '../../base/lazy-map.js'
import type { DistributedHashTable } from '../dht/client/dht.js'
import { CheckedResources } from './checked-resources.js'
import type { ResourceConditions, ResourceCriteria } from './filters.js'
import { type ResourceListener, watchResources } from './watch-resources.js'

/**
 * Typed resources over a DHT.
 *
 * @example
 * const discovery = new ResourceDiscovery(new DistributedHashTable('alice'), 'alice')
 * await discovery.announceResource('session', 's1', { amount: 5n }, { ttl: 60 })
 * const stop = discovery.watchResources('session', {}, (session, change) => console.log(change, session.data))
 */
export class ResourceDiscovery extends CheckedResources {
  private readonly watches = new LazySet<Unsubscribe>()

  /** @param owner our peer id, or an object that tells it once it is known. */
  constructor(
    private readonly table: DistributedHashTable,
    owner: string | { readonly peerId: string },
  ) {
    super(table, owner)
  }

  /**
   * Tells of the resources of a type as they come and go: those that are there as `'added'`, then each change when a server
   * pushes it. Publishing the same anew is no change.
   *
   * @returns what ends the watch, here and at the servers.
   * @throws P2PError INVALID_RESOURCE, INVALID_CONFIG, SHUT_DOWN.
   */
  watchResources<T = unknown>(
    type: string,
    conditions: ResourceConditions<T> | null | undefined,
    listener: ResourceListener<T>,
    options: ResourceCriteria = {},
  ): Unsubscribe {
    const stop = watchResources(this.table, type, conditions, listener, options)
    const unwatch = () => {
      this.watches.delete(unwatch)
      stop()
    }
    this.watches.add(unwatch)
    return unwatch
  }

  /** Ends all watches. What was announced stays until `dht.shutdown()`. */
  shutdown(): void {
    for (const unwatch of [...this.watches]) unwatch()
  }
}
