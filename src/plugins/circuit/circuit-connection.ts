import type { Timer } from '../../base/clock.js'
import { asP2PError, P2PError, type P2PErrorCode } from '../../base/errors.js'
import type { Limits } from '../../base/limits.js'
import type { ProtocolHost } from '../../protocol/handler.js'
import type { Connection, FrameSink } from '../../transport/transport.js'
import { CIRCUIT_HOP, costOf } from './frames.js'

interface CircuitOptions {
  id: string
  relay: string
  /** The peer at the other end. */
  peer: string
  outbound: boolean
  /** What the relay allows; unknown to a dialler until it has answered. */
  bounds?: { window: number; frameBytes: number }
  limits: Limits
  host: ProtocolHost
  /** Called once, at the end. */
  onEnd: () => void
}

/**
 * One end of a circuit. It keeps at most a window of unacknowledged bytes on the way, so that the relay never holds more,
 * and queues the rest here, where the channel's backpressure sees it.
 */
export class CircuitConnection implements Connection {
  readonly transport = 'circuit'
  readonly remoteAddress: string
  readonly outbound: boolean
  readonly id: string
  readonly relay: string
  maxFrameBytes: number
  /** Why it ended, where that was not by an orderly close. */
  error: Error | undefined

  private readonly host: ProtocolHost
  private readonly limits: Limits
  private readonly onEnd: () => void
  private window = 0
  private sink: FrameSink | undefined
  /** Frames that came before the sink did; the window bounds them. */
  private early: [frame: Uint8Array, cost: number][] = []
  private queue: Uint8Array[] = []
  private queuedBytes = 0
  /** Given to the relay's connection, not yet accepted by it. */
  private leavingBytes = 0
  private unackedSent = 0
  private unackedReceived = 0
  private consumed = 0
  private aboveLowWater = false
  private told = false
  private state: 'dialling' | 'open' | 'closing' | 'ended' = 'dialling'
  private graceTimer: Timer

  constructor(options: CircuitOptions) {
    this.id = options.id
    this.relay = options.relay
    this.remoteAddress = `circuit:${options.relay}/${options.peer}`
    this.outbound = options.outbound
    this.host = options.host
    this.limits = options.limits
    this.onEnd = options.onEnd
    this.maxFrameBytes = options.limits.circuitFrameBytes
    if (options.bounds !== undefined) this.opened(options.bounds)
  }

  get bufferedAmount(): number {
    return this.queuedBytes + this.leavingBytes
  }

  get ended(): boolean {
    return this.state === 'ended'
  }

  /** The relay's bounds are known: what waits may go. */
  opened({ window, frameBytes }: { window: number; frameBytes: number }): void {
    if (this.state !== 'dialling') return
    this.window = window
    this.maxFrameBytes = Math.min(this.maxFrameBytes, frameBytes)
    this.state = 'open'
    this.pump()
  }

  attach(sink: FrameSink): void {
    if (this.sink !== undefined) return
    this.sink = sink
    const early = this.early
    this.early = []
    for (const [frame, cost] of early) {
      if (this.deliver(frame)) this.consume(cost)
    }
    if (this.state === 'ended') this.tellEnd()
  }

  send(frame: Uint8Array): void {
    if (frame.length > this.maxFrameBytes) {
      throw new P2PError(
        'LIMIT_EXCEEDED',
        `A frame of this circuit has at most ${this.maxFrameBytes} bytes. Split what you send.`,
      )
    }
    if (this.state === 'ended' || this.state === 'closing') return
    this.queue.push(frame)
    this.queuedBytes += frame.length
    this.pump()
    if (this.bufferedAmount > this.limits.sendLowWaterBytes) this.aboveLowWater = true
  }

  close(): void {
    if (this.state === 'ended' || this.state === 'closing') return
    this.state = 'closing'
    this.pump()
    if (this.queue.length === 0) this.end()
    else this.graceTimer = this.host.clock.setTimeout(() => this.end(), this.limits.closeGraceMs)
  }

