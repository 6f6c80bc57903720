import { viewOf } from '../base/bytes.js'
import { REPLAY_TAG_BYTES } from '../onion/packet.js'

/** Tags that are kept exactly: 16 MiB of them. */
const MAX_EXACT = 2 ** 20
const FIRST_SLOTS = 2 ** 10
/** Of the slots, those that may be taken: above it, searches become long. */
const LOAD = 0.75
/** Bits and hash functions of the filter above that: 1.6 in a thousand fresh packets are taken for replays among 10^7. */
const FILTER_BITS = 2 ** 27
const FILTER_HASHES = 9
/** Words of a tag. */
const WORDS = REPLAY_TAG_BYTES / 4

/**
 * The packets that a hop has had in one epoch: exactly, in an open-addressing table, up to three quarters of 2^20; from there on in a
 * Bloom filter, by which a few fresh packets pass for replays, and never a replay for a fresh one.
 *
 * Senders know the tags of their packets. Where they lie in the table depends on a secret, so that nobody fills it to be slow.
 */
export class ReplayCache {
  private slots = FIRST_SLOTS
  private table = new Uint32Array(FIRST_SLOTS * WORDS)
  private exact = 0
  private filter: Uint8Array | undefined
  private filtered = 0
  private readonly salt = crypto.getRandomValues(new Uint32Array(2))

  /** @param maxExact tags in the table; tests have fewer. */
  constructor(private readonly maxExact = MAX_EXACT * LOAD) {}

  /** Packets that were remembered. */
  get size(): number {
    return this.exact + this.filtered
  }

  /** Whether all of them are kept exactly. */
  get isExact(): boolean {
    return this.filtered === 0
  }

  /** Remembers a packet. @param tag 16 bytes. @returns false where it has been here before. */
  add(tag: Uint8Array): boolean {
    const words = wordsOf(tag)
    const at = this.find(words)
    if (at === undefined) return false
    if (this.exact >= this.maxExact) return this.addToFilter(words)
    this.put(at, words)
    if (this.exact > this.slots * LOAD && this.slots < MAX_EXACT) this.grow()
    return true
  }

  /** The tags, 16 bytes each. Only while all are exact. */
  toBytes(): Uint8Array {
    const bytes = new Uint8Array(this.exact * REPLAY_TAG_BYTES)
    const view = viewOf(bytes)
    let to = 0
    for (let at = 0; at < this.table.length; at += WORDS) {
      if (!this.isTaken(at)) continue
      for (let i = 0; i < WORDS; i++, to += 4) view.setUint32(to, this.table[at + i]!)
    }
    return bytes
  }

  /** Adds what `toBytes` gave. */
  load(bytes: Uint8Array): void {
    for (let at = 0; at + REPLAY_TAG_BYTES <= bytes.length; at += REPLAY_TAG_BYTES) {
      this.add(bytes.subarray(at, at + REPLAY_TAG_BYTES))
    }
  }

  /** Where the tag would lie; undefined where it lies there. */
  private find(words: Uint32Array): number | undefined {
    const { table, slots } = this
    const mixed = Math.imul(words[0]! ^ this.salt[0]!, this.salt[1]! | 1)
    for (let slot = (mixed ^ (mixed >>> 15)) & (slots - 1); ; slot = (slot + 1) & (slots - 1)) {
      const at = slot * WORDS
      if (!this.isTaken(at)) return at
      let isSame = true
      for (let i = 0; i < WORDS; i++) isSame &&= table[at + i] === words[i]
      if (isSame) return undefined
    }
  }

  private isTaken(at: number): boolean {
    return this.table[at + WORDS - 1] !== 0
  }

  private put(at: number, words: Uint32Array): void {
    this.table.set(words, at)
    this.exact++
  }

  private grow(): void {
    const { table } = this
    this.slots *= 2
    this.table = new Uint32Array(this.slots * WORDS)
    for (let at = 0; at < table.length; at += WORDS) {
      const words = table.subarray(at, at + WORDS)
      if (words[WORDS - 1] !== 0) this.table.set(words, this.find(words)!)
    }
  }

  /** Double hashing (Kirsch and Mitzenmacher 2006): a tag is random, and two of its words give all nine places. */
  private addToFilter(words: Uint32Array): boolean {
    this.filter ??= new Uint8Array(FILTER_BITS / 8)
    const { filter } = this
    let isNew = false
    for (let i = 0; i < FILTER_HASHES; i++) {
      const bit = (words[0]! + Math.imul(i, words[1]! | 1)) >>> 0
      const at = (bit % FILTER_BITS) >>> 3
      const mask = 1 << (bit & 7)
      if ((filter[at]! & mask) === 0) isNew = true
      filter[at]! |= mask
    }
    if (isNew) this.filtered++
    return isNew
  }
}

/** A tag as words; the last one is never 0, which stands for a free slot: two tags in 2^32 are one by that. */
function wordsOf(tag: Uint8Array): Uint32Array {
  const view = viewOf(tag)
  const words = Uint32Array.from({ length: WORDS }, (_, i) => view.getUint32(4 * i))
  words[WORDS - 1]! ||= 1
  return words
}
