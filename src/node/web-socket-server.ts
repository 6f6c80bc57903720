import { createServer, type IncomingMessage, type RequestListener, type Server, STATUS_CODES } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Duplex } from 'node:stream'
import { type ServerOptions, WebSocketServer } from 'ws'
import { P2PError } from '../errors.js'
import { type Limits, resolveLimits } from '../limits.js'
import type { Connection, Listener } from '../transport/transport.js'
import { HttpSessions } from './http-sessions.js'
import { MAX_FRAME_BYTES, WsConnection } from './ws-connection.js'

/** The subprotocol; `lotus-p2p.1.<base64url>` carries the first frame as well. */
const SUBPROTOCOL = 'lotus-p2p.1'
/** A first frame in a header: the first handshake message has about 50 bytes, and servers and proxies limit headers. */
const MAX_FIRST_FRAME_BYTES = 1_024
/** Pieces of one frame: an honest frame comes in a few dozen TCP segments, a byte at a time would cost a buffer each. */
const MAX_CHUNKS = 1_024
/** Request headers: a browser sends about 600 bytes, the first frame at most 1,400 characters. */
const MAX_HEADER_BYTES = 8_192

export interface WebSocketServerOptions {
  /** TCP port; 0 takes a free one. Default 0. */
  port?: number
  /** Interface; `0.0.0.0` for all. Default `127.0.0.1`. */
  host?: string
  /** Accept upgrades at this path only. Default: any. */
  path?: string
  /** A server of yours to share, http or https. If it listens already, it stays yours to close. */
  server?: Server
  /** Answers plain HTTP requests; not used on a server of yours that has a request listener of its own. */
  onRequest?: RequestListener
  /** Also serve the HTTP fallback, at `<path>/lotus-p2p/1`, for networks that block WebSocket. Default true. */
  http?: boolean
  /** TCP connections at most, those before their upgrade included. Default: no bound but the system's. */
  maxSockets?: number
  limits?: Partial<Limits>
}

/**
 * Accepts WebSocket connections (RFC 6455), binary frames only, uncompressed; and, on the same port, the HTTP fallback
 * for networks that block WebSocket.
 *
 * @throws P2PError INVALID_CONFIG; `listen` throws ADDRESS_IN_USE or LISTEN_FAILED.
 * @example
 * const server = new P2PCoordinator({ listen: [webSocketServer({ port: 8787 })] })
 */
export function webSocketServer(options: WebSocketServerOptions = {}): Listener {
  const { port = 0, path } = options
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new P2PError('INVALID_CONFIG', `port must be a whole number from 0 to 65535, not ${String(port)}.`)
  }
  if (path !== undefined && !path.startsWith('/'))
    throw new P2PError('INVALID_CONFIG', 'path must begin with a slash, as in /p2p.')
  return new WebSocketListener({ ...options, port, host: options.host ?? '127.0.0.1' }, resolveLimits(options.limits))
}

class WebSocketListener implements Listener {
  readonly transport = 'websocket'
  addresses: readonly string[] = []
  private readonly connections = new Set<WsConnection>()
  private readonly webSockets: WebSocketServer
  private server: Server | undefined
  private ours = false
  private release = () => {}
  private readonly waiting = new Map<WsConnection, () => void>()
  private sessions: HttpSessions | undefined

  constructor(
    private readonly options: WebSocketServerOptions & { port: number; host: string },
    private readonly limits: Limits,
  ) {
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
      handleProtocols: (offered) => [...offered].find(isOurs) ?? false,
    }
    this.webSockets = new WebSocketServer(settings)
  }

  async listen(accept: (connection: Connection) => void): Promise<void> {
    if (this.server !== undefined)
      throw new P2PError('LISTEN_FAILED', 'This listener listens already. Make another one for another port.')
    const { host, port, path, onRequest, maxSockets } = this.options
    const server = this.options.server ?? boundedServer(this.limits)
    this.server = server
    this.ours = !server.listening
    const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => this.upgrade(request, socket, head, accept)
    if (this.options.http !== false) this.sessions = new HttpSessions(this.limits, path, accept)
    const stopAnswering = answerRequests(server, onRequest ?? plainAnswer, this.sessions)
    server.on('upgrade', upgrade)
    this.release = () => {
      server.off('upgrade', upgrade)
      stopAnswering()
    }
    if (maxSockets !== undefined) server.maxConnections = maxSockets
    try {
      if (this.ours) await startListening(server, port, host)
    } catch (error) {
      this.release()
      this.server = undefined
      throw error
    }
    this.addresses = addressesOf(server, path)
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
          connection.close(true)
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
      if (this.server?.listenerCount('upgrade') === 1) refuse(socket, 404, `Connect to ${path}.`)
      return
    }
    let firstFrame: Uint8Array | undefined
    try {
      firstFrame = firstFrameOf(request.headers['sec-websocket-protocol'])
    } catch (error) {
      refuse(socket, 400, (error as Error).message)
      return
    }
    const remoteAddress = addressOf(request.socket.remoteAddress, request.socket.remotePort)
    this.webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      socket.off('error', ignore)
      if (this.server === undefined) return webSocket.terminate()
      const connection = new WsConnection(webSocket, remoteAddress, firstFrame, this.limits, this.ended)
      this.connections.add(connection)
      accept(connection)
    })
  }

  private readonly ended = (connection: WsConnection): void => {
    this.connections.delete(connection)
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
    maxHeaderSize: MAX_HEADER_BYTES,
    noDelay: true,
  })
}

function startListening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE'
      const why = taken
        ? `Port ${port} on ${host} is taken by another program. Choose another port, or stop that program.`
        : `Listening on ${host}, port ${port}, failed (${error.code ?? error.message}). Check host and port, and whether you may use them.`
      reject(new P2PError(taken ? 'ADDRESS_IN_USE' : 'LISTEN_FAILED', why, { cause: error, details: { host, port } }))
    }
    server.once('error', onError)
    server.listen({ port, host }, () => {
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

function refuse(socket: Duplex, status: number, sentence: string): void {
  const body = `${sentence}\n`
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(),
  )
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

function addressOf(host = 'unknown', port = 0): string {
  return `ws://${host.includes(':') ? `[${host}]` : host}:${port}`
}

function ignore(): void {}
