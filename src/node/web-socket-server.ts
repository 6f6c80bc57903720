import { createServer, type IncomingMessage, type RequestListener, type Server, STATUS_CODES } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Duplex } from 'node:stream'
import { type ServerOptions, WebSocketServer } from 'ws'
import { P2PError } from '../base/errors.js'
import { type Limits, resolveLimits } from '../base/limits.js'
import type { Plugin } from '../core/plugin.js'
import { dhtNode } from '../plugins/dht/node/plugin.js'
import type { Connection, Listener } from '../transport/transport.js'
import type { AddressCaps, CapRefusal } from './address-caps.js'
import { Admission, type AdmissionCounts, type AdmissionOptions, tooMany } from './admission.js'
import { costs } from './costs.js'
import { refuseTooMany, retryAfterS } from './http-answers.js'
import type { HttpForward } from './http-forward.js'
import { HttpSessions } from './http-sessions.js'
import { SlowReaders } from './slow-readers.js'
import { Sockets } from './sockets.js'
import { MAX_FRAME_BYTES, WsConnection } from './ws-connection.js'

/** The subprotocol; `lotus-p2p.2.<base64url>` carries the first frame as well. */
const SUBPROTOCOL = 'lotus-p2p.2'
/** A first frame in a header: the first handshake message has about 50 bytes, and servers and proxies limit headers. */
const MAX_FIRST_FRAME_BYTES = 1_024
/** Pieces of one frame: an honest frame comes in a few dozen TCP segments, a byte at a time would cost a buffer each. */
const MAX_CHUNKS = 1_024

export interface WebSocketServerOptions extends AdmissionOptions {
  /** TCP port; 0 takes a free one. Default 0. */
  port?: number | undefined
  /** Interface; `0.0.0.0` for all. Default `127.0.0.1`. */
  host?: string | undefined
  /** Accept upgrades at this path only. Default: any. */
  path?: string | undefined
  /** A server of yours to share, http or https. If it listens already, it stays yours to close. */
  server?: Server | undefined
  /** Answers plain HTTP requests; not used on a server of yours that has a request listener of its own. */
  onRequest?: RequestListener | undefined
  /** Also serve the HTTP fallback, at `<path>/lotus-p2p/2`, for networks that block WebSocket. Default true. */
  http?: boolean | undefined
  /**
   * TCP connections at most, those before their upgrade included; for a newcomer the one goes that has waited longest without a
   * request. Default: no bound but the system's.
   */
  maxSockets?: number | undefined
  limits?: Partial<Limits> | undefined
  /** Where a relay is several processes: brings requests to the one that has their session. @internal */
  others?: HttpForward | undefined
  /** Whether a coordinator that listens here stores records for others; see `dhtNode`. Default true. */
  dhtNode?: boolean | undefined
}

/** What a listener has, and what it has sent away since it was made. */
export interface WebSocketServerStats {
  /** TCP connections open now; those that have sent no whole request yet. 0 on a server of yours. */
  sockets: number
  halfOpen: number
  /** WebSocket connections and HTTP sessions now. */
  webSockets: number
  httpSessions: number
  /** Client addresses whose caps are kept. */
  addresses: number
  /** Refused before any handshake, by the limit or list that did. */
  refused: AdmissionCounts & { maxSockets: number }
  /** Waiting sockets ended for newcomers. */
  halfOpenEnded: number
  /** Connections ended because their peers did not read. */
  slowReaders: number
}

export interface WebSocketListener extends Listener {
  /** What each client address may take. @internal */
  readonly caps: AddressCaps
  /** What a coordinator that listens here has more than a client. */
  readonly plugins: readonly Plugin[]
  getStats(): WebSocketServerStats
  /** Takes no newcomers from now on; the connections that there are go on until `close`. */
  stopListening(): void
}

/**
 * Accepts WebSocket connections (RFC 6455), binary frames only, uncompressed; and, on the same port, the HTTP fallback
 * for networks that block WebSocket. Caps per client address apply, see `limits.maxConnectionsPerAddress` and those after it.
 *
 * @throws P2PError INVALID_CONFIG; `listen` throws ADDRESS_IN_USE or LISTEN_FAILED.
 * @example
 * const server = new P2PCoordinator({ listen: [webSocketServer({ port: 8787 })] })
 */
