import type { IncomingMessage, ServerResponse } from 'node:http'
import { platformInterval, platformTimer } from '../base/clock.js'
import { P2PError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import { isFrame } from '../plugins/http/http.js'
import {
  END,
  encodeFrames,
  FrameReader,
  framesThatFit,
  HTTP_BODY_BYTES,
  HTTP_FRAME_BYTES,
  HTTP_FRAMES_TYPE,
  NOTHING,
} from '../plugins/http/http-frames.js'
import { FramePipe } from '../transport/frames/frame-pipe.js'
import { answer, refuseRequest } from './http-answers.js'
import type { Reader } from './slow-readers.js'

/** Bytes kept for a sink that is not there yet; then the upload is paused. */
const EARLY_BYTES = 131_072
/** What one write of a stream holds: a few frames, or one large one. */
const WRITE_BYTES = 65_536

/** The request in which the peer waits for frames. */
interface Poll {
  response: ServerResponse
  stream: boolean
  /** Number of the next frame to write. */
  next: number
  /** Bytes written. */
  bytes: number
  /** The socket has taken enough for now. */
  full: boolean
  timer: NodeJS.Timeout
  beat: NodeJS.Timeout | undefined
}

/** The request in which the peer sends frames. */
interface Upload {
  request: IncomingMessage
  release(): void
}

/** What an upload's address says. */
export interface UploadFacts {
  /** Number of the first frame in the body. */
  number: number
  /** Frames that the peer has. */
  after: number | undefined
  /** The peer closes with it. */
  close: boolean
}

/** Who wants to know of a session. */
export interface HttpSessionHooks {
  /** It is over. */
  onGone(session: HttpSession): void
  /** The peer has sent what a handshake takes: a frame beside the first. */
  onSpoken(): void
  /** More waits than may. */
  onOverfull(session: HttpSession): void
}

/** A connection that a peer holds by requests: it uploads frames, and asks for ours. Frame 0 came with its opening. */
export class HttpSession implements Reader {
  readonly pipe: FramePipe
  private paused: IncomingMessage | undefined
  /** Number of the first frame that the peer has not acknowledged, which is the queue's first. */
  private acknowledged = 0
  private received = 1
  private pumping = false
  private poll: Poll | undefined
  private upload: Upload | undefined
  private polled = false
  private isTold = false
  private idle: NodeJS.Timeout | undefined
  private lastWait: NodeJS.Timeout | undefined
  private readonly onceTold: (() => void)[] = []
  progress = 0

  constructor(
    remoteAddress: string,
    firstFrame: Uint8Array,
    private readonly limits: Limits,
    private readonly hooks: HttpSessionHooks,
  ) {
    this.pipe = new FramePipe({
      transport: 'http',
      rank: 2,
      direct: true,
      remoteAddress,
      outbound: false,
      maxFrameBytes: HTTP_FRAME_BYTES,
      limits,
      accepts: (frame) => {
        if (this.pipe.bufferedAmount + frame.length <= 2 * limits.sendMaxBufferedBytes) return isFrame(frame)
        // After this turn: the channel is in the middle of sending.
        queueMicrotask(() => hooks.onOverfull(this))
        return false
      },
      // Frames leave the queue once the peer has acknowledged them.
      hasRoom: () => {
        this.schedule()
        return false
      },
      flushed: () => this.schedule(),
      attached: () => this.resume(),
      late: () => {
        this.tell(undefined)
        // The last frames stay for a peer whose network fails just now.
        this.lastWait = platformTimer(() => this.end(undefined), limits.httpRetryMs)
      },
      ended: (error) => {
        clearTimeout(this.idle)
        clearTimeout(this.lastWait)
        this.stopUpload()
        this.finishPoll()
        hooks.onGone(this)
        this.tell(error)
      },
    })
    this.pipe.receive(firstFrame)
    this.expectPoll(limits.handshakeTimeoutMs)
  }

  /** What makes room first where there are too many: what has closed, then what never asked for a frame. */
  get worth(): number {
    return this.pipe.state !== 'open' ? 0 : this.polled ? 2 : 1
  }

  /** In a stream what has been written is under way, though the peer confirms it only with its next request. */
  get isWaiting(): boolean {
    return this.poll?.stream ? this.poll.full : this.pipe.bufferedAmount > 0
  }

  close(): void {
    this.pipe.close()
  }

  /** Ends it at once; what has not been fetched is lost. */
  end(error: Error | undefined): void {
    this.pipe.end(error)
  }

  /** Resolves once the sink has been told of the end. */
  told(): Promise<void> {
    return this.isTold ? Promise.resolve() : new Promise((resolve) => this.onceTold.push(resolve))
  }

  /** The peer asks for the frames from number `after` on. It has those before. */
  ask(response: ServerResponse, after: number, stream: boolean): void {
    // An old request that something on the way has repeated: nobody waits for its answer.
    if (after < this.acknowledged) {
      refuseRequest(response, 409, 'PROTOCOL_VIOLATION', 'Those frames are gone.')
      return
    }
    if (!this.acknowledge(after)) {
      this.refuse(response, 409, new P2PError('PROTOCOL_VIOLATION', 'The peer acknowledged frames that were never sent.'))
      return
    }
    this.finishPoll()
    clearTimeout(this.idle)
    this.polled = true
    const { httpPollMs, httpStreamMs } = this.limits
    const poll: Poll = {
      response,
      stream,
      next: after,
      bytes: 0,
      full: false,
      timer: platformTimer(() => this.finishPoll(), stream ? httpStreamMs : httpPollMs),
      beat: stream ? platformInterval(() => this.beat(), Math.ceil(httpPollMs / 2)) : undefined,
    }
    this.poll = poll
    response.on('close', () => {
      if (this.poll === poll) this.dropPoll()
    })
    if (stream) {
      response.on('drain', () => {
        poll.full = false
        this.schedule()
      })
      // Nginx asks for this header to let a stream through.
      response.writeHead(200, { 'Content-Type': HTTP_FRAMES_TYPE, 'X-Accel-Buffering': 'no' })
      response.write(NOTHING)
    }
    this.pump()
  }

  /** The peer sends frames. They are taken as they come, so that what broke off half-way need not come again. */
  take(request: IncomingMessage, response: ServerResponse, { number, after, close }: UploadFacts): void {
    if (number > this.received || (after !== undefined && after > this.acknowledged && !this.acknowledge(after))) {
      this.refuse(response, 409, new P2PError('PROTOCOL_VIOLATION', 'The peer counted frames that never were.'))
      return
    }
    const tooLong = () => new P2PError('LIMIT_EXCEEDED', `A body has at most ${HTTP_BODY_BYTES} bytes.`)
    // What is announced is not waited for.
    if (Number(request.headers['content-length']) > HTTP_BODY_BYTES) {
      this.refuse(response, 413, tooLong())
      return
    }
    // One at a time: a newer one means that the peer has given the older up.
    this.stopUpload()
    let next = number
    let bytes = 0
    let fault: P2PError | undefined
    const reader = new FrameReader(
      (frame) => {
        if (next++ < this.received || fault !== undefined) return
        if (++this.received === 2) this.hooks.onSpoken()
        if (this.pipe.state === 'open') this.pipe.receive(frame)
      },
      () => {
        fault = new P2PError('PROTOCOL_VIOLATION', 'The peer uploaded a frame without bytes.')
      },
    )
    const refuse = (status: number, error: P2PError) => {
      this.release(upload)
      this.refuse(response, status, error)
    }
    const onData = (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > HTTP_BODY_BYTES) {
        return refuse(413, tooLong())
      }
      reader.read(chunk)
      if (fault !== undefined) return refuse(400, fault)
      if (this.pipe.state !== 'open' || this.pipe.earlyBytes <= EARLY_BYTES) return
      request.pause()
      this.paused = request
    }
    const onEnd = () => {
      if (!reader.whole) return refuse(400, new P2PError('PROTOCOL_VIOLATION', 'The peer uploaded half a frame.'))
      this.release(upload)
      answer(response, 200, 'text/plain', String(this.received))
      if (close) this.end(undefined)
    }
    const timer = platformTimer(() => request.destroy(), this.limits.httpUploadMs)
    const onClose = () => this.release(upload)
    const upload: Upload = {
      request,
      release: () => {
        clearTimeout(timer)
        request.off('data', onData).off('end', onEnd).off('close', onClose)
      },
    }
    this.upload = upload
    request.on('data', onData).on('end', onEnd).on('close', onClose)
  }

  private refuse(response: ServerResponse, status: number, error: P2PError): void {
    refuseRequest(response, status, error.code, error.message)
    this.end(error)
  }

  private release(upload: Upload): void {
    upload.release()
    if (this.paused === upload.request) this.paused = undefined
    if (this.upload === upload) this.upload = undefined
  }

  private stopUpload(): void {
    const { upload } = this
    if (upload === undefined) return
    this.release(upload)
    upload.request.destroy()
  }

  private resume(): void {
    this.paused?.resume()
    this.paused = undefined
  }

  /** False where the peer claims frames that it cannot have. */
  private acknowledge(after: number): boolean {
    const count = after - this.acknowledged
    if (count > this.pipe.queue.length) return false
    this.acknowledged = after
    if (count > 0) {
      this.progress++
      this.pipe.drop(count)
    }
    return true
  }

  /** Answers after this turn, so that frames sent together travel together. */
  private schedule(): void {
    if (this.pipe.state === 'closing') this.resume()
    if (this.pumping) return
    this.pumping = true
    queueMicrotask(() => {
      this.pumping = false
      this.pump()
    })
  }

  private pump(): void {
    const { poll } = this
    const { queue } = this.pipe
    if (poll === undefined) return
    poll.next = Math.max(poll.next, this.acknowledged)
    const maxBytes = poll.stream ? WRITE_BYTES : HTTP_BODY_BYTES
    while (!poll.full) {
      const from = poll.next - this.acknowledged
      const count = framesThatFit(queue, from, maxBytes)
      const last = this.pipe.state === 'closing' && from + count === queue.length
      if (count === 0 && !last) return
      const body = encodeFrames(queue.slice(from, from + count), last ? END : undefined)
      poll.next += count
      poll.bytes += body.length
      if (last) poll.response.on('finish', () => this.tell(undefined))
      if (!poll.stream || last || poll.bytes >= this.limits.httpStreamBytes) {
        this.finishPoll(body)
        return
      }
      poll.full = !poll.response.write(body, () => {
        this.progress++
      })
    }
  }

  private beat(): void {
    if (this.poll?.stream && !this.poll.full) this.poll.response.write(NOTHING)
  }

  /** Ends the answer under way; the peer asks again. */
  private finishPoll(body: Uint8Array = new Uint8Array()): void {
    const { poll } = this
    if (poll === undefined) return
    this.dropPoll()
    if (poll.stream) poll.response.end(body)
    else answer(poll.response, 200, HTTP_FRAMES_TYPE, body)
    // Who does not read its answer loses its socket.
    const timer = platformTimer(() => poll.response.destroy(), this.limits.httpUploadMs).unref()
    poll.response.on('close', () => clearTimeout(timer))
    poll.response.on('finish', () => clearTimeout(timer))
  }

  private dropPoll(): void {
    clearTimeout(this.poll?.timer)
    clearInterval(this.poll?.beat)
    this.poll = undefined
    if (this.pipe.state !== 'ended') this.expectPoll(this.limits.httpSessionMs)
  }

  private expectPoll(withinMs: number): void {
    clearTimeout(this.idle)
    this.idle = platformTimer(() => {
      this.end(new P2PError('CONNECTION_LOST', 'The peer has not asked for frames for too long. It connects again when it can.'))
    }, withinMs)
  }

  private tell(error: Error | undefined): void {
    this.isTold = true
    this.pipe.tell(error)
    for (const resolve of this.onceTold.splice(0)) resolve()
  }
}
