import { compareBytes, joined } from '../../base/bytes.js'
import { elapsed } from '../../base/clock.js'
import { P2PError } from '../../base/errors.js'
import type { Limits } from '../../base/limits.js'
import { Serial } from '../../base/serial.js'
import type { Slab } from '../../base/slab.node.js'
import { withDeadline } from '../../base/wait.js'
import { Entry } from '../../channel/batch.js'
import type { PeerDescription } from '../../channel/description.js'
import type { RemotePeer } from '../../channel/hello.js'
import type { SecureChannel } from '../../channel/secure-channel.js'
import { MAX_ANSWERS } from '../../defence/peer-gate.js'
import type { Freshness } from '../../defence/replay-window.js'
import { signEnvelope } from '../../identity/envelope.js'
import { encode } from '../../message/codec.js'
import { INTERNAL_PREFIX, type P2PMessage } from '../../message/message.js'
import { decodeMessage, encodeSigned, messageTooLarge, toWire } from '../../message/p2p-protocol.js'
import type { PacedOptions } from '../../protocol/handler.js'
import { type PeerInfo, PeerState } from '../../protocol/peer-info.js'
import type { ConnectionContext } from './connection-context.js'
import { Inbox } from './inbox.js'
import type { MessageKind, Settled } from './outgoing.js'
import type { Lane, Route } from './pacer.js'
import { Paths } from './paths.js'
import { PeerSnapshot } from './peer-snapshot.js'
import type { Session } from './session.js'

/** What a connection tells of itself. */
export interface ConnectionEvents {
  /** A message that has passed every check. */
  message(message: P2PMessage, peer: PeerConnection): void
  /** Its clock may have been set. */
  doubted(peer: PeerConnection): void
  /** A signed message whose date is too far from now. */
  stale(message: P2PMessage, peer: PeerConnection): void
  /** Another path than `from` serves the peer. */
  pathChanged(peer: PeerConnection, from: SecureChannel): void
  /** The only path carries nothing at present and may recover. */
  interrupted(peer: PeerConnection): void
  /** A path that stood by has broken. */
  spareLost(peer: PeerConnection): void
}

/** What waits for a peer. */
export interface PeerLoad {
  /** Bytes that have not left. */
  unsentBytes: number
  /** Bytes of a message of the peer of which the rest has not come. */
  partBytes: number
  /** Bytes of messages kept until the peer acknowledges them. */
  unacknowledgedBytes: number
  /** Messages that it has acknowledged, since its process first connected. */
  delivered: number
  /** What its process calls itself: another one of the same peer has another. */
  process: string
}

export interface SendOptions extends PacedOptions {
  /** Default: true for an application's messages. False: not sent again once the connection is lost. */
  lasting?: boolean | undefined
  /** The message as `encodeForPeer` has encoded it already: its payload counts, and not that of the message. */
  encoded?: Uint8Array | undefined
  onSettled?: Settled | undefined
}

/**
 * The bytes of an unsigned message on the channel to a peer, without what the channel says anyway.
 *
 * @param isForPeer whether the message is addressed to this very peer.
 * @param slab holds the bytes; by default they have memory of their own.
 * @throws P2PError UNSERIALIZABLE_PAYLOAD.
 */
