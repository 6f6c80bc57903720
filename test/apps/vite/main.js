import { mineProofOfWork, P2PCoordinator } from 'lotus-p2p'

const relay = new URLSearchParams(location.search).get('relay')
const wallet = new P2PCoordinator({ bootstrap: [relay] })
await wallet.start()

// The worker must have answered, or this page says nothing.
const worker = new Worker(new URL('./pow-worker.js', import.meta.url), { type: 'module' })
const answered = new Promise((resolve) => worker.addEventListener('message', resolve))
const salt = new Uint8Array(16)
await mineProofOfWork({ publicKey: wallet.publicKey, responder: wallet.publicKey, salt, day: 0, bits: 10, worker: () => worker })
await answered

await wallet.announceResource('app', 'vite', { works: true })
const found = await wallet.getResource('app', 'vite')
wallet.disconnectFromPeer('lp1nobody').catch(({ message }) => {
  document.body.textContent = message
})
document.title = `works: ${found.data.works}, servers: ${wallet.getConnectedPeers().length}`
