import { abortedError, isP2PError, P2PError } from '../../base/errors.js'
import { DEFAULT_LIMITS, type Limits } from '../../base/limits.js'
import { EarlyFrames } from '../../transport/frames/early-frames.js'
import type { Connection, DialOptions, FrameSink, Transport } from '../../transport/transport.js'
import { invalidAddress } from '../../transport/websocket.js'
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
/** Hosts remembered as being behind something that holds streams back, and for how long. */
const MAX_HOSTS = 64
const HOST_MEMORY_MS = 600_000

/**
 * HTTP requests, for networks that let nothing else through: long polls, or streamed answers where nothing on the way
 * holds them back. Works in browsers, workers and Node, and through reverse proxies that buffer.
 *
 * @example
 * new P2PCoordinator({ transports: [http()], bootstrap: ['https://relay.example'] })
 */
export function http(options: { limits?: Limits } = {}): Transport {
  return { name: 'http', canDial: (address) => /^https?:/i.test(address), dial: httpDial(options.limits ?? DEFAULT_LIMITS) }
}

/** The dial of `http`. `dialled` is the address that the connection gives as its own, where that is another. */
export function httpDial(limits: Limits) {
  const buffering: Buffering = new Map()
  return (address: string, options: DialOptions, dialled = address): Promise<Connection> =>
    openSession(address, { ...options, dialled, limits, buffering })
}

/** Hosts behind something that holds streams back, with the time until which that is believed. */
type Buffering = Map<string, number>

interface Opening extends DialOptions {
  dialled: string
  limits: Limits
  buffering: Buffering
}

async function openSession(address: string, { signal, firstFrame, dialled, limits, buffering }: Opening): Promise<Connection> {
  const endpoint = endpointOf(address)
  if (signal?.aborted) throw abortedError('The dial', signal.reason)
  if (typeof fetch !== 'function') {
    throw new P2PError('TRANSPORT_UNAVAILABLE', 'This platform has no fetch. Give P2PConfig.transports another transport.')
  }
  const body = firstFrame as Uint8Array<ArrayBuffer>
  // A kept-alive socket that the server has just closed fails once for nothing.
  for (let attempt = 1; ; attempt++) {
    const exchange = new Exchange(signal, limits.dialTimeoutMs)
    try {
      const response = await request(endpoint, { method: 'POST', body, signal: exchange.signal })
      const id = await smallAnswer(response)
      if (signal?.aborted) throw signal.reason
      if (!/^[\w-]{22,64}$/.test(id)) throw notThePeer()
      return new HttpConnection(dialled, endpoint, id, limits, buffering)
    } catch (error) {
      if (signal?.aborted) throw abortedError('The dial', signal.reason)
      if (error instanceof TypeError && attempt === 1) continue
      const why = exchange.timedOut ? `no answer within ${limits.dialTimeoutMs} ms` : causeOf(error)
      const message = `No connection to ${address} (${why}). Check the address, that the peer runs, and that it serves HTTP.`
      throw new P2PError('PEER_UNREACHABLE', message, { details: { address }, cause: error })
    } finally {
      exchange.done()
    }
  }
}

class HttpConnection implements Connection {
  readonly transport = 'http'
  readonly outbound = true
  readonly maxFrameBytes = HTTP_FRAME_BYTES
  private readonly session: URL
  private readonly early = new EarlyFrames()
  private earlyBytes = 0
  private onAttach: (() => void) | undefined
  private attached = false
  private state: 'open' | 'closing' | 'ended' = 'open'
  /** Ends what waits for frames, at close; and everything, at the end. */
  private readonly polls = new AbortController()
  private readonly all = new AbortController()
  private closeTimer: ReturnType<typeof setTimeout> | undefined
  /** Frames not yet known to have arrived; the first has the number `arrived`. Frame 0 opened the session. */
  private readonly queue: Uint8Array[] = []
  private queuedBytes = 0
  private arrived = 1
  private aboveLowWater = false
  private posting = false
  private bodyBytes = FIRST_BODY_BYTES
  private received = 0
  /** Frames of which the server knows that they came. */
  private acknowledged = 0
  private streamedBytes = 0
  private acknowledgeTimer: ReturnType<typeof setTimeout> | undefined
  private acknowledgeNow = false
  private canStream: boolean

  constructor(
    readonly remoteAddress: string,
    endpoint: URL,
    id: string,
    private readonly limits: Limits,
    private readonly buffering: Buffering,
  ) {
    this.session = new URL(endpoint)
    this.session.pathname += `/${id}`
    this.canStream = !((buffering.get(endpoint.host) ?? 0) > Date.now())
    void this.receiveAll()
  }

  get bufferedAmount(): number {
    return this.queuedBytes
  }

  attach(sink: FrameSink): void {
    this.attached = true
    this.early.attach(sink)
    this.onAttach?.()
  }

  send(frame: Uint8Array): void {
    if (this.state !== 'open') return
    if (frame.length > HTTP_FRAME_BYTES || frame.length === 0) {
      throw new P2PError('LIMIT_EXCEEDED', `A frame has 1 to ${HTTP_FRAME_BYTES} bytes. Split what you send.`)
    }
    this.queue.push(frame)
    this.queuedBytes += frame.length
    if (this.queuedBytes > this.limits.sendLowWaterBytes) this.aboveLowWater = true
    void this.sendAll()
  }

  close(): void {
    if (this.state !== 'open') return
    this.state = 'closing'
    this.polls.abort()
    this.closeTimer = setTimeout(() => this.end(undefined), this.limits.closeGraceMs)
    void this.sendAll()
  }

