import { createHash } from 'node:crypto'
import { joined } from '../../../src/base/bytes.js'
import { isP2PError } from '../../../src/base/errors.js'
import { type NoiseChannel, NoiseXX } from '../../../src/channel/noise.js'
import { verify } from '../../../src/identity/ed25519.js'
import { taggedBytes } from '../../../src/identity/envelope.js'
import { assertPeerName, encodePeerId } from '../../../src/identity/peer-id.js'
import { decode, encode } from '../../../src/message/codec.js'
import type { Pipe } from '../../../src/node/conform/pipe.js'
import {
  type Anything,
  certified,
  closeEntry,
  DAY_MS,
  entriesOf,
  entry,
  Frame,
  fragments,
  Kind,
  random,
  readUint,
  refusedEntry,
  SUITE,
  utf8,
  workBlock,
  zeroBits,
} from '../../../src/node/conform/wire.js'
import type { ModelPeer } from './model-peer.js'
import type { ModelSession } from './model-session.js'

const SKEW_MS = 300_000
const WEEK_MS = 604_800_000
const SPLITTABLE = [Kind.MESSAGE, Kind.SIGNED_MESSAGE, Kind.DESCRIPTION] as number[]
const NO_PROTOCOL = ''

/** What ends a handshake or a channel. */
export class Violation extends Error {
  constructor(
    readonly code: string,
    readonly inClear = false,
  ) {
    super(code)
  }
}

export const isText = (value: unknown, max: number, min = 1): value is string =>
  typeof value === 'string' && value.length >= min && value.length <= max
const isBytes = (value: unknown, length: number): value is Uint8Array => value instanceof Uint8Array && value.length === length

function orRandom(make: () => Uint8Array): Uint8Array {
  try {
    return make()
  } catch {
    return random(300)
  }
}

const CONTROL: ReadonlySet<number> = new Set([Kind.ACK, Kind.REFUSED, Kind.SEQUENCE, Kind.SWITCH])

/** The responder's end of one channel, by the document, but for the fault of its peer. */
export class ModelChannel {
  session: ModelSession | undefined
  remoteKey!: Uint8Array
  remoteId = ''
  /** The id that alone is taken here. */
  expected: string | undefined
  description: Anything
  /** The other end has said CLOSE, or this one has. */
  over = false
  /** When the description was accepted, milliseconds since the Unix epoch. */
  connectedAt = 0
  /** The count of the other end's last SWITCH here; undefined where it has not said one. */
  switched: number | undefined
  /** The next number of each stream of the other end, on this path. */
  readonly sequences = new Map<number, number>()
  /** Streams that were refused here. */
  readonly refusing = new Set<number>()
  private stage: 'first' | 'work' | 'third' | 'open' = 'first'
  private readonly noiseXX: NoiseXX
  private noise: NoiseChannel | undefined
  private challenge: Uint8Array | undefined
  private message1: Uint8Array | undefined
  private parts: Uint8Array[] = []
  private rekeys = 0
  private frames = 0
  private controls = 0
  private chain: Promise<void> = Promise.resolve()
  private readonly timer: ReturnType<typeof setTimeout>

  constructor(
    readonly peer: ModelPeer,
    readonly pipe: Pipe,
  ) {
    this.noiseXX = new NoiseXX({ initiator: false, prologue: utf8(`lotus-p2p/2\0${peer.network}`), staticKeys: peer.self.noise })
    this.timer = setTimeout(() => this.breaks('H-5') || this.fail(new Violation('HANDSHAKE_TIMEOUT')), peer.handshakeMs)
    pipe.read((frame) => {
      this.chain = this.chain.then(() => this.onFrame(frame)).catch((error) => this.fail(error))
    })
    pipe.onEnd(() => {
      clearTimeout(this.timer)
      this.session?.lost(this)
    })
  }

  breaks(fault: string): boolean {
    return this.peer.breaks(fault)
  }

  write(...entries: Uint8Array[]): void {
    if (this.noise !== undefined && !this.pipe.ended) this.pipe.send(this.noise.send.encrypt(joined(...entries)))
  }

  writeLong(kind: number, body: Uint8Array): void {
    if (body.length < 60_000) this.write(entry(kind, body))
    else for (const part of fragments(kind, body)) this.write(part)
  }

