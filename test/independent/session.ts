import * as nodeCrypto from 'node:crypto'
import type { Path, Peer } from './peer.js'
import { Circuit, HOP, type Pipe } from './pipes.js'
import { type Anything, check, Fault, join, pack, peerIdOf, tagged, u, unpack, utf8, verify } from './wire.js'

// Streams, messages and the payload protocols.

export const MESSAGE = 1
export const SIGNED_MESSAGE = 2
export const FRAGMENT = 3
export const LAST_FRAGMENT = 4
export const READY = 0x10
export const CLOSE = 0x11
export const REKEY = 0x12
export const ACK = 0x13
export const SEQUENCE = 0x14
export const REFUSED = 0x15
export const DESCRIPTION = 0x16
export const SWITCH = 0x17
/** A channel that ends with one of these leaves the session alive, C.5. */
const PASSING = ['DUPLICATE_CONNECTION', 'CONNECTION_LOST', 'SUSPENDED']
const STOP = 'lotus/circuit-stop'

export interface Received {
  type: string
  payload: Anything
  id: string
  protocol: string | null
  inReplyTo?: string
  from: Session
}

interface Out {
  id: number
  protocol: string
  next: number
  cursor: number
  sent: number
  givenUp: number
  sequenced: boolean
  resumeAt: number
  refusals: number
  kept: { n: number; kind: number; body: Buffer }[]
}

/** Streams between two processes, section S, and their messages, section M. */
export class Session {
  readonly streams = nodeCrypto.randomBytes(8)
  readonly circuits = new Map<number, Circuit>()
  readonly outs = new Map<string | null, Out>()
  told: Anything = { protocols: [] }
  refusals: { protocol: string; number: number; ms: number; budget: string }[] = []
  acknowledged = 0
  repeated = 0
  duplicates = 0
  ended: string | undefined
  /** For tests: send without regard to the budgets that were told. */
  unpaced = false
  paths: Path[] = []
  serving: Path | undefined
  private changes = 0
  private credit = 65_536
  private readonly ins = new Map<number, { protocol: string; got: number; passed: number; acked: number }>()
  private readonly buckets = new Map<string, { messages: number; bytes: number; at: number }>()
  private readonly lanes = new Map<string, Promise<unknown>>()
  private readonly requests = new Map<
    string,
    { protocol: string | null; take: (answer: Received) => void; fail: (error: unknown) => void }
  >()
  private readonly seen = new Set<string>()
  constructor(
    readonly peer: Peer,
    readonly publicKey: Buffer,
    readonly id: Buffer,
  ) {}
  get peerId() {
    return peerIdOf(this.publicKey)
  }
  get transport() {
    return this.serving?.pipe.rank === 1 ? 'circuit' : 'websocket'
  }

  // Paths, S.5 and S.6

