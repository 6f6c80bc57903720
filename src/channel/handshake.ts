import { joined } from '../base/bytes.js'
import { codeOf, P2PError, violation } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import { cutText, printable } from '../base/text.js'
import type { Verified } from '../base/verified.js'
import { decode, encode } from '../message/codec.js'
import { boolean, number, object, optional, shaped, text } from '../message/shape.js'
import {
  type Agreement,
  chooseFrom,
  encodeHello,
  encodeOffer,
  type Hello,
  type HelloParts,
  type LocalHello,
  PROTOCOL_VERSIONS,
  SUITES,
  verifyHello,
} from './hello.js'
import { type NoiseChannel, NoiseXX } from './noise.js'
import { answerRetry, answersRetry, CHALLENGE_BYTES, MAX_RETRY_BITS, RETRY_NONCE_BYTES, retryTask } from './retry.js'
import type { WorkTerms } from './work.js'

/** First byte of a frame before the channel is open. */
export const REFUSAL = 0x00
const HANDSHAKE = 0x01
const RETRY = 0x02
const WORK = 0x03
const KEY_BYTES = 32

/** utf8('lotus-p2p/2') ‖ 0x00 ‖ utf8(network): a peer of another network computes another hash. */
function prologueOf(network: string): Uint8Array {
  return new TextEncoder().encode(`lotus-p2p/2\0${network}`)
}

/** When the expensive part of a handshake runs. */
export type Schedule = <T>(work: () => Promise<T>) => Promise<T>

/** What the two ends of a handshake decide by, beside what they tell. */
export interface HandshakeTerms {
  /** Milliseconds since the Unix epoch, by our clock. */
  now(): number
  /** Default: at once. */
  schedule?: Schedule | undefined
  work?: WorkTerms | undefined
  /** Bits of work (1 to 20) that a responder asks for before it does any cryptography; 0 or absent: it is not under load. */
  retryBits?: (() => number) | undefined
}

/** What a handshake message led to. */
export interface HandshakeStep {
  /** To be sent now. */
  frame?: Uint8Array
  /** Set once it is known who the other end is. An initiator goes on with `confirm`. */
  met?: Verified<Hello>
  /** Set with the responder's last step. */
  noise?: NoiseChannel
}

/**
 * The three messages of Noise XX with our payloads: `→ e, offer`, `← e, ee, s, es, hello`, `→ s, se, hello`.
 * Knows nothing of connections or time.
 */
export class Handshake {
  private readonly noise: NoiseXX
  private agreed: Agreement | undefined
  private proof: HelloParts['proof']
  /** The responder's clock. */
  private theirNow = 0
  private step = 0
  /** The initiator's first key, and what was asked for under load. */
  private ephemeralKey: Uint8Array | undefined
  private retry: { task: Uint8Array; bits: number } | undefined
  private isOver = false

  constructor(
    private readonly initiator: boolean,
    private readonly local: LocalHello,
    private readonly limits: Limits,
    private readonly terms: HandshakeTerms,
  ) {
    this.noise = new NoiseXX({ initiator, prologue: prologueOf(local.network) })
  }

  /** The initiator's first frame. */
  start(): Uint8Array {
    this.step = 1
    const message = this.noise.writeMessage(encodeOffer(this.local.network))
    this.ephemeralKey = message.slice(0, KEY_BYTES)
    return frameOf(HANDSHAKE, message)
  }

  /** Takes any frame but a refusal. @throws P2PError: the handshake is over then; see `refusalFrame`. */
  async receive(frame: Uint8Array): Promise<HandshakeStep> {
    const { schedule = AT_ONCE, retryBits } = this.terms
    const body = frame.subarray(1)
    const kind = frame[0]
    if (this.initiator && kind === RETRY && this.step === 1) return this.prove(body)
    if (!this.initiator && kind === WORK && this.step === 1 && this.retry !== undefined) {
      const { task, bits } = this.retry
      if (body.length !== RETRY_NONCE_BYTES) throw violation('answers with a nonce of another length')
      if (!answersRetry(task, body, bits))
        throw new P2PError('HANDSHAKE_FAILED', 'The peer has not done the work that it was asked for.')
      this.retry = undefined
      return schedule(() => this.answer())
    }
    if (kind !== HANDSHAKE || this.retry !== undefined) throw violation('sent another frame than the one that is due')
    if (!this.initiator && this.step === 0) {
      this.step = 1
      this.agreed = chooseFrom(this.noise.readMessage(body), this.local.network, this.limits)
      const bits = retryBits?.() ?? 0
      return bits > 0 ? this.challenge(body.subarray(0, KEY_BYTES), bits) : schedule(() => this.answer())
    }
    this.step = 2
    return schedule(() => this.meet(body))
  }

  /** Whether the frames that come next belong to the channel, whatever they begin with: a responder has message 3. */
  get isSealed(): boolean {
    return !this.initiator && this.step === 2
  }

  private challenge(ephemeralKey: Uint8Array, bits: number): HandshakeStep {
    const challenge = crypto.getRandomValues(new Uint8Array(CHALLENGE_BYTES))
    this.retry = { task: retryTask(this.local.network, challenge, ephemeralKey), bits }
    return { frame: frameOf(RETRY, joined(challenge, Uint8Array.of(bits))) }
  }

