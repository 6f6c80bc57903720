import { createHash } from 'node:crypto'
import { createServer, request as httpRequest, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { Duplex, pipeline } from 'node:stream'
import type { RelayBackplane } from '../backplane/backplane.js'
import { joined, viewOf } from '../base/bytes.js'
import type { Unsubscribe } from '../base/events.js'
import { tupleKey } from '../base/tuple-key.js'
import { malformed } from '../message/shape.js'
import { refuseRequest } from './http-answers.js'

/** Bytes of the hash of a process's id at the beginning of its session ids: 8 characters of base64url. */
const NODE_HASH_BYTES = 6
const NODE_HASH_LENGTH = 8
/** Number of the tunnel (4), number of the message (4), what it is (1). */
const HEAD_BYTES = 9
/** Bytes of one message, far below what a backplane carries. */
const PIECE_BYTES = 262_144
/** Bytes of an answer that wait for a client that does not read. */
const MAX_WAITING_BYTES = 4_194_304
/** What a message is; those to the client's process have the highest bit. */
const DATA = 0
const END = 1
const CLOSE = 2
const TO_CLIENT = 128
/** Headers that say something of one connection alone (RFC 9110 §7.6.1). */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'host',
])

/**
 * Brings requests of the HTTP fallback to the process that has their session, where the balancer in front sends them to another one. The id of a
 * session begins with a hash of its process's. A request goes through a tunnel of messages: HTTP/1.1 at both of its ends, so that streams,
 * refusals and what breaks off are as without it.
 */
export class HttpForward {
  /** What the ids of sessions here begin with. */
  readonly prefix: string
  private readonly server = createServer()
  private readonly tunnels = new Map<string, Tunnel>()
  /** Processes by what the ids of their sessions begin with. */
  private readonly holders = new Map<string, string>()
  private readonly stops: Unsubscribe[]
  private last = 0

  constructor(private readonly backplane: RelayBackplane) {
    this.prefix = prefixOf(backplane.nodeId)
    this.stops = [
      backplane.answer('http', (bytes, { nodeId }) => this.opened(nodeId, bytes)),
      backplane.receive('http', (bytes, { nodeId }) => this.arrived(nodeId, bytes)),
      backplane.on('node-gone', (gone) => {
        this.holders.delete(prefixOf(gone))
        this.end((nodeId) => nodeId === gone)
      }),
      backplane.on('down', () => this.end(() => true)),
    ]
  }

  /** The other process that has a session, as far as its id says. */
  holderOf(id: string): string | undefined {
    const prefix = id.slice(0, NODE_HASH_LENGTH)
    if (prefix === this.prefix) return undefined
    const known = this.holders.get(prefix)
    if (known !== undefined) return known
    const holder = this.backplane.nodes().find(({ nodeId }) => prefixOf(nodeId) === prefix)?.nodeId
    if (holder !== undefined) this.holders.set(prefix, holder)
    return holder
  }

  /** Answers what other processes bring. */
  serve(listener: RequestListener): void {
    this.server.on('request', listener)
  }

