import { Alarm } from '../base/alarm.js'
import { elapsed } from '../base/clock.js'
import { abortedError, P2PError } from '../base/errors.js'
import { tupleKey } from '../base/tuple-key.js'
import { withDeadline } from '../base/wait.js'
import type { Queue, QueuedMessage, QueuedOutcome, SendToOptions } from '../core/queue.js'
import { asSent } from '../message/codec.js'
import type { OutgoingMessage, P2PMessage } from '../message/message.js'
import { messageTooLarge } from '../message/p2p-protocol.js'
import { int, text, tuple } from '../message/shape.js'
import { isQuota } from '../plugins/persistence/quota.js'
import { stateOf } from '../plugins/persistence/state-format.js'
import type { Contacts } from './contacts.js'
import { MAIL_PROTOCOL } from './messages.js'
import {
  BY_ONION,
  bodyOf,
  type EntryLife,
  entryShape,
  type MailEntry,
  OUTGOING_PREFIX,
  outgoingKey,
  outgoingNumber,
  outgoingValue,
  readOutgoing,
  SEALED,
} from './outgoing-entry.js'
import type { MailParts } from './parts.js'

const COUNTERS = 'queue/'
/** Bytes that a message is longer inside the request `direct`. */
const DIRECT_OVERHEAD = 256

const counterShape = /* @__PURE__ */ (() => tuple(text(1, 128), text(0, 256), int(1, Number.MAX_SAFE_INTEGER)))()

/** The others that it works with. */
export interface OutgoingParts extends MailParts {
  readonly contacts: Contacts
  readonly sender: Starter
}

/** What brings the messages for a peer on their way. */
interface Starter {
  go(peerId: string): void
}

/** What the queue is made with. */
export interface OutgoingAbout {
  /** Whether the store outlasts this process. */
  readonly isKept: boolean
  /** The queue of before, which may still hold messages of another process. */
  readonly before: Queue | undefined
}

/** The messages that wait for their recipients, are on their way, or lie in mailboxes: each in the store before `sendTo` resolves. */
export class Outgoing implements Queue {
  /** By recipient, in order. */
  readonly queues = new Map<string, MailEntry[]>()
  private readonly counters = new Map<string, number>()
  private next = 0
  private bytes = 0
  private count = 0
  private readonly expiry: Alarm
  /** Resolves when the store is ours and read. */
  private ready: Promise<void> | undefined
  private open!: () => void
  /** Accepted while the store may be another process's. */
  private late: (() => Promise<unknown>)[] = []
  private isSuspended = false
  private isBroken = false
  leaving: Promise<void> | undefined

  constructor(
    private readonly parts: OutgoingParts,
    private readonly about: OutgoingAbout,
  ) {
    this.expiry = new Alarm(parts.host.kit.clock, () => this.expire())
    this.shut()
  }

  /** For the plugin `persistence()`, which has taken the queue of before for its own. */
  get outbox(): unknown {
    return (this.about.before as { outbox?: unknown } | undefined)?.outbox
  }

  get stats(): { messages: number; bytes: number } {
    const { messages = 0, bytes = 0 } = this.about.before?.stats ?? {}
    return { messages: this.count + messages, bytes: this.bytes + bytes }
  }

  has(peerId: string): boolean {
    const waits = this.queues.get(peerId)?.some(({ state, via }) => state !== 'mailed' && via !== BY_ONION) ?? false
    return waits || this.about.before?.has(peerId) === true
  }

  flushTo(peerId: string): void {
    this.about.before?.flushTo(peerId)
    this.parts.sender.go(peerId)
  }

  /** All messages that are not done with. */
  *entries(): Iterable<MailEntry> {
    for (const queue of this.queues.values()) yield* queue
  }

  of(peerId: string): readonly MailEntry[] {
    return this.queues.get(peerId) ?? []
  }

