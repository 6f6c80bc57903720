import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { platformTimer } from '../base/clock.js'
import type { P2PErrorCode } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import { HTTP_FRAME_BYTES, HTTP_PATH } from '../plugins/http/http-frames.js'
import type { Connection } from '../transport/transport.js'
import type { Admission } from './admission.js'
import { answer, commonHeaders, refuseRequest, refuseTooMany } from './http-answers.js'
import { HttpSession } from './http-session.js'
import type { SlowReaders } from './slow-readers.js'

/** Bytes of a session id from the CSPRNG: 144 bits, which nobody guesses, and 24 characters without padding. */
const SESSION_ID_BYTES = 18
/** Pieces of a first frame: a byte at a time would cost a buffer each. */
const MAX_CHUNKS = 1_024
const FIRST_TOO_LONG = `A first frame has at most ${HTTP_FRAME_BYTES} bytes, in at most ${MAX_CHUNKS} pieces.`

/**
 * Connections over plain requests, for networks that block WebSocket: `POST <endpoint>` opens a session, `POST
 * <endpoint>/<id>` brings frames, `GET <endpoint>/<id>` waits for ours.
 */
export class HttpSessions {
  private readonly sessions = new Map<string, HttpSession>()
  /** Openings whose first frame is still coming, oldest first. */
  private readonly openings = new Set<IncomingMessage>()
  private closed = false

  constructor(
    private readonly limits: Limits,
    private readonly path: string | undefined,
    private readonly admission: Admission,
    private readonly slowReaders: SlowReaders,
    private readonly accept: (connection: Connection) => void,
  ) {}

