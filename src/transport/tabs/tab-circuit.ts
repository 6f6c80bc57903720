import type { Clock, Timer } from '../../base/clock.js'
import { knownCode, P2PError, type P2PErrorCode } from '../../base/errors.js'
import type { Limits } from '../../base/limits.js'
import type { Connection, FrameSink } from '../transport.js'
import { costOf, TAB_FRAME_BYTES, type TabMessage } from './tab-messages.js'

interface TabCircuitOptions {
  id: string
  /** The node at the other end. */
  peer: string
  remoteAddress: string
  outbound: boolean
  /** What we let the other end leave unacknowledged, bytes. */
  receiveWindow: number
  limits: Limits
  clock: Clock
  /** Says something to the other end. */
  post: (message: TabMessage) => void
  /** Called once, at the end. */
  onEnd: () => void
}

/**
 * One end of a virtual connection between two tabs. At most a window of bytes is on the way to a tab that has not yet
 * consumed them; the rest is queued here, where the channel's backpressure sees it.
 */
export class TabCircuit implements Connection {
  readonly transport = 'broadcast-channel'
  readonly maxFrameBytes = TAB_FRAME_BYTES
  readonly id: string
  readonly peer: string
  readonly remoteAddress: string
  readonly outbound: boolean
  /** Resolves when it has ended. */
  readonly ended: Promise<void>

  private state: 'dialling' | 'open' | 'closing' | 'ended' = 'dialling'
  private sink: FrameSink | undefined
  /** Frames that came before the sink did; the window bounds them. */
  private early: [frame: Uint8Array, cost: number][] = []
  private queue: Uint8Array[] = []
  private queuedBytes = 0
  private aboveLowWater = false
  private sendWindow = 0
  private framesSent = 0
  private costSent = 0
  private costAcknowledged = 0
  private framesReceived = 0
  private costReceived = 0
  private costConsumed = 0
  private costTold = 0
  private graceTimer: Timer
  private error: Error | undefined
  private told = false
  private resolveEnded!: () => void

  constructor(private readonly options: TabCircuitOptions) {
    this.id = options.id
    this.peer = options.peer
    this.remoteAddress = options.remoteAddress
    this.outbound = options.outbound
    this.ended = new Promise((resolve) => {
      this.resolveEnded = resolve
    })
  }

  get bufferedAmount(): number {
    return this.queuedBytes
  }

  get dialling(): boolean {
    return this.state === 'dialling'
  }

  /** Both ends have agreed; the first frame, on the side that was dialled, costs nothing. */
  opened(sendWindow: number, firstFrame?: Uint8Array): void {
    if (this.state !== 'dialling') return
    this.state = 'open'
    this.sendWindow = sendWindow
    if (firstFrame !== undefined) this.early.push([firstFrame, 0])
  }

  attach(sink: FrameSink): void {
    if (this.sink !== undefined) return
    this.sink = sink
    const early = this.early
    this.early = []
    const over = this.state === 'ended'
    for (const [frame, cost] of early) {
      sink.onFrame(frame)
      // The sink may have ended it; what came before an end from the other side it still gets.
      if (!over && this.state === 'ended') break
      this.consume(cost)
    }
    if (over) this.tellEnd()
  }

  send(frame: Uint8Array): void {
    if (frame.length > TAB_FRAME_BYTES) {
      throw new P2PError('LIMIT_EXCEEDED', `A frame between tabs has at most ${TAB_FRAME_BYTES} bytes. Split what you send.`)
    }
    if (this.state !== 'open') return
    // A copy of these bytes alone: the caller may use its own again, and cloning a view would send all of its buffer.
    this.queue.push(new Uint8Array(frame))
    this.queuedBytes += frame.length
    this.pump()
    if (this.queuedBytes > this.options.limits.sendLowWaterBytes) this.aboveLowWater = true
  }

  close(): void {
    if (this.state === 'ended' || this.state === 'closing') return
    this.state = 'closing'
    if (this.queue.length === 0) this.end()
    else this.graceTimer = this.options.clock.setTimeout(() => this.end(), this.options.limits.closeGraceMs)
  }

  receive(number: number, frame: Uint8Array): void {
    if (this.state !== 'open' && this.state !== 'closing') return
    if (number !== this.framesReceived) {
      this.lost()
      return
    }
    const cost = costOf(frame)
    if (this.costReceived + cost - this.costConsumed > this.options.receiveWindow) {
      const message = 'The other tab sent more than its window allows. Load the same version in all tabs.'
      this.end(new P2PError('PROTOCOL_VIOLATION', message), 'PROTOCOL_VIOLATION')
      return
    }
    this.framesReceived++
    this.costReceived += cost
    if (this.sink === undefined) {
      this.early.push([frame, cost])
      return
    }
    this.sink.onFrame(frame)
    this.consume(cost)
  }

  /** The other end has consumed so much in all. More than was sent is a lie, and worth no more than the truth. */
  acknowledged(consumed: number): void {
    this.costAcknowledged = Math.max(this.costAcknowledged, Math.min(consumed, this.costSent))
    this.pump()
    if (!this.aboveLowWater || this.state === 'ended' || this.queuedBytes > this.options.limits.sendLowWaterBytes) return
    this.aboveLowWater = false
    this.sink?.onDrain()
  }

  /** The other end has closed, after so many data frames. */
  closed(number: number, code: P2PErrorCode | undefined): void {
    if (code !== undefined) {
      const known = knownCode(code, 'CONNECTION_LOST')
      this.end(new P2PError(known, `The other tab ended the connection (${known}). Connect again.`), false)
    } else if (number !== this.framesReceived) this.lost()
    else this.end(undefined, false)
  }

  /** The end, told to the other side with the code or without, or not at all. Nothing follows. */
  end(error?: Error, tell: P2PErrorCode | boolean = true): void {
    if (this.state === 'ended') return
    this.state = 'ended'
    this.error = error
    this.queue = []
    this.queuedBytes = 0
    if (this.graceTimer !== undefined) this.options.clock.clearTimeout(this.graceTimer)
    if (tell !== false) {
      this.post({ kind: 'close', circuit: this.id, number: this.framesSent, ...(tell !== true && { code: tell }) })
    }
    this.options.onEnd()
    this.resolveEnded()
    // The caller of close() hears of it after its own code has run.
    if (this.sink !== undefined) queueMicrotask(() => this.tellEnd())
  }

  private lost(): void {
    const message = 'Messages between the tabs were lost, as happens to a page in the back/forward cache. Connect again.'
    this.end(new P2PError('CONNECTION_LOST', message), 'CONNECTION_LOST')
  }

  private consume(cost: number): void {
    this.costConsumed += cost
    if (this.state === 'ended' || this.costConsumed - this.costTold < this.options.receiveWindow / 4) return
    this.costTold = this.costConsumed
    this.post({ kind: 'ack', circuit: this.id, consumed: this.costConsumed })
  }

  private pump(): void {
    if (this.state !== 'open' && this.state !== 'closing') return
    let taken = 0
    for (const frame of this.queue) {
      const cost = costOf(frame)
      if (this.costSent + cost - this.costAcknowledged > this.sendWindow) break
      taken++
      this.costSent += cost
      this.queuedBytes -= frame.length
      this.post({ kind: 'data', circuit: this.id, number: this.framesSent++, frame })
    }
    if (taken > 0) this.queue = this.queue.slice(taken)
    if (this.state === 'closing' && this.queue.length === 0) this.end()
  }

  private post(message: TabMessage): void {
    this.options.post(message)
  }

  private tellEnd(): void {
    if (this.told) return
    this.told = true
    this.sink?.onClose(this.error)
  }
}
