/** One process of a relay for `bench/cluster.mjs`: JSON options as its argument, commands over IPC. */
import { identityFromSeed } from '../../dist/index.js'
import { natsBackplane, natsMail, startRelay } from '../../dist/node.js'

const { nats, mail, ...options } = JSON.parse(process.argv[2])
const backplane = nats && natsBackplane(nats)
const relay = await startRelay({
  port: 0,
  host: '127.0.0.1',
  allowPrivate: true,
  maxConnections: 12_000,
  maxMemoryBytes: 4_294_967_296,
  logger: { debug() {}, warn() {}, error() {} },
  ...(nats && { identity: identityFromSeed(new Uint8Array(32).fill(200)), backplane }),
  ...(mail && { mail: natsMail(backplane.link) }),
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
const commands = {
  facts,
  /** Sends all peers elsewhere, and stops. */
  async drain(options) {
    await relay.drain(options)
    await relay.stop()
  },
}
process.on('message', async ({ id, command, args }) => process.send({ id, result: (await commands[command](args)) ?? null }))
process.send({ ready: true, url: relay.url, peerId: relay.peerId })
