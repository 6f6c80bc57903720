import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { fromBase64Url, toBase64Url } from '../../../src/base/base64url.js'
import { sha256 } from '../../../src/base/sha256.js'
import { verify } from '../../../src/identity/ed25519.js'
import { taggedBytes } from '../../../src/identity/envelope.js'
import { decode } from '../../../src/message/codec.js'
import { NOBODYS } from '../../../src/node/conform/encoding.js'
import { Pipe } from '../../../src/node/conform/pipe.js'
import { Self } from '../../../src/node/conform/self.js'
import { type Anything, DAY_MS, freshId, uint } from '../../../src/node/conform/wire.js'
import { isText, ModelChannel, Violation } from './model-channel.js'
import { ModelCircuits } from './model-circuits.js'
import { ModelDht } from './model-dht.js'
import { ModelFallback } from './model-fallback.js'
import { ModelIntroducer } from './model-introducer.js'
import { ModelSession } from './model-session.js'
import { ModelTopics } from './model-topics.js'

const HEARTBEAT = 'lotus/heartbeat'
const MINUTE_MS = 60_000

export interface ModelOptions {
  /** What the model does wrong: a clause, and after a slash which of its ways. */
  fault?: string
  /** `relay` is a router and a DHT server too. */
  profile?: 'relay' | 'peer'
  /** Bits of proof of work. */
  bits?: number
  /** Answers each message 1 with RETRY. */
  retryBits?: number
  handshakeMs?: number
}

/** A message, taken apart. */
export interface Message {
  type: string
  from: Anything
  to: Anything
  payload: Anything
  timestamp: number
  id: string
  protocol: string | undefined
  inReplyTo: string | undefined
  /** False: it stands for bytes that only a faulty decoder takes. */
  checks: boolean
}

/** A part of the model that serves a protocol. @returns the answer, or throws the code of `failed`. */
export interface ModelHandler {
  readonly protocols: readonly string[]
  handle(
    channel: ModelChannel,
    message: Message,
  ): Promise<{ type: string; payload: unknown; protocol?: string } | undefined> | undefined
  left?(channel: ModelChannel): void
  came?(channel: ModelChannel): void
  updated?(channel: ModelChannel): void
}

/** The code of a `failed`. */
export class Refusal extends Error {
  constructor(readonly code: string) {
    super(code)
  }
}

/**
 * A peer made from the wire protocol alone, on the tester's own bytes: small, slow, and with one rule broken where a test asks for it.
 */
export class ModelPeer {
  self!: Self
  readonly network = 'lotus'
  readonly fault: string
  readonly profile: 'relay' | 'peer'
  readonly bits: number
  readonly retryBits: number | undefined
  readonly handshakeMs: number
  /** How long a path that was left stands. */
  readonly leaveMs = 1_000
  readonly pingBudget = { perS: 20, burst: 20 }
  readonly pins = new Map<string, string>()
  /** The channels that count as connected, by peer id: the latest of each. */
  readonly connected = new Map<string, ModelChannel>()
  readonly errors: unknown[] = []
  private readonly sessions = new Map<string, ModelSession>()
  private readonly seen = new Set<string>()
  private readonly signed = new Set<string>()
  private readonly server: Server = createServer()
  private readonly sockets = new Set<WebSocket>()
  private readonly handlers: ModelHandler[]
  private readonly fallback: ModelFallback

  constructor({ fault = '', profile = 'relay', bits = 0, retryBits, handshakeMs = 10_000 }: ModelOptions = {}) {
    this.fault = fault
    this.profile = profile
    this.bits = bits
    this.retryBits = retryBits
    this.handshakeMs = handshakeMs
    const served = [new ModelIntroducer(this), new ModelDht(this), new ModelTopics(this)]
    this.handlers = [new ModelCircuits(this), ...(profile === 'relay' ? served : [])]
    this.fallback = new ModelFallback(this)
  }

  breaks(fault: string): boolean {
    return this.fault === fault
  }

  /** Something that no rule asks for has happened inside the model. */
  stumbled(error: unknown): void {
    this.errors.push(error)
  }

