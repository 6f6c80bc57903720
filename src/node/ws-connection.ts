import type { RawData, WebSocket } from 'ws'
import { P2PError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import { FramePipe, type FramePipeOptions } from '../transport/frames/frame-pipe.js'
import type { Reader } from './slow-readers.js'

/** Largest frame: the largest Noise transport message (Noise specification §3). */
export const MAX_FRAME_BYTES = 65_535

/** Bytes kept for a sink that is not there yet; then the socket is paused. */
const EARLY_BYTES = 131_072
/** Bytes given to the socket at a time. What is given at once leaves at once, in the socket's eyes: in pieces we see a slow reader move. */
const WINDOW_BYTES = 65_536
/** Bytes that one peer gets read before it is everybody else's turn: what is cheap to handle then holds up nobody for long, however fast it comes. */
const TURN_BYTES = 131_072
/** Frames of the peer after which its handshake is over, one way or the other (Noise XX: it sends the first and the third message). */
const HANDSHAKE_FRAMES = 2
const NORMAL_CLOSE = 1000
const GOING_AWAY = 1001
const UNSUPPORTED_DATA = 1003
const NO_STATUS = 1005
const MESSAGE_TOO_BIG = 1009

/** Who wants to know of a connection. */
export interface WsConnectionHooks {
  /** It is over. */
  onEnd(connection: WsConnection): void
  /** The peer has sent what a handshake takes. */
  onSpoken(): void
  /** More waits than may. */
  onOverfull(connection: WsConnection): void
}

/**
 * A WebSocket that we accepted, as a pipe of binary frames (RFC 6455). It is the carrier of the pipe itself, without a closure for each thing
 * that a carrier does: a relay has thousands.
 */
export class WsConnection implements Reader, FramePipeOptions {
  readonly transport = 'websocket'
  readonly rank = 3
  readonly direct = true
  readonly outbound = false
  readonly maxFrameBytes: number = MAX_FRAME_BYTES
  readonly pipe: FramePipe
  progress = 0
  private error: P2PError | undefined
  private received = 0
  private bytesOfTurn = 0
  private closeCode = NORMAL_CLOSE
  private readonly sent: () => void

  constructor(
    private readonly socket: WebSocket,
    readonly remoteAddress: string,
    firstFrame: Uint8Array | undefined,
    readonly limits: Limits,
    private readonly hooks: WsConnectionHooks,
  ) {
    this.pipe = new FramePipe(this)
    const { pipe } = this
    this.sent = () => {
      this.progress++
      pipe.pump()
    }
    if (firstFrame !== undefined) {
      pipe.receive(firstFrame)
      this.received = 1
    }
    // Answers to pings wait in the socket where nobody counts them: a peer that does not read gets none (RFC 6455 §5.5.3 lets us skip all but the last).
    socket.on('ping', (data) => {
      if (pipe.bufferedAmount === 0) socket.pong(data)
    })
    socket.on('message', (data, isBinary) => this.receive(data, isBinary))
    socket.on('error', (error) => {
      this.error ??= protocolError(error)
    })
    socket.on('close', (code) => pipe.end(this.error ?? closeError(code)))
  }

  accepts(frame: Uint8Array): boolean {
    const { socket, limits } = this
    if (socket.readyState !== socket.OPEN) return false
    // What is sent again on a new path comes on top of what waits; nothing honest makes it twice as much.
    if (this.pipe.bufferedAmount + frame.length <= 2 * limits.sendMaxBufferedBytes) return true
    this.hooks.onOverfull(this)
    return false
  }

  hasRoom(): boolean {
    return this.pipe.state === 'closing' || this.socket.bufferedAmount < WINDOW_BYTES
  }

  transmit(frame: Uint8Array): void {
    this.socket.send(frame, this.sent)
  }

  heldBytes(): number {
    return this.socket.bufferedAmount
  }

  attached(): void {
    if (this.socket.isPaused) this.socket.resume()
  }

  flushed(): void {
    this.socket.close(this.closeCode)
  }

  /** `ws` ends by itself the socket of a peer that does not answer our close. */
  late(): void {}

  ended(): void {
    this.socket.terminate()
    this.hooks.onEnd(this)
  }

  get isWaiting(): boolean {
    return this.pipe.bufferedAmount > 0
  }

  /** Ends it at once; what waits is lost. */
  end(error: P2PError): void {
    this.pipe.end(error)
  }

  /** Closes it because the server stops. */
  goAway(): void {
    this.closeCode = GOING_AWAY
    this.pipe.close()
  }

  private receive(data: RawData, isBinary: boolean): void {
    if (this.error !== undefined) return
    if (++this.received === HANDSHAKE_FRAMES) this.hooks.onSpoken()
    if (!isBinary) {
      this.error = new P2PError('PROTOCOL_VIOLATION', 'The peer sent a text frame; only binary frames carry this protocol.')
      this.socket.close(UNSUPPORTED_DATA)
      return
    }
    const buffer = data as Buffer
    this.pipe.receive(new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length))
    if (this.pipe.earlyBytes > EARLY_BYTES) this.socket.pause()
    this.bytesOfTurn += buffer.length
    if (this.bytesOfTurn >= TURN_BYTES) this.yieldTurn()
  }

  /** Reads on in the next turn of the event loop. */
  private yieldTurn(): void {
    this.bytesOfTurn = 0
    this.socket.pause()
    setImmediate(() => {
      if (this.pipe.earlyBytes <= EARLY_BYTES) this.socket.resume()
    })
  }
}

function protocolError(error: Error & { code?: string }): P2PError {
  // What `ws` refuses by itself: frames above maxPayload, and bytes that are no WebSocket frame.
  if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
    return new P2PError('LIMIT_EXCEEDED', `The peer sent a frame of more than ${MAX_FRAME_BYTES} bytes.`, { cause: error })
  }
  if (error.code?.startsWith('WS_ERR_')) {
    return new P2PError('PROTOCOL_VIOLATION', 'The peer sent what is not WebSocket.', { cause: error })
  }
  return new P2PError('CONNECTION_LOST', 'The connection broke. Connect again.', { cause: error })
}

function closeError(code: number): P2PError | undefined {
  if (code === NORMAL_CLOSE || code === GOING_AWAY || code === NO_STATUS) return undefined
  if (code === MESSAGE_TOO_BIG || code === UNSUPPORTED_DATA) {
    return new P2PError('PROTOCOL_VIOLATION', `The peer refused our frames (WebSocket close code ${code}).`, {
      details: { byPeer: true },
    })
  }
  return new P2PError('CONNECTION_LOST', `The connection broke (WebSocket close code ${code}). Connect again.`)
}
