import { Alarm } from '../base/alarm.js'
import { Backoff } from '../base/backoff.js'
import { equalBytes } from '../base/bytes.js'
import { elapsed } from '../base/clock.js'
import { isP2PError } from '../base/errors.js'
import { SerialByKey } from '../base/serial.js'
import type { Contact, Contacts } from './contacts.js'
import { type Addressee, Depositor } from './depositor.js'
import { takesMail } from './host.js'
import { fitsLetter } from './letter.js'
import { MAIL_PROTOCOL } from './messages.js'
import type { Outgoing } from './outgoing.js'
import { BY_ONION, type MailEntry } from './outgoing-entry.js'
import type { MailParts } from './parts.js'
import { MAX_STATUS_IDS, readHad } from './peer-messages.js'

const LOOKUP_MS = 20_000

/** The others that it works with. */
export interface SenderParts extends MailParts {
  readonly outgoing: Outgoing
  readonly contacts: Contacts
}

/** The way to one recipient. */
interface Route {
  isRunning: boolean
  /** It was asked for while it ran. */
  isAgain: boolean
  readonly backoff: Backoff
  readonly alarm: Alarm
}

/** Brings queued messages to their recipients: over a connection, else through their mailboxes. */
export class Sender {
  private readonly routes = new Map<string, Route>()
  private readonly seconds = new SerialByKey()
  private readonly review: Alarm
  private isStopped = true

  private readonly depositor: Depositor

  constructor(private readonly parts: SenderParts) {
    const { host, limits } = parts
    this.depositor = new Depositor(host, limits)
    this.review = new Alarm(host.kit.clock, () => void this.lookAfter())
  }

  start(): void {
    this.isStopped = false
    this.review.arm(0)
  }

  stop(): void {
    this.isStopped = true
    this.review.disarm()
    for (const { alarm, backoff } of this.routes.values()) {
      alarm.disarm()
      backoff.reset()
    }
  }

  /** Brings what waits for a peer on its way. One run for a peer at a time. */
  go(peerId: string): void {
    const { outgoing, host } = this.parts
    if (this.isStopped) return
    const route = this.routeTo(peerId)
    if (outgoing.of(peerId).length === 0) {
      if (route.isRunning) return
      route.alarm.disarm()
      this.routes.delete(peerId)
      return
    }
    if (route.isRunning) {
      route.isAgain = true
      return
    }
    route.isRunning = true
    this.run(peerId)
      .catch((error) => {
        host.kit.report(error as Error)
        this.later(peerId)
      })
      .finally(() => {
        route.isRunning = false
        const { isAgain } = route
        route.isAgain = false
        if (isAgain) this.go(peerId)
      })
  }

  private routeTo(peerId: string): Route {
    const known = this.routes.get(peerId)
    if (known !== undefined) return known
    const { limits, host } = this.parts
    const { clock, random } = host.kit
    const alarm = new Alarm(clock, () => this.go(peerId))
    const backoff = new Backoff({ minMs: limits.mailRetryMs, maxMs: limits.maxMailRetryMs, random })
    const route: Route = { isRunning: false, isAgain: false, backoff, alarm }
    this.routes.set(peerId, route)
    return route
  }

  /** A relay is connected, by which cards and mailboxes may be found: nothing waits for its time any more. */
  goAll(): void {
    for (const peerId of [...this.parts.outgoing.queues.keys()]) this.go(peerId)
  }

  /** A peer is connected: it may have had what lies at its mailboxes. */
  connected(peerId: string): void {
    this.routes.get(peerId)?.backoff.reset()
    void this.askStatus(peerId).finally(() => this.go(peerId))
  }

  disconnected(peerId: string): void {
    const now = elapsed(this.parts.host.kit.clock)
    for (const entry of this.parts.outgoing.of(peerId)) {
      if (entry.state === 'direct') entry.state = 'waiting'
      entry.waitsSince = now
    }
    this.go(peerId)
  }

  /** The recipient says that its handlers have had these messages. @param from its Ed25519 key. */
  async receipts(from: Uint8Array, ids: readonly string[]): Promise<void> {
    const { outgoing, host } = this.parts
    const had = new Set(ids)
    for (const entry of [...outgoing.entries()]) {
      if (!had.has(entry.message.messageId)) continue
      const key = await host.keyOf(entry.peerId)
      if (key !== undefined && equalBytes(key, from)) outgoing.finish(entry, 'delivered')
    }
  }

