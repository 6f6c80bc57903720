import WebSocket from 'ws'
import { toBase64Url } from '../../base/base64url.js'

export const SUBPROTOCOL = 'lotus-p2p.2'

/** Where frames come and go, whatever carries them. Frames wait until somebody reads. */
export class Pipe {
  ended = false
  /** The last frame was a text. */
  sawText = false
  private readonly waiting: Uint8Array[] = []
  private reader: ((frame: Uint8Array) => void) | undefined
  private readonly ends: (() => void)[] = []

  constructor(
    readonly send: (frame: Uint8Array | string) => void,
    readonly end: () => void,
  ) {}

  read(reader: (frame: Uint8Array) => void): void {
    this.reader = reader
    for (const frame of this.waiting.splice(0)) reader(frame)
  }

  onEnd(call: () => void): void {
    if (this.ended) call()
    else this.ends.push(call)
  }

  /** For the carrier: a frame has come. */
  take(frame: Uint8Array): void {
    if (this.reader === undefined) this.waiting.push(frame)
    else this.reader(frame)
  }

  /** For the carrier: nothing comes any more. */
  finish(): void {
    if (this.ended) return
    this.ended = true
    for (const call of this.ends.splice(0)) call()
  }
}

/** The frames of a socket that is open or about to be. */
export function pipeOver(socket: WebSocket): Pipe {
  const pipe = new Pipe(
    (frame) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(frame)
    },
    () => socket.terminate(),
  )
  socket.on('message', (data: Buffer, isBinary) => {
    if (!isBinary) pipe.sawText = true
    pipe.take(new Uint8Array(data))
  })
  socket.on('error', () => {})
  socket.once('close', () => pipe.finish())
  return pipe
}

/** Opens a WebSocket; the first frame, where there is one, rides in its subprotocol. @throws Error where there is no connection. */
export function openWebSocket(address: string, first: Uint8Array | undefined, waitMs: number): Promise<Pipe> {
  const inUpgrade = first !== undefined && first.length <= 1_024
  const subprotocol = inUpgrade ? `${SUBPROTOCOL}.${toBase64Url(first)}` : SUBPROTOCOL
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(address, [subprotocol], { perMessageDeflate: false, handshakeTimeout: waitMs })
    const pipe = pipeOver(socket)
    socket.once('error', reject)
    socket.once('open', () => {
      if (first !== undefined && !inUpgrade) pipe.send(first)
      resolve(pipe)
    })
  })
}
