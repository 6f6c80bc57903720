import type { Clock } from '../../base/clock.js'
import { codeOf, P2PError, type P2PErrorCode } from '../../base/errors.js'
import type { Limits } from '../../base/limits.js'
import { Credit } from '../frames/credit.js'
import { FramePipe } from '../frames/frame-pipe.js'
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
export class TabCircuit {
  readonly id: string
  readonly peer: string
  readonly pipe: FramePipe
  /** Resolves when it has ended. */
  readonly ended: Promise<void>
  /** Until both ends have agreed. */
  dialling = true

  private readonly incoming: Credit
  private readonly outgoing: Credit = new Credit(0)
  private framesSent = 0
  private framesReceived = 0
  /** All that we have acknowledged, and all that the other end has. */
  private consumed = 0
  private acknowledgedBytes = 0
  /** What the other end hears of the end: nothing, that it is one, or why. */
  private farewell: P2PErrorCode | boolean = true

  constructor(private readonly wiring: TabCircuitOptions) {
    const { id, peer, remoteAddress, outbound, limits, clock, post } = wiring
    this.id = id
    this.peer = peer
    this.incoming = new Credit(wiring.receiveWindow)
    let resolveEnded: () => void
    this.ended = new Promise((resolve) => {
      resolveEnded = resolve
    })
    this.pipe = new FramePipe({
      transport: 'broadcast-channel',
      rank: 3,
      direct: true,
      remoteAddress,
      outbound,
      maxFrameBytes: TAB_FRAME_BYTES,
      limits,
      clock,
      hasRoom: (frame) => this.outgoing.take(costOf(frame)),
      // A copy of these bytes alone: cloning a view would send all of its buffer.
      transmit: (frame) => post({ kind: 'data', circuit: id, number: this.framesSent++, frame: new Uint8Array(frame) }),
      consumed: (cost) => this.consume(cost),
      ended: () => {
        const { farewell, framesSent } = this
        if (farewell !== false) {
          post({ kind: 'close', circuit: id, number: framesSent, ...(farewell !== true && { code: farewell }) })
        }
        wiring.onEnd()
        resolveEnded()
      },
    })
  }

  /** Both ends have agreed; the first frame, on the side that was dialled, costs nothing. */
  opened(sendWindow: number, firstFrame?: Uint8Array): void {
    if (!this.dialling) return
    this.dialling = false
    this.outgoing.window = sendWindow
    if (firstFrame !== undefined) this.pipe.receive(firstFrame)
  }

  receive(number: number, frame: Uint8Array): void {
    if (this.dialling || this.pipe.state === 'ended') return
    if (number !== this.framesReceived) {
      this.lost()
      return
    }
    const cost = costOf(frame)
    if (!this.incoming.take(cost)) {
      const message = 'The other tab sent more than its window allows.'
      this.end(new P2PError('PROTOCOL_VIOLATION', message), 'PROTOCOL_VIOLATION')
      return
    }
    this.framesReceived++
    this.pipe.receive(frame, cost)
  }

  /** The other end has consumed so much in all. More than was sent is a lie, and worth no more than the truth. */
  acknowledged(consumed: number): void {
    const more = Math.min(consumed - this.acknowledgedBytes, this.outgoing.used)
    if (more <= 0) return
    this.acknowledgedBytes += more
    this.outgoing.give(more)
    this.pipe.pump()
  }

  /** The other end has closed, after so many data frames. */
  closed(number: number, code: P2PErrorCode | undefined): void {
    if (code !== undefined) {
      const known = codeOf(code, 'CONNECTION_LOST')
      this.end(new P2PError(known, `The other tab ended the connection (${known}). Connect again.`), false)
    } else if (number !== this.framesReceived) this.lost()
    else this.end(undefined, false)
  }

  /** The end, told to the other side with the code or without, or not at all. Nothing follows. */
  end(error?: Error, tell: P2PErrorCode | boolean = true): void {
    if (this.pipe.state === 'ended') return
    this.farewell = tell
    this.pipe.end(error)
  }

  private lost(): void {
    const message = 'Messages between the tabs were lost, as happens to a page in the back/forward cache. Connect again.'
    this.end(new P2PError('CONNECTION_LOST', message), 'CONNECTION_LOST')
  }

  private consume(cost: number): void {
    const more = this.incoming.consume(cost)
    if (more === 0) return
    this.consumed += more
    this.wiring.post({ kind: 'ack', circuit: this.id, consumed: this.consumed })
  }
}
