import { once } from 'node:events'
import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import { joined } from '../../src/base/bytes.js'
import { DEFAULT_LIMITS } from '../../src/base/limits.js'
import { Entry } from '../../src/channel/batch.js'
import { REFUSAL, refusalOf } from '../../src/channel/handshake.js'
import type { NoiseChannel } from '../../src/channel/noise.js'
import { signEnvelope } from '../../src/identity/envelope.js'
import { generateIdentity, type Identity } from '../../src/identity/identity.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { encode } from '../../src/message/codec.js'
import { encodeSequence, SHARED_STREAM } from '../../src/peer/connection/stream-entries.js'
import { finish, rawHandshake } from '../channel/raw-handshake.js'

/** A peer that keeps to the handshake and to nothing after it. */
export class RawPeer {
  peerId = ''
  /** What the other side has sent, decrypted. */
  readonly received: { kind: number; body: Uint8Array }[] = []
  closed!: Promise<unknown>
  /** Looks at what was received, after each entry. */
  readonly #watchers = new Set<() => void>()
  #batch: Uint8Array[] | undefined
  #socket!: WebSocket
  #noise!: NoiseChannel
  #ids = 0
  #identity!: Identity

  /**
   * @param options.localAddress where to connect from: 127.0.0.2, … are loopback too.
   * @throws P2PError of the refusal in the clear that comes in place of an answer.
   */
  async connect(
    url: string,
    options: { identity?: Identity; localAddress?: string; headers?: Record<string, string> } = {},
  ): Promise<this> {
    const identity = options.identity ?? (await generateIdentity())
    this.#identity = identity
    this.peerId = encodePeerId(identity.publicKey)
    const { handshake, description } = await rawHandshake(identity)
    this.#socket = new WebSocket(url, { ...options, perMessageDeflate: false })
    this.closed = once(this.#socket, 'close')
    this.#socket.on('error', () => {})
    const frames: Buffer[] = []
    let arrived = () => {}
    const early = (frame: Buffer) => {
      frames.push(frame)
      arrived()
    }
    this.#socket.on('message', early)
    const next = async () => {
      while (frames.length === 0) {
        await Promise.race([
          new Promise<void>((resolve) => {
            arrived = resolve
          }),
          this.closed.then(() => {
            if (frames.length === 0) throw new Error('closed during the handshake')
          }),
        ])
      }
      return new Uint8Array(frames.shift()!)
    }
    await Promise.race([once(this.#socket, 'open'), this.closed])
    this.#socket.send(handshake.start())
    const refused = (frame: Uint8Array) => refusalOf(frame.subarray(1), DEFAULT_LIMITS, true)
    const second = await next()
    if (second[0] === REFUSAL) throw refused(second)
    const { frame, noise } = await finish(handshake, second)
    this.#noise = noise
    this.#socket.send(frame)
    this.entry(Entry.DESCRIPTION, description)
    const ready = await next()
    try {
      this.read(ready)
    } catch (error) {
      // What is sealed may begin with the byte of a refusal as well.
      throw ready[0] === REFUSAL ? refused(ready) : error
    }
    this.#socket.off('message', early)
    for (const rest of frames) this.read(new Uint8Array(rest))
    this.#socket.on('message', (data: Buffer) => this.read(new Uint8Array(data)))
    this.entry(Entry.SWITCH, new Uint8Array(4))
    this.sequence(1)
    // The other end is connected once it speaks.
    const spoken = this.until(({ kind }) => kind !== Entry.READY && kind !== Entry.DESCRIPTION)
    await Promise.race([spoken, this.closed])
    return this
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN
  }

  /** Bytes that the socket has not taken yet. */
  get buffered(): number {
    return this.#socket.bufferedAmount
  }

  entry(kind: number, body: Uint8Array): void {
    this.plaintext(entryOf(kind, body))
  }

  /** Says which message of a stream comes next. */
  sequence(number: number, { stream = SHARED_STREAM, givenUp = 0, protocol = '' } = {}): void {
    this.entry(Entry.SEQUENCE, encodeSequence({ stream, number, givenUp, protocol }))
  }

  /** Sends the bytes of a message on a stream. */
  on(stream: number, body: Uint8Array, kind: number = Entry.MESSAGE): void {
    this.entry(kind, Uint8Array.of(stream, ...body))
  }

  /** Sends an application message on the stream that all protocols may share. */
  message(payload: unknown, type = 'x', protocol: string | null = null, inReplyTo?: string): void {
    this.on(SHARED_STREAM, this.encoded(payload, type, protocol, inReplyTo))
  }

  encoded(payload: unknown, type = 'x', protocol: string | null = null, inReplyTo?: string): Uint8Array {
    const answered = inReplyTo === undefined ? [] : [inReplyTo]
    return encode([1, type, null, true, payload, Date.now(), `raw-${this.#ids++}`, protocol, ...answered])
  }

  /** A signed message to the peer of this key, or a broadcast, as bytes that can be sent again and again. */
  async signed(to: Uint8Array | null, payload: unknown, timestamp: number): Promise<Uint8Array> {
    const body = encode([1, 'x', this.#identity.publicKey, to, payload, timestamp, `raw-${this.#ids++}`, null])
    const { signature } = await signEnvelope(this.#identity, 'message', body)
    return Uint8Array.from([...signature, ...body])
  }

  /** A frame with one signed message, encrypted and not sent. */
  sealed(body: Uint8Array): Uint8Array {
    return this.#noise.send.encrypt(entryOf(Entry.SIGNED_MESSAGE, Uint8Array.of(SHARED_STREAM, ...body)))
  }

  /** The first entry that is like this, once it is there. */
  until(isWanted: (entry: { kind: number; body: Uint8Array }) => boolean): Promise<{ kind: number; body: Uint8Array }> {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.received.find(isWanted)
        if (found === undefined) return
        this.#watchers.delete(look)
        resolve(found)
      }
      this.#watchers.add(look)
      look()
    })
  }

  /** Settles once the other side has read all that was sent so far, or is gone: a flood at the pace of who has to read it. */
  async taken(): Promise<void> {
    if (!this.isOpen) return
    const answered = once(this.#socket, 'pong')
    this.#socket.ping()
    await Promise.race([answered, this.closed])
  }

  /** Sends bytes as they are. */
  bytes(frame: Uint8Array): void {
    this.#socket.send(frame)
  }

  plaintext(bytes: Uint8Array): void {
    if (this.#batch !== undefined) this.#batch.push(bytes)
    else if (this.isOpen) this.#socket.send(this.#noise.send.encrypt(bytes))
  }

  /** Sends the entries of `run` in one frame. */
  batch(run: () => void): void {
    const batch: Uint8Array[] = []
    this.#batch = batch
    run()
    this.#batch = undefined
    this.plaintext(joined(...batch))
  }

  /** Changes the key of our direction. */
  rekey(): void {
    this.entry(Entry.REKEY, new Uint8Array(0))
    this.#noise.send.rekey()
  }

  /** Sends bytes beneath the frames of WebSocket: half a frame, or what is none. */
  beneath(bytes: Uint8Array): void {
    const { _socket } = this.#socket as unknown as { _socket: Socket | null }
    if (_socket?.writable) _socket.write(bytes)
  }

  /** A WebSocket text frame. */
  text(): void {
    this.#socket.send('hello')
  }

  unsealed(): void {
    this.#socket.send(new Uint8Array(64))
  }

  /** Reads nothing more: what the other side sends stays with it. */
  stopReading(): void {
    this.#socket.pause()
  }

  end(): void {
    this.#socket.terminate()
  }

  private read(frame: Uint8Array): void {
    let plaintext: Uint8Array
    try {
      plaintext = this.#noise.receive.decrypt(frame)
    } catch {
      return
    }
    for (let at = 0; at + 3 <= plaintext.length; ) {
      const length = (plaintext[at + 1]! << 8) | plaintext[at + 2]!
      this.received.push({ kind: plaintext[at]!, body: plaintext.slice(at + 3, at + 3 + length) })
      for (const look of [...this.#watchers]) look()
      at += 3 + length
    }
  }
}

export function entryOf(kind: number, body: Uint8Array): Uint8Array {
  return Uint8Array.from([kind, body.length >> 8, body.length & 0xff, ...body])
}
