import { Alarm } from '../../base/alarm.js'
import { joined } from '../../base/bytes.js'
import type { Clock } from '../../base/clock.js'
import { violation } from '../../base/errors.js'
import type { Limits } from '../../base/limits.js'
import type { Entry } from '../../channel/batch.js'
import type { GateRefusal } from '../../defence/gate.js'

/** Entries that carry a message. */
export type MessageKind = typeof Entry.MESSAGE | typeof Entry.SIGNED_MESSAGE

/** A message that was sent and that the peer has not acknowledged. */
export interface SentMessage {
  /** Its place in our stream to this peer, from 1 on. */
  readonly number: number
  readonly kind: MessageKind
  readonly head: Uint8Array | undefined
  readonly body: Uint8Array
  /** Whether it outlives the connection: it is sent again on the next one to the same process. */
  readonly lasting: boolean
  /** Called once: with true when the peer has the message, with false when it was given up. */
  readonly onSettled: ((delivered: boolean) => void) | undefined
}

const STREAM_ID_BYTES = 8
const NUMBER_BYTES = 6
const CHANGES_BYTES = 4
/** Characters of a limit's name in a refusal. */
const MAX_LIMIT_NAME = 64
/** Bytes received after which an acknowledgement goes out at once. */
const ACK_BYTES = 262_144
/** Messages received after which an acknowledgement goes out at once. */
const ACK_MESSAGES = 256

/**
 * What two processes have said to each other, whatever paths carried it: messages are numbered, acknowledged, and sent
 * again on the next path, and a receiver that gets one twice takes it once. So a path may change or break at any moment, and
 * nothing is lost, doubled or reordered.
 *
 * The idea is that of TCP's sequence numbers (RFC 9293 §3.4), and of XMPP stream management (XEP-0198).
 */
export class Session {
  /** Names our stream, so that a peer never takes a new one for the old one. */
  readonly streamId: Uint8Array = crypto.getRandomValues(new Uint8Array(STREAM_ID_BYTES))
  /** Messages that the peer has acknowledged, since the beginning. */
  delivered = 0
  private nextNumber = 1
  private sent: SentMessage[] = []
  private first = 0
  private sentBytes = 0
  private theirStream: Uint8Array | undefined
  private received = 0
  private unackedMessages = 0
  private unackedBytes = 0
  private readonly ackDue: Alarm
  /** Until when the peer takes nothing, by our clock, and which limit was reached. */
  private pausedUntil = Number.NEGATIVE_INFINITY
  pausedBy = ''
  /** Path changes, by whichever end: of two choices the later one holds (a clock as of Lamport, 1978). */
  private changes = 0

  constructor(
    private readonly clock: Clock,
    private readonly limits: Limits,
    /** Sends an acknowledgement: no message has gone out that it could have gone before. */
    public onAckDue: () => void = () => {},
  ) {
    this.ackDue = new Alarm(clock, () => this.onAckDue())
  }

  /** Bytes sent and not yet acknowledged. */
  get waitingBytes(): number {
    return this.sentBytes
  }

  get waiting(): number {
    return this.sent.length - this.first
  }

  /** Remembers a message that has just been given to a path. */
  remember(
    kind: MessageKind,
    head: Uint8Array | undefined,
    body: Uint8Array,
    lasting: boolean,
    onSettled: SentMessage['onSettled'],
  ): void {
    this.sent.push({ number: this.nextNumber++, kind, head, body, lasting, onSettled })
    this.sentBytes += body.length
  }

  /** Milliseconds for which the peer takes nothing yet; 0 where it does. */
  get pausedMs(): number {
    return this.pausedUntil === Number.NEGATIVE_INFINITY ? 0 : Math.max(0, this.pausedUntil - this.clock.now())
  }

  /** Ends the pause. */
  goOn(): void {
    this.pausedUntil = Number.NEGATIVE_INFINITY
  }

