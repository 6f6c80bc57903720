import { Alarm } from '../base/alarm.js'
import { hexOf } from '../base/bytes.js'
import { encodePeerId } from '../identity/peer-id.js'
import { takesMail } from './host.js'
import { MAIL_PROTOCOL } from './messages.js'
import type { Outgoing } from './outgoing.js'
import { bodyOf, type EntryLife } from './outgoing-entry.js'
import type { MailParts } from './parts.js'

/** Ids in a letter of receipts, so that it fits the smallest bucket. */
const LETTER_IDS = 32
const RECEIPT_TTL_S = 604_800
/** Senders whose receipts are collected at once; those of others go without waiting. */
const MAX_SENDERS = 256

/** The others that they work with. */
export interface ReceiptsParts extends MailParts {
  readonly outgoing: Outgoing
}

/** Tells the senders of letters that the handlers of their messages are through. */
export class Receipts {
  private readonly due = new Map<string, { sender: Uint8Array; ids: string[] }>()
  private readonly alarm: Alarm

  constructor(private readonly parts: ReceiptsParts) {
    this.alarm = new Alarm(parts.host.kit.clock, () => void this.flush())
  }

  /** The handlers of a letter are through, or were before. */
  add(sender: Uint8Array, messageId: string): void {
    const { settings, limits } = this.parts
    if (!settings.receipts) return
    const key = hexOf(sender)
    const due: { sender: Uint8Array; ids: string[] } = this.due.get(key) ?? { sender: sender.slice(), ids: [] }
    this.due.set(key, due)
    due.ids.push(messageId)
    if (due.ids.length >= LETTER_IDS || this.due.size > MAX_SENDERS) void this.flush()
    else this.alarm.armOnce(limits.receiptMs)
  }

  /** Sends what is due: over connections at once. @returns settles when all of it has left; undefined where nothing is due. */
  flush(): Promise<void> | undefined {
    this.alarm.disarm()
    const all = [...this.due.values()]
    this.due.clear()
    if (all.length === 0) return undefined
    return Promise.all(all.map(({ sender, ids }) => this.send(sender, ids))).then(
      () => {},
      (error) => this.parts.host.kit.report(error as Error),
    )
  }

  private async send(sender: Uint8Array, ids: string[]): Promise<void> {
    const { host, limits, outgoing } = this.parts
    const { kit } = host
    const to = encodePeerId(sender)
    const receipt = { type: 'receipt', payload: ids, protocol: MAIL_PROTOCOL }
    const peer = kit.peer(to)
    if (takesMail(peer)) {
      try {
        await kit.sendTo(peer.peerId, receipt)
        return
      } catch {
        // It has just gone: by letter.
      }
    }
    const message = { ...host.complete(receipt, to, {}), to }
    const expiresAt = kit.clock.now() + RECEIPT_TTL_S * 1_000
    // Nobody is waited for to come.
    const about: EntryLife = { expiresAt, via: undefined, waitsSince: Number.NEGATIVE_INFINITY }
    await (await outgoing.accept(to, message, bodyOf(message, limits), about)).outcome
  }
}
