// The lean wallet: the core, with the plugins that it names.
import { P2PCoordinator, proofOfWork, webRtc } from 'lotus-p2p/core'

const relay = new URLSearchParams(location.search).get('relay')
const wallet = new P2PCoordinator({ bootstrap: [relay], plugins: [webRtc(), proofOfWork()] })
await wallet.start()
await wallet.announceResource('app', 'esbuild', { works: true })
const found = await wallet.getResource('app', 'esbuild')
document.title = `works: ${found.data.works}, servers: ${wallet.getConnectedPeers().length}`
