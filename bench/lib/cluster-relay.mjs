/** One process of a relay for `bench/cluster.mjs`: JSON options as its argument, commands over IPC. */
import { identityFromSeed } from '../../dist/index.js'
import { natsBackplane, startRelay } from '../../dist/node.js'

const { nats, ...options } = JSON.parse(process.argv[2])
const relay = await startRelay({
  port: 0,
  host: '127.0.0.1',
  allowPrivate: true,
  maxConnections: 12_000,
  maxMemoryBytes: 4_294_967_296,
  logger: { debug() {}, warn() {}, error() {} },
  ...(nats && { identity: identityFromSeed(new Uint8Array(32).fill(200)), backplane: natsBackplane(nats) }),
  ...options,
})
const facts = () => {
  const { user, system } = process.cpuUsage()
  return {
    peers: relay.coordinator.getConnectedPeers().length,
    rss: process.memoryUsage.rss(),
    cpuMs: (user + system) / 1_000,
    ...relay.getStats(),
  }
}
process.on('message', ({ id }) => process.send({ id, result: facts() }))
process.send({ ready: true, url: relay.url, peerId: relay.peerId })
