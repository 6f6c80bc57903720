import { hexOf } from '../../base/bytes.js'
import type { Unsubscribe } from '../../base/events.js'
import { TTL_CLASS_S } from '../box.js'
import type { PlacedLetter } from '../messages.js'
import { BoxUsage, kindOf, type LetterKind } from './box-usage.js'
import type { Box, Deposit, DepositOutcome, KeptCard, MailBounds, MailStore, MailTotals } from './mail-store.js'
import { type PiledBatch, type Prekey, prekeysLeft, type SignedBatch, withBatch, withoutOne } from './prekey-pile.js'
import { BoxWatchers } from './watchers.js'

interface Kept extends LetterKind {
  id: string
  letter: Uint8Array
  expiresAt: number
}

interface KeptBox {
  box: Box
  usage: BoxUsage
  /** By cursor, oldest first. */
  letters: Map<string, Kept>
  /** Cursors by the letter's id, in hex. */
  ids: Map<string, string>
  pile: readonly PiledBatch[]
}

/**
 * Mailboxes in memory: all is lost when the process ends. For tests, and for relays without a disk, so it takes the smallest letters
 * only, for a day at most.
 *
 * @example
 * const relay = await startRelay({ mail: memoryMail() })
 */
export function memoryMail(options?: { maxBucket?: number | undefined; maxTtl?: 0 | 1 | 2 | 3 | undefined }): MailStore {
  const { maxBucket = 0, maxTtl = 1 } = options ?? {}
  return new MemoryMail(maxBucket, maxTtl)
}

class MemoryMail implements MailStore {
  readonly inMemory = true
  readonly totals: MailTotals = { boxes: 0, letters: 0, bytes: 0 }
  private readonly boxes = new Map<string, KeptBox>()
  /** Boxes by the peer id of their card. */
  private readonly cards = new Map<string, string>()
  private readonly watchers = new BoxWatchers()

  constructor(
    readonly maxBucket: number,
    readonly maxTtl: 0 | 1 | 2 | 3,
  ) {}

  async putBox(box: Box): Promise<void> {
    const known = this.boxes.get(box.id)
    this.forgetCard(known)
    if (known === undefined) {
      this.boxes.set(box.id, { box, usage: new BoxUsage(), letters: new Map(), ids: new Map(), pile: [] })
      this.totals.boxes++
    } else known.box = box
    if (box.card !== undefined) this.cards.set(box.card.peerId, box.id)
  }

  async getBox(box: string): Promise<Box | undefined> {
    return this.boxes.get(box)?.box
  }

  async deleteBox(box: string): Promise<void> {
    const known = this.boxes.get(box)
    if (known === undefined) return
    for (const cursor of [...known.letters.keys()]) this.remove(known, cursor)
    this.forgetCard(known)
    this.boxes.delete(box)
    this.totals.boxes--
  }

  async cardOf(peerId: string, now: number): Promise<KeptCard | undefined> {
    const card = this.boxes.get(this.cards.get(peerId) ?? '')?.box.card
    return card !== undefined && card.expiresAt > now ? card : undefined
  }

  async deposit(box: string, deposit: Deposit, bounds: MailBounds): Promise<DepositOutcome> {
    const known = this.boxes.get(box)
    if (known === undefined) return { outcome: 'no-box' }
    const { usage, letters, ids } = known
    const id = hexOf(deposit.id)
    const before = letters.get(ids.get(id) ?? '')
    if (before !== undefined && before.expiresAt > bounds.now) return { outcome: 'known', until: before.expiresAt }
    if (!usage.hasRoom(deposit, this.totals, bounds)) return { outcome: 'full' }
    const kind = kindOf(deposit)
    const cursor = cursorOf(usage.next++)
    const until = bounds.now + 1_000 * TTL_CLASS_S[deposit.ttl]!
    letters.set(cursor, { ...kind, id, letter: deposit.letter.slice(), expiresAt: until })
    ids.set(id, cursor)
    this.count(known, kind, deposit.letter.length, 1)
    this.watchers.tell(box)
    return { outcome: 'stored', until }
  }

  async letters(box: string, after: string | undefined, maxBytes: number, now: number) {
    const letters: PlacedLetter[] = []
    let bytes = 0
    for (const [cursor, { letter, expiresAt }] of this.boxes.get(box)?.letters ?? []) {
      if ((after !== undefined && cursor <= after) || expiresAt <= now) continue
      bytes += letter.length
      if (bytes > maxBytes && letters.length > 0) return { letters, more: true }
      letters.push([cursor, letter])
    }
    return { letters, more: false }
  }

  async drop(box: string, cursors: readonly string[]): Promise<void> {
    const known = this.boxes.get(box)
    if (known !== undefined) for (const cursor of cursors) this.remove(known, cursor)
  }

  async addPrekeys(box: string, batch: SignedBatch, max: number): Promise<void> {
    const known = this.boxes.get(box)
    if (known !== undefined) known.pile = withBatch(known.pile, batch, max)
  }

  async takePrekey(box: string, min: number, madeAfter: number): Promise<Prekey | undefined> {
    const known = this.boxes.get(box)
    const taken = known && withoutOne(known.pile, min, madeAfter)
    if (taken !== undefined) known!.pile = taken.pile
    return taken?.prekey
  }

  watch(box: string, onLetter: () => void): Unsubscribe {
    return this.watchers.add(box, onLetter)
  }

  async usage(box: string) {
    const known = this.boxes.get(box)
    if (known === undefined) return { letters: 0, bytes: 0, prekeys: 0 }
    return { letters: known.usage.letters, bytes: known.usage.bytes, prekeys: prekeysLeft(known.pile) }
  }

  async sweep(now: number, openedBefore: number): Promise<void> {
    for (const [box, known] of [...this.boxes]) {
      if (known.box.openedAt < openedBefore) await this.deleteBox(box)
      else for (const [cursor, { expiresAt }] of [...known.letters]) if (expiresAt <= now) this.remove(known, cursor)
    }
  }

  async close(): Promise<void> {}

  private remove(known: KeptBox, cursor: string): void {
    const kept = known.letters.get(cursor)
    if (kept === undefined) return
    known.letters.delete(cursor)
    if (known.ids.get(kept.id) === cursor) known.ids.delete(kept.id)
    this.count(known, kept, kept.letter.length, -1)
  }

  private count({ usage }: KeptBox, kind: LetterKind, bytes: number, by: 1 | -1): void {
    usage.count(kind, by)
    this.totals.letters += by
    this.totals.bytes += by * bytes
  }

  private forgetCard(known: KeptBox | undefined): void {
    const peerId = known?.box.card?.peerId
    if (peerId !== undefined && this.cards.get(peerId) === known!.box.id) this.cards.delete(peerId)
  }
}

/** Where a letter stands: its number, so that texts sort as numbers do. */
export function cursorOf(number: number): string {
  return number.toString(16).padStart(16, '0')
}
