import type { Clock, Timer } from '../../base/clock.js'
import { asP2PError, P2PError } from '../../base/errors.js'
import type { Limits } from '../../base/limits.js'
import { Entry } from '../../channel/batch.js'
import type { SecureChannel } from '../../channel/secure-channel.js'
import type { GateRefusal } from '../../defence/gate.js'
import type { IncomingNumbers, MessageKind, SentMessage, Session } from './session.js'

/** Which of two paths is better: the one of the higher rank. */
export function rankOf({ connection }: SecureChannel): number {
  return connection.rank
}

/** Channels to one peer at once: one serves, one is its spare, one each is about to go. A peer that dials on and on holds no more. */
const MAX_PATHS = 4

/** One channel to the peer, and where it stands in both streams. */
interface Path {
  readonly channel: SecureChannel
  /** The peer's numbering here; undefined until its SEQUENCE. */
  incoming: IncomingNumbers | undefined
  /** The path that it has made superfluous; ended as soon as the peer speaks here. */
  replaces: Path | undefined
  timer: Timer | undefined
  /** We took a message here no more, and those after it neither, until the peer begins again with that one. */
  refusing: boolean
}

export interface PathsOptions {
  session: Session
  clock: Clock
  limits: Limits
  /** Whether our choice of a path holds where both ends choose at once: exactly one end has true. */
  leads: boolean
  /** Whether a message is taken, each once, in the order in which the peer sent them. */
  onArrived(kind: MessageKind, body: Uint8Array): GateRefusal | undefined
  /** The message that was taken last has been accounted for. */
  onAccepted(): void
  /** A message came of a peer that was told to wait. */
  onDropped(bytes: number): void
  /** An entry came that is no message. */
  onControl(): void
  /** The peer takes nothing for a while: it wants less from us. */
  onPaused(): void
  /** Another path serves from now on. */
  onSwitched(from: SecureChannel): void
  /** What was sent is on its way, or has arrived. */
  onProgress(): void
  /** No path is left, or the peer is not to be spoken to. */
  onGone(error: P2PError, fault: boolean): void
}

/**
 * The paths to one peer: one that serves, and at times another that stands by. The numbers of the session make a change
 * safe at any moment, so each end may decide by itself on which path it speaks; whoever hears the peer on another one
 * follows it there.
 */
export class Paths {
  private readonly paths = new Set<Path>()
  private current!: Path
  private gone = false
  /** Runs while the peer takes nothing. */
  private pauseTimer: Timer | undefined

  constructor(
    first: SecureChannel,
    private readonly options: PathsOptions,
  ) {
    this.current = pathOver(first)
    this.paths.add(this.current)
    options.session.onAckDue = () => this.sendAck()
    // The pause was told on a connection before this one.
    const pausedMs = options.session.pausedMs
    if (pausedMs > 0) this.pause(pausedMs)
    this.speakOn(this.current)
  }

  get active(): SecureChannel {
    return this.current.channel
  }

  /** Those that stand by. */
  get standby(): SecureChannel[] {
    return [...this.paths].filter((path) => path !== this.current).map(({ channel }) => channel)
  }

  /** From now on messages are delivered; those that came earlier first. */
  begin(): void {
    this.bind(this.current)
  }

  /** Bytes that have not left yet. */
  get bufferedAmount(): number {
    return this.current.channel.bufferedAmount
  }

  /**
   * Sends a message on the active path.
   *
   * @throws P2PError CONNECTION_CLOSED, BUFFER_FULL.
   */
  send(
    kind: MessageKind,
    head: Uint8Array | undefined,
    body: Uint8Array,
    lasting: boolean,
    onSettled: SentMessage['onSettled'],
  ): void {
    const { session, limits } = this.options
    // Both, for a peer may acknowledge what it has not read.
    if (Math.max(session.waitingBytes, this.bufferedAmount) + body.length > limits.sendMaxBufferedBytes) {
      throw new P2PError('BUFFER_FULL', 'The peer does not read as fast as we write. Wait for sendTo before sending more.', {
        details: { limit: 'sendMaxBufferedBytes', maxBytes: limits.sendMaxBufferedBytes },
      })
    }
    this.sendAck(false)
    const { channel } = this.current
    if (!channel.open) throw new P2PError('CONNECTION_CLOSED', 'The connection to this peer is closed. Connect again.')
    // Before it leaves: a path may break within the call, and the next one then begins with what is remembered.
    session.remember(kind, head, body, lasting, onSettled)
    if (this.isPaused) return
    try {
      channel.send(kind, head, body)
    } catch (error) {
      channel.close(asP2PError(error, 'CONNECTION_LOST', 'The path takes nothing more.'))
    }
  }

