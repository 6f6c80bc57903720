// A service worker of a page, or the background of a Manifest V3 extension. It may be stopped at any time, so it keeps nothing in
// memory that it needs: the identity is in IndexedDB, and the coordinator is made anew whenever an event has started the worker.
import { indexedDbStore, P2PCoordinator, proofOfWork, storedIdentity } from 'lotus-p2p/core'

let wallet

/** One coordinator for each life of the worker. No WebRTC here: paths are WebSocket and circuits. */
function openWallet(relay) {
  wallet ??= storedIdentity({ name: 'service-worker' }).then((identity) => {
    return new P2PCoordinator({ bootstrap: [relay], identity, store: indexedDbStore(), plugins: [proofOfWork()] })
  })
  return wallet
}

async function answer({ data: relay, source }) {
  const peer = await openWallet(relay)
  await peer.announceResource('app', 'service-worker', { works: true })
  const found = await peer.getResource('app', 'service-worker')
  source.postMessage(`works: ${found.data.works}, servers: ${peer.getStats().relays.connected}`)
}

self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))
// `waitUntil` keeps the worker alive until the work is done.
self.addEventListener('message', (event) => event.waitUntil(answer(event)))
