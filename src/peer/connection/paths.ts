import { Alarm } from '../../base/alarm.js'
import type { Clock } from '../../base/clock.js'
import { asP2PError, P2PError, violation } from '../../base/errors.js'
import type { Limits } from '../../base/limits.js'
import { Entry } from '../../channel/batch.js'
import type { SecureChannel } from '../../channel/secure-channel.js'
import type { GateRefusal } from '../../defence/gate.js'
import { type Inbox, isAccepted } from './inbox.js'
import { bestOf, isAboutPathOnly, Path, rankOf } from './path.js'
import type { IncomingNumbers, MessageKind, SentMessage, Session } from './session.js'

/** Channels to one peer at once: the one that serves, a spare, and two that are about to end. A peer that dials on and on holds no more. */
const MAX_PATHS = 4

/** What the paths to a peer tell of themselves. */
export interface PathsEvents {
  /** Another path serves. */
  switched(from: SecureChannel): void
  /** The only path carries nothing at present, and may recover. */
  interrupted(): void
  /** What was sent is on its way, or has arrived. */
  progressed(): void
  /** The peer takes nothing for a while: it wants less from us. */
  paused(): void
  /** No path is left, or the peer is not to be spoken with. */
  gone(error: P2PError, fault: boolean): void
}

export interface PathsOptions {
  readonly session: Session
  readonly inbox: Pick<Inbox, 'offer' | 'deliver' | 'dropped' | 'control'>
  readonly peerContext: { readonly clock: Clock; readonly limits: Limits }
  /** Whether our choice of a path holds where both ends choose at once: exactly one end has true. */
  readonly leads: boolean
  readonly events: PathsEvents
}

/**
 * The paths to one peer: one that serves, and at times another that stands by. The numbers of the session make a change
 * safe at any moment, so each end may decide by itself on which path it speaks; the other end follows it there.
 */
export class Paths {
  private readonly paths = new Set<Path>()
  private current: Path
  private gone = false
  /** Runs while the peer takes nothing. */
  private readonly pauseEnd: Alarm
  private readonly clock: Clock
  private readonly limits: Limits
  private readonly session: Session

