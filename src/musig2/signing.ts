import { Alarm } from '../base/alarm.js'
import { bytesOfHex, equalBytes, hexOf } from '../base/bytes.js'
import { isP2PError, type P2PError } from '../base/errors.js'
import { printable } from '../base/text.js'
import { tupleKey } from '../base/tuple-key.js'
import { encodePeerId } from '../identity/peer-id.js'
import { invalidProof } from './answers.js'
import { Attempt, type AttemptListener, type AttemptProgress, missedReason } from './attempt.js'
import { type Broadcaster, Broadcasting, type BroadcastingListener } from './broadcasting.js'
import { areSignatures, assembled, type SignedTransaction, shownTxid } from './combine.js'
import { inputLocked, type SigningFailure, type SigningFailureDetails, signingFailed } from './errors.js'
import { Gathering, type GatheringListener, type SigningParts } from './gathering.js'
import { MemberLinks } from './member-links.js'
import type { Answer, SigningMessage } from './messages.js'
import type { SharedRequest, SigningRequest } from './request.js'
import { isPayment } from './request-kind.js'
import { type SigningSession, type SigningStep, snapshotOf } from './signing-session.js'
import { type RequestSummary, summaryOf } from './summary.js'

/** What signings share. */
export interface SigningSurroundings extends SigningParts {
  readonly ownScripts: readonly Uint8Array[]
  /** Fires when the coordinator stops, or sleeps. */
  lifetime(): AbortSignal
  /** Whether another request spends the same. */
  isLocked(signing: Signing): boolean
  changed(signing: Signing): void
  /** Keeps it over a reload. */
  keep(signing: Signing): Promise<void>
  ended(signing: Signing): void
}

/** One request at one member: from the question to the signed transaction. */
export class Signing implements GatheringListener, AttemptListener, BroadcastingListener {
  readonly id: string
  /** Resolves once all have signed; at an initiator that broadcasts, once it is sent. Never an unhandled rejection. */
  readonly done: Promise<void>
  /** Undefined of what is no payment. */
  readonly summary: RequestSummary | undefined
  /** Of a transaction; nothing of what is no payment. */
  readonly txid: string
  readonly peerIds: readonly string[]
  /** What all have signed: 64 bytes each. */
  signatures: readonly Uint8Array[] | undefined
  /** The transaction, where it is one, once all have signed. */
  signed: SignedTransaction | undefined
  isOver = false
  private readonly payment: SigningRequest | undefined
  /** False of what is no payment, and of a transaction with inputs that are signed elsewhere: there is nothing to send, and it ends once it is signed. */
  private readonly isWhole: boolean
  private step: SigningStep = 'asked'
  private readonly gathering: Gathering
  private readonly links: MemberLinks
  private attempt: Attempt | undefined
  private failure: P2PError | undefined
  private readonly expiry: Alarm
  private readonly broadcasting: Broadcasting
  private settle!: { resolve(): void; reject(error: P2PError): void }

  constructor(
    private readonly around: SigningSurroundings,
    readonly request: SharedRequest,
    /** As they came. */
    readonly bytes: Uint8Array,
    /** Our place, and the initiator's. */
    readonly own: number,
    readonly from: number,
    private readonly broadcaster: Broadcaster,
  ) {
    const { clock } = around.kit
    const { members, id } = request
    this.id = hexOf(id)
    const payment = isPayment(request) ? request : undefined
    this.payment = payment
    this.summary = payment && summaryOf(payment, around.ownScripts)
    this.txid = payment === undefined ? '' : shownTxid(payment.transaction)
    this.isWhole = payment !== undefined && isWhole(payment)
    this.peerIds = members.map(({ networkKey }) => encodePeerId(networkKey))
    this.links = new MemberLinks(around.kit, id, this.peerIds, own)
    this.gathering = new Gathering(around, request, bytes, own, from, this.links, this)
    this.expiry = new Alarm(clock, () => this.expire())
    this.broadcasting = new Broadcasting(clock, broadcaster, this)
    this.done = new Promise((resolve, reject) => {
      this.settle = { resolve, reject }
    })
    this.done.catch(() => {})
    this.waitForEnd()
  }

