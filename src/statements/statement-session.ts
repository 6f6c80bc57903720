import { hexOf, isBytes } from '../base/bytes.js'
import { isP2PError, type P2PError, shutDownError } from '../base/errors.js'
import { fenced } from '../base/fenced.js'
import { tupleKey } from '../base/tuple-key.js'
import type { SignedEnvelope } from '../identity/envelope.js'
import type { Identity } from '../identity/identity.js'
import type { EquivocationEvidence, VerifiedEvidence } from './equivocation.js'
import { checkSame, type OwnSlots } from './own-slots.js'
import { invalidStatement, type SignedStatement, type Statement, signStatement, type VerifiedStatement } from './statement.js'
import { StatementBoard } from './statement-board.js'
import { type ExchangeOptions, StatementExchange } from './statement-exchange.js'

/** Options of `Statements.join`. */
export interface StatementSessionOptions {
  /** Name of the protocol, 1 to 128 characters. */
  protocol: string
  /** Name of the session, 1 to 128 characters: fresh, and the same at all members. */
  session: string
  /**
   * What each member has drawn for this session with `Statements.fresh`, 16 bytes each, in bytewise order of the members' keys. It is
   * hashed into the session's name, so that whoever has lost what it remembers meets no session that it was in.
   */
  fresh?: readonly Uint8Array[] | undefined
  /**
   * Whether what we say is kept in the store before it leaves, so that after a reload the same is said again and nothing else. Default:
   * true, and false with `fresh`.
   */
  remember?: boolean | undefined
  /** Ed25519 public keys of all members, 32 bytes each, in any order; with or without our own. */
  members: readonly Uint8Array[]
  /**
   * The slots that a round may have, the same at all members. Default: any; then a member can say ever more in a round, until it has
   * said too much.
   */
  slots?: readonly string[] | undefined
  /** Each statement of another member, once, when it is first heard. */
  onStatement?: ((statement: SignedStatement) => void) | undefined
  /** A member has lied, once for each liar: it is blamed already, and the other members have the proof. */
  onEquivocation?: ((evidence: EquivocationEvidence) => void) | undefined
  /** Ends the session as `close` does. */
  signal?: AbortSignal | undefined
}

/** What a session needs of its surroundings. */
export type SessionSurroundings = Omit<ExchangeOptions, 'board' | 'own' | 'hear'> & {
  identity: Identity
  network: string
  /** How many rounds there are; default: any number. */
  rounds: number | undefined
  /** Absent where nothing of the session is remembered. */
  slots: OwnSlots | undefined
  onEvidence(evidence: VerifiedEvidence): void
  /** A member has said more than a member may, and signed it. */
  onFlood(publicKey: Uint8Array): void
  onListenerFailed(error: unknown): void
  onClosed(): void
}

/**
 * One session of a multi-party protocol: what its members state, with their proofs, and a comparison of what each has heard. Made
 * by `Statements.join`. A member that tells some one thing and others another is found out within the round, proven to everybody,
 * and blamed.
 *
 * @example
 * const session = statements.join({ protocol: 'dice', session, members, slots: ['commit', 'reveal'], onStatement })
 * await session.say({ round: 0, slot: 'commit', value: commitment })
 * session.close()
 */
export class StatementSession {
  /** For `StatementRun`. @internal */
  readonly board: StatementBoard
  /** The network's side; for `Statements`. @internal */
  readonly exchange: StatementExchange
  /** What we say, from before it is signed: by round and slot. */
  private readonly own = new Map<string, { value: Uint8Array; saying: Promise<SignedStatement> }>()
  private ended: P2PError | undefined
  private readonly onAbort = () => this.close()

  /** @throws P2PError INVALID_CONFIG, INVALID_PEER_ID. @internal */
  constructor(
    private readonly options: StatementSessionOptions,
    private readonly around: SessionSurroundings,
  ) {
    const { protocol, session, members, slots, signal } = options
    const { identity, network, limits, rounds } = around
    const all = [...members, identity.publicKey]
    this.board = new StatementBoard({ network, protocol, session, members: all, slots, rounds, limits })
    this.exchange = new StatementExchange({
      ...around,
      board: this.board,
      own: identity.publicKey,
      hear: async (envelope) => void (await this.take(envelope)),
    })
    signal?.addEventListener('abort', this.onAbort)
  }

  /** Names session, members and slots: 32 bytes in hex. */
  get tag(): string {
    return hexOf(this.board.tag)
  }

  /** Public keys of all members, our own included, in bytewise order. */
  get members(): readonly Uint8Array[] {
    return this.board.members
  }

  /** Whether a member is connected, and has said that it is in this session, and not that it has left: only then its silence says anything. */
  hasJoined(publicKey: Uint8Array): boolean {
    return this.exchange.hasJoined(publicKey)
  }

  /** Proofs against members, found here or brought by others. */
  get evidence(): EquivocationEvidence[] {
    return this.board.evidence()
  }

  /** What the members that have not lied have said in a round, our own statements included. */
  statements(round: number): SignedStatement[] {
    return this.board.held(round).map(({ statement }) => statement)
  }

