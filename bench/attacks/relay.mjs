/** The victim: a relay with its shipping limits, in a process of its own. */
import { startRelay } from '../../dist/node.js'
import { obey } from './child.mjs'

let relay
let peakRss = 0
let banned = []

obey({
  async start(options) {
    relay = await startRelay({ port: 0, host: '127.0.0.1', ...options })
    relay.coordinator.on('error', () => {})
    relay.coordinator.on('peer-banned', ({ id }) => banned.push([id, performance.timeOrigin + performance.now()]))
    setInterval(() => {
      peakRss = Math.max(peakRss, process.memoryUsage.rss())
    }, 50).unref()
    return { url: relay.url, peerId: relay.peerId }
  },
  /** What has happened since the last call. */
  take() {
    const peak = peakRss
    peakRss = 0
    const { user, system } = process.cpuUsage()
    const { defence, peers } = relay.coordinator.getStats()
    const { listener } = relay.getStats()
    const cpuMs = (user + system) / 1_000
    const taken = { rss: process.memoryUsage.rss(), peakRss: peak, cpuMs, banned, defence, peers, listener }
    banned = []
    return taken
  },
  stop: () => relay.stop(),
  exit: () => process.exit(),
})