  /** One body at a time, so that frames keep their order. */
  private async sendAll(): Promise<void> {
    if (this.posting) return
    this.posting = true
    // What is sent in the same turn goes in the same body.
    if (this.state === 'open') await Promise.resolve()
    while (this.state !== 'ended' && (this.queue.length > 0 || this.acknowledgeNow || this.state === 'closing')) {
      if (!(await this.persist(this.all.signal, (attempt) => this.post(attempt)))) break
    }
    this.posting = false
  }

  private forget(count: number): void {
    for (const frame of this.queue.splice(0, count)) this.queuedBytes -= frame.length
    this.arrived += count
    if (!this.aboveLowWater || this.state !== 'open' || this.queuedBytes > this.limits.sendLowWaterBytes) return
    this.aboveLowWater = false
    this.early.drained()
  }

  private async post(attempt: number): Promise<void> {
    const count = framesThatFit(this.queue, 0, this.bodyBytes)
    const last = this.state === 'closing' && count === this.queue.length
    const body = encodeFrames(this.queue.slice(0, count))
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
      const response = await request(url, { method: 'POST', body, keepalive, signal: exchange.signal })
      const has = Number(await smallAnswer(response))
      // Somebody else's page is no answer to frames: they count as sent only once the server says that it has them.
      if (!(has >= this.arrived + count && has <= this.arrived + this.queue.length)) throw notThePeer()
      if (performance.now() - startedMs < QUICK_BODY_MS) this.bodyBytes = Math.min(HTTP_BODY_BYTES, 2 * fullBytes)
      this.acknowledged = Math.max(this.acknowledged, after)
      if (!last) this.forget(has - this.arrived)
    } catch (error) {
      // A close whose answer was lost leaves no session.
      if (!last || !isP2PError(error, 'CONNECTION_LOST')) throw error
    } finally {
      exchange.done()
    }
    if (last) this.end(undefined)
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
      const response = await request(url, { method: 'GET', signal: exchange.signal })
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
        if (!this.attached && this.earlyBytes > EARLY_BYTES) await this.sinkOrEnd()
      }
      if (!reader.whole) throw new Error('the answer was cut')
    } catch (error) {
      if (isP2PError(error) || this.state !== 'open') throw error
      // Something on the way holds answers back until they are whole, or does not let streams through.
      if (stream && (!begun || exchange.timedOut)) this.canStream = false
      if (stream && !begun && exchange.timedOut) {
        this.rememberBuffering()
        return
      }
      if (this.received === before) throw error
    } finally {
      exchange.done()
    }
  }

  private deliver(frame: Uint8Array, streamed: boolean): void {
    if (this.state !== 'open') return
    this.received++
    if (!this.attached) this.earlyBytes += frame.length
    if (streamed) this.acknowledgeSoon(frame.length)
    this.early.frame(frame)
  }

  private heed(control: Control): void {
    if (control === 'nothing' || this.state !== 'open') return
    const fault =
      control === 'end' ? undefined : new P2PError('PROTOCOL_VIOLATION', 'The peer sent what is no frame and no known control.')
    this.end(fault)
    this.sayClosed()
  }

  /** The next request for frames tells it as well; a long stream would let the server keep everything until then. */
  private acknowledgeSoon(bytes: number): void {
    this.streamedBytes += bytes
    if (this.streamedBytes >= ACKNOWLEDGE_BYTES) this.acknowledge()
    else this.acknowledgeTimer ??= setTimeout(() => this.acknowledge(), ACKNOWLEDGE_MS)
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
        if (isP2PError(error)) this.end(error)
        else if (nowMs + pauseMs > deadlineMs) this.end(lost(causeOf(error), error))
        else await pause(pauseMs, until)
      }
    }
    return false
  }

  private end(error: P2PError | undefined): void {
    if (this.state === 'ended') return
    this.state = 'ended'
    clearTimeout(this.closeTimer)
    clearTimeout(this.acknowledgeTimer)
    this.queue.length = 0
    this.queuedBytes = 0
    this.polls.abort()
    this.all.abort()
    this.early.closed(error)
  }

  /** Lets the server forget the session now rather than later. Whether it arrives does not matter. */
  private sayClosed(): void {
    const exchange = new Exchange(undefined, this.limits.closeGraceMs)
    const url = this.url({ n: this.arrived, close: 1 })
    request(url, { method: 'POST', body: new Uint8Array(), keepalive: true, signal: exchange.signal })
      .then(smallAnswer)
      .catch(() => {})
      .finally(() => exchange.done())
  }

  private rememberBuffering(): void {
    const { host } = this.session
    this.buffering.delete(host)
    for (const oldest of this.buffering.keys()) {
      if (this.buffering.size < MAX_HOSTS) break
      this.buffering.delete(oldest)
    }
    this.buffering.set(host, Date.now() + HOST_MEMORY_MS)
  }

  private url(query: Record<string, number>): URL {
    const url = new URL(this.session)
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value))
    return url
  }
}

/** @throws P2PError INVALID_ADDRESS, INSECURE_ADDRESS. */
function endpointOf(address: string): URL {
  let url: URL
  try {
    url = new URL(address)
  } catch (error) {
    throw invalidAddress(address, 'it is not a URL', error)
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw invalidAddress(address, 'it must begin with http:// or https://')
  }
  if (url.hash !== '') throw invalidAddress(address, 'it must not have a #fragment')
  if (url.username !== '' || url.password !== '') throw invalidAddress(address, 'it must not hold a password')
  const page = (globalThis as { location?: { protocol?: string } }).location
  const loopback = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)
  if (page?.protocol === 'https:' && url.protocol === 'http:' && !loopback) {
    const message = `A page loaded over https cannot reach ${address}. Use https://, or serve the relay behind TLS.`
    throw new P2PError('INSECURE_ADDRESS', message, { details: { address } })
  }
  url.pathname = url.pathname.replace(/\/*$/, HTTP_PATH)
  return url
}
