import { Alarm } from '../base/alarm.js'
import { equalBytes, hexOf } from '../base/bytes.js'
import { elapsed } from '../base/clock.js'
import { isP2PError, P2PError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import { SerialByKey } from '../base/serial.js'
import { tupleKey } from '../base/tuple-key.js'
import { INTERNAL_PREFIX, type P2PMessage } from '../message/message.js'
import { decodeMessage } from '../message/p2p-protocol.js'
import type { StoreChange } from '../storage/key-value-store.js'
import { letterIdOf } from './box.js'
import type { MailHost } from './host.js'
import { type LetterExtras, type OpenedLetter, openLetter, PrekeyKind, prekeyOf } from './letter.js'
import { MAIL_PROTOCOL, type PlacedLetter } from './messages.js'
import { Order, type Ordered } from './order.js'
import { readMessageIds } from './peer-messages.js'
import type { Prekeys } from './prekeys.js'
import { Seen, seenIdOf } from './seen.js'
import type { MailState } from './state.js'

/** How often what nobody listens to yet is offered again. */
const UNHEARD_MS = 1_000
/** Messages that wait for somebody who listens. */
const MAX_UNHEARD = 256
/** Bytes of letters that wait to be opened: relays push a mebibyte each, and three are asked for as much at once. */
const MAX_OPENING_BYTES = 8_388_608
/** Ways on which one message may come, more than we have mailboxes. */
const MAX_ARRIVALS = 8

/** Where a letter lies that is to be dropped once it is done with. */
interface Source {
  drop(cursor: string): void
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
  arrivals: Arrival[]
}

/** What mail tells of itself. */
export interface ReceiverStats {
  delivered: number
  redelivered: number
  duplicates: number
  /** Letters that could not be opened, or that are no letters. */
  undecryptable: number
  /** Letters that are too old, or dated ahead of now. */
  stale: number
  /** Letters of senders who are banned. */
  banned: number
  /** Letters for protocols that nobody has handled. */
  unheard: number
}

export interface ReceiverOptions {
  host: MailHost
  limits: Required<Limits>
  state: MailState
  prekeys: Prekeys
  /** See `Order`. */
  readSince: () => number
  /** A letter's sender has shown its access key, or its card. */
  onExtras: (sender: Uint8Array, extras: LetterExtras) => void
  /** The handlers of a letter are through, or were before. */
  onHandled: (sender: Uint8Array, messageId: string) => void
  /** Somebody has had messages of ours. */
  onReceipts: (sender: Uint8Array, ids: readonly string[]) => void
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
  private readonly unheard = new Set<() => void>()
  private readonly hearing: Alarm
  /** Letters that come, one after the other, so that their order is that of the mailbox. */
  private opening: Promise<void> = Promise.resolve()
  private openingBytes = 0
  private era = 0

  constructor(private readonly options: ReceiverOptions) {
    const { host, limits, state, readSince } = options
    const { clock } = host.kit
    this.seen = new Seen(clock, limits, state)
    this.order = new Order({ clock, limits, state, readSince, onTurn: (item) => this.turn(item) })
    this.hearing = new Alarm(clock, () => this.hear())
  }

  async load(): Promise<void> {
    this.stop()
    await this.seen.load()
    await this.order.load()
    this.options.state.writeSoon(...this.seen.expire())
  }

  /** Forgets what is under way: letters come again, and what came over connections is sent again. */
  stop(): void {
    this.era++
    this.order.stop()
    this.hearing.disarm()
    this.unheard.clear()
    this.delivering = new SerialByKey()
    this.items.clear()
  }

  /** Something may listen now that did not before. */
  hear(): void {
    for (const again of [...this.unheard]) again()
    if (this.unheard.size > 0) this.hearing.armOnce(UNHEARD_MS)
  }

  /** A letter lies in a mailbox of ours. @returns resolves when it was opened. */
  letter(from: Source, [cursor, letter]: PlacedLetter): Promise<void> {
    // More than relays push that keep to the protocol: it stays where it is.
    if (this.openingBytes > MAX_OPENING_BYTES) return Promise.resolve()
    const { era } = this
    this.openingBytes += letter.length
    this.opening = this.opening
      .then(() => (era === this.era ? this.open(letter, () => from.drop(cursor)) : undefined))
      .catch((error) => this.options.host.kit.report(error as Error))
      .finally(() => {
        this.openingBytes -= letter.length
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
        this.options.onReceipts(sender, readMessageIds(message.payload))
        resolve()
        return
      }
      this.take(
        { sender, n, message, sentAt: message.timestamp, isMailed: false, extras: {}, bytes: body.length },
        { done: resolve, failed: reject },
      )
    })
  }

  /**
   * The connection to a peer is gone, and with it what came over it alone and waits for a message before it: the peer has both still, and
   * sends them in order.
   */
  left(sender: Uint8Array): void {
    const failure = new P2PError('CONNECTION_LOST', 'The sender has gone before its message had its turn.')
    for (const item of this.items.values()) {
      if (!equalBytes(item.sender, sender)) continue
      const { arrivals } = item
      item.arrivals = arrivals.filter(({ id }) => id !== undefined)
      if (item.arrivals.length === 0 && this.order.remove(item)) this.items.delete(item.seenId)
      for (const arrival of arrivals) if (arrival.id === undefined) arrival.failed(failure)
    }
  }

  /** What is in a letter to one of our prekeys. @throws P2PError as `openLetter`. */
  async opened(letter: Uint8Array): Promise<OpenedLetter> {
    const { host, limits, prekeys } = this.options
    const { publicKey, network } = host.kit
    const { kind, id } = prekeyOf(letter)
    const keys = prekeys.find(kind, id)
    if (keys === undefined) throw new P2PError('DECRYPT_FAILED', 'The key of this letter is gone.')
    return openLetter(letter, publicKey, keys, limits, network)
  }

  private decoded(sender: Uint8Array, body: Uint8Array): P2PMessage {
    const { host, limits } = this.options
    const from = host.infoOf(sender).peerId
    const message = { ...decodeMessage(body, limits, { remote: from, local: host.kit.peerId }), from, to: host.kit.peerId }
    const { protocol } = message
    if (protocol?.startsWith(INTERNAL_PREFIX) && !(protocol === MAIL_PROTOCOL && message.type === 'receipt')) {
      throw new P2PError('INVALID_MESSAGE', 'The protocols of the SDK do not travel by mail.')
    }
    return message
  }

  private async open(letter: Uint8Array, drop: () => void): Promise<void> {
    const { host, limits, state, onExtras, onReceipts } = this.options
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
      onExtras(sender, extras)
      if (message.protocol === MAIL_PROTOCOL) {
        onReceipts(sender, readMessageIds(message.payload))
        await state.write(...this.settled([arrival], sentAt))
        return drop()
      }
      this.take({ sender, n, message, sentAt, isMailed: true, extras, bytes: letter.length }, arrival)
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
      this.options.state.writeSoon(...this.settled([by], sentAt))
      by.done()
      this.tellHandled(about)
      return
    }
    const known = this.items.get(seenId)
    if (known !== undefined) {
      if (known.arrivals.length < MAX_ARRIVALS) known.arrivals.push(by)
      return
    }
    const item: Item = { ...about, protocol: message.protocol ?? '', seenId, arrivals: [by] }
    this.items.set(seenId, item)
    this.order.add(item)
  }

  private tellHandled({ sender, message, isMailed, extras }: Pick<Item, 'sender' | 'message' | 'isMailed' | 'extras'>): void {
    if (isMailed && extras.receipt !== false) this.options.onHandled(sender, message.messageId)
  }

  /** What notes that letters are done with, and other ids, and deletes the prekeys that they were sealed to. */
  private settled(arrivals: readonly Arrival[], sentAt: number, ...ids: string[]): StoreChange[] {
    const all = [...ids, ...arrivals.flatMap(({ id }) => id ?? [])]
    return [
      ...this.seen.set(all, 'done', sentAt),
      ...arrivals.flatMap(({ spent }) => (spent ? this.options.prekeys.spend(spent) : [])),
    ]
  }

  /** The item is the next of its sender and protocol. */
  private turn(item: Item): void {
    const { era } = this
    void this.delivering
      .run(tupleKey(hexOf(item.sender), item.protocol), () => this.deliver(item, era))
      .catch((error) => {
        this.items.delete(item.seenId)
        for (const arrival of item.arrivals) arrival.failed(error as P2PError)
        if (era === this.era) this.options.host.kit.report(error as Error)
      })
  }

  /** Notes that the handlers run, runs them, and lets the next one begin. */
  private async deliver(item: Item, era: number): Promise<void> {
    const { host, state } = this.options
    const { sender, message, sentAt } = item
    if (item.isMailed) await this.budget(item)
    if (!(await this.heard(item, era)) || era !== this.era) {
      if (era === this.era) this.unheardOf(item)
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
    void handling.then(() => this.handled(item, era)).catch((error) => host.kit.report(error as Error))
  }

  private async handled(item: Item, era: number): Promise<void> {
    const { arrivals, sentAt, seenId } = item
    if (era !== this.era) return
    await this.options.state.write(...this.settled(arrivals, sentAt, seenId), ...this.order.done(item))
    if (era !== this.era) return
    this.items.delete(seenId)
    for (const arrival of arrivals) arrival.done()
    this.tellHandled(item)
  }

  /** Nobody has listened for too long: the message is over. */
  private unheardOf(item: Item): void {
    this.stats.unheard++
    const { protocol, sentAt, seenId, arrivals } = item
    this.items.delete(seenId)
    const failure = new P2PError('PROTOCOL_NOT_SUPPORTED', `This peer has no protocol "${protocol}".`, { details: { protocol } })
    for (const { id, done, failed } of arrivals) id === undefined ? failed(failure) : done()
    this.options.state.writeSoon(...this.settled(arrivals, sentAt, seenId), ...this.order.done(item))
  }

  /** Waits for somebody who listens; false where nobody does. */
  private heard({ message }: Item, era: number): Promise<boolean> {
    const { host, limits } = this.options
    if (host.isHeard(message)) return Promise.resolve(true)
    if (this.unheard.size >= MAX_UNHEARD) return Promise.resolve(false)
    const until = elapsed(host.kit.clock) + limits.mailHandlerMs
    return new Promise((resolve) => {
      const again = () => {
        const isHeard = host.isHeard(message)
        if (!isHeard && era === this.era && elapsed(host.kit.clock) < until) return
        this.unheard.delete(again)
        resolve(isHeard)
      }
      this.unheard.add(again)
      this.hearing.armOnce(UNHEARD_MS)
    })
  }

  /** Letters of one sender come no faster than its messages may. */
  private budget({ sender, message, bytes }: Item): Promise<void> {
    const { clock } = this.options.host.kit
    return new Promise((resolve) => {
      const ask = () => {
        const waitMs = this.options.host.charge(sender, message, bytes)
        if (waitMs > 0) clock.setTimeout(ask, waitMs)
        else resolve()
      }
      ask()
    })
  }
}
