import { startRelay } from '../../dist/node.js'
import { measureDht, settled } from '../lib/dht-load.mjs'

const COUNT = 30
const logger = { debug() {}, warn() {}, error() {} }
const relays = []
for (let i = 0; i < COUNT; i++) {
  const bootstrap = i === 0 ? [] : [relays[Math.floor(Math.random() * i)].url]
  relays.push(await startRelay({ port: 0, host: '127.0.0.1', logger, bootstrap }))
}
const nodes = relays.map(({ coordinator }) => coordinator.dht)
await settled(COUNT, () => nodes.map((dht) => dht.getStats().network.nodes))
await measureDht({
  nodes,
  put: (dht, i) => dht.announce({ key: `bench-${i}`, value: `value ${i}` }),
  get: async (dht, i) => (await dht.get(`bench-${i}`))?.value === `value ${i}`,
})
process.exit()