export function webSocketServer(given?: WebSocketServerOptions): WebSocketListener {
  const options = given ?? {}
  const { port = 0, path } = options
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new P2PError('INVALID_CONFIG', `port must be a whole number from 0 to 65535, not ${String(port)}.`)
  }
  if (path !== undefined && !path.startsWith('/'))
    throw new P2PError('INVALID_CONFIG', 'path must begin with a slash, as in /p2p.')
  return new Acceptor({ ...options, port, host: options.host ?? '127.0.0.1' }, resolveLimits(options.limits))
}

class Acceptor implements WebSocketListener {
  readonly transport = 'websocket'
  readonly plugins: readonly Plugin[]
  addresses: readonly string[] = []
  private readonly connections = new Set<WsConnection>()
  private readonly webSockets: WebSocketServer
  private server: Server | undefined
  private ours = false
  private isRefusing = false
  private release = () => {}
  private readonly waiting = new Map<WsConnection, () => void>()
  private sessions: HttpSessions | undefined
  private readonly admission: Admission
  private readonly slowReaders: SlowReaders
  private readonly sockets: Sockets

  constructor(
    private readonly options: WebSocketServerOptions & { port: number; host: string },
    private readonly limits: Limits,
  ) {
    this.plugins = [costs(), ...(options.dhtNode === false ? [] : [dhtNode()])]
    const settings: ServerOptions & { closeTimeout: number; maxBufferedChunks: number; maxFragments: number } = {
      noServer: true,
      perMessageDeflate: false,
      clientTracking: false,
      maxPayload: MAX_FRAME_BYTES + 1,
      maxBufferedChunks: MAX_CHUNKS,
      maxFragments: MAX_CHUNKS,
      closeTimeout: limits.closeGraceMs,
      // Text ends the connection, whatever it says.
      skipUTF8Validation: true,
      autoPong: false,
      handleProtocols: (offered) => [...offered].find(isOurs) ?? false,
    }
    this.webSockets = new WebSocketServer(settings)
    this.admission = new Admission(options, limits)
    this.slowReaders = new SlowReaders(limits)
    this.sockets = new Sockets(this.admission, options.maxSockets ?? Number.POSITIVE_INFINITY, limits.handshakeTimeoutMs)
  }

  async listen(accept: (connection: Connection) => void): Promise<void> {
    if (this.server !== undefined)
      throw new P2PError('LISTEN_FAILED', 'This listener listens already. Make another one for another port.')
    const { host, port, path, onRequest, maxSockets } = this.options
    const server = this.options.server ?? boundedServer(this.limits)
    this.server = server
    this.isRefusing = false
    this.ours = !server.listening
    const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => this.upgrade(request, socket, head, accept)
    if (this.options.http !== false) {
      this.sessions = new HttpSessions(this.limits, path, this.admission, this.slowReaders, accept, this.options.others)
    }
    const stopAnswering = answerRequests(server, this.capped(onRequest ?? plainAnswer), this.sessions)
    server.on('upgrade', upgrade)
    // A server of yours may have other users.
    if (this.options.server === undefined) this.sockets.guard(server)
    else if (maxSockets !== undefined) server.maxConnections = maxSockets
    this.release = () => {
      server.off('upgrade', upgrade)
      stopAnswering()
    }
    try {
      if (this.ours) await startListening(server, { port, host, backlog: this.limits.listenBacklog })
    } catch (error) {
      this.release()
      this.server = undefined
      throw error
    }
    this.addresses = addressesOf(server, path)
  }

  stopListening(): void {
    this.isRefusing = true
    this.sessions?.refuseNew()
    // A server of yours goes on for its other users. Of ours the system refuses whoever comes, so that a balancer tries the next at once.
    if (this.ours) this.server?.close()
  }

