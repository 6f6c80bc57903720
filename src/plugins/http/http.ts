import { isWebAddress } from '../../address/addresses.js'
import { parseWebAddress } from '../../address/web-address.js'
import { platformTimer } from '../../base/clock.js'
import { abortedError, isP2PError, P2PError } from '../../base/errors.js'
import { HTTP_LIMITS } from '../../base/limits/http.js'
import { type Limits, limitsOf } from '../../base/limits.js'
import { FramePipe } from '../../transport/frames/frame-pipe.js'
import type { Connection, DialOptions, Transport } from '../../transport/transport.js'
import {
  type Control,
  encodeFrames,
  FrameReader,
  framesThatFit,
  HTTP_BODY_BYTES,
  HTTP_FRAME_BYTES,
  HTTP_FRAMES_TYPE,
  HTTP_PATH,
} from './http-frames.js'
import { causeOf, chunksOf, Exchange, lost, notThePeer, pause, request, smallAnswer } from './http-requests.js'

/** Bytes of frames for a sink that is not there yet; then no more are read. */
const EARLY_BYTES = 131_072
/** Long polls before the first stream: the handshake, which a proxy that holds streams back must not delay. */
const PLAIN_POLLS = 2
/** Streamed bytes after which the server is told that they came, and how long fewer may wait. */
const ACKNOWLEDGE_BYTES = 65_536
const ACKNOWLEDGE_MS = 1_000
/** First and longest pause before a failed request is repeated. */
const RETRY_MIN_MS = 100
const RETRY_MAX_MS = 2_000
/** First body of frames; it grows while bodies go through in less than a second. */
const FIRST_BODY_BYTES = 65_536
const QUICK_BODY_MS = 1_000
/** An answer with nothing before this time is not what a long poll does: the next one waits a little. */
const EARLY_ANSWER_MS = 500
/** What browsers let a page send while it closes is 64 kB in all. */
const PARTING_BYTES = 16_384
/** Time for the network, on top of what the server takes for itself. */
const SLACK_MS = 5_000

/**
 * HTTP requests, for networks that let nothing else through: long polls, or streamed answers where nothing on the way
 * holds them back. Works in browsers, workers and Node, and through reverse proxies that buffer.
 *
 * @param options.limits default: those of the coordinator that dials.
 * @example
 * new P2PCoordinator({ transports: [http()], bootstrap: ['https://relay.example'] })
 */
export function http(options?: { limits?: Limits | undefined }): Transport {
  return {
    name: 'http',
    rank: 2,
    direct: true,
    canDial: (address) => isWebAddress(address, 'http'),
    dial: (address, dialOptions) => httpDial(address, { ...dialOptions, limits: options?.limits ?? dialOptions.limits }),
  }
}

/** The dial of `http`. `dialled` is the address that the connection gives as its own, where that is another. */
export function httpDial(address: string, options: DialOptions, dialled = address): Promise<Connection> {
  return openSession(address, { ...options, dialled, limits: limitsOf({ ...HTTP_LIMITS, ...options.limits }) })
}

interface Opening extends DialOptions {
  dialled: string
  limits: Limits
}

