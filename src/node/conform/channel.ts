import { joined } from '../../base/bytes.js'
import { platformTimer } from '../../base/clock.js'
import type { NoiseChannel } from '../../channel/noise.js'
import { decode, encode } from '../../message/codec.js'
import { Failed } from './outcome.js'
import type { Pipe } from './pipe.js'
import type { Self } from './self.js'
import {
  type Anything,
  ackEntry,
  entriesOf,
  entry,
  Frame,
  fragments,
  freshId,
  HEARTBEAT,
  Kind,
  MAX_PLAINTEXT_BYTES,
  type MessageParts,
  messageBytes,
  readUint,
  sequenceEntry,
  switchEntry,
  tryDecode,
} from './wire.js'

/** An entry that has come, in which frame, and when. */
export interface Seen {
  kind: number
  body: Uint8Array
  /** Frames before it on this channel. */
  frame: number
  at: number
}

/** A message that has come. */
export interface Got {
  type: string
  payload: Anything
  id: string
  protocol: string | undefined
  inReplyTo: string | undefined
  stream: number
  number: number
  bytes: number
  at: number
}

export interface ChannelOptions {
  /** Default true: acknowledge each message at once. */
  acks?: boolean
  /** Default true: answer pings. */
  pongs?: boolean
}

/** A channel of the tester's, after the handshake. What comes is kept; what the other end does wrong is noted, not punished. */
export class Channel {
  readonly entries: Seen[] = []
  readonly messages: Got[] = []
  /** The description of the other end; undefined until it has come. */
  description: Anything
  /** What CLOSE said. */
  close: Anything
  /** The bytes of a frame in the clear that came in place of one of the channel. */
  refusal: Anything
  /** Why what came could not be read. */
  broken: string | undefined
  /** Rules that the other end has broken, by clause. */
  readonly broke = new Map<string, string>()
  /** Told of each message as it comes. */
  readonly onMessage = new Set<(got: Got) => void>()
  private frames = 0
  private parts: Uint8Array[] = []
  private readonly watchers = new Set<() => void>()
  private readonly incoming = new Map<number, { protocol: string | undefined; next: number }>()
  private readonly told = new Set<number>()
  private spoke = false

  constructor(
    readonly pipe: Pipe,
    private readonly noise: NoiseChannel,
    readonly self: Self,
    /** What the other end has proven. */
    readonly remote: Anything,
    readonly waitMs: number,
    private readonly options: ChannelOptions = {},
  ) {
    pipe.read((frame) => this.onFrame(frame))
    pipe.onEnd(() => this.changed())
  }

  get ended(): boolean {
    return this.pipe.ended
  }

  /** Encrypts entries as one frame. */
  write(...entries: Uint8Array[]): void {
    this.pipe.send(this.noise.send.encrypt(joined(...entries)))
  }

  /** The key of our direction changes; REKEY has been written. */
  rekey(): void {
    this.noise.send.rekey()
  }

  describe(more: object = {}): Uint8Array {
    const description = { agent: 'conform/1', protocols: [HEARTBEAT], addresses: [], streams: this.self.streams, ...more }
    return entry(Kind.DESCRIPTION, encode(description))
  }

  /** Says that it speaks here from here on. */
  switchHere(changes = 0): void {
    this.told.clear()
    this.spoke = true
    this.write(switchEntry(changes))
  }

  /** The stream that a protocol has towards the other end (S-5). */
  streamOf(protocol: string | undefined): number {
    const listed: string[] = this.description?.protocols ?? []
    if (protocol !== undefined && !listed.includes(protocol)) return this.numbered(0, undefined)
    for (const [stream, known] of this.self.outgoing) if (stream > 0 && known.protocol === protocol) return stream
    let free = 1
    while (this.self.outgoing.has(free)) free++
    return this.numbered(free, protocol)
  }

  private numbered(stream: number, protocol: string | undefined): number {
    if (!this.self.outgoing.has(stream)) this.self.outgoing.set(stream, { protocol, next: 1, givenUp: 0 })
    return stream
  }

