import { P2PCoordinator } from 'lotus-p2p'
// One class for all entry points, or `instanceof` below is false.
import { P2PError } from 'lotus-p2p/core'
import { startRelay } from 'lotus-p2p/node'
import { createTestNetwork } from 'lotus-p2p/testing'

const relay = await startRelay({ port: 0, host: '127.0.0.1' })
const wallet = new P2PCoordinator({ bootstrap: [relay.url] })
await wallet.start()
await wallet.announceResource('app', 'node-esm', { works: true })
const found = await wallet.getResource('app', 'node-esm')
const error = await startRelay({ port: Number(new URL(relay.url).port), host: '127.0.0.1' }).catch((reason) => reason)
await wallet.shutdown()
await relay.stop()
console.log(`works: ${found.data.works}, typed: ${error instanceof P2PError}, network: ${typeof createTestNetwork}`)