  /**
   * The body of a REFUSED entry: their stream, the number of the first message not taken, milliseconds to wait, and the name of
   * the limit in UTF-8.
   */
  refusal({ next }: IncomingNumbers, { retryAfterMs, limit }: GateRefusal): Uint8Array {
    const name = new TextEncoder().encode(limit.slice(0, MAX_LIMIT_NAME))
    return joined(numbered(this.theirStream!, next, retryAfterMs), name)
  }

  /**
   * Takes the peer's REFUSED: messages before the one that it names are acknowledged, and the rest waits.
   *
   * @returns milliseconds to wait; undefined where the refusal is about a stream that we have given up.
   * @throws P2PError PROTOCOL_VIOLATION.
   */
  refused(body: Uint8Array): number | undefined {
    const end = STREAM_ID_BYTES + NUMBER_BYTES + CHANGES_BYTES
    if (body.length < end || body.length > end + 4 * MAX_LIMIT_NAME) throw violation('sent a malformed entry')
    const [stream, number] = readNumbered(body.subarray(0, end), CHANGES_BYTES)
    if (!same(stream, this.streamId)) return undefined
    if (number === 0 || number >= this.nextNumber) throw violation('refused what was never sent')
    const waitMs = new DataView(body.buffer, body.byteOffset).getUint32(STREAM_ID_BYTES + NUMBER_BYTES)
    this.settleUpTo(number - 1)
    const pausedMs = Math.min(Math.max(1, waitMs), this.limits.maxRefusalMs)
    this.pausedUntil = this.clock.now() + pausedMs
    this.pausedBy = new TextDecoder()
      .decode(body.subarray(end))
      .slice(0, MAX_LIMIT_NAME)
      .replace(/[^\w ./-]/g, '?')
    return pausedMs
  }

  /** What a new path has to carry first, oldest first. */
  *unacknowledged(): Generator<SentMessage> {
    for (let i = this.first; i < this.sent.length; i++) yield this.sent[i]!
  }

  /** The number of the next message. */
  get next(): number {
    return this.nextNumber
  }

  /** The body of a SEQUENCE entry: our stream, the number of the message that follows, and our count of path changes. */
  sequence(next: number): Uint8Array {
    return numbered(this.streamId, next, this.changes)
  }

  /** The body of an ACK entry; undefined where there is nothing new to acknowledge. */
  takeAck(force = false): Uint8Array | undefined {
    if (this.theirStream === undefined || (this.unackedMessages === 0 && !force)) return undefined
    this.unackedMessages = 0
    this.unackedBytes = 0
    this.ackDue.disarm()
    return numbered(this.theirStream, this.received)
  }

  /** Takes the peer's ACK. @throws P2PError PROTOCOL_VIOLATION where it acknowledges what was never sent. */
  acknowledged(body: Uint8Array): void {
    const [stream, number] = readNumbered(body)
    // The acknowledgement is for a stream that we have given up.
    if (!same(stream, this.streamId)) return
    if (number >= this.nextNumber) throw violation('acknowledged what was never sent')
    this.settleUpTo(number)
  }

  private settleUpTo(number: number): void {
    while (this.first < this.sent.length && this.sent[this.first]!.number <= number) {
      const message = this.sent[this.first++]!
      this.sentBytes -= message.body.length
      this.delivered++
      message.onSettled?.(true)
    }
    if (this.first === this.sent.length) {
      this.sent = []
      this.first = 0
    } else if (this.first > 1_024) {
      this.sent = this.sent.slice(this.first)
      this.first = 0
    }
  }

  /** Takes the peer's SEQUENCE on some path. @returns what numbers the messages after it there. @throws P2PError PROTOCOL_VIOLATION. */
  begins(body: Uint8Array): IncomingNumbers {
    const [stream, next] = readNumbered(body, CHANGES_BYTES)
    if (next === 0) throw violation('numbered a message 0')
    if (this.theirStream === undefined || !same(stream, this.theirStream)) {
      this.theirStream = stream.slice()
      this.received = next - 1
    }
    return { stream: this.theirStream, next }
  }

