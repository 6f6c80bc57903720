import { joined } from '../../base/bytes.js'
import { platformTimer } from '../../base/clock.js'
import type { NoiseKeyPair } from '../../channel/noise.js'
import { NoiseXX } from '../../channel/noise.js'
import { taggedBytes } from '../../identity/envelope.js'
import { decode, encode } from '../../message/codec.js'
import { Channel, type ChannelOptions } from './channel.js'
import { Failed, NotObservable } from './outcome.js'
import { openWebSocket, type Pipe } from './pipe.js'
import { Self } from './self.js'
import {
  type Anything,
  Frame,
  HEARTBEAT,
  HOP,
  NO_BYTES,
  offerBytes,
  STOP,
  SUITE,
  tryDecode,
  utf8,
  workBlock,
  workOn,
} from './wire.js'

export interface TargetOptions {
  /** `ws://…` or `wss://…`: of the target, or of the relay that leads to it. */
  address: string
  network: string
  /** How long an answer may take, milliseconds. */
  waitMs: number
  /** How long a handshake may take by the target's rules, milliseconds. */
  handshakeMs: number
  /** The longest that the tester works for a proof: bits. */
  maxBits: number
}

export interface AttemptOptions {
  self?: Self
  /** The payload of message 1. */
  offer?: Uint8Array
  ephemeralKeys?: NoiseKeyPair
  /** False: the first frame follows the upgrade. */
  inUpgrade?: boolean
}

export interface DialOptions extends AttemptOptions, ChannelOptions {
  /** What DESCRIPTION says beside the usual. */
  description?: object
  /** False: without DESCRIPTION behind message 3. */
  describes?: boolean
  /** False: without SWITCH. */
  speak?: boolean
  /** Changes the payload of message 3. */
  hello?: (hello: Anything) => Anything
}

/** One handshake with the target, as the initiator. */
export class Attempt {
  readonly noise: NoiseXX
  /** Frames that have come. */
  readonly frames: Uint8Array[] = []
  pipe!: Pipe
  /** Payload 2, decoded. */
  hello: Anything
  /** RETRY frames that have come. */
  readonly retries: Uint8Array[] = []
  private taken = 0
  private readonly watchers = new Set<() => void>()

  constructor(
    readonly bench: Bench,
    readonly self: Self,
    private readonly options: AttemptOptions,
  ) {
    const prologue = utf8(`lotus-p2p/2\0${bench.options.network}`)
    const keys = options.ephemeralKeys
    this.noise = new NoiseXX({ initiator: true, prologue, staticKeys: self.noise, ...(keys && { ephemeralKeys: keys }) })
  }

  private ephemeral = NO_BYTES

  /** Makes message 1. */
  firstFrame(): Uint8Array {
    const message = this.noise.writeMessage(this.options.offer ?? offerBytes(this.bench.options.network))
    this.ephemeral = message.slice(0, 32)
    return joined(Uint8Array.of(Frame.NOISE), message)
  }

  /** Sends message 1. */
  async begin(): Promise<this> {
    const first = this.firstFrame()
    const inUpgrade = this.options.inUpgrade !== false
    this.use(await this.bench.open(inUpgrade ? first : undefined))
    if (!inUpgrade) this.pipe.send(first)
    return this
  }

  async beginWith(frame: Uint8Array): Promise<this> {
    this.use(await this.bench.open(frame))
    return this
  }

  /** Reads what comes by a pipe, which carries message 1. */
  use(pipe: Pipe): void {
    this.pipe = pipe
    this.pipe.read((frame) => {
      this.frames.push(frame)
      for (const look of [...this.watchers]) look()
    })
    this.pipe.onEnd(() => {
      for (const look of [...this.watchers]) look()
    })
  }

