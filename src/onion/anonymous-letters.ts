import { BoundedMap, RecentKeys } from '../base/bounded-map.js'
import { hexOf } from '../base/bytes.js'
import { elapsed } from '../base/clock.js'
import { asP2PError, isP2PError, P2PError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import { randomId } from '../base/random.js'
import { cutText } from '../base/text.js'
import { TokenBucket } from '../base/token-bucket.js'
import { withDeadline } from '../base/wait.js'
import { coreOf } from '../core/core.js'
import type { PluginKit } from '../core/plugin.js'
import { encodePeerId } from '../identity/peer-id.js'
import { letterIdOf } from '../mail/box.js'
import type { OpenedLetter } from '../mail/letter.js'
import type { Mail } from '../mail/mail.js'
import { encode } from '../message/codec.js'
import { INTERNAL_PREFIX, type OutgoingMessage, type P2PMessage } from '../message/message.js'
import { checkMessage, decodeMessage, toWire } from '../message/p2p-protocol.js'
import { unknownType } from '../message/shape.js'
import { isRelay } from '../plugins/circuit/endpoint.js'
import { asTold, type PeerInfo, PeerState } from '../protocol/peer-info.js'
import { CORE_PROTOCOL } from '../protocol/pending-requests.js'
import { MAX_ANSWER_BYTES, sealAnswer } from './anonymous-answer.js'
import { readAnonymous } from './messages.js'

/** Answers that are kept for the case that they are lost on their way, of 32 kB at most. */
const MAX_ANSWERS = 64

/** Takes letters that exits bring from nobody, for handlers that want them, and answers each once. */
export class AnonymousLetters {
  private readonly seen: RecentKeys
  /** By the id of the letter: of the last ones. */
  private readonly answers: BoundedMap<string, Promise<Uint8Array>> = new BoundedMap(MAX_ANSWERS)
  private readonly budget: TokenBucket
  /** Of messages whose handlers run: what `reply` does in place of sending. */
  private readonly replies = new WeakMap<P2PMessage, (answer: OutgoingMessage) => void>()

  constructor(
    private readonly kit: PluginKit,
    private readonly limits: Required<Limits>,
  ) {
    const { clock } = kit
    this.seen = new RecentKeys(limits.maxAnonymousSeen)
    this.budget = new TokenBucket(limits.anonymousPerMin / 60, limits.anonymousPerMin, elapsed(clock))
    const { messaging } = coreOf(kit)
    const send = messaging.reply.bind(messaging)
    // Its sender is not connected: an answer goes back as it came.
    messaging.reply = async (request, answer) => {
      const reply = this.replies.get(request)
      if (reply === undefined) return send(request, answer)
      this.replies.delete(request)
      reply(answer)
    }
  }

  /** `anonymous`, a request of an exit. @throws P2PError INVALID_MESSAGE, MALFORMED_DATA, RATE_LIMITED, PROTOCOL_NOT_SUPPORTED, DECRYPT_FAILED, REPLAYED. */
  async handle(message: P2PMessage, from: PeerInfo): Promise<void> {
    if (message.type !== 'anonymous') throw unknownType(message)
    // Whom we have not chosen spends no budget that strangers share.
    if (!isRelay(from)) throw new P2PError('PROTOCOL_NOT_SUPPORTED', 'Anonymous letters are taken of relays.')
    const [, letter] = readAnonymous(message.payload)
    const { kit, limits } = this
    const mail = (kit.plugin('mail') as { mail?: Mail } | undefined)?.mail
    if (mail === undefined) throw new P2PError('PROTOCOL_NOT_SUPPORTED', 'This peer has no prekeys for anonymous letters.')
    const waitMs = this.budget.take(elapsed(kit.clock))
    if (waitMs > 0) {
      throw new P2PError('RATE_LIMITED', 'Too many anonymous letters have come. Try again later.', {
        details: { retryAfterMs: waitMs, limit: 'anonymousPerMin' },
      })
    }
    const letterId = letterIdOf(letter)
    // The exit does not learn why: what is wrong in a letter is nobody's fault whom we know.
    const opened = await mail.openLetter(letter).catch((error) => {
      throw new P2PError('DECRYPT_FAILED', 'This letter does not open.', { cause: error })
    })
    const ageMs = kit.clock.now() - opened.sentAt
    // Dates are rounded down.
    const isStale = ageMs > limits.maxAnonymousAgeMs + 60_000 || ageMs < -limits.maxAnonymousAgeMs
    const { reply } = opened.extras
    if (isStale || reply === undefined) throw replayed()
    const id = hexOf(letterId)
    if (this.seen.add(id)) {
      const answered = this.answered(opened)
        .catch((error) => refusal(asP2PError(error, 'HANDLER_FAILED', 'The handler failed.')))
        .then((answer) => sealAnswer(reply, letterId, this.bodyOf(answer)))
      this.answers.set(id, answered)
    }
    // The answer before was lost on its way: another exit has brought the letter once more.
    const sealed = this.answers.get(id)
    if (sealed === undefined) throw replayed()
    await kit.reply(message, { type: 'answer', payload: await sealed })
  }

  /** Has the handler of a letter's message answer it. */
  private async answered(letter: OpenedLetter): Promise<OutgoingMessage> {
    const { kit, limits } = this
    const { sender, body } = letter
    const peerId = encodePeerId(sender)
    const message = { ...decodeMessage(body, limits, { remote: peerId, local: kit.peerId }), from: peerId, to: kit.peerId }
    const { protocol = '' } = message
    const handler = coreOf(kit).router.handlers.get(protocol)
    if (handler?.anonymous !== true || protocol.startsWith(INTERNAL_PREFIX)) {
      throw new P2PError('PROTOCOL_NOT_SUPPORTED', `This peer takes no anonymous messages of "${protocol}".`, {
        details: { protocol },
      })
    }
    const from: PeerInfo = {
      peerId,
      publicKey: sender.slice(),
      addresses: asTold({}),
      state: PeerState.DISCONNECTED,
      lastSeen: kit.clock.now(),
      anonymous: true,
    }
    return withDeadline(kit.clock, 'The handler', { timeoutMs: limits.anonymousReplyMs }, () => {
      return new Promise((resolve, reject) => {
        this.replies.set(message, resolve)
        Promise.resolve()
          .then(() => handler.handleMessage(message, from))
          .catch((error) => {
            this.replies.delete(message)
            reject(this.failure(error, protocol))
          })
      })
    })
  }

  /** What the sender is told of a handler that has failed; a bug is told to the application. */
  private failure(cause: unknown, protocol: string): P2PError {
    if (isP2PError(cause)) return cause
    const why = cause instanceof Error ? cause.message : String(cause)
    this.kit.report(
      new P2PError('HANDLER_FAILED', `The handler of "${protocol}" failed: ${why}`, { details: { protocol }, cause }),
    )
    return new P2PError('HANDLER_FAILED', `The handler of "${protocol}" failed.`)
  }

  private bodyOf({ type, payload, protocol }: OutgoingMessage): Uint8Array {
    const { kit, limits } = this
    const timestamp = Math.floor(kit.clock.now() / 60_000) * 60_000
    const message: P2PMessage = { type, payload, from: kit.peerId, timestamp, messageId: randomId(kit.random) }
    if (protocol !== undefined) message.protocol = protocol
    checkMessage(message, limits)
    const body = encode(toWire(message, undefined, undefined), limits)
    if (body.length <= MAX_ANSWER_BYTES) return body
    return this.bodyOf(refusal(new P2PError('MESSAGE_TOO_LARGE', `An anonymous answer has at most ${MAX_ANSWER_BYTES} bytes.`)))
  }
}

function replayed(): P2PError {
  return new P2PError('REPLAYED', 'This letter is too old, or came before.')
}

function refusal({ code, message }: P2PError): OutgoingMessage {
  return { type: 'failed', payload: { code, message: cutText(message) }, protocol: CORE_PROTOCOL }
}
