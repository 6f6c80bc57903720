import type { RawData, WebSocket } from 'ws'
import { P2PError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import type { Connection, FrameSink } from '../transport/transport.js'
import type { Reader } from './slow-readers.js'

/** Largest frame: the largest Noise transport message (Noise specification §3). */
export const MAX_FRAME_BYTES = 65_535

/** Bytes kept for a sink that is not there yet; then the socket is paused. */
const EARLY_BYTES = 131_072
/** Bytes given to the socket at a time. What is given at once leaves at once, in the socket's eyes: in pieces we see a slow reader move. */
const WINDOW_BYTES = 65_536
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

/** A WebSocket that we accepted, as a pipe of binary frames (RFC 6455). */
export class WsConnection implements Connection, Reader {
  readonly transport = 'websocket'
  readonly outbound = false
  readonly maxFrameBytes = MAX_FRAME_BYTES
  private sink: FrameSink | undefined
  private early: Uint8Array[] | undefined
  private earlyBytes = 0
  private aboveLowWater = false
  private closed = false
  private error: Error | undefined
  private received = 0
  /** Frames that the socket has not been given; those before `first` are gone. */
  private queue: Uint8Array[] = []
  private first = 0
  private queuedBytes = 0
  progress = 0

  constructor(
    private readonly socket: WebSocket,
    readonly remoteAddress: string,
    firstFrame: Uint8Array | undefined,
    private readonly limits: Limits,
    private readonly hooks: WsConnectionHooks,
  ) {
    if (firstFrame !== undefined) {
      this.early = [firstFrame]
      this.received = 1
    }
    // Answers to pings wait in the socket where nobody counts them: for who does not read there are none (RFC 6455 §5.5.3 lets us skip all but the last).
    socket.on('ping', (data) => {
      if (this.bufferedAmount === 0) socket.pong(data)
    })
    socket.on('message', (data, isBinary) => this.receive(data, isBinary))
    socket.on('error', (error) => {
      this.error ??= protocolError(error)
    })
    socket.on('close', (code) => {
      this.closed = true
      this.dropQueue()
      hooks.onEnd(this)
      this.error ??= closeError(code)
      this.sink?.onClose(this.error)
    })
  }

  get bufferedAmount(): number {
    return this.queuedBytes + this.socket.bufferedAmount
  }

  get isWaiting(): boolean {
    return this.bufferedAmount > 0
  }

  attach(sink: FrameSink): void {
    if (this.sink !== undefined) return
    this.sink = sink
    const early = this.early ?? []
    this.early = undefined
    for (const frame of early) sink.onFrame(frame)
    if (this.socket.isPaused) this.socket.resume()
    if (this.closed) sink.onClose(this.error)
  }

  send(frame: Uint8Array): void {
    if (this.socket.readyState !== this.socket.OPEN) return
    if (frame.length > MAX_FRAME_BYTES) {
      throw new P2PError('LIMIT_EXCEEDED', `A WebSocket frame has at most ${MAX_FRAME_BYTES} bytes. Split what you send.`)
    }
    // What is sent again on a new path comes on top of what waits; nothing honest makes it twice as much.
    if (this.bufferedAmount + frame.length > 2 * this.limits.sendMaxBufferedBytes) {
      this.hooks.onOverfull(this)
      return
    }
    if (this.queuedBytes === 0 && this.socket.bufferedAmount < WINDOW_BYTES) this.socket.send(frame, this.sent)
    else {
      this.queue.push(frame)
      this.queuedBytes += frame.length
    }
    if (this.bufferedAmount > this.limits.sendLowWaterBytes) this.aboveLowWater = true
  }

  /** Ends it at once; what waits is lost. */
  end(error: P2PError): void {
    this.error ??= error
    this.dropQueue()
    this.socket.terminate()
  }

  close(goingAway = false): void {
    this.fill(Number.POSITIVE_INFINITY)
    this.socket.close(goingAway ? GOING_AWAY : NORMAL_CLOSE)
  }

  /** Gives the socket what waits, up to so many bytes in it. */
  private fill(bytes: number): void {
    while (this.queuedBytes > 0 && this.socket.bufferedAmount < bytes) {
      const frame = this.queue[this.first++]!
      this.queuedBytes -= frame.length
      this.socket.send(frame, this.sent)
    }
    if (this.queuedBytes === 0) this.dropQueue()
    else if (this.first > 1_024) {
      this.queue = this.queue.slice(this.first)
      this.first = 0
    }
  }

  private dropQueue(): void {
    if (this.queue.length > 0) this.queue = []
    this.first = 0
    this.queuedBytes = 0
  }

  private readonly sent = (): void => {
    if (this.closed) return
    this.progress++
    if (this.queuedBytes > 0) this.fill(WINDOW_BYTES)
    if (!this.aboveLowWater || this.bufferedAmount > this.limits.sendLowWaterBytes) return
    this.aboveLowWater = false
    this.sink?.onDrain()
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
    const frame = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
    if (this.sink !== undefined) {
      this.sink.onFrame(frame)
      return
    }
    this.early ??= []
    this.early.push(frame)
    this.earlyBytes += frame.length
    if (this.earlyBytes > EARLY_BYTES) this.socket.pause()
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
