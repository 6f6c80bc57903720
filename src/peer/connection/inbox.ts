import { hexOf } from '../../base/bytes.js'
import { elapsed } from '../../base/clock.js'
import { asP2PError, P2PError, violation } from '../../base/errors.js'
import { Serial } from '../../base/serial.js'
import { Entry } from '../../channel/batch.js'
import type { GateRefusal } from '../../defence/gate-wiring.js'
import { MAX_ANSWERS, type PeerGate, type Refusal } from '../../defence/peer-gate.js'
import type { Freshness } from '../../defence/replay-window.js'
import { SIGNATURE_BYTES, verify } from '../../identity/ed25519.js'
import { signingBytes } from '../../identity/envelope.js'
import { INTERNAL_PREFIX, type P2PMessage } from '../../message/message.js'
import { type ChannelEndKeys, decodeMessage } from '../../message/p2p-protocol.js'
import type { ConnectionContext } from './connection-context.js'
import type { MessageKind } from './outgoing.js'
import type { PeerClock } from './peer-clock.js'

/** Messages that wait for checks of signatures, in queues of `maxVerifyQueue`: more than an honest burst leaves for long. */
const UNVERIFIED_QUEUES = 16

/** The answer to a message that is offered: the message, accepted; a refusal, to offer it again later; or a fault, which ends the connection. */
export type Answer = P2PMessage | GateRefusal | P2PError

export function isAccepted(answer: Answer): answer is P2PMessage {
  return 'messageId' in answer
}

/** The peer whose messages an inbox takes, and what becomes of them. */
export interface InboxOwner {
  readonly peerId: string
  /** Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array
  readonly clock: PeerClock
  readonly traffic: { messagesIn: number; bytesIn: number }
  /** A message has passed the last check. */
  deliver(message: P2PMessage, freshness: Freshness): void
  /** Asks for a measurement of the peer's clock. */
  measure(): void
  /** A message that was accepted turns out to be one that no honest peer sends. */
  fail(fault: P2PError): void
}

/**
 * What one peer sends us, cheapest check first. `offer` looks at budget, structure, sender and type budget. What was accepted is
 * delivered in the order of its acceptance, after its signature, date and id have been checked.
 */
export class Inbox {
  /** When anything was offered last, milliseconds since the Unix epoch. */
  lastSeen: number
  /** The same by `elapsed`. */
  offeredAt: number
  /** Whether the clocks have been read for what comes: once for each frame, as each reading is a twentieth of what a short message costs. */
  private isAwake = false
  private onMeasured: (() => void)[] = []
  readonly gate: PeerGate
  /** A message could not be handled. What came after it is not worth looking at. */
  private distrusted = false
  private readonly verifying = new Serial()
  /** Messages to the peer that it has not answered, a late answer included: its sender has counted it against no protocol. */
  private answersDue = 0
  /** Messages that wait for the check of a signature, their own or one before. */
  private unverified = 0

  constructor(
    private readonly peerContext: ConnectionContext,
    private readonly owner: InboxOwner,
  ) {
    this.lastSeen = peerContext.clock.now()
    this.offeredAt = elapsed(peerContext.clock)
    this.gate = peerContext.defence.gate.of(owner.publicKey)
  }

  /** @param skewMs how far the peer's clock is ahead of ours. */
  measured(skewMs: number): void {
    this.owner.clock.measured(skewMs)
    for (const go of this.onMeasured.splice(0)) go()
  }

  /** A message goes to the peer, which acknowledges it, and may answer it. */
  sent(): void {
    this.gate.creditEntry()
    if (this.answersDue < 2 * MAX_ANSWERS) this.answersDue++
  }

  /** Whether a message is taken. Nothing is remembered of it: the caller delivers it once its number is accounted for. */
  offer(kind: MessageKind, body: Uint8Array): Answer {
    if (!this.isAwake) {
      const { clock } = this.peerContext
      this.isAwake = true
      this.lastSeen = clock.now()
      this.offeredAt = elapsed(clock)
    }
    // They are acknowledged: nothing else bounds what waits here.
    if (this.unverified >= UNVERIFIED_QUEUES * this.peerContext.limits.maxVerifyQueue) return this.gate.busy()
    const refusal = this.gate.arrive(body.length, this.offeredAt)
    if (refusal !== undefined) return refusal
    try {
      const message = this.decoded(kind, body)
      // What we have asked for is no flood, however much it is, nor where we wait for it no more.
      const isAwaited = this.peerContext.claimAnswer(message)
      const isDue = message.inReplyTo !== undefined && this.answersDue > 0
      if (isDue) this.answersDue--
      if (isAwaited || isDue) return message
      return this.gate.admit(message, body.length, this.offeredAt) ?? message
    } catch (error) {
      return this.faultOf(error)
    }
  }

