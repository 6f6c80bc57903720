import { once } from 'node:events'
import { Decoder } from '@msgpack/msgpack'
import { WebSocket } from 'ws'
import { KIND } from './handshake.js'
import {
  Cipher,
  ed25519,
  entry,
  findNonce,
  hkdfOfNoise,
  join,
  NETWORK,
  pack,
  sha256,
  sign,
  suiteKey,
  tagged,
  uint,
  utf8,
  x25519,
} from './primitives.js'

const NOTHING = new Uint8Array(0)
const WEEK_MS = 604_800_000
const decoder = new Decoder()
// biome-ignore lint/suspicious/noExplicitAny: what comes is of any form, and a wrong one fails the test
export const unpack = (bytes: Uint8Array): any => decoder.decode(bytes)

/** An identity in one process: all its connections share the session. */
export class RawProcess {
  readonly seed = ed25519.utils.randomSecretKey()
  readonly publicKey = ed25519.getPublicKey(this.seed)
  readonly session = crypto.getRandomValues(new Uint8Array(16))
  readonly streams = crypto.getRandomValues(new Uint8Array(8))
}

/** What an initiator says otherwise than it should. */
export interface Lies {
  /** Payload 1. */
  offer?: Uint8Array
  /** Fields of payload 3. */
  hello?: Record<string, unknown>
  /** `notBefore` and `notAfter` of the certificate, from the responder's `now` on. */
  dates?: [fromMs: number, untilMs: number]
  /** Fields of its description. */
  described?: Record<string, unknown>
  /** The entries behind message 3, in place of its description. */
  first?: Uint8Array[]
}

/**
 * The initiator of docs/wire-protocol.md over WebSocket, up to its DESCRIPTION; what follows is for the test to send. Made of nothing of `src/`, so
 * it says by hand what no SDK would.
 */
export class RawInitiator {
  /** Entries that have come, oldest first; parts are put together. */
  readonly entries: { kind: number; body: Uint8Array }[] = []
  private readonly frames: Uint8Array[] = []
  private readonly secret = x25519.utils.randomSecretKey()
  private readonly ephemeral = x25519.utils.randomSecretKey()
  private h: Uint8Array = utf8('Noise_XX_25519_ChaChaPoly_SHA256')
  private ck: Uint8Array = this.h
  private cipher!: Cipher
  private sender!: Cipher
  private receiver!: Cipher
  private parts: Uint8Array[] = []
  private socket!: WebSocket
  private arrived = () => {}
  private isClosed = false

  constructor(
    private readonly process = new RawProcess(),
    private readonly lies: Lies = {},
  ) {}

  /** @throws Error with the refusal, where the responder refuses. */
  async connect(url: string): Promise<this> {
    const e = x25519.getPublicKey(this.ephemeral)
    const { offer = pack({ versions: [2], network: NETWORK, suites: ['ChaChaPoly'] }) } = this.lies
    for (const part of [join(utf8('lotus-p2p/2'), Uint8Array.of(0), utf8(NETWORK)), e, offer]) this.mix(part)
    const first = Buffer.from(join(Uint8Array.of(1), e, offer)).toString('base64url')
    this.socket = new WebSocket(url, [`lotus-p2p.2.${first}`], { perMessageDeflate: false })
    this.socket.on('message', (data: Buffer) => {
      this.frames.push(new Uint8Array(data))
      this.arrived()
    })
    this.socket.on('close', () => {
      this.isClosed = true
      this.arrived()
    })
    await once(this.socket, 'open')
    let second = await this.frame()
    if (second[0] === 2) {
      const [challenge, bits] = [second.slice(1, 17), second[17]!]
      this.socket.send(
        join(
          Uint8Array.of(3),
          findNonce(bits, (nonce) => tagged('retry', challenge, e, nonce)),
        ),
      )
      second = await this.frame()
    }
    if (second[0] !== 1) throw new Error(JSON.stringify(unpack(second.subarray(1))))
    this.socket.send(this.answer(second.subarray(1)))
    this.send(...(this.lies.first ?? [this.description]))
    return this
  }

