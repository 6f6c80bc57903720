/** Wallets in a process of their own, with the build in the folder that is its argument. */
import { pathToFileURL } from 'node:url'
import { obey } from '../attacks/child.mjs'

const { P2PCoordinator } = await import(pathToFileURL(`${process.argv[2]}/index.js`).href)
const wallets = []

obey({
  /** Starts so many, some at once; each asks for peers that it could talk to where `find` is true. */
  async start({ url, count, atOnce, find }) {
    let left = count
    const one = async () => {
      while (left-- > 0) {
        const wallet = new P2PCoordinator({ bootstrap: [url] })
        wallets.push(wallet)
        await wallet.start()
        if (find) await wallet.findPeers({ limit: 8 })
      }
    }
    await Promise.all(Array.from({ length: atOnce }, one))
  },
  spentMs() {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1_000
  },
  exit: () => process.exit(),
})
