import * as nodeCrypto from 'node:crypto'
import { Inbox, type Pipe, Refused } from './pipes.js'
import {
  CLOSE,
  DESCRIPTION,
  FRAGMENT,
  LAST_FRAGMENT,
  MESSAGE,
  READY,
  REKEY,
  type Received,
  Session,
  SIGNED_MESSAGE,
} from './session.js'
import {
  type Anything,
  block,
  type Cipher,
  check,
  Fault,
  join,
  keyOf,
  Noise,
  pack,
  pairOf,
  peerIdOf,
  sign,
  tagged,
  u,
  unpack,
  verify,
  work,
} from './wire.js'

// A callable peer of version 2 of the protocol, written from docs/wire-protocol.md and docs/wire/protocols.md alone.

/** One channel, from message 3 on. */
export class Path {
  described = false
  ready = false
  /** Of the peer: the changes of its last SWITCH here; the next number of each of its streams here. */
  switched = -1
  readonly expected = new Map<number, number>()
  /** Streams that were refused here, until their next SEQUENCE. */
  readonly dropping = new Set<number>()
  readonly openedAt = Date.now()
  readonly done: Promise<Session>
  private resolve!: (session: Session) => void
  private reject!: (error: unknown) => void
  private pending: Buffer[] = []
  private parts: Buffer[] = []
  private closing = false
  constructor(
    readonly peer: Peer,
    readonly session: Session,
    readonly pipe: Pipe,
    readonly dialled: boolean,
    private readonly ciphers: { send: Cipher; receive: Cipher },
  ) {
    this.done = new Promise((resolve, reject) => Object.assign(this, { resolve, reject }))
    this.done.catch(() => undefined)
    if (dialled) this.describe()
    void this.run()
  }
  private describe() {
    const { protocols, requireSignatures } = this.peer
    const told = { agent: 'independent/2', protocols, addresses: [], streams: this.session.streams, requireSignatures }
    this.write(DESCRIPTION, pack(told))
    this.flush()
  }
  /** C.2 and C.3: entries are collected until the end of this turn. */
  write(kind: number, ...body: Uint8Array[]) {
    if (this.closing) return
    const whole = join(...body)
    const most = this.pipe.largest - 16
    if (3 + whole.length <= most) return this.put(join(Buffer.of(kind), u(2, whole.length), whole), most)
    let rest = join(Buffer.of(kind), whole)
    while (rest.length > 0) {
      const part = rest.subarray(0, most - 3)
      rest = rest.subarray(part.length)
      this.put(join(Buffer.of(rest.length > 0 ? FRAGMENT : LAST_FRAGMENT), u(2, part.length), part), most)
    }
  }
  private put(entry: Buffer, most: number) {
    if (join(...this.pending).length + entry.length > most) this.flush()
    if (this.pending.push(entry) === 1) queueMicrotask(() => this.flush())
  }
  flush() {
    const plaintext = join(...this.pending.splice(0))
    if (plaintext.length > 0) this.pipe.send(this.ciphers.send.seal(plaintext))
  }
  /** For tests: any plaintext at all. */
  raw(plaintext: Buffer) {
    this.flush()
    this.pipe.send(this.ciphers.send.seal(plaintext))
  }
  rekey() {
    this.flush()
    this.write(REKEY)
    this.flush()
    this.ciphers.send.rekey()
  }
  private async run() {
    try {
      for (;;) this.frame(await this.pipe.frames.next())
    } catch (error) {
      if (!(error instanceof Fault)) this.peer.errors.push(error)
      this.close(error instanceof Fault ? error.code : 'HANDLER_FAILED', error instanceof Refused)
      this.reject(error)
    }
  }
  private frame(frame: Buffer) {
    let plaintext: Buffer
    try {
      plaintext = this.ciphers.receive.open(frame)
    } catch (error) {
      if (!this.ready && this.dialled && frame[0] === 0) throw new Refused(unpack(frame.subarray(1)).code) // [H-17]
      throw error
    }
    if (this.closing && !this.described) return // refused already
    for (let at = 0; at < plaintext.length; ) {
      check(at + 3 <= plaintext.length, 'PROTOCOL_VIOLATION')
      const [kind, end] = [plaintext[at]!, at + 3 + plaintext.readUInt16BE(at + 1)]
      check(end <= plaintext.length, 'PROTOCOL_VIOLATION')
      check(kind !== REKEY || plaintext.length === 3, 'PROTOCOL_VIOLATION')
      this.entry(kind, plaintext.subarray(at + 3, end))
      at = end
    }
    this.session.acknowledge()
  }
  private entry(kind: number, body: Buffer): void {
    if (kind === FRAGMENT || kind === LAST_FRAGMENT) {
      this.parts.push(body)
      const whole = join(...this.parts)
      const splits = [MESSAGE, SIGNED_MESSAGE, DESCRIPTION].includes(whole[0]!)
      check(body.length > 0 && splits, 'PROTOCOL_VIOLATION')
      check(whole.length <= 1_048_642, 'LIMIT_EXCEEDED')
      if (kind === FRAGMENT) return
      this.parts = []
      this.entry(whole[0]!, whole.subarray(1))
    } else if (kind === CLOSE) {
      this.session.acknowledge()
      this.flush()
      throw new Refused(unpack(body).code)
    } else if (kind === READY && this.dialled && !this.ready) this.ready = true
    else if (kind === DESCRIPTION && !this.described && this.ready === this.dialled) this.open(unpack(body))
    else if (kind < 0x80) {
      check(this.described, 'PROTOCOL_VIOLATION') // [C-10]
      if (kind === REKEY) this.ciphers.receive.rekey()
      else this.session.entry(this, kind, body)
    }
  }
  private open(told: Anything) {
    check(told?.streams?.length === 8 && Array.isArray(told.protocols) && typeof told.agent === 'string', 'MALFORMED_DATA')
    this.described = true
    if (!this.dialled) {
      this.write(READY)
      this.describe()
    }
    this.session.add(this, told)
    this.resolve(this.session)
  }
  close(code: string, silently = false) {
    if (this.closing) return
    if (!silently) this.write(CLOSE, pack({ code }))
    this.flush()
    this.closing = true
    this.session.remove(this, code)
    setTimeout(() => this.pipe.close(), silently ? 0 : 1000) // closeGraceMs
  }
}

