import { circuitAddress } from '../../address/addresses.js'
import { asP2PError, P2PError, type P2PErrorCode } from '../../base/errors.js'
import type { Limits } from '../../base/limits.js'
import type { ProtocolHost } from '../../protocol/handler.js'
import { Credit } from '../../transport/frames/credit.js'
import { FramePipe } from '../../transport/frames/frame-pipe.js'
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
export class CircuitConnection {
  readonly id: string
  readonly relay: string
  readonly pipe: FramePipe

  private readonly protocolHost: ProtocolHost
  private readonly incoming: Credit
  private readonly outgoing: Credit = new Credit(0)
  /** Given to the relay's connection, not yet accepted by it. */
  private leavingBytes = 0
  /** What the relay hears of the end: nothing, that it is one, or why. */
  private farewell: P2PErrorCode | boolean = true

  constructor({ id, relay, peer, outbound, limits, host, onEnd, bounds }: CircuitOptions) {
    this.id = id
    this.relay = relay
    this.protocolHost = host
    // Frames may overtake our knowledge of the window, for the answer to `open` resolves a promise first.
    this.incoming = new Credit(limits.sendMaxBufferedBytes)
    this.pipe = new FramePipe({
      transport: 'circuit',
      rank: 1,
      direct: false,
      remoteAddress: circuitAddress(relay, peer),
      outbound,
      maxFrameBytes: limits.circuitFrameBytes,
      limits,
      clock: host.clock,
      hasRoom: (frame) => this.outgoing.take(costOf(frame)),
      transmit: (frame) => this.transmit(frame),
      heldBytes: () => this.leavingBytes,
      consumed: (cost) => this.consume(cost),
      ended: () => {
        this.sayEnd()
        onEnd()
      },
    })
    if (bounds !== undefined) this.opened(bounds)
  }

  /** The relay's bounds are known: frames may go. */
  opened({ window, frameBytes }: { window: number; frameBytes: number }): void {
    this.incoming.window = this.outgoing.window = window
    this.pipe.maxFrameBytes = Math.min(this.pipe.maxFrameBytes, frameBytes)
    this.pipe.pump()
  }

  /** A frame from the relay; the first one, which came with the opening, costs nothing. */
  receive(frame: Uint8Array, cost: number = costOf(frame)): void {
    if (this.incoming.take(cost)) this.pipe.receive(frame, cost)
    else this.end(new P2PError('PROTOCOL_VIOLATION', 'The circuit sent more than its window allows.'), 'PROTOCOL_VIOLATION')
  }

  /** The other end has consumed so much. */
  acknowledged(bytes: number): void {
    this.outgoing.give(bytes)
    this.pipe.pump()
  }

  /** The end, told to the relay unless the relay told us. Nothing follows. */
  end(error?: Error, tellRelay: P2PErrorCode | boolean = true): void {
    if (this.pipe.state === 'ended') return
    this.farewell = tellRelay
    this.pipe.end(error)
  }

  private transmit(frame: Uint8Array): void {
    this.leavingBytes += frame.length
    this.toRelay('data', [this.id, frame], () => {
      this.leavingBytes -= frame.length
      this.pipe.pump()
    })
  }

  private consume(cost: number): void {
    const bytes = this.incoming.consume(cost)
    if (bytes > 0) this.toRelay('ack', [this.id, bytes])
  }

  private sayEnd(): void {
    const { farewell, id } = this
    if (farewell === false) return
    const payload = farewell === true ? [id] : [id, farewell]
    // Where the relay is gone, it has told the other end itself.
    this.protocolHost.sendTo(this.relay, { type: 'close', payload, protocol: CIRCUIT_HOP }).catch(() => {})
  }

  private toRelay(type: string, payload: unknown, done: () => void = () => {}): void {
    // Not awaited: the window bounds what is under way, and the calls keep their order.
    this.protocolHost.sendTo(this.relay, { type, payload, protocol: CIRCUIT_HOP }).then(done, (error) => {
      this.end(asP2PError(error, 'CONNECTION_LOST', 'The relay cannot be reached. Connect again.'))
    })
  }
}
