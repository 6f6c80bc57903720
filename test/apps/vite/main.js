import { P2PCoordinator } from 'lotus-p2p'

const relay = new URLSearchParams(location.search).get('relay')
const wallet = new P2PCoordinator({ bootstrap: [relay] })
await wallet.start()
await wallet.announceResource('app', 'vite', { works: true })
const found = await wallet.getResource('app', 'vite')
document.title = `works: ${found.data.works}, servers: ${wallet.getConnectedPeers().length}`