  /** Sends a message in the ordinary way. @returns its id. */
  say(parts: MessageParts): string {
    const id = parts.id ?? freshId()
    const bytes = messageBytes({ ...parts, id })
    this.sayBytes(parts.protocol, bytes)
    return id
  }

  /** Sends a signed message (M.3). */
  async saySigned(parts: MessageParts, network: string, signature?: Uint8Array): Promise<void> {
    const { self, remote } = this
    const bytes = messageBytes({ from: self.publicKey, to: remote.publicKey, ...parts })
    const signed = signature ?? (await self.sign('message', network, bytes))
    this.sayBytes(parts.protocol, joined(signed, bytes), Kind.SIGNED_MESSAGE)
  }

  /** Sends the bytes of a message in the stream of a protocol. */
  sayBytes(protocol: string | undefined, bytes: Uint8Array, kind: number = Kind.MESSAGE): void {
    const body = this.next(protocol, bytes)
    if (body.length + 3 <= MAX_PLAINTEXT_BYTES) this.write(entry(kind, body))
    else for (const part of fragments(kind, body)) this.write(part)
  }

  /** Sends the bytes of a message in parts, with an entry after each. */
  sayParts(protocol: string, bytes: Uint8Array, partBytes: number, between: Uint8Array): void {
    for (const part of fragments(Kind.MESSAGE, this.next(protocol, bytes), partBytes)) this.write(part, between)
  }

  /** Begins a stream anew on this channel with SEQUENCE, at the number that is due or another. */
  begin(stream: number, number?: number): void {
    this.told.add(stream)
    const known = this.self.outgoing.get(stream)!
    known.next = number ?? known.next
    this.write(sequenceEntry(stream, known.next, known.givenUp, known.protocol ?? ''))
  }

  /** The body of the next message of a protocol. Its SEQUENCE is written where that is due. */
  private next(protocol: string | undefined, bytes: Uint8Array): Uint8Array {
    const stream = this.streamOf(protocol)
    if (!this.told.has(stream)) this.begin(stream)
    this.self.outgoing.get(stream)!.next++
    return joined(Uint8Array.of(stream), bytes)
  }

  /** Waits for the answer to a message. @throws Failed where none comes. */
  async answer(id: string, waitMs = this.waitMs): Promise<Got> {
    const got = await this.until(() => this.answerTo(id), waitMs)
    if (got !== undefined) return got
    throw new Failed(`no answer to a request, ${this.state()}`)
  }

  answerTo(id: string): Got | undefined {
    return this.messages.find(({ inReplyTo }) => inReplyTo === id)
  }

  ask(type: string, payload: unknown, protocol: string): Promise<Got> {
    return this.answer(this.say({ type, payload, protocol }))
  }

  ping(): string {
    return this.say({ type: 'ping', payload: null, protocol: HEARTBEAT })
  }

  /** Sees that the other end still takes what comes. @throws Failed. */
  async alive(): Promise<void> {
    const id = this.ping()
    const got = await this.until(() => this.answerTo(id) ?? (this.isOver ? 'over' : undefined))
    if (got === undefined || got === 'over') throw new Failed(`no pong, ${this.state()}`)
  }

  /** Writes frames that the other end must not take, and a ping behind them. @throws Failed where it goes on. */
  async refuses(codes: readonly string[], what: string, ...plaintexts: Uint8Array[]): Promise<string> {
    for (const plaintext of plaintexts) this.write(plaintext)
    return this.isRefused(codes, what)
  }

  /** Sees that the other end ends the channel, if after other work: handlers and signatures take their time. @throws Failed. */
  async isEnded(codes: readonly string[], what: string): Promise<string> {
    if (!(await this.until(() => this.isOver || undefined))) throw new Failed(`${what}: the channel stays open`)
    return this.endedWith(codes, what)
  }