  /** Counts a change of path that is our choice. */
  choose(): void {
    this.changes++
  }

  /** Whether the peer's choice, told in its SEQUENCE, came after ours; where both chose at once, one end `leads`. */
  isLater(body: Uint8Array, leads: boolean): boolean {
    const theirs = new DataView(body.buffer, body.byteOffset, body.length).getUint32(STREAM_ID_BYTES + NUMBER_BYTES)
    const later = theirs > this.changes || (theirs === this.changes && !leads)
    this.changes = Math.max(this.changes, theirs)
    return later
  }

  /** Whether the next message of a path is one that we have not had. */
  isNew({ stream, next }: IncomingNumbers): boolean {
    return stream === this.theirStream && next > this.received
  }

  /** Whether a message is to be delivered; false for one that has come by another path, or that the sender has given up. */
  accept(numbers: IncomingNumbers, bytes: number): boolean {
    const number = numbers.next++
    if (numbers.stream !== this.theirStream) return false
    const isNew = number > this.received
    if (isNew) this.received = number
    this.unackedMessages++
    this.unackedBytes += bytes
    if (this.unackedBytes >= ACK_BYTES || this.unackedMessages >= ACK_MESSAGES) this.onAckDue()
    else this.ackDue.armOnce(this.limits.ackDelayMs)
    return isNew
  }

  /** The connection is over: messages that do not outlast it are given up, and the rest waits for the peer. */
  suspend(): void {
    this.ackDue.disarm()
    this.onAckDue = () => {}
    const all = this.sent.slice(this.first)
    this.sent = all.filter(({ lasting }) => lasting)
    this.first = 0
    this.sentBytes = this.sent.reduce((sum, { body }) => sum + body.length, 0)
    for (const message of all) if (!message.lasting) message.onSettled?.(false)
  }

  /** Gives up one message; false where it is acknowledged already. */
  giveUp(onSettled: SentMessage['onSettled']): boolean {
    const index = this.sent.findIndex((message, i) => i >= this.first && message.onSettled === onSettled)
    if (index === -1) return false
    const [message] = this.sent.splice(index, 1)
    this.sentBytes -= message!.body.length
    return true
  }

  /** Gives up every message: the peer was away for too long. */
  giveUpAll(): void {
    const all = this.sent.slice(this.first)
    this.sent = []
    this.first = 0
    this.sentBytes = 0
    for (const { onSettled } of all) onSettled?.(false)
  }

  /** Ends the session: the peer's process is gone. */
  end(): void {
    this.suspend()
    this.giveUpAll()
  }
}

/** Where one path stands in the peer's stream. */
export interface IncomingNumbers {
  readonly stream: Uint8Array
  next: number
}

function numbered(stream: Uint8Array, number: number, changes?: number): Uint8Array {
  const body = new Uint8Array(STREAM_ID_BYTES + NUMBER_BYTES + (changes === undefined ? 0 : CHANGES_BYTES))
  body.set(stream)
  const view = new DataView(body.buffer)
  view.setUint16(STREAM_ID_BYTES, Math.floor(number / 2 ** 32))
  view.setUint32(STREAM_ID_BYTES + 2, number % 2 ** 32)
  if (changes !== undefined) view.setUint32(STREAM_ID_BYTES + NUMBER_BYTES, changes)
  return body
}

function readNumbered(body: Uint8Array, more = 0): [stream: Uint8Array, number: number] {
  const length = STREAM_ID_BYTES + NUMBER_BYTES + more
  if (body.length !== length) throw violation('sent a malformed entry')
  const view = new DataView(body.buffer, body.byteOffset, body.length)
  const number = view.getUint16(STREAM_ID_BYTES) * 2 ** 32 + view.getUint32(STREAM_ID_BYTES + 2)
  return [body.subarray(0, STREAM_ID_BYTES), number]
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, i) => byte === b[i])
}
