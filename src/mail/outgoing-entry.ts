import type { Limits } from '../base/limits.js'
import type { QueuedOutcome } from '../core/queue.js'
import { encode } from '../message/codec.js'
import type { P2PMessage } from '../message/message.js'
import { decodeMessage, toWire } from '../message/p2p-protocol.js'
import { array, boolean, bytes, type Shaped, text, tuple, union } from '../message/shape.js'
import { stateOf } from '../plugins/persistence/state-format.js'
import { BOX_ID_BYTES } from './box.js'
import { MAX_CARD_BOXES, nil } from './card.js'
import { count, GENERATION_BYTES } from './messages.js'

/** The plugin by which `sendTo` deposits with `sealed: true`. */
export const SEALED = 'sealedDeposits'
/** The plugin by which it does with `via: 'onion'`: what is to go that way goes no other. */
export const BY_ONION = 'onion'
/** Where queued messages are kept: `mail/out/<number>`. */
export const OUTGOING_PREFIX = 'mail/out/'
/** Hex digits of a number, so that keys sort as numbers do. */
const DIGITS = 12
/** Boxes that one message may have been left at, mailboxes that changed meanwhile included. */
const MAX_BOXES = 4 * MAX_CARD_BOXES

export const entryShape = /* @__PURE__ */ (() =>
  tuple(
    text(1, 128),
    count,
    count,
    bytes(),
    union(boolean(), text(1, 32)),
    boolean(),
    union(bytes(), nil),
    union(bytes(GENERATION_BYTES), nil),
    count,
    count,
    array(bytes(BOX_ID_BYTES), MAX_BOXES),
  ))()

/** Waits; is on its way to a connected peer; is sealed and goes to a mailbox; is in one, and without a receipt. */
export type MailEntryState = 'waiting' | 'direct' | 'mailing' | 'mailed'

/** A queued message: with its sender until the recipient has had it, or its time is over. */
export interface MailEntry {
  /** In the store. */
  readonly key: string
  readonly peerId: string
  readonly message: P2PMessage
  /** The message as it travels inside letters. */
  readonly body: Uint8Array
  /** Its place among the messages for this recipient and protocol. */
  readonly n: number
  /** The date of its end, milliseconds since the Unix epoch. */
  readonly expiresAt: number
  /** Its end here, and when it began to wait, by `elapsed`. */
  readonly endsAt: number
  waitsSince: number
  /** By which plugin it is deposited; undefined: by our own connections. */
  readonly via: string | undefined
  /** `'new'`: it is not in the store yet, and does not leave before. `'over'`: it is done with. */
  state: MailEntryState | 'new' | 'over'
  /** Whether it was ever left at a mailbox. */
  wasMailed: boolean
  /** The sealed letter, until it is at two mailboxes. */
  letter: Uint8Array | undefined
  /** Of the card that it was sealed to. */
  generation: Uint8Array | undefined
  /** When the signed prekey of that card was made, and when the letter was first deposited, milliseconds since the Unix epoch. */
  prekeyAt: number
  mailedAt: number
  /** Where the letter is, 16 bytes each. */
  boxes: Uint8Array[]
  /** Whether the store has it. */
  isKept: boolean
  settle(outcome: QueuedOutcome): void
  settleReceipt(receipt: 'delivered' | 'unknown'): void
}

/** When a message ends, by which way it goes, and since when it waits, by `elapsed`: default now. */
export type EntryLife = Pick<MailEntry, 'expiresAt' | 'via'> & Partial<Pick<MailEntry, 'waitsSince'>>

/** What the store has of a message, beside its key. */
export type KeptEntry = Pick<
  MailEntry,
  | 'peerId'
  | 'n'
  | 'expiresAt'
  | 'body'
  | 'message'
  | 'via'
  | 'wasMailed'
  | 'letter'
  | 'generation'
  | 'prekeyAt'
  | 'mailedAt'
  | 'boxes'
>

export function outgoingKey(number: number): string {
  return OUTGOING_PREFIX + number.toString(16).padStart(DIGITS, '0')
}

export function outgoingNumber(key: string): number {
  return Number.parseInt(key.slice(OUTGOING_PREFIX.length), 16)
}

/** The message as letters carry it: without `from` and `to`, which the letter itself says. */
export function bodyOf(message: P2PMessage, limits: Limits): Uint8Array {
  return encode(toWire(message, undefined, undefined), limits)
}

export function outgoingValue(entry: MailEntry): Uint8Array {
  const { peerId, n, expiresAt, body, via = false, wasMailed, letter, generation, prekeyAt, mailedAt, boxes } = entry
  return stateOf(peerId, n, expiresAt, body, via, wasMailed, letter ?? null, generation ?? null, prekeyAt, mailedAt, boxes)
}

/** @throws P2PError where it cannot be read. @param from our own peer id. */
export function readOutgoing(members: Shaped<typeof entryShape>, from: string, limits: Limits): KeptEntry {
  const [peerId, n, expiresAt, body, way, wasMailed, letter, generation, prekeyAt, mailedAt, boxes] = members
  const message = { ...decodeMessage(body, limits, { remote: from, local: peerId }), to: peerId }
  // True: as a version before wrote it.
  const via = way === true ? SEALED : way || undefined
  return {
    ...{ peerId, n, expiresAt, body, message, via, wasMailed, prekeyAt, mailedAt, boxes },
    letter: letter ?? undefined,
    generation: generation ?? undefined,
  }
}
