import { generateIdentity, P2PCoordinator } from 'lotus-p2p'

self.onmessage = async ({ data: relay }) => {
  // The key is made in the worker and never leaves it.
  const wallet = new P2PCoordinator({ bootstrap: [relay], identity: await generateIdentity() })
  await wallet.start()
  await wallet.announceResource('app', 'module-worker', { works: true })
  const found = await wallet.getResource('app', 'module-worker')
  self.postMessage(`works: ${found.data.works}, servers: ${wallet.getConnectedPeers().length}`)
}
