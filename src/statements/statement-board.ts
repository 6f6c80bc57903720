import { compareBytes, equalBytes, hexOf } from '../base/bytes.js'
import { P2PError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import { tupleKey } from '../base/tuple-key.js'
import { type SignedEnvelope, taggedHash } from '../identity/envelope.js'
import { encodePeerId } from '../identity/peer-id.js'
import { encode } from '../message/codec.js'
import { evidenceOf, type VerifiedEvidence } from './equivocation.js'
import {
  invalidStatement,
  readStatement,
  type SignedStatement,
  statementId,
  type VerifiedStatement,
  verifyStatement,
  wireStatement,
} from './statement.js'

/** A statement as it is held, with the name by which peers compare it. */
export interface Held {
  readonly statement: VerifiedStatement
  /** Place of its signer among the members. */
  readonly index: number
  /** {@link statementId} */
  readonly id: Uint8Array
}

/** What the members of one session have said, one statement for each slot, and who of them has lied. Knows of no network. */
export class StatementBoard {
  /** Members' public keys in bytewise order: all of them count alike. */
  readonly members: readonly Uint8Array[]
  /** Names session, members and slots, 32 bytes: peers that do not mean the same do not talk. */
  readonly tag: Uint8Array
  /** The latest round that we are in; what is too far ahead of it is not kept. */
  round = 0
  private readonly indexes = new Map<string, number>()
  /** By round; within it by `index slot`. */
  private readonly rounds = new Map<number, Map<string, Held>>()
  private readonly spent = new Map<number, { count: number; bytes: number }>()
  private readonly digests = new Map<number, Uint8Array>()
  private readonly guilty = new Map<number, VerifiedEvidence>()
  /** Members that have said more than anybody keeps: who keeps which of it would be another view at each. */
  private readonly flooding = new Set<number>()
  /** By round, the value that counts whatever else its signer has said. */
  private readonly preferred = new Map<number, Uint8Array>()

  /** @throws P2PError INVALID_CONFIG, INVALID_PEER_ID. */
  constructor(
    private readonly options: {
      network: string
      protocol: string
      session: string
      members: readonly Uint8Array[]
      /** Default: any. */
      slots?: readonly string[] | undefined
      /** How many rounds there are: with `slots` this bounds what a member can say. Default: any number, and as much as the limits allow. */
      rounds?: number | undefined
      limits: Limits
    },
  ) {
    const { network, protocol, session, members, slots, limits } = options
    for (const key of members) encodePeerId(key)
    this.members = [...members].sort(compareBytes).filter((key, at, all) => at === 0 || compareBytes(key, all[at - 1]!) !== 0)
    if (this.members.length > limits.maxStatementMembers) {
      throw new P2PError('INVALID_CONFIG', `A session has at most ${limits.maxStatementMembers} members.`, {
        details: { limit: 'maxStatementMembers' },
      })
    }
    for (const [index, key] of this.members.entries()) this.indexes.set(hexOf(key), index)
    const named = encode([protocol, session, this.members, slots === undefined ? null : [...slots].sort()])
    this.tag = taggedHash('statement-session', network, named)
  }

  /** The name of a statement, whether it is held or not. */
  idOf(envelope: SignedEnvelope): Uint8Array {
    return statementId(envelope, this.options.network)
  }

  /** Place of a key among the members; undefined for an outsider. */
  indexOf(publicKey: Uint8Array): number | undefined {
    return this.indexes.get(hexOf(publicKey))
  }

  /**
   * Takes a statement in; returns it where it is news. What costs nothing is checked first, the signature last.
   *
   * @throws P2PError INVALID_STATEMENT for another form, an outsider or another session, INVALID_SIGNATURE, LIMIT_EXCEEDED for a
   *   round too far ahead or more than a member may say, EQUIVOCATION with `details.evidence`.
   *   `details.flooding` is the place of a member that has said too much.
   */
  async hear(envelope: SignedEnvelope): Promise<VerifiedStatement | undefined> {
    const read = readStatement(wireStatement(envelope))
    const index = this.check(read)
    const key = tupleKey(index, read.slot)
    if (this.isKnown(index, read, key)) return undefined
    const spent = this.spent.get(index) ?? { count: 0, bytes: 0 }
    const { maxStatementRoundsAhead, maxStatementsPerMember, maxStatementBytesPerMember } = this.options.limits
    const { rounds = Number.POSITIVE_INFINITY } = this.options
    const contradicts = this.rounds.get(read.round)?.has(key) === true
    if (!contradicts && read.round >= Math.min(this.round + maxStatementRoundsAhead + 1, rounds))
      throw tooMuch('maxStatementRoundsAhead')
    const statement = await verifyStatement(read, this.options)
    // While we verified, the same one or its contradiction may have come.
    if (this.isKnown(index, statement, key)) return undefined
    const other = this.rounds.get(statement.round)?.get(key)?.statement
    const evidence = other && evidenceOf(other, statement)
    if (evidence !== undefined && !this.isPreferred(statement)) throw equivocated(evidence)
    // Not before it is verified: nobody is to answer for what others make up.
    if (rounds === Number.POSITIVE_INFINITY) {
      if (spent.count >= maxStatementsPerMember) throw tooMuch('maxStatementsPerMember', index)
      if (spent.bytes + statement.payload.length > maxStatementBytesPerMember) throw tooMuch('maxStatementBytesPerMember', index)
    }
    spent.count++
    spent.bytes += statement.payload.length
    this.spent.set(index, spent)
    this.digests.delete(statement.round)
    const round = this.rounds.get(statement.round) ?? new Map<string, Held>()
    this.rounds.set(statement.round, round.set(key, { statement, index, id: this.idOf(statement) }))
    if (evidence !== undefined && !this.guilty.has(index)) throw equivocated(evidence)
    return statement
  }

  /** In this round a statement of this value is kept in place of another that its signer has made, and also where it is a proven liar. */
  prefer(round: number, value: Uint8Array): void {
    this.preferred.set(round, value)
  }

  /** What a liar has said counts no more: whoever is honest then sees the same again. */
  convict(evidence: VerifiedEvidence): void {
    const index = this.indexOf(evidence.publicKey)
    if (index === undefined) return
    this.guilty.set(index, evidence)
    this.digests.clear()
  }

  /** Nor does what a member has said that says too much; every honest member comes to this in the end. */
  exclude(index: number): void {
    this.flooding.add(index)
    this.digests.clear()
  }

  /** Whether what a member says counts no more. */
  isDropped(index: number): boolean {
    return this.guilty.has(index) || this.flooding.has(index)
  }

  /** Whether a member is proven to have lied. */
  isGuilty(index: number): boolean {
    return this.guilty.has(index)
  }

  /** The proofs against members. */
  evidence(): VerifiedEvidence[] {
    return [...this.guilty.values()]
  }

  /** Also what does not count any more: who has named it must be able to show it. */
  get(round: number, index: number, slot: string): Held | undefined {
    return this.rounds.get(round)?.get(tupleKey(index, slot))
  }

  /** What counts. */
  held(round: number): Held[] {
    return this.all(round).filter(({ index }) => !this.isDropped(index))
  }

  /** Also what does not count any more. */
  all(round: number): Held[] {
    return [...(this.rounds.get(round)?.values() ?? [])]
  }

  /** Rounds in which anything was said. */
  get heardRounds(): number[] {
    return [...this.rounds.keys()]
  }

  /** Frees what it holds. */
  clear(): void {
    this.rounds.clear()
    this.digests.clear()
    this.spent.clear()
    this.preferred.clear()
  }

  /** A hash of the ids of a round's statements in bytewise order: equal where two have heard the same. */
  digest(round: number): Uint8Array {
    const known = this.digests.get(round)
    if (known !== undefined) return known
    const held = this.held(round)
    const ids = held.map(({ id }) => id).sort(compareBytes)
    const digest = taggedHash('statement-digest', this.options.network, ...ids)
    // Only of rounds that we keep anyway.
    if (held.length > 0) this.digests.set(round, digest)
    return digest
  }

  private check({ protocol, session, slot, publicKey }: SignedStatement): number {
    if (protocol !== this.options.protocol || session !== this.options.session) throw invalidStatement('it is of another session')
    const index = this.indexOf(publicKey)
    if (index === undefined) throw invalidStatement('its signer is no member of the session')
    if (this.options.slots?.includes(slot) === false) throw invalidStatement('its slot is none of this session')
    return index
  }

  private isKnown(index: number, read: SignedStatement, key: string): boolean {
    const held = this.rounds.get(read.round)?.get(key)?.statement
    const isHeld = held !== undefined && equalBytes(held.payload, read.payload)
    if (this.isPreferred(read)) return isHeld
    const evidence = this.guilty.get(index)
    if (evidence !== undefined) throw equivocated(evidence)
    if (this.flooding.has(index)) throw tooMuch('maxStatementsPerMember')
    return isHeld
  }

  private isPreferred({ round, value }: SignedStatement): boolean {
    const preferred = this.preferred.get(round)
    return preferred !== undefined && equalBytes(preferred, value)
  }
}

export function equivocated(evidence: VerifiedEvidence): P2PError {
  const { publicKey, protocol, session, round, slot } = evidence
  return new P2PError(
    'EQUIVOCATION',
    `A member has said two things as "${slot.slice(0, 32)}" of round ${round}. Go on without it.`,
    {
      details: { peerId: encodePeerId(publicKey), protocol, session, round, slot, evidence },
    },
  )
}

function tooMuch(limit: keyof Limits, flooding?: number): P2PError {
  return new P2PError('LIMIT_EXCEEDED', `The statement exceeds ${limit}. It was not kept.`, { details: { limit, flooding } })
}
