import type { PluginKit } from '../../core/plugin.js'
import { dhtOf } from '../dht/client/plugin.js'
import { type PeerRecord, PeerRecords } from './peer-records.js'
import { ResourceDiscovery } from './resource-discovery.js'

export interface DiscoveryOptions {
  /** Where we have reservations: each relay's peer id, and its address where that is known. */
  relays(): PeerRecord['relays']
}

/**
 * Finds resources, and peers by their id; publishes where we can be reached ourselves. Attached by the core itself, after the DHT
 * client.
 */
export function discovery(kit: PluginKit, { relays }: DiscoveryOptions): { discovery: ResourceDiscovery } {
  const { dht } = dhtOf(kit)
  const resources = new ResourceDiscovery(dht, kit.peerId)
  const records = new PeerRecords(dht, () => {
    const { addresses, protocols } = kit.describe()
    return { addresses, relays: relays(), protocols }
  })
  kit.addResolver((peerId, wait) => records.resolve(peerId, wait))
  kit.onLifecycle({
    described: () => records.changed(),
    stop: () => {
      records.close()
      resources.shutdown()
    },
  })
  return { discovery: resources }
}
