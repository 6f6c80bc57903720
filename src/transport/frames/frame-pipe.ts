import { type Clock, systemClock, type Timer } from '../../base/clock.js'
import { P2PError } from '../../base/errors.js'
import type { Limits } from '../../base/limits.js'
import type { Connection, FrameSink } from '../transport.js'
import { FrameQueue } from './frame-queue.js'

type PipeLimits = Pick<Limits, 'sendLowWaterBytes' | 'closeGraceMs'>

/** Those of `DEFAULT_LIMITS`, which a page with a transport alone need not load. */
const DEFAULTS: PipeLimits = { sendLowWaterBytes: 262_144, closeGraceMs: 1_000 }

/** What a pipe is, and what it asks of the carrier of its frames. `transmit` is enough where the carrier takes everything. */
export interface FramePipeOptions extends Pick<Connection, 'transport' | 'rank' | 'direct' | 'remoteAddress' | 'outbound'> {
  /** Largest frame, bytes. */
  maxFrameBytes: number
  /** Default: `DEFAULT_LIMITS`. */
  limits?: PipeLimits | undefined
  /** Default: the system's. */
  clock?: Clock | undefined
  /** Hands one frame to the carrier. */
  transmit?(frame: Uint8Array): void
  /** Whether the carrier takes this frame at present. Where not, the frame waits, and `pump` asks again. Default: always. */
  hasRoom?(frame: Uint8Array): boolean
  /** Bytes that the carrier was given and that have not left. Default: none. */
  heldBytes?(): number
  /** Whether `send` takes this frame at all. Default: always. */
  accepts?(frame: Uint8Array): boolean
  /** `close` was called, and no frame waits: the carrier closes, and `end` follows. Default: `end` at once. */
  flushed?(): void
  /** The end has not come within `closeGraceMs` of `close`. Default: `end`. */
  late?(): void
  /** Called once, at the end, before the sink hears of it: the carrier lets go of everything. */
  ended?(error: Error | undefined): void
  /** There is a sink: a carrier that had stopped reading goes on. */
  attached?(): void
  /** The sink has a frame that cost so much to receive. */
  consumed?(cost: number): void
}

/**
 * What all connections share. A pipe keeps frames that come before the sink, queues frames that the carrier has no room for,
 * tells the sink when the queue has drained, flushes before it closes, and tells the end once.
 *
 * A transport makes one for each connection, tells it what comes (`receive`), when there is room again (`pump`) and when it is
 * over (`end`), and hands it out as the `Connection`.
 *
 * @example
 * const pipe = new FramePipe({
 *   transport: 'port', rank: 3, direct: true, remoteAddress: 'port:1', outbound: true, maxFrameBytes: 65_535,
 *   transmit: (frame) => port.postMessage(frame),
 *   ended: () => port.close(),
 * })
 * port.onmessage = ({ data }) => pipe.receive(data)
 */
export class FramePipe implements Connection {
  readonly transport: string
  readonly rank: number
  readonly direct: boolean
  readonly remoteAddress: string
  readonly outbound: boolean
  maxFrameBytes: number
  /** `closing` from `close` until the end. */
  state: 'open' | 'closing' | 'ended' = 'open'
  /** Frames that the carrier has not taken. */
  readonly queue: FrameQueue = new FrameQueue()
  /** Bytes that wait for a sink. A carrier that can stop reading stops at some number of them. */
  earlyBytes = 0

  readonly limits: PipeLimits

  private readonly wiring: FramePipeOptions
  private sink: FrameSink | undefined
  private early: [frame: Uint8Array, cost: number][] = []
  private over: { error: Error | undefined } | undefined
  private aboveLowWater = false
  private graceTimer: Timer

  constructor(options: FramePipeOptions) {
    this.wiring = options
    this.limits = options.limits ?? DEFAULTS
    this.transport = options.transport
    this.rank = options.rank
    this.direct = options.direct
    this.remoteAddress = options.remoteAddress
    this.outbound = options.outbound
    this.maxFrameBytes = options.maxFrameBytes
  }

