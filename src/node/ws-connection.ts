import type { RawData, WebSocket } from 'ws'
import { P2PError } from '../errors.js'
import type { Limits } from '../limits.js'
import type { Connection, FrameSink } from '../transport/transport.js'

/** Largest frame: the largest Noise transport message (Noise specification §3). */
export const MAX_FRAME_BYTES = 65_535

/** Bytes kept for a sink that is not there yet; then the socket is paused. */
const EARLY_BYTES = 131_072
const NORMAL_CLOSE = 1000
const GOING_AWAY = 1001
const UNSUPPORTED_DATA = 1003
const NO_STATUS = 1005
const MESSAGE_TOO_BIG = 1009

/** A WebSocket that we accepted, as a pipe of binary frames (RFC 6455). */
export class WsConnection implements Connection {
  readonly transport = 'websocket'
  readonly outbound = false
  readonly maxFrameBytes = MAX_FRAME_BYTES
  private sink: FrameSink | undefined
  private early: Uint8Array[] | undefined
  private earlyBytes = 0
  private aboveLowWater = false
  private closed = false
  private error: Error | undefined

  constructor(
    private readonly socket: WebSocket,
    readonly remoteAddress: string,
    firstFrame: Uint8Array | undefined,
    private readonly limits: Limits,
    onEnd: (connection: WsConnection) => void,
  ) {
    if (firstFrame !== undefined) this.early = [firstFrame]
    socket.on('message', (data, isBinary) => this.receive(data, isBinary))
    socket.on('error', (error) => {
      this.error ??= protocolError(error)
    })
    socket.on('close', (code) => {
      this.closed = true
      onEnd(this)
      this.error ??= closeError(code)
      this.sink?.onClose(this.error)
    })
  }

  get bufferedAmount(): number {
    return this.socket.bufferedAmount
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
    this.socket.send(frame, this.sent)
    if (this.socket.bufferedAmount > this.limits.sendLowWaterBytes) this.aboveLowWater = true
  }

  close(goingAway = false): void {
    this.socket.close(goingAway ? GOING_AWAY : NORMAL_CLOSE)
  }

  terminate(): void {
    this.socket.terminate()
  }

  private readonly sent = (): void => {
    if (!this.aboveLowWater || this.closed || this.socket.bufferedAmount > this.limits.sendLowWaterBytes) return
    this.aboveLowWater = false
    this.sink?.onDrain()
  }

  private receive(data: RawData, isBinary: boolean): void {
    if (this.error !== undefined) return
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
