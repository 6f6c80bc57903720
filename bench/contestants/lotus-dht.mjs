/** Many relays of lotus-p2p in one process, as a DHT. */
import { startRelay } from '../../dist/node.js'
import { dhtCommands } from './dht.mjs'
import { held } from './lotus-peers.mjs'
import { serve } from './role.mjs'

serve({
  name: 'lotus-dht',
  versions: {},

  commands: dhtCommands({
    async server(bootstrap) {
      const relay = await startRelay({ host: '127.0.0.1', port: 0, bootstrap, allowPrivate: true })
      held.push(relay.coordinator)
      return { address: relay.url, dht: relay.coordinator.dht }
    },
    known: ({ dht }) => dht.getStats().network.nodes,

    async put({ dht }, key, value) {
      const { servers } = await dht.announce({ key, value })
      if (servers.length === 0) throw new Error(`${key} is nowhere but here`)
    },
    get: async ({ dht }, key) => (await dht.get(key))?.value,
    async walk({ dht }, key) {
      const { steps } = await dht.trace(key)
      if (steps.length === 0) throw new Error('nobody was asked')
    },
  }),
})
