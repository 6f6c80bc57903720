import { Alarm } from '../base/alarm.js'
import type { Clock } from '../base/clock.js'
import { abortedError, asP2PError, P2PError, timeoutError, violation } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import { encodePeerId } from '../identity/peer-id.js'
import type { Connection, FrameSink, Transport } from '../transport/transport.js'
import { BatchReader, BatchWriter, Entry, FIRST_IGNORED, padded } from './batch.js'
import type { ChannelOptions, ChannelSink } from './channel-options.js'
import { decodeDescription, encodeDescription } from './description.js'
import { isFault } from './faults.js'
import { encodeRefusal, Handshake, REFUSAL, refusalFrame, refusalOf } from './handshake.js'
import type { RemoteHello, RemotePeer } from './hello.js'
import { MAX_NOISE_MESSAGE_BYTES, type NoiseChannel } from './noise.js'
import { SealedFrames } from './sealed-frames.js'

const TAG_BYTES = 16
/** Microtasks without a new entry after which a batch leaves: enough for `await sendTo(…)` in a loop to share one frame. */
const QUIET_HOPS = 8

/**
 * A private, authenticated, ordered channel between two peers over any connection: Noise_XX_25519_ChaChaPoly_SHA256, then
 * frames of batched entries. Anything that does not fit ends it; there is no resynchronising, for only an attacker or a
 * broken transport needs it.
 */
export class SecureChannel implements FrameSink {
  /** Set once the peer is authenticated. */
  hello!: RemoteHello
  /** Set once the peer has told of itself: what `hello` is, and more. */
  remote!: RemotePeer
  bytesIn = 0
  bytesOut = 0
  /** Why the channel is over; undefined while it is not. */
  ended: P2PError | undefined

  private readonly limits: Limits
  private readonly clock: Clock
  /**
   * `confirming`: the initiator, which has told of itself, waits for READY; `meeting`: an end waits for the other's description, or judges it;
   * `leaving`: the peer has been told goodbye, and ends the connection.
   */
  private state: 'handshake' | 'confirming' | 'meeting' | 'open' | 'leaving' | 'closed' = 'handshake'
  private handshake: Handshake | undefined
  private busy = false
  /** Frames that came while the one before was being checked. */
  private waiting: Uint8Array[] = []
  /** Undefined until there are keys. */
  private sealed: SealedFrames | undefined
  private readonly reader: BatchReader
  private readonly writer: BatchWriter
  private sink: ChannelSink | undefined
  /** Entries and the end that came before the sink. */
  private early: (() => void)[] = []
  /** Bytes of `waiting`, and of the entries that came before the sink. */
  private earlyBytes = 0
  private isDescribed = false
  private readonly maxPlaintextBytes: number
  private readonly padsFrames: boolean
  /** The sink knows of the end. */
  private told = false
  private flushing = false
  /** Rings where a message does not come whole. */
  private whole: Alarm | undefined
  /** Ends the wait of who dials or accepts: with an error, or with this channel. */
  private settle: ((error?: P2PError) => void) | undefined

  private constructor(
    readonly connection: Connection,
    handshake: Handshake,
    private terms: ChannelOptions & Admission,
  ) {
    const { limits, clock } = terms
    this.padsFrames = terms.padsFrames === true
    this.limits = limits
    this.clock = clock
    this.handshake = handshake
    this.reader = new BatchReader(limits)
    this.reader.takeDescription()
    const maxFrame = Math.min(connection.maxFrameBytes, MAX_NOISE_MESSAGE_BYTES)
    this.maxPlaintextBytes = maxFrame - TAG_BYTES
    this.writer = new BatchWriter(this.maxPlaintextBytes, (plaintext) => this.sendFrame(plaintext))
  }