  /** Why it ended, where that was not by an orderly close. */
  get error(): Error | undefined {
    return this.over?.error
  }

  get bufferedAmount(): number {
    return this.state === 'ended' ? 0 : this.queue.bytes + (this.wiring.heldBytes?.() ?? 0)
  }

  attach(sink: FrameSink): void {
    if (this.sink !== undefined) return
    this.sink = sink
    const { early, over } = this
    this.early = []
    this.earlyBytes = 0
    for (const [frame, cost] of early) {
      // The sink has ended it meanwhile.
      if (this.over !== over) return
      this.deliver(frame, cost)
    }
    if (over === undefined) this.wiring.attached?.()
    else sink.onClose(over.error)
  }

  /** @throws P2PError LIMIT_EXCEEDED for a frame of more than `maxFrameBytes`. */
  send(frame: Uint8Array): void {
    if (this.state !== 'open') return
    const { maxFrameBytes } = this
    if (frame.length > maxFrameBytes) {
      throw new P2PError('LIMIT_EXCEEDED', `A frame here has at most ${maxFrameBytes} bytes.`)
    }
    if (this.wiring.accepts?.(frame) === false) return
    this.queue.push(frame)
    this.pump()
    if (this.bufferedAmount > this.limits.sendLowWaterBytes) this.aboveLowWater = true
  }

  close(): void {
    if (this.state !== 'open') return
    this.state = 'closing'
    this.pump()
    if (this.over !== undefined) return
    const late = () => (this.wiring.late === undefined ? this.end() : this.wiring.late())
    this.graceTimer = this.clock.setTimeout(late, this.limits.closeGraceMs)
  }

  /** The carrier may have room again, or holds less: hands over what it takes, and tells the sink when enough has left. */
  pump(): void {
    const { queue, wiring: options } = this
    while (queue.length > 0 && (options.hasRoom?.(queue.at(0)) ?? true)) {
      const frame = queue.at(0)
      // Before the carrier has it: the carrier may call back.
      queue.drop(1)
      options.transmit?.(frame)
    }
    this.settle()
  }

  /** Frames of the queue have arrived: for a carrier that reads the queue and has no `transmit`. */
  drop(count: number): void {
    this.queue.drop(count)
    this.settle()
  }

  /**
   * One whole frame has come.
   *
   * @param cost what `consumed` is told once the sink has it.
   */
  receive(frame: Uint8Array, cost = 0): void {
    if (this.over !== undefined) return
    if (this.sink !== undefined) {
      this.deliver(frame, cost)
      return
    }
    this.early.push([frame, cost])
    this.earlyBytes += frame.length
  }

  /** The carrier carries nothing for a while, or does again. */
  interrupt(interrupted: boolean): void {
    this.sink?.onInterrupted?.(interrupted)
  }

  /** Ends it at once; what has not left is lost. */
  end(error?: Error): void {
    if (this.state === 'ended') return
    this.state = 'ended'
    this.queue.clear()
    this.clock.clearTimeout(this.graceTimer)
    this.wiring.ended?.(error)
    this.tell(error)
  }

  /** Tells the sink that it is over, though the carrier goes on with what waits. */
  tell(error?: Error): void {
    if (this.over !== undefined) return
    this.over = { error }
    const { sink } = this
    // The caller of close() hears of the end after its own code has run.
    if (sink !== undefined) queueMicrotask(() => sink.onClose(error))
  }

  private get clock(): Clock {
    return this.wiring.clock ?? systemClock
  }

  private deliver(frame: Uint8Array, cost: number): void {
    this.sink!.onFrame(frame)
    if (this.state !== 'ended') this.wiring.consumed?.(cost)
  }

  private settle(): void {
    const { wiring: options } = this
    if (this.state === 'closing' && this.queue.length === 0) {
      if (options.flushed === undefined) this.end()
      else options.flushed()
    } else if (this.aboveLowWater && this.state === 'open' && this.bufferedAmount <= this.limits.sendLowWaterBytes) {
      this.aboveLowWater = false
      this.sink?.onDrain()
    }
  }
}