  add(path: Path, told: Anything) {
    const before = this.peer.sessions.get(this.peerId)
    if (before !== undefined && before !== this) for (const old of [...before.paths]) old.close('REPLACED')
    this.peer.sessions.set(this.peerId, this)
    if (this.told.streams !== undefined && !told.streams.equals(this.told.streams)) this.ins.clear() // [S-2]
    this.told = told
    if (this.paths.push(path) > 1) this.changes++
    this.speak(path)
    for (const old of this.paths) {
      const wait = old.pipe.rank === path.pipe.rank ? 2_000 : path.dialled ? 60_000 : 120_000 // [S-29]
      if (old !== path) setTimeout(() => old.close('DUPLICATE_CONNECTION'), wait).unref()
    }
  }
  private speak(path: Path) {
    this.serving = path
    path.write(SWITCH, u(4, this.changes))
    for (const stream of this.ins.values()) stream.acked = 0
    this.acknowledge()
    for (const out of this.outs.values()) {
      out.sequenced = false
      out.cursor = out.kept[0]?.n ?? out.next
      this.flush(out)
    }
  }
  remove(path: Path, code: string) {
    this.paths = this.paths.filter((other) => other !== path)
    if (this.serving === path) {
      this.serving = undefined
      const best = [...this.paths].sort((a, b) => b.pipe.rank - a.pipe.rank)[0]
      if (best !== undefined && PASSING.includes(code)) {
        this.changes++
        this.speak(best)
      }
    }
    if (this.paths.length === 0) this.giveUp()
    if (PASSING.includes(code) || !path.described || this.ended !== undefined) return
    this.ended = code
    for (const { fail } of this.requests.values()) fail(new Fault(code))
    if (this.peer.sessions.get(this.peerId) === this) this.peer.sessions.delete(this.peerId)
    for (const other of [...this.paths]) other.close(code)
  }
  /** What belongs to the connection goes with the last path: circuits, and messages and requests of `lotus/`, S.1. */
  private giveUp() {
    for (const circuit of [...this.circuits.values()]) circuit.ended('CONNECTION_LOST')
    for (const { protocol, fail } of this.requests.values())
      if (protocol?.startsWith('lotus/')) fail(new Fault('CONNECTION_LOST'))
    for (const out of this.outs.values()) if (out.protocol.startsWith('lotus/')) out.givenUp += out.kept.splice(0).length
  }
  /** The path rules; the result is why the new channel is refused. */
  refuses(session: Buffer, rank: number, dialled: boolean): boolean {
    const old = this.serving
    if (old === undefined || !session.equals(this.id) || rank > old.pipe.rank) return false
    return dialled || (old.dialled && Date.now() - old.openedAt < 10_000 && this.smaller)
  }
  private get smaller() {
    return Buffer.compare(this.peer.publicKey, this.publicKey) < 0
  }
  /** As if the network were gone. */
  cut() {
    for (const path of this.paths) path.pipe.close()
  }
  close(code = 'CONNECTION_CLOSED') {
    for (const path of [...this.paths]) path.close(code)
  }

  // Entries

  entry(path: Path, kind: number, body: Buffer) {
    if (kind === SWITCH) {
      check(body.length === 4, 'PROTOCOL_VIOLATION')
      const changes = body.readUInt32BE()
      check(changes > path.switched, 'PROTOCOL_VIOLATION')
      path.switched = changes
      path.expected.clear()
      const follows = changes > this.changes || (changes === this.changes && path !== this.serving && !this.smaller)
      this.changes = Math.max(this.changes, changes)
      if (follows) this.speak(path)
      if (!path.dialled) return
      for (const old of this.paths) if (old !== path && old.pipe.rank === path.pipe.rank) old.close('DUPLICATE_CONNECTION')
    } else if (kind === SEQUENCE) {
      check(body.length >= 13 && path.switched >= 0, 'PROTOCOL_VIOLATION')
      const [stream, number, givenUp, protocol] = [
        body[0]!,
        body.readUIntBE(1, 6),
        body.readUIntBE(7, 6),
        body.subarray(13).toString(),
      ]
      check(stream < 128 && number > 0 && (stream > 0 || protocol === ''), 'PROTOCOL_VIOLATION')
      const known = this.ins.get(stream) ?? { protocol, got: number - 1, passed: number - 1, acked: 0 }
      this.ins.set(stream, known)
      check(known.protocol === protocol, 'PROTOCOL_VIOLATION')
      known.passed += Math.max(0, number - 1 - known.got)
      if (number - 1 > known.got) check(known.passed <= givenUp, 'PROTOCOL_VIOLATION') // [S-10]
      known.got = Math.max(known.got, number - 1)
      path.expected.set(stream, number)
      path.dropping.delete(stream)
    } else if (this.peer.silent) return
    else if (kind === MESSAGE || kind === SIGNED_MESSAGE) {
      const stream = body[0]!
      const number = path.expected.get(stream)
      const known = this.ins.get(stream)!
      if (path.dropping.has(stream)) return
      if (number === undefined) throw new Fault('PROTOCOL_VIOLATION')
      const ms = this.peer.refuse(known.protocol, number)
      if (ms > 0) {
        path.dropping.add(stream)
        return path.write(REFUSED, u(1, stream), u(6, number), u(4, ms), utf8('cpu'))
      }
      path.expected.set(stream, number + 1)
      if (number <= known.got) {
        this.duplicates++
        return
      }
      known.got = number
      this.message(kind, body.subarray(1), stream === 0 ? undefined : known.protocol)
    } else if (kind === ACK) {
      check(body.length > 0 && body.length % 7 === 0, 'PROTOCOL_VIOLATION')
      for (let at = 0; at < body.length; at += 7) this.settle(body[at]!, body.readUIntBE(at + 1, 6))
    } else if (kind === REFUSED) {
      check(body.length >= 11, 'PROTOCOL_VIOLATION')
      const [number, budget] = [body.readUIntBE(1, 6), body.subarray(11).toString()]
      const out = this.settle(body[0]!, number - 1, number)
      const oldest = out.kept[0]?.n ?? out.next
      if (number < oldest) {
        // [S-36]
        out.cursor = oldest
        out.sequenced = false
        return this.flush(out)
      }
      const ms = Math.min(60_000, body.readUInt32BE(7) * 2 ** Math.min(16, out.refusals++)) // [S-22]
      this.refusals.push({ protocol: out.protocol, number, ms, budget })
      out.cursor = number
      out.sequenced = false
      out.resumeAt = Date.now() + ms
      setTimeout(() => this.flush(out), ms + 5)
    } else throw new Fault('PROTOCOL_VIOLATION')
  }