  /** Delivers a message that was accepted: at once, or behind those whose signatures are being checked. */
  deliver(message: P2PMessage, body: Uint8Array): void {
    const { traffic } = this.owner
    this.gate.taken(body.length)
    traffic.messagesIn++
    traffic.bytesIn += body.length
    // What measures the sender's clock cannot wait for a message whose date is not known without.
    const isUpkeep = this.peerContext.useOf(message.protocol) === 'upkeep'
    if (message.signature === undefined && (this.verifying.isIdle || isUpkeep)) this.pass(message)
    else {
      this.unverified++
      // A copy: a small message that waits does not hold its whole frame in memory.
      const own = new Uint8Array(body)
      void this.verifying
        .run(() => this.verifyAndPass(message, own))
        .finally(() => {
          this.unverified--
        })
    }
  }

  /** All that came at once has been offered. */
  rest(): void {
    this.isAwake = false
    this.gate.done()
  }

  /** A message has come of a stream that was told to wait. @throws P2PError RATE_LIMITED for more than an honest peer can have on its way. */
  dropped(refusal: Refusal, bytes: number): void {
    const verdict = this.gate.dropped(refusal, bytes)
    this.bear(verdict !== 'excess')
    if (verdict === 'strike') {
      this.peerContext.defence.blame(this.owner.publicKey, 'RATE_LIMITED', 'The peer went on sending after it was told to wait.')
    }
  }

  /** @param isHonest whether honest peers send as much. @throws P2PError RATE_LIMITED where not. */
  bear(isHonest: boolean): void {
    if (isHonest) return
    throw new P2PError('RATE_LIMITED', 'The peer went on sending after it was told to wait.', {
      details: { peerId: this.owner.peerId },
    })
  }

  /** The connection has ended. */
  close(): void {
    this.gate.release()
  }

  /** @throws P2PError for what no honest peer sends. */
  private decoded(kind: MessageKind, body: Uint8Array): P2PMessage {
    const { peerId: local, identity, limits, requireSignatures } = this.peerContext
    const { peerId, publicKey } = this.owner
    const isSigned = kind === Entry.SIGNED_MESSAGE
    const bytes = isSigned ? body.subarray(SIGNATURE_BYTES) : body
    const keys: ChannelEndKeys | undefined = isSigned ? { remote: publicKey, local: identity.publicKey } : undefined
    const message = decodeMessage(bytes, limits, { remote: peerId, local }, keys)
    if (message.from !== peerId) {
      throw new P2PError('FOREIGN_SENDER', 'The peer sent a message in the name of another.')
    }
    if (message.to !== undefined && message.to !== local) {
      throw violation('sent a message for another')
    }
    if (isSigned) message.signature = body.slice(0, SIGNATURE_BYTES)
    else if (requireSignatures && !message.protocol?.startsWith(INTERNAL_PREFIX)) {
      throw new P2PError('SIGNATURE_REQUIRED', 'This peer takes signed messages only.')
    }
    return message
  }

  private async verifyAndPass(message: P2PMessage, body: Uint8Array): Promise<void> {
    if (this.distrusted) return
    try {
      if (message.signature !== undefined) await this.verify(message.signature, message.timestamp, body.subarray(SIGNATURE_BYTES))
    } catch (error) {
      this.owner.fail(this.faultOf(error))
      return
    }
    this.pass(message)
  }

  /** @throws P2PError INVALID_SIGNATURE. */
  private async verify(signature: Uint8Array, timestamp: number, bytes: Uint8Array): Promise<void> {
    const { defence } = this.peerContext
    const { publicKey } = this.owner
    const check = async () => verify(signature, signingBytes('message', bytes, this.peerContext.networkName), publicKey)
    if (!(await defence.budget.run(hexOf(publicKey), check))) {
      throw new P2PError('INVALID_SIGNATURE', 'The peer sent a message with a wrong signature.')
    }
    // Dates count by the sender's clock, which takes a round trip to measure: for the first time, or anew where it may have been set.
    if (this.owner.clock.isOdd(timestamp)) await this.measure()
  }

  private measure(): Promise<void> {
    const { clock, limits } = this.peerContext
    this.owner.measure()
    return new Promise((resolve) => {
      const timer = clock.setTimeout(resolve, limits.heartbeatTimeoutMs)
      this.onMeasured.push(() => {
        clock.clearTimeout(timer)
        resolve()
      })
    })
  }

  private pass(message: P2PMessage): void {
    try {
      // Only the dates of signed messages count.
      const at = message.signature === undefined ? this.offeredAt : this.owner.clock.timeOf(message.timestamp)
      this.owner.deliver(message, this.gate.freshness(message, at))
    } catch (error) {
      this.owner.fail(this.faultOf(error))
    }
  }

  private faultOf(error: unknown): P2PError {
    this.distrusted = true
    const fault = asP2PError(error, 'PROTOCOL_VIOLATION', 'The peer sent a message that cannot be handled.')
    fault.details.peerId = this.owner.peerId
    return fault
  }
}
