// Resources: one wallet announces an offer, another one finds it, watches it change, and sees it withdrawn.
//
//   npm run build && node examples-web/node/resources.mjs

import { P2PCoordinator } from 'lotus-p2p'
import { startRelay } from 'lotus-p2p/node'

const relay = await startRelay({ port: 0, host: '127.0.0.1' })
const seller = new P2PCoordinator({ bootstrap: [relay.url] })
const buyer = new P2PCoordinator({ bootstrap: [relay.url] })
await Promise.all([seller.start(), buyer.start()])

// The buyer watches. The relay pushes every change; nothing is polled.
const seen = changesOf(buyer, 'swap-offer')

await seller.announceResource('swap-offer', 'offer-1', { give: 'XPI', amount: 250n }, { ttl: 600 })
await seller.announceResource('swap-offer', 'offer-2', { give: 'XPI', amount: 9_000n }, { ttl: 600 })
await seen.next('added', 'offer-1')
await seen.next('added', 'offer-2')

// Discovery asks once. The relay applies the filter, the buyer checks each signature.
const large = await buyer.discoverResources('swap-offer', { amount: { gte: 1_000n } })
console.log(`Offers of 1000 or more: ${large.map(({ resourceId, data }) => `${resourceId} (${data.amount})`).join(', ')}`)

// Announcing the same id again replaces the data.
await seller.announceResource('swap-offer', 'offer-1', { give: 'XPI', amount: 300n }, { ttl: 600 })
const { data } = await seen.next('updated', 'offer-1')
console.log(`offer-1 is now ${data.amount}`)

const one = await buyer.getResource('swap-offer', 'offer-2')
console.log(`offer-2 is the seller's own: ${one.creatorPeerId === seller.peerId}`)

await seller.withdrawResource('swap-offer', 'offer-1')
await seen.next('removed', 'offer-1')
console.log(`offer-1 is ${(await buyer.getResource('swap-offer', 'offer-1')) ?? 'gone'}`)

seen.stop()
await Promise.all([seller.shutdown(), buyer.shutdown()])
await relay.stop()

/** The changes that a watch tells, to be awaited one by one, in whichever order they come. */
function changesOf(coordinator, type) {
  const changes = []
  let wake = () => {}
  const stop = coordinator.watchResources(type, {}, (resource, change) => {
    console.log(`  watch: ${resource.resourceId} ${change}`)
    changes.push({ resource, change })
    wake()
  })
  async function next(change, id) {
    for (;;) {
      const at = changes.findIndex((one) => one.change === change && one.resource.resourceId === id)
      if (at >= 0) return changes.splice(at, 1)[0].resource
      await new Promise((resolve) => {
        wake = resolve
      })
    }
  }
  return { next, stop }
}