  constructor(
    first: SecureChannel,
    private readonly wiring: PathsOptions,
  ) {
    this.session = wiring.session
    this.clock = wiring.peerContext.clock
    this.limits = wiring.peerContext.limits
    this.pauseEnd = new Alarm(this.clock, () => this.goOn())
    this.current = new Path(first, this.clock)
    this.paths.add(this.current)
    this.session.onAckDue = () => this.sendAck()
    // The peer asked for the pause on an earlier connection.
    const { pausedMs } = this.session
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

  /** Whether the active path carries nothing at present: any other is welcome. */
  get isInterrupted(): boolean {
    return this.current.isInterrupted
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
    const { session, limits } = this
    // Both are looked at: a peer may acknowledge what it has not read.
    if (Math.max(session.waitingBytes, this.bufferedAmount) + body.length > limits.sendMaxBufferedBytes) {
      throw new P2PError('BUFFER_FULL', 'The peer reads too slowly. Wait for sendTo before sending more.', {
        details: { limit: 'sendMaxBufferedBytes', maxBytes: limits.sendMaxBufferedBytes },
      })
    }
    this.sendAck(false)
    const { channel } = this.current
    if (!channel.open) throw new P2PError('CONNECTION_CLOSED', 'The connection is closed. Connect again.')
    // The session remembers the message before it leaves: the path may break within the call, and the next one begins with it.
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
    const path = new Path(channel, this.clock)
    const before = this.current
    this.paths.add(path)
    this.session.choose()
    this.switchTo(path)
    this.bind(path)
    const isSpare = rankOf(before.channel) !== rankOf(channel)
    // The end that dialled the new path ends the old one; the other end only makes sure.
    if (!isSpare && channel.connection.outbound) path.replaces = before
    this.standDown(before, isSpare, channel.connection.outbound)
    for (const old of this.paths) {
      if (this.paths.size <= MAX_PATHS) break
      if (old !== before) this.retire(old)
    }
  }

  /** Ends the active path alone, as though it had broken; one that stands by takes over. */
  drop(error: P2PError): void {
    this.current.channel.close(error)
  }

  /** Tells the peer the reason, and ends all paths. */
  close(error: P2PError, fault = false): void {
    const { channel } = this.current
    // Without this acknowledgement the peer would send to our next process what we have had.
    this.sendAck(false)
    this.end(error, fault, () => channel.close(error, fault))
  }

  private bind(path: Path): void {
    path.channel.attach({
      onEntry: (kind, body) => this.receive(path, kind, body),
      onDrain: () => this.wiring.events.progressed(),
      onClose: (error, fault) => this.ended(path, error, fault),
      onInterrupted: (isInterrupted) => this.interrupted(path, isInterrupted),
    })
  }

  private receive(path: Path, kind: Entry, body: Uint8Array): void {
    if (kind === Entry.MESSAGE || kind === Entry.SIGNED_MESSAGE) this.take(path, kind, body)
    else this.control(path, kind, body)
  }

  /** One message, in three steps: it is offered, its number is accounted for, it is delivered. */
  private take(path: Path, kind: MessageKind, body: Uint8Array): void {
    const { session } = this
    const { inbox } = this.wiring
    if (path.refusing) {
      inbox.dropped(body.length)
      return
    }
    const { incoming } = path
    if (incoming === undefined) throw violation('sent a message without a number')
    if (!session.isNew(incoming)) {
      session.accept(incoming, body.length)
      return
    }
    const answer = inbox.offer(kind, body)
    if (isAccepted(answer)) {
      if (session.accept(incoming, body.length)) inbox.deliver(answer, body)
    } else if (answer instanceof P2PError) {
      this.close(answer, true)
      // Should the peer come back, the message counts as taken: it is not looked at again.
      session.accept(incoming, body.length)
    } else this.refuse(path, incoming, answer)
  }

  private control(path: Path, kind: Entry, body: Uint8Array): void {
    const { session } = this
    const { inbox, events, leads } = this.wiring
    inbox.control()
    if (kind === Entry.ACK) {
      session.acknowledged(body)
      events.progressed()
    } else if (kind === Entry.REFUSED) {
      const waitMs = session.refused(body)
      if (waitMs !== undefined) this.pause(waitMs)
    } else {
      path.incoming = session.begins(body)
      path.refusing = false
      const { replaces } = path
      path.replaces = undefined
      if (replaces !== undefined) this.retire(replaces)
      const isLater = session.isLater(body, leads)
      if (isLater && path !== this.current && path.channel.open) this.switchTo(path)
    }
  }

  /** The peer's budget is used up: it is to send this message, and what follows it, again later. */
  private refuse(path: Path, incoming: IncomingNumbers, refusal: GateRefusal): void {
    path.refusing = true
    const { channel } = path
    if (channel.open) channel.send(Entry.REFUSED, undefined, this.session.refusal(incoming, refusal))
  }

  private get isPaused(): boolean {
    return this.pauseEnd.isArmed
  }

  private pause(waitMs: number): void {
    this.pauseEnd.arm(waitMs)
    this.wiring.events.paused()
  }

  private goOn(): void {
    this.session.goOn()
    this.speakOn(this.current)
    this.wiring.events.progressed()
  }

  /** A path that carries nothing may recover: one that stands by serves meanwhile, and the best one once it has recovered. */
  private interrupted(path: Path, isInterrupted: boolean): void {
    path.isInterrupted = isInterrupted
    const before = this.current
    const next = bestOf(this.paths)
    // Of two equal paths the one that serves stays.
    const isBetter =
      next !== undefined &&
      next !== before &&
      (before.isInterrupted ? !next.isInterrupted : rankOf(next.channel) > rankOf(before.channel))
    if (isBetter) {
      this.session.choose()
      this.switchTo(next)
      const { outbound } = (isInterrupted ? before : next).channel.connection
      this.standDown(before, true, outbound)
    } else if (isInterrupted && path === before) this.wiring.events.interrupted()
  }

  private switchTo(path: Path): void {
    const before = this.current
    path.keep()
    path.replaces = undefined
    this.current = path
    this.speakOn(path)
    if (this.gone) return
    this.wiring.events.switched(before.channel)
    this.wiring.events.progressed()
  }

  /** Ends a path that no longer serves: a spare one after a while, any other once both ends have left it. */
  private standDown(path: Path, isSpare: boolean, dialled: boolean): void {
    // The path has ended meanwhile, perhaps with all others.
    if (!this.paths.has(path)) return
    const { standbyMs, closeGraceMs } = this.limits
    path.endAfter((isSpare ? standbyMs : closeGraceMs) * (dialled ? 1 : 2))
  }

  private retire(path: Path): void {
    if (path !== this.current) path.end()
  }

  /** Begins to speak on a path: first with every message that the peer may not have. */
  private speakOn({ channel }: Path): void {
    const { session } = this
    let expected: number | undefined
    // Messages that were given up leave gaps in the numbers.
    const skipTo = (number: number) => {
      if (expected !== number) channel.send(Entry.SEQUENCE, undefined, session.sequence(number))
      expected = number + 1
    }
    try {
      for (const { number, kind, head, body } of session.unacknowledged()) {
        skipTo(number)
        // The rest follows when the pause is over.
        if (this.isPaused) return
        channel.send(kind, head, body)
      }
      skipTo(session.next)
      const ack = session.takeAck(true)
      if (ack !== undefined) channel.send(Entry.ACK, undefined, ack)
    } catch {
      // The path has ended already; its onClose comes.
    }
  }

  private sendAck(force = true): void {
    const { channel } = this.current
    if (!channel.open) return
    const ack = this.session.takeAck(force)
    if (ack !== undefined) channel.send(Entry.ACK, undefined, ack)
  }

  private ended(path: Path, error: P2PError, fault: boolean): void {
    path.keep()
    this.paths.delete(path)
    const farewell = error.details.byPeer === true && !isAboutPathOnly(error)
    if (fault || farewell) {
      this.end(error, fault)
      return
    }
    if (path !== this.current) return
    const next = bestOf(this.paths)
    if (next === undefined) this.end(error, fault)
    else {
      this.session.choose()
      this.switchTo(next)
    }
  }

  private end(error: P2PError, fault: boolean, sayGoodbye: () => void = () => {}): void {
    if (this.gone) return
    this.gone = true
    this.pauseEnd.disarm()
    this.session.suspend()
    const others = [...this.paths]
    this.paths.clear()
    sayGoodbye()
    for (const path of others) {
      path.keep()
      path.channel.close(error)
    }
    this.wiring.events.gone(error, fault)
  }
}