  forward(nodeId: string, request: IncomingMessage, response: ServerResponse): void {
    this.last = (this.last + 1) % 2 ** 32
    const number = this.last
    const tunnel = this.tunnel(nodeId, number, 0)
    const lost = () => {
      if (response.headersSent) response.destroy()
      else refuseRequest(response, 404, 'CONNECTION_LOST', 'The process that had this session cannot be reached. Connect again.')
    }
    // Once it is asked, what follows comes behind the question.
    this.backplane.askNode(nodeId, 'http', numbered(number)).catch((error) => tunnel.destroy(error))
    const { method, url: path } = request
    const through = httpRequest(
      { createConnection: () => tunnel, method, path, headers: forwarded(request.headers) },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, forwarded(answer.headers))
        pipeline(answer, response, (error) => error && lost())
      },
    )
    through.on('error', lost)
    response.on('close', () => {
      through.destroy()
      tunnel.destroy()
    })
    // It ends what it leads to where the caller goes in the middle; that is no error of anybody's.
    pipeline(request, through, () => {})
  }

  close(): void {
    for (const stop of this.stops) stop()
    this.end(() => true)
    this.server.closeAllConnections()
  }

  private opened(nodeId: string, bytes: Uint8Array): Uint8Array {
    if (bytes.length !== 4) throw malformed('A tunnel')
    this.server.emit('connection', this.tunnel(nodeId, viewOf(bytes).getUint32(0), TO_CLIENT))
    return new Uint8Array(0)
  }

  private arrived(nodeId: string, bytes: Uint8Array): void {
    if (bytes.length < HEAD_BYTES) throw malformed('A piece of a tunnel')
    const view = viewOf(bytes)
    const what = bytes[8]!
    // What comes to the client's process is for the side that has dialled.
    const side = what & TO_CLIENT ? 0 : TO_CLIENT
    this.tunnels
      .get(keyOf(nodeId, view.getUint32(0), side))
      ?.arrived(view.getUint32(4), what & ~TO_CLIENT, bytes.subarray(HEAD_BYTES))
  }

  /** @param side TO_CLIENT where we have the session. */
  private tunnel(nodeId: string, number: number, side: number): Tunnel {
    const key = keyOf(nodeId, number, side)
    const send = (sent: number, what: number, bytes: Uint8Array) => {
      return this.backplane.toNode(nodeId, 'http', joined(numbered(number), numbered(sent), Uint8Array.of(what | side), bytes))
    }
    const tunnel = new Tunnel(nodeId, send, () => {
      if (this.tunnels.get(key) === tunnel) this.tunnels.delete(key)
    })
    this.tunnels.set(key, tunnel)
    return tunnel
  }

  private end(which: (nodeId: string) => boolean): void {
    for (const tunnel of [...this.tunnels.values()]) if (which(tunnel.nodeId)) tunnel.destroy(new Error('The process is gone.'))
  }
}

/** One end of a tunnel, as a socket. */
class Tunnel extends Duplex {
  private sent = 0
  private received = 0

  constructor(
    readonly nodeId: string,
    private readonly send: (number: number, what: number, bytes: Uint8Array) => boolean,
    private readonly onClosed: () => void,
  ) {
    super({ allowHalfOpen: true })
    // Without a listener an error would end the process.
    this.on('error', () => {})
  }

  arrived(number: number, what: number, bytes: Uint8Array): void {
    // A backplane delivers at most once: a piece that is missing ends the tunnel.
    if (number !== this.received++ || this.readableLength > MAX_WAITING_BYTES) this.destroy(new Error('A piece is missing.'))
    else if (what === DATA) this.push(bytes)
    else if (what === END) this.push(null)
    else this.destroy()
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      if (!this.put(DATA, chunk.subarray(at, at + PIECE_BYTES))) {
        done(new Error('The backplane takes no more.'))
        return
      }
    }
    done()
  }

  override _final(done: () => void): void {
    this.put(END, new Uint8Array(0))
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.put(CLOSE, new Uint8Array(0))
    this.onClosed()
    done(error)
  }

  private put(what: number, bytes: Uint8Array): boolean {
    return this.send(this.sent++, what, bytes)
  }
}

function prefixOf(nodeId: string): string {
  return createHash('sha256').update(nodeId).digest().subarray(0, NODE_HASH_BYTES).toString('base64url')
}

function keyOf(nodeId: string, number: number, side: number): string {
  return tupleKey(nodeId, number, side)
}

function numbered(number: number): Uint8Array {
  const bytes = new Uint8Array(4)
  viewOf(bytes).setUint32(0, number)
  return bytes
}

function forwarded(headers: NodeJS.Dict<string | string[]>): NodeJS.Dict<string | string[]> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)))
}
