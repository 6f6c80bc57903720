import { Alarm } from '../base/alarm.js'
import { hexOf } from '../base/bytes.js'
import { elapsed } from '../base/clock.js'
import { isP2PError, P2PError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import { SerialByKey } from '../base/serial.js'
import { tupleKey } from '../base/tuple-key.js'
import { INTERNAL_PREFIX, type P2PMessage } from '../message/message.js'
import { decodeMessage } from '../message/p2p-protocol.js'
import { letterIdOf } from './box.js'
import type { MailHost } from './host.js'
import { type LetterExtras, type OpenedLetter, openLetter, PrekeyKind, prekeyOf } from './letter.js'
import { MAIL_PROTOCOL, type PlacedLetter } from './messages.js'
import { Order, type Ordered } from './order.js'
import type { Prekeys } from './prekeys.js'
import { Seen, seenIdOf } from './seen.js'
import type { MailState } from './state.js'

/** How often what nobody listens to yet is offered again. */
const UNHEARD_MS = 1_000
/** Messages that wait for somebody who listens. */
const MAX_UNHEARD = 256

/** Where a letter lies that is to be dropped once it is done with. */
interface Source {
  drop(cursor: string): void
}

/** A message on its way to its handlers. */
interface Item extends Ordered {
  readonly message: P2PMessage
  readonly seenId: string
  readonly sentAt: number
  readonly isMailed: boolean
  readonly extras: LetterExtras
  /** Of letters: ids of those that carried it, and where they lie. */
  readonly letterIds: Set<string>
  readonly sources: { from: Source; cursor: string }[]
  /** The one-time prekeys that they were sealed to. */
  readonly spent: Uint8Array[]
  /** Of messages that came over a connection: told once the handlers are through, or that they never will be. */
  readonly waiting: { done(): void; failed(error: P2PError): void }[]
  readonly bytes: number
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
  areRead: () => boolean
  /** A letter's sender has shown its access key, or its card. */
  onExtras: (sender: Uint8Array, extras: LetterExtras) => void
  /** The handlers of a letter are through, or were before. */
  onHandled: (sender: Uint8Array, messageId: string, isMailed: boolean) => void
  /** Somebody has had messages of ours. */
  onReceipts: (sender: Uint8Array, ids: readonly string[]) => void
  readReceipts: (payload: unknown) => string[]
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
  /** By `seenId`, and the ids of letters that are being opened or carry them. */
  private readonly items = new Map<string, Item>()
  private readonly letters = new Map<string, Item | undefined>()
  private delivering = new SerialByKey()
  private readonly unheard = new Set<() => void>()
  private readonly hearing: Alarm
  /** Letters that come, one after the other, so that their order is that of the mailbox. */
  private opening: Promise<void> = Promise.resolve()
  private era = 0

  constructor(private readonly options: ReceiverOptions) {
    const { host, limits, state, areRead } = options
    const { clock } = host.kit
    this.seen = new Seen(clock, limits, state.store)
    this.order = new Order({ clock, limits, state, areRead, onTurn: (item) => this.turn(item) })
    this.hearing = new Alarm(clock, () => this.hear())
  }

  /** @returns how many entries could not be read. */
  async load(): Promise<number> {
    this.stop()
    const bad = (await this.seen.load()) + (await this.order.load())
    this.options.state.writeSoon(...this.seen.expire())
    return bad
  }

  /** Forgets what is under way: letters come again, and what came over connections is sent again. */
  stop(): void {
    this.era++
    this.order.stop()
    this.hearing.disarm()
    this.unheard.clear()
    this.delivering = new SerialByKey()
    this.items.clear()
    this.letters.clear()
  }

  /** Something may listen now that did not before. */
  hear(): void {
    for (const again of [...this.unheard]) again()
    if (this.unheard.size > 0) this.hearing.armOnce(UNHEARD_MS)
  }

  reread(): void {
    this.order.reread()
  }

  /** A letter lies in a mailbox of ours. */
  letter(from: Source, [cursor, letter]: PlacedLetter): void {
    const id = hexOf(letterIdOf(letter))
    const { era } = this
    const source = { from, cursor }
    this.opening = this.opening
      .then(() => (era === this.era ? this.open(id, letter, source) : undefined))
      .catch((error) => {
        this.letters.delete(id)
        this.options.host.kit.report(error as Error)
      })
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
        this.options.onReceipts(sender, this.options.readReceipts(message.payload))
        resolve()
        return
      }
      this.take(
        { sender, n, message, sentAt: message.timestamp, isMailed: false, extras: {}, bytes: body.length },
        { waiting: { done: resolve, failed: reject } },
      )
    })
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

  private async open(id: string, letter: Uint8Array, source: Item['sources'][number]): Promise<void> {
    const { host, limits, prekeys } = this.options
    const { kit } = host
    const drop = () => {
      this.letters.delete(id)
      source.from.drop(source.cursor)
    }
    if (this.seen.get(id) === 'done') return drop()
    const known = this.letters.get(id)
    if (known !== undefined) {
      known.sources.push(source)
      return
    }
    // No room to remember it by: it stays where it is.
    if (this.seen.isFull && this.seen.get(id) === undefined) return
    try {
      const prekey = prekeyOf(letter)
      const { sender, n, body, sentAt, extras } = await this.opened(letter)
      const ageMs = kit.clock.now() - sentAt
      if (ageMs > limits.maxLetterAgeMs || ageMs < -limits.maxLetterAheadMs) {
        this.stats.stale++
        return drop()
      }
      if (host.isBanned(sender)) {
        this.stats.banned++
        return drop()
      }
      const message = this.decoded(sender, body)
      const spent = prekey.kind === PrekeyKind.ONE_TIME ? prekey.id : undefined
      this.options.onExtras(sender, extras)
      if (message.protocol === MAIL_PROTOCOL) {
        this.options.onReceipts(sender, this.options.readReceipts(message.payload))
        await this.options.state.write(...this.seen.set([id], 'done', sentAt), ...(spent ? prekeys.spend(spent) : []))
        return drop()
      }
      this.take({ sender, n, message, sentAt, isMailed: true, extras, bytes: letter.length }, { id, source, spent })
    } catch (error) {
      if (isP2PError(error, 'STORAGE_FAILED') || isP2PError(error, 'IDENTITY_FAILED')) throw error
      // Whoever knows the box may leave there what it likes.
      this.stats.undecryptable++
      drop()
    }
  }

  private take(
    about: Pick<Item, 'sender' | 'n' | 'message' | 'sentAt' | 'isMailed' | 'extras' | 'bytes'>,
    by: { id?: string; source?: Item['sources'][number]; spent?: Uint8Array | undefined; waiting?: Item['waiting'][number] },
  ): void {
    const { sender, message, sentAt, isMailed, extras } = about
    const { id, source, spent, waiting } = by
    const seenId = seenIdOf(sender, message.messageId)
    if (this.seen.get(seenId) === 'done') {
      this.stats.duplicates++
      // The prekey has served, whatever became of the letter before.
      const spending = spent === undefined ? [] : this.options.prekeys.spend(spent)
      this.options.state.writeSoon(...(id === undefined ? [] : this.seen.set([id], 'done', sentAt)), ...spending)
      source?.from.drop(source.cursor)
      waiting?.done()
      if (isMailed && extras.receipt !== false) this.options.onHandled(sender, message.messageId, true)
      return
    }
    let item = this.items.get(seenId)
    const isNew = item === undefined
    if (item === undefined) {
      const { protocol = '' } = message
      item = { ...about, protocol, seenId, letterIds: new Set(), sources: [], spent: [], waiting: [] }
      this.items.set(seenId, item)
    }
    if (id !== undefined) {
      item.letterIds.add(id)
      this.letters.set(id, item)
    }
    if (source !== undefined) item.sources.push(source)
    if (spent !== undefined) item.spent.push(spent)
    if (waiting !== undefined) item.waiting.push(waiting)
    if (isNew) this.order.add(item)
  }

  /** The item is the next of its sender and protocol. */
  private turn(item: Item): void {
    const { era } = this
    void this.delivering
      .run(tupleKey(hexOf(item.sender), item.protocol), () => this.deliver(item, era))
      .catch((error) => {
        this.forget(item)
        for (const waiting of item.waiting.splice(0)) waiting.failed(error as P2PError)
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
    await state.write(...this.seen.set([item.seenId, ...item.letterIds], 'delivering', sentAt))
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
    const { state, prekeys, onHandled } = this.options
    const { sender, message, sentAt, isMailed, extras } = item
    if (era !== this.era) return
    const spending = item.spent.flatMap((id) => prekeys.spend(id))
    const ids = [item.seenId, ...item.letterIds]
    await state.write(...this.seen.set(ids, 'done', sentAt), ...spending, ...this.order.done(item))
    if (era !== this.era) return
    this.forget(item)
    for (const { from, cursor } of item.sources) from.drop(cursor)
    for (const waiting of item.waiting) waiting.done()
    if (isMailed && extras.receipt !== false) onHandled(sender, message.messageId, item.waiting.length === 0)
  }

  /** Nobody has listened for too long: the message is over. */
  private unheardOf(item: Item): void {
    this.stats.unheard++
    const { protocol, sentAt } = item
    this.forget(item)
    const failure = new P2PError('PROTOCOL_NOT_SUPPORTED', `This peer has no protocol "${protocol}".`, { details: { protocol } })
    for (const waiting of item.waiting) waiting.failed(failure)
    this.options.state.writeSoon(...this.seen.set([item.seenId, ...item.letterIds], 'done', sentAt), ...this.order.done(item))
    for (const { from, cursor } of item.sources) from.drop(cursor)
  }

  private forget(item: Item): void {
    if (this.items.get(item.seenId) === item) this.items.delete(item.seenId)
    for (const id of item.letterIds) this.letters.delete(id)
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