  close(code: string): void {
    if (this.over) return
    this.over = true
    this.write(closeEntry(code))
    if (this.breaks('C-13')) this.write(entry(Kind.PADDING))
    this.pipe.end()
  }

  private fail(error: unknown): void {
    if (!(error instanceof Violation) && !isP2PError(error)) this.peer.stumbled(error)
    const code = error instanceof Violation || isP2PError(error) ? error.code : 'PROTOCOL_VIOLATION'
    const inClear = error instanceof Violation && error.inClear
    if (this.noise !== undefined && !inClear) {
      this.close(code)
      return
    }
    this.pipe.send(joined(Uint8Array.of(Frame.REFUSAL), encode({ code })))
    this.over = true
    this.pipe.end()
  }

  private async onFrame(frame: Uint8Array): Promise<void> {
    if (this.over) return
    if (frame.length === 0 && this.breaks('F-1')) return
    if (this.stage !== 'open' && frame[0] === Frame.REFUSAL) {
      if (this.breaks('H-24')) return
      if (this.breaks('H-26')) this.pipe.send(frame)
      this.over = true
      this.pipe.end()
      return
    }
    if (this.stage === 'first') return this.onFirst(frame)
    if (this.stage === 'work') return this.onWork(frame)
    if (this.stage === 'third') return this.onThird(frame)
    return this.onPlaintext(frame)
  }

  private async onFirst(frame: Uint8Array): Promise<void> {
    if (frame[0] !== Frame.NOISE) throw new Violation(this.breaks('H-1') ? 'HANDSHAKE_FAILED' : 'PROTOCOL_VIOLATION')
    const payload = this.noiseXX.readMessage(frame.subarray(1))
    if (payload.length > 8_192 && !this.breaks('H-2')) throw new Violation('LIMIT_EXCEEDED')
    const offer = decode(payload) as Anything
    const versions = Array.isArray(offer?.versions) && offer.versions.length > 0 ? offer.versions : undefined
    if (!versions?.every((version: unknown) => Number.isSafeInteger(version) || this.breaks('E-8')))
      throw new Violation('HANDSHAKE_FAILED')
    const suites = Array.isArray(offer.suites) ? offer.suites : []
    const speaks = versions.includes(2) && suites.includes(SUITE)
    // With a key of small order this throws.
    const isRefused = !speaks || offer.network !== this.peer.network
    if (isRefused && this.breaks('H-6/late')) this.noiseXX.writeMessage(new Uint8Array())
    if (!speaks && !this.breaks('H-6/version')) throw new Violation('UNSUPPORTED_VERSION')
    if (offer.network !== this.peer.network && !this.breaks('H-6/network')) throw new Violation('WRONG_NETWORK')
    this.message1 = frame.slice(1, 33)
    const { retryBits } = this.peer
    if (retryBits !== undefined) {
      this.challenge = this.breaks('H-20/challenge') ? new Uint8Array(16) : random(16)
      const bits = this.breaks('H-18') ? 21 : retryBits
      this.stage = 'work'
      this.pipe.send(joined(Uint8Array.of(Frame.RETRY), this.challenge, Uint8Array.of(bits)))
      return
    }
    await this.answer(offer)
  }

  private async onWork(frame: Uint8Array): Promise<void> {
    if (frame[0] !== Frame.WORK || frame.length !== 9) throw new Violation('PROTOCOL_VIOLATION')
    const hashed = taggedBytes('retry', this.peer.network, this.challenge!, this.message1!, frame.subarray(1))
    const bits = zeroBits(createHash('sha256').update(hashed).digest())
    if (bits < this.peer.retryBits! && !this.breaks('H-20')) throw new Violation('HANDSHAKE_FAILED')
    await this.answer({ versions: [2], suites: [SUITE] })
  }

  private async answer(offer: Anything): Promise<void> {
    const { peer } = this
    const now = Date.now()
    const days = this.breaks('H-10/own') ? 8 : 2
    const hello: Anything = {
      version: this.breaks('H-7/first') ? offer.versions[0] : 2,
      publicKey: peer.self.publicKey,
      certificate: await peer.self.certificate(peer.network, now - DAY_MS, now + (days - 1) * DAY_MS),
      session: this.breaks('H-9') ? random(16) : peer.self.session,
      suite: SUITE,
      now,
    }
    if (this.breaks('H-8')) hello.agent = 'model/1'
    if (peer.bits > 0) hello.work = await peer.work(this.breaks('H-21/day') ? 1 : 0)
    this.stage = 'third'
    const message = () => this.noiseXX.writeMessage(encode(hello))
    this.pipe.send(joined(Uint8Array.of(Frame.NOISE), this.breaks('H-3') ? orRandom(message) : message()))
  }