  /** Takes another channel to the same process into service; a worse one before it stands by for a while. */
  add(channel: SecureChannel): void {
    const path = pathOver(channel)
    const before = this.current
    this.paths.add(path)
    this.options.session.choose()
    this.switchTo(path)
    this.bind(path)
    const isSpare = rankOf(before.channel) !== rankOf(channel)
    // Who dialled the new path ends the old one; the other end only makes sure.
    if (!isSpare && channel.connection.outbound) path.replaces = before
    this.standDown(before, isSpare, channel.connection.outbound)
    for (const old of this.paths) {
      if (this.paths.size <= MAX_PATHS) break
      if (old !== before) this.retire(old)
    }
  }

  /** The active path is interrupted, and may recover: one that stands by serves meanwhile. False where there is none. */
  fallBack(): boolean {
    const next = this.best((path) => path !== this.current)
    if (next === undefined) return false
    const before = this.current
    this.options.session.choose()
    this.switchTo(next)
    this.standDown(before, true, before.channel.connection.outbound)
    return true
  }

  /** A path has recovered: the best one serves. */
  preferBest(): void {
    const before = this.current
    const best = this.best(() => true)
    if (best === undefined || rankOf(best.channel) <= rankOf(before.channel)) return
    this.options.session.choose()
    this.switchTo(best)
    this.standDown(before, true, best.channel.connection.outbound)
  }

  /** Ends the active path alone, as though it had broken; one that stands by takes over. */
  drop(error: P2PError): void {
    this.current.channel.close(error)
  }

  /** Says why, and ends all. */
  close(error: P2PError, fault = false): void {
    const { channel } = this.current
    // Else the peer would send to our next process what we have had.
    this.sendAck(false)
    this.end(error, fault, () => channel.close(error, fault))
  }

  private bind(path: Path): void {
    path.channel.attach({
      onEntry: (kind, body) => this.receive(path, kind, body),
      onDrain: () => this.options.onProgress(),
      onClose: (error, fault) => this.ended(path, error, fault),
    })
  }

  private receive(path: Path, kind: Entry, body: Uint8Array): void {
    const { session, onArrived, onAccepted } = this.options
    if (kind !== Entry.MESSAGE && kind !== Entry.SIGNED_MESSAGE) this.options.onControl()
    if (kind === Entry.ACK) {
      session.acknowledged(body)
      this.options.onProgress()
    } else if (kind === Entry.SEQUENCE) {
      path.incoming = session.begins(body)
      path.refusing = false
      const { replaces } = path
      path.replaces = undefined
      if (replaces !== undefined) this.retire(replaces)
      const isLater = session.isLater(body, this.options.leads)
      if (isLater && path !== this.current && path.channel.open) this.switchTo(path)
    } else if (kind === Entry.REFUSED) {
      const waitMs = session.refused(body)
      if (waitMs !== undefined) this.pause(waitMs)
    } else if (path.refusing) {
      this.options.onDropped(body.length)
    } else {
      const { incoming } = path
      if (incoming === undefined) throw new P2PError('PROTOCOL_VIOLATION', 'The peer sent a message without a number.')
      const refusal = session.isNew(incoming) ? onArrived(kind as MessageKind, body) : undefined
      if (refusal !== undefined) this.refuse(path, incoming, refusal)
      else if (session.accept(incoming, body.length)) onAccepted()
    }
  }

  /** The peer's budget is used up: it is to send this message, and what follows it, again later. */
  private refuse(path: Path, incoming: IncomingNumbers, refusal: GateRefusal): void {
    path.refusing = true
    const { channel } = path
    if (channel.open) channel.send(Entry.REFUSED, undefined, this.options.session.refusal(incoming, refusal))
  }

  private get isPaused(): boolean {
    return this.pauseTimer !== undefined
  }

