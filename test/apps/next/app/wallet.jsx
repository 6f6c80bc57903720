'use client'

import { P2PCoordinator } from 'lotus-p2p'
import { useEffect, useState } from 'react'

/** A client component is rendered on the server as well; effects run in the browser alone, so the coordinator is made in one. */
export function Wallet() {
  const [status, setStatus] = useState('offline')
  useEffect(() => {
    const relay = new URLSearchParams(location.search).get('relay')
    const wallet = new P2PCoordinator({ bootstrap: [relay] })
    wallet.on('status', setStatus)
    wallet
      .announceResource('app', 'next', { works: true })
      .then(() => wallet.getResource('app', 'next'))
      .then((found) => {
        document.title = `works: ${found.data.works}, servers: ${wallet.getStats().relays.connected}`
      })
      .catch((error) => error.code === 'SHUT_DOWN' || console.error(error))
    return () => void wallet.shutdown()
  }, [])
  return <p>{status}</p>
}
