import { WebSocketServer } from 'ws'
import { fromBase64Url } from '../../base/base64url.js'
import { joined } from '../../base/bytes.js'
import { platformTimer } from '../../base/clock.js'
import { P2PError } from '../../base/errors.js'
import { NoiseXX } from '../../channel/noise.js'
import { encode } from '../../message/codec.js'
import { Channel } from './channel.js'
import { Failed } from './outcome.js'
import { type Pipe, pipeOver, SUBPROTOCOL } from './pipe.js'
import { Self } from './self.js'
import { type Anything, entry, Frame, Kind, random, SUITE, tryDecode, utf8 } from './wire.js'

/** One connection that the implementation under test has dialled: the tester is the responder, and answers by hand. */
export class Dialled {
  readonly frames: Uint8Array[] = []
  /** Message 1 as it came, and its payload, decoded. */
  first = new Uint8Array()
  offer: Anything
  private readonly noise: NoiseXX
  private remoteKey = new Uint8Array()
  private readonly watchers = new Set<() => void>()

  constructor(
    readonly pipe: Pipe,
    readonly self: Self,
    readonly network: string,
    readonly waitMs: number,
  ) {
    this.noise = new NoiseXX({ initiator: false, prologue: utf8(`lotus-p2p/2\0${network}`), staticKeys: self.noise })
    const changed = () => {
      for (const look of [...this.watchers]) look()
    }
    pipe.read((frame) => {
      this.frames.push(frame)
      changed()
    })
    pipe.onEnd(changed)
  }

  /** The next frame; undefined where the connection ends, or the time is over, first. */
  next(waitMs = this.waitMs): Promise<Uint8Array | undefined> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        this.watchers.delete(look)
        resolve(this.frames.shift())
      }
      const look = () => {
        if (this.frames.length > 0 || this.pipe.ended) done()
      }
      const timer = platformTimer(done, waitMs)
      this.watchers.add(look)
      look()
    })
  }

  /** Reads message 1. @throws Failed. */
  async begin(): Promise<this> {
    const frame = await this.next()
    if (frame?.[0] !== Frame.NOISE || frame.length < 33) throw new Failed('the first frame is no Noise message')
    this.first = frame.slice(1)
    this.offer = tryDecode(this.noise.readMessage(this.first))
    if (this.offer === undefined) throw new Failed('the offer is no MessagePack')
    return this
  }

  send(kind: number, ...parts: Uint8Array[]): void {
    this.pipe.send(joined(Uint8Array.of(kind), ...parts))
  }

  /** Sends message 2. @param lies change its payload. */
  async answer(lies: (hello: Anything) => Anything = (hello) => hello): Promise<void> {
    const now = Date.now()
    const hello = lies({ ...(await this.self.hello(this.network, now)), now })
    this.send(Frame.NOISE, this.noise.writeMessage(encode(hello)))
  }

  /** Reads message 3: the payload. @throws Failed. */
  async third(): Promise<Anything> {
    const frame = await this.next()
    if (frame?.[0] === Frame.REFUSAL) throw new Failed(`refused: ${tryDecode(frame.subarray(1))?.code}`)
    if (frame?.[0] !== Frame.NOISE) throw new Failed('no message 3')
    try {
      const payload = this.noise.readMessage(frame.subarray(1))
      this.remoteKey = this.noise.remoteStatic!.slice()
      return tryDecode(payload)
    } catch (error) {
      throw new Failed(`message 3 cannot be read: ${(error as Error).message}`)
    }
  }

  /** The X25519 key of the dialler, after message 3. */
  get remoteStatic(): Uint8Array {
    return this.remoteKey
  }

  /** The channel behind message 3. */
  channel(remote: Anything): Channel {
    const channel = new Channel(this.pipe, this.noise.split(SUITE), this.self, remote, this.waitMs)
    for (const frame of this.frames.splice(0)) this.pipe.take(frame)
    return channel
  }

  /** READY and DESCRIPTION in one frame. @param description what it says beside the usual. */
  ready(channel: Channel, description?: object): void {
    channel.write(entry(Kind.READY), channel.describe(description))
  }

  /**
   * What comes in place of message 3: the code of the refusal, or 'the connection ended'.
   *
   * @throws Failed where message 3 comes, or the connection stays.
   */
  async noThird(codes: readonly string[], what: string): Promise<string> {
    const frame = await this.next()
    if (frame?.[0] === Frame.NOISE) throw new Failed(`${what}: message 3, and with it the dialler's identity`)
    const code = frame?.[0] === Frame.REFUSAL ? tryDecode(frame.subarray(1))?.code : undefined
    if (frame !== undefined && code === undefined) throw new Failed(`${what}: a frame of kind ${frame[0]}`)
    if (code !== undefined && !codes.includes(code)) throw new Failed(`${what}: refused with ${code}`)
    await this.over(what)
    return code ?? 'the connection ended'
  }

  /** @throws Failed where anything more comes, or the connection stays. */
  async over(what: string): Promise<void> {
    const frame = await this.next()
    if (frame !== undefined) throw new Failed(`${what}: a frame of kind ${frame[0]} behind it`)
    if (!this.pipe.ended) throw new Failed(`${what}: the connection stays`)
  }
}