  private async onThird(frame: Uint8Array): Promise<void> {
    const { peer } = this
    if (frame[0] !== Frame.NOISE) throw new Violation(this.breaks('H-1/third') ? 'HANDSHAKE_FAILED' : 'PROTOCOL_VIOLATION')
    let payload: Uint8Array
    try {
      payload = this.noiseXX.readMessage(frame.subarray(1))
    } catch {
      throw new Violation(this.breaks('H-4') ? 'CONNECTION_CLOSED' : 'DECRYPT_FAILED', true)
    }
    const channelKey = this.noiseXX.remoteStatic!.slice()
    const hello = decode(payload) as Anything
    const noise = this.noiseXX.split(this.breaks('C-1') ? undefined : SUITE)
    const { publicKey, certificate } = hello
    if (!isBytes(publicKey, 32) || !Array.isArray(certificate) || !isBytes(hello.session, 16)) {
      if (!this.breaks('H-16/clear')) throw new Violation('HANDSHAKE_FAILED', true)
      this.noise = noise
      throw new Violation('HANDSHAKE_FAILED')
    }
    this.noise = this.breaks('H-16') ? undefined : noise
    if ((hello.version !== 2 || hello.suite !== SUITE) && !this.breaks('H-7')) throw new Violation('UNSUPPORTED_VERSION')
    const [notBefore, notAfter, signature] = certificate
    const judge = async () => {
      const signed = certified(peer.network, channelKey, notBefore, notAfter)
      if (!this.breaks('H-10') && !(notAfter > notBefore && notAfter - notBefore <= WEEK_MS))
        throw new Violation('INVALID_SIGNATURE')
      const holds = await verify(signature, taggedBytes('channel', peer.network, signed.subarray(signed.length - 48)), publicKey)
      if (!holds && !this.breaks('I-2')) throw new Violation('INVALID_SIGNATURE')
    }
    if (this.breaks('H-15')) await judge()
    if (peer.bits > 0) await this.checkProof(publicKey, hello.proof)
    await judge()
    const skew = this.breaks('H-12/strict') ? 0 : SKEW_MS
    const inTime = Date.now() >= notBefore - skew && Date.now() <= notAfter + skew
    if (!inTime && !this.breaks('H-12')) throw new Violation('CLOCK_SKEW')
    this.noise = noise
    this.stage = 'open'
    this.remoteKey = publicKey.slice()
    this.remoteId = encodePeerId(publicKey)
    if (this.expected !== undefined && this.expected !== this.remoteId) throw new Violation('WRONG_PEER')
    this.session = peer.sessionWith(this, Buffer.from(hello.session).toString('hex'))
    if (this.breaks('C-9/early')) this.sayReady()
    if (this.breaks('C-12')) peer.admit(this)
  }

  private sayReady(): void {
    const description = entry(Kind.DESCRIPTION, encode(this.peer.describe(this)))
    if (this.breaks('C-9/order')) this.write(description, entry(Kind.READY))
    else if (this.breaks('C-9/frames')) {
      this.write(entry(Kind.READY))
      this.write(description)
    } else this.write(entry(Kind.READY), description)
  }

  private async checkProof(publicKey: Uint8Array, proof: Anything): Promise<void> {
    const { peer } = this
    if (this.breaks('H-22')) return
    if (!Array.isArray(proof)) throw new Violation('PROOF_OF_WORK_REQUIRED')
    const today = Math.floor(Date.now() / DAY_MS)
    const [day, nonce] = proof
    const { salt } = await peer.work(today - day)
    const hash = (of: number) =>
      createHash('sha256')
        .update(workBlock(peer.network, peer.self.publicKey, salt, of, publicKey))
        .update(nonce)
        .digest()
    if (this.breaks('H-21') && day < today - 1) return
    if (day > today || day < today - 1 || zeroBits(hash(day)) < peer.bits) throw new Violation('PROOF_OF_WORK_REQUIRED')
  }