const OFFER = { versions: [2], network: 'lotus', suites: ['ChaChaPoly'] }

export class Peer {
  readonly identity = pairOf('Ed25519')
  readonly publicKey = this.identity.publicKey
  readonly peerId = peerIdOf(this.publicKey)
  readonly session = nodeCrypto.randomBytes(16)
  readonly sessions = new Map<string, Session>()
  readonly received = new Inbox<Received>()
  readonly topics = new Inbox<{ topic: string; payload: Anything; publisher: string }>()
  readonly errors: unknown[] = []
  readonly worked = { retry: 0, proof: 0 }
  /** For tests: say nothing but what the paths need. */
  silent = false
  /** For tests: the pause for which a message is refused. */
  refuse = (_protocol: string, _number: number) => 0
  private readonly run = nodeCrypto.randomBytes(16)
  private published = 0
  private readonly dialling = new Map<string, Promise<Session>>()
  private readonly proofs = new Map<string, [day: number, nonce: Buffer]>()
  private channel: { s: ReturnType<typeof pairOf>; certificate: [number, number, Buffer] } | undefined
  constructor(
    readonly protocols: string[],
    readonly requireSignatures?: true,
  ) {}
  sign(tag: string, payload: Uint8Array) {
    return sign(this.identity, tagged(tag, payload))
  }
  /** [H-11], [H-27]: a channel key whose certificate holds at this date. */
  private credentials(date: number) {
    if (this.channel !== undefined && this.channel.certificate[0] <= date && date < this.channel.certificate[1])
      return this.channel
    const s = pairOf('X25519')
    const [from, to] = [date - 3_600_000, date - 3_600_000 + 604_800_000]
    this.channel = { s, certificate: [from, to, this.sign('channel', join(s.publicKey, u(8, from), u(8, to)))] }
    return this.channel
  }
  private hello(certificate: unknown, more: object) {
    const hello = { version: 2, suite: 'ChaChaPoly', publicKey: this.publicKey, session: this.session, certificate, ...more }
    const pad = (512 - ((pack(hello).length + 6) % 256)) % 256
    return pack({ ...hello, pad: Buffer.alloc(pad) })
  }
  private judge(hello: Anything, noise: Noise, dates: [date: number, tolerance: number][]) {
    const { version, suite, publicKey, session, certificate } = hello ?? {}
    check(publicKey?.length === 32 && session?.length === 16 && certificate?.length === 3, 'HANDSHAKE_FAILED')
    check(version === 2 && suite === 'ChaChaPoly', 'UNSUPPORTED_VERSION')
    const [from, to, signature] = certificate
    const signed = tagged('channel', join(noise.theirStatic, u(8, from), u(8, to)))
    check(from < to && to <= from + 604_800_000 && verify(signed, publicKey, signature), 'INVALID_SIGNATURE')
    for (const [date, tolerance] of dates) check(from - tolerance <= date && date <= to + tolerance, 'CLOCK_SKEW')
    check(!this.publicKey.equals(publicKey), 'SELF_DIAL')
  }
  private sessionWith({ publicKey, session }: Anything) {
    const known = this.sessions.get(peerIdOf(publicKey))
    return known?.id.equals(session) ? known : new Session(this, publicKey, session)
  }
  dial(open: (first: Buffer) => Promise<Pipe>, expected?: string): Promise<Session> {
    const dialled = this.attempt(open, expected)
    if (expected !== undefined) this.dialling.set(expected, dialled)
    return dialled.finally(() => this.dialling.delete(expected ?? ''))
  }
  private async attempt(open: (first: Buffer) => Promise<Pipe>, expected?: string): Promise<Session> {
    const noise = new Noise(true, this.credentials(Date.now()).s)
    const pipe = await open(noise.write(0, pack(OFFER)))
    try {
      let frame = await pipe.frames.next()
      if (frame[0] === 2) {
        check(frame.length === 18 && frame[17]! <= 20, 'PROTOCOL_VIOLATION')
        this.worked.retry++
        pipe.send(join(Buffer.of(3), work(tagged('retry', join(frame.subarray(1, 17), noise.e.publicKey)), frame[17]!)))
        frame = await pipe.frames.next()
      }
      if (frame[0] === 0) throw new Refused(unpack(frame.subarray(1)).code)
      const hello = unpack(noise.read(1, frame))
      this.judge(hello, noise, [
        [hello.now, 300_000],
        [Date.now(), 86_400_000],
      ])
      check(expected === undefined || keyOf(expected).equals(hello.publicKey), 'WRONG_PEER')
      const session = this.sessionWith(hello)
      check(!session.refuses(hello.session, pipe.rank, true), 'DUPLICATE_CONNECTION')
      const terms = hello.work && `${peerIdOf(hello.publicKey)} ${hello.work.day}`
      const proof = this.proofs.get(terms)
      if (hello.work && proof === undefined) {
        pipe.send(join(Buffer.of(0), pack({ code: 'PROOF_OF_WORK_REQUIRED' })))
        pipe.close()
        const { salt, day, bits } = hello.work
        this.worked.proof++
        this.proofs.set(terms, [day, work(block(hello.publicKey, salt, day, this.publicKey), bits)])
        return this.attempt(open, expected)
      }
      const { s, certificate } = this.credentials(hello.now)
      noise.s = s
      pipe.send(noise.write(2, this.hello(certificate, { proof })))
      return new Path(this, session, pipe, true, noise.split()).done
    } catch (error) {
      if (!(error instanceof Refused))
        pipe.send(join(Buffer.of(0), pack({ code: error instanceof Fault ? error.code : 'HANDSHAKE_FAILED' })))
      pipe.close()
      throw error
    }
  }
  async answer(pipe: Pipe): Promise<void> {
    const { s, certificate } = this.credentials(Date.now())
    const noise = new Noise(false, s)
    try {
      const offer = unpack(noise.read(0, await pipe.frames.next()))
      check(offer?.versions?.includes(2) && offer.suites?.includes('ChaChaPoly'), 'UNSUPPORTED_VERSION')
      check(offer.network === 'lotus', 'WRONG_NETWORK')
      pipe.send(noise.write(1, this.hello(certificate, { now: Date.now() })))
      const hello = unpack(noise.read(2, await pipe.frames.next()))
      this.judge(hello, noise, [[Date.now(), 300_000]])
      const smaller = Buffer.compare(this.publicKey, hello.publicKey) < 0
      if (smaller) await this.dialling.get(peerIdOf(hello.publicKey))?.catch(() => undefined) // [S-27]
      const session = this.sessionWith(hello)
      const path = new Path(this, session, pipe, false, noise.split())
      if (session.refuses(hello.session, pipe.rank, false)) path.close('DUPLICATE_CONNECTION')
    } catch (error) {
      if (!(error instanceof Refused))
        pipe.send(join(Buffer.of(0), pack({ code: error instanceof Fault ? error.code : 'HANDSHAKE_FAILED' })))
      pipe.close()
    }
  }
  /** D.1 */
  record(fields: { key: string; value: unknown; sequence: number; ttl: number }) {
    const payload = pack({ ...fields, publishedAt: Date.now() })
    return [this.publicKey, payload, this.sign('record', payload)]
  }
  /** T.1 */
  topicMessage(topic: string, payload: unknown) {
    const content = pack([topic, this.run, ++this.published, Date.now(), payload])
    return [this.publicKey, content, this.sign('topic', content), 0]
  }
  close() {
    for (const session of [...this.sessions.values()]) session.close()
  }
}
