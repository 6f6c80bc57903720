import { Alarm } from '../../base/alarm.js'
import { type Clock, elapsed } from '../../base/clock.js'
import { violation } from '../../base/errors.js'
import { LazySet } from '../../base/lazy-map.js'
import type { Limits } from '../../base/limits.js'
import { newSlab, type Slab } from '../../base/slab.node.js'
import { Entry } from '../../channel/batch.js'
import type { Repetition } from './repetition.js'
import { encodeSequence, encodeSwitch, MAX_STREAMS, type Place, type Refused, SHARED_STREAM } from './stream-entries.js'

/** Entries that carry a message. */
export type MessageKind = Entry.MESSAGE | Entry.SIGNED_MESSAGE

/** What counts the messages that are under way within one budget. */
export interface InFlight {
  /** So many bytes of one message more, or, below zero, less. */
  changed(messages: number, bytes: number): void
}

/** Hears what has become of a message: true once the peer has it. */
export type Settled = (delivered: boolean) => void

/** A message to one peer; kept until the peer has acknowledged it. */
export interface SentMessage {
  readonly kind: MessageKind
  /** The stream (1 byte), and the signature where there is one. */
  readonly head: Uint8Array
  readonly body: Uint8Array
  /** Whether it outlives the connection: it is sent again on the next one to the same process. */
  readonly lasting: boolean
  readonly budget: InFlight
  /** Called once: with true when the peer has the message, with false when it was given up. */
  readonly onSettled: Settled | undefined
  /** Its place in its stream, from 1 on; 0 until it has one. */
  number: number
  /** Its place among the messages of all streams. */
  order: number
  /** The path on which it was last sent again; 0: none. */
  repeatedOn: number
}

/** Unacknowledged messages from which on those that follow share memory: few are not worth the rest of a slab. */
const SLAB_FROM = 64
const NONE: SentMessage[] = []
const HEADS: Uint8Array[] = []

/** The messages of one protocol to one peer. */
export class OutgoingStream {
  /** The number of the next message. */
  next = 1
  /** Numbers that were given up. */
  givenUp = 0
  /** Bytes that the peer has not acknowledged. */
  bytes = 0
  /** Until when the peer takes nothing of the stream, by our clock. */
  pausedUntil = Number.NEGATIVE_INFINITY
  /** Which of the peer's budgets is used up. */
  pausedBy = ''
  /** Refusals since the last acknowledgement. */
  refusals = 0
  /** Not acknowledged, oldest first; those before `first` are. */
  sent: SentMessage[] = NONE
  first = 0
  /** The first in `sent` that is not on its way on the present path. */
  cursor = 0
  /** Holds the bodies of messages where many wait for their acknowledgements, which come in the same order. */
  slab: Slab | undefined
  /** The number that the peer expects next on the present path; 0: it needs a SEQUENCE. */
  expected = 0
  constructor(
    readonly id: number,
    readonly protocol: string,
  ) {}

  /** The head of an unsigned message: one for all peers. */
  get head(): Uint8Array {
    HEADS[this.id] ??= Uint8Array.of(this.id)
    return HEADS[this.id]!
  }

  /** Whether a new message may follow at once: nothing before it waits. */
  get isReady(): boolean {
    return this.cursor === this.sent.length && this.pausedUntil === Number.NEGATIVE_INFINITY
  }
}

/** What a path does for the streams. */
export interface OutgoingPath {
  readonly open: boolean
  send(kind: Entry, head: Uint8Array | undefined, body: Uint8Array): void
}

/**
 * The numbering of what we send: messages are kept until the peer has acknowledged them, and sent again after a refusal and on
 * each new path. What is sent again keeps the order that messages of different streams had.
 */
export class Outgoing {
  /** Messages that the peer has acknowledged, since the beginning. */
  delivered = 0
  /** Bytes that it has not acknowledged. */
  bytes = 0
  /** Messages that it has not acknowledged. */
  waiting = 0
  private streams: OutgoingStream[] = [new OutgoingStream(SHARED_STREAM, '')]
  private path: OutgoingPath | undefined
  /** Paths that we have spoken on. */
  private paths = 0
  private order = 0
  /** Streams whose messages wait to be sent again, or whose pause runs. */
  private readonly behind = new LazySet<OutgoingStream>()
  private readonly alarm: Alarm

