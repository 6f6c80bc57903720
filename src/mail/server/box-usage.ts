import { bucketOf, LETTER_BYTES, TTL_CLASS_S } from '../box.js'
import type { Deposit, MailBounds, MailTotals } from './mail-store.js'

/** Above this part of a store's room only contacts' letters are taken, for boxes that have less than an equal share of it. */
const CROWDED = 0.9
const BUCKETS = LETTER_BYTES.length

/** What waits in one box, in numbers. */
export class BoxUsage {
  /** Letters by time to live and size. */
  private readonly counts = new Uint16Array(TTL_CLASS_S.length * BUCKETS)
  strangers = 0
  /** The number of the next letter: it only rises, so that no cursor ever means another letter. */
  next = 1

  get letters(): number {
    return this.counts.reduce((sum, count) => sum + count, 0)
  }

  /** Letters times their sizes. */
  get bytes(): number {
    return this.counts.reduce((sum, count, i) => sum + count * LETTER_BYTES[i % BUCKETS]!, 0)
  }

  /** Whether another letter has room, in this box and in the store. */
  hasRoom({ letter, ttl, isStranger }: Deposit, totals: MailTotals, { maxBytes, limits }: MailBounds): boolean {
    const { bytes } = this
    if (this.counts[ttl * BUCKETS + bucketOf(letter.length)!]! >= limits.maxBoxLetters) return false
    if (bytes + letter.length > limits.maxBoxBytes || totals.bytes + letter.length > maxBytes) return false
    if (isStranger && this.strangers >= limits.strangerLettersPerBox) return false
    if (totals.bytes + letter.length <= maxBytes * CROWDED) return true
    return !isStranger && bytes + letter.length <= maxBytes / totals.boxes
  }

  /** A letter has come, or with −1 gone. */
  count(kind: LetterKind, by: 1 | -1): void {
    this.counts[kind.ttl * BUCKETS + kind.bucket]! += by
    if (kind.isStranger) this.strangers += by
  }

  /** Numbers that can be stored. */
  toArray(): number[] {
    return [this.next, this.strangers, ...this.counts]
  }

  /** @param stored what `toArray` gave. */
  static of(stored: readonly number[]): BoxUsage {
    const usage = new BoxUsage()
    const [next = 1, strangers = 0, ...counts] = stored
    usage.next = next
    usage.strangers = strangers
    usage.counts.set(counts.slice(0, usage.counts.length))
    return usage
  }
}

/** Of a letter, what is counted. */
export interface LetterKind {
  ttl: number
  bucket: number
  isStranger: boolean
}

export function kindOf({ ttl, letter, isStranger }: Deposit): LetterKind {
  return { ttl, bucket: bucketOf(letter.length)!, isStranger }
}
