import { compareBytes } from '../../base/bytes.js'
import { P2PError } from '../../base/errors.js'
import type { Limits } from '../../base/limits.js'
import { Serial } from '../../base/serial.js'
import { Entry } from '../../channel/batch.js'
import type { PeerDescription } from '../../channel/description.js'
import type { RemotePeer } from '../../channel/hello.js'
import type { SecureChannel } from '../../channel/secure-channel.js'
import type { Freshness } from '../../defence/replay-window.js'
import { signEnvelope } from '../../identity/envelope.js'
import { encode } from '../../message/codec.js'
import { INTERNAL_PREFIX, type P2PMessage } from '../../message/message.js'
import { decodeMessage, encodeSigned, messageTooLarge, toWire } from '../../message/p2p-protocol.js'
import { type PeerInfo, PeerState } from '../../protocol/peer-info.js'
import type { ConnectionContext } from './connection-context.js'
import { Inbox } from './inbox.js'
import { Paths } from './paths.js'
import { PeerSnapshot } from './peer-snapshot.js'
import type { MessageKind, SentMessage, Session } from './session.js'

/** What a connection tells of itself. */
export interface ConnectionEvents {
  /** A message that has passed every check. */
  message(message: P2PMessage, peer: PeerConnection): void
  /** A signed message whose date is too far from now. */
  stale(message: P2PMessage, peer: PeerConnection): void
  /** Another path serves the peer; `from` is the name of the transport before. */
  pathChanged(peer: PeerConnection, from: string): void
  /** The only path carries nothing at present and may recover. */
  interrupted(peer: PeerConnection): void
}

/** What waits for a peer. */
export interface PeerLoad {
  /** Bytes that have not left. */
  unsentBytes: number
  /** Bytes of messages kept until the peer acknowledges them. */
  unacknowledgedBytes: number
  /** Messages that it has acknowledged, since its process first connected. */
  delivered: number
}

export interface SendOptions {
  /** Default true. False, as for a broadcast: refused at the high-water mark already, where others wait. */
  mayWait?: boolean
  /** Default: true for an application's messages. False: not sent again once the connection is lost. */
  lasting?: boolean
  /** The message as `encodeForPeer` has encoded it already: its payload counts, and not that of the message. */
  encoded?: Uint8Array | undefined
  onSettled?: SentMessage['onSettled']
}

/**
 * The bytes of an unsigned message on the channel to a peer, without what the channel says anyway.
 *
 * @param isForPeer whether the message is addressed to this very peer.
 * @throws P2PError UNSERIALIZABLE_PAYLOAD.
 */
export function encodeForPeer(message: P2PMessage, isForPeer: boolean, limits: Limits): Uint8Array {
  return encode(toWire(message, undefined, isForPeer ? true : message.to), limits)
}

/** One connected peer: what it has said of itself, how it is doing, and its messages in both directions. */
export class PeerConnection {
  readonly peerId: string
  readonly publicKey: Uint8Array
  readonly since: number
  readonly traffic = { messagesIn: 0, messagesOut: 0, bytesIn: 0, bytesOut: 0, refusals: 0 }
  /** When the peer last said something else than upkeep, milliseconds since the Unix epoch; 0: never. */
  usedAt = 0
  /** Whether messages other than those of lookups and upkeep go over the connection. */
  isInUse = false
  private readonly snapshot: PeerSnapshot
  private readonly inbox: Inbox
  private readonly paths: Paths
  private drains: { resolve: () => void; reject: (error: P2PError) => void; lasting: boolean }[] = []
  private progressed: (() => void)[] = []
  private readonly signing = new Serial()