  /**
   * Dials an address and opens a channel; resolves once the peer has accepted us and what we tell of ourselves, and has told of itself.
   *
   * @param options.admit decides whether the authenticated peer is to know who we are; what it throws is told to the peer.
   * @throws P2PError of the transport; HANDSHAKE_FAILED, HANDSHAKE_TIMEOUT, UNSUPPORTED_VERSION, INVALID_SIGNATURE, ABORTED; or the
   * code with which the peer refused.
   */
  static async dial(
    transport: Pick<Transport, 'dial'>,
    address: string,
    options: ChannelOptions & Admission & { signal?: AbortSignal },
  ): Promise<SecureChannel> {
    const handshake = handshakeOf(true, options)
    try {
      const { signal, limits } = options
      const connection = await transport.dial(address, { signal, limits, firstFrame: handshake.start() })
      return await new SecureChannel(connection, handshake, options).run(options.signal)
    } catch (error) {
      handshake.wipe()
      throw error
    }
  }

  /**
   * Answers the handshake of an accepted connection; resolves once the peer, and what it tells of itself, is accepted.
   *
   * @param options.admit decides whether the authenticated peer may come in; what it throws is told to the peer.
   * @throws P2PError where the handshake fails or the peer is not admitted.
   */
  static accept(connection: Connection, options: ChannelOptions & Admission): Promise<SecureChannel> {
    return new SecureChannel(connection, handshakeOf(false, options), options).run()
  }

  /** Refuses a connection before any cryptography. */
  static refuse(connection: Connection, error: P2PError): void {
    connection.attach({ onFrame: () => {}, onClose: () => {}, onDrain: () => {} })
    connection.send(refusalFrame(error))
    connection.close()
  }

  get open(): boolean {
    return this.state === 'open'
  }

  /** Bytes of a message of which the rest has not come. */
  get partBytes(): number {
    return this.reader.partBytes
  }

  /** Bytes that have not left yet. */
  get bufferedAmount(): number {
    return this.connection.bufferedAmount + this.writer.waiting
  }

  /** Names who receives; what came earlier is delivered now. Called once. */
  attach(sink: ChannelSink): void {
    this.sink = sink
    const early = this.early
    this.early = []
    for (const deliver of early) deliver()
    sink.onRead?.()
  }

  /**
   * Queues one entry; it leaves with the others of this tick.
   *
   * @throws P2PError CONNECTION_CLOSED.
   */
  send(kind: Entry, head: Uint8Array | undefined, body: Uint8Array): void {
    if (this.state !== 'open') throw new P2PError('CONNECTION_CLOSED', 'The connection is closed. Connect again.')
    this.writer.add(kind, head, body)
    if (!this.flushing) this.flushSoon()
  }

  /** Sends what waits, tells the peer why, and ends the connection. */
  close(error: P2PError, fault = false): void {
    this.end(error, fault, true)
  }

  /**
   * Sends what waits and says goodbye. The peer ends the connection once it has all of it: an end that closed it itself could lose what
   * its transport still holds.
   *
   * @returns resolves when the connection is over, at the latest after `closeGraceMs`.
   */
  leave(error: P2PError): Promise<void> {
    if (this.state === 'open') this.sayGoodbye(this.state, error)
    if (this.state !== 'open') {
      this.close(error)
      return Promise.resolve()
    }
    this.state = 'leaving'
    this.ended = error
    return new Promise((resolve) => {
      const timer = this.clock.setTimeout(() => this.end(error, false, false), this.limits.closeGraceMs)
      this.settle = () => {
        this.settle = undefined
        this.clock.clearTimeout(timer)
        resolve()
      }
      this.tellEnd(error, false)
    })
  }

  onFrame(frame: Uint8Array): void {
    if (this.state === 'closed') return
    this.bytesIn += frame.length
    if (this.state === 'handshake') {
      void this.handshakeFrame(frame)
      return
    }
    this.guarded(frame, () => {
      this.reader.read(this.sealed!.open(frame), (kind, body) => this.receiveEntry(kind, body))
      this.watchParts()
    })
    this.sink?.onRead?.()
  }

