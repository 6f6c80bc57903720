import { Alarm } from '../base/alarm.js'
import { isP2PError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import type { PluginKit } from '../core/plugin.js'
import type { Statements } from '../statements/statements.js'
import { Answers } from './answers.js'
import { rankOf } from './election.js'
import type { SigningFailure } from './errors.js'
import type { MemberLinks } from './member-links.js'
import type { Answer } from './messages.js'
import type { SharedRequest } from './request.js'
import type { MuSig2Signer } from './signer.js'
import type { SigningMemberState } from './signing-session.js'

/** Sessions of one request that a member joins, whoever asks. */
const MAX_ATTEMPTS = 8

/** What every signing needs. */
export interface SigningParts {
  readonly kit: PluginKit
  readonly statements: Statements
  readonly limits: Required<Limits>
  signer(): Promise<MuSig2Signer>
}

/** What a gathering tells. */
export interface GatheringListener {
  changed(): void
  /** Our user has accepted, and our signer has proven it: it is to be kept over a reload. */
  keep(): Promise<void>
  /** All have answered: the session of this number begins, with what each member has drawn. */
  join(number: number, roster: readonly Answer[]): void
  /** A member cannot be asked, or does not want it. @param why for programs. */
  memberRefused(reason: SigningFailure, member: number, why: string): void
  /** Our own signer refuses, or has failed. */
  signerFailed(cause: unknown): void
}

/**
 * The members of one request between two sessions: who was asked, who has accepted, and the roster of their answers. Whoever has all answers may send
 * the roster; the initiator is first, and the others take turns.
 */
export class Gathering {
  /** By member. */
  readonly states: SigningMemberState[]
  /** The number of the latest session, and how many were joined here. */
  attemptNumber = 0
  joins = 0
  private readonly answers: Answers
  private isOpen = false
  private isEnded = false
  private ticks = 0
  /** How often we have drawn. */
  private draws = 0
  private readonly ticker: Alarm
  private readonly assembly: Alarm

  constructor(
    private readonly around: SigningParts,
    private readonly request: SharedRequest,
    /** As they came. */
    private readonly bytes: Uint8Array,
    /** Our place, and the initiator's. */
    private readonly own: number,
    private readonly from: number,
    private readonly links: MemberLinks,
    private readonly listener: GatheringListener,
  ) {
    const { clock } = around.kit
    this.states = request.members.map((_, member) => (member === own || member === from ? 'asked' : 'away'))
    this.answers = new Answers(request)
    this.ticker = new Alarm(clock, () => this.tick())
    this.assembly = new Alarm(clock, () => this.assemble())
  }

  /** How many members act before us. */
  get rank(): number {
    const { own, from, request } = this
    const { members, hash } = request
    const keys = members.filter((_, member) => member !== from).map(({ walletKey }) => walletKey)
    return this.isInitiator ? 0 : 1 + rankOf(members[own]!.walletKey, keys, 'hash', hash)
  }

  /** Members that were not reached. */
  get away(): number[] {
    return this.links.otherMembers.filter((member) => this.states[member] === 'away')
  }

  /** Members that have not accepted. */
  get silent(): number[] {
    return this.links.otherMembers.filter((member) => this.answers.of(member) === undefined)
  }

  /** We accept: draws for a session, and tells that we take part. */
  begin(): Promise<void> {
    this.isOpen = true
    this.isEnded = false
    this.tick()
    return this.answer()
  }

  /** Nobody is waited for any more. */
  stop(): void {
    this.isEnded = true
    this.pause()
  }

  /** A member is connected: it hears what it may have missed. */
  greet(member: number): void {
    if (this.isEnded) return
    if (this.isInitiator && this.states[member] === 'away') void this.ask(member)
    this.sendAnswer(member)
  }

  /** Takes a member's answer; false where it is known, or old. @throws P2PError INVALID_SIGNATURE. */
  take(member: number, answer: Answer): boolean {
    if (!this.answers.add(member, answer)) return false
    this.states[member] = 'accepted'
    return true
  }

  /** Where all answers are there, somebody sends the roster. */
  ready(): void {
    if (this.awaitsRoster && this.answers.all) this.assembly.armOnce(this.rank * this.around.limits.rosterFailoverMs)
  }

  /** A member sends a roster. @throws P2PError INVALID_SIGNATURE. */
  rostered(number: number, entries: readonly [Uint8Array, Uint8Array[]][]): void {
    const roster: Answer[] = entries.map(([fresh, proofs]) => ({ fresh, proofs }))
    if (!this.awaitsRoster || !this.answers.fits(roster, this.own)) return
    this.answers.check(roster)
    this.join(number, roster)
  }

  private get isInitiator(): boolean {
    return this.own === this.from
  }

  private get awaitsRoster(): boolean {
    return this.isOpen && this.joins < MAX_ATTEMPTS
  }

  private async answer(): Promise<void> {
    const { around, own, request, bytes, listener, links } = this
    const draw = ++this.draws
    const { networkKey } = request.members[own]!
    try {
      const fresh = around.statements.fresh()
      const proofs = await (await around.signer()).prove({ request: bytes, networkKey, fresh })
      await listener.keep()
      if (!this.isOpen || draw !== this.draws) return
      this.answers.add(own, { fresh, proofs })
    } catch (cause) {
      listener.signerFailed(cause)
      return
    }
    this.states[own] = 'accepted'
    for (const member of links.otherMembers) this.sendAnswer(member)
    listener.changed()
    this.ready()
  }

  private sendAnswer(member: number): void {
    const { own, links, request } = this
    const answer = this.answers.of(own)
    if (answer !== undefined) links.to(member, 'answer', request.hash, 1, answer.fresh, answer.proofs)
  }

  private assemble(): void {
    const { all } = this.answers
    if (this.awaitsRoster && all) this.join(this.attemptNumber + 1, all)
  }

  private join(number: number, roster: readonly Answer[]): void {
    this.joins++
    this.attemptNumber = number
    this.pause()
    this.answers.use(roster)
    const entries = roster.map(({ fresh, proofs }) => [fresh, proofs])
    this.links.tellAll('roster', number, entries)
    this.listener.join(number, roster)
  }

  private pause(): void {
    this.isOpen = false
    this.ticker.disarm()
    this.assembly.disarm()
  }

  /** Looks for members that are away, and tells those that are here what they may have missed. */
  private tick(): void {
    if (!this.awaitsRoster) return
    const { links, own, around } = this
    this.ticker.arm(around.limits.rosterFailoverMs)
    const isFirst = this.ticks++ === 0
    for (const member of links.otherMembers) {
      if (links.pathOf(member) !== undefined) this.greet(member)
      // Of two members that both accept, one dials first.
      else if (this.isInitiator || !isFirst || member > own) void links.dial(member)
    }
  }

  private async ask(member: number): Promise<void> {
    const { listener, states } = this
    try {
      const answer = await this.links.ask(member, this.bytes)
      if (answer === 'rejected') listener.memberRefused('REJECTED', member, answer)
      else if (answer === 'unlisted') listener.memberRefused('NOT_LISTED', member, answer)
      else if (answer === 'seen' && states[member] === 'away') {
        states[member] = 'asked'
        listener.changed()
      }
    } catch (error) {
      // Whoever has gone is asked when it comes back.
      if (isP2PError(error, 'PROTOCOL_NOT_SUPPORTED')) listener.memberRefused('NOT_SUPPORTED', member, error.code)
      else if (isP2PError(error, 'SIGNING_FAILED')) listener.memberRefused('REJECTED', member, error.message)
    }
  }
}
