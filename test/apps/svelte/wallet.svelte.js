import { P2PCoordinator } from 'lotus-p2p'

/** A wallet whose status is reactive; call it while a component is made, and it ends with the component. */
export function openWallet(config) {
  let status = $state('offline')
  const wallet = new P2PCoordinator(config)
  $effect(() => {
    wallet.on('status', (now) => {
      status = now
    })
    wallet.start().catch(console.error)
    return () => void wallet.shutdown()
  })
  return {
    wallet,
    get status() {
      return status
    },
  }
}
