import { Alarm } from '../base/alarm.js'
import { hexOf } from '../base/bytes.js'
import type { Limits } from '../base/limits.js'
import { encodePeerId } from '../identity/peer-id.js'
import { type MailHost, takesMail } from './host.js'
import { MAIL_PROTOCOL } from './messages.js'
import type { Outgoing } from './outgoing.js'
import { bodyOf, type EntryLife } from './outgoing-entry.js'

/** Ids in a letter of receipts, so that it fits the smallest bucket. */
const LETTER_IDS = 32
const RECEIPT_TTL_S = 604_800
/** Senders whose receipts are collected at once; those of others go without waiting. */
const MAX_SENDERS = 256

/** Tells the senders of letters that the handlers of their messages are through. */
export class Receipts {
  private readonly due = new Map<string, { sender: Uint8Array; ids: string[] }>()
  private readonly alarm: Alarm

  constructor(
    private readonly host: MailHost,
    private readonly limits: Required<Limits>,
    private readonly outgoing: Outgoing,
  ) {
    this.alarm = new Alarm(host.kit.clock, () => void this.flush())
  }

  add(sender: Uint8Array, messageId: string): void {
    const key = hexOf(sender)
    const due: { sender: Uint8Array; ids: string[] } = this.due.get(key) ?? { sender: sender.slice(), ids: [] }
    this.due.set(key, due)
    due.ids.push(messageId)
    if (due.ids.length >= LETTER_IDS || this.due.size > MAX_SENDERS) void this.flush()
    else this.alarm.armOnce(this.limits.receiptMs)
  }

  /** Sends what is due: over connections at once. @returns settles when all of it has left; undefined where nothing is due. */
  flush(): Promise<void> | undefined {
    this.alarm.disarm()
    const all = [...this.due.values()]
    this.due.clear()
    if (all.length === 0) return undefined
    return Promise.all(all.map(({ sender, ids }) => this.send(sender, ids))).then(
      () => {},
      (error) => this.host.kit.report(error as Error),
    )
  }

  private async send(sender: Uint8Array, ids: string[]): Promise<void> {
    const { kit } = this.host
    const to = encodePeerId(sender)
    const outgoing = { type: 'receipt', payload: ids, protocol: MAIL_PROTOCOL }
    const peer = kit.peer(to)
    if (takesMail(peer)) {
      try {
        await kit.sendTo(peer.peerId, outgoing)
        return
      } catch {
        // It has just gone: by letter.
      }
    }
    const message = { ...this.host.complete(outgoing, to, {}), to }
    const expiresAt = kit.clock.now() + RECEIPT_TTL_S * 1_000
    // Nobody is waited for to come.
    const about: EntryLife = { expiresAt, via: undefined, waitsSince: Number.NEGATIVE_INFINITY }
    await (await this.outgoing.accept(to, message, bodyOf(message, this.limits), about)).outcome
  }
}
