import { identify } from '@libp2p/identify'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { ping } from '@libp2p/ping'
import { measureDht, settled } from '../lib/dht-load.mjs'
import { createNode } from './libp2p-node.mjs'

const COUNT = 30
const dht = kadDHT({
  protocol: '/bench/kad/1.0.0',
  clientMode: false,
  peerInfoMapper: passthroughMapper,
  validators: { bench: async () => {} },
  selectors: { bench: () => 0 },
})
const peers = []
for (let i = 0; i < COUNT; i++) {
  const peer = await createNode({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0/ws'] },
    services: { identify: identify(), ping: ping(), dht },
  })
  await peer.services.dht.setMode('server')
  if (i > 0) await peer.dial(peers[Math.floor(Math.random() * i)].getMultiaddrs())
  peers.push(peer)
}
const nodes = peers.map((peer) => peer.services.dht)
await settled(COUNT, () => nodes.map((node) => node.routingTable.size))
const encoder = new TextEncoder()
const keyOf = (i) => encoder.encode(`/bench/${i}`)
await measureDht({
  nodes,
  async put(node, i) {
    for await (const _ of node.put(keyOf(i), encoder.encode(`value ${i}`))) {
    }
  },
  /** The first value that comes: what its own `get` waits for besides is not counted. */
  async get(node, i) {
    for await (const event of node.get(keyOf(i))) {
      if (event.name === 'VALUE') return new TextDecoder().decode(event.value) === `value ${i}`
    }
    return false
  },
  records: 50,
  gets: 60,
})
process.exit()