  /** @returns the address. */
  async start(): Promise<string> {
    this.self = await Self.create()
    const sockets = new WebSocketServer({
      noServer: true,
      maxPayload: this.breaks('F-3/long') ? 1_000_000 : 65_535,
      perMessageDeflate: this.breaks('F-8'),
      handleProtocols: (offered) => [...offered].find((text) => this.fits(text)) ?? false,
    })
    this.server.on('upgrade', (request: IncomingMessage, socket, head) => {
      const offered = request.headers['sec-websocket-protocol']?.split(',').map((text) => text.trim())
      const chosen = this.chosen(offered)
      if (chosen === undefined) {
        socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
        return
      }
      if (offered !== undefined) request.headers['sec-websocket-protocol'] = chosen
      sockets.handleUpgrade(request, socket, head, (ws) => this.accept(ws, chosen))
    })
    this.server.on('request', (request, response) => void this.fallback.answer(request, response))
    this.server.listen(0, '127.0.0.1')
    await once(this.server, 'listening')
    return `ws://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  stop(): void {
    for (const socket of this.sockets) socket.terminate()
    this.server.closeAllConnections()
    this.server.close()
  }

  private fits(text: string): boolean {
    if (text === 'lotus-p2p.2') return true
    if (this.breaks('F-4') && !/^lotus-p2p\.2\../.test(text)) return text.startsWith('lotus-p2p.')
    if (!text.startsWith('lotus-p2p.2.')) return false
    const rest = text.slice(12)
    if (this.breaks('F-6')) return rest.length > 0
    try {
      const bytes = fromBase64Url(rest)
      return rest.length > 0 && bytes.length <= 1_024 && toBase64Url(bytes) === rest
    } catch {
      return false
    }
  }

  private chosen(offered: string[] | undefined): string | undefined {
    if (offered === undefined) return this.breaks('F-5/none') ? undefined : 'lotus-p2p.2'
    const fitting = offered.filter((text) => this.fits(text))
    if (this.breaks('F-5')) return fitting.at(-1)
    const isForeign = offered.every((text) => !text.toLowerCase().startsWith('lotus'))
    return fitting[0] ?? (this.breaks('F-5/foreign') && isForeign ? 'lotus-p2p.2' : undefined)
  }

  private accept(socket: WebSocket, subprotocol: string): void {
    this.sockets.add(socket)
    const pipe = new Pipe(
      (frame) => socket.send(frame),
      () => socket.close(),
    )
    socket.on('message', (data: Buffer, isBinary) => {
      if (!isBinary || data.length > 65_535 || (data.length === 0 && !this.breaks('F-1'))) {
        if (data.length === 0 || !this.breaks('F-3')) socket.close()
        return
      }
      pipe.take(new Uint8Array(data))
    })
    socket.on('error', () => {})
    socket.once('close', () => {
      this.sockets.delete(socket)
      pipe.finish()
    })
    new ModelChannel(this, pipe)
    const rest = subprotocol.slice(12)
    if (rest !== '' && !this.breaks('F-7'))
      pipe.take(this.breaks('F-6') ? new Uint8Array(Buffer.from(rest, 'base64url')) : fromBase64Url(rest))
  }

  /** The demand for work so many days ago. */
  async work(daysAgo: number): Promise<{ bits: number; salt: Uint8Array; day: number }> {
    const day = Math.floor(Date.now() / DAY_MS) - daysAgo
    const salt = sha256(await this.self.sign('work-salt', this.network, uint(Math.max(0, day), 4))).slice(0, 16)
    return { bits: this.bits, salt, day }
  }

  describe({ session }: ModelChannel): object {
    const protocols = [HEARTBEAT, 'lotus/peer', ...this.handlers.flatMap((handler) => handler.protocols)]
    const { perS, burst } = this.pingBudget
    const budgets = { [HEARTBEAT]: [perS, burst, null, null] }
    return { agent: 'model/1', protocols, addresses: [], streams: session!.streams, budgets }
  }

  sessionWith({ remoteId }: ModelChannel, process: string): ModelSession {
    const known = this.sessions.get(remoteId)
    if (known?.process === process) {
      if (this.breaks('S-1/streams')) known.streams = crypto.getRandomValues(new Uint8Array(8))
      return known
    }
    const session = new ModelSession(this, process)
    if (known !== undefined && !this.breaks('S-26')) for (const path of [...known.paths]) path.close('REPLACED')
    if (known !== undefined && this.breaks('S-1/process')) session.streams = known.streams
    this.sessions.set(remoteId, session)
    return session
  }

  admit(channel: ModelChannel): void {
    this.connected.set(channel.remoteId, channel)
    if (channel.description === undefined) return
    for (const handler of this.handlers) handler.came?.(channel)
  }

  gone(session: ModelSession, channel: ModelChannel): void {
    if (this.sessions.get(channel.remoteId) !== session) return
    this.sessions.delete(channel.remoteId)
    this.connected.delete(channel.remoteId)
    for (const handler of this.handlers) handler.left?.(channel)
  }

  /** The message in these bytes. @throws Violation. */
  readMessage(bytes: Uint8Array, isSigned: boolean): Message {
    let array: Anything
    try {
      array = decode(bytes, undefined, { canonical: isSigned && !this.breaks('E-6') })
    } catch (error) {
      if (!this.takes(bytes, error as Anything)) throw error
      return {
        type: 'look',
        from: null,
        to: true,
        payload: null,
        timestamp: Date.now(),
        id: freshId(),
        protocol: NOBODYS,
        inReplyTo: undefined,
        checks: false,
      }
    }
    const [layout, type, from, to, payload, timestamp, id, protocol, inReplyTo] = Array.isArray(array) ? array : []
    const fits =
      Array.isArray(array) &&
      (array.length === 8 || array.length === 9) &&
      layout === 1 &&
      isText(type, 128) &&
      isText(id, 64) &&
      (protocol === null || isText(protocol, 128)) &&
      (inReplyTo === undefined || isText(inReplyTo, 64)) &&
      typeof timestamp === 'number' &&
      timestamp >= 0 &&
      (from === null || (isSigned ? from instanceof Uint8Array : isText(from, 128))) &&
      (to === null || to === true || to instanceof Uint8Array || isText(to, 128))
    if (!fits && !this.breaks('M-2')) throw new Violation('INVALID_MESSAGE')
    return { type, from, to, payload, timestamp, id, protocol: protocol ?? undefined, inReplyTo, checks: fits }
  }

  /** Whether the fault is that of a decoder which takes these bytes. */
  private takes(bytes: Uint8Array, { code }: { code: string }): boolean {
    const text = Buffer.from(bytes).toString('hex')
    const has = (...parts: string[]) => parts.some((part) => text.includes(part))
    const isLong = has('ddffffffff', 'df80000000', 'dbffffffff', 'c6ffffffff')
    const isForeign = has('6c6f6f6bc0f5c1', 'd40200', 'd4fe00', `6c6f6f6bc0c3c1`)
    if (this.breaks('E-1')) return this.isWhole(bytes.subarray(0, -1))
    if (this.breaks('E-2')) return code === 'LIMIT_EXCEEDED'
    if (this.breaks('E-3')) return isLong
    if (this.breaks('E-5')) return isForeign
    return this.breaks('E-4') && has('cb8000000000000000')
  }

  private isWhole(bytes: Uint8Array): boolean {
    try {
      decode(bytes)
      return true
    } catch {
      return false
    }
  }

  /** Takes a message in its turn. @throws Violation. */
  async take(channel: ModelChannel, message: Message, bytes: Uint8Array, signature: Uint8Array | undefined): Promise<void> {
    if (!message.checks) {
      this.fail(channel, message, 'PROTOCOL_NOT_SUPPORTED')
      return
    }
    this.checkEnds(channel, message, signature !== undefined)
    if (signature !== undefined) {
      const holds = await verify(signature, taggedBytes('message', this.network, bytes), channel.remoteKey)
      if (!holds && !this.breaks('M-8')) throw new Violation('INVALID_SIGNATURE')
      const isLate = Math.abs(Date.now() - message.timestamp) > 5 * MINUTE_MS
      if (this.signed.has(message.id) && !this.breaks('M-9/again')) return
      this.signed.add(message.id)
      if (isLate && !this.breaks('M-9')) {
        this.fail(channel, message, 'REPLAYED')
        return
      }
    } else if (!message.protocol?.startsWith('lotus/')) {
      if (this.seen.has(`${channel.remoteId}${message.id}`) && !this.breaks('M-3')) return
      this.seen.add(`${channel.remoteId}${message.id}`)
    }
    await this.dispatch(channel, message)
  }

  private checkEnds({ remoteId, remoteKey }: ModelChannel, { from, to }: Message, isSigned: boolean): void {
    const same = (a: Anything, b: Uint8Array) => a instanceof Uint8Array && Buffer.compare(a, b) === 0
    if (isSigned) {
      if (this.breaks('M-7')) return
      if (!same(from, remoteKey)) throw new Violation('FOREIGN_SENDER')
      if (to !== null && !same(to, this.self.publicKey)) throw new Violation('PROTOCOL_VIOLATION')
      return
    }
    if (this.breaks('M-1')) return
    if (from !== null && from !== remoteId) throw new Violation('FOREIGN_SENDER')
    if (to !== null && to !== true && to !== this.self.peerId) throw new Violation('PROTOCOL_VIOLATION')
  }

  /** The code for a message that nothing takes. */
  private unhandled(protocol: string): string {
    const isOwn = (protocol === HEARTBEAT || protocol === 'lotus/peer') && !this.breaks('M-10')
    return isOwn ? 'INVALID_MESSAGE' : 'PROTOCOL_NOT_SUPPORTED'
  }

  private async dispatch(channel: ModelChannel, message: Message): Promise<void> {
    const { protocol, type, inReplyTo, payload } = message
    const session = channel.session!
    const isSilent = inReplyTo !== undefined || protocol === 'lotus/core'
    if (isSilent) {
      const fails = (this.breaks('M-4') && type === 'pong') || (this.breaks('M-6') && type !== 'pong')
      if (fails) this.fail(channel, message, 'INVALID_MESSAGE')
      return
    }
    if (protocol === HEARTBEAT && type === 'ping') {
      if (payload !== null && !this.breaks('M-10/payload')) {
        this.fail(channel, message, 'MALFORMED_DATA')
        return
      }
      const broken = this.breaks('P-1')
      session.send({
        type: broken ? 'ping' : 'pong',
        payload: null,
        protocol,
        inReplyTo: message.id,
        ...(this.breaks('M-1/own') && { from: 'somebody' }),
      })
      return
    }
    if (protocol === 'lotus/peer' && type === 'update') {
      const isGood =
        Array.isArray(payload?.protocols) &&
        payload.protocols.length <= 128 &&
        Array.isArray(payload.addresses) &&
        !Array.isArray(payload.budgets)
      if (!isGood && !this.breaks('P-2')) throw new Violation('MALFORMED_DATA')
      if (!isGood || this.breaks('P-2/keeps')) return
      channel.description = { ...channel.description, ...payload, metadata: payload.metadata }
      for (const handler of this.handlers) handler.updated?.(channel)
      return
    }
    if (protocol === undefined) return
    const handler =
      this.handlers.find(({ protocols }) => protocols.includes(protocol)) ??
      this.handlers.find((each) => each.protocols.includes(protocol))
    const circuits = protocol.startsWith('lotus/circuit-') ? this.handlers[0] : handler
    try {
      if (circuits === undefined) throw new Refusal(this.unhandled(protocol))
      const answer = await circuits.handle(channel, message)
      if (answer !== undefined) session.send({ protocol, ...answer, inReplyTo: message.id })
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      this.fail(channel, message, error.code)
    }
  }

  private fail(channel: ModelChannel, message: Message, code: string): void {
    if (this.breaks('M-5')) return
    const protocol = 'lotus/core'
    channel.session!.send({ type: 'failed', protocol, inReplyTo: message.id, payload: { code, message: code } })
  }
}