  /**
   * @param session what the two processes have said to each other on earlier connections.
   * @param onClosed called once, when the last path has ended.
   */
  constructor(
    channel: SecureChannel,
    private readonly session: Session,
    private readonly peerContext: ConnectionContext,
    private readonly events: ConnectionEvents,
    onClosed: (peer: PeerConnection, error: P2PError, fault: boolean) => void,
  ) {
    const { remote } = channel
    const { clock, identity } = peerContext
    this.peerId = remote.peerId
    this.publicKey = remote.publicKey
    this.since = clock.now()
    this.snapshot = new PeerSnapshot(channel, this.since, peerContext.isRelay)
    this.inbox = new Inbox(peerContext, {
      peerId: this.peerId,
      publicKey: this.publicKey,
      traffic: this.traffic,
      deliver: (message, freshness) => this.deliver(message, freshness),
      fail: (fault) => this.close(fault, true),
    })
    this.paths = new Paths(channel, {
      session,
      inbox: this.inbox,
      peerContext,
      leads: compareBytes(identity.publicKey, remote.publicKey) < 0,
      events: {
        switched: (from) => {
          this.snapshot.pathChanged(this.activeChannel)
          events.pathChanged(this, from.connection.transport)
        },
        interrupted: () => events.interrupted(this),
        progressed: () => {
          this.settleDrains()
          this.settleProgress()
        },
        paused: () => {
          this.traffic.refusals++
        },
        gone: (error, fault) => {
          this.snapshot.stateChanged(PeerState.DISCONNECTED)
          this.settleDrains(error)
          this.settleProgress()
          this.inbox.close()
          onClosed(this, error, fault)
        },
      },
    })
  }

  /** From now on, messages are delivered; those that came earlier first. */
  begin(): void {
    this.paths.begin()
  }

  get remote(): RemotePeer {
    return this.paths.active.remote
  }

  get activeChannel(): SecureChannel {
    return this.paths.active
  }

  /** Channels that stand by, should the active one break. */
  get standby(): SecureChannel[] {
    return this.paths.standby
  }

  /** Whether the active path carries nothing at present, and may recover: any other is welcome. */
  get isInterrupted(): boolean {
    return this.paths.isInterrupted
  }

  /** Round-trip time of the last probe, milliseconds. */
  get rttMs(): number | undefined {
    return this.snapshot.rttMs
  }

  /** What the peer costs at present. */
  get load(): PeerLoad {
    const { waitingBytes, delivered } = this.session
    return { unsentBytes: this.paths.bufferedAmount, unacknowledgedBytes: waitingBytes, delivered }
  }

  /** What is known of the peer: a frozen object, another one where something has changed since the last call. */
  get info(): PeerInfo {
    return this.snapshot.at(this.inbox.lastSeen)
  }

  describe(description: PeerDescription): void {
    this.snapshot.describe(description)
  }

  /** @param skewMs how far the peer's clock is ahead of ours. */
  measured(rttMs: number, skewMs: number): void {
    this.snapshot.measured(rttMs, skewMs)
    this.inbox.measured(skewMs)
  }

  /** Takes another channel to the same process into service; nothing under way on the old one is lost. */
  addPath(channel: SecureChannel): void {
    this.paths.add(channel)
  }

  /** Ends the active path alone; one that stands by takes over, else the connection is lost. */
  dropPath(error: P2PError): void {
    this.paths.drop(error)
  }

  /**
   * Queues a message; resolves once less than `limits.sendHighWaterBytes` wait.
   *
   * @throws P2PError UNSERIALIZABLE_PAYLOAD, MESSAGE_TOO_LARGE, CONNECTION_CLOSED, BUFFER_FULL, IDENTITY_FAILED; RATE_LIMITED while
   * the peer takes nothing, with `retryAfterMs`.
   */
  send(message: P2PMessage, options: SendOptions = {}): Promise<void> | undefined {
    const isSigned = this.needsSignature(message)
    const mustWait = isSigned || !this.signing.isIdle
    if (!mustWait) this.checkRoom(options.mayWait ?? true)
    // Encoded at the call: what the application changes while the message waits for a signature does not count.
    const body = options.encoded ?? encodeForPeer(message, message.to === this.peerId, this.peerContext.limits)
    if (!mustWait) return this.drained(this.transmit(Entry.MESSAGE, undefined, body, message, options))
    const transmit = async () =>
      isSigned ? this.transmitSigned(body, message, options) : this.transmit(Entry.MESSAGE, undefined, body, message, options)
    return this.signing.run(transmit).then((lasting) => this.drained(lasting))
  }

  /** Resolves when something that waits has left or arrived, or the connection is gone; undefined where nothing waits. */
  progress(): Promise<void> | undefined {
    const { session } = this
    if (session.waiting === 0 && session.pausedMs === 0) return undefined
    return new Promise((resolve) => this.progressed.push(resolve))
  }

  /** Tells the peer the reason, and ends the connection. */
  close(error: P2PError, fault = false): void {
    this.snapshot.stateChanged(PeerState.DISCONNECTING)
    this.paths.close(error, fault)
  }