  /** @throws P2PError OUTBOX_FULL, MESSAGE_TOO_LARGE, INVALID_CONFIG, TIMEOUT, ABORTED, and as `P2PCoordinator.sendTo`. */
  async add(peerId: string, message: OutgoingMessage, options: SendToOptions): Promise<QueuedMessage> {
    const { host, limits } = this.parts
    const { before } = this.about
    const { ttl = limits.mailTtlS, signal, timeoutMs = limits.sendTimeoutMs, sealed = false } = options
    const { via = sealed ? SEALED : undefined } = options
    this.parts.courierBy(via)
    const to = host.targetOf(peerId)
    if (!(typeof ttl === 'number' && ttl > 0 && ttl <= limits.maxMailTtlS)) {
      throw new P2PError('INVALID_CONFIG', `ttl must be above 0 and at most ${limits.maxMailTtlS} seconds.`)
    }
    const whole = { ...host.complete(message, to, options), to }
    whole.payload = asSent(whole.payload, limits)
    const body = bodyOf(whole, limits)
    const bytes = body.length + DIRECT_OVERHEAD
    if (bytes > limits.maxMessageBytes) throw messageTooLarge(bytes, limits)
    const full = this.count >= limits.maxOutboxMessages || this.bytes + body.length > limits.maxOutboxBytes
    if (full) throw outboxFull(to, this.count >= limits.maxOutboxMessages ? 'maxOutboxMessages' : 'maxOutboxBytes')
    const expiresAt = host.kit.clock.now() + Math.ceil(ttl * 1_000)
    return withDeadline(host.kit.clock, 'Queueing the message', { signal, timeoutMs }, async (ended) => {
      const { ready } = this
      if (ready !== undefined && !this.isSuspended) await Promise.race([ready, host.kit.run().then(() => ready)])
      if (ended.aborted) throw abortedError('Queueing the message', ended.reason)
      // A wallet without its store is better than none.
      if (this.isBroken && before !== undefined && via !== BY_ONION) return before.add(peerId, message, options)
      return this.accept(to, whole, body, { expiresAt, via })
    })
  }

  /** Takes in a message, of our own too, such as receipts. */
  async accept(to: string, message: P2PMessage, body: Uint8Array, about: EntryLife): Promise<QueuedMessage> {
    const { host, state, contacts, sender } = this.parts
    const { isKept } = this.about
    let settle!: (outcome: QueuedOutcome) => void
    let settleReceipt!: (receipt: 'delivered' | 'unknown') => void
    const outcome = new Promise<QueuedOutcome>((resolve) => {
      settle = resolve
    })
    const receipt = new Promise<'delivered' | 'unknown'>((resolve) => {
      settleReceipt = resolve
    })
    const { messageId, protocol = '' } = message
    const queued: QueuedMessage = { messageId, peerId: to, isKept: false, outcome, receipt }
    const put = async () => {
      const counter = tupleKey(to, protocol)
      const n = (this.counters.get(counter) ?? 0) + 1
      this.counters.set(counter, n)
      const entry = this.put({
        key: outgoingKey(this.next++),
        peerId: to,
        message,
        body,
        n,
        ...about,
        settle,
        settleReceipt,
      })
      const counted = { key: state.nameOf(COUNTERS, counter), value: stateOf(to, protocol, n) }
      try {
        await state.write({ key: entry.key, value: outgoingValue(entry) }, counted)
        entry.isKept = isKept
        queued.isKept = isKept
        void contacts.befriend(entry)
      } catch (error) {
        if (isQuota(error)) {
          this.take(entry)
          // A number that nobody gets would be waited for.
          if (this.counters.get(counter) === n) this.counters.set(counter, n - 1)
          throw outboxFull(to, 'quota', error)
        }
        // It waits in memory, as it would without a store.
        host.kit.report(error as Error)
      }
      // It may have expired meanwhile, which the compiler does not know.
      if ((entry.state as string) === 'new') entry.state = 'waiting'
    }
    if (this.isSuspended) this.late.push(put)
    else await put()
    sender.go(to)
    return queued
  }

  /** Notes another state of a message. @returns resolves once it is in the store. */
  keep(entry: MailEntry): Promise<void> {
    return this.parts.state.write({ key: entry.key, value: outgoingValue(entry) })
  }

  /** Tells what became of a message: it is done with. */
  finish(entry: MailEntry, outcome: 'delivered' | 'expired'): void {
    if (!this.take(entry)) return
    const { host, state } = this.parts
    state.writeSoon({ key: entry.key, delete: true })
    entry.settle(outcome)
    const receipt = outcome === 'delivered' ? 'delivered' : 'unknown'
    entry.settleReceipt(receipt)
    const { message, wasMailed, peerId } = entry
    // Receipts are ours.
    if (message.protocol === MAIL_PROTOCOL) return
    if (outcome === 'delivered' || !wasMailed) host.kit.emit(outcome, message)
    if (wasMailed) host.kit.emit('mail-receipt', { messageId: message.messageId, peerId, receipt })
  }

  /** The message lies in a mailbox: told once the store has that, for what is told now is not told again by another process. */
  async mailed(entry: MailEntry): Promise<void> {
    const isNews = !entry.wasMailed
    entry.state = 'mailed'
    entry.mailedAt ||= this.parts.host.kit.clock.now()
    entry.wasMailed = true
    // Nobody has a receipt for a receipt.
    if (entry.message.protocol === MAIL_PROTOCOL) return this.finish(entry, 'delivered')
    try {
      await this.keep(entry)
    } finally {
      // It may be done with meanwhile, which the compiler does not know.
      if (isNews && (entry.state as string) !== 'over') {
        entry.settle('mailed')
        this.parts.host.kit.emit('mailed', entry.message)
      }
    }
  }

