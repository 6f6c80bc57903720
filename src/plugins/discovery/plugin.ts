import type { Plugin, PluginKit } from '../../core/plugin.js'
import type { Circuits } from '../circuit/plugin.js'
import { provenAddress } from '../circuit/proven-address.js'
import { dhtOf } from '../dht/client/plugin.js'
import { PeerRecords } from './peer-records.js'
import { Resources } from './resources.js'

/** Finds resources, and peers by their id; publishes where we can be reached ourselves. Attached by the core itself. */
export function discovery(): Plugin<{ discovery: Resources }> {
  return {
    name: 'discovery',
    needs: ['circuits', 'dht'],
    attach(kit) {
      const { dht } = dhtOf(kit)
      const { endpoint } = kit.plugin('circuits') as Circuits
      const resources = new Resources(dht, kit)
      const records = new PeerRecords(
        dht,
        () => {
          const { addresses, protocols } = kit.describe()
          // A reservation ends with the connection to its relay.
          const relays = endpoint.reserved().map(({ relay }): [string, string | null] => {
            return [relay, provenAddress(kit, kit.peer(relay)!) ?? null]
          })
          return { addresses, relays, protocols }
        },
        kit,
      )
      kit.addResolver((peerId, wait) => records.resolve(peerId, wait))
      // Nothing is published before the coordinator runs, nor is its key derived for that.
      let hasRun = false
      kit.onLifecycle({
        start: () => {
          hasRun = true
          records.changed()
        },
        described: () => {
          if (hasRun) records.changed()
        },
        stop: () => records.close(),
      })
      return { discovery: resources }
    },
  }
}

/** The resources of the coordinator that a plugin is attached to. */
export function discoveryOf(kit: PluginKit): Resources {
  return (kit.plugin('discovery') as { discovery: Resources }).discovery
}
