import { type IProtocolHandler, P2PCoordinator, type P2PMessage, type PeerInfo, type Plugin } from 'lotus-p2p'
import {
  broadcastChannel,
  isP2PError,
  P2PCoordinator as LeanCoordinator,
  P2PError,
  proofOfWork,
  type Transport,
  topics,
  webRtc,
  withTransport,
} from 'lotus-p2p/core'
import { dhtNode, startRelay, webSocketServer } from 'lotus-p2p/node'
import { Statements, statements } from 'lotus-p2p/statements'
import { createTestNetwork, seededRandom, VirtualClock } from 'lotus-p2p/testing'

interface Offer {
  amount: bigint
}

class Offers implements IProtocolHandler {
  readonly protocolName = 'offers'
  async handleMessage(message: P2PMessage, from: PeerInfo): Promise<void> {
    console.log(message.payload, from.connection?.transport, from.isRelay)
  }
}

export async function use(): Promise<bigint | undefined> {
  const relay = await startRelay({ port: 0 })
  const wallet = new P2PCoordinator({ bootstrap: [relay.url], random: seededRandom(7) })
  wallet.registerProtocol(new Offers())
  wallet.on('message', (message, from) => console.log(message.type, from.peerId))
  const { payload } = await wallet.request<Offer>('lp1…', { type: 'ask', payload: null }, { timeoutMs: 1_000 })
  const found = await wallet.discoverResources<Offer>('offer')
  await wallet.broadcast({ type: 'note', payload: 1 }, { relays: true })
  await wallet.findPeers({ protocol: 'offers', relays: true })
  wallet.subscribe<Offer>('offers', (message) => console.log(message.payload.amount))
  wallet.on('eclipse-suspected', ({ reasons }) => console.log(reasons[0]?.detail, wallet.getStats().eclipse.suspected))
  createTestNetwork({ clock: new VirtualClock() })
  return found[0]?.data.amount ?? payload.amount
}

interface Greeter {
  greet(peerId: string): Promise<void>
}

export function greeter(): Plugin<{ greeter: Greeter }, { greeted: [peerId: string] }, { greeter: { greeted: number } }> {
  return {
    name: 'greeter',
    attach(kit) {
      let greeted = 0
      kit.stats('greeter', () => ({ greeted }))
      return {
        greeter: {
          async greet(peerId) {
            await kit.sendTo(peerId, { type: 'hello', payload: ++greeted })
            kit.emit('greeted', peerId)
          },
        },
      }
    },
  }
}

/** Members, events and statistics follow the plugins; without one of them its names are type errors. */
export async function lean(transport: Transport): Promise<number> {
  const bare = new LeanCoordinator({ bootstrap: ['wss://relay.example'] })
  // @ts-expect-error Topics are a plugin.
  bare.topics
  // @ts-expect-error Only the full coordinator has the short form.
  bare.subscribe
  // @ts-expect-error The event of a plugin that is not attached.
  bare.on('proof-of-work', () => {})
  // @ts-expect-error The statistics of a plugin that is not attached.
  bare.getStats().topics

  const wallet = new LeanCoordinator({ plugins: [webRtc(), proofOfWork({ difficulty: 8 }), greeter(), withTransport(transport)] })
  wallet.on('proof-of-work', ({ state, hashes }) => console.log(state, hashes.toFixed()))
  wallet.on('greeted', (peerId) => console.log(peerId.length))
  wallet.on('connected', (peer) => wallet.greeter.greet(peer.peerId))
  console.log(wallet.getStats().webrtc, wallet.getStats().peers.relays, wallet.getStats().dht)
  // @ts-expect-error It greets by peer id.
  wallet.greeter.greet(1)
  // @ts-expect-error A peer id is a text.
  wallet.on('greeted', (peerId: number) => console.log(peerId))
  // @ts-expect-error There is no such event.
  wallet.on('greeting', () => {})
  // @ts-expect-error An object that attaches nothing is no plugin.
  new LeanCoordinator({ plugins: [{ name: 'nothing' }] })
  // @ts-expect-error Transports are plugins.
  new LeanCoordinator({ transports: [transport] })
  // @ts-expect-error Plugins are made by their factories.
  new LeanCoordinator({ plugins: [topics] })
  // @ts-expect-error An option that WebRTC does not have.
  webRtc({ stun: 'stun.example' })

  const more = await wallet.use(topics())
  more.topics.subscribe('offers', ({ publisherId }) => console.log(publisherId))
  await more.greeter.greet('lp1…')
  return more.getStats().topics.topics + more.getStats().greeter.greeted
}

/** The full coordinator takes plugins too, and a listener may bring some. */
export async function full(identity: ConstructorParameters<typeof Statements>[0]): Promise<string> {
  const wallet = new P2PCoordinator({
    identity,
    listen: [webSocketServer({ dhtNode: false })],
    plugins: [dhtNode({ mode: 'server' }), statements(), broadcastChannel()],
  })
  const session = wallet.statements.join({ protocol: 'dice', session: 'one', members: [] })
  await session.say({ round: 0, slot: 'commit', value: new Uint8Array(32) })
  console.log(new Statements(identity).protocolName)
  // @ts-expect-error The role in the DHT is a matter of plugins.
  new P2PCoordinator({ dht: { mode: 'client' } })
  const error: unknown = new P2PError('TIMEOUT', 'It took too long.')
  // @ts-expect-error There is no such code.
  isP2PError(error, 'TOO_LONG')
  // Codes of other entry points, which the merges of declarations inside the package have to reach.
  if (isP2PError(error, 'SIGNING_FAILED') || isP2PError(error, 'INVALID_TRANSACTION')) return error.code
  if (isP2PError(error, 'MIX_FAILED') || isP2PError(error, 'BACKPLANE_DOWN')) return error.code
  if (isP2PError(error, 'NO_MAILBOX') || isP2PError(error, 'MAILBOX_FULL') || isP2PError(error, 'MAIL_REFUSED')) return error.code
  if (isP2PError(error, 'ONION_NO_PATH') || isP2PError(error, 'ONION_TOO_FEW_OPERATORS')) return error.code
  if (isP2PError(error, 'ONION_TIMEOUT') || isP2PError(error, 'ONION_EXIT_REFUSED')) return error.code
  if (isP2PError(error, 'ONION_GONE')) return error.code
  if (isP2PError(error) && error.code === 'SIGNING_FAILED') return error.message
  return isP2PError(error, 'TIMEOUT') ? error.code : 'none'
}