  get isInitiator(): boolean {
    return this.own === this.from
  }

  get isAsked(): boolean {
    return this.step === 'asked'
  }

  /** Whether others wait for this process. */
  get isLive(): boolean {
    return this.attempt !== undefined
  }

  /** Outputs that it would spend. */
  get outpoints(): string[] {
    const { payment } = this
    if (payment === undefined) return []
    const { sign, transaction } = payment
    return sign.map(({ input }) => tupleKey(hexOf(transaction.inputs[input]!.txid), transaction.inputs[input]!.index))
  }

  /** Undefined of what is no payment: nobody looks back at it. */
  get snapshot(): SigningSession | undefined {
    const { attempt, request, own, id, txid, summary, gathering, failure, signed, isInitiator } = this
    if (summary === undefined) return undefined
    const progress = attempt?.progress
    const missing = progress?.missing
    const stateOf = (m: number) => (missing === undefined ? gathering.states[m]! : missing.includes(m) ? 'working' : 'ready')
    const { expiresAt } = request
    return snapshotOf({
      ...{ id, txid, summary, attempt: gathering.attemptNumber, expiresAt, failure, signed },
      role: isInitiator ? 'initiator' : 'cosigner',
      step: progress?.phase ?? (attempt === undefined ? this.step : 'partial'),
      deadlineAt: progress?.deadlineAt ?? expiresAt,
      members: request.members.map(({ walletKey }, m) => ({
        publicKey: hexOf(walletKey),
        peerId: this.peerIds[m]!,
        isSelf: m === own,
        state: stateOf(m),
        path: this.links.pathOf(m),
      })),
    })
  }

  /** Our user, or the initiator that we are, wants it signed. @throws P2PError SIGNING_FAILED. */
  async accept(): Promise<void> {
    if (this.step === 'asked') {
      if (this.around.isLocked(this)) throw inputLocked()
      await this.begin()
    }
    return this.done
  }

  /** Our user does not want it signed, or no longer. */
  reject(reason: string, note: string): void {
    if (this.isOver || this.signatures !== undefined) return
    const isAnswer = this.step === 'asked' && !this.isInitiator
    if (isAnswer) this.links.tellAll('answer', this.request.hash, 0, reason, note)
    else this.links.tellAll('cancel', reason, note)
    this.fail(isAnswer ? 'REJECTED' : 'CANCELLED', 'It was refused here.', [this.own], { note: reason })
  }

  /** A message of a member. @throws P2PError INVALID_SIGNATURE: the member's own fault. */
  handle({ type, fields }: SigningMessage, member: number): void {
    if (this.isOver || member === this.own) return
    if (type === 'answer') {
      const [, , hash, isYes, ...rest] = fields
      if (!equalBytes(hash, this.request.hash)) return
      if (isYes === 1) this.answered(member, { fresh: rest[0] as Uint8Array, proofs: rest[1] as Uint8Array[] })
      else this.told('REJECTED', member, ...(rest as [string, string]))
    } else if (type === 'roster') this.gathering.rostered(fields[2], fields[3])
    else if (type === 'cancel') this.told('CANCELLED', member, fields[2], fields[3])
    else if (type === 'sent') {
      if (this.signed !== undefined && equalBytes(fields[2], this.wireTxid)) void this.broadcasting.heard(this.txid)
    } else if (this.signatures === undefined && this.step !== 'asked') {
      if (!areSignatures(this.request, fields[2])) throw invalidProof()
      this.allSigned(fields[2].map((signature) => signature.slice()))
    }
  }

