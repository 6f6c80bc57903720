import { Alarm } from '../base/alarm.js'
import { hexOf, joined } from '../base/bytes.js'
import { elapsed } from '../base/clock.js'
import { asP2PError, P2PError } from '../base/errors.js'
import type { OnionHopLimits } from '../base/limits/onion-hop.js'
import { withDeadline } from '../base/wait.js'
import type { PluginKit } from '../core/plugin.js'
import { decode, encode } from '../message/codec.js'
import {
  AnswerStatus,
  answerContents,
  MAX_PARTS,
  MAX_SURBS,
  type RequestPart,
  readMore,
  readRequestPart,
  refusalBytes,
} from '../onion/exit-messages.js'
import { type ExitAction, MAX_ONION_MESSAGE_BYTES } from '../onion/messages.js'
import { openContent } from '../onion/packet.js'
import { CELL_ACTION } from '../onion/stream-messages.js'
import type { ExitHandler } from './exit-actions.js'
import { ExitMemory } from './exit-memory.js'
import type { ExitStreams } from './exit-streams.js'
import type { ExitWork } from './exit-work.js'

/** Reply blocks of one message that wait for its answer. */
const MAX_WAITING_SURBS = MAX_PARTS + MAX_SURBS
/** Of the actions under way, the part that may be of one kind: letters wait for a minute, and keep out nothing else. */
const ACTION_PART = 2
/** An action ends so long before its caller's deadline for a letter, in all. */
const LETTER_GRACE_MS = 5_000

interface ExitMessage {
  readonly action: string
  readonly messageId: Uint8Array
  readonly startedAt: number
  /** When the first of the parts that wait has come. */
  partsAt: number
  readonly parts: (Uint8Array | undefined)[]
  missing: number
  bytes: number
  surbs: Uint8Array[]
  /** The contents of the answer's packets, once it is there, and the one that goes next. */
  answer: Uint8Array[] | undefined
  next: number
}

export interface OnionExitOptions {
  kit: Pick<PluginKit, 'clock' | 'logger' | 'limits'>
  limits: OnionHopLimits
  actions: ReadonlyMap<ExitAction, ExitHandler>
  work: ExitWork
  streams: ExitStreams
  /** Sends a content by a reply block. */
  sendBy(surb: Uint8Array, content: Uint8Array): void
  /** Counts what happens. */
  count(what: 'acted' | 'repeated' | 'refused' | 'touched' | 'malformed'): void
}

/**
 * The end of a path: it does for callers that it does not know what a relay does for its peers, and answers by their reply blocks. What
 * has the id of a message that was here is done once, and answered again.
 */
export class OnionExit {
  private readonly messages: ExitMemory<ExitMessage>
  private readonly closing = new AbortController()
  private readonly sweeping: Alarm
  /** Actions under way, of each kind. */
  private readonly underWay = new Map<string, number>()

  constructor(private readonly options: OnionExitOptions) {
    const { limits, kit } = options
    this.messages = new ExitMemory(limits.maxOnionMessages, limits.maxOnionAnswerBytes)
    this.sweeping = new Alarm(kit.clock, () => this.sweep())
  }

  /** Messages that are remembered. */
  get size(): number {
    return this.messages.size
  }

  /** A packet has ended here. @param delta its payload, all encryption undone. */
  receive(delta: Uint8Array): void {
    let content: Uint8Array
    try {
      content = openContent(delta)
    } catch {
      this.options.count('touched')
      return
    }
    try {
      this.take(readRequestPart(content))
    } catch {
      this.options.count('malformed')
    }
  }

  close(): void {
    this.closing.abort()
    this.options.streams.close()
    this.sweeping.disarm()
    this.messages.clear()
  }

  private take(part: RequestPart): void {
    this.sweep()
    const known = this.messages.get(hexOf(part.messageId))
    if (part.action === 'more') {
      this.more(part, known)
      return
    }
    if (part.action === CELL_ACTION) {
      this.options.streams.take(decode(part.part, this.options.kit.limits), part.surbs)
      return
    }
    if (known !== undefined) {
      this.join(part, known)
      return
    }
    try {
      this.begin(part)
    } catch (error) {
      this.refuse(part, asP2PError(error, 'HANDLER_FAILED', 'The exit could not serve this.'))
    }
  }

  /** The first packet of a message. @throws P2PError PROTOCOL_NOT_SUPPORTED, PROOF_OF_WORK_REQUIRED, REPLAYED. */
  private begin(part: RequestPart): void {
    const { action, messageId, total, nonce } = part
    const { actions, work, kit, limits } = this.options
    if (!actions.has(action as ExitAction)) throw new P2PError('PROTOCOL_NOT_SUPPORTED', 'This exit does nothing of this name.')
    work.take(action, messageId, nonce)
    const startedAt = elapsed(kit.clock)
    const parts = new Array<Uint8Array | undefined>(total).fill(undefined)
    const message: ExitMessage = {
      ...{
        action,
        messageId,
        startedAt,
        partsAt: startedAt,
        parts,
        missing: total,
        bytes: 0,
        surbs: [],
        answer: undefined,
        next: 0,
      },
    }
    this.messages.add(message)
    this.sweeping.armOnce(limits.onionPartsMs)
    this.join(part, message)
  }

