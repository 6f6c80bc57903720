import { randomBytes } from 'node:crypto'
import { EventEmitter, on, once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { WebSocket, WebSocketServer } from 'ws'
import {
  type Cipher,
  codeOf,
  decode,
  encode,
  holds,
  idOf,
  join,
  must,
  NONE,
  noiseOf,
  number,
  readHello,
  sha256,
  tagged,
  uint,
  utf8,
  type Wire,
  work,
} from './wire.js'

// Sections F, C, S, M and R of docs/wire-protocol.md, by somebody who has read the document and its vectors alone.

// F, C. A channel: entries in frames, over a socket or a circuit
type Pipe = EventEmitter & { send(frame: Buffer): unknown; close(): unknown; next(): Promise<Buffer>; rank: number; max: number }
export function pipeOf(source: EventEmitter, more: Partial<Pipe> = { rank: 3, max: 65_519 }): Pipe {
  const frames = on(source, 'message', { close: ['close'] })
  const next = async () => {
    const { value, done } = await frames.next()
    must(!done, 'CONNECTION_LOST')
    return Buffer.from(value[0])
  }
  return Object.assign(source, more, { next }) as Pipe
}
const [READY, CLOSE, REKEY, ACK, SEQUENCE, REFUSED, DESCRIPTION, SWITCH] = [0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17]
const entry = (kind: number, body: Uint8Array) => join(Buffer.of(kind), uint(body.length, 2), body)
export class Channel {
  described = false
  heard = -1 // the peer's last SWITCH here
  numbers: number[] = [] // of the next messages of its streams here
  parts: Buffer[] = []
  constructor(readonly of: { session: Session; pipe: Pipe; dialled: boolean; out: Cipher; into: Cipher }) {}
  say = (plain: Uint8Array) => this.of.pipe.send(this.of.out.encrypt(plain))
  write(kind: number, body: Buffer) {
    const [whole, size] = [join(Buffer.of(kind), body), this.of.pipe.max - 3]
    if (whole.length <= size) this.say(entry(kind, body))
    else
      for (let at = 0; at < whole.length; at += size)
        this.say(entry(at + size < whole.length ? 3 : 4, whole.subarray(at, at + size)))
  }
  rekey() {
    this.write(REKEY, NONE)
    this.of.out.rekey()
  }
  take(plain: Buffer) {
    for (let at = 0; at < plain.length; ) {
      must(at + 3 <= plain.length)
      let [kind, body] = [plain[at]!, plain.subarray(at + 3, at + 3 + plain.readUInt16BE(at + 1))]
      at += 3 + plain.readUInt16BE(at + 1)
      must(at <= plain.length && (kind !== REKEY || plain.length === 3))
      const [first = body] = this.parts
      if (kind === 3 || kind === 4) must(this.parts.push(body) && [1, 2, DESCRIPTION].includes(first[0]!))
      if (kind === 4) [kind, body] = [first[0]!, join(...this.parts.splice(0)).subarray(1)]
      if (kind < 0x80 && kind !== 3) this.of.session.entry(this, kind, body)
    }
    this.of.session.acknowledge()
  }
  async run() {
    try {
      for (;;) this.take(this.of.into.decrypt(await this.of.pipe.next()))
    } catch (error) {
      this.of.session.lost(this, codeOf(error))
    }
  }
}

// S.4. Messages and bytes: what may go, and what is unacknowledged
class Bucket {
  at = Date.now()
  left = this.of.burst
  held = [0, 0]
  constructor(readonly of: { perS: number[]; burst: number[] }) {}
  has(size: number): boolean {
    const [{ perS, burst }, s] = [this.of, (Date.now() - this.at) / 1000]
    this.at = Date.now()
    this.left = this.left.map((n, i) => Math.min(burst[i]!, n + s * perS[i]!))
    const fits = this.held[0] === 0 || [1, size].every((n, i) => this.held[i]! + n <= burst[i]!)
    return fits && this.left.every((n) => n >= 1)
  }
  take(size: number) {
    this.left = [this.left[0]! - 1, this.left[1]! - size]
    this.hold(1, size)
  }
  hold = (...more: number[]) => (this.held = this.held.map((n, i) => n + more[i]!))
}

// S, M. What two processes say to each other, over all their channels
type Kept = { number: number; kind: number; body: Buffer; size: number; lotus: boolean | undefined; buckets: Bucket[] }
type Out = { stream: number; name: string; last: number; givenUp: number; said: number; until: number; kept: Kept[] }
const outOf = (name: string, stream: number): Out => ({ stream, name, last: 0, givenUp: 0, said: -1, until: 0, kept: [] })
export class Session extends EventEmitter {
  streams = randomBytes(8)
  paths = new Set<Channel>()
  serving: Channel | undefined
  changes = 0
  ended = ''
  description: Wire = { protocols: [] }
  inbox: Wire[] = []
  refusals: string[] = []
  refuse = (_: Wire) => 0
  into: { protocol: string; received: number; passed: number; told: number }[] = []
  outs = [outOf('*', 0)]
  buckets = new Map<string, Bucket>()
  circuits = new Map<number, (type: string, value: Wire) => unknown>()
  constructor(readonly of: { peer: Peer; key: Buffer; id: Buffer }) {
    super()
  }
  async until<T>(find: () => T | undefined | false): Promise<T> {
    for (let found = find(); ; found = find()) {
      if (found) return found
      must(this.ended === '', this.ended)
      await once(this, 'change', { signal: AbortSignal.timeout(10_000) })
    }
  }
  got = (type: string) => this.until(() => this.inbox.find((one) => one.type === type))
  async send(type: string, payload: Wire, protocol: string | null = null, inReplyTo?: string, hasty = false): Promise<string> {
    const [{ peer, key }, { requireSignatures, protocols }] = [this.of, this.description]
    const messageId = randomBytes(12).toString('hex')
    const lotus = protocol?.startsWith('lotus/')
    const signed = !lotus && (requireSignatures || peer.signs)
    const ends = signed ? [peer.key, key] : [null, true]
    const bytes = encode([1, type, ...ends, payload, Date.now(), messageId, protocol, ...(inReplyTo ? [inReplyTo] : [])])
    const name = protocol === null ? '' : protocols.includes(protocol) ? protocol : '*'
    const own = [`${protocol} ${type}`, name === '*' ? '' : name].find((one) => this.buckets.has(one)) ?? '*'
    const buckets = [...new Set(['*', inReplyTo ? '*' : own])].flatMap((one) => this.buckets.get(one) ?? [])
    while (!hasty && !buckets.every((bucket) => bucket.has(bytes.length))) await sleep(2)
    for (const bucket of buckets) bucket.take(bytes.length)
    const out = this.outs.find((one) => one.name === name) ?? outOf(name, this.outs.length)
    this.outs[out.stream] = out
    const body = join(Buffer.of(out.stream), signed ? peer.sign('message', bytes) : NONE, bytes)
    out.kept.push({ number: ++out.last, kind: signed ? 2 : 1, body, size: bytes.length, lotus, buckets })
    this.flush(out)
    return messageId
  }
  flush(out: Out) {
    for (const { number, kind, body } of out.kept) {
      if (!this.serving || Date.now() < out.until || number <= out.said) continue
      const place = join(Buffer.of(out.stream), uint(number, 6), uint(out.givenUp, 6), utf8(out.name.replace('*', '')))
      if (out.said < 0) this.serving.write(SEQUENCE, place)
      this.serving.write(kind, body)
      out.said = number
    }
  }
  async request(type: string, payload: Wire, protocol: string | null = null): Promise<Wire> {
    const id = await this.send(type, payload, protocol)
    const answer = await this.until(() => this.inbox.find(({ inReplyTo }) => inReplyTo === id))
    must(answer.type !== 'failed', answer.payload?.code)
    return answer.payload
  }
  acknowledge() {
    for (const [stream, known] of this.into.entries()) {
      if (known && known.received > known.told) this.serving?.write(ACK, join(Buffer.of(stream), uint(known.received, 6)))
      if (known) known.told = known.received
    }
  }
  serve(channel: Channel, changes: number) {
    this.changes = changes
    this.serving = channel
    channel.write(SWITCH, uint(changes, 4))
    for (const known of this.into) if (known) known.told = -1
    this.acknowledge()
    for (const out of this.outs) this.flush(Object.assign(out, { said: -1 }))
  }
  learn(told: Wire) {
    this.description = { ...this.description, ...told }
    const set = (name: string, [perS, burst, bytesPerS, burstBytes]: Wire) =>
      this.buckets.set(name, new Bucket({ perS: [perS, bytesPerS ?? 1e12], burst: [burst, burstBytes ?? 1e12] }))
    for (const [name, budget] of Object.entries<Wire>(told.budgets ?? {})) {
      set(name, budget)
      for (const [type, own] of Object.entries<Wire>(budget[4] ?? {})) set(`${name} ${type}`, own)
    }
  }
  entry(channel: Channel, kind: number, body: Buffer) {
    const { peer, key } = this.of
    const [stream = 128, place, rest] = [body[0], number(body.subarray(1, 7)), body.subarray(7)]
    if (kind === CLOSE) throw new Error(`CLOSED_${decode(body).code}`)
    if (kind === READY) must(channel.of.dialled && !channel.described && body.length === 0)
    else if (kind === DESCRIPTION) {
      must(!channel.described)
      channel.described = true
      const told = decode(body)
      if (idOf(told.streams) !== idOf(this.description.streams ?? NONE)) this.into = [] // its numbering begins anew
      this.learn(told)
      if (!channel.of.dialled) channel.say(join(entry(READY, NONE), entry(DESCRIPTION, peer.describe(this))))
      this.paths.add(channel)
      this.serve(channel, this.serving ? this.changes + 1 : this.changes)
    } else if (kind === REKEY) channel.of.into.rekey()
    else if (kind === ACK) {
      must(body.length % 7 === 0 && body.length > 0)
      for (let at = 0; at < body.length; at += 7) this.acknowledged(body[at]!, number(body.subarray(at + 1, at + 7)))
    } else if (kind === REFUSED) {
      must(rest.length >= 4)
      const out = this.acknowledged(stream, place - 1)
      const ms = out.kept[0]?.number === place ? Math.min(60_000, rest.readUInt32BE()) : 0
      this.refusals.push(rest.toString('utf8', 4))
      Object.assign(out, { said: -1, until: Date.now() + ms })
      setTimeout(() => this.flush(out), ms + 1)
    } else if (kind === SWITCH) {
      must(body.length === 4 && number(body) > channel.heard)
      Object.assign(channel, { heard: number(body), numbers: [] })
      const follows = channel.heard > this.changes || (channel.heard === this.changes && peer.key.compare(key) > 0)
      if (follows && this.serving !== channel) this.serve(channel, channel.heard)
      this.changes = Math.max(this.changes, channel.heard)
    } else if (kind === SEQUENCE) {
      const protocol = rest.toString('utf8', 6)
      const known = this.into[stream] ?? { protocol, received: place - 1, passed: 0, told: 0 }
      this.into[stream] = known
      known.passed += Math.max(0, place - 1 - known.received)
      known.received = Math.max(known.received, place - 1)
      must(place > 0 && stream < 128 && channel.heard >= 0 && (stream > 0 || protocol === ''))
      must(known.protocol === protocol && known.passed <= number(rest.subarray(0, 6)))
      channel.numbers[stream] = place
    } else {
      const [next, known] = [channel.numbers[stream], this.into[stream]]
      must(kind <= 2 && next && known)
      const message = this.read(body.subarray(kind === 1 ? 1 : 65), kind === 1 ? undefined : body.subarray(1, 65))
      must(stream === 0 || known.protocol === (message.protocol ?? ''))
      channel.numbers[stream] = next + 1
      if (next !== known.received + 1) return // it had come, or comes behind one that was refused
      const ms = this.refuse(message)
      if (ms > 0) return channel.write(REFUSED, join(Buffer.of(stream), uint(next, 6), uint(ms, 4), utf8('cpu')))
      known.received = next
      this.handle(message)
    }
    this.emit('change')
  }
  read(bytes: Buffer, signature?: Buffer): Wire {
    const { peer, key } = this.of
    const [layout, type, from, to, payload, , messageId, protocol, inReplyTo] = decode(bytes, signature !== undefined)
    must(layout === 1 && messageId, 'INVALID_MESSAGE')
    const are = (one: Wire, whose: Buffer) => one instanceof Uint8Array && whose.equals(one)
    must(signature ? are(from, key) : from === null || from === idOf(key), 'FOREIGN_SENDER')
    must(to === null || (signature ? are(to, peer.key) : to === true || to === peer.id))
    must(!signature || holds(key, tagged('message', bytes), signature), 'INVALID_SIGNATURE')
    return { type, payload, messageId, protocol, inReplyTo, signed: signature !== undefined }
  }
  acknowledged(stream: number, upTo: number): Out {
    const out = this.outs[stream]
    must(out && upTo <= out.last)
    for (const { size, buckets } of out.kept.filter(({ number }) => number <= upTo))
      for (const one of buckets) one.hold(-1, -size)
    return Object.assign(out, { kept: out.kept.filter(({ number }) => number > upTo) })
  }
  handle(message: Wire) {
    const { type, payload, protocol, messageId, inReplyTo } = message
    if (type === 'opened') payload.pipe = this.of.peer.circuit(this, payload) // before the data that may be next
    if (protocol === 'lotus/heartbeat' && type === 'ping') this.send('pong', null, protocol, messageId)
    else if (protocol === 'lotus/peer') this.learn(payload)
    else if (protocol === 'lotus/circuit-stop' && !inReplyTo) this.of.peer.onCircuit(this, type, payload)
    else if (protocol === null || inReplyTo || this.of.peer.protocols.includes(protocol)) this.inbox.push(message)
    else this.send('failed', { code: 'PROTOCOL_NOT_SUPPORTED', message: '' }, 'lotus/core', messageId)
  }
  lost(channel: Channel, why: string) {
    if (why !== 'CONNECTION_LOST' && !why.startsWith('CLOSED_')) channel.write(CLOSE, encode({ code: why }))
    channel.of.pipe.close()
    this.paths.delete(channel)
    if (!/CONNECTION_LOST|DUPLICATE_CONNECTION|SUSPENDED/.test(why)) this.ended ||= why.replace('CLOSED_', '')
    if (this.serving === channel) this.serving = undefined
    const [other] = this.paths
    if (!this.serving && other) this.serve(other, this.changes + 1)
    for (const out of this.serving ? [] : this.outs) {
      const kept = out.kept.filter(({ lotus }) => !lotus)
      Object.assign(out, { kept, givenUp: out.givenUp + out.kept.length - kept.length })
    }
    this.emit('change')
  }
  close(code: string) {
    this.ended = code
    for (const channel of this.paths) channel.write(CLOSE, encode({ code }))
  }
}

export class Peer {
  seed = randomBytes(32)
  key = Buffer.from(ed25519.getPublicKey(this.seed))
  id = idOf(this.key)
  session = randomBytes(16)
  protocols = ['lotus/heartbeat', 'lotus/peer', 'lotus/circuit-stop', 'lotus/topics', 'chat']
  sessions = new Map<string, Session>()
  signs = false
  proof: Wire
  server: WebSocketServer | undefined
  sign = (tag: string, ...parts: Uint8Array[]) => Buffer.from(ed25519.sign(tagged(tag, ...parts), this.seed))
  signed = (tag: string, content: Wire) => [this.key, encode(content), this.sign(tag, encode(content))]
  describe({ streams }: Session): Buffer {
    return encode({ agent: 'independent/1', protocols: this.protocols, addresses: [], streams, requireSignatures: this.signs })
  }
  /** A hello, and in `noise` a key that it certifies for its date. */
  hello(noise: ReturnType<typeof noiseOf>, date: number, more: Wire): Buffer {
    noise.mine.s = x25519.utils.randomSecretKey()
    const dates = [date - 3_600_000, date + 500_000_000]
    const signature = this.sign('channel', x25519.getPublicKey(noise.mine.s), ...dates.map((one) => uint(one, 8)))
    const { key: publicKey, session } = this
    return encode({ version: 2, suite: 'ChaChaPoly', publicKey, session, certificate: [...dates, signature], ...more })
  }
  async open(noise: ReturnType<typeof noiseOf>, pipe: Pipe, hello: Wire, dialled: boolean): Promise<Session> {
    const old = this.sessions.get(idOf(hello.publicKey))
    const goesOn = old?.ended === '' && old.of.id.equals(hello.session)
    must(!goesOn || !dialled || !old.serving || pipe.rank > old.serving.of.pipe.rank, 'DUPLICATE_CONNECTION')
    const [key, id] = [Buffer.from(hello.publicKey), Buffer.from(hello.session)]
    const session = goesOn ? old : new Session({ peer: this, key, id })
    this.sessions.set(idOf(key), session)
    if (dialled) pipe.send(noise.write('s se', this.hello(noise, hello.now, { proof: this.proof })))
    const [first, second] = noise.split()
    const channel = new Channel({ session, pipe, dialled, out: dialled ? first : second, into: dialled ? second : first })
    if (dialled) channel.write(DESCRIPTION, this.describe(session))
    channel.run()
    return session.until(() => channel.described && session)
  }
  async dial(connect: (first: Buffer) => Promise<Pipe>): Promise<Session> {
    const noise = noiseOf(true, { e: x25519.utils.randomSecretKey() })
    const pipe = await connect(noise.write('e', encode({ versions: [2], network: 'lotus', suites: ['ChaChaPoly'] })))
    let frame = await pipe.next()
    if (frame[0] === 2) {
      const asked = tagged('retry', frame.subarray(1, 17), x25519.getPublicKey(noise.mine.e!))
      const nonce = work(frame[17]!, (nonce) => sha256(asked, nonce))
      pipe.send(join(Buffer.of(3), nonce))
      frame = await pipe.next()
    }
    must(frame[0] === 1, frame[0] === 0 ? decode(frame.subarray(1)).code : undefined)
    const hello = readHello(noise.read('e ee s es', frame), noise.theirs.s!)
    const { publicKey, work: asked } = hello
    if (!asked || this.proof) return this.open(noise, pipe, hello, true)
    const prefix = sha256(tagged('work', publicKey, asked.salt, uint(asked.day, 4)))
    this.proof = [asked.day, work(asked.bits, (nonce) => sha256(prefix, this.key, nonce))]
    pipe.close()
    return this.dial(connect)
  }
  connect = (url: string) =>
    this.dial(async (first) => {
      const socket = new WebSocket(url, [`lotus-p2p.2.${first.toString('base64url')}`], { perMessageDeflate: false })
      const pipe = pipeOf(socket)
      await once(socket, 'open')
      return pipe
    })
  async answer(pipe: Pipe, first: Buffer): Promise<Session> {
    const noise = noiseOf(false, { e: x25519.utils.randomSecretKey() })
    const { versions, suites, network } = decode(noise.read('e', first))
    must(versions.includes(2) && suites.includes('ChaChaPoly') && network === 'lotus', 'UNSUPPORTED_VERSION')
    const second = this.hello(noise, Date.now(), { now: Date.now() })
    pipe.send(noise.write('e ee s es', second))
    const hello = readHello(noise.read('s se', await pipe.next()), noise.theirs.s!, Date.now())
    return this.open(noise, pipe, hello, false)
  }
  async listen(): Promise<string> {
    const handleProtocols = (offers: Set<string>) => [...offers].find((offer) => offer.startsWith('lotus-p2p.2.')) ?? false
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols })
    server.on('connection', (socket) => this.answer(pipeOf(socket), Buffer.from(socket.protocol.slice(12), 'base64url')))
    this.server = server
    await once(server, 'listening')
    return `ws://127.0.0.1:${(server.address() as Wire).port}`
  }
  // R. Circuits, at both ends
  circuit(relay: Session, { circuit, window, frameBytes }: Wire): Pipe {
    const say = (type: string, ...rest: unknown[]) => relay.send(type, [circuit, ...rest], 'lotus/circuit-hop')
    let [flying, eaten, last] = [0, 0, Promise.resolve<unknown>(0)]
    const push = async (frame: Buffer) => {
      await relay.until(() => flying + frame.length + 128 <= window)
      flying += frame.length + 128
      await say('data', frame)
    }
    const send = (frame: Buffer) => (last = last.then(() => push(frame)))
    const close = () => last.then(() => (relay.circuits.delete(circuit) ? say('close') : ''))
    const pipe = pipeOf(new EventEmitter(), { send, close, rank: 1, max: frameBytes - 16 })
    relay.circuits.set(circuit, (type, value) => {
      if (type === 'ack') flying -= value
      if (type === 'close') pipe.emit(type)
      if (type !== 'data') return
      pipe.emit('message', value)
      eaten += value.length + 128
      if (eaten * 4 < window) return
      say('ack', eaten)
      eaten = 0
    })
    return pipe
  }
  onCircuit(relay: Session, type: string, payload: Wire) {
    if (type === 'incoming') this.answer(this.circuit(relay, payload), payload.frame)
    else if (relay.circuits.has(payload[0])) relay.circuits.get(payload[0])!(type, payload[1])
    else if (type !== 'close') relay.send('close', [payload[0], 'CONNECTION_LOST'], 'lotus/circuit-hop')
  }
  call = (relay: Session, target: string) =>
    this.dial(async (frame) => (await relay.request('open', { target, frame }, 'lotus/circuit-hop')).pipe)
}