  /** Everything up to `n` has come; a number of `named` was spoken of. */
  private settle(stream: number, n: number, named = n): Out {
    const out = [...this.outs.values()].find(({ id }) => id === stream)
    if (out === undefined || named > out.sent) throw new Fault('PROTOCOL_VIOLATION') // [S-14]
    while (out.kept.length > 0 && out.kept[0]!.n <= n) {
      this.credit += 2 * out.kept.shift()!.body.length
      this.acknowledged++
      out.refusals = 0
    }
    this.flush(out)
    return out
  }
  acknowledge() {
    const news = [...this.ins].filter(([, { got, acked }]) => got > acked)
    if (news.length === 0 || this.serving === undefined) return
    this.serving.write(ACK, ...news.map(([stream, { got }]) => join(u(1, stream), u(6, got))))
    for (const [, stream] of news) stream.acked = stream.got
  }
  private flush(out: Out) {
    if (this.serving === undefined || Date.now() < out.resumeAt) return
    for (const { n, kind, body } of out.kept) {
      if (n < out.cursor) continue
      if (n <= out.sent) {
        if (this.credit <= 0) return // [S-16]
        this.credit -= body.length
        this.repeated++
      }
      if (!out.sequenced) this.serving.write(SEQUENCE, u(1, out.id), u(6, n), u(6, out.givenUp), utf8(out.protocol))
      this.serving.write(kind, u(1, out.id), body)
      out.sequenced = true
      out.cursor = n + 1
      out.sent = Math.max(out.sent, n)
    }
  }
  rekey() {
    this.serving!.rekey()
  }

  // Messages, M and S.4

