/**
 * Wallets that come and go for a day, in one process and on a virtual clock: does anything grow? `npm run bench:soak -- --help`.
 *
 * A relay as `startRelay` runs it, and full coordinators that reach each other by it. Each wallet announces an offer, subscribes to a topic,
 * publishes, asks another one and messages it, and leaves after a while: two of three in order, the third without a word. At each full hour
 * the heap is collected and read, at the same number of wallets each time.
 */
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    hours: { type: 'string', default: '24' },
    wallets: { type: 'string', default: '200' },
    life: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(`npm run bench:soak -- [options]

  --hours N    hours of virtual time (default 24)
  --wallets N  how many there are at any time (default 200)
  --life N     how many minutes one stays, on average (default 30)
  --seed N     of keys, lives and losses (default 1)`)
  process.exit(0)
}
if (globalThis.gc === undefined) throw new Error('Start it with --expose-gc, as npm run bench:soak does.')
const [hours, count, life, seed] = [values.hours, values.wallets, values.life, values.seed].map(Number)

const { P2PCoordinator, withTransport, identityFromSeed } = await import('../dist/index.js')
const { createTestNetwork, seededRandom } = await import('../dist/testing.js')

const HOUR = 3_600_000
const SILENT = { debug() {}, warn() {}, error() {} }
// Not the network's own, or the first wallet would have the relay's key.
const random = seededRandom(seed + 1)
const net = createTestNetwork({ seed, latencyMs: 20 })
const { clock, network } = net
const relay = net.createPeer({ host: 'relay', relay: true })
await net.run(relay.start())
const bootstrap = [net.addressOf(relay)]

let made = 0
const here = []
const met = { joined: 0, left: 0, vanished: 0, asked: 0, answered: 0, heard: 0, failed: new Map() }
const failed = (error) => met.failed.set(error.code ?? error.message, (met.failed.get(error.code ?? error.message) ?? 0) + 1)

async function join() {
  const host = `wallet${made++}`
  const wallet = new P2PCoordinator({
    clock,
    random,
    allowPrivate: true,
    logger: SILENT,
    bootstrap,
    identity: identityFromSeed(random.bytes(32)),
    plugins: [withTransport(network.transport(host))],
  })
  wallet.registerProtocol({
    protocolName: 'soak',
    async handleMessage(message, from) {
      met.heard++
      if (message.type === 'ask') await wallet.reply(message, { type: 'answer', payload: from.peerId })
    },
  })
  const one = { wallet, host, leaves: undefined }
  here.push(one)
  met.joined++
  // Exponential lives, so that the hour of arrival tells nothing of the hour of leaving.
  one.leaves = clock.setTimeout(() => void leave(one), -Math.log(1 - random.unit()) * life * 60_000)
  await wallet.start()
  wallet.subscribe('offers', () => met.heard++)
  await wallet.announceResource('offer', host, { price: made }, { ttl: 3_600, whileConnected: true })
  await wallet.publish('offers', { host })
  const other = here[Math.floor(random.unit() * here.length)]
  if (other !== one) {
    met.asked++
    const { peerId } = other.wallet
    await wallet.connectToPeer(peerId)
    await wallet.request(peerId, { type: 'ask', payload: host, protocol: 'soak' })
    met.answered++
    await wallet.sendTo(peerId, { type: 'note', payload: new Uint8Array(1_000), protocol: 'soak' })
  }
}

async function leave(one) {
  here.splice(here.indexOf(one), 1)
  void join().catch(failed)
  if (random.unit() < 1 / 3) {
    met.vanished++
    network.vanish(one.host)
  }
  met.left++
  await one.wallet.shutdown()
}

const started = performance.now()
for (let i = 0; i < count; i++) void join().catch(failed)
const heaps = []
console.log('hour   heap, MB   wallets that have been here   connections of the relay   processor, s')
for (let hour = 1; hour <= hours; hour++) {
  await clock.advance(HOUR)
  globalThis.gc()
  globalThis.gc()
  heaps.push(process.memoryUsage().heapUsed)
  const { peers } = relay.getStats()
  console.log(
    String(hour).padStart(4),
    (heaps.at(-1) / 1e6).toFixed(2).padStart(10),
    String(met.joined).padStart(29),
    String(peers.connectedPeers?.length ?? peers.connected ?? '').padStart(26),
    (process.cpuUsage().user / 1e6).toFixed(0).padStart(15),
  )
}

/** Bytes an hour, by least squares, once as many wallets have left as there are. */
function slope(samples) {
  const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length
  const [x, y] = [mean([...samples.keys()]), mean(samples)]
  const over = samples.reduce((sum, value, i) => sum + (i - x) * (value - y), 0)
  return over / samples.reduce((sum, _, i) => sum + (i - x) ** 2, 0)
}

const settled = heaps.slice(Math.ceil(heaps.length / 4))
const perHour = slope(settled)
const share = perHour / settled[0]
console.log(`\n${JSON.stringify({ ...met, failed: Object.fromEntries(met.failed) })}`)
console.log(
  `${(perHour / 1_000).toFixed(1)} kB an hour over the last ${settled.length} hours, ${(100 * share).toFixed(2)} % of the heap; ` +
    `${((perHour / met.joined) * hours).toFixed(0)} bytes for each wallet that came; ${((performance.now() - started) / 1_000).toFixed(0)} s`,
)
await net.run(Promise.all(here.map(({ wallet }) => wallet.shutdown())))
await net.stop()
process.exit(share > 0.005 ? 1 : 0)
