import { P2PError } from '../../base/errors.js'
import type { Unsubscribe } from '../../base/events.js'
import { fenced } from '../../base/fenced.js'
import type { WaitOptions } from '../../base/wait.js'
import type { Plugin } from '../../core/plugin.js'
import { asSent } from '../../message/codec.js'
import type { AnnounceResult } from '../dht/client/dht.js'
import { dhtOf } from '../dht/client/plugin.js'
import type { ResourceFilters } from './filters.js'
import {
  type AnnounceResourceOptions,
  type ResourceAnnouncement,
  type ResourceChange,
  ResourceDiscovery,
  type ResourceListener,
} from './resource-discovery.js'

/** What the plugin `resources()` adds to a coordinator. */
export interface Resources {
  /**
   * Announces a resource: a signed record that others find by type and id, published anew until it is withdrawn.
   *
   * @param data what JSON takes, and `Uint8Array`, `Date` and `BigInt`; the record has at most 16 KiB.
   * @param options.ttl seconds; default 3,600, at most 172,800.
   * @returns the servers that have stored the record, and those that have not, with the reason.
   * @throws P2PError INVALID_RESOURCE, and as `DistributedHashTable.announce` and `start`.
   */
  announceResource<T>(type: string, id: string, data: T, options?: AnnounceResourceOptions): Promise<AnnounceResult>
  /** Withdraws a resource of ours. @throws P2PError INVALID_RESOURCE, and as `DistributedHashTable.withdraw` and `start`. */
  withdrawResource(type: string, id: string, options?: WaitOptions): Promise<AnnounceResult>
  /**
   * Finds resources of a type; signatures are verified, the newest come first.
   *
   * @example
   * const offers = await coordinator.discoverResources<Offer>('offer', { where: { amount: { gte: 1_000n } }, maxResults: 20 })
   * @throws P2PError INVALID_RESOURCE, and as `DistributedHashTable.query` and `start`.
   */
  discoverResources<T = unknown>(
    type: string,
    filters?: ResourceFilters,
    options?: WaitOptions,
  ): Promise<ResourceAnnouncement<T>[]>
  /**
   * Finds one resource.
   *
   * @param options.creatorPeerId whose; default: the newest of that id.
   * @returns null where there is none.
   * @throws P2PError INVALID_RESOURCE, and as `DistributedHashTable.get` and `start`.
   */
  getResource<T = unknown>(
    type: string,
    id: string,
    options?: WaitOptions & { creatorPeerId?: string },
  ): Promise<ResourceAnnouncement<T> | null>
  /**
   * Tells of matching resources as they come, change and go; servers push, nothing polls.
   *
   * @returns ends the watch.
   * @throws P2PError INVALID_RESOURCE, SHUT_DOWN.
   */
  watchResources<T = unknown>(type: string, filters: ResourceFilters, listener: ResourceListener<T>): Unsubscribe
}

/** The event that the plugin `resources()` adds. */
export interface ResourceEvents {
  /** A change that some `watchResources` of this coordinator has told. */
  resource: [resource: ResourceAnnouncement, change: ResourceChange]
}

/** Typed resources: what peers offer, announced as records of the DHT. */
export function resources(): Plugin<Resources, ResourceEvents> {
  return {
    name: 'resources',
    needs: ['dht'],
    attach(kit) {
      const discovery = new ResourceDiscovery(dhtOf(kit).dht, kit)
      const failed = (cause: unknown) =>
        kit.report(new P2PError('LISTENER_FAILED', 'A listener of watchResources failed.', { cause }))
      kit.onLifecycle({ stop: () => discovery.shutdown() })
      return {
        async announceResource(type, id, data, options) {
          const kept = asSent(data, kit.limits)
          await kit.run(options)
          return discovery.announceResource(type, id, kept, options)
        },
        async withdrawResource(type, id, options) {
          await kit.run(options)
          return discovery.withdrawResource(type, id, options)
        },
        async discoverResources<T>(type: string, filters?: ResourceFilters, options?: WaitOptions) {
          await kit.run(options)
          return discovery.discoverResources<T>(type, filters, options)
        },
        async getResource<T>(type: string, id: string, options?: WaitOptions & { creatorPeerId?: string }) {
          await kit.run(options)
          return discovery.getResource<T>(type, id, options)
        },
        watchResources<T>(type: string, filters: ResourceFilters, listener: ResourceListener<T>) {
          const stop = discovery.watchResources<T>(type, filters, (resource, change) => {
            kit.emit('resource', structuredClone(resource), change)
            // A listener that fails is reported and ends no watch.
            fenced(() => listener(resource, change), failed)
          })
          kit.run().catch((error) => kit.report(error))
          return stop
        },
      }
    },
  }
}