  /** The next frame; undefined where the connection ends or the time is over first. */
  next(waitMs = this.bench.options.waitMs): Promise<Uint8Array | undefined> {
    return new Promise((resolve) => {
      const done = (frame: Uint8Array | undefined) => {
        clearTimeout(timer)
        this.watchers.delete(look)
        resolve(frame)
      }
      const look = () => {
        if (this.frames.length > this.taken) done(this.frames[this.taken++])
        else if (this.pipe.ended) done(undefined)
      }
      const timer = platformTimer(() => done(undefined), waitMs)
      this.watchers.add(look)
      look()
    })
  }

  /** Whether the target ends the connection in time: well before it would end any handshake that takes too long. */
  ends(waitMs = this.bench.patienceMs): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = platformTimer(() => resolve(false), waitMs)
      this.pipe.onEnd(() => {
        clearTimeout(timer)
        resolve(true)
      })
    })
  }

  /** The refusal in the clear that comes; undefined where something else, or nothing, comes. */
  async refusal(): Promise<Anything> {
    const frame = await this.afterRetry()
    return frame?.[0] === Frame.REFUSAL ? tryDecode(frame.subarray(1)) : undefined
  }

  /** Reads message 2, after RETRY where it comes. @throws Failed. */
  async meet(): Promise<this> {
    this.hello = this.read(await this.afterRetry())
    return this
  }

  /** The next frame, or that which follows the work of a RETRY. @throws Failed. */
  private async afterRetry(): Promise<Uint8Array | undefined> {
    const frame = await this.next()
    if (frame?.[0] !== Frame.RETRY) return frame
    this.retries.push(frame)
    const bits = frame[17]!
    if (frame.length !== 18 || bits > 20) throw new Failed(`RETRY of ${frame.length} bytes and ${bits} bits`)
    const nonce = await workOn(this.retryBytes(frame), bits)
    this.pipe.send(joined(Uint8Array.of(Frame.WORK), nonce))
    return this.next()
  }

  /** What the nonce of a RETRY is hashed behind (H-19). */
  retryBytes(retry: Uint8Array): Uint8Array {
    return taggedBytes('retry', this.bench.options.network, retry.subarray(1, 17), this.ephemeral)
  }

  private read(frame: Uint8Array | undefined): Anything {
    if (frame === undefined) throw new Failed(`no message 2: ${this.pipe.ended ? 'the connection ended' : 'silence'}`)
    if (frame[0] === Frame.REFUSAL) throw new Failed(`refused in the clear: ${tryDecode(frame.subarray(1))?.code}`)
    if (frame[0] !== Frame.NOISE) throw new Failed(`a frame of kind ${frame[0]} in place of message 2`)
    try {
      return decode(this.noise.readMessage(frame.subarray(1)))
    } catch (error) {
      throw new Failed(`message 2 cannot be read: ${(error as Error).message}`)
    }
  }

  /** The payload of message 3, with the proof of work that the target demands. */
  async payload(): Promise<Anything> {
    const { network, maxBits } = this.bench.options
    const hello = await this.self.hello(network, this.hello.now ?? Date.now())
    const { work, publicKey } = this.hello
    if (work === undefined) return hello
    if (work.bits > maxBits) throw new NotObservable(`the target demands work of ${work.bits} bits`)
    const nonce = await workOn(workBlock(network, publicKey, work.salt, work.day, this.self.publicKey), work.bits)
    return { ...hello, proof: [work.day, nonce] }
  }

  /** Sends message 3. */
  confirm(payload: Anything): void {
    this.confirmBytes(encode(payload))
  }

  confirmBytes(payload: Uint8Array): void {
    this.pipe.send(joined(Uint8Array.of(Frame.NOISE), this.noise.writeMessage(payload)))
  }

  channel(options: ChannelOptions = {}): Channel {
    const { waitMs } = this.bench.options
    const channel = new Channel(this.pipe, this.noise.split(SUITE), this.self, this.hello, waitMs, options)
    // What came behind message 2 has been read by this attempt.
    for (const frame of this.frames.splice(this.taken)) this.pipe.take(frame)
    this.bench.channels.push(channel)
    return channel
  }
}

