import { Alarm } from '../../base/alarm.js'
import { BoundedMap } from '../../base/bounded-map.js'
import { hexOf } from '../../base/bytes.js'
import { elapsed } from '../../base/clock.js'
import { asP2PError, P2PError } from '../../base/errors.js'
import { fenced } from '../../base/fenced.js'
import type { MailLimits } from '../../base/limits/mail.js'
import { SerialByKey } from '../../base/serial.js'
import { cutText } from '../../base/text.js'
import type { PluginKit } from '../../core/plugin.js'
import type { FairTurns } from '../../defence/fair-turns.js'
import { verifyEnvelope } from '../../identity/envelope.js'
import type { P2PMessage } from '../../message/message.js'
import { unknownType } from '../../message/shape.js'
import type { IProtocolHandler } from '../../protocol/handler.js'
import type { PeerInfo } from '../../protocol/peer-info.js'
import type { RateLimit } from '../../protocol/rate-limits.js'
import { bindingWith, boxIdOf, openingBytes } from '../box.js'
import {
  answerTypeOf,
  MAIL_PROTOCOL,
  MAX_FETCH_BYTES,
  type MailAnswer,
  type MailRequestType,
  readPrekeyBatch,
} from '../messages.js'
import { Attachments } from './attachments.js'
import { DepositRules } from './deposit-rules.js'
import { CardReader } from './kept-card.js'
import type { Box, KeptCard, MailStore } from './mail-store.js'
import { isMailRequest, type MailRequest, readMailRequest } from './requests.js'

/** A letter has come for a box whose owner is not connected, and wants to be woken. */
export interface MailWaiting {
  /** 32 digits of hex. */
  box: string
  /** What the owner has left for this, at most 1,024 characters. Only the two of you know what it means. */
  wake: string
  /** Letters that wait. */
  waiting: number
}

export interface MailServerOptions {
  store: MailStore
  /** Called at most once in `limits.mailWakeMs` for each box; what it throws is logged. */
  onMail?: ((mail: MailWaiting) => unknown) | undefined
}

export interface MailServerStats {
  boxes: number
  letters: number
  bytes: number
  /** Owners that are connected. */
  attached: number
  deposited: number
  fetched: number
  pushed: number
  woken: number
  /** Requests refused, by code. */
  refused: { [code: string]: number }
}

/** Keeps mailboxes for others: the protocol `lotus/mail` at a relay. One request of a peer is served after the other. */
export class MailServer implements IProtocolHandler {
  readonly protocolName = MAIL_PROTOCOL
  readonly rateLimits: RateLimit
  private readonly limits: MailLimits
  private readonly store: MailStore
  private readonly attachments: Attachments
  private readonly rules: DepositRules
  private readonly cards: CardReader
  private readonly turns = new SerialByKey()
  /** Requests that wait, by the peer's key in hex. */
  private readonly waiting = new Map<string, number>()
  private pendingBytes = 0
  private isClosed = false
  /** When a box was last told of, by `elapsed`. */
  private readonly woken: BoundedMap<string, number>
  private readonly sweeping: Alarm
  private readonly counts = { deposited: 0, fetched: 0, pushed: 0, woken: 0 }
  private readonly refused: MailServerStats['refused'] = {}

  constructor(
    private readonly kit: PluginKit,
    private readonly options: MailServerOptions,
  ) {
    const { clock } = kit
    this.limits = kit.limits as unknown as MailLimits
    this.store = options.store
    const { mailRequestsPerS } = this.limits
    this.rateLimits = { messagesPerS: mailRequestsPerS, burst: 4 * mailRequestsPerS }
    this.rules = new DepositRules(this.store, clock, this.limits, (key, ms) => turnsOf(kit)?.charge(key, ms))
    this.cards = new CardReader(kit)
    this.woken = new BoundedMap(this.limits.maxBoxes)
    this.attachments = new Attachments({
      store: this.store,
      maxPushBytes: this.limits.maxMailPushBytes,
      now: () => clock.now(),
      push: (peerId, letter) => {
        this.counts.pushed++
        return kit.sendTo(peerId, { type: 'letter', payload: letter, protocol: MAIL_PROTOCOL })
      },
      failed: (error) => kit.logger.debug('A letter was not pushed.', { error }),
    })
    this.sweeping = new Alarm(clock, () => void this.sweep())
  }

