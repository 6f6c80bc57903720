import { Alarm } from '../base/alarm.js'
import { compareBytes, equalBytes, hexOf, isBytes } from '../base/bytes.js'
import type { Clock } from '../base/clock.js'
import { isP2PError, type P2PError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import type { SignedEnvelope } from '../identity/envelope.js'
import { wireStatement } from './statement.js'
import type { Held, StatementBoard } from './statement-board.js'
import { StatementMember } from './statement-member.js'
import { MAX_ENTRIES, malformed, type SessionMessage, type SessionMessageType } from './statement-messages.js'

/** What the members of a session need to reach each other. */
export interface ExchangeOptions {
  board: StatementBoard
  /** Our own public key. */
  own: Uint8Array
  clock: Clock
  limits: Limits
  send(peerId: string, type: SessionMessageType, payload: unknown): void
  /** Takes a statement in; throws as `StatementBoard.hear`. */
  hear(envelope: SignedEnvelope): Promise<void>
  /** A member sent what no honest one sends. */
  onFault(peerId: string, error: P2PError): void
  /** A member claims to have heard what it does not show. */
  onLiar(publicKey: Uint8Array): void
}

/**
 * Compares what the members of one session have heard. Digests go to all with each change; where two differ, both send lists, and
 * each asks the other for the statements that it lacks or has otherwise. So whatever one honest member has heard the others hear,
 * and two contradicting statements meet.
 */
export class StatementExchange {
  /** Connected members, by public key in hex. */
  private readonly members = new Map<string, StatementMember>()
  /** By member and round the last digest it has told. Outlives connections: who has heard a thing has heard it. */
  private readonly views = new Map<string, Map<number, string>>()
  /** Rounds to be told to all. */
  private readonly changed = new Set<number>()
  private readonly alarm: Alarm

  constructor(private readonly options: ExchangeOptions) {
    this.alarm = new Alarm(options.clock, () => this.compareAll())
  }

  connected(peerId: string, publicKey: Uint8Array): void {
    const { board, own, clock, limits, send, onLiar } = this.options
    if (board.indexOf(publicKey) === undefined || compareBytes(publicKey, own) === 0) return
    this.disconnected(publicKey)
    const options = { clock, showMs: limits.statementShowMs, onLiar: () => onLiar(publicKey) }
    const member = new StatementMember(peerId, publicKey, options)
    this.members.set(hexOf(publicKey), member)
    send(peerId, 'join', [board.tag])
  }

  /** Whether a member that is connected has said that it is in the session, and has not left it. */
  hasJoined(publicKey: Uint8Array): boolean {
    const member = this.members.get(hexOf(publicKey))
    return member?.joined === true && !member.ended
  }

  disconnected(publicKey: Uint8Array): void {
    this.members.get(hexOf(publicKey))?.stop()
    this.members.delete(hexOf(publicKey))
  }

  /** One of our own: goes to all at once, the rest waits for the digests. */
  said(held: Held): void {
    for (const member of this.members.values()) {
      member.sent.add(held)
      this.show(member, [held])
    }
  }

  /** Somebody has said something in a round, or is not believed any more. */
  changedIn(round: number): void {
    this.changed.add(round)
    this.arm()
  }

  /** Nobody owes us what this member has said, a liar or one that floods. */
  dropped(index: number): void {
    for (const member of this.members.values()) member.excuse(index)
    for (const round of this.options.board.heardRounds) this.changedIn(round)
  }

  /** Shows each member all that is held of a round, for it may lack the time to ask. */
  push(round: number): void {
    const { board } = this.options
    for (const member of this.members.values()) {
      this.show(
        member,
        board.all(round).filter(({ statement }) => !equalBytes(statement.publicKey, member.publicKey)),
      )
    }
  }

  /** Asks the member at a place for statements; false where it is not connected. */
  ask(round: number, place: number, entries: [place: number, slot: string][]): boolean {
    const { board, send } = this.options
    const member = this.members.get(hexOf(board.members[place]!))
    if (member === undefined) return false
    for (const part of parts(entries)) send(member.peerId, 'want', [board.tag, round, part])
    return true
  }

  /** A message about this session; whoever is no member is not listened to. @throws P2PError MALFORMED_DATA. */
  async handle(message: SessionMessage, publicKey: Uint8Array): Promise<void> {
    const member = this.members.get(hexOf(publicKey))
    if (member === undefined || member.ended) return
    switch (message[0]) {
      case 'join':
        return this.joined(member)
      case 'end':
        member.ended = true
        return member.stop()
      case 'statements':
        return this.heard(member, message[2])
      case 'digest':
        return this.compare(member, message[2])
      case 'list':
        return this.listed(member, message[2], message[3])
      case 'want':
        return this.wanted(member, message[2], message[3])
    }
  }

  /** Tells what we have heard, for the last time, and that we leave. */
  close(): void {
    this.alarm.disarm()
    for (const member of this.members.values()) {
      this.tell(member, this.changed)
      this.options.send(member.peerId, 'end', [this.options.board.tag])
      member.stop()
    }
    this.members.clear()
    this.views.clear()
    this.changed.clear()
  }

  private arm(): void {
    // From the first change, and not the last: or one member could put the comparison off with ever new statements.
    this.alarm.armOnce(this.options.limits.statementDigestMs)
  }

  private compareAll(): void {
    let isDoubted = false
    for (const member of this.members.values()) {
      this.tell(member, this.changed)
      for (const round of member.suspected) if (this.differs(member, round)) this.list(member, round)
      isDoubted = member.suspect() || isDoubted
    }
    this.changed.clear()
    if (isDoubted) this.arm()
  }

  private differs(member: StatementMember, round: number): boolean {
    const view = this.views.get(hexOf(member.publicKey))?.get(round)
    return view !== undefined && view !== hexOf(this.options.board.digest(round))
  }

  private joined(member: StatementMember): void {
    // Once a connection: what was sent before has not been heard, and whoever repeats this gets nothing by it.
    if (member.joined) return
    member.joined = true
    const { board, own } = this.options
    for (const round of board.heardRounds) {
      const ours = board.held(round).filter(({ statement }) => compareBytes(statement.publicKey, own) === 0)
      this.show(
        member,
        ours.filter((held) => !member.sent.has(held)),
      )
      // A member that was not in the session when the rest was sent asks for it. Most were: nothing goes twice.
      const sent = ours.filter((held) => member.sent.has(held))
      if (sent.length > 0 && member.mayRepeat('list', board.digest(round))) this.name(member, round, sent)
    }
    member.told.clear()
    this.tell(member, board.heardRounds)
  }

  /** Digests of rounds, as far as they are news. */
  private tell(member: StatementMember, rounds: Iterable<number>): void {
    const { board, send } = this.options
    const news: [number, Uint8Array][] = []
    for (const round of rounds) {
      const digest = board.digest(round)
      if (isNews(member.told, round, digest)) news.push([round, digest])
    }
    for (const part of parts(news)) send(member.peerId, 'digest', [board.tag, part])
  }

  private list(member: StatementMember, round: number): void {
    const { board } = this.options
    this.tell(member, [round])
    // More than once: another digest of the member's is another reason, while ours is the same.
    if (!member.mayRepeat('list', board.digest(round))) return
    this.name(member, round, board.held(round))
  }

  /** Says what we hold, for the member to ask for what it lacks. */
  private name(member: StatementMember, round: number, held: readonly Held[]): void {
    const { board, send } = this.options
    const entries = held.map(({ statement, index, id }) => [index, statement.slot, id])
    for (const part of parts(entries)) send(member.peerId, 'list', [board.tag, round, part])
  }

  private show(member: StatementMember, held: Held[]): void {
    const { board, send } = this.options
    // 16 of the longest have a quarter of what a message may have.
    for (const part of parts(held, 16))
      send(member.peerId, 'statements', [board.tag, part.map(({ statement }) => wireStatement(statement))])
  }

  private compare(member: StatementMember, digests: [number, Uint8Array][]): void {
    const { board, limits } = this.options
    const name = hexOf(member.publicKey)
    const views = this.views.get(name) ?? new Map<number, string>()
    this.views.set(name, views)
    for (const [round, digest] of digests) {
      // Rounds without limit would be memory without limit.
      const near = Math.abs(round - board.round) <= limits.maxStatementRoundsAhead
      if (!near && board.held(round).length === 0) continue
      views.set(round, hexOf(digest))
      // Not at once: what we lack is usually on its way, and so is the next digest of a member that had not heard all.
      if (!this.differs(member, round)) continue
      member.doubted.add(round)
      this.arm()
    }
  }

  private listed(member: StatementMember, round: number, entries: [number, string, Uint8Array][]): void {
    const { board, limits, send } = this.options
    const wants: [number, string][] = []
    for (const [index, slot, id] of entries) {
      if (index >= board.members.length) throw malformed('list')
      const held = board.get(round, index, slot)
      if (board.isDropped(index) || round > board.round + limits.maxStatementRoundsAhead) continue
      if ((held !== undefined && compareBytes(held.id, id) === 0) || member.claimed >= MAX_ENTRIES) continue
      if (!member.mayRepeat('ask', id)) continue
      member.claim(id, index)
      wants.push([index, slot])
    }
    if (wants.length > 0) send(member.peerId, 'want', [board.tag, round, wants])
    // It may be the one that lacks something: its digest came before we had it, and gave no reason to doubt.
    if (this.differs(member, round)) this.list(member, round)
  }

  private wanted(member: StatementMember, round: number, entries: [number, string][]): void {
    const found = entries.map(([index, slot]) => this.options.board.get(round, index, slot))
    this.show(member, found.filter((held) => held !== undefined && member.mayRepeat('show', held.id)) as Held[])
  }

  private async heard(member: StatementMember, wires: unknown[]): Promise<void> {
    for (const wire of wires) {
      const [publicKey, payload, signature] = Array.isArray(wire) ? wire : []
      try {
        const envelope = { publicKey, payload, signature } as SignedEnvelope
        if (isBytes(payload) && isBytes(publicKey)) member.shown(this.options.board.idOf(envelope))
        await this.options.hear(envelope)
      } catch (error) {
        if (!isP2PError(error)) throw error
        // An honest member passes on what it has verified, contradictions and what is too much for us included; the rest is its
        // own fault, never that of whoever the statement names.
        if (error.code === 'INVALID_STATEMENT' || error.code === 'INVALID_SIGNATURE')
          return this.options.onFault(member.peerId, error)
      }
    }
  }
}

/** True if the round's digest is another than the last one noted; notes it. */
function isNews(noted: Map<number, string>, round: number, digest: Uint8Array): boolean {
  const name = hexOf(digest)
  if (noted.get(round) === name) return false
  noted.set(round, name)
  return true
}

function parts<Item>(items: Item[], size = MAX_ENTRIES): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, part) => items.slice(part * size, (part + 1) * size))
}