  private async onPlaintext(frame: Uint8Array): Promise<void> {
    let plaintext: Uint8Array
    try {
      plaintext = this.noise!.receive.decrypt(frame)
    } catch {
      if (this.breaks('C-2')) return
      throw new Violation('DECRYPT_FAILED')
    }
    this.frames++
    const entries = entriesOf(plaintext)
    if (entries === undefined) {
      if (this.breaks('C-4/cut')) return
      throw new Violation('PROTOCOL_VIOLATION')
    }
    for (const { kind, body } of entries) {
      if (this.over && !this.breaks('C-13/late')) return
      await this.onEntry(kind, body, entries.length)
    }
  }

  private async onEntry(kind: number, body: Uint8Array, inFrame: number): Promise<void> {
    if (kind >= Kind.PADDING) {
      if (this.breaks('C-5') && kind > Kind.PADDING) throw new Violation('PROTOCOL_VIOLATION')
      return
    }
    if (kind === Kind.FRAGMENT || kind === Kind.LAST_FRAGMENT) return this.onFragment(kind, body)
    if (kind === Kind.CLOSE) return this.onClose()
    if (this.description === undefined && kind !== Kind.DESCRIPTION) {
      if (this.breaks('C-10')) return
      throw new Violation('PROTOCOL_VIOLATION')
    }
    if (kind === Kind.DESCRIPTION) return this.onDescription(body)
    if (kind === Kind.READY) {
      if (this.breaks('C-9')) return
      throw new Violation('PROTOCOL_VIOLATION')
    }
    if (kind === Kind.REKEY) return this.onRekey(body, inFrame)
    const malformed = () => {
      if (!this.breaks('C-4')) throw new Violation('PROTOCOL_VIOLATION')
    }
    const session = this.session!
    if (CONTROL.has(kind) && ++this.controls > 6_000 && !this.breaks('S-38')) throw new Violation('RATE_LIMITED')
    if (kind === Kind.SWITCH) return body.length === 4 ? session.onSwitch(this, readUint(body)) : malformed()
    if (kind === Kind.ACK) {
      const fits = body.length > 0 && body.length % 7 === 0 && body.length <= 128 * 7
      if (fits) return session.onAck(body)
      if (this.breaks('S-33')) return
      throw new Violation('PROTOCOL_VIOLATION')
    }
    if (kind === Kind.REFUSED) return body.length >= 11 ? session.onRefused(body) : malformed()
    if (kind === Kind.SEQUENCE) return body.length >= 13 ? this.onSequence(body) : malformed()
    if (kind === Kind.MESSAGE || kind === Kind.SIGNED_MESSAGE) {
      const head = kind === Kind.MESSAGE ? 1 : 65
      return body.length > head
        ? this.onMessage(body[0]!, body.subarray(head), kind === 2 ? body.slice(1, 65) : undefined)
        : malformed()
    }
    return malformed()
  }

  private async onFragment(kind: number, body: Uint8Array): Promise<void> {
    if (body.length === 0 && !this.breaks('C-7')) throw new Violation('PROTOCOL_VIOLATION')
    this.parts.push(body)
    const whole = this.parts.reduce((sum, part) => sum + part.length, 0)
    if (whole > 1_048_642 && !this.breaks('C-8')) throw new Violation('LIMIT_EXCEEDED')
    if (!SPLITTABLE.includes(this.parts[0]![0]!) && !this.breaks('C-6')) throw new Violation('PROTOCOL_VIOLATION')
    if (kind === Kind.FRAGMENT) return
    const entire = joined(...this.parts.splice(0))
    if (entire.length > 1_048_642 || entire.length < 3 || !SPLITTABLE.includes(entire[0]!)) return
    await this.onEntry(entire[0]!, entire.slice(1), 1)
  }

  private onClose(): void {
    if (!this.breaks('C-14')) this.session?.acknowledge(this)
    if (this.breaks('C-13/late')) return
    this.over = true
    if (!this.breaks('C-14/stays')) this.pipe.end()
  }

