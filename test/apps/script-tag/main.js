const relay = new URLSearchParams(location.search).get('relay')
const wallet = new window.LotusP2P.P2PCoordinator({ bootstrap: [relay] })
wallet
  .start()
  .then(() => wallet.announceResource('app', 'script-tag', { works: true }))
  .then(() => wallet.getResource('app', 'script-tag'))
  .then((found) => {
    document.title = `works: ${found.data.works}, servers: ${wallet.getConnectedPeers().length}`
  })