/** Listens for the implementation under test, as one responder. */
export class Doorway {
  private readonly waiting: Pipe[] = []
  private taker: ((pipe: Pipe) => void) | undefined

  private constructor(
    private readonly server: WebSocketServer,
    readonly self: Self,
    private readonly network: string,
    private readonly waitMs: number,
  ) {
    server.on('connection', (socket) => {
      const pipe = pipeOver(socket)
      // The first frame may ride in the subprotocol (F.2).
      const rest = socket.protocol.slice(SUBPROTOCOL.length + 1)
      if (rest !== '') pipe.take(fromBase64Url(rest))
      const take = this.taker
      this.taker = undefined
      if (take === undefined) this.waiting.push(pipe)
      else take(pipe)
    })
  }

  /** @throws P2PError ADDRESS_IN_USE where the port is taken. */
  static async open(port: number, network: string, waitMs: number, host = '127.0.0.1'): Promise<Doorway> {
    const server = new WebSocketServer({
      port,
      host,
      perMessageDeflate: false,
      handleProtocols: (offered) => [...offered].find((name) => name.split('.').slice(0, 2).join('.') === SUBPROTOCOL) ?? false,
    })
    await new Promise<void>((resolve, reject) => {
      server.once('listening', resolve)
      server.once('error', (cause) => reject(new P2PError('LISTEN_FAILED', `Port ${port} cannot be listened on.`, { cause })))
    })
    return new Doorway(server, await Self.create(), network, waitMs)
  }

  get address(): string {
    const { address, port } = this.server.address() as { address: string; port: number }
    return `ws://${address}:${port}`
  }

  /** The next connection, with its message 1 read. @throws Failed where nobody dials in time. */
  async next(waitMs: number): Promise<Dialled> {
    this.waiting.splice(0, this.waiting.length, ...this.waiting.filter(({ ended }) => !ended))
    const pipe = this.waiting.shift() ?? (await this.arrival(waitMs))
    return new Dialled(pipe, this.self, this.network, this.waitMs).begin()
  }

  private arrival(waitMs: number): Promise<Pipe> {
    return new Promise((resolve, reject) => {
      const timer = platformTimer(() => {
        this.taker = undefined
        reject(new Failed(`nobody has dialled within ${waitMs} ms`))
      }, waitMs)
      this.taker = (pipe) => {
        clearTimeout(timer)
        resolve(pipe)
      }
    })
  }

  /** Ends what has been dialled meanwhile. */
  clear(): void {
    for (const pipe of this.waiting.splice(0)) pipe.end()
  }

  close(): void {
    for (const client of this.server.clients) client.terminate()
    this.server.close()
  }
}

/** 64 bytes that are no signature. */
export const noSignature = (): Uint8Array => random(64)