  async close(): Promise<void> {
    const { server, sessions } = this
    if (server === undefined) return
    this.server = undefined
    this.addresses = []
    const sessionsEnd = sessions?.close().then(() => this.release())
    this.sessions = undefined
    const ends = [...this.connections].map(
      (connection) =>
        new Promise<void>((resolve) => {
          this.waiting.set(connection, resolve)
          connection.goAway()
        }),
    )
    // Polls under way are answered before their sockets go.
    await sessionsEnd
    this.release()
    const down = this.ours ? new Promise<void>((resolve) => server.close(() => resolve())) : undefined
    if (this.ours) server.closeAllConnections()
    await Promise.all(ends)
    await down
  }

  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, accept: (connection: Connection) => void): void {
    // Until ws takes over, a reset would otherwise end the process.
    socket.on('error', ignore)
    const { path } = this.options
    if (path !== undefined && (request.url ?? '').split('?')[0] !== path) {
      // On a shared server somebody else may serve the other paths.
      const others = this.server === undefined ? 0 : this.server.listenerCount('upgrade') - (this.options.server ? 1 : 2)
      if (others <= 0) refuse(socket, 404, `Connect to ${path}.`)
      return
    }
    if (!this.admission.allowsOrigin(request)) {
      refuse(socket, 403, 'Pages of that origin may not connect here.')
      return
    }
    const tooSoon = this.admission.upgrade(request)
    if (tooSoon !== undefined) {
      refuseUpgrade(socket, tooSoon)
      return
    }
    if (this.isRefusing) {
      refuse(socket, 503, 'This server takes no newcomers, for it is about to stop. Use another one.')
      return
    }
    let firstFrame: Uint8Array | undefined
    try {
      firstFrame = firstFrameOf(request.headers['sec-websocket-protocol'])
    } catch (error) {
      refuse(socket, 400, (error as Error).message)
      return
    }
    if (firstFrame === undefined && !this.admission.bareUpgrade(socket)) {
      refuse(
        socket,
        503,
        'Too busy for whoever brings no first frame of the handshake in the subprotocol. Try again in a second.',
      )
      return
    }
    const remoteAddress = this.admission.addressOf(request, 'ws')
    const hold = this.admission.hold(request, false)
    socket.once('close', hold.closed)
    this.webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      socket.off('error', ignore)
      if (this.server === undefined) return webSocket.terminate()
      const connection = new WsConnection(webSocket, remoteAddress, firstFrame, this.limits, {
        onEnd: this.ended,
        onSpoken: hold.spoken,
        // A function made here would keep the first frame for as long as the connection lives.
        onOverfull: this.overfull,
      })
      this.slowReaders.add(connection)
      this.connections.add(connection)
      accept(connection.pipe)
    })
  }

  get caps(): AddressCaps {
    return this.admission.caps
  }

  getStats(): WebSocketServerStats {
    const { admission, sockets } = this
    return {
      sockets: sockets.open,
      halfOpen: sockets.halfOpen,
      webSockets: this.connections.size,
      httpSessions: this.sessions?.size ?? 0,
      addresses: admission.addresses,
      refused: { ...admission.counts, maxSockets: sockets.counts.refused },
      halfOpenEnded: sockets.counts.ended,
      slowReaders: this.slowReaders.ended,
    }
  }

  /** Plain requests count as attempts too: an answer may cost more than a connection. */
  private capped(answer: RequestListener): RequestListener {
    return (request, response) => {
      const refusal = this.admission.request(request)
      if (refusal === undefined) answer(request, response)
      else refuseTooMany(response, refusal)
    }
  }

  private readonly overfull = (slow: WsConnection): void => this.slowReaders.overfull(slow)

  private readonly ended = (connection: WsConnection): void => {
    this.connections.delete(connection)
    this.slowReaders.remove(connection)
    this.waiting.get(connection)?.()
    this.waiting.delete(connection)
  }
}

/**
 * Answers the requests of the HTTP fallback; all others go to the listeners that were there, or to `otherwise` where
 * there were none. The function returned puts everything back.
 */
function answerRequests(server: Server, otherwise: RequestListener, sessions: HttpSessions | undefined): () => void {
  const before = server.listeners('request') as RequestListener[]
  if (sessions === undefined && before.length > 0) return () => {}
  const others = before.length > 0 ? before : [otherwise]
  const listener: RequestListener = (request, response) => {
    if (sessions?.handle(request, response)) return
    for (const other of others) other.call(server, request, response)
  }
  for (const other of before) server.off('request', other)
  server.on('request', listener)
  return () => {
    if (!server.listeners('request').includes(listener)) return
    server.off('request', listener)
    for (const other of before) server.on('request', other)
  }
}

