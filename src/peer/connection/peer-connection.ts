import { compareBytes, hexOf } from '../../base/bytes.js'
import type { Clock } from '../../base/clock.js'
import { asP2PError, P2PError } from '../../base/errors.js'
import type { Limits } from '../../base/limits.js'
import { Entry } from '../../channel/batch.js'
import type { PeerDescription, RemoteHello } from '../../channel/hello.js'
import type { SecureChannel } from '../../channel/secure-channel.js'
import type { Gate, GateRefusal, PeerGate } from '../../defence/gate.js'
import type { VerificationBudget } from '../../defence/verification-budget.js'
import { SIGNATURE_BYTES, verify } from '../../identity/ed25519.js'
import { signEnvelope, signingBytes } from '../../identity/envelope.js'
import type { Identity } from '../../identity/identity.js'
import { encode } from '../../message/codec.js'
import { INTERNAL_PREFIX, type P2PMessage } from '../../message/message.js'
import { decodeMessage, messageTooLarge, toWire } from '../../message/p2p-protocol.js'
import { type PeerAddresses, type PeerInfo, PeerState } from '../../protocol/peer-info.js'
import { Paths } from './paths.js'
import type { MessageKind, SentMessage, Session } from './session.js'

/** Protocols whose messages alone are no reason to keep a connection that was made for a lookup. */
const PASSING: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'lotus/dht',
  'lotus/dht-watch',
  'lotus/heartbeat',
  'lotus/peer',
  'lotus/topics',
])

export interface PeerConnectionOptions {
  localPeerId: string
  identity: Identity
  requireSignatures: boolean
  limits: Limits
  clock: Clock
  /** What the two processes have said to each other on earlier connections. */
  session: Session
  gate: Gate
  budget: VerificationBudget
  /** Whether a message answers a request of ours. */
  expects(message: P2PMessage): boolean
  /** It goes on sending though it was told to wait. */
  onStrike(peer: PeerConnection): void
  /** A signed message whose date is too far from now. */
  onStale(message: P2PMessage, peer: PeerConnection): void
  /** A message that has been checked: its sender is this peer. */
  onMessage(message: P2PMessage, peer: PeerConnection): void
  /** Another path serves the peer now. */
  onPathChanged(peer: PeerConnection, from: SecureChannel): void
  /** The last path ended. */
  onClose(peer: PeerConnection, error: P2PError, fault: boolean): void
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
  /** Default true. False: who cannot wait, as a broadcast, is refused at the high-water mark already. */
  mayWait?: boolean
  /** Default: true for an application's messages. False: not sent again once the connection is lost. */
  lasting?: boolean
  onSettled?: SentMessage['onSettled']
}

/** One connected peer: what it has said of itself, how it is doing, and its messages in both directions. */
export class PeerConnection {
  readonly peerId: string
  readonly publicKey: Uint8Array
  readonly since: number
  readonly traffic = { messagesIn: 0, messagesOut: 0, bytesIn: 0, bytesOut: 0, refusals: 0 }
  state: PeerState = PeerState.CONNECTED
  lastSeen: number
  /** The active path carries nothing at present, and may recover: any other is welcome. */
  interrupted = false
  /** Something else than lookups goes over it. */
  isInUse = false
  private rttMs: number | undefined
  private description: PeerDescription
  private snapshot: PeerInfo | undefined
  private drains: { resolve: () => void; reject: (error: P2PError) => void; lasting: boolean }[] = []
  private progressed: (() => void)[] = []
  /** How far the peer's clock is ahead of ours, milliseconds, once it was measured. */
  private skewMs: number | undefined
  private skewMeasured: (() => void)[] = []
  private readonly gate: PeerGate
  private distrusted = false
  /** The message that is being taken: decoded, and within every budget. */
  private taken: { message: P2PMessage; body: Uint8Array } | undefined
  /** Ends when all signing, or all verifying, under way is done; undefined while there is none. */
  private signing: Promise<void> | undefined
  private verifying: Promise<void> | undefined

  private readonly paths: Paths

