import type { Unsubscribe } from '../base/events.js'
import type { WaitOptions } from '../base/wait.js'
import type { CoreConfig } from '../core/config.js'
import type { CoreEvents } from '../core/events.js'
import type { SendToOptions } from '../core/queue.js'
import type { OutgoingMessage } from '../message/message.js'
import type { PeerInfo } from '../protocol/peer-info.js'
import type { Transport } from '../transport/transport.js'
import { PeerManager } from './peer-manager.js'

/**
 * A connection to one peer over one transport, with an identity of its own. It comes back by itself when it is lost, until `close`.
 *
 * @example
 * const connection = new PeerConnection(peerInfo, new WebSocketTransport())
 * connection.on('message', (message) => console.log(message.payload))
 * await connection.connect('wss://bob.example')
 * await connection.send({ type: 'greeting', payload: 'Hello!' })
 * await connection.close()
 */
export class PeerConnection {
  private readonly manager: PeerManager

  /** @throws P2PError INVALID_CONFIG, INVALID_PEER_ID. */
  constructor(
    private readonly peer: PeerInfo,
    transport: Transport,
    config: CoreConfig = {},
  ) {
    this.manager = new PeerManager({ ...config, transports: [transport] })
  }

  /** Our own id on this connection. @throws P2PError IDENTITY_FAILED where the platform cannot derive the key yet. */
  get peerId(): string {
    return this.manager.peerId
  }

  get isConnected(): boolean {
    return this.manager.isConnected(this.peer.peerId)
  }

  /**
   * Connects to the peer: at this address, else at those of its `PeerInfo`.
   *
   * @returns the peer as it describes itself.
   * @throws P2PError as `P2PCoordinator.connectToPeer`.
   */
  connect(address?: string, options?: WaitOptions): Promise<PeerInfo> {
    const at = address === undefined ? {} : { addresses: { others: [address] } }
    return this.manager.connect({ ...this.peer, ...at }, options)
  }

  /** Sends a message to the peer. @throws P2PError as `P2PCoordinator.sendTo`. */
  send(message: OutgoingMessage, options?: Omit<SendToOptions, 'queue' | 'ttl'>): Promise<void> {
    return this.manager.sendTo(this.peer.peerId, message, options)
  }

  /** Says goodbye and ends the connection for good. */
  close(): Promise<void> {
    return this.manager.shutdown()
  }

  /** Calls the listener at each event of this name. @returns ends it. */
  on<Name extends keyof CoreEvents>(event: Name, listener: (...args: CoreEvents[Name]) => void): Unsubscribe {
    return this.manager.on(event, listener)
  }

  /** Ends the calls of a listener. */
  off<Name extends keyof CoreEvents>(event: Name, listener: (...args: CoreEvents[Name]) => void): void {
    this.manager.off(event, listener)
  }
}