  /** Resolves when the message has its number. */
  post(type: string, payload: unknown, protocol: string | null, { id = nodeCrypto.randomUUID() as string, inReplyTo = '' } = {}) {
    const isSigned = !protocol?.startsWith('lotus/') && (this.told.requireSignatures || this.peer.requireSignatures)
    const [from, to] = isSigned ? [this.peer.publicKey, this.publicKey] : [null, true]
    const message = pack([1, type, from, to, payload, Date.now(), id, protocol, ...(inReplyTo === '' ? [] : [inReplyTo])])
    const body = isSigned ? join(this.peer.sign('message', message), message) : message
    const served = protocol !== null && this.told.protocols.includes(protocol)
    const budgets = this.told.budgets ?? {}
    const name = served ? protocol : ''
    const own = budgets[name]?.types?.[type]
    const lane = own === undefined ? name : `${name} ${type}`
    const limits = inReplyTo === '' ? { [lane]: own ?? budgets[name], '*': budgets['*'] } : { '*': budgets['*'] }
    const stream = served || protocol === null ? protocol : ''
    const window = (stream === '' ? budgets['*'] : budgets[name])?.[1] ?? 256
    const turn = (this.lanes.get(lane) ?? Promise.resolve()).then(async () => {
      for (let ms = 1; ms > 0 && this.ended === undefined && !this.unpaced; ) {
        const full = (this.outs.get(stream)?.kept.length ?? 0) >= window // [S-19]
        ms = full ? 5 : this.delay(limits, message.length)
        if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms))
      }
      const fresh = {
        id: stream === '' ? 0 : 1 + [...this.outs.keys()].filter((key) => key !== '').length,
        protocol: stream ?? '',
      }
      const rest = { next: 1, cursor: 1, sent: 0, givenUp: 0, sequenced: false, resumeAt: 0, refusals: 0, kept: [] }
      const out: Out = this.outs.get(stream) ?? { ...fresh, ...rest }
      this.outs.set(stream, out)
      out.kept.push({ n: out.next++, kind: isSigned ? SIGNED_MESSAGE : MESSAGE, body })
      this.flush(out)
    })
    this.lanes.set(lane, turn)
    return turn
  }
  /** How long the buckets want a message to wait; when not at all, it is taken out of them. */
  private delay(limits: Record<string, Anything>, size: number): number {
    const now = Date.now()
    const found = Object.entries(limits).flatMap(([name, limit]) => {
      if (limit === undefined) return []
      const [rate, burst, byteRate, burstBytes] = [limit[0], limit[1], limit[2] ?? 1e9, limit[3] ?? 1e9]
      const bucket = this.buckets.get(name) ?? { messages: burst, bytes: burstBytes, at: now }
      this.buckets.set(name, bucket)
      bucket.messages = Math.min(burst, bucket.messages + (rate * (now - bucket.at)) / 1000)
      bucket.bytes = Math.min(burstBytes, bucket.bytes + (byteRate * (now - bucket.at)) / 1000)
      bucket.at = now
      const missing = Math.max((1 - bucket.messages) / rate, (Math.min(size, burstBytes) - bucket.bytes) / byteRate)
      return [{ bucket, wait: Math.ceil(1000 * missing) }]
    })
    const wait = Math.max(0, ...found.map((one) => one.wait))
    if (wait === 0)
      for (const { bucket } of found) Object.assign(bucket, { messages: bucket.messages - 1, bytes: bucket.bytes - size })
    return wait
  }
  request<T = Received>(type: string, payload: unknown, protocol: string | null, then = (answer: Received) => answer as T) {
    const id = nodeCrypto.randomUUID() as string
    return new Promise<T>((resolve, fail) => {
      const take = (answer: Received) => (answer.type === 'failed' ? fail(new Fault(answer.payload.code)) : resolve(then(answer)))
      this.requests.set(id, { protocol, take, fail })
      void this.post(type, payload, protocol, { id })
    })
  }
  private message(kind: number, body: Buffer, streamProtocol: string | undefined) {
    const { peer } = this
    const isSigned = kind === SIGNED_MESSAGE
    const encoded = isSigned ? body.subarray(64) : body
    const message = unpack(encoded, isSigned)
    check(Array.isArray(message) && (message.length === 8 || message.length === 9) && message[0] === 1, 'INVALID_MESSAGE')
    const [, type, from, to, payload, timestamp, id, protocol, inReplyTo] = message
    for (const [text, most] of [
      [type, 128],
      [id, 64],
      [protocol ?? 'x', 128],
      [message.length === 9 ? inReplyTo : 'x', 64],
    ] as const)
      check(typeof text === 'string' && text.length > 0 && text.length <= most, 'INVALID_MESSAGE')
    check(Number.isFinite(timestamp) && timestamp >= 0, 'INVALID_MESSAGE')
    check(streamProtocol === undefined || streamProtocol === (protocol ?? ''), 'PROTOCOL_VIOLATION') // [S-6]
    if (isSigned) {
      check(from instanceof Uint8Array && this.publicKey.equals(from), 'FOREIGN_SENDER')
      check(to === null || (to instanceof Uint8Array && peer.publicKey.equals(to)), 'PROTOCOL_VIOLATION')
      check(verify(tagged('message', encoded), this.publicKey, body.subarray(0, 64)), 'INVALID_SIGNATURE')
    } else {
      check(from === null || from === this.peerId, 'FOREIGN_SENDER')
      check(to === null || to === true || to === peer.peerId, 'PROTOCOL_VIOLATION')
      check(!peer.requireSignatures || protocol?.startsWith('lotus/'), 'SIGNATURE_REQUIRED')
    }
    const application = !protocol?.startsWith('lotus/')
    if (application && this.seen.has(id)) return
    if (application) this.seen.add(id)
    const received = { type, payload, id, protocol, inReplyTo, from: this }
    if (inReplyTo !== undefined) {
      const waiting = this.requests.get(inReplyTo)
      this.requests.delete(inReplyTo)
      return waiting?.take(received)
    }
    const code = this.handle(received)
    if (code === undefined || protocol === 'lotus/core') return
    void this.post('failed', { code, message: '' }, 'lotus/core', { inReplyTo: id })
  }
  /** The code of `failed`, where the message has no handler. */
  private handle(message: Received): string | undefined {
    const { type, payload, protocol, id } = message
    if (protocol === 'lotus/heartbeat' && type === 'ping') void this.post('pong', null, protocol, { inReplyTo: id })
    else if (protocol === 'lotus/peer' && type === 'update')
      this.told = { ...this.told, budgets: undefined, metadata: undefined, ...payload }
    else if (protocol === STOP) this.circuit(type, payload)
    else if (protocol === 'lotus/topics') this.topic(type, payload)
    else if (protocol !== null && !this.peer.protocols.includes(protocol)) return 'PROTOCOL_NOT_SUPPORTED'
    this.peer.received.put(message)
    return undefined
  }
  private circuit(type: string, payload: Anything) {
    const [id, second] = type === 'incoming' ? [payload.circuit] : payload
    check(Number.isInteger(id) && id > 0, 'MALFORMED_DATA')
    const known = this.circuits.get(id)
    const refused = !this.told.protocols.includes(HOP) || this.transport === 'circuit' || payload.window > 8_388_608
    if (type === 'incoming' && refused) void this.post('close', [id, 'CIRCUIT_REFUSED'], HOP)
    else if (type === 'incoming') {
      const circuit = new Circuit(this, payload)
      circuit.frames.put(payload.frame)
      void this.peer.answer(circuit)
    } else if (type === 'close') known?.ended(second === 'PROTOCOL_VIOLATION' ? second : 'CONNECTION_LOST')
    else if (known === undefined)
      void this.post('close', [id, 'CONNECTION_LOST'], HOP)
    else if (type === 'data') known.arrived(second)
    else known.acknowledged(second)
  }
  /** For `dial`: a circuit through this relay. */
  through(target: string): (first: Buffer) => Promise<Pipe> {
    return (first) => this.request('open', { target, frame: first }, HOP, ({ payload }) => new Circuit(this, payload))
  }
  private topic(type: string, payload: Anything) {
    if (type === 'have') for (const one of payload) void this.post('graft', one, 'lotus/topics')
    if (type !== 'message' && type !== 'past') return
    const [key, content, signature] = payload
    check(verify(tagged('topic', content), key, signature), 'INVALID_SIGNATURE')
    const [topic, , , , value] = unpack(content, true)
    this.peer.topics.put({ topic, payload: value, publisher: peerIdOf(key) })
  }
}
