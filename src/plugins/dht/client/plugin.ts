import type { Plugin, PluginKit } from '../../../core/plugin.js'
import { RecordVerifier } from '../records/record-verifier.js'
import { ConnectedServers } from './connected-servers.js'
import { HashTable } from './hash-table.js'

/** The parts of a coordinator's DHT. Other plugins extend it by them: `dhtOf` gives them. */
export interface DhtParts {
  readonly dht: HashTable
  /** Asks the servers that we are connected to. It stays in use beneath whatever lookup `dht.setLookup` puts above it. */
  readonly servers: ConnectedServers
  readonly verifier: RecordVerifier
}

/**
 * What each coordinator has of the DHT: it publishes and finds records at the servers that it is connected to. Attached
 * by the core itself.
 */
export function dhtClient(): Plugin<DhtParts> {
  return {
    name: 'dht',
    attach(kit) {
      const { clock, limits, logger, identity, names, random, network } = kit
      const verifier = new RecordVerifier({ network, clock, limits, names })
      const servers = new ConnectedServers(verifier, { limits })
      const dht = new HashTable(kit, {
        clock,
        limits,
        logger,
        identity,
        names,
        network,
        verifier,
        lookup: servers,
        random,
        onError: (error) => kit.report(error),
      })
      servers.onLostServer = () => dht.lostServer()
      kit.registerProtocol(servers)
      kit.onLifecycle({ trim: () => verifier.trim(), stop: () => dht.shutdown() })
      return { dht, servers, verifier }
    },
  }
}

/** The parts of the DHT of the coordinator that a plugin is attached to; there, where the plugin needs 'dht'. */
export function dhtOf(kit: PluginKit): DhtParts {
  return kit.plugin('dht') as DhtParts
}
