import { Alarm } from '../../base/alarm.js'
import type { Clock } from '../../base/clock.js'
import { violation } from '../../base/errors.js'
import type { Limits } from '../../base/limits.js'
import { encodeAck, MAX_NUMBER, type Place, type Sequence } from './stream-entries.js'

/** Bytes of a stream after which an acknowledgement goes out at once. */
const ACK_BYTES = 262_144
/** Messages of a stream after which an acknowledgement goes out at once. */
const ACK_MESSAGES = 256
/** Messages, a kibibyte counting as one more, from which on an acknowledgement goes with the next message of ours. */
const ACK_ALONG = 16

/** What has come of one of the peer's streams, by whatever path. */
export class IncomingStream {
  /** How many numbers below `received` were given up without having come. */
  missed = 0
  unackedMessages = 0
  unackedBytes = 0
  /** Whether something has come since the last acknowledgement. */
  isDue = false

  /**
   * @param lastReceived the number up to which all has arrived, or was given up.
   * @param ackEvery messages after which an acknowledgement goes out at once.
   */
  constructor(
    readonly id: number,
    readonly protocol: string,
    public lastReceived: number,
    readonly ackEvery: number,
  ) {}
}

/** Where one path stands in the peer's streams. */
export class IncomingPlaces {
  /** By stream: the number of the next message here; 0 or absent until its SEQUENCE. */
  private next: number[] = []

  /** The number of the next message. @throws P2PError PROTOCOL_VIOLATION where the peer has told none, or has used up all numbers. */
  nextOf(stream: number): number {
    const next = this.next[stream] ?? 0
    if (next === 0) throw violation('sent a message without a number')
    if (next > MAX_NUMBER) throw violation('sent a message whose number is too large')
    return next
  }

  set(stream: number, next: number): void {
    if (stream >= this.next.length) this.next = grown(this.next, stream, 0)
    this.next[stream] = next
  }

  /** The peer speaks here anew: each stream needs a SEQUENCE. */
  clear(): void {
    this.next = []
  }
}

/** The numbering of what the peer sends: each message is taken once, in the order of its stream, and acknowledged. */
export class Incoming {
  private streams: (IncomingStream | undefined)[] = []
  private due: IncomingStream[] = []
  /** What has come since the last acknowledgement, as ACK_ALONG counts. */
  private owed = 0
  private readonly ackDue: Alarm

  /** @param onAckDue sends an acknowledgement: no message has gone out that it could have gone with. */
  constructor(
    clock: Clock,
    private readonly limits: Limits,
    private readonly onAckDue: () => void,
  ) {
    this.ackDue = new Alarm(clock, onAckDue)
  }

  of(stream: number): IncomingStream | undefined {
    return this.streams[stream]
  }

  /**
   * The peer's SEQUENCE: numbers that the peer has given up are passed over.
   *
   * @param burst how many messages of the protocol the peer may have unacknowledged. Once it has, it waits for us.
   * @throws P2PError PROTOCOL_VIOLATION.
   */
  begins({ stream: id, number, givenUp, protocol }: Sequence, burst: number): void {
    const stream = this.streams[id]
    if (stream === undefined) {
      // We may have forgotten what was before, and do not know which of it was given up.
      const ackEvery = Math.ceil(Math.min(ACK_MESSAGES, burst / 4))
      if (id >= this.streams.length) this.streams = grown(this.streams, id, undefined)
      this.streams[id] = new IncomingStream(id, protocol, number - 1, ackEvery)
      return
    }
    if (stream.protocol !== protocol) throw violation('gave a stream to another protocol')
    const gap = number - 1 - stream.lastReceived
    if (gap <= 0) return
    if (stream.missed + gap > givenUp) throw violation('left out messages that it has not given up')
    stream.missed += gap
    stream.lastReceived = number - 1
  }

  /** Accounts for a message, also for one that has come before. */
  take(stream: IncomingStream, number: number, bytes: number): void {
    if (number > stream.lastReceived) stream.lastReceived = number
    stream.unackedMessages++
    stream.unackedBytes += bytes
    this.owed += 1 + (bytes >> 10)
    this.mark(stream)
    if (stream.unackedMessages >= stream.ackEvery || stream.unackedBytes >= ACK_BYTES) this.onAckDue()
    else this.ackDue.armOnce(this.limits.ackDelayMs)
  }

  /** Whether an acknowledgement is worth its bytes beside a message that goes out anyway. */
  get owesAck(): boolean {
    return this.owed >= ACK_ALONG
  }

  /** The body of an ACK of all that has come since the last; undefined where nothing has. */
  takeAck(): Uint8Array | undefined {
    const { due } = this
    if (due.length === 0) return undefined
    this.due = []
    this.owed = 0
    this.ackDue.disarm()
    return encodeAck(due.map((stream) => acknowledged(stream)))
  }

  /** Acknowledges all streams once more: the acknowledgements of a path that broke may be lost. */
  acknowledgeAll(): void {
    for (const stream of this.streams) if (stream !== undefined && stream.lastReceived > 0) this.mark(stream)
  }

  /** The peer numbers anew. */
  reset(): void {
    this.streams = []
    this.rest()
  }

  /** No acknowledgement goes out until something comes. */
  rest(): void {
    for (const stream of this.due) acknowledged(stream)
    this.due = []
    this.owed = 0
    this.ackDue.disarm()
  }

  private mark(stream: IncomingStream): void {
    if (stream.isDue) return
    stream.isDue = true
    this.due.push(stream)
  }
}

/** The list with a place for this index too, and for no more: one that grows in place has room for sixteen more. */
function grown<T>(list: readonly T[], index: number, none: T): T[] {
  return Array.from({ length: index + 1 }, (_, i) => list[i] ?? none)
}

function acknowledged(stream: IncomingStream): Place {
  stream.isDue = false
  stream.unackedMessages = 0
  stream.unackedBytes = 0
  return { stream: stream.id, number: stream.lastReceived }
}