  onRegister(): void {
    this.sweeping.arm(this.limits.mailSweepMs)
  }

  onUnregister(): void {
    this.isClosed = true
    this.sweeping.disarm()
  }

  async onPeerDisconnected({ peerId }: PeerInfo): Promise<void> {
    this.attachments.detach(peerId)
  }

  async handleMessage(message: P2PMessage, from: PeerInfo): Promise<void> {
    const { type } = message
    if (!isMailRequest(type)) throw unknownType(message)
    const key = hexOf(from.publicKey!)
    // What has another form is answered as in all protocols, by `failed`.
    const request = readMailRequest(type, message.payload)
    const letterBytes = type === 'deposit' ? (request as MailRequest<'deposit'>).letter.length : 0
    try {
      const waiting = this.waiting.get(key) ?? 0
      if (waiting >= this.limits.maxMailWaiting || this.pendingBytes + letterBytes > this.limits.maxMailPendingBytes) {
        throw new P2PError('RATE_LIMITED', 'Too many requests for mail wait here.', { details: { retryAfterMs: 1_000 } })
      }
      this.waiting.set(key, waiting + 1)
      this.pendingBytes += letterBytes
      await this.turns
        .run(key, async () => {
          // Of a peer that has gone meanwhile, nothing is done. A caller through the onion has no connection that could go.
          if (from.connection !== undefined && this.kit.peer(from.peerId) === undefined) return
          const payload = await this.answer(type, request, from)
          await this.kit.reply(message, { type: answerTypeOf(type), payload })
        })
        .finally(() => {
          this.pendingBytes -= letterBytes
          const left = this.waiting.get(key)! - 1
          if (left > 0) this.waiting.set(key, left)
          else this.waiting.delete(key)
        })
    } catch (cause) {
      await this.refuse(message, asP2PError(cause, 'HANDLER_FAILED', 'The relay could not serve this.'))
    }
  }

  getStats(): MailServerStats {
    const { boxes, letters, bytes } = this.store.totals
    return { boxes, letters, bytes, attached: this.attachments.count, ...this.counts, refused: { ...this.refused } }
  }

  private async refuse(message: P2PMessage, error: P2PError): Promise<void> {
    const { code, details } = error
    this.refused[code] = (this.refused[code] ?? 0) + 1
    const { bits, retryAfterMs } = details
    await this.kit
      .reply(message, { type: 'refused', payload: { code, message: cutText(error.message, 512), bits, retryAfterMs } })
      .catch(() => {})
  }

  private async answer(type: MailRequestType, request: unknown, from: PeerInfo): Promise<unknown> {
    switch (type) {
      case 'open':
        return this.open(request as MailRequest<'open'>, from)
      case 'fetch':
        return this.fetch(request as MailRequest<'fetch'>, from)
      case 'drop': {
        const { cursors } = request as MailRequest<'drop'>
        await this.store.drop(this.boxOf(from), cursors)
        this.attachments.dropped(from.peerId, cursors)
        return null
      }
      case 'prekeys': {
        const { batch, signature } = request as MailRequest<'prekeys'>
        const { generation, madeAt } = readPrekeyBatch(batch)
        await this.store.addPrekeys(this.boxOf(from), { batch, signature, generation, madeAt }, this.limits.maxPrekeyBatches)
        return null
      }
      case 'take':
        return (await this.rules.take(request as MailRequest<'take'>, from.publicKey!)) ?? {}
      case 'deposit':
        return this.deposit(request as MailRequest<'deposit'>, from)
      case 'card': {
        const card = await this.store.cardOf((request as MailRequest<'card'>).peerId, this.kit.clock.now())
        return card === undefined ? {} : { record: card.record }
      }
      case 'close': {
        const box = this.boxOf(from)
        this.attachments.detach(from.peerId)
        await this.store.deleteBox(box)
        return null
      }
    }
  }

