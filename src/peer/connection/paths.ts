import type { Clock } from '../../base/clock.js'
import { P2PError, violation } from '../../base/errors.js'
import type { Limits } from '../../base/limits.js'
import { Entry } from '../../channel/batch.js'
import type { SecureChannel } from '../../channel/secure-channel.js'
import type { GateRefusal } from '../../defence/gate-wiring.js'
import type { PeerGate } from '../../defence/peer-gate.js'
import { type Inbox, isAccepted } from './inbox.js'
import type { IncomingStream } from './incoming.js'
import type { MessageKind, OutgoingStream, SentMessage } from './outgoing.js'
import { bestOf, duplicate, isAboutPathOnly, Path, type PathOwner, rankOf } from './path.js'
import type { Session } from './session.js'
import { decodeAck, decodeRefused, decodeSequence, decodeSwitch, encodeRefused, SHARED_STREAM } from './stream-entries.js'

/** Channels to one peer at once: the one that serves, a spare, and two that are about to end. A peer that dials on and on holds no more. */
const MAX_PATHS = 4

/** What the paths to a peer tell of themselves. */
export interface PathsEvents {
  /** Another path serves. */
  switched(from: SecureChannel): void
  /** The only path carries nothing at present, and may recover. */
  interrupted(): void
  /** A path that stood by has broken. */
  spareLost(): void
  /** What was sent is on its way, or has arrived. */
  progressed(): void
  /** The peer takes nothing of a stream for a while: it wants less from us. */
  paused(): void
  /** No path is left, or the peer is not to be spoken with. */
  gone(error: P2PError, fault: boolean): void
}

interface PathsInbox extends Pick<Inbox, 'offer' | 'deliver' | 'rest' | 'dropped' | 'bear'> {
  readonly gate: Pick<PeerGate, 'burstOf' | 'refusal' | 'pauseMs' | 'cameInVain' | 'controlEntry'>
}

export interface PathsOptions {
  readonly session: Session
  readonly inbox: PathsInbox
  readonly peerContext: { readonly clock: Clock; readonly limits: Limits }
  /** Whether our choice of a path holds where both ends choose at once: exactly one end has true. */
  readonly leads: boolean
  readonly events: PathsEvents
}

/**
 * The paths to one peer: one that serves, and at times another that stands by. The numbers of the session make a change
 * safe at any moment, so each end may decide by itself on which path it speaks; the other end follows it there.
 */
export class Paths implements PathOwner {
  private readonly paths = new Set<Path>()
  private current: Path
  private gone = false
  private readonly clock: Clock
  private readonly limits: Limits
  private readonly session: Session

  constructor(
    first: SecureChannel,
    readonly wiring: PathsOptions,
  ) {
    this.session = wiring.session
    this.clock = wiring.peerContext.clock
    this.limits = wiring.peerContext.limits
    this.current = new Path(first, this.clock, this)
    this.paths.add(this.current)
    this.session.serve({ ackDue: () => this.sendAck(), progressed: () => wiring.events.progressed() })
    this.session.numberedAs(first.remote.streams)
    this.speakOn(this.current)
  }

  get active(): SecureChannel {
    return this.current.channel
  }

  /** Those that stand by. */
  get standby(): SecureChannel[] {
    return this.others.map(({ channel }) => channel)
  }

  private get others(): Path[] {
    return [...this.paths].filter((path) => path !== this.current)
  }

  /** Whether the active path carries nothing at present: any other is welcome. */
  get isInterrupted(): boolean {
    return this.current.isInterrupted
  }

  /** From now on messages are delivered; those that came earlier first. */
  begin(): void {
    this.current.channel.attach(this.current)
  }

  /** Bytes that have not left yet. */
  get bufferedAmount(): number {
    return this.current.channel.bufferedAmount
  }

  /** Bytes of messages of which the rest has not come. */
  get partBytes(): number {
    let bytes = 0
    for (const { channel } of this.paths) bytes += channel.partBytes
    return bytes
  }

  /** Sends a message on the active path. The pacer has found room for it. @throws P2PError CONNECTION_CLOSED. */
  send(stream: OutgoingStream, message: SentMessage): void {
    if (!this.current.open) throw new P2PError('CONNECTION_CLOSED', 'The connection is closed. Connect again.')
    if (this.session.incoming.owesAck) this.sendAck()
    this.session.outgoing.send(stream, message)
  }