  private onDescription(body: Uint8Array): void {
    if (this.description !== undefined) {
      if (this.breaks('C-9/twice')) return
      throw new Violation('PROTOCOL_VIOLATION')
    }
    const told = decode(body) as Anything
    const { agent, name, protocols, addresses, streams, metadata } = told
    const fits =
      body.length <= 16_384 &&
      isText(agent, 64) &&
      Array.isArray(protocols) &&
      protocols.length <= 128 &&
      Array.isArray(addresses) &&
      addresses.length <= 16 &&
      isBytes(streams, 8) &&
      (metadata === undefined || encode(metadata).length <= 2_048)
    if (!fits && !this.breaks('C-11')) throw new Violation('MALFORMED_DATA')
    if (name !== undefined && !this.breaks('I-4')) assertPeerName(name)
    const pinned = name === undefined ? undefined : this.peer.pins.get(name)
    if (name !== undefined) this.peer.pins.set(name, pinned ?? this.remoteId)
    const pins = (this.peer.profile === 'peer' && !this.breaks('I-5')) || this.breaks('I-6')
    if (pins && pinned !== undefined && pinned !== this.remoteId) throw new Violation('NAME_TAKEN')
    this.description = { ...told, protocols: fits ? protocols : [] }
    clearTimeout(this.timer)
    this.connectedAt = Date.now()
    if (!this.breaks('C-9/early')) this.sayReady()
    this.session!.described(this, streams)
    if (this.breaks('C-12/late')) setTimeout(() => this.peer.admit(this), 300)
    else this.peer.admit(this)
  }

  private onRekey(body: Uint8Array, inFrame: number): void {
    if (body.length > 0 && !this.breaks('C-4')) throw new Violation('PROTOCOL_VIOLATION')
    if (inFrame > 1) {
      if (this.breaks('C-15')) return
      throw new Violation('PROTOCOL_VIOLATION')
    }
    this.rekeys++
    if (this.rekeys > 4 + Math.max(64, this.frames) / 16 && !this.breaks('C-16')) throw new Violation('PROTOCOL_VIOLATION')
    this.noise!.receive.rekey()
  }

  private onSequence(body: Uint8Array): void {
    const stream = body[0]!
    const [number, givenUp] = [readUint(body.subarray(1, 7)), readUint(body.subarray(7, 13))]
    let protocol: string
    try {
      protocol = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body.subarray(13))
    } catch {
      if (this.breaks('S-12')) return
      throw new Violation('PROTOCOL_VIOLATION')
    }
    const cannotBe = number === 0 || protocol.length > 128 || (stream === 0 && protocol !== NO_PROTOCOL)
    if (cannotBe && !this.breaks('S-12')) throw new Violation('PROTOCOL_VIOLATION')
    if (cannotBe) return
    if (stream > 127 && !this.breaks('S-4/high')) throw new Violation('PROTOCOL_VIOLATION')
    if (this.switched === undefined && !this.breaks('S-8')) throw new Violation('PROTOCOL_VIOLATION')
    this.refusing.delete(stream)
    this.sequences.set(stream, number)
    this.session!.begins(stream, number, givenUp, protocol)
  }

  private async onMessage(stream: number, bytes: Uint8Array, signature: Uint8Array | undefined): Promise<void> {
    if (stream > 127 && !this.breaks('S-4/high')) throw new Violation('PROTOCOL_VIOLATION')
    const session = this.session!
    if (this.refusing.has(stream)) return
    const number = this.sequences.get(stream)
    if (number === undefined) {
      if (this.breaks('S-8') || stream > 127) return
      throw new Violation('PROTOCOL_VIOLATION')
    }
    if (number >= 2 ** 48 && !this.breaks('S-11')) throw new Violation('PROTOCOL_VIOLATION')
    this.sequences.set(stream, number + 1)
    if (session.has(stream, number) && !this.breaks('S-9')) return
    const parts = this.peer.readMessage(bytes, signature !== undefined)
    const protocol = session.incoming.get(stream)?.protocol
    if (stream > 0 && (parts.protocol ?? '') !== protocol && !this.breaks('S-6') && parts.checks)
      throw new Violation('PROTOCOL_VIOLATION')
    const pauseMs = session.over(parts.protocol)
    if (pauseMs > 0) {
      this.refusing.add(stream)
      this.sequences.delete(stream)
      if (this.breaks('S-21')) throw new Violation('RATE_LIMITED')
      this.write(refusedEntry(stream, this.breaks('S-21/number') ? number + 3 : number, pauseMs, 'heartbeat'))
      return
    }
    session.received(this, stream, number)
    await this.peer.take(this, parts, bytes, signature)
  }
}