  /** A frame from the relay; the first one, which came with the opening, costs nothing. */
  receive(frame: Uint8Array, cost: number = costOf(frame)): void {
    if (this.state === 'ended') return
    // Frames may overtake our knowledge of the window, for the answer to `open` resolves a promise first.
    const window = this.state === 'dialling' ? this.limits.sendMaxBufferedBytes : this.window
    if (this.unackedReceived + cost > window) {
      this.end(new P2PError('PROTOCOL_VIOLATION', 'The circuit sent more than its window allows.'), 'PROTOCOL_VIOLATION')
      return
    }
    this.unackedReceived += cost
    if (this.sink === undefined) this.early.push([frame, cost])
    else if (this.deliver(frame)) this.consume(cost)
  }

  /** The other end has consumed so much. */
  acknowledged(bytes: number): void {
    // More than was sent: a lie that would lift our bound; ours to ignore, for only our own window is at stake.
    this.unackedSent = Math.max(0, this.unackedSent - bytes)
    this.pump()
  }

  /** The end, told to the relay unless the relay told us. Nothing follows. */
  end(error?: Error, tellRelay: P2PErrorCode | boolean = true): void {
    if (this.state === 'ended') return
    this.state = 'ended'
    this.error = error
    this.queue = []
    this.queuedBytes = 0
    if (this.graceTimer !== undefined) this.host.clock.clearTimeout(this.graceTimer)
    if (tellRelay !== false) {
      const payload = tellRelay === true ? [this.id] : [this.id, tellRelay]
      // Where the relay is gone, it has told the other end itself.
      this.host.sendTo(this.relay, { type: 'close', payload, protocol: CIRCUIT_HOP }).catch(() => {})
    }
    this.onEnd()
    // The caller of close() hears of it after its own code has run.
    if (this.sink !== undefined) queueMicrotask(() => this.tellEnd())
  }

  private deliver(frame: Uint8Array): boolean {
    this.sink?.onFrame(frame)
    return this.state !== 'ended'
  }

  private consume(cost: number): void {
    this.consumed += cost
    if (this.consumed < this.window / 4) return
    const bytes = this.consumed
    this.consumed = 0
    this.unackedReceived -= bytes
    this.toRelay('ack', [this.id, bytes])
  }

  private pump(): void {
    if (this.state !== 'open' && this.state !== 'closing') return
    let taken = 0
    for (const frame of this.queue) {
      const cost = costOf(frame)
      if (this.unackedSent + cost > this.window) break
      taken++
      this.unackedSent += cost
      this.queuedBytes -= frame.length
      this.leavingBytes += frame.length
      this.toRelay('data', [this.id, frame], () => {
        this.leavingBytes -= frame.length
        this.checkDrain()
      })
      if (this.ended) return
    }
    if (taken > 0) this.queue = this.queue.slice(taken)
    if (this.state === 'closing' && this.queue.length === 0) this.end()
  }

  private toRelay(type: string, payload: unknown, done: () => void = () => {}): void {
    // Not awaited: the window bounds what is under way, and the calls keep their order.
    this.host.sendTo(this.relay, { type, payload, protocol: CIRCUIT_HOP }).then(done, (error) => {
      this.end(
        asP2PError(
          error,
          'CONNECTION_LOST',
          'The relay can no longer be reached. The connection is made anew by another path, or connect again.',
        ),
      )
    })
  }

  private checkDrain(): void {
    if (!this.aboveLowWater || this.state === 'ended' || this.bufferedAmount > this.limits.sendLowWaterBytes) return
    this.aboveLowWater = false
    this.sink?.onDrain()
  }

  private tellEnd(): void {
    const sink = this.sink
    if (sink === undefined || this.told) return
    this.told = true
    sink.onClose(this.error)
  }
}