  private async prove(body: Uint8Array): Promise<HandshakeStep> {
    const bits = body[CHALLENGE_BYTES]
    // Its first key serves one RETRY.
    const { ephemeralKey } = this
    this.ephemeralKey = undefined
    if (body.length !== CHALLENGE_BYTES + 1 || bits! > MAX_RETRY_BITS || ephemeralKey === undefined) {
      throw violation('asks for work that nobody may ask for')
    }
    const task = retryTask(this.local.network, body.subarray(0, CHALLENGE_BYTES), ephemeralKey)
    const nonce = await answerRetry(task, bits!, () => this.isOver)
    return nonce === undefined ? {} : { frame: frameOf(WORK, nonce) }
  }

  /** The initiator's last frame, and the channel. Our identity leaves with it. @throws P2PError IDENTITY_FAILED. */
  async confirm(): Promise<Required<Pick<HandshakeStep, 'frame' | 'noise'>>> {
    // Dated by the responder's clock, which judges it.
    const frame = await this.hello({ proof: this.proof }, this.theirNow)
    return { frame, noise: this.noise.split(this.agreed!.suite) }
  }

  private async answer(): Promise<HandshakeStep> {
    const now = this.terms.now()
    return { frame: await this.hello({ now, work: this.terms.work?.demanded }, now) }
  }

  private async meet(message: Uint8Array): Promise<HandshakeStep> {
    const { noise, initiator, terms, limits, local } = this
    const { work } = terms
    const payload = noise.readMessage(message)
    const met = await verifyHello(payload, noise.remoteStatic!, limits, local.network, (key, proof, { version, suite }) => {
      const { agreed } = this
      const isOffered = agreed
        ? version === agreed.version && suite === agreed.suite
        : PROTOCOL_VERSIONS.includes(version) && SUITES.includes(suite)
      if (!isOffered) throw new P2PError('UNSUPPORTED_VERSION', 'The peer chose a version or suite that nobody offered.')
      if (!initiator) work?.check?.(key, proof)
    })
    const { remote, version, suite, now } = met
    this.agreed ??= { version, suite }
    if (!initiator) return { met, noise: noise.split(suite) }
    if (now === undefined) throw new P2PError('HANDSHAKE_FAILED', 'The peer does not tell its time.')
    this.theirNow = now
    this.proof = remote.work && work?.find?.(remote.work, remote.publicKey)
    if (remote.work !== undefined) remote.work.proven = this.proof !== undefined
    return { met }
  }

  private async hello(parts: Partial<HelloParts>, at: number): Promise<Uint8Array> {
    const { keys, session } = this.local
    const own = await keys(at)
    this.noise.staticKeys = own.noise
    return frameOf(HANDSHAKE, this.noise.writeMessage(encodeHello({ ...this.agreed!, keys: own, session, ...parts })))
  }

  /** Zeroes the secrets of a handshake that will not be finished. */
  wipe(): void {
    this.isOver = true
    this.noise.wipe()
  }
}

const AT_ONCE: Schedule = (work) => work()

const refusalShape = /* @__PURE__ */ (() =>
  object({
    code: text(0, 64),
    message: optional(text(0, 512)),
    retryAfterMs: optional(number(0, 86_400_000)),
    moved: optional(boolean()),
  }))()

/** The refusal that goes out for an error: its code and sentence, never its cause. */
export function encodeRefusal(error: P2PError): Uint8Array {
  const { retryAfterMs, moved } = error.details
  return encode({ code: error.code, message: cutText(error.message, 512), retryAfterMs, moved: moved === true || undefined })
}

/** A refusal in the clear, for before there is a channel. */
export function refusalFrame(error: P2PError): Uint8Array {
  return frameOf(REFUSAL, encodeRefusal(error))
}

/** The longest that a refusal in the clear, which anybody on the way can have written, keeps us away. */
const MAX_CLEAR_RETRY_MS = 10_000

/**
 * What a peer said when it refused or closed, as an error of ours.
 *
 * @param inClear whether it came outside of a channel: anybody on the way can have written it, so it ends this attempt and decides nothing.
 * @throws P2PError MALFORMED_DATA.
 */
export function refusalOf(body: Uint8Array, limits: Limits, inClear = false): P2PError {
  const refusal = body.length <= 2_048 ? shaped(refusalShape, decode(body, limits)) : undefined
  if (refusal === undefined) return new P2PError('HANDSHAKE_FAILED', 'The peer refused.', { details: { inClear } })
  const { code, message, retryAfterMs, moved } = refusal
  const sentence = message || `The peer closed the connection: ${code}.`
  return new P2PError(codeOf(code, 'CONNECTION_CLOSED'), printable(sentence, 512), {
    details: {
      byPeer: true,
      ...(inClear ? { inClear } : moved && { moved }),
      ...(retryAfterMs !== undefined && { retryAfterMs: inClear ? Math.min(retryAfterMs, MAX_CLEAR_RETRY_MS) : retryAfterMs }),
    },
  })
}

function frameOf(kind: number, body: Uint8Array): Uint8Array {
  return joined(Uint8Array.of(kind), body)
}