  /** Message 3, for message 2. */
  private answer(message: Uint8Array): Uint8Array {
    const re = message.slice(0, 32)
    this.mix(re)
    this.dh(this.ephemeral, re)
    const rs = this.opened(message.slice(32, 80))
    this.dh(this.ephemeral, rs)
    const { publicKey, certificate, now } = unpack(this.opened(message.slice(80)))
    const [notBefore, notAfter, signature] = certificate
    const certified = (key: Uint8Array, from: number, until: number) => join(key, uint(from, 8), uint(until, 8))
    if (!ed25519.verify(signature, tagged('channel', certified(rs, notBefore, notAfter)), publicKey))
      throw new Error('certificate')
    const { seed, publicKey: own, session } = this.process
    const key = x25519.getPublicKey(this.secret)
    const { dates = [0, WEEK_MS], hello: change } = this.lies
    const [from, until] = dates.map((ms) => now + ms) as [number, number]
    const ownCertificate = [from, until, sign(seed, 'channel', certified(key, from, until))]
    const s = this.sealed(key)
    this.dh(this.secret, re)
    const hello = pack({ version: 2, publicKey: own, certificate: ownCertificate, session, suite: 'ChaChaPoly', ...change })
    const third = join(Uint8Array.of(1), s, this.sealed(hello))
    const [toResponder, toInitiator] = hkdfOfNoise(this.ck, NOTHING)
    this.sender = new Cipher(suiteKey(toResponder, 'ChaChaPoly'))
    this.receiver = new Cipher(suiteKey(toInitiator, 'ChaChaPoly'))
    return third
  }

  /** Takes READY and DESCRIPTION, and sends the SWITCH of a path. @returns what the responder tells of itself. */
  async accepted(changes = 0) {
    const { body } = await this.until(KIND.DESCRIPTION)
    this.send(entry(KIND.SWITCH, uint(changes, 4)))
    return unpack(body)
  }

  /** The entry that it sends at once behind message 3. */
  get description(): Uint8Array {
    const { process, lies } = this
    const own = { agent: 'raw/1', protocols: ['lotus/heartbeat', 'chat'], addresses: [], streams: process.streams, budgets: {} }
    return entry(KIND.DESCRIPTION, pack({ ...own, ...lies.described }))
  }

  /** Sends a plaintext of these entries. */
  send(...entries: Uint8Array[]): void {
    this.socket.send(this.sender.seal(join(...entries)))
  }

  /** The next entry of a kind, which is taken out. @throws Error where the connection ends first. */
  async until(kind: number): Promise<{ kind: number; body: Uint8Array }> {
    for (;;) {
      const at = this.entries.findIndex((found) => found.kind === kind)
      if (at >= 0) return this.entries.splice(at, 1)[0]!
      this.read(this.receiver.open(await this.frame()))
    }
  }

  /** The next entry of any kind. @throws Error where the connection ends first. */
  async any(): Promise<{ kind: number; body: Uint8Array }> {
    while (this.entries.length === 0) this.read(this.receiver.open(await this.frame()))
    return this.entries.shift()!
  }

  /** The refusal in the clear, where the responder cannot or does not answer message 3 in the channel. */
  async refusal() {
    return unpack((await this.frame()).subarray(1))
  }

  /** Ends the connection without a word. */
  cut(): void {
    this.socket.terminate()
  }

  private read(plaintext: Uint8Array): void {
    for (let at = 0; at < plaintext.length; ) {
      const kind = plaintext[at]!
      const end = at + 3 + plaintext[at + 1]! * 256 + plaintext[at + 2]!
      const body = plaintext.slice(at + 3, end)
      at = end
      if (kind === KIND.REKEY) this.receiver.rekey()
      if (kind !== KIND.FRAGMENT && kind !== KIND.LAST_FRAGMENT) this.entries.push({ kind, body })
      else this.parts.push(body)
      if (kind !== KIND.LAST_FRAGMENT) continue
      const whole = join(...this.parts.splice(0))
      this.entries.push({ kind: whole[0]!, body: whole.slice(1) })
    }
  }

  private async frame(): Promise<Uint8Array> {
    while (this.frames.length === 0) {
      if (this.isClosed) throw new Error('the connection has ended')
      await new Promise<void>((resolve) => {
        this.arrived = resolve
      })
    }
    return this.frames.shift()!
  }

  private mix(data: Uint8Array): void {
    this.h = sha256(join(this.h, data))
  }

  private dh(secret: Uint8Array, other: Uint8Array): void {
    const [ck, key] = hkdfOfNoise(this.ck, x25519.getSharedSecret(secret, other))
    this.ck = ck
    this.cipher = new Cipher(key)
  }

  private sealed(plaintext: Uint8Array): Uint8Array {
    const ciphertext = this.cipher.seal(plaintext, this.h)
    this.mix(ciphertext)
    return ciphertext
  }

  private opened(ciphertext: Uint8Array): Uint8Array {
    const plaintext = this.cipher.open(ciphertext, this.h)
    this.mix(ciphertext)
    return plaintext
  }
}
