import { BoundedMap } from '../../../base/bounded-map.js'
import type { Contact } from './contact.js'

interface Account {
  answered: number
  failed: number
}

/** Nodes told of, by whom: as many as are remembered. */
const MAX_TOLD = 4_096
/** Failures from which on somebody may count as a liar, and how many of them one answer makes up for. */
const MIN_FAILED = 20
const MADE_UP_BY_ANSWER = 4

/**
 * Keeps account of which node was told of by whom, and of what became of it: a teller that names mostly nodes that nobody runs is
 * no longer believed. One dead node in five is honest; four in five are not.
 */
export class Tellers {
  /** By the node told of: who told first. */
  private readonly told = new BoundedMap<string, string>(MAX_TOLD)
  private readonly accounts = new BoundedMap<string, Account>(MAX_TOLD)

  tell(teller: string, contacts: readonly Contact[]): void {
    for (const { peerId } of contacts) if (peerId !== teller && !this.told.has(peerId)) this.told.set(peerId, teller)
  }

  /** A node answered, or did not. @returns the teller, where this has shown that it lies. */
  came(peerId: string, hasAnswered: boolean): string | undefined {
    const teller = this.told.get(peerId)
    if (teller === undefined) return undefined
    this.told.delete(peerId)
    const account = this.accounts.use(teller, () => ({ answered: 0, failed: 0 }))
    if (hasAnswered) account.answered++
    else account.failed++
    return !hasAnswered && this.isLiar(teller) ? teller : undefined
  }

  /** It has said what no honest node says. */
  condemn(teller: string): void {
    this.accounts.set(teller, { answered: 0, failed: Number.POSITIVE_INFINITY })
  }

  isLiar(teller: string): boolean {
    const { answered, failed } = this.accounts.get(teller) ?? { answered: 0, failed: 0 }
    return failed >= MIN_FAILED && failed > MADE_UP_BY_ANSWER * answered
  }

  /** Nodes that are not believed. */
  get liars(): number {
    let count = 0
    for (const teller of this.accounts.keys()) if (this.isLiar(teller)) count++
    return count
  }
}
