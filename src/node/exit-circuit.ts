import { codeOf, type P2PErrorCode } from '../base/errors.js'
import type { OutgoingMessage } from '../message/message.js'
import { ackShape, CIRCUIT_HOP, closeShape, costOf, dataShape, openedShape, parseFrame } from '../plugins/circuit/frames.js'
import type { OwnCaller, OwnHandlers } from './own-handlers.js'

export interface ExitCircuitOptions {
  /** A frame of the called peer has come. It counts against the window until `consumed`. */
  frame(frame: Uint8Array): void
  /** The circuit has ended: undefined in good order. */
  ended(code: P2PErrorCode | undefined): void
}

/** The caller's end of a circuit of this relay, for a caller through the onion. */
export class ExitCircuit {
  private readonly waiting: Uint8Array[] = []
  private waitingBytes = 0
  private readonly caller: OwnCaller
  private id = 0
  private window = 0
  private frameBytes = 0
  private unacked = 0
  private isClosing = false
  private isOver = false

  constructor(
    own: OwnHandlers,
    private readonly options: ExitCircuitOptions,
  ) {
    this.caller = own.caller((message) => this.receive(message))
  }

  /** Bytes of frames for the called peer that wait for its window. */
  get bufferedBytes(): number {
    return this.waitingBytes
  }

  /** @throws P2PError PEER_NOT_FOUND, NO_RESERVATION, CIRCUIT_REFUSED, as for a peer. */
  async open(target: string, frame: Uint8Array): Promise<void> {
    try {
      const { payload } = await this.caller.ask(CIRCUIT_HOP, 'open', { target, frame })
      const { circuit, window, frameBytes } = parseFrame(openedShape, payload)
      this.id = circuit
      this.window = window
      this.frameBytes = frameBytes
    } catch (error) {
      this.caller.close()
      throw error
    }
    this.pump()
  }

  send(frame: Uint8Array): void {
    if (this.isOver || this.isClosing) return
    if (this.id > 0 && frame.length > this.frameBytes) {
      this.close('PROTOCOL_VIOLATION')
      return
    }
    this.waiting.push(frame)
    this.waitingBytes += frame.length
    this.pump()
  }

  /** A frame that was given has gone on. */
  consumed(frame: Uint8Array): void {
    if (!this.isOver) this.caller.tell(CIRCUIT_HOP, 'ack', [this.id, costOf(frame)])
  }

  /** Ends the circuit, after what waits where that is in good order. */
  close(code?: P2PErrorCode): void {
    if (this.isOver) return
    if (code === undefined && this.waiting.length > 0) {
      this.isClosing = true
      return
    }
    this.isOver = true
    if (this.id > 0) this.caller.tell(CIRCUIT_HOP, 'close', code === undefined ? [this.id] : [this.id, code])
    this.caller.close()
  }

  private pump(): void {
    for (let frame = this.waiting[0]; frame !== undefined && this.id > 0; frame = this.waiting[0]) {
      if (this.unacked + costOf(frame) > this.window) return
      this.waiting.shift()
      this.waitingBytes -= frame.length
      this.unacked += costOf(frame)
      this.caller.tell(CIRCUIT_HOP, 'data', [this.id, frame])
    }
    if (this.isClosing && this.waiting.length === 0) this.close()
  }

  private receive({ type, payload }: OutgoingMessage): void {
    if (this.isOver) return
    if (type === 'data') this.options.frame(parseFrame(dataShape, payload)[1])
    else if (type === 'ack') {
      this.unacked -= parseFrame(ackShape, payload)[1]
      this.pump()
    } else if (type === 'close') {
      const [, code] = parseFrame(closeShape, payload)
      this.isOver = true
      this.caller.close()
      this.options.ended(code === undefined ? undefined : codeOf(code, 'CONNECTION_LOST'))
    }
  }
}