/** What one check works with: connections to the target that end with it. */
export class Bench {
  readonly channels: Channel[] = []
  private readonly pipes: Pipe[] = []

  constructor(readonly options: TargetOptions) {}

  /** Whether frames are carried by the target's own WebSocket. */
  get isDirect(): boolean {
    return true
  }

  get patienceMs(): number {
    return Math.min(this.options.waitMs, this.options.handshakeMs * 0.8)
  }

  async open(first?: Uint8Array): Promise<Pipe> {
    const pipe = await this.carry(first)
    this.pipes.push(pipe)
    return pipe
  }

  protected async carry(first?: Uint8Array): Promise<Pipe> {
    const { address, waitMs } = this.options
    try {
      return await openWebSocket(address, first, waitMs)
    } catch (error) {
      throw new Failed(`no connection: ${(error as Error).message}`)
    }
  }

  /** A handshake whose first message has been sent. */
  async attempt(options: AttemptOptions = {}): Promise<Attempt> {
    return new Attempt(this, options.self ?? (await Self.create()), options).begin()
  }

  /** A connection whose first frame is this one. */
  async attemptWith(frame: Uint8Array): Promise<Attempt> {
    return new Attempt(this, await Self.create(), {}).beginWith(frame)
  }

  /** A handshake over a pipe of the check's own. */
  async within(): Promise<Attempt> {
    return new Attempt(this, await Self.create(), {})
  }

  /** A handshake up to message 2. */
  async meet(options: AttemptOptions = {}): Promise<Attempt> {
    return (await this.attempt(options)).meet()
  }

  /** A channel, open and described on both sides. @throws Failed. */
  async dial(options: DialOptions = {}): Promise<Channel> {
    const channel = await this.shake(options)
    await this.ready(channel)
    if (options.speak !== false) channel.switchHere(0)
    return channel
  }

  /** A channel in which the target takes the tester for a relay. @throws Failed, NotObservable. */
  async relayed(): Promise<Channel> {
    if (!this.isDirect) throw new NotObservable('a peer that is reached by a circuit takes the tester for no relay')
    const channel = await this.dial({ description: { protocols: [HEARTBEAT, HOP] } })
    if (!channel.description.protocols.includes(STOP)) throw new NotObservable('the target does not list lotus/circuit-stop')
    return channel
  }

  /** A channel whose message 3 and DESCRIPTION have been sent; READY may come. */
  async shake(options: DialOptions = {}): Promise<Channel> {
    const attempt = await this.meet(options)
    return this.confirmed(attempt, options)
  }

  /** Sends message 3, and DESCRIPTION behind it. */
  async confirmed(attempt: Attempt, options: DialOptions = {}): Promise<Channel> {
    const payload = await attempt.payload()
    attempt.confirm(options.hello?.(payload) ?? payload)
    const channel = attempt.channel(options)
    if (options.describes !== false) channel.write(channel.describe(options.description))
    return channel
  }

  /** Sees that the target closes in place of READY. @throws Failed. */
  async notDescribed(description: object, codes: readonly string[], what: string): Promise<string> {
    const channel = await this.shake({ description })
    await channel.until(() => channel.description !== undefined || channel.isOver || undefined)
    if (channel.description !== undefined) throw new Failed(`${what}: READY`)
    return channel.isEnded(codes, what)
  }

  /** @throws Failed where READY and DESCRIPTION do not come. */
  async ready(channel: Channel): Promise<void> {
    await channel.until(() => channel.description !== undefined || channel.refusal !== undefined || channel.isOver || undefined)
    if (channel.description !== undefined && channel.close === undefined) return
    const why = channel.refusal === undefined ? channel.state() : `refused in the clear: ${channel.refusal.code}`
    throw new Failed(`no READY and DESCRIPTION, ${why}`)
  }

  end(): void {
    for (const pipe of this.pipes.splice(0)) pipe.end()
  }
}
