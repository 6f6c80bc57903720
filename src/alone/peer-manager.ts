import type { Unsubscribe } from '../base/events.js'
import { checkOptions, WAIT } from '../base/options.js'
import type { WaitOptions } from '../base/wait.js'
import type { CoreConfig } from '../core/config.js'
import { Core } from '../core/core.js'
import type { CoreEvents, CoreStats } from '../core/events.js'
import type { SendToOptions } from '../core/queue.js'
import type { OutgoingMessage } from '../message/message.js'
import type { BroadcastOptions, BroadcastResult } from '../protocol/handler.js'
import { copyPeerInfo, type PeerInfo } from '../protocol/peer-info.js'
import type { Transport } from '../transport/transport.js'
import { webSocket } from '../transport/websocket.js'

type AnyListener = (...args: unknown[]) => unknown

/** Configuration of `PeerManager`; each option may be left out. */
export interface PeerManagerConfig extends CoreConfig {
  /** How peers are reached. Default: WebSocket. */
  transports?: Transport[] | undefined
}

/**
 * Connections to several peers and nothing else: no DHT, resources or circuits. `P2PCoordinator` has all of that; this is for a program
 * that only sends and receives.
 *
 * @example
 * const peerManager = new PeerManager({ peerId: 'alice' })
 * peerManager.on('message', (message, from) => console.log(from.peerId, message.payload))
 * const { peerId } = await peerManager.connect('wss://bob.example')
 * await peerManager.sendTo(peerId, { type: 'greeting', payload: 'Hello!' })
 * await peerManager.shutdown()
 */
export class PeerManager {
  private readonly core: Core

  /** @throws P2PError INVALID_CONFIG, INVALID_PEER_ID. */
  constructor(options?: PeerManagerConfig) {
    const { transports = [webSocket()], ...config } = options ?? {}
    this.core = new Core(config, { isRelay: () => false, isServer: () => false })
    for (const transport of transports) this.core.addTransport(transport)
    for (const plugin of config.plugins ?? []) this.core.attach(plugin, this)
  }

  /** Our `lp1…` id, or the name given in the configuration. @throws P2PError IDENTITY_FAILED where the platform cannot derive the key yet. */
  get peerId(): string {
    return this.core.peerId
  }

  /** Opens the listeners of the configuration; the other calls do so by themselves. @throws P2PError as `P2PCoordinator.start`. */
  async start(options?: WaitOptions): Promise<void> {
    checkOptions('start', options, WAIT)
    return this.core.start(options)
  }

  /** Connects to an address or a described peer. @returns the peer. @throws P2PError as `P2PCoordinator.connectToPeer`. */
  async connect(peer: PeerInfo | string, options?: WaitOptions): Promise<PeerInfo> {
    checkOptions('connect', options, WAIT)
    return this.core.network.connect(peer, options ?? {})
  }

  /** Ends a connection for good. @throws P2PError PEER_NOT_CONNECTED, SHUT_DOWN. */
  async disconnect(peerId: string): Promise<void> {
    this.core.checkOpen()
    await this.core.network.disconnect(peerId)
  }

  /** Sends a message to a connected peer. @throws P2PError as `P2PCoordinator.sendTo`. */
  async sendTo(peerId: string, message: OutgoingMessage, options?: Omit<SendToOptions, 'queue' | 'ttl'>): Promise<void> {
    this.core.checkOpen()
    checkOptions('sendTo', options, ['wait', ...WAIT])
    await this.core.messaging.send(peerId, message, options)
  }

  /** Sends a message to all connected peers. @throws P2PError as `P2PCoordinator.broadcast`. */
  async broadcast(message: OutgoingMessage, options?: BroadcastOptions): Promise<BroadcastResult> {
    this.core.checkOpen()
    checkOptions('broadcast', options, ['exclude', 'relays', ...WAIT])
    return this.core.messaging.broadcast(message, options)
  }

  getConnectedPeers(): PeerInfo[] {
    return this.core.network.peers.all().map((peer) => copyPeerInfo(peer.info))
  }

  isConnected(peerId: string): boolean {
    return this.core.network.peers.get(peerId) !== undefined
  }

  /** Counts of connections and dials. */
  getStats(): CoreStats['peers'] {
    return this.core.getStats().peers
  }

  /** Says goodbye to all peers, and releases every socket and timer. */
  shutdown(): Promise<void> {
    return this.core.close()
  }

  /** Calls the listener at each event of this name. @returns ends it. */
  on<Name extends keyof CoreEvents>(event: Name, listener: (...args: CoreEvents[Name]) => void): Unsubscribe {
    return this.core.emitter.on(event, listener as AnyListener)
  }

  /** Ends the calls of a listener. */
  off<Name extends keyof CoreEvents>(event: Name, listener: (...args: CoreEvents[Name]) => void): void {
    this.core.emitter.off(event, listener as AnyListener)
  }
}