  /** Answers a request to the endpoint. False, and nothing done, for any other. */
  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const [path = '', query] = (request.url ?? '').split('?')
    const at = path.lastIndexOf(HTTP_PATH)
    const rest = path.slice(at + HTTP_PATH.length)
    if (at < 0 || (rest !== '' && !rest.startsWith('/'))) return false
    if (this.path !== undefined && path.slice(0, at) !== this.path.replace(/\/$/, '')) return false
    // A broken socket is an ordinary event here; without a listener it would end the process.
    request.on('error', ignore)
    response.on('error', ignore)
    const { origins } = this.admission
    const mayCome = this.admission.allowsOrigin(request)
    commonHeaders(response, origins.isOpen ? '*' : mayCome ? request.headers.origin : undefined)
    if (!mayCome) refuseRequest(response, 403, 'HANDSHAKE_FAILED', 'Pages of that origin may not connect here.')
    else if (rest === '') this.toEndpoint(request, response)
    else this.toSession(rest.slice(1), new URLSearchParams(query), request, response)
    return true
  }

  get size(): number {
    return this.sessions.size
  }

  /** Opens no session from now on; those that are open go on. */
  refuseNew(): void {
    this.closed = true
    for (const opening of this.openings) opening.destroy()
  }

  /** Ends all sessions; those whose peers wait for an answer are told. */
  async close(): Promise<void> {
    this.refuseNew()
    const sessions = [...this.sessions.values()]
    for (const session of sessions) session.close()
    await Promise.all(sessions.map((session) => session.told()))
    for (const session of sessions) session.end(undefined)
  }

  private toEndpoint(request: IncomingMessage, response: ServerResponse): void {
    const refuse = (status: number, code: P2PErrorCode, why: string) => refuseRequest(response, status, code, why)
    if (request.method !== 'POST') otherMethod(request, response, 'POST, OPTIONS')
    else if (this.closed) refuse(503, 'SHUT_DOWN', 'This peer is closing. Use another one.')
    else if (tooLong(request, HTTP_FRAME_BYTES)) refuse(413, 'LIMIT_EXCEEDED', FIRST_TOO_LONG)
    else {
      const refusal = this.admission.request(request)
      if (refusal !== undefined) refuseTooMany(response, refusal)
      else this.open(request, response)
    }
  }

  private toSession(id: string, query: URLSearchParams, request: IncomingMessage, response: ServerResponse): void {
    const refuse = (status: number, code: P2PErrorCode, why: string) => refuseRequest(response, status, code, why)
    const { method } = request
    const session = this.sessions.get(id)
    const [number, after] = [countOf(query.get('n')), countOf(query.get('after'))]
    if (method !== 'GET' && method !== 'POST') otherMethod(request, response, 'GET, POST, OPTIONS')
    else if (session === undefined) refuse(404, 'CONNECTION_LOST', 'There is no such session, or no more. Connect again.')
    else if (method === 'GET') {
      if (after === undefined) refuse(400, 'PROTOCOL_VIOLATION', 'Say after=<frames received>.')
      else session.ask(response, after, query.get('stream') === '1')
    } else if (number === undefined) refuse(400, 'PROTOCOL_VIOLATION', 'Say n=<number of the first frame>.')
    else session.take(request, response, { number, after, close: query.get('close') === '1' })
  }

  private open(request: IncomingMessage, response: ServerResponse): void {
    // Half-open uploads make room for newer ones: an honest one is done in a round trip.
    if (this.openings.size >= this.limits.maxPendingHandshakes) first(this.openings)?.destroy()
    // Until the frame is whole, it is a handshake under way of its address.
    const { spoken, closed } = this.admission.hold(request, true)
    const chunks: Buffer[] = []
    let bytes = 0
    const timer = platformTimer(() => request.destroy(), this.limits.httpUploadMs)
    const done = () => {
      clearTimeout(timer)
      spoken()
      closed()
      this.openings.delete(request)
      request.off('data', onData).off('end', onEnd).off('close', done)
    }
    const onData = (chunk: Buffer) => {
      bytes += chunk.length
      chunks.push(chunk)
      if (bytes <= HTTP_FRAME_BYTES && chunks.length <= MAX_CHUNKS) return
      done()
      refuseRequest(response, 413, 'LIMIT_EXCEEDED', FIRST_TOO_LONG)
    }
    const onEnd = () => {
      done()
      if (bytes === 0) refuseRequest(response, 400, 'PROTOCOL_VIOLATION', 'The body of an opening is the first frame.')
      else if (this.makeRoom()) this.begin(request, response, new Uint8Array(Buffer.concat(chunks)))
      else {
        response.setHeader('Retry-After', '5')
        refuseRequest(response, 503, 'POOL_FULL', 'Too many sessions. Use another peer, or come back.')
      }
    }
    this.openings.add(request)
    request.on('data', onData).on('end', onEnd).on('close', done)
  }

  private begin(request: IncomingMessage, response: ServerResponse, firstFrame: Uint8Array): void {
    const id = randomBytes(SESSION_ID_BYTES).toString('base64url')
    const address = this.admission.addressOf(request, 'http')
    const hold = this.admission.hold(request, true)
    const session = new HttpSession(address, firstFrame, this.limits, {
      onSpoken: hold.spoken,
      onOverfull: (slow) => this.slowReaders.overfull(slow),
      onGone: (gone) => {
        this.sessions.delete(id)
        this.slowReaders.remove(gone)
        hold.closed()
      },
    })
    this.slowReaders.add(session)
    this.sessions.set(id, session)
    // Who does not hear its session id never comes.
    response.on('close', () => {
      if (!response.writableFinished) session.end(undefined)
    })
    answer(response, 200, 'text/plain', id)
    this.accept(session.pipe)
  }

  /** False where every session is in use. */
  private makeRoom(): boolean {
    if (this.closed) return false
    if (this.sessions.size < this.limits.httpMaxSessions) return true
    const sessions = [...this.sessions.values()]
    const least = sessions.find(({ worth }) => worth === 0) ?? sessions.find(({ worth }) => worth === 1)
    least?.end(undefined)
    return least !== undefined
  }
}

function otherMethod(request: IncomingMessage, response: ServerResponse, allowed: string): void {
  response.setHeader('Allow', allowed)
  if (request.method !== 'OPTIONS') {
    refuseRequest(response, 405, 'PROTOCOL_VIOLATION', `Only ${allowed}.`)
    return
  }
  // None of our own requests needs this preflight; a proxy's or an extension's header may cause one.
  response.setHeader('Access-Control-Allow-Methods', allowed)
  response.setHeader('Access-Control-Allow-Headers', '*')
  response.setHeader('Access-Control-Max-Age', '86400')
  response.writeHead(204).end()
}

const tooLong = (request: IncomingMessage, maxBytes: number) => Number(request.headers['content-length'] ?? 0) > maxBytes
const first = <T>(values: Iterable<T>): T | undefined => values[Symbol.iterator]().next().value

/** A count in decimal that a number holds exactly; nothing else. */
function countOf(text: string | null): number | undefined {
  return text !== null && /^(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : undefined
}

function ignore(): void {}
