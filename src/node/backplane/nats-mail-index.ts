import { equalBytes, viewOf } from '../../base/bytes.js'
import { LETTER_ID_BYTES, type TtlClass } from '../../mail/box.js'
import { BoxUsage } from '../../mail/server/box-usage.js'

/** A letter that waits: where it is, and what a box's numbers need of it. */
export interface IndexedLetter {
  /** Its place in the box; it only rises, whatever becomes of others. */
  number: number
  /** Of the message in the stream of its class. */
  sequence: number
  /** Milliseconds since 1970. */
  expiresAt: number
  id: Uint8Array
  ttl: TtlClass
  bucket: number
  isStranger: boolean
}

const VERSION = 1
/** Version, number of the next letter. */
const HEAD_BYTES = 1 + 8
/** Number, sequence, expiry, id, class, bucket, stranger or not. */
const LETTER_BYTES = 3 * 8 + LETTER_ID_BYTES + 3

/** What waits in one box: the one thing that says so. It is changed by compare-and-set, so several processes can. */
export class BoxIndex {
  constructor(
    readonly next: number,
    /** Oldest first. */
    readonly letters: readonly IndexedLetter[],
  ) {}

  /** The letter of this id that has not expired. */
  find(id: Uint8Array, now: number): IndexedLetter | undefined {
    return this.letters.find((letter) => letter.expiresAt > now && equalBytes(letter.id, id))
  }

  with(letter: Omit<IndexedLetter, 'number'>): BoxIndex {
    return new BoxIndex(this.next + 1, [...this.letters, { ...letter, number: this.next }])
  }

  /** The letters that a condition holds for. */
  only(stays: (letter: IndexedLetter) => boolean): BoxIndex {
    return new BoxIndex(this.next, this.letters.filter(stays))
  }

  get usage(): BoxUsage {
    const usage = new BoxUsage()
    for (const letter of this.letters) usage.count(letter, 1)
    return usage
  }

  toBytes(): Uint8Array {
    const bytes = new Uint8Array(HEAD_BYTES + this.letters.length * LETTER_BYTES)
    const view = viewOf(bytes)
    bytes[0] = VERSION
    view.setFloat64(1, this.next)
    let at = HEAD_BYTES
    for (const { number, sequence, expiresAt, id, ttl, bucket, isStranger } of this.letters) {
      view.setFloat64(at, number)
      view.setFloat64(at + 8, sequence)
      view.setFloat64(at + 16, expiresAt)
      bytes.set(id, at + 24)
      const kindAt = at + 24 + LETTER_ID_BYTES
      bytes[kindAt] = ttl
      bytes[kindAt + 1] = bucket
      bytes[kindAt + 2] = Number(isStranger)
      at += LETTER_BYTES
    }
    return bytes
  }

  /** @throws Error for bytes that are none of ours. */
  static of(stored: Uint8Array): BoxIndex {
    if (stored[0] !== VERSION || (stored.length - HEAD_BYTES) % LETTER_BYTES !== 0) {
      throw new Error('The index of a box has another form. A later version may have written it.')
    }
    // Of a Buffer, `slice` would give views of the whole.
    const bytes = new Uint8Array(stored)
    const view = viewOf(bytes)
    const letters: IndexedLetter[] = []
    for (let at = HEAD_BYTES; at < bytes.length; at += LETTER_BYTES) {
      const kindAt = at + 24 + LETTER_ID_BYTES
      letters.push({
        number: view.getFloat64(at),
        sequence: view.getFloat64(at + 8),
        expiresAt: view.getFloat64(at + 16),
        id: bytes.slice(at + 24, kindAt),
        ttl: bytes[kindAt] as TtlClass,
        bucket: bytes[kindAt + 1]!,
        isStranger: bytes[kindAt + 2] === 1,
      })
    }
    return new BoxIndex(view.getFloat64(1), letters)
  }
}
