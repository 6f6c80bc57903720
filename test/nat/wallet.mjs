import { setInterval } from 'node:timers/promises'
import * as webrtc from 'node-datachannel/polyfill'
import { P2PCoordinator } from '../../dist/index.js'

// A wallet in a process of its own, so that its sockets are those of its network namespace. It does what its parent asks
// for over IPC (wallet.ts).

/** Every peer connection that the SDK has made, those that came to nothing too. */
const made = []
class RTCPeerConnection extends webrtc.RTCPeerConnection {
  constructor(configuration) {
    super(configuration)
    made.push(this)
  }
}

const seen = { got: [], paths: [], disconnected: [], errors: [] }
let wallet
let sent = 0
let talking
let hushed = false

async function talk(to) {
  for await (const _ of setInterval(5)) {
    await wallet.sendTo(to, { type: 'number', payload: sent++ })
    if (hushed) return
  }
}

const commands = {
  /** Resolves with the peer id. */
  async start({ iceServers, ...config }) {
    wallet = new P2PCoordinator({ ...config, webrtc: { implementation: { RTCPeerConnection }, iceServers } })
    wallet.on('message', ({ payload }) => seen.got.push(payload))
    wallet.on('path-changed', ({ connection }, from) => seen.paths.push(`${from}>${connection?.transport}`))
    wallet.on('disconnected', (_, reason) => seen.disconnected.push(reason.code))
    wallet.on('error', ({ code }) => seen.errors.push(code))
    await wallet.start()
    return wallet.peerId
  },

  async connect(to) {
    await wallet.connectToPeer(to)
  },

  /** Sends the numbers from 0, one every 5 ms, until `hush`. */
  talk(to) {
    talking = talk(to)
  },

  /** Goes on with 1,000 numbers as fast as backpressure lets it; resolves with how many were sent in all. */
  async hush(to) {
    hushed = true
    await talking
    for (let i = 0; i < 1_000; i++) await wallet.sendTo(to, { type: 'number', payload: sent++ })
    return sent
  },

  path: (to) => wallet.getPeer(to)?.connection?.transport,

  seen: () => seen,

  /** What has become of each peer connection. */
  attempts: () => made.map(({ connectionState }) => connectionState),

  /** The kinds of candidates that the open peer connection uses (RFC 8445 §5.1.1: host, srflx, prflx, relay). */
  async selected() {
    const stats = await made.find(({ connectionState }) => connectionState === 'connected').getStats()
    const kind = (type) => [...stats.values()].find((entry) => entry.type === type).candidateType
    return { local: kind('local-candidate'), remote: kind('remote-candidate') }
  },

  async stop() {
    await wallet.shutdown()
  },
}

process.on('message', async ({ id, command, argument }) => {
  try {
    process.send({ id, value: await commands[command](argument) })
  } catch (error) {
    process.send({ id, error: String(error?.stack ?? error) })
  }
})
