// A protocol of one's own: payment requests. The shop asks, the wallet pays or refuses, and a refusal reaches the shop with its code.
//
//   npm run build && node examples-web/node/protocol-handler.mjs

import { isP2PError, P2PCoordinator, P2PError } from 'lotus-p2p'
import { webSocketServer } from 'lotus-p2p/node'

const PROTOCOL = 'example/payment-request/1'

/**
 * The wallet's side.
 *
 * `pay` { invoice: string, sats: bigint } is answered by `receipt` { invoice, paymentId } or fails:
 * INVALID_MESSAGE for what is no request, LIMIT_EXCEEDED for more than the wallet spends without asking its owner.
 */
class PaymentRequests {
  protocolName = PROTOCOL
  #host
  #limit
  /** Receipts by shop and invoice: asked twice, the wallet pays once. A real wallet stores this, and forgets old ones. */
  #receipts = new Map()

  constructor({ limit }) {
    this.#limit = limit
  }

  onRegister(host) {
    this.#host = host
  }

  async onPeerConnected(peer) {
    console.log(`wallet: ${peer.metadata?.name ?? 'somebody'} is here`)
  }

  async onPeerDisconnected(peer) {
    console.log(`wallet: ${peer.metadata?.name ?? 'somebody'} has left`)
  }

  async handleMessage(message, from) {
    // What a peer sends is anything at all until it has been checked.
    const { invoice, sats } = message.payload ?? {}
    if (message.type !== 'pay' || typeof invoice !== 'string' || invoice.length > 64 || typeof sats !== 'bigint' || sats <= 0n) {
      throw new P2PError('INVALID_MESSAGE', 'A payment request is { invoice, sats }, sats a bigint above 0.')
    }
    if (sats > this.#limit) {
      throw new P2PError('LIMIT_EXCEEDED', `This wallet pays at most ${this.#limit} sats without asking its owner.`)
    }
    const key = `${from.peerId} ${invoice}`
    const receipt = this.#receipts.get(key) ?? { invoice, paymentId: `payment-${this.#receipts.size + 1}` }
    this.#receipts.set(key, receipt)
    await this.#host.reply(message, { type: 'receipt', payload: receipt })
  }
}

/** The shop's side: a function that hides the messages. */
async function requestPayment(coordinator, walletId, invoice, sats) {
  const options = { timeoutMs: 5_000 }
  const { payload } = await coordinator.request(
    walletId,
    { type: 'pay', payload: { invoice, sats }, protocol: PROTOCOL },
    options,
  )
  return payload.paymentId
}

// No relay here: in Node a wallet can listen for itself.
const wallet = new P2PCoordinator({ listen: [webSocketServer()] })
wallet.registerProtocol(new PaymentRequests({ limit: 10_000n }))
await wallet.start()

const shop = new P2PCoordinator({ metadata: { name: 'The tea shop' } })
await shop.connectToPeer(wallet.addresses[0])

console.log(`shop: paid by ${await requestPayment(shop, wallet.peerId, 'tea-1', 450n)}`)
console.log(`shop: asked again, still ${await requestPayment(shop, wallet.peerId, 'tea-1', 450n)}`)

for (const sats of [1_000_000n, -5n]) {
  try {
    await requestPayment(shop, wallet.peerId, 'tea-2', sats)
  } catch (error) {
    if (!isP2PError(error)) throw error
    console.log(`shop: ${sats} sats refused with ${error.code}: ${error.message}`)
  }
}

const left = new Promise((resolve) => wallet.once('disconnected', resolve))
await shop.shutdown()
await left
await wallet.shutdown()