  /** Another packet of a message, or one again. */
  private join({ action, part, surbs, index, total }: RequestPart, message: ExitMessage): void {
    const { parts } = message
    if (action !== message.action || total !== parts.length) {
      this.options.count('malformed')
      return
    }
    message.surbs.push(...surbs.slice(0, MAX_WAITING_SURBS - message.surbs.length))
    if (message.answer !== undefined) {
      this.options.count('repeated')
      this.answerAgain(message)
      return
    }
    if (message.missing === 0 || parts[index] !== undefined) return
    if (message.missing === parts.length) message.partsAt = elapsed(this.options.kit.clock)
    parts[index] = part
    message.missing--
    this.messages.hold(message, part.length)
    if (message.missing === 0) void this.run(message)
  }

  /** The caller lacks some packets of an answer. */
  private more(part: RequestPart, message: ExitMessage | undefined): void {
    const wanted = readMore(decode(part.part))
    if (message === undefined) {
      this.refuse(part, new P2PError('ONION_GONE', 'This exit has no such message, or no longer.'))
      return
    }
    const { answer } = message
    // The answer goes by these too, once it is there.
    if (answer === undefined) {
      message.surbs.push(...part.surbs.slice(0, MAX_WAITING_SURBS - message.surbs.length))
      return
    }
    this.options.count('repeated')
    const contents = wanted.map((index) => answer[index]).filter((content) => content !== undefined)
    for (const [i, content] of contents.slice(0, part.surbs.length).entries()) this.options.sendBy(part.surbs[i]!, content)
  }

  private async run(message: ExitMessage): Promise<void> {
    const { kit, limits, actions, count } = this.options
    const { action, messageId } = message
    const ofKind = this.underWay.get(action) ?? 0
    let inAll = 0
    for (const each of this.underWay.values()) inAll += each
    const isTooMuch = inAll >= limits.maxOnionActions || ofKind >= limits.maxOnionActions / ACTION_PART
    this.underWay.set(action, ofKind + 1)
    let status: AnswerStatus = AnswerStatus.DONE
    let bytes: Uint8Array
    try {
      if (isTooMuch) throw new P2PError('RATE_LIMITED', 'The exit is busy.', { details: { retryAfterMs: 1_000 } })
      const whole = joined(...message.parts.map((part) => part!))
      if (whole.length > MAX_ONION_MESSAGE_BYTES) throw new P2PError('MESSAGE_TOO_LARGE', 'The message is too long for an exit.')
      const args = decode(whole, kit.limits)
      const { signal } = this.closing
      const timeoutMs = action === 'letter' ? limits.maxOnionLetterWaitMs + LETTER_GRACE_MS : limits.onionActionMs
      const handler = actions.get(action as ExitAction)!
      bytes = encode(
        await withDeadline(kit.clock, 'The action', { signal, timeoutMs }, (inner) =>
          handler(args, { messageId, signal: inner }),
        ),
      )
      count('acted')
      if (bytes.length > MAX_ONION_MESSAGE_BYTES)
        throw new P2PError('MESSAGE_TOO_LARGE', 'The answer is too long. Ask for less at once.')
    } catch (cause) {
      count('refused')
      status = AnswerStatus.REFUSED
      bytes = refusalBytes(asP2PError(cause, 'HANDLER_FAILED', 'The exit could not serve this.'))
    } finally {
      this.underWay.set(action, this.underWay.get(action)! - 1)
    }
    if (this.closing.signal.aborted) return
    message.parts.fill(undefined)
    message.answer = answerContents(messageId, status, bytes)
    this.answer(message)
    this.messages.hold(message, bytes.length - message.bytes)
  }

  /** Sends as much of the answer as there are reply blocks for; the caller sees what is missing, and asks for more. */
  private answer(message: ExitMessage): void {
    const answer = message.answer!
    for (const surb of message.surbs.splice(0, answer.length)) this.options.sendBy(surb, answer[message.next++]!)
    this.options.streams.credit(message.messageId, message.surbs.splice(0))
  }

  /** For a message that has come again: what was not sent yet goes first. */
  private answerAgain(message: ExitMessage): void {
    const answer = message.answer!
    for (const surb of message.surbs.splice(0)) this.options.sendBy(surb, answer[message.next++ % answer.length]!)
  }

  private refuse({ messageId, surbs }: RequestPart, error: P2PError): void {
    this.options.count('refused')
    const [surb] = surbs
    const [content] = answerContents(messageId, AnswerStatus.REFUSED, refusalBytes(error))
    if (surb !== undefined) this.options.sendBy(surb, content!)
  }

  /** Forgets what is over: the oldest come first. */
  private sweep(): void {
    const { kit, limits } = this.options
    const now = elapsed(kit.clock)
    for (const messages of this.messages.perAction()) {
      for (const message of messages) {
        const ageMs = now - message.startedAt
        if (ageMs < limits.onionPartsMs) break
        if (ageMs >= limits.onionMessageMs) this.messages.delete(message)
        else if (message.missing > 0 && now - message.partsAt >= limits.onionPartsMs) this.clear(message)
      }
    }
    if (this.messages.size > 0) this.sweeping.armOnce(limits.onionPartsMs)
  }

  /** Parts that have waited for too long for the others. The work for the message still holds, where its sender begins again. */
  private clear(message: ExitMessage): void {
    this.messages.hold(message, -message.bytes)
    message.parts.fill(undefined)
    message.missing = message.parts.length
    message.surbs = []
  }
}
