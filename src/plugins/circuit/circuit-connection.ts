import { P2PError, type P2PErrorCode } from '../../base/errors.js'
import type { Limits } from '../../base/limits.js'
import type { ProtocolHost } from '../../protocol/handler.js'
import { Credit } from '../../transport/frames/credit.js'
import { FramePipe } from '../../transport/frames/frame-pipe.js'
import { CIRCUIT_HOP, costOf } from './frames.js'

interface CircuitOptions {
  relay: string
  /** As dialled; or with the id that the relay gives for the caller. */
  remoteAddress: string
  outbound: boolean
  limits: Limits
  host: ProtocolHost
  /** Called once, at the end. */
  onEnd: () => void
}

/** What a relay says of a circuit as it opens. */
export interface Opened {
  /** The relay's id for the circuit. */
  circuit: number
  window: number
  frameBytes: number
}

/**
 * One end of a circuit. It keeps at most a window of unacknowledged bytes on the way, so that the relay never holds more,
 * and queues the rest here, where the channel's backpressure sees it.
 */
export class CircuitConnection {
  readonly relay: string
  readonly pipe: FramePipe
  /** 0 until the relay has given one. */
  id = 0

  private readonly protocolHost: ProtocolHost
  private readonly incoming = new Credit(0)
  private readonly outgoing = new Credit(0)
  /** Given to the relay's connection, not yet accepted by it. */
  private leavingBytes = 0
  /** What the relay hears of the end: nothing, that it is one, or why. */
  private farewell: P2PErrorCode | boolean = true

  constructor({ relay, remoteAddress, outbound, limits, host, onEnd }: CircuitOptions) {
    this.relay = relay
    this.protocolHost = host
    this.pipe = new FramePipe({
      transport: 'circuit',
      rank: 1,
      direct: false,
      remoteAddress,
      outbound,
      maxFrameBytes: limits.circuitFrameBytes,
      limits,
      clock: host.clock,
      hasRoom: (frame) => this.outgoing.take(costOf(frame)),
      transmit: (frame) => this.transmit(frame),
      heldBytes: () => this.leavingBytes,
      consumed: (cost) => this.consume(cost),
      // The goodbye leaves after the last frame has: `transmit` comes back here.
      flushed: () => {
        if (this.leavingBytes === 0) this.pipe.end()
      },
      ended: () => {
        this.sayEnd()
        onEnd()
      },
    })
  }

  /** The relay has given the circuit an id and bounds: frames may go. */
  opened({ circuit, window, frameBytes }: Opened): void {
    this.id = circuit
    this.incoming.window = this.outgoing.window = window
    this.pipe.maxFrameBytes = Math.min(this.pipe.maxFrameBytes, frameBytes)
    this.pipe.pump()
  }

  /** A frame from the relay; the first one, which came with the opening, costs nothing. */
  receive(frame: Uint8Array, cost: number = costOf(frame)): void {
    if (this.incoming.take(cost)) this.pipe.receive(frame, cost)
    else this.end(circuitEnded('The circuit brought more than its window allows.', this.relay), 'PROTOCOL_VIOLATION')
  }

  /** The other end has consumed so much. */
  acknowledged(bytes: number): void {
    if (bytes > this.outgoing.used) {
      this.end(circuitEnded('The circuit acknowledged more than it was sent.', this.relay), 'PROTOCOL_VIOLATION')
      return
    }
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
    if (farewell === false || id === 0) return
    // Where the relay is gone, it has told the other end itself.
    void sayClose(this.protocolHost, this.relay, farewell === true ? [id] : [id, farewell])
  }

  private toRelay(type: string, payload: unknown, done: () => void = () => {}): void {
    // Not awaited: the window bounds what is under way, and the calls keep their order.
    this.protocolHost.sendTo(this.relay, { type, payload, protocol: CIRCUIT_HOP }).then(done, () => {
      this.end(circuitEnded('The relay cannot be reached.', this.relay))
    })
  }
}

/** Tells a relay that a circuit has ended here. */
export function sayClose(host: ProtocolHost, relay: string, payload: [circuit: number, code?: P2PErrorCode]): Promise<void> {
  return host.sendTo(relay, { type: 'close', payload, protocol: CIRCUIT_HOP }).catch(() => {})
}

/**
 * Why a circuit ended. Whatever the relay says, it is no fault of the peer at the other end, who may have had no part in it: the codes
 * of faults and of refusals have no place here.
 *
 * @param details.reason the code that the relay gave.
 */
export function circuitEnded(
  message: string,
  relay: string,
  details: { reason?: string | undefined; limit?: string } = {},
): P2PError {
  const code = details.reason === 'CIRCUIT_REFUSED' ? details.reason : 'CONNECTION_LOST'
  return new P2PError(code, `${message} Connect again.`, { details: { ...details, peerId: relay } })
}