  async isRefused(codes: readonly string[], what: string): Promise<string> {
    const id = this.ping()
    await this.until(() => this.answerTo(id) !== undefined || this.isOver || undefined)
    if (this.answerTo(id) !== undefined) throw new Failed(`${what}: the channel goes on`)
    if (!this.isOver) throw new Failed(`${what}: the channel stays open`)
    return this.endedWith(codes, what)
  }

  private async endedWith(codes: readonly string[], what: string): Promise<string> {
    const code = this.close?.code
    if (codes.length > 0 && code !== undefined && !codes.includes(code)) throw new Failed(`${what}: CLOSE ${code}`)
    if (!(await this.until(() => this.ended || undefined))) throw new Failed(`${what}: CLOSE ${code}, and the connection stays`)
    return code === undefined ? 'the connection ended' : `CLOSE ${code}`
  }

  /** Nothing more is to be said. */
  get isOver(): boolean {
    return this.ended || this.close !== undefined
  }

  state(): string {
    if (this.broken !== undefined) return this.broken
    if (this.close !== undefined) return `CLOSE ${this.close.code}`
    return this.ended ? 'the connection ended' : `within ${this.waitMs} ms`
  }

  /** Looks whenever something has come. @returns undefined where nothing was found in time. */
  until<T>(find: () => T | undefined, waitMs = this.waitMs): Promise<T | undefined> {
    const found = find()
    if (found !== undefined) return Promise.resolve(found)
    return new Promise((resolve) => {
      const done = (value: T | undefined) => {
        clearTimeout(timer)
        this.watchers.delete(look)
        resolve(value)
      }
      const look = () => {
        const value = find()
        if (value !== undefined) done(value)
      }
      const timer = platformTimer(() => done(undefined), waitMs)
      this.watchers.add(look)
    })
  }

  message(matches: (message: Got) => boolean, waitMs?: number): Promise<Got | undefined> {
    return this.until(() => this.messages.find(matches), waitMs)
  }

  entry(kind: number, waitMs?: number): Promise<Seen | undefined> {
    return this.until(() => this.entries.find((seen) => seen.kind === kind), waitMs)
  }

  /** The highest number of a stream that the other end has acknowledged. */
  acknowledged(stream: number): number {
    let highest = 0
    for (const { kind, body } of this.entries) {
      if (kind !== Kind.ACK) continue
      for (let at = 0; at + 7 <= body.length; at += 7) {
        if (body[at] === stream) highest = Math.max(highest, readUint(body.subarray(at + 1, at + 7)))
      }
    }
    return highest
  }

  private onFrame(frame: Uint8Array): void {
    let plaintext: Uint8Array
    try {
      plaintext = this.noise.receive.decrypt(frame)
    } catch {
      if (frame[0] === Frame.REFUSAL && this.entries.length === 0) this.refusal = tryDecode(frame.subarray(1))
      if (this.refusal === undefined) this.broken = 'a frame that does not decrypt'
      this.changed()
      return
    }
    const entries = entriesOf(plaintext)
    if (entries === undefined) this.note('C-4', 'a cut entry')
    try {
      for (const found of entries ?? []) this.onEntry(found.kind, found.body, entries!.length)
    } catch (error) {
      // A target of any form: what it sends must not end the tester.
      this.broken = `what has come cannot be read: ${(error as Error).message}`
    }
    this.frames++
    this.changed()
  }

  private note(clause: string, what: string): void {
    if (!this.broke.has(clause)) this.broke.set(clause, what)
  }

