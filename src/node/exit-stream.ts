import { Alarm } from '../base/alarm.js'
import { joined } from '../base/bytes.js'
import { type Clock, elapsed } from '../base/clock.js'
import { CellOrder, FrameReader, framed } from '../onion/cell-order.js'
import { ANSWER_PART_BYTES, AnswerStatus, answerContents } from '../onion/exit-messages.js'
import {
  type BackCell,
  CellEnd,
  encodeBackCell,
  type ForwardCell,
  MAX_CELLS_UNDER_WAY,
  messageIdOf,
} from '../onion/stream-messages.js'
import { ExitCircuit } from './exit-circuit.js'
import type { OwnHandlers } from './own-handlers.js'

/** Bytes of a cell's head: the array, numbers, and the head of the bytes. */
const CELL_OVERHEAD = 32
const CELL_BYTES = ANSWER_PART_BYTES - CELL_OVERHEAD
/** How long an acknowledgement waits for a cell that it can go with. */
const ACK_MS = 20
const MIN_RESEND_MS = 1_000
const FIRST_RTT_MS = 1_000
const MAX_TRIES = 6
/** How long a reply block serves: its maker forgets the keys after 15 minutes. */
const SURB_MS = 780_000
/** Reply blocks that one stream keeps. */
const MAX_CREDIT = 64
/** After so long without a word from the caller a stream ends, and where cells are under way. */
const IDLE_MS = 300_000
const SILENT_MS = 60_000
/** How long a stream that has ended still acknowledges what comes again. */
const LINGER_MS = 30_000
/** Bytes for the called peer that wait here: beyond, cells are not acknowledged, and come again. */
const MAX_BUFFERED = 262_144

interface SentCell {
  bytes: Uint8Array
  end: CellEnd
  sentAt: number
  tries: number
}

export interface ExitStreamOptions {
  clock: Clock
  own: OwnHandlers
  /** 16 bytes. */
  stream: Uint8Array
  /** Sends a content by a reply block. */
  sendBy(surb: Uint8Array, content: Uint8Array): void
  onEnd(): void
}

/**
 * A stream at the exit: between cells of a caller that it does not know and a circuit to a peer that is connected here. It sends back only
 * what it has reply blocks for.
 */
export class ExitStream {
  private readonly circuit: ExitCircuit
  private readonly order = new CellOrder()
  private readonly reader = new FrameReader()
  /** Frames of the called peer, as they stand in the stream, and what is left of the first one. */
  private readonly waiting: { frame: Uint8Array; left: Uint8Array }[] = []
  private readonly underWay = new Map<number, SentCell>()
  private readonly surbs: { surb: Uint8Array; at: number }[] = []
  private number = 0
  private rttMs = FIRST_RTT_MS
  private heardAt: number
  /** How the stream ends on the way back, once what waits has gone. */
  private end: CellEnd = CellEnd.NO
  private hasSentEnd = false
  private isOver = false
  private readonly acknowledge: Alarm
  private readonly resend: Alarm
  private readonly watch: Alarm

  constructor(private readonly options: ExitStreamOptions) {
    const { clock, own } = options
    this.heardAt = elapsed(clock)
    this.circuit = new ExitCircuit(own, {
      frame: (frame) => {
        this.waiting.push({ frame, left: framed(frame) })
        this.pump()
      },
      ended: (code) => {
        this.end = code === undefined ? CellEnd.ORDERLY : CellEnd.LOST
        this.pump()
      },
    })
    this.acknowledge = new Alarm(clock, () => this.sayAck())
    this.resend = new Alarm(clock, () => this.sendAgain())
    this.watch = new Alarm(clock, () => this.look())
    this.watch.arm(SILENT_MS)
  }

  /** @throws P2PError as `ExitCircuit.open`. */
  async open(target: string, frame: Uint8Array): Promise<void> {
    try {
      await this.circuit.open(target, frame)
    } catch (error) {
      this.finish()
      throw error
    }
  }

  /** Reply blocks that the caller has sent. */
  credit(surbs: readonly Uint8Array[]): void {
    const at = elapsed(this.options.clock)
    for (const surb of surbs.slice(0, MAX_CREDIT - this.surbs.length)) this.surbs.push({ surb, at })
    this.pump()
  }

  take({ number, ack, end, bytes }: ForwardCell, surbs: readonly Uint8Array[]): void {
    const now = elapsed(this.options.clock)
    this.heardAt = now
    for (const [sent, cell] of this.underWay) {
      if (sent >= ack) continue
      this.underWay.delete(sent)
      // Karn's rule: one that was sent twice tells nothing of the time.
      if (cell.tries === 1) this.rttMs += (now - cell.sentAt - this.rttMs) / 8
    }
    if (this.circuit.bufferedBytes <= MAX_BUFFERED) {
      try {
        for (const ready of this.order.take(number, { bytes, end })) this.pass(ready)
      } catch {
        // No honest caller frames its stream so.
        this.circuit.close('PROTOCOL_VIOLATION')
        this.end = CellEnd.LOST
      }
      this.acknowledge.armOnce(ACK_MS)
    }
    this.credit(surbs)
    this.arm()
  }

