import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { isLoopback } from '../address/address-group.js'
import { P2PError } from '../base/errors.js'

/** Who may read `/metrics`: nobody, programs on this machine, or who brings the token. */
export type MetricsAccess = boolean | { token: string }

/** Headers by which a proxy tells that it asks for somebody else. */
const FORWARDED = ['x-forwarded-for', 'x-real-ip', 'forwarded', 'via']
const MIN_TOKEN_LENGTH = 16

export interface RelayRoutes {
  info(): Record<string, unknown>
  access: MetricsAccess
  /** In the text form of Prometheus; undefined while there is none. */
  metrics(): Promise<string> | undefined
}

/** Health and facts for operators and wallets, which any page may read; and metrics, which only the operator may. */
export function relayRoutes({ info, access, metrics }: RelayRoutes): RequestListener {
  const mayRead = readersOf(access)
  return (request, response) => {
    const send = (status: number, type: string, body: string) => {
      response.setHeader('Access-Control-Allow-Origin', '*')
      answer(request, response, status, type, body)
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') return send(405, 'text/plain', 'Only GET and HEAD.\n')
    switch (request.url?.split('?')[0]) {
      case '/healthz':
        return send(200, 'text/plain', 'ok\n')
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
  if (!access) return () => false
  // A proxy on this machine asks for the world; and so does a page whose name its owner lets lead to this machine (DNS rebinding): it
  // is told by the `Host` under which it asks, which a page cannot choose.
  return ({ socket, headers }) =>
    isLoopback(socket.remoteAddress ?? '') && isOwnHost(headers.host) && FORWARDED.every((name) => headers[name] === undefined)
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
