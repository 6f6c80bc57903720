// In the place of src/peer/connection/peer-connection.ts: messages go over the link as they are, without encoding, numbers and budgets.
import { learnt } from '../../../src/address/dial-policy.js'
import { elapsed } from '../../../src/base/clock.js'
import { P2PError } from '../../../src/base/errors.js'
import type { PeerDescription } from '../../../src/channel/description.js'
import type { RemotePeer } from '../../../src/channel/hello.js'
import type { P2PMessage } from '../../../src/message/message.js'
import type { PeerContext, PeerEvents } from '../../../src/peer/peer-context.js'
import { type PeerInfo, PeerState } from '../../../src/protocol/peer-info.js'
import type { ChannelSink, SecureChannel } from './object-channel.js'

/** A second connection to one peer takes over at once; the first stays for what is on its way. */
const OLD_PATH_MS = 5_000
/** Nobody asks for it. */
const TRAFFIC = { messagesIn: 0, messagesOut: 0, bytesIn: 0, bytesOut: 0, refusals: 0 }
const NO_STANDBY: readonly SecureChannel[] = []
const NO_BYTES = new Uint8Array(0)

export function encodeForPeer(): Uint8Array {
  return NO_BYTES
}

export class PeerConnection implements ChannelSink {
  readonly peerId: string
  readonly publicKey: Uint8Array
  readonly since: number
  readonly traffic = TRAFFIC
  usedAt = 0
  isInUse = false
  readonly standby = NO_STANDBY
  readonly isInterrupted = false
  rttMs: number | undefined
  activeChannel: SecureChannel
  private description: PeerDescription
  private isChosen = false
  private skewMs: number | undefined
  private state: PeerState = PeerState.CONNECTED
  private known: PeerInfo | undefined

  constructor(
    channel: SecureChannel,
    readonly session: object,
    private readonly peerContext: PeerContext,
    private readonly events: Pick<PeerEvents, 'message'>,
    private readonly onClosed: (peer: PeerConnection, error: P2PError, fault: boolean) => void,
  ) {
    const { remote } = channel
    this.activeChannel = channel
    this.peerId = remote.peerId
    this.publicKey = remote.publicKey
    this.since = elapsed(peerContext.clock)
    this.description = remote
    this.choose(channel)
  }

  begin(): void {
    this.activeChannel.attach(this)
  }

  get remote(): RemotePeer {
    return this.activeChannel.remote
  }

  get load() {
    return { unsentBytes: 0, partBytes: 0, unacknowledgedBytes: 0, delivered: 0 }
  }

  get info(): PeerInfo {
    this.known ??= this.build()
    return this.known
  }

  describe(description: PeerDescription): void {
    this.description = description
    this.known = undefined
  }

  measured(rttMs: number, skewMs: number): void {
    this.rttMs = rttMs
    this.skewMs = skewMs
    this.known = undefined
  }

  found(remoteAddress: string): void {
    this.isChosen ||= remoteAddress.includes('://')
    this.known = undefined
  }

  addPath(channel: SecureChannel): void {
    const before = this.activeChannel
    this.activeChannel = channel
    this.choose(channel)
    channel.attach(this)
    const duplicate = new P2PError('DUPLICATE_CONNECTION', 'Another connection has taken over.')
    this.peerContext.clock.setTimeout(() => before.close(duplicate), OLD_PATH_MS)
  }

  dropPath(error: P2PError): void {
    this.activeChannel.close(error)
  }

  send(message: P2PMessage): undefined {
    this.activeChannel.send(message)
    this.isInUse ||= this.peerContext.useOf(message.protocol) === 'lasting'
  }

  progress(): undefined {}

  close(error: P2PError, fault = false): void {
    this.stateChanged(PeerState.DISCONNECTING)
    this.activeChannel.close(error, fault)
  }

  async leave(error: P2PError): Promise<void> {
    this.close(error)
  }

  /** A path that is not the active one ends without anybody being told. */
  onClose(channel: SecureChannel, error: P2PError, fault: boolean): void {
    if (this.activeChannel !== channel) return
    this.stateChanged(PeerState.DISCONNECTED)
    this.onClosed(this, error, fault)
  }

  onMessage(message: P2PMessage): void {
    const { clock } = this.peerContext
    const use = this.peerContext.useOf(message.protocol)
    if (use === 'lasting') this.isInUse = true
    if (use !== 'upkeep') this.usedAt = elapsed(clock)
    if (this.known !== undefined) this.known.lastSeen = clock.now()
    this.events.message(message, this as never)
  }

  private choose({ connection }: SecureChannel): void {
    this.isChosen ||= connection.outbound && connection.remoteAddress.includes('://')
    this.known = undefined
  }

  private stateChanged(state: PeerState): void {
    this.state = state
    this.known = undefined
  }

  private build(): PeerInfo {
    const { connection } = this.activeChannel
    const { protocols, addresses, metadata } = this.description
    const { rttMs, skewMs, peerContext } = this
    const websocket = connection.outbound ? connection.remoteAddress : addresses[0] && learnt(addresses[0], peerContext)
    return {
      peerId: this.peerId,
      publicKey: this.publicKey,
      addresses: websocket === undefined || websocket === '' ? {} : { websocket },
      state: this.state,
      lastSeen: peerContext.clock.now(),
      protocols,
      isRelay: peerContext.isRelay(protocols),
      connection: {
        transport: connection.transport,
        direct: connection.direct,
        since: this.since,
        outbound: connection.outbound,
        ...(this.isChosen && { chosen: true }),
        ...(rttMs !== undefined && { rttMs }),
        ...(skewMs !== undefined && { clockSkewMs: skewMs }),
      },
      ...(metadata !== undefined && { metadata }),
    }
  }
}
