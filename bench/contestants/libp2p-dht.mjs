/** @libp2p/kad-dht with many servers in one process. */
import { createRequire } from 'node:module'
import { identify } from '@libp2p/identify'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { ping } from '@libp2p/ping'
import { dhtCommands } from './dht.mjs'
import { createNode } from './libp2p-node.mjs'
import { unmonitored } from './libp2p-topics.mjs'
import { serve } from './role.mjs'

const require = createRequire(import.meta.url)
const { version } = require('../node_modules/@libp2p/kad-dht/package.json')

const bytesOf = (text) => new TextEncoder().encode(text)
const textOf = (bytes) => new TextDecoder().decode(bytes)
const keyOf = (name) => bytesOf(`/bench/${name}`)

/** Every value is as good as any: records of libp2p carry no signature, and checking them costs it nothing here. */
const dht = kadDHT({
  clientMode: false,
  validators: { bench: () => {} },
  selectors: { bench: () => 0 },
  // By default 127.0.0.1 is told to nobody.
  peerInfoMapper: passthroughMapper,
})

serve({
  name: 'libp2p-dht',
  versions: { '@libp2p/kad-dht': version },

  commands: dhtCommands({
    async server(bootstrap) {
      const node = await createNode({
        ...unmonitored,
        addresses: { listen: ['/ip4/127.0.0.1/tcp/0/ws'] },
        connectionManager: { inboundConnectionThreshold: 1_000_000, maxIncomingPendingConnections: 1_000 },
        services: { identify: identify(), ping: ping(), dht },
      })
      for (const address of bootstrap) await node.dial(address)
      return { address: node.getMultiaddrs()[0], node }
    },
    known: ({ node }) => node.services.dht.routingTable.size,

    put: ({ node }, name, text) => node.contentRouting.put(keyOf(name), bytesOf(text)),
    get: async ({ node }, name) => textOf(await node.contentRouting.get(keyOf(name))),
    async getFirst({ node }, name) {
      for await (const event of node.services.dht.get(keyOf(name))) {
        if (event.name === 'VALUE') return textOf(event.value)
        if (event.name === 'PEER_RESPONSE' && event.record) return textOf(event.record.value)
      }
    },
    async walk({ node }, name) {
      let found = 0
      for await (const { name: what } of node.services.dht.getClosestPeers(keyOf(name))) if (what === 'FINAL_PEER') found++
      if (found === 0) throw new Error('nobody was found')
    },
  }),
})