  /** A member is connected. */
  connected(peerId: string): void {
    const member = this.peerIds.indexOf(peerId)
    if (member < 0) return
    this.gathering.greet(member)
    this.changed()
  }

  /** A member is gone, or connected by another path. */
  moved(peerId: string): void {
    if (this.peerIds.includes(peerId)) this.changed()
  }

  /** It is on its way to the chain. */
  reportSent(): void {
    if (this.signed === undefined || this.isOver) return
    this.links.tellAll('sent', this.wireTxid)
    this.end('sent')
  }

  /** As the store remembers it. */
  restore(isAccepted: boolean, signatures: readonly Uint8Array[] | undefined): void {
    if (signatures && areSignatures(this.request, signatures)) this.allSigned(signatures)
    else if (isAccepted) void this.begin()
  }

  /** The process stops, or sleeps: nothing is told, the store keeps it. */
  close(): void {
    this.expiry.disarm()
    this.gathering.stop()
    this.broadcasting.stop()
    this.attempt?.close()
    this.attempt = undefined
  }

  changed(): void {
    this.around.changed(this)
  }

  keep(): Promise<void> {
    return this.around.keep(this)
  }

  /** Comes back after `close`. */
  resume(): void {
    this.waitForEnd()
    if (this.signed !== undefined) this.planBroadcast(this.signed)
    else if (this.step !== 'asked') void this.begin()
  }

  /** As messages have it: 32 bytes. */
  private get wireTxid(): Uint8Array {
    return bytesOfHex(this.txid).reverse()
  }

  private waitForEnd(): void {
    this.expiry.arm(this.request.expiresAt - this.around.kit.clock.now())
  }

  private begin(): Promise<void> {
    this.step = 'waiting'
    return this.gathering.begin()
  }

  private answered(member: number, answer: Answer): void {
    if (this.signatures !== undefined) this.links.to(member, 'signed', this.signatures)
    else if (this.gathering.take(member, answer)) {
      // Whoever draws anew is in no session any more.
      this.attempt?.left(member)
      this.changed()
      this.gathering.ready()
    }
  }

  /** Our own signer refuses, or has failed. */
  signerFailed(cause: unknown): void {
    const isRefused = isP2PError(cause) && cause.details.reason === 'REJECTED'
    this.links.tellAll('cancel', isRefused ? 'rejected' : 'SIGNER_FAILED', '')
    this.fail(isRefused ? 'REJECTED' : 'SIGNER_FAILED', 'The signer refuses, or has failed.', [this.own], {}, cause)
  }

  join(number: number, roster: readonly Answer[]): void {
    const { around, request, bytes, own } = this
    try {
      const attempt = new Attempt({
        ...around,
        signal: around.lifetime(),
        request,
        peerIds: this.peerIds,
        bytes,
        own,
        number,
        fresh: roster.map(({ fresh }) => fresh),
        listener: this,
      })
      this.attempt = attempt
      this.changed()
    } catch (cause) {
      this.attemptFailed(signingFailed('The session could not begin.', { reason: 'SIGNER_FAILED' }, cause))
    }
  }

  attemptFailed(error: P2PError): void {
    // Another member has sent us the signatures meanwhile.
    if (this.isOver || this.signatures !== undefined) return
    const { reason, retryable } = error.details as unknown as SigningFailureDetails
    this.attempt = undefined
    this.failure = error
    if (reason !== 'SIGNER_FAILED' && retryable && this.gathering.joins <= this.around.limits.signingRetries) {
      this.gathering.states.fill('asked')
      this.changed()
      void this.begin()
      return
    }
    if (reason === 'SIGNER_FAILED') this.links.tellAll('cancel', reason, '')
    this.end('failed', error)
  }

