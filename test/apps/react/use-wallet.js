import { P2PCoordinator } from 'lotus-p2p'
import { useEffect, useState } from 'react'

/**
 * A wallet for as long as the component is shown. StrictMode mounts twice: the first coordinator is shut down, and gives its identity
 * to the second.
 *
 * @param relay the relay's address.
 * @param identity made once, outside of components.
 */
export function useWallet(relay, identity) {
  const [wallet, setWallet] = useState()
  const [status, setStatus] = useState('offline')
  useEffect(() => {
    const coordinator = new P2PCoordinator({ bootstrap: [relay], identity })
    coordinator.on('status', setStatus)
    setWallet(coordinator)
    coordinator.start().catch((error) => error.code === 'SHUT_DOWN' || console.error(error))
    return () => void coordinator.shutdown()
  }, [relay, identity])
  return { wallet, status }
}