  private async open(request: MailRequest<'open'>, from: PeerInfo): Promise<MailAnswer<'open'>> {
    const { boxKey, access, bits, max, wake, signature } = request
    const { kit, store, limits } = this
    const binding = bindingWith(kit, from.peerId, true)
    if (binding === undefined) throw new P2PError('PEER_NOT_CONNECTED', 'The peer is gone.')
    const payload = openingBytes(binding, request)
    const isSigned = async () => verifyEnvelope('box', { publicKey: boxKey, payload, signature }, kit.network)
    if (!(await kit.check(from.peerId, isSigned))) {
      // Whoever has the box key and speaks to us in this process signs what holds.
      kit.blame(from.publicKey!, 'INVALID_SIGNATURE', 'It opened a mailbox without the key of it.')
      throw new P2PError('INVALID_SIGNATURE', 'The box key has not signed this, for this connection.')
    }
    const id = hexOf(boxIdOf(boxKey))
    const known = await store.getBox(id)
    if (known === undefined) this.rules.checkNewBox(from.publicKey!)
    const card = await this.cardOf(request, known, id, from)
    const now = kit.clock.now()
    const box: Box = { id, access, bits, max, openedAt: now }
    if (wake !== undefined) box.wake = wake
    if (card !== undefined) box.card = card
    await store.putBox(box)
    if (kit.peer(from.peerId) !== undefined) this.attachments.attach(from.peerId, id)
    return {
      until: now + limits.boxMs,
      ...(await store.usage(id)),
      quota: { letters: limits.maxBoxLetters, bytes: limits.maxBoxBytes },
      max: store.maxBucket,
      ttl: store.maxTtl,
    }
  }

  /** The newest card of the owner. @throws P2PError as `CardReader.read`. */
  private async cardOf(
    { card }: MailRequest<'open'>,
    known: Box | undefined,
    id: string,
    from: PeerInfo,
  ): Promise<KeptCard | undefined> {
    const fresh = card && (await this.cards.read(card, id, from.peerId))
    const before = known?.card
    return fresh === undefined || (before !== undefined && before.publishedAt > fresh.publishedAt) ? before : fresh
  }

  private async fetch({ after, bytes = MAX_FETCH_BYTES }: MailRequest<'fetch'>, from: PeerInfo): Promise<MailAnswer<'fetch'>> {
    const box = this.boxOf(from)
    const { letters, more } = await this.store.letters(box, after, bytes, this.kit.clock.now())
    this.counts.fetched += letters.length
    this.attachments.fetched(from.peerId, letters.at(-1)?.[0] ?? after, !more)
    return { letters, more }
  }

  private async deposit(request: MailRequest<'deposit'>, from: PeerInfo): Promise<MailAnswer<'deposit'>> {
    const { box, until, isNew } = await this.rules.deposit(request, from.publicKey!)
    if (isNew) {
      this.counts.deposited++
      await this.wake(box)
    }
    return { until }
  }

  /** The box that the peer has opened. @throws P2PError NO_MAILBOX. */
  private boxOf({ peerId }: PeerInfo): string {
    const attached = this.attachments.of(peerId)
    if (attached === undefined) throw new P2PError('NO_MAILBOX', 'This connection has opened no mailbox.')
    return attached.box
  }

  private async wake({ id, wake }: Box): Promise<void> {
    const { onMail } = this.options
    if (onMail === undefined || wake === undefined || this.attachments.isAttached(id)) return
    const now = elapsed(this.kit.clock)
    const last = this.woken.get(id)
    if (last !== undefined && now - last < this.limits.mailWakeMs) return
    this.woken.set(id, now)
    this.counts.woken++
    const { letters } = await this.store.usage(id)
    fenced(
      () => onMail({ box: id, wake, waiting: letters }),
      (error) => this.kit.logger.warn('The waker of mail failed.', { error }),
    )
  }

  private async sweep(): Promise<void> {
    const { kit, store, limits } = this
    const now = kit.clock.now()
    try {
      // An owner that is connected is not away.
      for (const id of this.attachments.boxes()) {
        const box = await store.getBox(id)
        if (box !== undefined && now - box.openedAt > limits.boxMs / 2) await store.putBox({ ...box, openedAt: now })
      }
      await store.sweep(now, now - limits.boxMs)
    } catch (cause) {
      kit.report(asP2PError(cause, 'STORAGE_FAILED', 'Mail that has expired could not be deleted.'))
    }
    if (!this.isClosed) this.sweeping.arm(limits.mailSweepMs)
  }
}

/** Where relays account to peers what they cost. */
function turnsOf(kit: PluginKit): FairTurns | undefined {
  return (kit.plugin('costs') as { turns: FairTurns } | undefined)?.turns
}