  /** A message of which a part is here has a deadline, however its parts trickle in. Whoever is on the way can hold it up: nobody is blamed. */
  private watchParts(): void {
    if (this.reader.partBytes === 0) this.whole?.disarm()
    else if (this.state !== 'closed') {
      const { messageMs } = this.limits
      this.whole ??= new Alarm(this.clock, () => this.end(timeoutError('The rest of a message', messageMs), false, true))
      this.whole.armOnce(messageMs)
    }
  }

  private guarded(frame: Uint8Array | undefined, run: () => void): void {
    try {
      run()
    } catch (error) {
      const refusal = frame && this.refusalInClear(frame)
      const reason = asP2PError(error, 'PROTOCOL_VIOLATION', 'The peer broke the channel.')
      // Bytes that the peer did not seal are another's, on the way: of a network, or of the relay of a circuit.
      const fault = refusal === undefined && reason.code !== 'DECRYPT_FAILED'
      this.end(refusal ?? reason, fault, refusal === undefined)
    }
  }

  /** A responder that cannot accept our last message has no keys to say so with. */
  private refusalInClear(frame: Uint8Array): P2PError | undefined {
    try {
      return this.state === 'confirming' && frame[0] === REFUSAL ? refusalOf(frame.subarray(1), this.limits, true) : undefined
    } catch {
      return undefined
    }
  }

  onClose(error?: Error): void {
    const reason = this.ended ?? asP2PError(error, 'CONNECTION_LOST', 'The connection broke. Connect again.')
    // A transport ends the connection itself at what is no frame: a text, or more bytes than any frame has. Once there is a peer to be
    // blamed, its keys have not sealed that, and anybody on the way can have sent it.
    const fault = this.state === 'handshake' && isFault(reason)
    // What a transport was told, such as a WebSocket's close code, is nobody's word either.
    if (this.ended === undefined) Object.assign(reason.details, { inClear: true, byPeer: false })
    this.end(reason, fault, false)
  }

  onDrain(): void {
    this.sink?.onDrain()
  }

  onInterrupted(isInterrupted: boolean): void {
    this.sink?.onInterrupted?.(isInterrupted)
  }

  private run(signal?: AbortSignal): Promise<SecureChannel> {
    return new Promise((resolve, reject) => {
      const abort = () => this.end(abortedError('The dial', signal?.reason), false, true)
      this.settle = (error) => {
        signal?.removeEventListener('abort', abort)
        this.settle = undefined
        this.clock.clearTimeout(timer)
        if (error === undefined) resolve(this)
        else reject(error)
      }
      const { handshakeTimeoutMs } = this.limits
      const timer = this.clock.setTimeout(() => {
        const message = `No handshake within ${handshakeTimeoutMs} ms.`
        this.end(new P2PError('HANDSHAKE_TIMEOUT', message), false, true)
      }, handshakeTimeoutMs)
      if (signal?.aborted) return abort()
      signal?.addEventListener('abort', abort)
      this.connection.attach(this)
    })
  }

  private async handshakeFrame(frame: Uint8Array): Promise<void> {
    // A responder that has its keys, and still judges the peer, has none.
    const { handshake } = this
    try {
      // At once: the end of the connection, which follows, must not overtake it.
      if (frame[0] === REFUSAL && handshake?.isSealed === false) throw refusalOf(frame.subarray(1), this.limits, true)
      if (this.busy) {
        // A description, in parts where frames are short, and a goodbye may overtake our checks; they wait for them.
        this.earlyBytes += frame.length + EARLY_BYTES
        if (this.earlyBytes > 2 * MAX_NOISE_MESSAGE_BYTES) throw violation('sent too much in the handshake')
        this.waiting.push(frame)
        return
      }
      this.busy = true
      const { frame: answer, met, noise } = await handshake!.receive(frame)
      if (this.isOver()) return
      if (met === undefined) {
        // What came meanwhile was sent before the answer to it.
        if (this.waiting.length > 0) throw violation('sent another frame than the one that is due')
        this.busy = false
        this.transmit(answer!)
        return
      }
      this.hello = met.remote
      // From here on a responder refuses inside the channel.
      if (noise !== undefined) this.begin(noise)
      await this.terms.judge?.(met.certificate, met.now)
      if (this.isOver()) return
      // Where we dialled: whom we reached is decided before we tell who we are.
      await this.terms.admit?.(this)
      if (this.isOver()) return
      if (noise === undefined) {
        const description = this.describe()
        const last = await handshake!.confirm()
        if (this.isOver()) return
        this.begin(last.noise)
        this.state = 'confirming'
        this.transmit(last.frame)
        // At once: READY then says that the responder accepts that too.
        this.tell(description)
      } else this.state = 'meeting'
      this.resume()
    } catch (error) {
      this.refuse(error, 'The handshake failed.')
    }
  }

