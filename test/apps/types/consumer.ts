import { type IProtocolHandler, P2PCoordinator, type P2PMessage, type PeerInfo } from 'lotus-p2p'
import { startRelay } from 'lotus-p2p/node'
import { createTestNetwork, VirtualClock } from 'lotus-p2p/testing'

interface Offer {
  amount: bigint
}

class Offers implements IProtocolHandler {
  readonly protocolName = 'offers'
  async handleMessage(message: P2PMessage, from: PeerInfo): Promise<void> {
    console.log(message.payload, from.connection?.transport)
  }
}

export async function use(): Promise<bigint | undefined> {
  const relay = await startRelay({ port: 0 })
  const wallet = new P2PCoordinator({ bootstrap: [relay.url] })
  wallet.registerProtocol(new Offers())
  wallet.on('message', (message, from) => console.log(message.type, from.peerId))
  const { payload } = await wallet.request<Offer>('lp1…', { type: 'ask', payload: null }, { timeoutMs: 1_000 })
  const found = await wallet.discoverResources<Offer>('offer')
  createTestNetwork({ clock: new VirtualClock() })
  return found[0]?.data.amount ?? payload.amount
}
