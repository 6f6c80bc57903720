import { Alarm } from '../base/alarm.js'
import { equalBytes, joined } from '../base/bytes.js'
import { type Clock, elapsed } from '../base/clock.js'
import { P2PError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import { Serial } from '../base/serial.js'
import { FramePipe } from '../transport/frames/frame-pipe.js'
import type { Carrier, Purpose } from './carrier.js'
import { CellOrder, FrameReader, framed } from './cell-order.js'
import type { Entries } from './entries.js'
import { type AnswerPart, AnswerStatus, readAnswerPart, requestContents } from './exit-messages.js'
import type { Hop } from './hop.js'
import type { Paths } from './paths.js'
import {
  type BackCell,
  CELL_ACTION,
  CellEnd,
  cellRoom,
  encodeForwardCell,
  MAX_CELLS_UNDER_WAY,
  messageIdOf,
  readBackCell,
  STREAM_FRAME_BYTES,
} from './stream-messages.js'

/** Reply blocks in one cell: with more there would be room for nothing else. */
const BLOCKS_IN_CELL = 5
/** How long an acknowledgement waits for a cell that it can go with. */
const ACK_MS = 30
/** How long the exit's reply blocks are counted on: the wallet forgets their keys after 15 minutes. */
const CREDIT_MS = 600_000
const MIN_RESEND_MS = 1_000
/** Bytes of frames that wait here before the channel above is held up. */
const HIGH_WATER = 65_536
/** How long the end of a stream waits for its acknowledgement. */
const FAREWELL_MS = 2_000

interface Cell {
  readonly bytes: Uint8Array
  readonly end: CellEnd
  sentAt: number
  tries: number
  /** Reply blocks that went with it the last time. */
  blocks: number
}

export interface StreamOptions {
  carrier: Carrier
  entries: Entries
  paths: Paths
  clock: Clock
  limits: Required<Limits>
  purpose: Purpose
  exit: Hop
  /** 16 bytes. */
  stream: Uint8Array
  address: string
  /** Reply blocks that the exit has left from the opening. */
  credit: number
  onEnd: () => void
}

/**
 * A stream through the onion: frames cut into cells, each a packet by an own middle. What comes back comes by reply blocks, which are the
 * exit's credit. Cells without acknowledgement are sent again.
 */
export class OnionStream {
  readonly pipe: FramePipe
  private waiting: Uint8Array[] = []
  private waitingBytes = 0
  private readonly underWay = new Map<number, Cell>()
  private number = 0
  private readonly order = new CellOrder()
  private readonly reader = new FrameReader()
  private readonly sending = new Serial()
  private readonly resend: Alarm
  private readonly acknowledge: Alarm
  private readonly stale: Alarm
  private readonly farewell: Alarm
  private credit: number
  private rttMs: number
  /** The pipe is written out, and the end is due; and it has gone. */
  private hasSaidEnd = false
  private hasSentEnd = false
  private readonly closing = new AbortController()

  constructor(private readonly options: StreamOptions) {
    const { clock, limits, address, credit, carrier } = options
    this.credit = credit
    this.rttMs = carrier.rttMs
    this.pipe = new FramePipe({
      transport: 'onion',
      rank: 1,
      direct: false,
      remoteAddress: address,
      outbound: true,
      maxFrameBytes: STREAM_FRAME_BYTES,
      limits,
      clock,
      hasRoom: () => this.waitingBytes < HIGH_WATER,
      transmit: (frame) => this.write(frame),
      heldBytes: () => this.waitingBytes,
      flushed: () => this.finish(),
      late: () => {},
      ended: (error) => this.ended(error),
    })
    this.resend = new Alarm(clock, () => this.sendAgain())
    this.acknowledge = new Alarm(clock, () => this.pump(true))
    this.stale = new Alarm(clock, () => {
      this.credit = 0
      this.pump()
    })
    this.farewell = new Alarm(clock, () => this.pipe.end())
    this.stale.arm(CREDIT_MS)
    this.pump()
  }

  /** Something has come by a reply block. */
  content(content: Uint8Array): void {
    let part: AnswerPart
    let cell: BackCell
    try {
      part = readAnswerPart(content)
      if (part.status !== AnswerStatus.CELL || !equalBytes(part.messageId, messageIdOf(this.options.stream))) return
      cell = readBackCell(part.part)
    } catch {
      return
    }
    if (this.pipe.state !== 'ended') this.take(cell)
  }

  /** The guard is lost, and with it all replies on their way. */
  lostGuard(): void {
    this.credit = 0
    for (const cell of this.underWay.values()) cell.blocks = 0
    this.pump()
  }

  private take({ number, ack, credit, end, bytes }: BackCell): void {
    const now = elapsed(this.options.clock)
    for (const [sent, cell] of this.underWay) {
      if (sent >= ack) continue
      this.underWay.delete(sent)
      // Karn's rule: one that was sent twice tells nothing of the time.
      if (cell.tries === 1) this.rttMs += (now - cell.sentAt - this.rttMs) / 8
      if (cell.end !== CellEnd.NO) this.pipe.end()
    }
    this.credit = credit
    this.stale.arm(CREDIT_MS)
    if (number !== null) {
      this.acknowledge.armOnce(ACK_MS)
      try {
        for (const ready of this.order.take(number, { bytes, end })) {
          for (const frame of this.reader.push(ready.bytes)) this.pipe.receive(frame)
          if (ready.end !== CellEnd.NO)
            this.pipe.end(ready.end === CellEnd.LOST ? streamLost('The exit has lost it.') : undefined)
        }
      } catch (error) {
        this.pipe.end(error as Error)
      }
    }
    if (this.pipe.state === 'ended') return
    this.watch()
    this.pump()
  }

  private write(frame: Uint8Array): void {
    const bytes = framed(frame)
    this.waiting.push(bytes)
    this.waitingBytes += bytes.length
    this.pump()
  }

  /** What the pipe had is written: the end follows it. */
  private finish(): void {
    if (this.hasSaidEnd) return
    this.hasSaidEnd = true
    this.farewell.arm(FAREWELL_MS)
    this.pump()
  }

  /** Sends what waits, and reply blocks where the exit has few. @param mustSay an acknowledgement is due. */
  private pump(mustSay = false): void {
    if (this.pipe.state === 'ended') return
    const { limits } = this.options
    let must = mustSay
    while (this.underWay.size < MAX_CELLS_UNDER_WAY) {
      const left = this.credit + [...this.underWay.values()].reduce((sum, { blocks }) => sum + blocks, 0)
      const isLow = left <= limits.onionStreamRefill
      const blocks = isLow ? Math.min(BLOCKS_IN_CELL, limits.onionStreamCredit - left) : 0
      if (this.waitingBytes === 0 && blocks === 0 && !this.owesEnd && !must) break
      must = false
      const bytes = this.cut(cellRoom(blocks))
      const end = this.owesEnd ? CellEnd.ORDERLY : CellEnd.NO
      if (end !== CellEnd.NO) this.hasSentEnd = true
      const cell: Cell = { bytes, end, sentAt: elapsed(this.options.clock), tries: 0, blocks }
      const number = this.number++
      this.underWay.set(number, cell)
      this.send(number, cell)
    }
    this.watch()
    this.pipe.pump()
  }

  private get owesEnd(): boolean {
    return this.hasSaidEnd && !this.hasSentEnd && this.waitingBytes === 0
  }

  private send(number: number, cell: Cell): void {
    cell.tries++
    cell.sentAt = elapsed(this.options.clock)
    this.acknowledge.disarm()
    // What cannot be sent is sent again by the clock, through another guard perhaps.
    this.sending.run(() => this.sendNow(number, cell)).catch(() => {})
  }

  private async sendNow(number: number, cell: Cell): Promise<void> {
    const { carrier, entries, paths, purpose, exit, stream } = this.options
    const { signal } = this.closing
    if (this.pipe.state === 'ended' && cell.end === CellEnd.NO) return
    const guard = await entries.ready({ signal })
    const surbs: Uint8Array[] = []
    for (let i = 0; i < cell.blocks; i++) {
      const onReply = (content: Uint8Array) => this.content(content)
      surbs.push((await carrier.block(purpose, { guard: guard.hop, exit }, 'quick', onReply, { signal })).surb)
    }
    const { bytes, end } = cell
    const args = encodeForwardCell({ stream, number, ack: this.order.next, end, bytes })
    const route = paths.forward(purpose, guard.hop, exit)
    const [content] = requestContents({ action: CELL_ACTION, args, surbs: [surbs], messageId: messageIdOf(stream) })
    await carrier.send(guard.entry, route, 'quick', content!, { signal, onFault: () => this.sendAgain(number) })
    cell.sentAt = elapsed(this.options.clock)
    this.watch()
  }

  /** Sends cells again whose acknowledgement is overdue, or one that a hop has given up. */
  private sendAgain(only?: number): void {
    const now = elapsed(this.options.clock)
    for (const [number, cell] of this.underWay) {
      const isDue = only === undefined ? now - cell.sentAt >= this.patienceMs : number === only
      if (!isDue) continue
      if (cell.tries > this.options.limits.onionCellTries) {
        this.pipe.end(streamLost(`A cell was sent ${cell.tries} times without an acknowledgement.`))
        return
      }
      // The exit may be out of reply blocks.
      if (cell.blocks === 0 && cell.bytes.length <= cellRoom(1)) cell.blocks = 1
      this.send(number, cell)
    }
    this.watch()
  }

  private get patienceMs(): number {
    return Math.max(MIN_RESEND_MS, 2 * this.rttMs)
  }

  private watch(): void {
    const oldest = Math.min(...[...this.underWay.values()].map(({ sentAt }) => sentAt))
    if (oldest === Number.POSITIVE_INFINITY) this.resend.disarm()
    else this.resend.arm(Math.max(1, oldest + this.patienceMs - elapsed(this.options.clock)))
  }

  private cut(room: number): Uint8Array {
    const parts: Uint8Array[] = []
    let left = room
    while (left > 0 && this.waiting.length > 0) {
      const [first] = this.waiting as [Uint8Array]
      parts.push(first.subarray(0, left))
      if (first.length <= left) this.waiting.shift()
      else this.waiting[0] = first.subarray(left)
      left -= Math.min(left, first.length)
    }
    this.waitingBytes -= room - left
    return joined(...parts)
  }

  private ended(error: Error | undefined): void {
    for (const alarm of [this.resend, this.acknowledge, this.stale, this.farewell]) alarm.disarm()
    // The exit is told, so that it ends the circuit behind; nobody waits for that.
    if (error !== undefined && !this.hasSentEnd) {
      this.hasSentEnd = true
      this.send(this.number++, { bytes: new Uint8Array(0), end: CellEnd.LOST, sentAt: 0, tries: 0, blocks: 0 })
    } else this.closing.abort()
    this.waiting = []
    this.waitingBytes = 0
    this.underWay.clear()
    this.options.onEnd()
  }
}

export function streamLost(why: string): P2PError {
  return new P2PError('CONNECTION_LOST', `The stream through the onion is lost. ${why} Connect again.`)
}