  private begin(ciphers: NoiseChannel): void {
    this.sealed = new SealedFrames(ciphers, this.limits, this.clock)
    this.handshake = undefined
  }

  /** @throws P2PError INVALID_CONFIG. */
  private describe(): Uint8Array {
    return encodeDescription(this.terms.describe(this.hello), this.limits)
  }

  private tell(description: Uint8Array): void {
    this.writer.add(Entry.DESCRIPTION, undefined, description)
    this.writer.writeOut()
  }

  /** The peer has told of itself: the channel is open, unless that is not to our liking. */
  private async meet(body: Uint8Array): Promise<void> {
    try {
      const description = decodeDescription(body, this.limits)
      const { hello, terms, connection } = this
      const remote: RemotePeer = Object.assign(hello, description, { peerId: description.name ?? encodePeerId(hello.publicKey) })
      this.remote = remote
      await terms.approveRemote?.(remote)
      if (this.isOver()) return
      if (!connection.outbound) {
        const description = this.describe()
        this.writer.add(Entry.READY, undefined, NOTHING)
        this.tell(description)
      }
      this.state = 'open'
      // What they close over is not kept for as long as the channel lives.
      this.terms = undefined!
      this.settle?.()
    } catch (error) {
      this.refuse(error, 'The peer told of itself what cannot be handled.')
    }
  }

  private refuse(error: unknown, message: string): void {
    const refusal = asP2PError(error, 'HANDSHAKE_FAILED', message)
    this.end(refusal, isFault(refusal), refusal.details.byPeer !== true)
  }

  private resume(): void {
    for (const frame of this.waiting.splice(0)) {
      this.bytesIn -= frame.length
      this.onFrame(frame)
    }
  }

  private receiveEntry(kind: number, body: Uint8Array): void {
    if (this.state === 'closed') return
    // A goodbye comes in its turn: what was said before it waits until we have judged the peer.
    if (kind === Entry.CLOSE && this.early.length === 0) {
      if (this.state === 'open') {
        this.sink?.onGoodbye?.()
        this.writer.writeOut()
      }
      this.end(refusalOf(body, this.limits), false, false)
    } else if (kind >= FIRST_IGNORED) {
      this.sealed!.ignored(body)
    } else if (this.state === 'confirming') {
      if (kind !== Entry.READY) throw violation('spoke before it accepted us')
      this.state = 'meeting'
    } else if (!this.isDescribed) {
      if (kind !== Entry.DESCRIPTION) throw violation('spoke before it told of itself')
      this.isDescribed = true
      this.reader.takeMessages()
      void this.meet(body)
    } else if (kind === Entry.REKEY) {
      this.sealed!.rekey()
    } else if (this.state === 'meeting' && !this.connection.outbound) {
      throw violation('spoke before it was accepted')
    } else if (this.state === 'leaving' && kind !== Entry.ACK) {
      // The session keeps what the peer sends now for the next connection.
    } else if (FOR_SINK.has(kind) || kind === Entry.CLOSE) {
      if (this.sink !== undefined) {
        this.sink.onEntry(kind as Entry, body)
        return
      }
      if (kind === Entry.CLOSE) this.ended = refusalOf(body, this.limits)
      // A copy, so that it does not hold a whole frame in memory.
      const own = body.slice()
      this.earlyBytes += own.length + EARLY_BYTES
      if (this.earlyBytes > 2 * this.limits.sendMaxBufferedBytes) throw violation('sent too much before it was accepted')
      this.early.push(() => this.told || this.guarded(undefined, () => this.deliverEarly(kind, own)))
    } else {
      throw violation(`sent an entry of unknown kind ${kind}`)
    }
  }

