import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { isLoopback } from '../address/address-group.js'
import { P2PError } from '../base/errors.js'

/** Who may read `/metrics`: nobody, programs on this machine, or who brings the token. */
export type MetricsAccess = boolean | { token: string }

/** Headers by which proxies, balancers and delivery networks tell that they ask for somebody else (RFC 7239, RFC 9110 §7.6.3, and their makers' own). */
const FORWARDED =
  /^(forwarded|via|x-(forwarded|real|client|cluster-client|original|envoy|azure|amzn|appengine|proxy)|true-client-|cf-|fastly-|fly-|akamai-|do-connecting-)/
const MIN_TOKEN_LENGTH = 16

/** Whether balancers are to bring newcomers: `degraded` where the relay serves, though not all that it serves at other times. */
export type Health = 'ok' | 'degraded' | 'draining'

export interface RelayRoutes {
  info(): Record<string, unknown>
  health(): Health
  /** Somebody on this machine asks the relay to leave. */
  drain(): void
  access: MetricsAccess
  /** In the text form of Prometheus; undefined while there is none. */
  metrics(): Promise<string> | undefined
}

/**
 * Health and facts for operators and wallets, which any page may read; and what only the operator may: metrics, and to begin draining.
 *
 * `/livez` is 200 as long as the process answers; `/healthz` is 503 once it is to get no newcomers. `POST /drain` is for programs on this machine.
 */
export function relayRoutes({ info, health, drain, access, metrics }: RelayRoutes): RequestListener {
  const mayRead = readersOf(access)
  // Where a token is asked for, it is asked for here as well: behind a balancer of this machine that passes TCP on, everybody seems to be on it.
  const mayDrain = (request: IncomingMessage) =>
    isOwn(request) && !isPage(request) && (typeof access !== 'object' || mayRead(request))
  return (request, response) => {
    const send = (status: number, type: string, body: string) => {
      response.setHeader('Access-Control-Allow-Origin', '*')
      answer(request, response, status, type, body)
    }
    const path = request.url?.split('?')[0]
    if (request.method === 'POST' && path === '/drain' && mayDrain(request)) {
      drain()
      // No page may read it.
      return answer(request, response, 202, 'text/plain', 'draining\n')
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') return send(405, 'text/plain', 'Only GET and HEAD.\n')
    switch (path) {
      case '/livez':
        return send(200, 'text/plain', 'ok\n')
      case '/healthz': {
        const state = health()
        return send(state === 'draining' ? 503 : 200, 'text/plain', `${state}\n`)
      }
      case '/info':
        return send(200, 'application/json', `${JSON.stringify(info())}\n`)
      case '/metrics': {
        const text = mayRead(request) ? metrics() : undefined
        if (text !== undefined) {
          text.then(
            // No page may: one open in the operator's browser is on this machine too.
            (body) => answer(request, response, 200, 'text/plain; version=0.0.4', body),
            () => answer(request, response, 500, 'text/plain', 'The metrics could not be collected.\n'),
          )
          return
        }
      }
    }
    send(404, 'text/plain', 'This is a lotus-p2p relay. Connect to it with ws:// or wss://, or read /info and /healthz.\n')
  }
}

/** @throws P2PError INVALID_CONFIG for a token that could be guessed. */
function readersOf(access: MetricsAccess): (request: IncomingMessage) => boolean {
  if (typeof access === 'object') {
    if (typeof access.token !== 'string' || access.token.length < MIN_TOKEN_LENGTH) {
      throw new P2PError('INVALID_CONFIG', `The metrics' token must have at least ${MIN_TOKEN_LENGTH} characters.`)
    }
    // Hashes have one length, so that the time tells not even that of the token.
    const hash = (text: string) => createHash('sha256').update(text).digest()
    const expected = hash(`Bearer ${access.token}`)
    return ({ headers }) => timingSafeEqual(hash(headers.authorization ?? ''), expected)
  }
  return access ? isOwn : () => false
}

/**
 * Whether a program on this machine asks. A proxy on this machine asks for the world; and so does a page whose name its owner lets lead to this
 * machine (DNS rebinding): it is told by the `Host` under which it asks, which a page cannot choose.
 */
function isOwn({ socket, headers, httpVersion }: IncomingMessage): boolean {
  return (
    isLoopback(socket.remoteAddress ?? '') &&
    isOwnHost(headers.host) &&
    // A proxy that says nothing of itself, and names the relay's own address, is often told by its version: that of nginx by default.
    httpVersion !== '1.0' &&
    !Object.keys(headers).some((name) => FORWARDED.test(name))
  )
}

/** Whether a page asks: browsers name its origin with whatever it posts (Fetch §3.2), and it is not to end the relay of its reader. */
function isPage({ headers }: IncomingMessage): boolean {
  return headers.origin !== undefined || headers['sec-fetch-site'] !== undefined
}

/** Whether a `Host` header names this very machine: `localhost`, or a loopback address in numbers. */
function isOwnHost(header = ''): boolean {
  const host = header.replace(/:\d*$/, '')
  return host.toLowerCase() === 'localhost' || isLoopback(host)
}

function answer(request: IncomingMessage, response: ServerResponse, status: number, type: string, body: string): void {
  if (response.destroyed) return
  response.writeHead(status, {
    'Content-Type': `${type}; charset=utf-8`,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}