  /** A newer card of a recipient may be known: what it can open no more is sealed anew. */
  async cardChanged({ key, card }: Contact): Promise<void> {
    const { outgoing, host, limits } = this.parts
    if (card === undefined) return
    for (const peerId of [...outgoing.queues.keys()]) {
      const target = await host.keyOf(peerId)
      if (target === undefined || !equalBytes(target, key)) continue
      for (const entry of outgoing.of(peerId)) {
        if (entry.letter === undefined && entry.state !== 'mailed') continue
        const isOfAnother = entry.generation !== undefined && !equalBytes(entry.generation, card.generation)
        const isOld = card.prekey[2] > entry.prekeyAt && host.kit.clock.now() - entry.mailedAt >= limits.resealMs
        if (!isOfAnother && !(entry.state === 'mailed' && isOld)) continue
        entry.letter = undefined
        entry.boxes = []
        entry.mailedAt = 0
        if (entry.state === 'mailed') entry.state = 'waiting'
      }
      this.go(peerId)
    }
  }

  private async run(peerId: string): Promise<void> {
    if (this.parts.host.kit.peer(peerId) !== undefined) this.direct(peerId)
    if (!(await this.mail(peerId))) this.later(peerId)
  }

  /** Sends what waits over the connection, in order. */
  private direct(peerId: string): void {
    const { outgoing, host, limits } = this.parts
    const queue = outgoing.of(peerId)
    let left = limits.maxDirectMail - queue.filter(({ state }) => state === 'direct').length
    const knowsMail = takesMail(host.kit.peer(peerId))
    for (const entry of [...queue]) {
      if (entry.state !== 'waiting' || entry.via === BY_ONION) continue
      if (left-- <= 0) return
      entry.state = 'direct'
      if (knowsMail) void this.sendDirect(entry)
      else this.sendBare(entry)
    }
  }

  private async sendDirect(entry: MailEntry): Promise<void> {
    const { outgoing, host, limits } = this.parts
    const { peerId, n, body } = entry
    try {
      const request = { type: 'direct', payload: [n, body], protocol: MAIL_PROTOCOL }
      const { type } = await host.kit.request(peerId, request, { timeoutMs: limits.directTimeoutMs })
      if (entry.state !== 'direct') return
      if (type !== 'kept') throw new Error('An answer of another type.')
      outgoing.finish(entry, 'delivered')
      this.go(peerId)
    } catch (error) {
      if (entry.state !== 'direct') return
      entry.state = 'waiting'
      entry.waitsSince = elapsed(host.kit.clock)
      // A relay, or a version that knows less of mail.
      if (isP2PError(error, 'PROTOCOL_NOT_SUPPORTED') || isP2PError(error, 'INVALID_MESSAGE')) this.sendBare(entry)
      else this.later(peerId)
    }
  }

  /** To a peer that knows no mail: its session's acknowledgement is all that there is. */
  private sendBare(entry: MailEntry): void {
    const { outgoing, host } = this.parts
    entry.state = 'direct'
    const back = () => {
      if (entry.state === 'direct') entry.state = 'waiting'
      this.later(entry.peerId)
    }
    try {
      host.sendBare(entry.peerId, entry.message, (delivered) => {
        if (delivered) outgoing.finish(entry, 'delivered')
        else back()
      })
    } catch {
      back()
    }
  }

  /** Leaves what waits at the mailboxes of a peer that is away, in order. @returns false where it is to be tried again. */
  private async mail(peerId: string): Promise<boolean> {
    const { outgoing, host, limits } = this.parts
    const goesByMail = ({ via }: MailEntry) => via === BY_ONION || host.kit.peer(peerId) === undefined
    const waiting = outgoing.of(peerId).filter((entry) => entry.state !== 'mailed' && goesByMail(entry))
    const first = waiting[0]
    if (first === undefined) return true
    const route = this.routeTo(peerId)
    const waitMs = first.waitsSince + limits.mailAfterMs - elapsed(host.kit.clock)
    if (waitMs > 0) {
      route.alarm.arm(waitMs)
      return true
    }
    const to = await this.addressee(peerId, first.via)
    if (to === undefined) return false
    for (const entry of waiting) {
      if (!goesByMail(entry)) {
        route.isAgain = true
        return true
      }
      // What is too large for a letter, or for its recipient's mailboxes, waits for a connection.
      const isNext = entry.state === 'waiting' && fitsLetter(entry.body.length, to.card.max)
      if (isNext && !(await this.mailOne(entry, to))) return false
    }
    route.backoff.reset()
    return true
  }

