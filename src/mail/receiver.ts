import { equalBytes, hexOf } from '../base/bytes.js'
import { isP2PError, P2PError } from '../base/errors.js'
import { SerialByKey } from '../base/serial.js'
import { tupleKey } from '../base/tuple-key.js'
import { INTERNAL_PREFIX, type P2PMessage } from '../message/message.js'
import { decodeMessage } from '../message/p2p-protocol.js'
import type { StoreChange } from '../storage/key-value-store.js'
import { letterIdOf } from './box.js'
import type { Contacts } from './contacts.js'
import { Hearing } from './hearing.js'
import { type LetterExtras, type OpenedLetter, openLetter, PrekeyKind, prekeyOf } from './letter.js'
import type { ReceiverStats } from './mail-options.js'
import { MAIL_PROTOCOL, type PlacedLetter } from './messages.js'
import { Order, type Ordered } from './order.js'
import type { MailParts } from './parts.js'
import { readMessageIds } from './peer-messages.js'
import type { Prekeys } from './prekeys.js'
import type { Receipts } from './receipts.js'
import { Seen, seenIdOf } from './seen.js'
import type { Sender } from './sender.js'

/** Bytes of letters of one mailbox that wait to be opened, or for their turn: twice what relays keep in one. */
const MAX_WAITING_BYTES = 8_388_608
/** Ways on which one message may come, more than we have mailboxes. */
const MAX_ARRIVALS = 8

/** The mailbox where a letter lies. */
interface Source {
  /** Bytes of its letters that wait here. */
  waitingBytes: number
  /** The letter is done with. */
  drop(cursor: string): void
  /** Not all that came was taken: it is read anew. */
  lost(): void
}

/** One of the ways on which a message has come: in a letter, or over a connection. */
interface Arrival {
  /** Of a letter, and of the one-time prekey that it was sealed to. */
  readonly id?: string
  readonly spent?: Uint8Array | undefined
  /** The handlers are through: the letter may go, and the peer is told. */
  done(): void
  failed(error: P2PError): void
}

/** A message on its way to its handlers. */
interface Item extends Ordered {
  readonly message: P2PMessage
  readonly seenId: string
  readonly sentAt: number
  readonly isMailed: boolean
  readonly extras: LetterExtras
  readonly bytes: number
  /** The mailbox that it came by first; undefined: it came over a connection. */
  readonly source: Source | undefined
  arrivals: Arrival[]
}

/** The others that it works with. */
export interface ReceiverParts extends MailParts {
  readonly prekeys: Prekeys
  readonly contacts: Contacts
  readonly receipts: Receipts
  readonly sender: Sender
  readonly mailboxes: ReadBoxes
}

/** The mailboxes, as far as gaps hang on them. */
interface ReadBoxes {
  /** See `Order`. */
  readonly readSince: number
}

/** Opens letters, and brings what is in them to its handlers: each message once, in its sender's order. */
export class Receiver {
  readonly stats: ReceiverStats = {
    delivered: 0,
    redelivered: 0,
    duplicates: 0,
    undecryptable: 0,
    stale: 0,
    banned: 0,
    unheard: 0,
  }
  readonly seen: Seen
  private readonly order: Order<Item>
  /** By `seenId`. */
  private readonly items = new Map<string, Item>()
  private delivering = new SerialByKey()
  readonly hearing: Hearing
  /** Letters that come, one after the other, so that their order is that of the mailbox. */
  private opening: Promise<void> = Promise.resolve()
  private era = 0

  constructor(private readonly parts: ReceiverParts) {
    const { host, limits, state } = parts
    const { clock } = host.kit
    this.seen = new Seen(clock, limits, state)
    const readSince = () => parts.mailboxes.readSince
    this.order = new Order({ clock, limits, state, readSince, onTurn: (item) => this.turn(item) })
    this.hearing = new Hearing(host, limits)
  }

  async load(): Promise<void> {
    this.stop()
    await this.seen.load()
    await this.order.load()
    this.parts.state.writeSoon(...this.seen.expire())
  }

  /** Forgets what is under way: letters come again, and what came over connections is sent again. */
  stop(): void {
    this.era++
    this.order.stop()
    this.hearing.stop()
    this.delivering = new SerialByKey()
    this.items.clear()
  }

  /** A letter lies in a mailbox of ours. @returns resolves when it was opened. */
  letter(from: Source, [cursor, letter]: PlacedLetter): Promise<void> {
    // More than relays push that keep to the protocol: it stays where it is until there is room.
    if (from.waitingBytes > MAX_WAITING_BYTES) {
      from.lost()
      return Promise.resolve()
    }
    const { era } = this
    from.waitingBytes += letter.length
    this.opening = this.opening
      .then(() => (era === this.era ? this.open(from, letter, () => from.drop(cursor)) : undefined))
      .catch((error) => this.parts.host.kit.report(error as Error))
      .finally(() => {
        from.waitingBytes -= letter.length
      })
    return this.opening
  }

