import { type IncomingHttpHeaders, request as plainRequest } from 'node:http'
import { request as secureRequest } from 'node:https'
import type { Bench } from './bench.js'
import { NotObservable } from './outcome.js'
import { readUint } from './wire.js'

/** An answer to an HTTP request or an upgrade. */
export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: Uint8Array
}

interface Asked {
  method?: string
  headers?: Record<string, string>
  body?: Uint8Array
}

/** One HTTP request, an upgrade included. @throws Error where there is no answer. */
export function httpRequest(url: URL, { method = 'GET', headers = {}, body }: Asked, waitMs: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? secureRequest : plainRequest
    const request = send(url, { method, headers, agent: false, timeout: waitMs }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: new Uint8Array(Buffer.concat(parts)) })
      })
      response.on('error', reject)
    })
    request.on('upgrade', (response, socket, head) => {
      socket.destroy()
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: new Uint8Array(head) })
    })
    request.on('timeout', () => request.destroy(new Error('no answer')))
    request.on('error', reject)
    request.end(body)
  })
}

/** The http(s) address under which a target has its WebSocket. */
export function webUrl(address: string): URL {
  return new URL(address.replace(/^ws/, 'http'))
}

/** Asks for a WebSocket. @param protocols the value of Sec-WebSocket-Protocol. */
export function upgrade(bench: Bench, protocols: string | undefined, more: Record<string, string> = {}): Promise<Answer> {
  const headers = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64'),
    ...(protocols !== undefined && { 'Sec-WebSocket-Protocol': protocols }),
    ...more,
  }
  return httpRequest(webUrl(bench.options.address), { headers }, bench.options.waitMs)
}

/** The HTTP fallback of a target (F.3). */
export class HttpFallback {
  private readonly endpoint: URL

  constructor(private readonly bench: Bench) {
    this.endpoint = webUrl(bench.options.address)
    this.endpoint.pathname = `${this.endpoint.pathname.replace(/\/$/, '')}/lotus-p2p/2`
  }

  ask(method: string, rest = '', body?: Uint8Array, waitMs = this.bench.options.waitMs): Promise<Answer> {
    const url = new URL(this.endpoint)
    const [path, query] = rest.split('?')
    url.pathname += path
    if (query !== undefined) url.search = url.search === '' ? query : `${url.search}&${query}`
    const headers: Record<string, string> = body === undefined ? {} : { 'Content-Type': 'text/plain' }
    return httpRequest(url, { method, headers, ...(body && { body }) }, waitMs)
  }

  /** Begins a connection with a first frame. @throws NotObservable where the target has no such fallback. */
  async open(first: Uint8Array): Promise<{ id: string; answer: Answer }> {
    const answer = await this.ask('POST', '', first)
    if (answer.status === 404 || answer.status === 405 || answer.status === 501 || answer.status === 426) {
      throw new NotObservable('no HTTP fallback is offered')
    }
    return { id: Buffer.from(answer.body).toString(), answer }
  }
}

/** A body of frames. */
export function framesBody(...frames: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(frames.flatMap((frame) => [Buffer.of(frame.length >> 8, frame.length & 255), frame])))
}

/** The frames of a body, without controls. */
export function framesOf(body: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = []
  for (let at = 0; at + 2 <= body.length; ) {
    const length = readUint(body.subarray(at, at + 2))
    if (length === 0) at += 3
    else {
      found.push(body.slice(at + 2, at + 2 + length))
      at += 2 + length
    }
  }
  return found
}