export function encodeForPeer(message: P2PMessage, isForPeer: boolean, limits: Limits, slab?: Slab): Uint8Array {
  return encode(toWire(message, undefined, isForPeer ? true : message.to), limits, slab)
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
  /** Answers that the peer awaits: one to each message of its. */
  private answers = 0
  private progressed: (() => void)[] = []
  private readonly signing = new Serial()
  /** Ends the connection in order, once all that was accepted has been sent; undefined until it is to end. */
  private depart: (() => void) | undefined

  /**
   * @param session what the two processes have said to each other on earlier connections.
   * @param onClosed called once, when the last path has ended.
   */
  constructor(
    channel: SecureChannel,
    readonly session: Session,
    private readonly peerContext: ConnectionContext,
    private readonly events: ConnectionEvents,
    onClosed: (peer: PeerConnection, error: P2PError, fault: boolean) => void,
  ) {
    const { remote } = channel
    const { clock, identity } = peerContext
    this.peerId = remote.peerId
    this.publicKey = remote.publicKey
    this.since = elapsed(clock)
    this.snapshot = new PeerSnapshot(channel, clock.now(), peerContext.isRelay, peerContext)
    this.inbox = new Inbox(peerContext, {
      peerId: this.peerId,
      publicKey: this.publicKey,
      traffic: this.traffic,
      clock: session.clock,
      deliver: (message, freshness) => this.deliver(message, freshness),
      measure: () => events.doubted(this),
      fail: (fault) => this.close(fault, true),
    })
    session.pacer.tell(remote.budgets ?? {}, remote.protocols)
    session.pacer.unsentBytes = () => this.paths.bufferedAmount
    this.paths = new Paths(channel, {
      session,
      inbox: this.inbox,
      peerContext,
      leads: compareBytes(identity.publicKey, remote.publicKey) < 0,
      events: {
        switched: (from) => {
          this.snapshot.pathChanged(this.activeChannel)
          events.pathChanged(this, from)
        },
        interrupted: () => events.interrupted(this),
        spareLost: () => events.spareLost(this),
        progressed: () => {
          session.pacer.pump()
          this.settleProgress()
          this.sentMore()
        },
        paused: () => {
          this.traffic.refusals++
        },
        gone: (error, fault) => {
          this.snapshot.stateChanged(PeerState.DISCONNECTED)
          session.pacer.close(closedError(error))
          this.settleProgress()
          this.depart?.()
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
    const { bytes, delivered } = this.session.outgoing
    return {
      unsentBytes: this.paths.bufferedAmount,
      partBytes: this.paths.partBytes,
      unacknowledgedBytes: bytes,
      delivered,
      process: this.remote.session,
    }
  }

  /** What is known of the peer: a frozen object, another one where something has changed since the last call. */
  get info(): PeerInfo {
    return this.snapshot.at(this.inbox.lastSeen)
  }

  describe(description: PeerDescription): void {
    this.snapshot.describe(description)
    this.session.pacer.tell(description.budgets ?? {}, description.protocols)
  }

  /** @param skewMs how far the peer's clock is ahead of ours. */
  measured(rttMs: number, skewMs: number): void {
    this.snapshot.measured(rttMs, skewMs)
    this.inbox.measured(skewMs)
  }

  /** A dial of ours at an address has found the peer, and gave way to the connection that there is. */
  found(remoteAddress: string): void {
    this.snapshot.choose({ outbound: true, remoteAddress })
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
   * Sends a message, once there is room for it and the peer's budget allows it; undefined where it has gone at once.
   *
   * @throws P2PError UNSERIALIZABLE_PAYLOAD, MESSAGE_TOO_LARGE, CONNECTION_CLOSED, BUFFER_FULL, IDENTITY_FAILED, PROTOCOL_NOT_SUPPORTED,
   * TIMEOUT, ABORTED; RATE_LIMITED where it may not wait.
   */
  send(message: P2PMessage, options: SendOptions = {}): Promise<void> | undefined {
    if (this.depart !== undefined) throw new P2PError('CONNECTION_CLOSED', 'The connection is being closed. Connect again.')
    // Encoded at the call: what the application changes while the message waits does not count.
    const { clock, limits } = this.peerContext
    const route = this.session.pacer.routeOf(message.protocol)
    const body = options.encoded ?? encodeForPeer(message, message.to === this.peerId, limits, route.stream.slab)
    if (!this.needsSignature(message)) return this.dispatch(Entry.MESSAGE, undefined, body, message, options, route)
    const { signal, timeoutMs = limits.sendTimeoutMs } = options
    return withDeadline(clock, `The message "${message.type}"`, { signal, timeoutMs }, async (inner) => {
      const [signature, whole] = await this.signing.run(() => this.signed(body, message))
      if (!inner.aborted) await this.dispatch(Entry.SIGNED_MESSAGE, signature, whole, message, options, route)
    }).finally(() => this.sentMore())
  }

  /** Resolves when something that waits has left or arrived, or the connection is gone; undefined where nothing waits. */
  progress(): Promise<void> | undefined {
    const { waiting, pacer, outgoing } = this.session
    if (waiting === 0 && pacer.isIdle && outgoing.isIdle) return undefined
    return new Promise((resolve) => this.progressed.push(resolve))
  }

  /** Tells the peer the reason, and ends the connection. */
  close(error: P2PError, fault = false): void {
    this.snapshot.stateChanged(PeerState.DISCONNECTING)
    this.paths.close(error, fault)
  }

  /**
   * Sends what was accepted, as far as that goes within `closeGraceMs`, tells the peer the reason, and ends the connection.
   *
   * @returns resolves when the peer has all of it, or has had as long again.
   */
  async leave(error: P2PError): Promise<void> {
    this.snapshot.stateChanged(PeerState.DISCONNECTING)
    if (this.depart === undefined && this.hasSentAll) return this.paths.leave(error)
    return new Promise((resolve) => {
      const { clock, limits } = this.peerContext
      const before = this.depart
      const timer = clock.setTimeout(() => this.depart?.(), limits.closeGraceMs)
      this.depart = () => {
        clock.clearTimeout(timer)
        this.depart = () => {}
        before?.()
        resolve(this.paths.leave(error))
      }
      this.session.pacer.onIdle = () => this.sentMore()
    })
  }

  /** Whether nothing that was accepted waits to be sent. */
  private get hasSentAll(): boolean {
    const { pacer, outgoing } = this.session
    return pacer.isIdle && outgoing.isIdle && this.signing.isIdle
  }

  private sentMore(): void {
    if (this.depart !== undefined && this.hasSentAll) this.depart()
  }

  private deliver(message: P2PMessage, freshness: Freshness): void {
    if (this.answers < MAX_ANSWERS) this.answers++
    const use = this.peerContext.useOf(message.protocol)
    if (use === 'lasting') this.isInUse = true
    if (freshness === 'new') {
      if (use !== 'upkeep') this.usedAt = this.inbox.offeredAt
      this.events.message(message, this)
    } else if (freshness !== 'seen') this.events.stale(message, this)
  }

  private needsSignature({ protocol }: P2PMessage): boolean {
    return (
      (this.peerContext.requireSignatures || this.remote.requireSignatures === true) && !protocol?.startsWith(INTERNAL_PREFIX)
    )
  }

  private async signed(encoded: Uint8Array, message: P2PMessage): Promise<[signature: Uint8Array, body: Uint8Array]> {
    const body = this.signable(encoded, message)
    const { identity, networkName } = this.peerContext
    const { signature } = await signEnvelope(identity, 'message', body, networkName)
    return [signature, body]
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

  private dispatch(
    kind: MessageKind,
    signature: Uint8Array | undefined,
    body: Uint8Array,
    message: P2PMessage,
    options: SendOptions,
    route: Route,
  ): Promise<void> | undefined {
    const { limits } = this.peerContext
    if (body.length > limits.maxMessageBytes) throw messageTooLarge(body.length, limits)
    const { pacer } = this.session
    const isAnswer = message.inReplyTo !== undefined
    this.inbox.gate.sent(body.length, isAnswer)
    const isAwaited = isAnswer && this.answers > 0
    if (isAwaited) this.answers--
    const lane = pacer.laneOf(route, message.type, isAwaited)
    if (pacer.takes(route, lane, body.length)) {
      this.transmit(kind, signature, body, message, options, route, lane)
      return undefined
    }
    return pacer.hold(route, lane, body.length, `The message "${message.type}"`, options, () =>
      this.transmit(kind, signature, body, message, options, route, lane),
    )
  }

  private transmit(
    kind: MessageKind,
    signature: Uint8Array | undefined,
    body: Uint8Array,
    { protocol, inReplyTo }: P2PMessage,
    { lasting = true, onSettled }: SendOptions,
    { stream }: Route,
    budget: Lane,
  ): void {
    const isInternal = protocol?.startsWith(INTERNAL_PREFIX) === true
    const head = signature === undefined ? stream.head : joined(stream.head, signature)
    // A peer that has lost the connection has given up its requests, so an answer is of no use; nor is upkeep of a connection that is gone.
    const outlives = lasting && inReplyTo === undefined && !isInternal
    this.inbox.sent()
    this.paths.send(stream, { kind, head, body, lasting: outlives, budget, onSettled, number: 0, order: 0, repeatedOn: 0 })
    this.traffic.messagesOut++
    this.traffic.bytesOut += body.length
    this.isInUse ||= this.peerContext.useOf(protocol) === 'lasting'
  }

  private settleProgress(): void {
    for (const resolve of this.progressed.splice(0)) resolve()
  }
}

function closedError(cause: P2PError): P2PError {
  return new P2PError('CONNECTION_CLOSED', 'The connection ended before the message could be sent. Connect again.', { cause })
}