  private async mailOne(entry: MailEntry, to: Addressee): Promise<boolean> {
    const { depositor } = this
    const { outgoing, contacts } = this.parts
    entry.state = 'mailing'
    try {
      const courier = await this.parts.courierBy(entry.via)(to.key)
      if (entry.letter === undefined || !equalBytes(entry.generation!, to.card.generation)) {
        await depositor.seal(entry, to, contacts.extrasFor(to, entry), courier)
        await outgoing.keep(entry)
      }
      if (this.isOver(entry)) return true
      await depositor.deposit(entry, to, courier)
      if (this.isOver(entry)) return true
      await outgoing.mailed(entry)
      void this.second(entry)
      return true
    } catch (error) {
      if (this.isOver(entry)) return true
      entry.state = 'waiting'
      // Its mailboxes are elsewhere by now.
      if (isP2PError(error, 'NO_MAILBOX')) await this.addressee(entry.peerId, entry.via, true).catch(() => {})
      return false
    }
  }

  /** Whether a message has been delivered, has expired or is on another way. */
  private isOver(entry: MailEntry): boolean {
    return this.isStopped || entry.state !== 'mailing'
  }

  /** Leaves a letter at a second mailbox of another operator: one may go. */
  private second(entry: MailEntry): Promise<void> {
    return this.seconds.run(entry.peerId, async () => {
      const { outgoing } = this.parts
      if (this.isStopped || entry.state !== 'mailed' || entry.letter === undefined) return
      try {
        const to = await this.addressee(entry.peerId, entry.via)
        if (to === undefined) return
        await this.depositor.deposit(entry, to, await this.parts.courierBy(entry.via)(to.key))
        // There is no third one to bring it to.
        if (entry.boxes.length >= Math.min(2, to.card.boxes.length)) entry.letter = undefined
        if (entry.state === 'mailed') await outgoing.keep(entry)
      } catch {
        this.review.armOnce(this.parts.limits.mailRetryMs)
      }
    })
  }

  /** @param via how what waits for it goes, and so its card is found. */
  private async addressee(peerId: string, via: string | undefined, isStale = false): Promise<Addressee | undefined> {
    const { host, contacts } = this.parts
    const key = await host.keyOf(peerId)
    if (key === undefined) return undefined
    const by = via === BY_ONION ? await this.parts.courierBy(via)(key) : undefined
    if (by?.findCard === undefined) await contacts.find(key, { timeoutMs: LOOKUP_MS }, isStale)
    else if (isStale || contacts.of(key).card === undefined) {
      const card = await by.findCard(key)
      if (card !== undefined) contacts.take(card)
    }
    const contact = contacts.of(key)
    return contact.card && (contact as Addressee)
  }

  /** Asks a connected peer which of the messages at its mailboxes it has had. */
  private async askStatus(peerId: string): Promise<void> {
    const { outgoing, host } = this.parts
    if (!takesMail(host.kit.peer(peerId))) return
    const mailed = outgoing.of(peerId).filter(({ state }) => state === 'mailed')
    for (let at = 0; at < mailed.length; at += MAX_STATUS_IDS) {
      const some = mailed.slice(at, at + MAX_STATUS_IDS)
      const ids = some.map(({ message }) => message.messageId)
      try {
        const answer = await host.kit.request(peerId, { type: 'status', payload: ids, protocol: MAIL_PROTOCOL })
        const had = readHad(answer.payload)
        for (const [i, entry] of some.entries()) {
          if (had[i] === true) outgoing.finish(entry, 'delivered')
          // It has it at once, whatever became of its mailboxes.
          else if (had[i] === false && entry.state === 'mailed') {
            entry.state = 'waiting'
            entry.boxes = []
          }
        }
      } catch {
        return
      }
    }
  }

  /** Mail without a receipt: a second mailbox, or a newer prekey. */
  private async lookAfter(): Promise<void> {
    const { outgoing, host, limits } = this.parts
    for (const [peerId, queue] of [...outgoing.queues]) {
      const mailed = queue.filter(({ state }) => state === 'mailed')
      if (mailed.length === 0 || this.isStopped) continue
      const isOld = mailed.some(({ mailedAt }) => host.kit.clock.now() - mailedAt >= limits.resealMs)
      const to = await this.addressee(peerId, mailed[0]!.via, isOld).catch(() => undefined)
      if (to !== undefined) await this.cardChanged(to)
      for (const entry of mailed) void this.second(entry)
    }
    if (!this.isStopped) this.review.armOnce(limits.maxMailRetryMs)
  }

  private later(peerId: string): void {
    if (this.isStopped) return
    const { alarm, backoff } = this.routeTo(peerId)
    alarm.arm(backoff.next())
  }
}
