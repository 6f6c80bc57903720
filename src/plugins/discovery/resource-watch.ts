import { checkListener, type Unsubscribe } from '../../base/events.js'
import { fenced } from '../../base/fenced.js'
import { SMALL_PLUGIN_LIMITS } from '../../base/limits/small-plugins.js'
import { coreOf } from '../../core/core.js'
import type { Plugin } from '../../core/plugin.js'
import { dhtOf } from '../dht/client/plugin.js'
import { ServerWatches } from '../dht/client/server-watches.js'
import { watchRecords } from '../dht/client/watch-records.js'
import type { ResourceConditions, ResourceCriteria } from './filters.js'
import type { ResourceAnnouncement } from './resources.js'
import { type ResourceChange, type ResourceListener, watchResources } from './watch-resources.js'

/** What the plugin `resourceWatch()` adds to a coordinator. */
export interface ResourceWatch {
  /**
   * Tells of matching resources as they come, change and go; servers push, nothing polls.
   *
   * @param conditions as for `discoverResources`.
   * @param listener called with a copy of the resource, and the change.
   * @returns ends the watch.
   * @throws P2PError INVALID_RESOURCE, INVALID_CONFIG for a misspelt option or without a listener, SHUT_DOWN.
   * @example
   * const stop = coordinator.watchResources('offer', { coin: 'XPI' }, ({ data }, change) => console.log(change, data))
   */
  watchResources<T = unknown>(
    type: string,
    conditions: ResourceConditions<T>,
    listener: ResourceListener<T>,
    options?: ResourceCriteria,
  ): Unsubscribe
}

/** The events that the plugin `resourceWatch()` adds to a coordinator. */
export interface ResourceWatchEvents {
  /** A change that some `watchResources` of this coordinator has told. */
  resource: [resource: ResourceAnnouncement, change: ResourceChange]
}

/**
 * Watches resources, and with `dht.watch` any records: what `discoverResources` tells once, pushed as it changes.
 *
 * @example
 * const wallet = new P2PCoordinator({ bootstrap: ['wss://relay.example'], plugins: [resourceWatch()] })
 * wallet.watchResources('offer', { coin: 'XPI' }, ({ data }, change) => console.log(change, data))
 */
export function resourceWatch(): Plugin<ResourceWatch, ResourceWatchEvents> {
  return {
    name: 'resource-watch',
    limits: SMALL_PLUGIN_LIMITS,
    attach(kit) {
      const { dht, servers } = dhtOf(kit)
      const core = coreOf(kit)
      watchRecords(dht, kit.limits, () => new ServerWatches(servers), kit.random)
      return {
        watchResources<T>(
          type: string,
          conditions: ResourceConditions<T>,
          listener: ResourceListener<T>,
          options?: ResourceCriteria,
        ): Unsubscribe {
          core.checkOpen()
          checkListener('watchResources', listener)
          const tell: ResourceListener<T> = (resource, change) => {
            if (core.emitter.hasListeners('resource')) kit.emit('resource', structuredClone(resource), change)
            // A listener that fails is reported and ends no watch.
            fenced(
              () => listener(resource, change),
              (error) => core.listenerFailed(error, 'resource'),
            )
          }
          const stop = watchResources<T>(dht, type, conditions, tell, options)
          core.startSoon()
          return stop
        },
      }
    },
  }
}