/** A server on which a slow request cannot linger: its headers have to come within the handshake's time. */
function boundedServer(limits: Limits): Server {
  return createServer({
    headersTimeout: limits.handshakeTimeoutMs,
    requestTimeout: limits.handshakeTimeoutMs,
    connectionsCheckingInterval: Math.min(1_000, limits.handshakeTimeoutMs),
    keepAliveTimeout: 5_000,
    maxHeaderSize: limits.maxHeaderBytes,
    noDelay: true,
  })
}

function startListening(server: Server, { port, host, backlog }: { port: number; host: string; backlog: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE'
      const why = taken
        ? `Port ${port} on ${host} is taken by another program. Choose another port, or stop that program.`
        : `Listening on ${host}, port ${port}, failed (${error.code ?? error.message}). Check host and port, and whether you may use them.`
      reject(new P2PError(taken ? 'ADDRESS_IN_USE' : 'LISTEN_FAILED', why, { cause: error, details: { host, port } }))
    }
    server.once('error', onError)
    server.listen({ port, host, backlog }, () => {
      server.off('error', onError)
      // A failed accept (EMFILE) is an 'error' too: it costs that one connection, not the process.
      server.on('error', ignore)
      resolve()
    })
  })
}

const isOurs = (protocol: string): boolean => protocol === SUBPROTOCOL || protocol.startsWith(`${SUBPROTOCOL}.`)

/** @throws Error with the sentence of the refusal. */
function firstFrameOf(header: string | undefined): Uint8Array | undefined {
  if (header === undefined) return undefined
  const protocol = header
    .split(',')
    .map((offer) => offer.trim())
    .find(isOurs)
  if (protocol === undefined) throw new Error(`The subprotocol of this server is ${SUBPROTOCOL}.`)
  if (protocol === SUBPROTOCOL) return undefined
  const text = protocol.slice(SUBPROTOCOL.length + 1)
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.length > MAX_FIRST_FRAME_BYTES)
    throw new Error(`A first frame in the request has at most ${MAX_FIRST_FRAME_BYTES} bytes.`)
  // Node's decoder skips what it does not understand; only the one canonical form (RFC 4648 §3.5) is taken.
  if (text === '' || bytes.toString('base64url') !== text) throw new Error('The first frame in the request is not base64url.')
  return new Uint8Array(bytes)
}

function refuse(socket: Duplex, status: number, sentence: string, header = ''): void {
  const body = `${sentence}\n`
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n${header}` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(),
  )
}

function refuseUpgrade(socket: Duplex, refusal: CapRefusal): void {
  refuse(socket, 429, tooMany(refusal).message, `Retry-After: ${retryAfterS(refusal)}\r\n`)
}

const plainAnswer: RequestListener = (_request, response) => {
  response.writeHead(426, { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' })
  response.end('This is a lotus-p2p WebSocket server. Connect to it with ws:// or wss://.\n')
}

function addressesOf(server: Server, path = ''): string[] {
  const { address, port } = server.address() as AddressInfo
  const scheme = 'setSecureContext' in server ? 'wss' : 'ws'
  return hostsOf(address).map((host) => `${scheme}://${host}:${port}${path}`)
}

/** Where a server that is to listen on this interface, or listens already, will be found; ports left out. */
export function addressesAt(host: string, server?: Server): string[] {
  const address = server?.address()
  return hostsOf(typeof address === 'object' && address !== null ? address.address : host).map((found) => `ws://${found}`)
}

function hostsOf(address: string): string[] {
  if (address === '0.0.0.0' || address === '::') return ownHosts(address === '::')
  return [address.includes(':') ? `[${address}]` : address]
}

/** Loopback first; link-local addresses mean nothing to others without their zone. */
function ownHosts(withIPv6: boolean): string[] {
  const all = Object.values(networkInterfaces()).flatMap((entries) => entries ?? [])
  const v4 = all.filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => address)
  const v6 = all
    .filter(({ family, internal, scopeid }) => family === 'IPv6' && !internal && scopeid === 0)
    .map(({ address }) => `[${address}]`)
  return withIPv6 ? ['127.0.0.1', '[::1]', ...v4, ...v6] : ['127.0.0.1', ...v4]
}

function ignore(): void {}