  /** Takes a message back that has not left yet. */
  cancel(messageId: string): boolean {
    for (const entry of this.entries()) {
      if (entry.message.messageId !== messageId || entry.state !== 'waiting' || entry.wasMailed) continue
      this.finish(entry, 'expired')
      return true
    }
    return false
  }

  /** Takes in what is in the store. What we had and is not there any more, another process has brought to its end. */
  async load(): Promise<void> {
    const { host, limits, state } = this.parts
    const counters = await state.read(COUNTERS, counterShape, (members) => members)
    for (const [peerId, protocol, n] of counters) this.counters.set(tupleKey(peerId, protocol), n)
    const found = await state.read(OUTGOING_PREFIX, entryShape, (members, key) => ({
      key,
      ...readOutgoing(members, host.kit.peerId, limits),
    }))
    const known = new Map([...this.entries()].filter(({ isKept }) => isKept).map((entry) => [entry.key, entry]))
    for (const held of found) {
      const { key } = held
      this.next = Math.max(this.next, outgoingNumber(key) + 1)
      const mine = known.get(key)
      known.delete(key)
      if (mine !== undefined) Object.assign(mine, held, { state: mine.letter === undefined ? mine.state : 'waiting' })
      else this.put({ ...held, settle: () => {}, settleReceipt: () => {} }, true)
    }
    for (const entry of known.values()) this.finish(entry, entry.endsAt <= elapsed(host.kit.clock) ? 'expired' : 'delivered')
  }

  /** Lets in what has waited for `load`. @param isBroken the store could not be read: messages wait where they would without mail. */
  resume(isBroken = false): void {
    this.isBroken = isBroken
    this.isSuspended = false
    this.open()
    if (isBroken) return
    for (const put of this.late.splice(0)) put().catch((error) => this.parts.host.kit.report(error))
    for (const peerId of [...this.queues.keys()]) {
      if (this.has(peerId)) this.parts.host.want(peerId)
      this.parts.sender.go(peerId)
    }
    this.expire()
  }

  /** The store may be another process's from here on. */
  suspend(): void {
    this.isSuspended = true
    this.shut()
  }

  close(): void {
    this.about.before?.close()
    for (const entry of [...this.entries()]) {
      this.take(entry)
      entry.settle(entry.isKept ? 'kept' : 'expired')
      entry.settleReceipt('unknown')
    }
    this.expiry.disarm()
  }

  private shut(): void {
    this.ready ??= new Promise((resolve) => {
      this.open = () => {
        this.ready = undefined
        resolve()
      }
    })
  }

  private put(
    about: Pick<MailEntry, 'key' | 'peerId' | 'message' | 'body' | 'n' | 'expiresAt' | 'via' | 'settle' | 'settleReceipt'> &
      Partial<MailEntry>,
    isKept = false,
  ): MailEntry {
    const { host, limits } = this.parts
    const now = elapsed(host.kit.clock)
    const { expiresAt, peerId, body, boxes = [] } = about
    // Of one that was kept no more is left than it had, whatever became of the date since.
    const endsAt = now + Math.min(expiresAt - host.kit.clock.now(), limits.maxMailTtlS * 1_000)
    const state = boxes.length > 0 ? 'mailed' : isKept ? 'waiting' : 'new'
    const entry: MailEntry = {
      ...{ waitsSince: now, wasMailed: false, letter: undefined, generation: undefined, prekeyAt: 0, mailedAt: 0 },
      ...about,
      ...{ boxes, endsAt, state, isKept },
    }
    const queue = this.queues.get(peerId) ?? []
    this.queues.set(peerId, queue)
    queue.push(entry)
    this.count++
    this.bytes += body.length
    this.arm()
    return entry
  }

  private take(entry: MailEntry): boolean {
    if (entry.state === 'over') return false
    entry.state = 'over'
    const queue = this.queues.get(entry.peerId)!
    queue.splice(queue.indexOf(entry), 1)
    if (queue.length === 0) this.queues.delete(entry.peerId)
    this.count--
    this.bytes -= entry.body.length
    return true
  }

  private expire(): void {
    const now = elapsed(this.parts.host.kit.clock)
    for (const entry of [...this.entries()]) if (entry.endsAt <= now) this.finish(entry, 'expired')
    this.arm()
  }

  private arm(): void {
    const next = Math.min(...[...this.entries()].map(({ endsAt }) => endsAt))
    this.expiry.arm(next - elapsed(this.parts.host.kit.clock))
  }
}

function outboxFull(peerId: string, limit: string, cause?: unknown): P2PError {
  const why = 'Too many messages wait for peers that are away or have not acknowledged them yet.'
  return new P2PError('OUTBOX_FULL', why, { details: { peerId, limit }, cause })
}