  allSigned(signatures: readonly Uint8Array[]): void {
    if (this.isOver || this.signatures !== undefined) return
    const { payment } = this
    this.signatures = signatures
    this.step = 'signed'
    this.gathering.states.fill('ready')
    this.failure = undefined
    // It goes on for members that still lack a part.
    this.attempt = undefined
    this.gathering.stop()
    if (payment !== undefined) this.signed = assembled(payment, signatures)
    if (!this.isWhole) {
      this.end('signed')
      return
    }
    if (!this.isSender) this.settle.resolve()
    this.keep().catch((error) => this.around.kit.report(error))
    this.changed()
    this.planBroadcast(this.signed!)
  }

  private planBroadcast(signed: SignedTransaction): void {
    this.broadcasting.plan(signed, this.gathering.rank * this.around.limits.broadcastFailoverMs)
  }

  /** A member does not want it. */
  private told(reason: SigningFailure, member: number, why: string, note: string): void {
    if (this.signatures !== undefined) return
    this.gathering.states[member] = 'rejected'
    this.fail(reason, 'A member does not sign it.', [member], { note: printable(note === '' ? why : `${why}: ${note}`, 512) })
  }

  /** We cannot ask a member, or it does not want to be asked: the others need not decide. */
  memberRefused(reason: SigningFailure, member: number, why: string): void {
    if (this.isOver || this.signatures !== undefined) return
    this.links.tellAll('cancel', reason, '')
    this.told(reason, member, why, '')
  }

  /** Whether whoever called `sign` waits until it is sent. */
  private get isSender(): boolean {
    return this.isWhole && this.isInitiator && this.broadcaster.broadcast !== undefined
  }

  /** It is signed, and not sent: other members may still do that. */
  unsent(cause: unknown): void {
    const { transaction } = this.signed!
    const message = 'The transaction is signed and was not sent. Send it by another way: it is in details.transaction.'
    const details = { transaction: hexOf(transaction), txid: this.txid, mayStillComplete: true }
    const error = signingFailed(message, { reason: 'BROADCAST_FAILED', ...details }, cause)
    this.failure = error
    this.settle.reject(error)
    this.changed()
  }

  private expire(): void {
    const { step, failure } = this
    const progress = this.attempt?.progress
    const { away, silent } = this.gathering
    if (step === 'signed') {
      if (this.isSender && failure === undefined) this.unsent(undefined)
      this.end('signed', this.failure)
    } else if (step === 'asked') this.fail('EXPIRED', 'Its time is over.', [this.own])
    else if (failure !== undefined) this.end('failed', failure)
    else if (progress !== undefined) this.fail(...lateIn(progress))
    else if (this.isInitiator && away.length > 0) this.fail('COSIGNER_UNREACHABLE', 'Members could not be reached.', away)
    else this.fail('NOT_ALL_ACCEPTED', 'Not all members have accepted it in time.', silent)
  }

  private fail(
    reason: SigningFailure,
    message: string,
    who: readonly number[],
    details: Partial<SigningFailureDetails> = {},
    cause?: unknown,
  ): void {
    const members = who.map((member) => this.peerIds[member]!)
    const all = { reason, members, ...details, ...(this.attempt?.gave && { mayStillComplete: true }) }
    this.end('failed', signingFailed(message, all, cause))
  }

  private end(step: 'signed' | 'sent' | 'failed', error?: P2PError): void {
    if (this.isOver) return
    this.isOver = true
    this.step = step
    this.failure = error
    this.close()
    if (error !== undefined) this.settle.reject(error)
    else this.settle.resolve()
    this.changed()
    this.around.ended(this)
  }
}

/** Whether each input is signed here, or came signed. */
function isWhole({ transaction, sign }: SigningRequest): boolean {
  const own = new Set(sign.map(({ input }) => input))
  return transaction.inputs.every(({ script }, input) => own.has(input) || script.length > 0)
}

/** A session that the end of its request has cut off: who is waited for. */
function lateIn({ phase, missing }: AttemptProgress): [SigningFailure, string, readonly number[]] {
  return [missedReason(phase), 'Members did not act in the time of the request. They may be away.', missing]
}