  constructor(
    channel: SecureChannel,
    private readonly options: PeerConnectionOptions,
  ) {
    const { remote } = channel
    this.peerId = remote.peerId
    this.publicKey = remote.publicKey
    this.description = remote
    this.since = options.clock.now()
    this.lastSeen = this.since
    this.gate = options.gate.of(remote.publicKey)
    this.paths = new Paths(channel, {
      session: options.session,
      clock: options.clock,
      limits: options.limits,
      leads: compareBytes(options.identity.publicKey, remote.publicKey) < 0,
      onArrived: (kind, body) => this.arrived(kind, body),
      onAccepted: () => this.accepted(),
      onDropped: (bytes) => this.dropped(bytes),
      onControl: () => {
        if (!this.gate.controlEntry()) throw flooded(this.peerId)
      },
      onPaused: () => {
        this.traffic.refusals++
      },
      onProgress: () => {
        this.settleDrains()
        this.settleProgress()
      },
      onSwitched: (from) => {
        this.interrupted = false
        this.snapshot = undefined
        options.onPathChanged(this, from)
      },
      onGone: (error, fault) => {
        this.state = PeerState.DISCONNECTED
        this.snapshot = undefined
        this.settleDrains(error)
        this.settleProgress()
        this.gate.release()
        options.onClose(this, error, fault)
      },
    })
  }

  /** From now on, messages are delivered; those that came earlier first. */
  begin(): void {
    this.paths.begin()
  }

  get remote(): RemoteHello {
    return this.paths.active.remote
  }

  get activeChannel(): SecureChannel {
    return this.paths.active
  }

  /** Channels that stand by, should the active one break. */
  get standby(): SecureChannel[] {
    return this.paths.standby
  }

  /** What it costs at present. */
  get load(): PeerLoad {
    const { waitingBytes, delivered } = this.options.session
    return { unsentBytes: this.paths.bufferedAmount, unacknowledgedBytes: waitingBytes, delivered }
  }

  /** What is known of the peer; a new object where something has changed since the last call, but for `lastSeen`. */
  get info(): PeerInfo {
    if (this.snapshot !== undefined) {
      this.snapshot.lastSeen = this.lastSeen
      return this.snapshot
    }
    const { transport, outbound, remoteAddress } = this.paths.active.connection
    const addresses: PeerAddresses = {}
    // As we dialled it, where we did; else as the peer says.
    const dialled = outbound && (transport === 'websocket' || transport === 'http') ? remoteAddress : ''
    const websocket = dialled.startsWith('ws') ? dialled : this.description.addresses[0]
    if (websocket !== undefined) addresses.websocket = websocket
    if (dialled.startsWith('http')) addresses.http = dialled
    // circuit:<relay>/<peer>
    if (transport === 'circuit') addresses.relays = [remoteAddress.slice(8, remoteAddress.indexOf('/', 8))]
    const info: PeerInfo = {
      peerId: this.peerId,
      publicKey: this.publicKey,
      addresses,
      state: this.state,
      lastSeen: this.lastSeen,
      protocols: this.description.protocols,
      connection: { transport, since: this.since, outbound },
    }
    if (this.description.metadata !== undefined) info.metadata = this.description.metadata
    if (this.rttMs !== undefined) info.connection!.rttMs = this.rttMs
    if (this.skewMs !== undefined) info.connection!.clockSkewMs = this.skewMs
    this.snapshot = info
    return info
  }

  describe(description: PeerDescription): void {
    this.description = description
    this.snapshot = undefined
  }

  /** @param skewMs how far the peer's clock is ahead of ours. */
  measured(rttMs: number, skewMs: number): void {
    this.rttMs = rttMs
    this.skewMs = skewMs
    this.snapshot = undefined
    for (const go of this.skewMeasured.splice(0)) go()
  }

  /** Takes another channel to the same process into service; nothing under way on the old one is lost. */
  addPath(channel: SecureChannel): void {
    this.paths.add(channel)
  }

  /** The active path is interrupted: one that stands by serves meanwhile. False where there is none. */
  fallBack(): boolean {
    return this.paths.fallBack()
  }

  /** A path has recovered: the best one serves. */
  preferBest(): void {
    this.paths.preferBest()
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
    const signed =
      (this.options.requireSignatures || this.remote.requireSignatures) && !message.protocol?.startsWith(INTERNAL_PREFIX)
    if (signed || this.signing !== undefined) return this.sendInTurn(message, signed, options)
    this.checkRoom(options.mayWait ?? true)
    const lasting = this.transmit(Entry.MESSAGE, undefined, encode(this.wire(message), this.options.limits), message, options)
    return this.drained(lasting)
  }

  /** Resolves when something that waits has left or arrived, or the connection is gone; undefined where nothing waits. */
  progress(): Promise<void> | undefined {
    const { session } = this.options
    if (session.waiting === 0 && session.pausedMs === 0) return undefined
    return new Promise((resolve) => this.progressed.push(resolve))
  }

  /** Says why, and ends the connection. */
  close(error: P2PError, fault = false): void {
    this.state = PeerState.DISCONNECTING
    this.snapshot = undefined
    this.paths.close(error, fault)
  }

