import type { Unsubscribe } from '../../base/events.js'
import type { MailLimits } from '../../base/limits/mail.js'
import type { TtlClass } from '../box.js'
import type { PlacedLetter } from '../messages.js'
import type { Prekey, SignedBatch } from './prekey-pile.js'

/** What a relay knows of a mailbox. */
export interface Box {
  /** 32 digits of lower-case hex. */
  id: string
  /** SHA-256 of the access of the box, 32 bytes. */
  access: Uint8Array
  /** Work of strangers for the smallest letter, in zero bits; null: none are taken. */
  bits: number | null
  /** The largest bucket that the owner takes. */
  max: number
  /** What wakes the owner's device. */
  wake?: string | undefined
  card?: KeptCard | undefined
  /** When the owner last opened it, milliseconds since 1970. */
  openedAt: number
}

/** The record of a card, whose signature has been checked. */
export interface KeptCard {
  /** `lp1…` id of its publisher. */
  peerId: string
  publishedAt: number
  /** Milliseconds since 1970. */
  expiresAt: number
  /** The MessagePack of the signed record. */
  record: Uint8Array
}

export interface Deposit {
  /** First 16 bytes of the letter's SHA-256. */
  id: Uint8Array
  letter: Uint8Array
  ttl: TtlClass
  /** Left by whoever showed work and no access. */
  isStranger: boolean
}

/** `until`: when the letter expires, milliseconds since 1970. `'known'`: the letter is there already. */
export type DepositOutcome = { outcome: 'stored' | 'known'; until: number } | { outcome: 'full' } | { outcome: 'no-box' }

/** What a deposit is judged by. */
export interface MailBounds {
  /** Milliseconds since 1970. */
  now: number
  /** Bytes of letters in the whole store. */
  maxBytes: number
  limits: Pick<MailLimits, 'maxBoxLetters' | 'maxBoxBytes' | 'strangerLettersPerBox'>
}

export interface MailTotals {
  boxes: number
  letters: number
  bytes: number
}

/**
 * Keeps mailboxes for a relay. Boxes are named by 32 digits of hex. What a method has resolved to is durable. A store has no clock and
 * no timers of its own: whoever uses it says what time it is, and when to sweep.
 *
 * `test/compliance/mail-store.ts` is the suite that each implementation passes.
 *
 * @throws P2PError STORAGE_FAILED, from each method, as a rejection.
 */
export interface MailStore {
  /** The largest bucket, and the longest class of time to live, that it keeps. */
  readonly maxBucket: number
  readonly maxTtl: TtlClass
  /** Whether it is in memory, and so counts against that. */
  readonly inMemory: boolean
  /** As far as it is known: before the first use, nothing. */
  readonly totals: MailTotals
  /** Makes a box, or changes what is known of it. */
  putBox(box: Box): Promise<void>
  getBox(box: string): Promise<Box | undefined>
  /** Deletes a box with its letters and prekeys. */
  deleteBox(box: string): Promise<void>
  /** The newest card that the owner of a box has left, unless it has expired. */
  cardOf(peerId: string, now: number): Promise<KeptCard | undefined>
  deposit(box: string, deposit: Deposit, bounds: MailBounds): Promise<DepositOutcome>
  /**
   * Letters behind a cursor, oldest first, without those that have expired: as many as fit into `maxBytes`, and one in any case.
   *
   * @param after undefined: from the oldest on.
   */
  letters(
    box: string,
    after: string | undefined,
    maxBytes: number,
    now: number,
  ): Promise<{ letters: PlacedLetter[]; more: boolean }>
  /** Deletes letters. A cursor of no letter means nothing. */
  drop(box: string, cursors: readonly string[]): Promise<void>
  /** Keeps a batch, in place of those of another generation, and of the oldest where there are `max`. */
  addPrekeys(box: string, batch: SignedBatch, max: number): Promise<void>
  /**
   * Gives one away, from the oldest batch on.
   *
   * @param min undefined where fewer are left.
   * @param madeAfter batches that were made before it count as none, milliseconds since 1970.
   */
  takePrekey(box: string, min: number, madeAfter: number): Promise<Prekey | undefined>
  /** Calls back after each letter that is stored for a box. */
  watch(box: string, onLetter: () => void): Unsubscribe
  usage(box: string): Promise<{ letters: number; bytes: number; prekeys: number }>
  /** Deletes letters that have expired, and boxes that were last opened before `openedBefore`. */
  sweep(now: number, openedBefore: number): Promise<void>
  close(): Promise<void>
}
