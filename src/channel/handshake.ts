import { joined } from '../base/bytes.js'
import { codeOf, P2PError, violation } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import { cutText, printable } from '../base/text.js'
import { decode, encode } from '../message/codec.js'
import { number, object, optional, shaped, text } from '../message/shape.js'
import { chooseVersion, encodeHello, encodeOffer, type LocalHello, type RemoteHello, verifyHello } from './hello.js'
import { type NoiseChannel, NoiseXX } from './noise.js'
import type { WorkTerms } from './work.js'

/** First byte of a frame before the channel is open. */
export const REFUSAL = 0x00
const HANDSHAKE = 0x01

const PROLOGUE = /* @__PURE__ */ (() => new TextEncoder().encode('lotus-p2p'))()

/** What a finished handshake has found out. */
export interface HandshakeResult {
  remote: RemoteHello
  noise: NoiseChannel
}

/** What a handshake message led to. */
export interface HandshakeStep {
  /** To be sent now. */
  frame?: Uint8Array
  /** Set with the last step. */
  done?: HandshakeResult
}

/**
 * The three messages of Noise XX with our payloads: `→ e, versions`, `← e, ee, s, es, hello`, `→ s, se, hello`.
 * Knows nothing of connections or time.
 */
export class Handshake {
  private readonly noise: NoiseXX
  private version: number | undefined
  private step = 0

  constructor(
    private readonly initiator: boolean,
    private readonly local: LocalHello,
    private readonly limits: Limits,
    private readonly work: WorkTerms = {},
  ) {
    this.noise = new NoiseXX({ initiator, staticKeys: local.keys.noise, prologue: PROLOGUE })
  }

  /** The initiator's first frame. */
  start(): Uint8Array {
    this.step = 1
    return frameOf(HANDSHAKE, this.noise.writeMessage(encodeOffer()))
  }

  /** Takes any frame but a refusal. @throws P2PError: the handshake is over then; see `refusalFrame`. */
  async receive(frame: Uint8Array): Promise<HandshakeStep> {
    if (frame[0] !== HANDSHAKE) throw violation('sent a first frame that is no handshake')
    const payload = this.noise.readMessage(frame.subarray(1))
    if (!this.initiator && this.step === 0) {
      this.step = 1
      this.version = chooseVersion(payload, this.limits)
      return { frame: this.hello({ ...this.local, workBits: this.work.bits }, this.version) }
    }
    const check = this.initiator ? undefined : this.work.check
    const remote = await verifyHello(payload, this.noise.remoteStatic!, this.limits, this.local.network, check)
    if (!this.initiator) {
      if (remote.version !== this.version) throw new P2PError('UNSUPPORTED_VERSION', 'The peer changed its protocol version.')
      return { done: { remote, noise: this.noise.split() } }
    }
    const proof = remote.work && this.work.find?.(remote.work.bits)
    if (remote.work !== undefined) remote.work.proven = proof !== undefined
    return { frame: this.hello({ ...this.local, proof }, remote.version), done: { remote, noise: this.noise.split() } }
  }

  private hello(local: LocalHello, version: number): Uint8Array {
    return frameOf(HANDSHAKE, this.noise.writeMessage(encodeHello(local, version, this.limits)))
  }

  /** Zeroes the secrets of a handshake that will not be finished. */
  destroy(): void {
    this.noise.destroy()
  }
}

const refusalShape = /* @__PURE__ */ (() =>
  object({
    code: text(0, 64),
    message: optional(text(0, 512)),
    retryAfterMs: optional(number(0, 86_400_000)),
  }))()

/** The refusal that goes out for an error: its code and sentence, never its cause. */
export function encodeRefusal(error: P2PError): Uint8Array {
  const { retryAfterMs } = error.details
  return encode({ code: error.code, message: cutText(error.message, 512), retryAfterMs })
}

/** A refusal in the clear, for before there is a channel. */
export function refusalFrame(error: P2PError): Uint8Array {
  return frameOf(REFUSAL, encodeRefusal(error))
}

/** What a peer said when it refused or closed, as an error of ours. @throws P2PError MALFORMED_DATA. */
export function refusalOf(body: Uint8Array, limits: Limits): P2PError {
  const refusal = body.length <= 2_048 ? shaped(refusalShape, decode(body, limits)) : undefined
  if (refusal === undefined) return new P2PError('HANDSHAKE_FAILED', 'The peer refused.')
  const { code, message, retryAfterMs } = refusal
  const sentence = message ?? `The peer closed the connection: ${code}.`
  return new P2PError(codeOf(code, 'CONNECTION_CLOSED'), printable(sentence, 512), {
    details: { byPeer: true, ...(retryAfterMs !== undefined && { retryAfterMs }) },
  })
}

function frameOf(kind: number, body: Uint8Array): Uint8Array {
  return joined(Uint8Array.of(kind), body)
}