async function openSession(address: string, { signal, firstFrame, dialled, limits, learnt }: Opening): Promise<Connection> {
  const endpoint = parseWebAddress(address, 'http')
  endpoint.pathname = endpoint.pathname.replace(/\/*$/, HTTP_PATH)
  if (signal?.aborted) throw abortedError('The dial', signal.reason)
  if (typeof fetch !== 'function') {
    throw new P2PError('TRANSPORT_UNAVAILABLE', 'This platform has no fetch. Use another transport.')
  }
  const body = firstFrame as Uint8Array<ArrayBuffer>
  // A kept-alive socket that the server has just closed fails once for nothing.
  for (let attempt = 1; ; attempt++) {
    const exchange = new Exchange(signal, limits.dialTimeoutMs)
    try {
      const response = await request(endpoint, { method: 'POST', body, signal: exchange.signal }, learnt)
      const id = await smallAnswer(response)
      if (signal?.aborted) throw signal.reason
      if (!/^[\w-]{22,64}$/.test(id)) throw notThePeer()
      return new HttpConnection(dialled, endpoint, id, limits, learnt).pipe
    } catch (error) {
      if (signal?.aborted) throw abortedError('The dial', signal.reason)
      if ((error as Error).name === 'TypeError' && attempt === 1) continue
      const why = exchange.timedOut ? `no answer within ${limits.dialTimeoutMs} ms` : causeOf(error)
      const message = `No connection to ${address} (${why}). Check the address, and that it serves HTTP.`
      throw new P2PError('PEER_UNREACHABLE', message, { details: { address }, cause: error })
    } finally {
      exchange.done()
    }
  }
}

class HttpConnection {
  readonly pipe: FramePipe
  private readonly session: URL
  private onAttach: (() => void) | undefined
  /** Ends what waits for frames, at close; and everything, at the end. */
  private readonly polls = new AbortController()
  private readonly all = new AbortController()
  /** Number of the first frame not yet known to have arrived, which is the queue's first. Frame 0 opened the session. */
  private arrived = 1
  private posting = false
  private bodyBytes = FIRST_BODY_BYTES
  private received = 0
  /** Frames of which the server knows that they came. */
  private acknowledged = 0
  private streamedBytes = 0
  private acknowledgeTimer: ReturnType<typeof setTimeout> | undefined
  private acknowledgeNow = false
  /** False once something on the way has held a stream back: for this connection alone, as anybody on the way can. */
  private canStream = true

  constructor(
    remoteAddress: string,
    endpoint: URL,
    id: string,
    private readonly limits: Limits,
    private readonly learnt: boolean | undefined,
  ) {
    this.session = new URL(endpoint)
    this.session.pathname += `/${id}`
    const { polls, all } = this
    this.pipe = new FramePipe({
      transport: 'http',
      rank: 2,
      direct: true,
      remoteAddress,
      outbound: true,
      maxFrameBytes: HTTP_FRAME_BYTES,
      limits,
      accepts: isFrame,
      // Frames leave the queue once they have arrived.
      hasRoom: () => {
        void this.sendAll()
        return false
      },
      flushed: () => void this.sendAll(),
      attached: () => this.onAttach?.(),
      ended: () => {
        clearTimeout(this.acknowledgeTimer)
        polls.abort()
        all.abort()
      },
    })
    void this.receiveAll()
  }

  /** One body at a time, so that frames keep their order. */
  private async sendAll(): Promise<void> {
    const { pipe } = this
    if (pipe.state === 'closing') this.polls.abort()
    if (this.posting) return
    this.posting = true
    // What is sent in the same turn goes in the same body.
    if (pipe.state === 'open') await Promise.resolve()
    while (this.state !== 'ended' && (pipe.queue.length > 0 || this.acknowledgeNow || this.state === 'closing')) {
      if (!(await this.persist(this.all.signal, (attempt) => this.post(attempt)))) break
    }
    this.posting = false
  }

  private async post(attempt: number): Promise<void> {
    const { pipe } = this
    const count = framesThatFit(pipe.queue, 0, this.bodyBytes)
    const last = pipe.state === 'closing' && count === pipe.queue.length
    const body = encodeFrames(pipe.queue.slice(0, count))
    const after = this.received
    this.acknowledgeNow = false
    clearTimeout(this.acknowledgeTimer)
    this.acknowledgeTimer = undefined
    this.streamedBytes = 0
    // Halved until it has gone through quickly: the server keeps what came of a body that broke off, a smaller one gets on.
    const fullBytes = this.bodyBytes
    this.bodyBytes = Math.ceil(fullBytes / 2)
    const startedMs = performance.now()
    const exchange = new Exchange(this.all.signal, this.limits.httpUploadMs + SLACK_MS)
    try {
      // So that it outlives the page, where the browser can.
      const keepalive = last && attempt === 0 && body.length <= PARTING_BYTES
      const url = this.url({ n: this.arrived, after, ...(last && { close: 1 }) })
      const response = await request(url, { method: 'POST', body, keepalive, signal: exchange.signal }, this.learnt)
      const has = Number(await smallAnswer(response))
      // Somebody else's page is no answer to frames: they count as sent only once the server says that it has them.
      if (!(has >= this.arrived + count && has <= this.arrived + pipe.queue.length)) throw notThePeer()
      if (performance.now() - startedMs < QUICK_BODY_MS) this.bodyBytes = Math.min(HTTP_BODY_BYTES, 2 * fullBytes)
      this.acknowledged = Math.max(this.acknowledged, after)
      if (!last) {
        const more = has - this.arrived
        this.arrived = has
        pipe.drop(more)
      }
    } catch (error) {
      // A close whose answer was lost leaves no session.
      if (!last || !isP2PError(error, 'CONNECTION_LOST')) throw error
    } finally {
      exchange.done()
    }
    if (last) pipe.end()
  }

  private async receiveAll(): Promise<void> {
    let polls = 0
    while (this.state === 'open') {
      const startedMs = performance.now()
      const before = this.received
      const stream = this.canStream && polls++ >= PLAIN_POLLS
      if (!(await this.persist(this.polls.signal, () => this.poll(stream)))) return
      // Where a stream has just been given up, the long poll in its place must not wait.
      const givenUp = stream && !this.canStream
      const early = this.received === before && performance.now() - startedMs < EARLY_ANSWER_MS
      if (early && !givenUp && this.state === 'open') await pause(EARLY_ANSWER_MS, this.polls.signal)
    }
  }

  /** One request for frames. Succeeds if any came, however it ended. */
  private async poll(stream: boolean): Promise<void> {
    const { httpPollMs, httpFirstByteMs } = this.limits
    const patienceMs = httpPollMs + 2 * SLACK_MS
    const exchange = new Exchange(this.polls.signal, stream ? httpFirstByteMs : patienceMs)
    const before = this.received
    let begun = false
    try {
      const url = this.url({ after: this.received, ...(stream && { stream: 1 }) })
      const response = await request(url, { method: 'GET', signal: exchange.signal }, this.learnt)
      if (response.headers.get('content-type')?.split(';')[0] !== HTTP_FRAMES_TYPE) {
        throw notThePeer()
      }
      const reader = new FrameReader(
        (frame) => this.deliver(frame, stream),
        (control) => this.heed(control),
      )
      for await (const chunk of chunksOf(response)) {
        begun = true
        exchange.extend(patienceMs)
        reader.read(chunk)
        if (this.state !== 'open') return
        if (this.pipe.earlyBytes > EARLY_BYTES) await this.sinkOrEnd()
      }
      if (!reader.whole) throw new Error('the answer was cut')
    } catch (error) {
      if (isP2PError(error) || this.state !== 'open') throw error
      // Something on the way holds answers back until they are whole, or does not let streams through.
      if (stream && (!begun || exchange.timedOut)) this.canStream = false
      if (stream && !begun && exchange.timedOut) return
      if (this.received === before) throw error
    } finally {
      exchange.done()
    }
  }

  private deliver(frame: Uint8Array, streamed: boolean): void {
    if (this.state !== 'open') return
    this.received++
    if (streamed) this.acknowledgeSoon(frame.length)
    this.pipe.receive(frame)
  }

  private heed(control: Control): void {
    if (control === 'nothing' || this.state !== 'open') return
    const fault =
      control === 'end' ? undefined : new P2PError('PROTOCOL_VIOLATION', 'The peer sent neither a frame nor a known control.')
    this.pipe.end(fault)
    this.sayClosed()
  }

  /** The next request for frames tells it as well; a long stream would let the server keep everything until then. */
  private acknowledgeSoon(bytes: number): void {
    this.streamedBytes += bytes
    if (this.streamedBytes >= ACKNOWLEDGE_BYTES) this.acknowledge()
    else this.acknowledgeTimer ??= platformTimer(() => this.acknowledge(), ACKNOWLEDGE_MS)
  }

  private acknowledge(): void {
    if (this.state !== 'open' || this.acknowledged === this.received) return
    this.acknowledgeNow = true
    void this.sendAll()
  }

  private sinkOrEnd(): Promise<void> {
    return new Promise((resolve) => {
      this.onAttach = resolve
      this.polls.signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  /** Does it again until it succeeds. False once the connection has ended, which it does after `httpRetryMs` of failures. */
  private async persist(until: AbortSignal, work: (attempt: number) => Promise<void>): Promise<boolean> {
    let deadlineMs: number | undefined
    for (let attempt = 0; !until.aborted; attempt++) {
      try {
        await work(attempt)
        return !until.aborted
      } catch (error) {
        if (until.aborted) return false
        const nowMs = performance.now()
        deadlineMs ??= nowMs + this.limits.httpRetryMs
        const pauseMs = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** attempt)
        if (isP2PError(error)) this.pipe.end(error)
        else if (nowMs + pauseMs > deadlineMs) this.pipe.end(lost(causeOf(error), error))
        else await pause(pauseMs, until)
      }
    }
    return false
  }

  private get state(): FramePipe['state'] {
    return this.pipe.state
  }

  /** Lets the server forget the session now rather than later. Whether it arrives does not matter. */
  private sayClosed(): void {
    const exchange = new Exchange(undefined, this.limits.closeGraceMs)
    const url = this.url({ n: this.arrived, close: 1 })
    request(url, { method: 'POST', body: new Uint8Array(), keepalive: true, signal: exchange.signal }, this.learnt)
      .then(smallAnswer)
      .catch(() => {})
      .finally(() => exchange.done())
  }

  private url(query: Record<string, number>): URL {
    const url = new URL(this.session)
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value))
    return url
  }
}

/** @throws P2PError LIMIT_EXCEEDED for a frame without bytes: on the way its length would begin a control. */
export function isFrame(frame: Uint8Array): boolean {
  if (frame.length > 0) return true
  throw new P2PError('LIMIT_EXCEEDED', 'A frame over HTTP has 1 byte at least.')
}
