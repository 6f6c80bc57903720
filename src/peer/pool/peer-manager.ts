import type { NamedAddress } from '../../address/dial-policy.js'
import { P2PError, shutDownError } from '../../base/errors.js'
import type { PausableWait } from '../../base/wait.js'
import { checkTarget } from '../../identity/peer-id.js'
import type { P2PMessage } from '../../message/message.js'
import type { BroadcastResult, PacedOptions } from '../../protocol/handler.js'
import type { Connection } from '../../transport/transport.js'
import { encodeForPeer, type PeerConnection } from '../connection/peer-connection.js'
import type { Sessions } from '../connection/sessions.js'
import type { PeerContext, PeerEvents } from '../peer-context.js'
import { Accepting } from './accepting.js'
import { Dialling } from './dialling.js'
import { Members, type Traffic } from './members.js'
import type { Slots } from './slots.js'

/** The pool of connected peers: dials, accepts, settles on one connection for each peer, and keeps within `maxConnections`. */
export class PeerManager {
  private readonly members: Members
  readonly outgoing: Dialling
  private readonly incoming: Accepting

  constructor(
    private readonly peerContext: PeerContext,
    events: PeerEvents,
  ) {
    this.members = new Members(peerContext, events)
    this.outgoing = new Dialling(peerContext, this.members, events)
    this.incoming = new Accepting(peerContext, this.members)
  }

  get size(): number {
    return this.members.size
  }

  /** Dials under way. */
  get dialling(): number {
    return this.outgoing.count
  }

  get sessions(): Sessions {
    return this.members.sessions
  }

  get slots(): Slots<PeerConnection> {
    return this.members.slots
  }

  get stats() {
    return { ...this.outgoing.stats, ...this.incoming.stats, faults: this.members.faults }
  }

  /** @param dialled those that a dial of ours has found alone, however many others there are. */
  all(dialled?: boolean): PeerConnection[] {
    return dialled ? [...this.slots.dialled] : this.members.all()
  }

  /** By peer id, or by the `lp1…` id of a peer with a chosen name. */
  get(peerId: string): PeerConnection | undefined {
    return this.members.get(peerId)
  }

  /** @throws P2PError PEER_NOT_CONNECTED, INVALID_PEER_ID, SELF_DIAL. */
  need(peerId: string): PeerConnection {
    const peer = this.get(peerId)
    if (peer === undefined) {
      // Where nobody is connected, our key may not be derived yet.
      checkTarget(peerId, this.size > 0 ? this.peerContext.peerId : '')
      throw new P2PError('PEER_NOT_CONNECTED', `Not connected to "${peerId.slice(0, 128)}". Call connectToPeer first.`, {
        details: { peerId },
      })
    }
    return peer
  }

  /**
   * Connects to the peer that answers at an address; two calls share one dial.
   *
   * @param address a plain text has been told by others and passes the dial policy.
   * @param expected the peer that must be found there.
   * @returns the peer id.
   * @throws P2PError INVALID_ADDRESS, POOL_FULL, WRONG_PEER, NAME_TAKEN, SELF_DIAL, PROOF_OF_WORK_REQUIRED, PROOF_OF_WORK_TOO_HARD,
   * TIMEOUT, ABORTED, and those of `SecureChannel.dial`.
   */
  dial(address: string | NamedAddress, expected: string | undefined, wait: PausableWait): Promise<string> {
    return this.outgoing.dial(address, expected, wait)
  }

  /** Takes a connection that another peer dialled. */
  accept(connection: Connection): void {
    this.incoming.accept(connection)
  }

  /** Sends what was accepted, says goodbye and forgets the peer; resolves when that is done. @throws P2PError PEER_NOT_CONNECTED. */
  disconnect(peerId: string, error: P2PError): Promise<void> {
    return this.need(peerId).leave(error)
  }

  /** Ends the connection with the holder of a key, if there is one. */
  disconnectKey(publicKey: Uint8Array, error: P2PError): void {
    this.members.withKey(publicKey)?.close(error)
  }

  /** Ends the connection of a peer that broke the rules; reported once as an error. */
  reject(peerId: string, error: P2PError): void {
    const peer = this.get(peerId)
    if (peer === undefined) return
    this.members.fault(error, peer)
    peer.close(error)
  }

  /** Sends to several peers, each as soon as it takes the message. */
  async broadcast(message: P2PMessage, peers: readonly PeerConnection[], options: PacedOptions): Promise<BroadcastResult> {
    const result: BroadcastResult = { sent: [], failed: [] }
    let encoded: Uint8Array | undefined
    const waiting: Promise<unknown>[] = []
    for (const peer of peers) {
      const { peerId } = peer
      const failed = (error: unknown) => result.failed.push({ peerId, error: error as P2PError })
      try {
        // A message that is signed has its own bytes for each peer.
        if (!this.peerContext.requireSignatures) encoded ??= encodeForPeer(message, false, this.peerContext.limits)
        const sending = peer.send(message, { ...options, encoded })
        if (sending === undefined) result.sent.push(peerId)
        else waiting.push(sending.then(() => result.sent.push(peerId), failed))
      } catch (error) {
        failed(error)
      }
    }
    if (waiting.length > 0) await Promise.all(waiting)
    return result
  }

  traffic(): Traffic {
    return this.members.traffic()
  }

  /** Ends every connection and dial, and begins none until `resume`; resolves when the peers have all that was accepted for them. */
  rest(error: P2PError): Promise<void> {
    this.members.resting = error
    this.outgoing.abortAll(error)
    this.peerContext.work?.rest()
    return this.members.leaveAll(error)
  }

  resume(): void {
    this.members.resting = undefined
  }

  /** Ends everything for good. */
  async close(error: P2PError): Promise<void> {
    const rest = this.rest(error)
    this.members.resting = shutDownError()
    await rest
    this.sessions.close()
  }
}