  /** Takes another channel to the same process into service; a worse one before it stands by for a while. */
  add(channel: SecureChannel): void {
    const path = new Path(channel, this.clock, this)
    const before = this.current
    const isAnew = this.session.numberedAs(channel.remote.streams)
    this.paths.add(path)
    this.session.choose()
    this.switchTo(path)
    if (rankOf(before.channel) === rankOf(channel)) path.replaces = before
    // The peer may have spoken here already.
    channel.attach(path)
    this.standDown(before, channel.connection.outbound)
    for (const old of this.paths) {
      // A peer that numbers anew has given up what is under way on its other paths.
      if (isAnew || (this.paths.size > MAX_PATHS && old !== before)) this.retire(old)
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
    this.sendAck()
    this.end(error, fault, () => channel.close(error, fault))
  }

  /** As `close`, in order: resolves when the peer has all that was sent, at the latest after `closeGraceMs`. */
  async leave(error: P2PError): Promise<void> {
    const {
      current: { channel },
      others,
    } = this
    // A goodbye on another path could overtake what is on its way on this one.
    for (const path of others) {
      path.keep()
      this.paths.delete(path)
    }
    this.sendAck()
    let left: Promise<void> | undefined
    this.end(error, false, () => {
      left = channel.leave(error)
    })
    await left
    // As spares: where the peer still reads our last words, a goodbye here would end what they come on.
    for (const path of others) path.channel.close(duplicate())
  }

  /** The peer is about to end a path. */
  goodbye(path: Path): void {
    // An acknowledgement on a path that is over, where another serves, would be lost.
    if (path === this.current) this.sendAck()
  }

  /** An entry has come. */
  receive(path: Path, kind: Entry, body: Uint8Array): void {
    if (this.gone) {
      // We have left, and the peer tells what has arrived.
      if (kind === Entry.ACK) this.session.outgoing.acknowledged(decodeAck(body))
      return
    }
    if (kind === Entry.MESSAGE || kind === Entry.SIGNED_MESSAGE) this.take(path, kind, body)
    else this.control(path, kind, body)
  }

  /** One message, in three steps: it is offered, its number is accounted for, it is delivered. */
  private take(path: Path, kind: MessageKind, entry: Uint8Array): void {
    const { incoming } = this.session
    const { inbox } = this.wiring
    const id = entry[0]!
    const bytes = entry.length - 1
    const refusal = path.refusals.get(id)
    if (refusal !== undefined) {
      inbox.dropped(refusal, bytes)
      if (refusal.isIgnored !== true) return
    }
    const number = path.incomingPlaces.nextOf(id)
    const stream = incoming.of(id)
    if (stream === undefined) throw violation('used a numbering that it has given up')
    if (refusal !== undefined && number > stream.lastReceived) {
      // Told again, lest a peer whose clock runs otherwise waits for ever.
      refusal.isIgnored = false
      this.sayRefused(path, id, number, Math.max(1, inbox.gate.pauseMs(refusal)), refusal)
      return
    }
    if (number <= stream.lastReceived) {
      if (refusal === undefined) inbox.bear(inbox.gate.cameInVain(bytes))
      path.incomingPlaces.set(id, number + 1)
      incoming.take(stream, number, bytes)
      return
    }
    const body = entry.subarray(1)
    let answer = inbox.offer(kind, body)
    if (isAccepted(answer) && id !== SHARED_STREAM && (answer.protocol ?? '') !== stream.protocol) {
      answer = violation("used another protocol's stream")
    }
    if (isAccepted(answer)) {
      path.incomingPlaces.set(id, number + 1)
      incoming.take(stream, number, bytes)
      inbox.deliver(answer, body)
    } else if (answer instanceof P2PError) {
      // Should the peer come back, the message counts as taken: it is not looked at again.
      incoming.take(stream, number, bytes)
      this.close(answer, true)
    } else this.refuse(path, stream, number, answer)
  }

  private control(path: Path, kind: Entry, body: Uint8Array): void {
    const { session } = this
    const { inbox, events, leads } = this.wiring
    inbox.bear(inbox.gate.controlEntry())
    if (kind === Entry.ACK) {
      session.outgoing.acknowledged(decodeAck(body))
      events.progressed()
    } else if (kind === Entry.REFUSED) {
      if (session.outgoing.refused(decodeRefused(body))) events.paused()
      events.progressed()
    } else if (kind === Entry.SEQUENCE) {
      if (path.changes === undefined) throw violation('numbered messages before it spoke there')
      const sequence = decodeSequence(body)
      session.incoming.begins(sequence, inbox.gate.burstOf(sequence.protocol))
      path.incomingPlaces.set(sequence.stream, sequence.number)
      const refusal = path.refusals.get(sequence.stream)
      if (refusal === undefined) return
      // One that comes before the pause is over was on its way, or ignores the refusal: what follows it is dropped and counted too.
      if (inbox.gate.pauseMs(refusal) > 0) refusal.isIgnored = true
      else path.refusals.delete(sequence.stream)
    } else {
      const changes = decodeSwitch(body)
      path.switchedTo(changes)
      const { replaces } = path
      // The peer has begun on this path before it heard of our choice, where its count is lower: it may have chosen the other one.
      if (replaces !== undefined && changes >= session.changes) {
        path.replaces = undefined
        // The end that dialled the new path ends the old one; the other end only makes sure.
        if (path.channel.connection.outbound) this.retire(replaces)
        else if (replaces !== this.current) replaces.endAfter(2 * this.limits.closeGraceMs)
      }
      const isLater = session.isLater(changes, leads)
      const before = this.current
      if (isLater && path !== before && path.open) {
        this.switchTo(path)
        // The peer ends the path that it has left; we only make sure.
        if (before !== this.current) this.standDown(before, false)
      }
    }
  }

  /** A budget of the peer's is used up: it is to send this message, and what follows it in its stream, again later. */
  private refuse(path: Path, stream: IncomingStream, number: number, refusal: GateRefusal): void {
    path.refusals.set(stream.id, this.wiring.inbox.gate.refusal(refusal, stream.protocol))
    this.sayRefused(path, stream.id, number, refusal.retryAfterMs, refusal)
  }

  private sayRefused(path: Path, stream: number, number: number, waitMs: number, { limit: budget }: GateRefusal): void {
    path.send(Entry.REFUSED, undefined, encodeRefused({ stream, number, waitMs, budget }))
  }

  /** A path that carries nothing may recover: one that stands by serves meanwhile, and the best one once it has recovered. */
  interrupted(path: Path, isInterrupted: boolean): void {
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
      this.standDown(before, outbound)
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

  /**
   * Ends a path that no longer serves after a while. One that is superfluous ends as soon as the peer has left it, see `replaces`:
   * no shorter time would do, for until then the peer may choose it.
   */
  private standDown(path: Path, dialled: boolean): void {
    // The path has ended meanwhile, perhaps with all others; or it serves again, for the one after it has ended at once.
    if (!this.paths.has(path) || path === this.current) return
    path.endAfter(this.limits.standbyMs * (dialled ? 1 : 2))
  }

  private retire(path: Path): void {
    if (path !== this.current) path.end()
  }

  /** Begins to speak on a path: with every message that the peer may not have. */
  private speakOn(path: Path): void {
    const { outgoing, incoming, changes } = this.session
    incoming.acknowledgeAll()
    outgoing.speakOn(path, changes)
    this.sendAck()
  }

  private sendAck(): void {
    const { current } = this
    if (!current.open) return
    const ack = this.session.incoming.takeAck()
    if (ack !== undefined) current.send(Entry.ACK, undefined, ack)
  }

  /** A path is over. */
  ended(path: Path, error: P2PError, fault: boolean): void {
    path.keep()
    this.paths.delete(path)
    const farewell = error.details.byPeer === true && !isAboutPathOnly(error)
    if (fault || farewell) {
      this.end(error, fault)
      return
    }
    if (path !== this.current) {
      if (error.code !== 'DUPLICATE_CONNECTION') this.wiring.events.spareLost()
      return
    }
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
    this.session.suspend()
    const others = [...this.paths]
    this.paths.clear()
    sayGoodbye()
    for (const path of others) {
      path.keep()
      // One on which we leave is ended by the peer.
      if (path.open) path.channel.close(error)
    }
    this.wiring.events.gone(error, fault)
  }
}