  private sendInTurn(message: P2PMessage, signed: boolean, options: SendOptions): Promise<void> {
    const turn = this.signing ?? Promise.resolve()
    const sent = turn.then(async () => {
      if (!signed)
        return this.transmit(Entry.MESSAGE, undefined, encode(this.wire(message), this.options.limits), message, options)
      const body = encode(toWire(this.datedNow(message), message.from, message.to), this.options.limits)
      const { signature } = await signEnvelope(this.options.identity, 'message', body)
      return this.transmit(Entry.SIGNED_MESSAGE, signature, body, message, options)
    })
    const done = sent.then(
      () => {},
      () => {},
    )
    this.signing = done
    void done.then(() => {
      if (this.signing === done) this.signing = undefined
    })
    return sent.then((lasting) => this.drained(lasting))
  }

  /** What waited for long, for a peer that was away, would be taken for a replay: the date of a signed message is that of its signing. */
  private datedNow(message: P2PMessage): P2PMessage {
    const { clock, limits } = this.options
    const now = clock.now()
    return Math.abs(now - message.timestamp) > limits.replayWindowMs / 2 ? { ...message, timestamp: now } : message
  }

  /** Without what the channel says anyway. */
  private wire(message: P2PMessage): unknown[] {
    return toWire(message, undefined, message.to === this.peerId ? true : message.to)
  }

  /** @returns whether it outlasts the connection. */
  private transmit(
    kind: MessageKind,
    head: Uint8Array | undefined,
    body: Uint8Array,
    message: P2PMessage,
    { lasting = true, onSettled }: SendOptions,
  ): boolean {
    if (body.length > this.options.limits.maxMessageBytes) throw messageTooLarge(body.length, this.options.limits)
    const isInternal = message.protocol?.startsWith(INTERNAL_PREFIX) === true
    const { pausedMs, pausedBy } = this.options.session
    if (pausedMs > 0 && !isInternal) throw refusedByPeer(this.peerId, pausedMs, pausedBy)
    // An answer is of no use to who has been told that there is none, nor is the SDK's own talk of a connection that is gone.
    const outlives = lasting && message.inReplyTo === undefined && !isInternal
    this.paths.send(kind, head, body, outlives, onSettled)
    this.traffic.messagesOut++
    this.traffic.bytesOut += body.length
    this.isInUse ||= !PASSING.has(message.protocol ?? '')
    return outlives
  }

  private checkRoom(mayWait: boolean): void {
    if (mayWait || this.hasRoom) return
    throw new P2PError('BUFFER_FULL', 'The peer does not read as fast as we write.', { details: { peerId: this.peerId } })
  }

  /** Whether little enough waits here, and on the way. */
  private get hasRoom(): boolean {
    const { sendHighWaterBytes, sendMaxBufferedBytes } = this.options.limits
    const { session } = this.options
    return this.paths.bufferedAmount <= sendHighWaterBytes && session.waitingBytes <= sendMaxBufferedBytes / 2
  }

  private drained(lasting: boolean): Promise<void> | undefined {
    if (this.hasRoom) return undefined
    return new Promise((resolve, reject) => this.drains.push({ resolve, reject, lasting }))
  }

  private settleDrains(error?: P2PError): void {
    if (this.drains.length === 0 || (error === undefined && !this.hasRoom)) return
    const drains = this.drains
    this.drains = []
    // What lasts goes out on the next connection: to say that it failed would have it sent twice.
    for (const { resolve, reject, lasting } of drains) error === undefined || lasting ? resolve() : reject(error)
  }

  private settleProgress(): void {
    for (const resolve of this.progressed.splice(0)) resolve()
  }

  /** Whether a message is taken: budget, structure, sender, date and id, in this order. Its signature is checked later. */
  private arrived(kind: MessageKind, body: Uint8Array): GateRefusal | undefined {
    this.lastSeen = this.options.clock.now()
    this.taken = undefined
    const refusal = this.gate.arrive(body.length)
    if (refusal !== undefined) return refusal
    try {
      const message = this.decoded(kind, body)
      // What we have asked for is no flood, however much it is.
      const full = this.options.expects(message) ? undefined : this.gate.admit(message, body.length)
      if (full !== undefined) return full
      this.taken = { message, body }
    } catch (error) {
      this.refuse(error)
    }
    return undefined
  }

  /** The message is ours, and the sender will know: what happens to it now happens in its turn. */
  private accepted(): void {
    const { taken } = this
    if (taken === undefined) return
    this.taken = undefined
    const { message, body } = taken
    this.traffic.messagesIn++
    this.traffic.bytesIn += body.length
    if (message.signature === undefined && this.verifying === undefined) this.checked(() => this.deliver(message))
    else this.deliverInTurn(message, body)
  }

