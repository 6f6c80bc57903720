import { storedIdentity } from 'lotus-p2p'
import { StrictMode, useEffect, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { useWallet } from './use-wallet.js'

const relay = new URLSearchParams(location.search).get('relay')
const identity = await storedIdentity({ name: 'react' })
let mounts = 0

function Wallet() {
  const { wallet, status } = useWallet(relay, identity)
  const [offers, setOffers] = useState([])
  useEffect(() => {
    mounts++
  }, [])
  useEffect(() => {
    if (status !== 'online') return
    const stop = wallet.watchResources('app', {}, (offer, change) => {
      if (change === 'added') setOffers((before) => [...before, offer])
    })
    wallet.announceResource('app', 'react', { works: true }).catch(console.error)
    return stop
  }, [wallet, status])
  useEffect(() => {
    const own = offers.find(({ resourceId }) => resourceId === 'react')
    // StrictMode has mounted twice, or this page says nothing.
    if (own !== undefined && mounts === 2)
      document.title = `works: ${own.data.works}, servers: ${wallet.getStats().relays.connected}`
  }, [wallet, offers])
  return <p>{status}</p>
}

createRoot(document.getElementById('root')).render(
  <StrictMode>
    <Wallet />
  </StrictMode>,
)
