import type { Plugin } from '../../../core/plugin.js'
import type { PeerInfo } from '../../../protocol/peer-info.js'
import type { DistributedHashTable } from '../../dht/client/dht.js'
import { dhtOf } from '../../dht/client/plugin.js'
import { resourcePrefix } from '../../discovery/resource-key.js'
import { CircuitRelay, type RelayStats } from './circuit-relay.js'
import { Introducer } from './introducer.js'

/** The plugin `relayServices()`, and what it tells of its work. */
export interface RelayServices extends Plugin<object, object, { circuits: RelayStats }> {
  /** Whether a peer has a reservation here: callers are brought to it. */
  hasReservation(peerId: string): boolean
  getStats(): RelayStats
}

/**
 * What makes a listening DHT server a relay: it forwards circuits, and introduces its peers by protocol and by resource.
 *
 * @example
 * const relay = new P2PCoordinator({ listen: [webSocketServer()], plugins: [dhtNode({ mode: 'server' }), relayServices()] })
 */
export function relayServices(): RelayServices {
  let relay: CircuitRelay | undefined
  return {
    name: 'relay-services',
    needs: ['dht'],
    attach(kit) {
      const { dht, limits } = dhtOf(kit)
      const circuits = new CircuitRelay({ limits })
      const introducer = new Introducer({
        limits,
        publishersOf: (type) => publishersOf(dht, type),
        canBeCalled: (peer: PeerInfo) => circuits.canBeCalled(peer),
      })
      kit.registerProtocol(circuits)
      kit.registerProtocol(introducer)
      kit.stats('circuits', () => circuits.getStats())
      relay = circuits
      return {}
    },
    hasReservation: (peerId) => relay?.hasReservation(peerId) ?? false,
    getStats: () => (relay ?? new CircuitRelay()).getStats(),
  }
}

function* publishersOf({ store, limits }: DistributedHashTable, resourceType: string): Generator<string> {
  for (const { publisher, publicKey, withdrawn } of store.scan(`${resourcePrefix(resourceType, limits)}*`)) {
    if (publicKey !== undefined && !withdrawn) yield publisher
  }
}