  private deliverInTurn(message: P2PMessage, body: Uint8Array): void {
    const { signature } = message
    const turn = this.verifying ?? Promise.resolve()
    const done: Promise<void> = turn.then(async () => {
      // What came after a forged message is not worth looking at.
      if (this.distrusted) return
      try {
        if (signature !== undefined) await this.verified(signature, body.subarray(SIGNATURE_BYTES), message)
        this.deliver(message)
      } catch (error) {
        this.refuse(error)
      }
    })
    this.verifying = done
    void done.then(() => {
      if (this.verifying === done) this.verifying = undefined
    })
  }

  private async verified(signature: Uint8Array, bytes: Uint8Array, message: P2PMessage): Promise<void> {
    const { budget, clock, limits } = this.options
    const check = async () => verify(signature, signingBytes('message', bytes), this.publicKey)
    if (!(await budget.run(hexOf(this.publicKey), check))) {
      throw new P2PError('INVALID_SIGNATURE', 'The peer sent a message with a wrong signature.')
    }
    // Dates count by the sender's clock; the first measurement takes one round trip.
    const isOdd = Math.abs(message.timestamp - clock.now()) > limits.replayWindowMs
    if (isOdd && this.skewMs === undefined) await this.skewKnown()
  }

  private skewKnown(): Promise<void> {
    const { clock, limits } = this.options
    return new Promise((resolve) => {
      const timer = clock.setTimeout(resolve, limits.wakeProbeMs)
      this.skewMeasured.push(() => {
        clock.clearTimeout(timer)
        resolve()
      })
    })
  }

  /** @throws P2PError for what no honest peer sends. */
  private decoded(kind: MessageKind, body: Uint8Array): P2PMessage {
    const { localPeerId, limits, requireSignatures } = this.options
    const isSigned = kind === Entry.SIGNED_MESSAGE
    const bytes = isSigned ? body.subarray(SIGNATURE_BYTES) : body
    const message = decodeMessage(bytes, limits, { remote: this.peerId, local: localPeerId }, isSigned)
    if (message.from !== this.peerId) {
      throw new P2PError('FOREIGN_SENDER', 'The peer sent a message in the name of another.', {
        details: { peerId: this.peerId },
      })
    }
    if (message.to !== undefined && message.to !== localPeerId) {
      throw new P2PError('PROTOCOL_VIOLATION', 'The peer sent a message that is for another.', {
        details: { peerId: this.peerId },
      })
    }
    // Only what is verified here counts as a signature, whatever the message itself says.
    if (isSigned) message.signature = body.slice(0, SIGNATURE_BYTES)
    else delete message.signature
    if (!isSigned && requireSignatures && !message.protocol?.startsWith(INTERNAL_PREFIX)) {
      throw new P2PError('SIGNATURE_REQUIRED', 'This peer takes signed messages only.', { details: { peerId: this.peerId } })
    }
    return message
  }

  private deliver(message: P2PMessage): void {
    const freshness = this.gate.freshness(message, this.skewMs ?? 0)
    this.isInUse ||= !PASSING.has(message.protocol ?? '')
    if (freshness === 'new') this.options.onMessage(message, this)
    else if (freshness !== 'seen') this.options.onStale(message, this)
  }

  private dropped(bytes: number): void {
    const verdict = this.gate.dropped(bytes)
    if (verdict === 'excess') throw flooded(this.peerId)
    if (verdict === 'strike') this.options.onStrike(this)
  }

  private checked(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.refuse(error)
    }
  }

  /** A message that no honest peer sends ends the connection. */
  private refuse(error: unknown): void {
    const fault = asP2PError(error, 'PROTOCOL_VIOLATION', 'The peer sent a message that cannot be handled.')
    fault.details.peerId = this.peerId
    this.distrusted = true
    this.close(fault, true)
  }
}

/** More than an honest peer can have on its way. */
function flooded(peerId: string): P2PError {
  return new P2PError('RATE_LIMITED', 'The peer went on sending after it was told to wait.', { details: { peerId } })
}

function refusedByPeer(peerId: string, retryAfterMs: number, limit: string): P2PError {
  return new P2PError('RATE_LIMITED', `The peer takes nothing more for ${Math.ceil(retryAfterMs)} ms. Send less, or wait.`, {
    details: { peerId, retryAfterMs: Math.ceil(retryAfterMs), limit, byPeer: true },
  })
}
