import { equalBytes, hexOf } from '../base/bytes.js'
import { P2PError } from '../base/errors.js'
import { bindingHolds } from './binding.js'
import type { Answer } from './messages.js'
import type { SharedRequest } from './request.js'

/** What the members of a request have drawn for the session to come, and that none of it names two. */
export class Answers {
  /** The latest of each member, in which no session was joined. */
  private readonly latest: (Answer | undefined)[]
  /** What sessions were named with, in hex. */
  private readonly used = new Set<string>()

  constructor(private readonly request: SharedRequest) {
    this.latest = request.members.map(() => undefined)
  }

  of(member: number): Answer | undefined {
    return this.latest[member]
  }

  /** All of them, in the members' order, once they are there. */
  get all(): readonly Answer[] | undefined {
    return this.latest.includes(undefined) ? undefined : (this.latest.slice() as Answer[])
  }

  /**
   * Takes a member's answer; false where it is known, or old.
   *
   * @throws P2PError INVALID_SIGNATURE where its keys are not proven.
   */
  add(member: number, answer: Answer): boolean {
    if (this.used.has(hexOf(answer.fresh)) || sameAnswer(answer, this.latest[member])) return false
    if (!this.holds(member, answer)) throw invalidProof()
    // Decoded bytes are views of a whole message, which nothing that is kept may keep.
    this.latest[member] = { fresh: answer.fresh.slice(), proofs: answer.proofs.map((proof) => proof.slice()) }
    return true
  }

  /** Whether a roster holds our own latest answer, and nothing that was used: only such a one may be joined. */
  fits(roster: readonly Answer[], own: number): boolean {
    const mine = this.latest[own]
    return (
      mine !== undefined &&
      roster.length === this.latest.length &&
      equalBytes(roster[own]!.fresh, mine.fresh) &&
      !roster.some(({ fresh }) => this.used.has(hexOf(fresh)))
    )
  }

  /** @throws P2PError INVALID_SIGNATURE for a roster that no honest member sends. */
  check(roster: readonly Answer[]): void {
    const isProven = (answer: Answer, member: number) => sameAnswer(answer, this.latest[member]) || this.holds(member, answer)
    if (!roster.every(isProven)) throw invalidProof()
  }

  /** A session is joined by this roster: none of it counts for another one. */
  use(roster: readonly Answer[]): void {
    for (const { fresh } of roster) this.used.add(hexOf(fresh))
    this.latest.fill(undefined)
  }

  private holds(member: number, { fresh, proofs }: Answer): boolean {
    return bindingHolds(this.request, member, fresh, proofs)
  }
}

function sameAnswer(one: Answer, other: Answer | undefined): boolean {
  return (
    other !== undefined &&
    equalBytes(one.fresh, other.fresh) &&
    one.proofs.length === other.proofs.length &&
    one.proofs.every((proof, i) => equalBytes(proof, other.proofs[i]!))
  )
}

export function invalidProof(): P2PError {
  return new P2PError('INVALID_SIGNATURE', 'A proof, or a signature, of a signing request does not hold.')
}