  /** The exit ends: the called peer is told. */
  close(): void {
    this.circuit.close('SHUT_DOWN')
    this.finish()
  }

  private pass({ bytes, end }: { bytes: Uint8Array; end: CellEnd }): void {
    for (const frame of this.reader.push(bytes)) this.circuit.send(frame)
    if (end === CellEnd.NO) return
    this.circuit.close(end === CellEnd.LOST ? 'CONNECTION_LOST' : undefined)
    // There is nobody for what waits; the acknowledgement of the end is what the caller wants.
    this.waiting.length = 0
    this.underWay.clear()
    this.hasSentEnd = true
    this.watch.arm(LINGER_MS)
  }

  /** Sends what there are reply blocks for. */
  private pump(): void {
    while (!this.isOver && this.underWay.size < MAX_CELLS_UNDER_WAY) {
      const owesEnd = this.end !== CellEnd.NO && !this.hasSentEnd
      if (this.waiting.length === 0 && !owesEnd) break
      const surb = this.nextSurb()
      if (surb === undefined) break
      const bytes = this.cut()
      const isLast = owesEnd && this.waiting.length === 0
      if (isLast) this.hasSentEnd = true
      const cell = { bytes, end: isLast ? this.end : CellEnd.NO, sentAt: elapsed(this.options.clock), tries: 1 }
      this.underWay.set(this.number, cell)
      this.say(surb, this.number++, cell)
    }
    this.arm()
  }

  private cut(): Uint8Array {
    const parts: Uint8Array[] = []
    for (let room = CELL_BYTES; room > 0 && this.waiting.length > 0; ) {
      const first = this.waiting[0]!
      const part = first.left.subarray(0, room)
      parts.push(part)
      room -= part.length
      first.left = first.left.subarray(part.length)
      if (first.left.length > 0) break
      this.waiting.shift()
      this.circuit.consumed(first.frame)
    }
    return joined(...parts)
  }

  private sayAck(): void {
    const surb = this.nextSurb()
    if (surb !== undefined) this.say(surb, null, { bytes: new Uint8Array(0), end: CellEnd.NO })
  }

  private say(surb: Uint8Array, number: number | null, { bytes, end }: Pick<BackCell, 'bytes' | 'end'>): void {
    this.acknowledge.disarm()
    const { stream, sendBy } = this.options
    const part = encodeBackCell({ number, ack: this.order.next, credit: this.surbs.length, end, bytes })
    const [content] = answerContents(messageIdOf(stream), AnswerStatus.CELL, part)
    sendBy(surb, content!)
  }

  private nextSurb(): Uint8Array | undefined {
    const since = elapsed(this.options.clock) - SURB_MS
    for (let first = this.surbs.shift(); first !== undefined; first = this.surbs.shift()) if (first.at >= since) return first.surb
    return undefined
  }

  private get patienceMs(): number {
    return Math.max(MIN_RESEND_MS, 2 * this.rttMs)
  }

  private sendAgain(): void {
    const now = elapsed(this.options.clock)
    for (const [number, cell] of this.underWay) {
      if (now - cell.sentAt < this.patienceMs) continue
      if (cell.tries >= MAX_TRIES) {
        this.circuit.close('CONNECTION_LOST')
        this.finish()
        return
      }
      const surb = this.nextSurb()
      if (surb === undefined) break
      cell.tries++
      cell.sentAt = now
      this.say(surb, number, cell)
    }
    this.arm()
  }

  private arm(): void {
    if (this.isOver || this.underWay.size === 0 || this.surbs.length === 0) {
      this.resend.disarm()
      return
    }
    const oldest = Math.min(...[...this.underWay.values()].map(({ sentAt }) => sentAt))
    this.resend.arm(Math.max(1, oldest + this.patienceMs - elapsed(this.options.clock)))
  }

  /** Whether the caller is still there. */
  private look(): void {
    const silentMs = elapsed(this.options.clock) - this.heardAt
    const isOver = this.hasSentEnd && this.underWay.size === 0
    if (!isOver && silentMs < (this.underWay.size > 0 ? SILENT_MS : IDLE_MS)) {
      this.watch.arm(SILENT_MS / 2)
      return
    }
    this.circuit.close('CONNECTION_LOST')
    this.finish()
  }

  private finish(): void {
    if (this.isOver) return
    this.isOver = true
    for (const alarm of [this.acknowledge, this.resend, this.watch]) alarm.disarm()
    this.waiting.length = 0
    this.surbs.length = 0
    this.underWay.clear()
    this.options.onEnd()
  }
}