  /**
   * @param repetition what may be sent again: the same for every process of the peer.
   * @param onProgress a stream is ready again, or the peer has acknowledged something.
   */
  constructor(
    private readonly clock: Clock,
    private readonly limits: Limits,
    readonly repetition: Repetition,
    private readonly onProgress: () => void,
  ) {
    this.alarm = new Alarm(clock, () => this.goOn())
  }

  /** Whether all that has a number is on its way. */
  get isIdle(): boolean {
    return this.behind.size === 0
  }

  /** Whether the numbers of a stream come to their end. */
  get isWorn(): boolean {
    return this.streams.some(({ next }) => next > 2 ** 47)
  }

  /**
   * The stream of a protocol.
   *
   * @param protocol undefined: that of messages without a protocol.
   * @param isServed whether the peer serves the protocol: what it does not serve shares a stream, so that names cost nothing.
   */
  streamOf(protocol: string | undefined, isServed: boolean): OutgoingStream {
    const { streams } = this
    if (!isServed) return streams[SHARED_STREAM]!
    const known = streams.find((stream) => stream.id !== SHARED_STREAM && stream.protocol === (protocol ?? ''))
    if (known !== undefined) return known
    if (streams.length === MAX_STREAMS) return streams[SHARED_STREAM]!
    const stream = new OutgoingStream(streams.length, protocol ?? '')
    // An array that grows in place has room for sixteen more.
    this.streams = [...streams, stream]
    return stream
  }

  /** Gives a message its number and sends it, behind those of its stream that wait. */
  send(stream: OutgoingStream, message: SentMessage): void {
    const { length } = message.body
    const { isReady } = stream
    message.number = stream.next++
    message.order = this.order++
    // Remembered before it leaves: the path may break within the call, and the next one begins with it.
    if (stream.sent === NONE) stream.sent = []
    stream.sent.push(message)
    if (stream.sent.length - stream.first >= SLAB_FROM) stream.slab ??= newSlab?.()
    stream.bytes += length
    this.bytes += length
    this.waiting++
    message.budget.changed(1, length)
    if (!isReady) return
    stream.cursor++
    this.transmit(stream, message)
  }

  /** Speaks on another path from here on. @param changes of the path, by both ends. */
  speakOn(path: OutgoingPath, changes: number): void {
    this.path = path
    this.paths++
    this.repetition.begin()
    for (const stream of this.streams) {
      stream.expected = 0
      this.rewind(stream)
    }
    path.send(Entry.SWITCH, undefined, encodeSwitch(changes))
    this.repeat()
  }

  /** Takes the peer's ACK. @throws P2PError PROTOCOL_VIOLATION where it acknowledges what was never sent. */
  acknowledged(places: readonly Place[]): void {
    for (const place of places) this.settleUpTo(this.sentAt(place, 'has acknowledged'), place.number)
    this.repeat()
  }

  /**
   * Takes the peer's REFUSED: messages before the one that it names are acknowledged, and the rest waits.
   *
   * @returns whether the stream pauses: not for a message that has come since by another path.
   * @throws P2PError PROTOCOL_VIOLATION.
   */
  refused(refused: Refused): boolean {
    const stream = this.sentAt(refused, 'refused')
    const taken = stream.sent[stream.first]?.number ?? stream.next
    this.settleUpTo(stream, refused.number - 1)
    // The peer drops what follows on this path until a SEQUENCE, also where it has taken the message by another path since.
    stream.expected = 0
    this.rewind(stream)
    if (refused.number < taken) {
      this.repeat()
      return false
    }
    const { maxRefusalMs } = this.limits
    // A peer that goes on refusing is asked less and less often.
    const pauseMs = Math.min(Math.max(1, refused.waitMs) * 2 ** stream.refusals++, maxRefusalMs)
    stream.pausedUntil = elapsed(this.clock) + pauseMs
    stream.pausedBy = refused.budget
    this.behind.add(stream)
    this.repeat()
    return true
  }

  /** The connection is over: messages that do not outlast it are given up, and the rest waits for the peer. */
  suspend(): void {
    this.path = undefined
    this.alarm.disarm()
    this.giveUp(({ lasting }) => !lasting)
  }