  /** Whether the handlers of a message are through. */
  hasHad(sender: Uint8Array, messageId: string): boolean {
    return this.seen.get(seenIdOf(sender, messageId)) === 'done'
  }

  /**
   * A message came over a connection.
   *
   * @param body as in a letter.
   * @returns resolves when its handlers are through.
   * @throws P2PError as `decodeMessage`, PROTOCOL_NOT_SUPPORTED, STORAGE_FAILED.
   */
  direct(sender: Uint8Array, n: number, body: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      const message = this.decoded(sender, body)
      if (message.protocol === MAIL_PROTOCOL) {
        void this.parts.sender.receipts(sender, readMessageIds(message.payload))
        resolve()
        return
      }
      this.take(
        { sender, n, message, sentAt: message.timestamp, isMailed: false, extras: {}, bytes: body.length, source: undefined },
        { done: resolve, failed: reject },
      )
    })
  }

  /**
   * The connection to a peer is gone, and with it what came over it alone and waits for a message before it: the peer has both still, and
   * sends them in order.
   */
  left(sender: Uint8Array): void {
    for (const item of this.items.values()) {
      if (!equalBytes(item.sender, sender)) continue
      item.arrivals = item.arrivals.filter(({ id }) => id !== undefined)
      if (item.arrivals.length === 0 && this.order.remove(item)) this.forget(item)
    }
  }

  /** What is in a letter to one of our prekeys. @throws P2PError as `openLetter`. */
  async opened(letter: Uint8Array): Promise<OpenedLetter> {
    const { host, limits, prekeys } = this.parts
    const { publicKey, network } = host.kit
    const { kind, id } = prekeyOf(letter)
    const keys = prekeys.find(kind, id)
    if (keys === undefined) throw new P2PError('DECRYPT_FAILED', 'The key of this letter is gone.')
    return openLetter(letter, publicKey, keys, limits, network)
  }

  private decoded(sender: Uint8Array, body: Uint8Array): P2PMessage {
    const { host, limits } = this.parts
    const from = host.infoOf(sender).peerId
    const message = { ...decodeMessage(body, limits, { remote: from, local: host.kit.peerId }), from, to: host.kit.peerId }
    const { protocol } = message
    if (protocol?.startsWith(INTERNAL_PREFIX) && !(protocol === MAIL_PROTOCOL && message.type === 'receipt')) {
      throw new P2PError('INVALID_MESSAGE', 'The protocols of the SDK do not travel by mail.')
    }
    return message
  }

  private async open(source: Source, letter: Uint8Array, drop: () => void): Promise<void> {
    const { host, limits, state, contacts } = this.parts
    const { kit } = host
    const { seen, stats } = this
    const id = hexOf(letterIdOf(letter))
    const before = seen.get(id)
    if (before === 'done') return drop()
    // No room to remember it by: it stays where it is.
    if (seen.isFull && before === undefined) return
    try {
      const prekey = prekeyOf(letter)
      const { sender, n, body, sentAt, extras } = await this.opened(letter)
      const ageMs = kit.clock.now() - sentAt
      if (ageMs > limits.maxLetterAgeMs || ageMs < -limits.maxLetterAheadMs) {
        stats.stale++
        return drop()
      }
      if (host.isBanned(sender)) {
        stats.banned++
        return drop()
      }
      const message = this.decoded(sender, body)
      const spent = prekey.kind === PrekeyKind.ONE_TIME ? prekey.id : undefined
      const arrival: Arrival = { id, spent, done: drop, failed() {} }
      void contacts.hear(sender, extras)
      if (message.protocol === MAIL_PROTOCOL) {
        void this.parts.sender.receipts(sender, readMessageIds(message.payload))
        await state.write(...this.settled([arrival], sentAt))
        return drop()
      }
      this.take({ sender, n, message, sentAt, isMailed: true, extras, bytes: letter.length, source }, arrival)
    } catch (error) {
      if (isP2PError(error, 'STORAGE_FAILED') || isP2PError(error, 'IDENTITY_FAILED')) throw error
      // Whoever knows the box may leave there what it likes.
      stats.undecryptable++
      drop()
    }
  }

  private take(about: Omit<Item, 'protocol' | 'seenId' | 'arrivals'>, by: Arrival): void {
    const { message, sentAt } = about
    const seenId = seenIdOf(about.sender, message.messageId)
    if (this.seen.get(seenId) === 'done') {
      this.stats.duplicates++
      // The prekey has served, whatever became of the letter before.
      this.parts.state.writeSoon(...this.settled([by], sentAt))
      by.done()
      this.tellHandled(about)
      return
    }
    const known = this.items.get(seenId)
    if (known !== undefined) {
      if (known.arrivals.length < MAX_ARRIVALS) known.arrivals.push(by)
      else by.failed(tooMany())
      return
    }
    const { sender, source, bytes } = about
    if (source !== undefined) source.waitingBytes += bytes
    else if (this.directOf(sender) >= 2 * this.parts.limits.maxDirectMail) {
      by.failed(tooMany())
      return
    }
    const item: Item = { ...about, protocol: message.protocol ?? '', seenId, arrivals: [by] }
    this.items.set(seenId, item)
    this.order.add(item)
  }

  /** Messages of a connected peer that wait for their turn, or for their handlers. */
  private directOf(sender: Uint8Array): number {
    const isOfSender = (item: Item) => item.source === undefined && equalBytes(item.sender, sender)
    return [...this.items.values()].filter(isOfSender).length
  }

  private forget({ seenId, source, bytes }: Item): void {
    if (this.items.delete(seenId) && source !== undefined) source.waitingBytes -= bytes
  }

  /** An item has come to nothing here: a letter stays in its mailbox, and who is connected sends it again. */
  private leave(item: Item, error: P2PError): void {
    this.forget(item)
    for (const arrival of item.arrivals) arrival.failed(error)
  }

  private tellHandled({ sender, message, isMailed, extras }: Pick<Item, 'sender' | 'message' | 'isMailed' | 'extras'>): void {
    if (isMailed && extras.receipt !== false) this.parts.receipts.add(sender, message.messageId)
  }

  /** What notes that letters are done with, and other ids, and deletes the prekeys that they were sealed to. */
  private settled(arrivals: readonly Arrival[], sentAt: number, ...ids: string[]): StoreChange[] {
    const all = [...ids, ...arrivals.flatMap(({ id }) => id ?? [])]
    return [
      ...this.seen.set(all, 'done', sentAt),
      ...arrivals.flatMap(({ spent }) => (spent ? this.parts.prekeys.spend(spent) : [])),
    ]
  }

  /** The item is the next of its sender and protocol. */
  private turn(item: Item): void {
    const { era } = this
    void this.delivering
      .run(tupleKey(hexOf(item.sender), item.protocol), () => this.deliver(item, era))
      .catch((error) => this.failed(item, era, error as P2PError))
  }

  private failed(item: Item, era: number, error: P2PError): void {
    if (era !== this.era) return
    this.leave(item, error)
    this.parts.host.kit.report(error)
  }

  /** Notes that the handlers run, runs them, and lets the next one begin. */
  private async deliver(item: Item, era: number): Promise<void> {
    const { host, state } = this.parts
    const { sender, message, sentAt } = item
    await this.budget(item)
    const isHeard = await this.hearing.wait(message, sender)
    if (era !== this.era) return
    if (isHeard !== true) {
      this.unheardOf(item, isHeard === false)
      return
    }
    const isAgain = this.seen.get(item.seenId) === 'delivering'
    await state.write(...this.seen.set([item.seenId], 'delivering', sentAt))
    if (era !== this.era) return
    if (isAgain) this.stats.redelivered++
    this.stats.delivered++
    const told: P2PMessage = {
      ...message,
      ...(item.isMailed && { mailed: true, sentAt }),
      ...(isAgain && { redelivered: true }),
    }
    const handling = host.hand(told, host.infoOf(sender))
    void handling.then(() => this.handled(item, era)).catch((error) => this.failed(item, era, error as P2PError))
  }

  private async handled(item: Item, era: number): Promise<void> {
    const { arrivals, sentAt, seenId } = item
    if (era !== this.era) return
    await this.parts.state.write(...this.settled(arrivals, sentAt, seenId), ...this.order.done(item))
    if (era !== this.era) return
    this.forget(item)
    for (const arrival of arrivals) arrival.done()
    this.tellHandled(item)
  }

  /** Nobody listens. @param isOver for too long: a letter is over. Otherwise it stays where it is. */
  private unheardOf(item: Item, isOver: boolean): void {
    const { protocol, sentAt, seenId, arrivals } = item
    const failure = new P2PError('PROTOCOL_NOT_SUPPORTED', `This peer has no protocol "${protocol}".`, { details: { protocol } })
    if (isOver) {
      this.stats.unheard++
      for (const { id, done } of arrivals) if (id !== undefined) done()
      this.parts.state.writeSoon(...this.settled(arrivals, sentAt, seenId), ...this.order.done(item))
    }
    this.leave(item, failure)
  }

  /** What one sender sends by mail comes no faster than its messages may. */
  private budget({ sender, message, bytes, isMailed }: Item): Promise<void> {
    const { clock } = this.parts.host.kit
    return new Promise((resolve) => {
      const ask = () => {
        const waitMs = this.parts.host.charge(sender, message, bytes, isMailed)
        if (waitMs > 0) clock.setTimeout(ask, waitMs)
        else resolve()
      }
      ask()
    })
  }
}

function tooMany(): P2PError {
  return new P2PError('RATE_LIMITED', 'Too many messages of this peer wait here.')
}
