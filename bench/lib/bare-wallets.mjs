/** What `starting-wallets.mjs` is for a relay, for `bare-start.mjs`: dials, and answers each frame with one as long as a wallet's. */
import WebSocket from 'ws'
import { obey } from '../attacks/child.mjs'

/** Bytes of the frames that a wallet sends after the first, which comes with the upgrade. */
const FRAMES = [256 + 80, 230, 540].map((bytes) => Buffer.alloc(bytes, 7))
const sockets = []

function start(url) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, [`lotus-p2p.2.${'A'.repeat(110)}`], { perMessageDeflate: false })
    sockets.push(socket)
    let n = 0
    socket.on('message', () => {
      if (n < FRAMES.length) socket.send(FRAMES[n++])
      else resolve()
    })
    socket.on('error', reject)
  })
}

obey({
  async start({ url, count, atOnce }) {
    let left = count
    const one = async () => {
      while (left-- > 0) await start(url)
    }
    await Promise.all(Array.from({ length: atOnce }, one))
  },
  spentMs() {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1_000
  },
  exit: () => process.exit(),
})