  /** Gives up messages. @returns how many. */
  giveUp(which: (message: SentMessage) => boolean): number {
    const given: SentMessage[] = []
    for (const stream of this.streams) {
      const before = given.length
      const { cursor } = stream
      let ahead = 0
      const kept = stream.sent.filter((message, i) => {
        if (i < stream.first) return false
        if (which(message)) {
          given.push(message)
          this.forget(stream, message)
          return false
        }
        if (i < cursor) ahead++
        return true
      })
      stream.givenUp += given.length - before
      stream.sent = kept.length === 0 ? NONE : kept
      stream.first = 0
      stream.cursor = ahead
    }
    for (const { onSettled } of given) onSettled?.(false)
    return given.length
  }

  /** Sends again what may go: in the order of all streams, as far as none of them pauses. */
  private repeat(): void {
    const now = elapsed(this.clock)
    while (this.path?.open === true) {
      let next: OutgoingStream | undefined
      let wakeAt = Number.POSITIVE_INFINITY
      for (const stream of this.behind) {
        if (stream.pausedUntil > now) wakeAt = Math.min(wakeAt, stream.pausedUntil)
        else {
          stream.pausedUntil = Number.NEGATIVE_INFINITY
          if (stream.isReady) this.behind.delete(stream)
          else if (next === undefined || orderOf(stream) < orderOf(next)) next = stream
        }
      }
      const bytes = next === undefined ? 0 : next.sent[next.cursor]!.body.length
      const waitMs = next === undefined ? 0 : this.repetition.waitMs(now, bytes)
      if (next === undefined || waitMs > 0) {
        this.alarm.arm(Math.min(wakeAt - now, next === undefined ? Number.POSITIVE_INFINITY : waitMs))
        return
      }
      const sent = next.sent[next.cursor++]!
      sent.repeatedOn = this.paths
      this.repetition.repeated(bytes)
      this.transmit(next, sent)
    }
  }

  private goOn(): void {
    this.repeat()
    this.onProgress()
  }

  private transmit(stream: OutgoingStream, { kind, number, head, body }: SentMessage): void {
    const { path } = this
    if (path === undefined) return
    // A new path, and numbers that were given up.
    if (stream.expected !== number) {
      const { id, givenUp, protocol } = stream
      path.send(Entry.SEQUENCE, undefined, encodeSequence({ stream: id, number, givenUp, protocol }))
    }
    stream.expected = number + 1
    path.send(kind, head, body)
  }

  /** All of the stream that is not acknowledged has to be sent again. */
  private rewind(stream: OutgoingStream): void {
    for (let i = stream.first; i < stream.cursor; i++) {
      const sent = stream.sent[i]!
      if (sent.repeatedOn !== this.paths) continue
      sent.repeatedOn = 0
      this.repetition.forgotten(sent.body.length)
    }
    stream.cursor = stream.first
    if (!stream.isReady) this.behind.add(stream)
  }

  /** @throws P2PError PROTOCOL_VIOLATION where there was never such a message. */
  private sentAt({ stream: id, number }: Place, did: string): OutgoingStream {
    const stream = this.streams[id]
    if (stream === undefined || number === 0 || number >= stream.next) throw violation(`${did} what was never sent`)
    return stream
  }

  private settleUpTo(stream: OutgoingStream, number: number): void {
    while (stream.first < stream.sent.length && stream.sent[stream.first]!.number <= number) {
      const sent = stream.sent[stream.first++]!
      const { length } = sent.body
      this.forget(stream, sent, false)
      this.repetition.acknowledged(length, sent.repeatedOn === this.paths)
      stream.refusals = 0
      this.delivered++
      sent.onSettled?.(true)
    }
    stream.cursor = Math.max(stream.cursor, stream.first)
    const { first } = stream
    if (first < stream.sent.length && first <= 1_024) return
    stream.cursor -= first
    stream.first = 0
    stream.sent = first === stream.sent.length ? NONE : stream.sent.slice(first)
  }

  /** A message is kept no longer. */
  private forget(stream: OutgoingStream, { body, budget, repeatedOn }: SentMessage, isGivenUp = true): void {
    const { length } = body
    stream.bytes -= length
    this.bytes -= length
    this.waiting--
    budget.changed(-1, -length)
    if (isGivenUp && repeatedOn === this.paths) this.repetition.forgotten(length)
  }
}

function orderOf({ sent, cursor }: OutgoingStream): number {
  return sent[cursor]!.order
}
