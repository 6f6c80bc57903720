import type { RelayBackplane } from '../../../backplane/backplane.js'
import { CIRCUIT_RELAY_LIMITS } from '../../../base/limits/circuit-relay.js'
import { NODE_LIMITS } from '../../../base/limits/dht-node.js'
import { SMALL_PLUGIN_LIMITS } from '../../../base/limits/small-plugins.js'
import type { Plugin } from '../../../core/plugin.js'
import type { FairTurns } from '../../../defence/fair-turns.js'
import type { PeerInfo } from '../../../protocol/peer-info.js'
import type { HashTable } from '../../dht/client/hash-table.js'
import { dhtOf } from '../../dht/client/plugin.js'
import type { Records, StoreListener } from '../../dht/records/records.js'
import { resourcePrefix, resourceTypeOf } from '../../discovery/resource-key.js'
import { provenAddress } from '../proven-address.js'
import { CircuitRelay, type RelayStats } from './circuit-relay.js'
import { Introducer } from './introducer.js'

/** The plugin `relayServices()`, and what it tells of its work. */
export interface RelayServices extends Plugin<object, object, { circuits: RelayStats }> {
  /** Whether a peer has a reservation here: callers are brought to it. */
  hasReservation(peerId: string): boolean
  /** Whether circuits go to a peer, or from it. */
  hasCircuits(peerId: string): boolean
  getStats(): RelayStats
}

export interface RelayServicesOptions {
  /** The other processes of the relay. Default: there are none. */
  backplane?: RelayBackplane | undefined
}

/**
 * What makes a listening DHT server a relay: it forwards circuits, and introduces its peers by protocol and by resource.
 *
 * @example
 * const relay = new P2PCoordinator({ listen: [webSocketServer()], plugins: [dhtNode({ mode: 'server' }), relayServices()] })
 */
export function relayServices(options?: RelayServicesOptions): RelayServices {
  const { backplane } = options ?? {}
  let relay: CircuitRelay | undefined
  return {
    name: 'relay-services',
    limits: { ...CIRCUIT_RELAY_LIMITS, ...NODE_LIMITS, ...SMALL_PLUGIN_LIMITS },
    needs: ['dht'],
    attach(kit) {
      const { dht } = dhtOf(kit)
      const { limits } = kit
      const circuits = new CircuitRelay({ limits, backplane })
      const introducer = new Introducer({
        limits,
        backplane,
        publishersOf: (type) => publishersOf(dht, type),
        typesOf: (publisher) => typesOf(dht, publisher),
        canBeCalled: (peer: PeerInfo) => circuits.canBeCalled(peer),
        provenAddress: (peer: PeerInfo) => provenAddress(kit, peer),
        ...(kit.plugin('costs') as { turns: FairTurns } | undefined),
      })
      kit.registerProtocol(circuits)
      kit.registerProtocol(introducer)
      // What says itself that it has come or gone, the router tells.
      kit.onPeer({ described: (peer) => introducer.changed(peer), pathChanged: (peer) => introducer.changed(peer) })
      const stored: StoreListener = (entry, previous) => {
        const { key, publicKey } = (entry ?? previous)!
        const type = resourceTypeOf(key)
        if (type !== undefined && publicKey !== undefined) introducer.published(publicKey, type)
      }
      // A plugin that is attached later may bring another store.
      let heard: Records | undefined
      kit.onLifecycle({
        start: () => {
          if (heard !== dht.store) dht.store.onChange(stored)
          heard = dht.store
        },
      })
      kit.stats('circuits', () => circuits.getStats())
      relay = circuits
      return {}
    },
    hasReservation: (peerId) => relay?.hasReservation(peerId) ?? false,
    hasCircuits: (peerId) => relay?.hasCircuits(peerId) ?? false,
    getStats: () => (relay ?? new CircuitRelay()).getStats(),
  }
}

function* typesOf({ store }: HashTable, publisher: string): Generator<string> {
  for (const { key, withdrawn } of store.of?.(publisher) ?? []) {
    const type = withdrawn ? undefined : resourceTypeOf(key)
    if (type !== undefined) yield type
  }
}

function* publishersOf({ store, limits }: HashTable, resourceType: string): Generator<string> {
  for (const { publisher, publicKey, withdrawn } of store.scan(`${resourcePrefix(resourceType, limits)}*`)) {
    if (publicKey !== undefined && !withdrawn) yield publisher
  }
}