  private pause(waitMs: number): void {
    const { clock, session, onPaused, onProgress } = this.options
    if (this.pauseTimer !== undefined) clock.clearTimeout(this.pauseTimer)
    this.pauseTimer = clock.setTimeout(() => {
      this.pauseTimer = undefined
      session.goOn()
      if (this.gone) return
      this.speakOn(this.current)
      onProgress()
    }, waitMs)
    onPaused()
  }

  private switchTo(path: Path): void {
    const before = this.current
    if (path.timer !== undefined) this.options.clock.clearTimeout(path.timer)
    path.timer = undefined
    path.replaces = undefined
    this.current = path
    this.speakOn(path)
    if (this.gone) return
    this.options.onSwitched(before.channel)
    this.options.onProgress()
  }

  private best(which: (path: Path) => boolean): Path | undefined {
    const open = [...this.paths].filter((path) => path.channel.open && which(path))
    return open.sort((a, b) => rankOf(b.channel) - rankOf(a.channel))[0]
  }

  /** Ends a path that no longer serves: a spare one after a while, any other once both ends have left it. */
  private standDown(path: Path, isSpare: boolean, dialled: boolean): void {
    // It has ended meanwhile, perhaps with all others.
    if (!this.paths.has(path)) return
    const { standbyMs, closeGraceMs } = this.options.limits
    const waitMs = (isSpare ? standbyMs : closeGraceMs) * (dialled ? 1 : 2)
    path.timer = this.options.clock.setTimeout(() => this.retire(path), waitMs)
  }

  private retire(path: Path): void {
    if (path.timer !== undefined) this.options.clock.clearTimeout(path.timer)
    path.timer = undefined
    if (path !== this.current) path.channel.close(duplicate())
  }

  /** Everything that the peer may not have goes out on this path, then what comes. */
  private speakOn({ channel }: Path): void {
    const { session } = this.options
    let expected: number | undefined
    // Those that were given up leave gaps.
    const skipTo = (number: number) => {
      if (expected !== number) channel.send(Entry.SEQUENCE, undefined, session.sequence(number))
      expected = number + 1
    }
    try {
      for (const { number, kind, head, body } of session.unacknowledged()) {
        skipTo(number)
        // The rest follows when the peer takes it.
        if (this.isPaused) return
        channel.send(kind, head, body)
      }
      skipTo(session.next)
      const ack = session.takeAck(true)
      if (ack !== undefined) channel.send(Entry.ACK, undefined, ack)
    } catch {
      // It has ended already; its onClose comes.
    }
  }

  private sendAck(force = true): void {
    const { channel } = this.current
    if (!channel.open) return
    const ack = this.options.session.takeAck(force)
    if (ack !== undefined) channel.send(Entry.ACK, undefined, ack)
  }

  private ended(path: Path, error: P2PError, fault: boolean): void {
    if (path.timer !== undefined) this.options.clock.clearTimeout(path.timer)
    path.timer = undefined
    this.paths.delete(path)
    const farewell = error.details.byPeer === true && !PATH_ONLY.has(error.code)
    if (fault || farewell) {
      this.end(error, fault)
      return
    }
    if (path !== this.current) return
    const next = this.best(() => true)
    if (next === undefined) this.end(error, fault)
    else {
      this.options.session.choose()
      this.switchTo(next)
    }
  }

  private end(error: P2PError, fault: boolean, sayGoodbye: () => void = () => {}): void {
    if (this.gone) return
    this.gone = true
    const { session, clock } = this.options
    if (this.pauseTimer !== undefined) clock.clearTimeout(this.pauseTimer)
    this.pauseTimer = undefined
    session.suspend()
    const others = [...this.paths]
    this.paths.clear()
    sayGoodbye()
    for (const { channel, timer } of others) {
      if (timer !== undefined) this.options.clock.clearTimeout(timer)
      channel.close(error)
    }
    this.options.onGone(error, fault)
  }
}

function pathOver(channel: SecureChannel): Path {
  return { channel, incoming: undefined, replaces: undefined, timer: undefined, refusing: false }
}

/** Goodbyes that concern one path and not the peer. */
const PATH_ONLY: ReadonlySet<string> = /* @__PURE__ */ new Set(['DUPLICATE_CONNECTION', 'CONNECTION_LOST'])

export function duplicate(): P2PError {
  return new P2PError('DUPLICATE_CONNECTION', 'Another connection between these two peers has taken over.')
}