  private deliverEarly(kind: number, body: Uint8Array): void {
    if (kind === Entry.CLOSE) this.receiveEntry(kind, body)
    else this.sink!.onEntry(kind as Entry, body)
  }

  private flushSoon(): void {
    this.flushing = true
    let seen = this.writer.waiting
    let quiet = 0
    const hop = () => {
      if (this.writer.waiting !== seen) {
        seen = this.writer.waiting
        quiet = 0
      } else if (++quiet >= QUIET_HOPS) {
        this.flushing = false
        if (this.state === 'open') this.writer.writeOut()
        return
      }
      queueMicrotask(hop)
    }
    queueMicrotask(hop)
  }

  private sendFrame(plaintext: Uint8Array): void {
    // What a side tells of itself is of a length that would tell it from others.
    const isTold = this.state === 'confirming' || this.state === 'meeting'
    const hidden = this.padsFrames || isTold ? padded(plaintext, this.maxPlaintextBytes, TAG_BYTES) : plaintext
    this.sealed!.seal(hidden, (frame) => this.transmit(frame))
  }

  private transmit(frame: Uint8Array): void {
    this.bytesOut += frame.length
    this.connection.send(frame)
  }

  private isOver(): boolean {
    return this.state === 'closed'
  }

  private end(error: P2PError, fault: boolean, tellPeer: boolean): void {
    if (this.state === 'closed') return
    const { state } = this
    this.state = 'closed'
    this.ended = error
    this.whole?.disarm()
    if (tellPeer) this.sayGoodbye(state, error)
    try {
      this.connection.close()
    } catch {
      // Of a transport that fails, nothing more can be had.
    }
    this.handshake?.wipe()
    this.sealed?.wipe()
    if (this.settle !== undefined) {
      Object.assign(error.details, fault && { fault: true })
      this.settle(error)
    } else this.tellEnd(error, fault)
  }

  /** Before there is a sink, which may be told of the peer at this moment, the end waits for it. */
  private tellEnd(error: P2PError, fault: boolean): void {
    const { sink } = this
    if (sink === undefined) this.early.push(() => this.tellEnd(error, fault))
    else {
      this.told = true
      sink.onClose(error, fault)
    }
  }

  private sayGoodbye(state: SecureChannel['state'], error: P2PError): void {
    const { outbound } = this.connection
    // Our sentence may say whom we have looked for, which is not for the one that we have found in its place.
    const told = outbound && state !== 'open' ? new P2PError(error.code, '') : error
    try {
      // Before its last message an initiator has keys that the responder lacks: it still refuses in the clear.
      if (state === 'handshake' && (this.sealed === undefined || outbound)) {
        this.transmit(refusalFrame(told))
      } else {
        this.writer.add(Entry.CLOSE, undefined, encodeRefusal(told))
        this.writer.writeOut()
      }
    } catch {
      // The connection is past telling.
    }
  }
}

interface Admission {
  admit?: (channel: SecureChannel) => Promise<void>
}

function handshakeOf(initiator: boolean, { local, limits, clock, schedule, work, retryBits }: ChannelOptions): Handshake {
  return new Handshake(initiator, local, limits, { now: () => clock.now(), schedule, work, retryBits })
}

const NOTHING = /* @__PURE__ */ new Uint8Array(0)

/** What an entry or a frame that waits takes beside its body. */
const EARLY_BYTES = 128

/** Entries that the channel itself has nothing to do with. */
const FOR_SINK: ReadonlySet<number> = /* @__PURE__ */ new Set([
  Entry.MESSAGE,
  Entry.SIGNED_MESSAGE,
  Entry.ACK,
  Entry.SEQUENCE,
  Entry.REFUSED,
  Entry.SWITCH,
])