  /**
   * Signs a statement and sends it to all connected members; others get it when they connect. Saying the same again is harmless, after
   * a reload too: the statement that the store remembers, or that a member has shown, is said again as it was.
   *
   * @throws P2PError EQUIVOCATION where we have said something else in this slot, INVALID_STATEMENT, LIMIT_EXCEEDED,
   *   IDENTITY_FAILED, STORAGE_FAILED, SHUT_DOWN.
   */
  async say(content: Pick<Statement, 'round' | 'slot' | 'value'>): Promise<SignedStatement> {
    this.check()
    const { round, slot, value } = content
    if (!isBytes(value)) throw invalidStatement('value must be a Uint8Array')
    if (this.options.slots?.includes(slot) === false) throw invalidStatement('its slot is none of this session')
    const name = tupleKey(round, slot)
    const known = this.own.get(name)
    if (known !== undefined) {
      // Before it is signed: the second signature would be a proof against ourselves.
      checkSame({ ...this.options, round, slot, value: known.value }, value)
      return known.saying
    }
    const saying = this.sign(content)
    this.own.set(name, { value: value.slice(), saying })
    // What failed has not left this process.
    saying.catch(() => this.own.delete(name))
    return saying
  }

  /** We are in this round now; `say` does this by itself. Statements of rounds far ahead of ours are not kept. */
  enter(round: number): void {
    const { board, exchange } = this
    const ahead = this.around.limits.maxStatementRoundsAhead
    // What was too far ahead until now was not kept: the members are told that we have nothing of it.
    for (let far = Math.max(board.round, round - ahead - 1) + ahead + 1; far <= round + ahead; far++) exchange.changedIn(far)
    board.round = Math.max(board.round, round)
  }

  /**
   * Takes in a statement that came by another way, in a message of the protocol itself for example.
   *
   * @throws P2PError EQUIVOCATION with `details.evidence`, INVALID_STATEMENT for an outsider or another session, INVALID_SIGNATURE,
   *   LIMIT_EXCEEDED, SHUT_DOWN.
   */
  async hear(statement: SignedEnvelope): Promise<'new' | 'known'> {
    return (await this.take(statement)) === undefined ? 'known' : 'new'
  }

  /** Leaves the session: the members are told, memory and timers are freed. A second call does nothing. */
  close(): void {
    if (this.ended !== undefined) return
    this.ended = shutDownError('This session')
    this.options.signal?.removeEventListener('abort', this.onAbort)
    this.exchange.close()
    this.board.clear()
    this.own.clear()
    this.around.onClosed()
  }

  /** Whether a proof is of this session, against a member, and news. @internal */
  isConcerned({ publicKey, protocol, session }: EquivocationEvidence): boolean {
    const index = this.board.indexOf(publicKey)
    const { options } = this
    return index !== undefined && protocol === options.protocol && session === options.session && !this.board.isGuilty(index)
  }

  /** A proof that concerns this session. @internal */
  convict(evidence: VerifiedEvidence): void {
    this.board.convict(evidence)
    this.exchange.dropped(this.board.indexOf(evidence.publicKey)!)
    this.fenced(() => this.options.onEquivocation?.(evidence))
  }

  /** @internal */
  isMember(publicKey: Uint8Array): boolean {
    return this.board.indexOf(publicKey) !== undefined
  }

  private async sign({ round, slot, value }: Pick<Statement, 'round' | 'slot' | 'value'>): Promise<SignedStatement> {
    this.check()
    const { protocol, session } = this.options
    const { identity, slots } = this.around
    const content = { protocol, session, round, slot, value: value.slice() }
    const heard = this.board.get(round, this.board.indexOf(identity.publicKey)!, slot)?.statement
    const said = heard ?? (await slots?.recall(content))
    if (said !== undefined) checkSame(said, content.value)
    const statement = said ?? (await signStatement(identity, content, this.around))
    // Before it leaves: whoever stops here has said nothing.
    if (said === undefined) await slots?.keep(statement)
    this.check()
    this.enter(round)
    await this.board.hear(statement)
    this.check()
    const held = this.board.get(round, this.board.indexOf(statement.publicKey)!, slot)
    if (held !== undefined) this.exchange.said(held)
    this.exchange.changedIn(round)
    return statement
  }

  private async take(envelope: SignedEnvelope): Promise<VerifiedStatement | undefined> {
    this.check()
    let news: VerifiedStatement | undefined
    try {
      news = await this.board.hear(envelope)
    } catch (error) {
      if (isP2PError(error, 'EQUIVOCATION')) this.around.onEvidence(error.details.evidence as VerifiedEvidence)
      if (isP2PError(error, 'LIMIT_EXCEEDED') && this.ended === undefined) this.flooded(error.details.flooding)
      throw error
    }
    this.check()
    if (news !== undefined) {
      this.exchange.changedIn(news.round)
      this.fenced(() => this.options.onStatement?.(structuredClone(news) as SignedStatement))
    }
    return news
  }

  private flooded(index: unknown): void {
    if (typeof index !== 'number' || this.board.isDropped(index)) return
    this.board.exclude(index)
    this.exchange.dropped(index)
    this.around.onFlood(this.members[index]!)
  }

  private fenced(listener: () => unknown): void {
    fenced(listener, (error) => this.around.onListenerFailed(error))
  }

  private check(): void {
    if (this.ended !== undefined) throw this.ended
  }
}
