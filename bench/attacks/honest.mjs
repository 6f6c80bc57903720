/** A wallet that goes on working meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises'
import { P2PCoordinator } from '../../dist/index.js'
import { obey } from './child.mjs'

let wallet
let url

const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]

obey({
  async connect(args) {
    url = args.url
    wallet = new P2PCoordinator({ bootstrap: [url], webrtc: false })
    wallet.on('error', () => {})
    await wallet.start()
    await wallet.announceResource('attack', 'honest', { is: 'here' })
  },
  /** Asks the relay again and again; how long its answers take. */
  async latency({ ms, perS = 50 }) {
    const times = []
    let failed = 0
    const end = performance.now() + ms
    const asked = []
    while (performance.now() < end) {
      const started = performance.now()
      asked.push(
        wallet.dht.get('resource:attack:honest', { timeoutMs: 10_000 }).then(
          (record) => {
            if (record === null) failed++
            else times.push(performance.now() - started)
          },
          () => failed++,
        ),
      )
      await sleep(1_000 / perS)
    }
    await Promise.all(asked)
    times.sort((a, b) => a - b)
    return { asked: asked.length, failed, p50: quantile(times, 0.5), p99: quantile(times, 0.99), max: times.at(-1) }
  },
  /** New wallets connect, one after the other; how long each takes, handshake and acceptance included. */
  async dials({ count, pauseMs = 100, timeoutMs = 10_000 }) {
    const times = []
    let failed = 0
    for (let i = 0; i < count; i++) {
      const fresh = new P2PCoordinator({ webrtc: false })
      fresh.on('error', () => {})
      const started = performance.now()
      await fresh.connectToPeer(url, { timeoutMs }).then(
        () => {
          times.push(performance.now() - started)
          if (process.env.DEBUG) console.log(Math.round(times.at(-1)), fresh.getConnectedPeers()[0]?.connection.transport)
        },
        () => failed++,
      )
      await fresh.shutdown()
      await sleep(pauseMs)
    }
    times.sort((a, b) => a - b)
    if (process.env.DEBUG) console.log(times.map(Math.round).join(' '))
    return { count, failed, p50: quantile(times, 0.5), p99: quantile(times, 0.99), max: times.at(-1) }
  },
})