  private deliver(message: P2PMessage, freshness: Freshness): void {
    const use = this.peerContext.useOf(message.protocol)
    if (use === 'lasting') this.isInUse = true
    if (freshness === 'new') {
      if (use !== 'upkeep') this.usedAt = this.inbox.lastSeen
      this.events.message(message, this)
    } else if (freshness !== 'seen') this.events.stale(message, this)
  }

  private needsSignature({ protocol }: P2PMessage): boolean {
    return (
      (this.peerContext.requireSignatures || this.remote.requireSignatures === true) && !protocol?.startsWith(INTERNAL_PREFIX)
    )
  }

  private async transmitSigned(encoded: Uint8Array, message: P2PMessage, options: SendOptions): Promise<boolean> {
    const body = this.signable(encoded, message)
    const { identity, networkName } = this.peerContext
    const { signature } = await signEnvelope(identity, 'message', body, networkName)
    return this.transmit(Entry.SIGNED_MESSAGE, signature, body, message, options)
  }

  /** The bytes to sign: with the date of the signing, where the message has waited for so long that its own would make it a replay. */
  private signable(encoded: Uint8Array, { from, to, timestamp }: P2PMessage): Uint8Array {
    const { clock, limits, identity } = this.peerContext
    const now = clock.now()
    const isLate = Math.abs(now - timestamp) > limits.replayWindowMs / 2
    const message = decodeMessage(encoded, limits, { remote: from, local: this.peerId })
    if (isLate) message.timestamp = now
    return encodeSigned(message, identity.publicKey, to === undefined ? undefined : this.publicKey, limits)
  }

  /** @returns whether the message outlasts the connection. */
  private transmit(
    kind: MessageKind,
    head: Uint8Array | undefined,
    body: Uint8Array,
    message: P2PMessage,
    { lasting = true, onSettled }: SendOptions,
  ): boolean {
    const { limits } = this.peerContext
    if (body.length > limits.maxMessageBytes) throw messageTooLarge(body.length, limits)
    const isInternal = message.protocol?.startsWith(INTERNAL_PREFIX) === true
    const { pausedMs, pausedBy } = this.session
    if (pausedMs > 0 && !isInternal) throw refusedByPeer(this.peerId, pausedMs, pausedBy)
    // A peer that has lost the connection has given up its requests, so an answer is of no use; nor is upkeep of a connection that is gone.
    const outlives = lasting && message.inReplyTo === undefined && !isInternal
    this.paths.send(kind, head, body, outlives, onSettled)
    this.traffic.messagesOut++
    this.traffic.bytesOut += body.length
    this.isInUse ||= this.peerContext.useOf(message.protocol) === 'lasting'
    return outlives
  }

  private checkRoom(mayWait: boolean): void {
    if (mayWait || this.hasRoom) return
    throw new P2PError('BUFFER_FULL', 'The peer reads too slowly.', { details: { peerId: this.peerId } })
  }

  /** Whether few enough bytes wait here and on the way. */
  private get hasRoom(): boolean {
    const { sendHighWaterBytes, sendMaxBufferedBytes } = this.peerContext.limits
    return this.paths.bufferedAmount <= sendHighWaterBytes && this.session.waitingBytes <= sendMaxBufferedBytes / 2
  }

  private drained(lasting: boolean): Promise<void> | undefined {
    if (this.hasRoom) return undefined
    return new Promise((resolve, reject) => this.drains.push({ resolve, reject, lasting }))
  }

  private settleDrains(error?: P2PError): void {
    if (this.drains.length === 0 || (error === undefined && !this.hasRoom)) return
    const drains = this.drains
    this.drains = []
    // A lasting message goes out on the next connection: an application that is told of a failure would send it twice.
    for (const { resolve, reject, lasting } of drains) error === undefined || lasting ? resolve() : reject(error)
  }

  private settleProgress(): void {
    for (const resolve of this.progressed.splice(0)) resolve()
  }
}

function refusedByPeer(peerId: string, retryAfterMs: number, limit: string): P2PError {
  return new P2PError('RATE_LIMITED', `The peer takes nothing for ${Math.ceil(retryAfterMs)} ms. Send less.`, {
    details: { peerId, retryAfterMs: Math.ceil(retryAfterMs), limit, byPeer: true },
  })
}