  private onEntry(kind: number, body: Uint8Array, inFrame: number): void {
    const { READY, DESCRIPTION, PADDING, CLOSE, SWITCH, FRAGMENT, LAST_FRAGMENT } = Kind
    if (this.close !== undefined) this.note('C-13', `an entry ${kind.toString(16)} behind CLOSE`)
    this.entries.push({ kind, body, frame: this.frames, at: Date.now() })
    if (kind === FRAGMENT || kind === LAST_FRAGMENT) {
      this.parts.push(body)
      if (kind === FRAGMENT) return
      const whole = joined(...this.parts.splice(0))
      if (![1, 2, 0x16].includes(whole[0]!)) this.note('C-6', `fragments of an entry ${whole[0]!.toString(16)}`)
      this.onEntry(whole[0]!, whole.slice(1), inFrame)
      return
    }
    if (kind >= PADDING) return
    const before = this.entries.slice(0, -1).filter((seen) => seen.kind < PADDING)
    const spoken = before.some((seen) => seen.kind === SWITCH)
    if ([Kind.SEQUENCE, 1, 2].includes(kind) && !spoken) this.note('S-23', `an entry ${kind.toString(16)} before SWITCH`)
    if (kind === DESCRIPTION && this.description !== undefined) this.note('C-9', 'DESCRIPTION twice')
    else if (kind === READY && before.length > 0) this.note('C-9', 'READY is not the first entry')
    if (kind === Kind.REKEY && inFrame > 1) this.note('C-15', 'REKEY is not alone')
    if (kind === DESCRIPTION) this.description = tryDecode(body) ?? {}
    if (kind === CLOSE) this.close = tryDecode(body) ?? {}
    if (kind === Kind.REKEY) this.noise.receive.rekey()
    if (kind === SWITCH) this.incoming.clear()
    if (kind === Kind.SEQUENCE) this.onSequence(body)
    if (kind === 1) this.take(body[0]!, body.slice(1))
    if (kind === 2) this.take(body[0]!, body.slice(65))
  }

  private onSequence(body: Uint8Array): void {
    const stream = body[0]!
    const next = readUint(body.subarray(1, 7))
    const protocol = new TextDecoder().decode(body.subarray(13))
    if (stream > 127) this.note('S-4', `stream ${stream}`)
    const known = this.protocols.get(stream)
    if (known !== undefined && known !== protocol) this.note('S-4', `stream ${stream} was of "${known}", and is of "${protocol}"`)
    this.protocols.set(stream, protocol)
    if (stream === 0 && protocol !== '') this.note('S-5', `stream 0 is of "${protocol}"`)
    if (next === 0) this.note('S-12', 'a SEQUENCE of number 0')
    this.incoming.set(stream, { protocol, next })
    this.firstNumbers.set(stream, Math.min(next, this.firstNumbers.get(stream) ?? next))
  }

  /** The protocol of each stream that comes. */
  readonly protocols = new Map<number, string>()
  /** The lowest number that a SEQUENCE has named. */
  readonly firstNumbers = new Map<number, number>()

  private take(stream: number, bytes: Uint8Array): void {
    const numbers = this.incoming.get(stream)
    if (numbers === undefined) this.note('S-8', `a message of stream ${stream} without SEQUENCE`)
    const number = numbers === undefined ? 0 : numbers.next++
    let array: Anything
    try {
      array = decode(bytes)
    } catch (error) {
      this.note('E-4', `a message that is not in the one form: ${(error as Error).message}`)
      return
    }
    const [, type, from, to, payload, , id, protocol, inReplyTo] = array
    if (from !== null || (to !== null && to !== true && to !== this.self.peerId)) this.note('M-1', `from ${from}, to ${to}`)
    const named = numbers?.protocol
    if (stream > 0 && named !== undefined && (protocol ?? '') !== named)
      this.note('S-6', `a message of "${protocol}" in the stream of "${named}"`)
    const got: Got = {
      type,
      payload,
      id,
      protocol: protocol ?? undefined,
      inReplyTo,
      stream,
      number,
      bytes: bytes.length,
      at: Date.now(),
    }
    this.messages.push(got)
    const { acks = true, pongs = true } = this.options
    if (acks && this.spoke && number > 0) this.write(ackEntry(stream, number))
    if (pongs && this.spoke && type === 'ping' && protocol === HEARTBEAT) {
      this.say({ type: 'pong', payload: null, protocol: HEARTBEAT, inReplyTo: id })
    }
    for (const tell of this.onMessage) tell(got)
  }

  private changed(): void {
    for (const look of [...this.watchers]) look()
  }
}
