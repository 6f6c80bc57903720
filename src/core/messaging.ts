import { BoundedMap } from '../base/bounded-map.js'
import { hexOf } from '../base/bytes.js'
import { P2PError } from '../base/errors.js'
import type { TypedEvents } from '../base/events.js'
import type { Limits } from '../base/limits.js'
import { randomId } from '../base/random.js'
import { cutText } from '../base/text.js'
import { checkWait, type WaitOptions } from '../base/wait.js'
import type { Reputation } from '../defence/reputation.js'
import { canonicalId } from '../identity/peer-id.js'
import { INTERNAL_PREFIX, type OutgoingMessage, type P2PMessage } from '../message/message.js'
import { checkMessage } from '../message/p2p-protocol.js'
import type { PeerConnection } from '../peer/connection/peer-connection.js'
import type { BroadcastOptions, BroadcastResult, PacedOptions, RequestOptions } from '../protocol/handler.js'
import { CORE_PROTOCOL, failureOf, PendingRequests } from '../protocol/pending-requests.js'
import type { ProtocolRouter } from '../protocol/router.js'
import type { CoreEvents } from './events.js'
import type { Network } from './network.js'
import type { PluginKit } from './plugin.js'
import { needsPlugin } from './plugins.js'
import type { QueuedMessage, SendToOptions } from './queue.js'

export interface MessagingParts {
  readonly host: Pick<PluginKit, 'peerId' | 'clock' | 'random' | 'report'>
  readonly limits: Limits
  readonly network: Network
  readonly router: ProtocolRouter
  readonly events: Pick<TypedEvents<CoreEvents>, 'emit' | 'hasListeners'>
  readonly reputation: Reputation
}

/** Messages of applications that were answered. All coordinators share it: each message was decoded for one of them. */
const answered = /* @__PURE__ */ new WeakSet<P2PMessage>()

/** The one way out and the one way in: between an application's calls and handlers, and the connections of its peers. */
export class Messaging {
  readonly requests: PendingRequests
  /** Messages of the application that ask for no answer, by their ids: where a peer refuses one, no call tells of it. */
  private readonly notices: BoundedMap<string, true>

  constructor(private readonly parts: MessagingParts) {
    this.requests = new PendingRequests(parts.host.clock, parts.limits)
    this.notices = new BoundedMap(parts.limits.maxPendingRequests)
  }

  /** @throws P2PError as `P2PCoordinator.sendTo`. */
  send(peerId: string, message: OutgoingMessage, options?: PacedOptions): Promise<void> | undefined {
    const peer = this.parts.network.peers.need(peerId)
    return peer.send(this.complete(message, peer.peerId, options), options)
  }

  /** Accepts a message for a peer that may be away. @throws P2PError INVALID_CONFIG without `outbox()`, OUTBOX_FULL, TIMEOUT, ABORTED, and as `send`. */
  queue(peerId: string, message: OutgoingMessage, options: SendToOptions): Promise<QueuedMessage> {
    const { queue } = this.parts.network
    if (queue === undefined) throw needsPlugin('sendTo with queue', 'outbox')
    return queue.add(peerId, message, options)
  }

  /** Answers a request; protocol and `inReplyTo` are taken from it. */
  async reply(request: P2PMessage, message: OutgoingMessage): Promise<void> {
    answered.add(request)
    await this.send(request.from, { protocol: request.protocol!, ...message, inReplyTo: request.messageId })
  }

  /** @throws P2PError as `P2PCoordinator.request`. */
  async request<T>(peerId: string, message: OutgoingMessage, given?: RequestOptions): Promise<P2PMessage<T>> {
    const options = given ?? {}
    const peer = this.parts.network.peers.need(peerId)
    const whole = this.complete(message, peer.peerId, null)
    const { signal, timeoutMs = this.parts.limits.requestTimeoutMs } = options
    const send = () => peer.send(whole, { lasting: false, signal, timeoutMs })
    return (await this.requests.wait(whole, peer.peerId, options, send)) as P2PMessage<T>
  }

  /** Sends to all connected peers, to relays only where `relays` asks for it. @throws P2PError NO_PEERS, and as `send`. */
  async broadcast(message: OutgoingMessage, given?: BroadcastOptions): Promise<BroadcastResult> {
    const options = given ?? {}
    const whole = this.complete(message, undefined, options)
    const isInternal = message.protocol?.startsWith(INTERNAL_PREFIX) === true
    const { exclude, relays = isInternal, ...paced } = options
    const without = new Set(exclude?.map(canonicalId))
    const all = this.parts.network.peers.all()
    const company = all.filter(({ info }) => relays || info.isRelay !== true)
    const peers = company.filter(({ peerId }) => !without.has(peerId))
    if (company.length === 0 && !isInternal) {
      throw new P2PError('NO_PEERS', 'Nobody but relays is connected. Connect to a peer first.', {
        details: { relays: all.length },
      })
    }
    return this.parts.network.peers.broadcast(whole, peers, paced)
  }

  /** Takes a message that has passed the inbox of its connection: to the request that waits for it, the application, the handler. */
  receive(message: P2PMessage, peer: PeerConnection): void {
    if (this.requests.settle(message)) {
      this.parts.reputation.credit(hexOf(peer.publicKey))
      return
    }
    const { protocol } = message
    const { info } = peer
    const { events, router, host } = this.parts
    if (protocol === CORE_PROTOCOL || message.inReplyTo !== undefined) {
      // An answer that nobody waits for: to what asked for none, to a request that was given up just before, or to nothing.
      if (this.notices.delete(message.inReplyTo!) && protocol === CORE_PROTOCOL) host.report(failureOf(message), info)
      return
    }
    if (protocol?.startsWith(INTERNAL_PREFIX) || !events.hasListeners('message')) {
      router.dispatch(message, info)
      return
    }
    // No listener changes what another one sees, nor where the message goes. The handler's own is not frozen.
    const told = Object.freeze(protocol === undefined ? message : { ...message })
    const results = events.emit('message', told, info)
    if (router.limitsOf(protocol) !== undefined) router.dispatch(message, info)
    // Without a protocol, a listener that has not failed may answer at any time; with one that nobody handles, all that have returned.
    else if (protocol !== undefined || !results.includes(undefined)) {
      void Promise.allSettled(results).then((outcomes) => {
        if (answered.has(told)) return
        if (protocol !== undefined) router.dispatch(message, info)
        else if (outcomes.every(({ status }) => status === 'rejected')) {
          this.answerFailure(message, new P2PError('HANDLER_FAILED', 'The listeners of this message failed.'))
        }
      })
    }
  }

  /** Tells the sender of a message why it gets no answer. */
  answerFailure(message: P2PMessage, { code, message: text, details: { retryAfterMs } }: P2PError): void {
    // An answer is never answered: two peers could go on for ever.
    if (message.inReplyTo !== undefined) return
    const payload = { code, message: cutText(text), retryAfterMs }
    // It may be gone already.
    this.reply(message, { type: 'failed', payload, protocol: CORE_PROTOCOL }).catch(() => {})
  }

  /** Tells the sender of a signed message that its date is too far from now. */
  refuseStale(message: P2PMessage): void {
    this.answerFailure(message, new P2PError('REPLAYED', 'The date of this message is too far from now. Check the clock.'))
  }

  /** The message as it goes out. @param wait how its sender waits; null: for the answer. @throws P2PError FOREIGN_SENDER, INVALID_MESSAGE, and as `checkWait`. */
  complete(message: OutgoingMessage, to: string | undefined, wait?: WaitOptions | null): P2PMessage {
    const { limits } = this.parts
    const { peerId, clock, random } = this.parts.host
    if (message.from !== undefined && message.from !== peerId) {
      throw new P2PError('FOREIGN_SENDER', 'A message is sent in our own name. Leave `from` out.', {
        details: { from: message.from },
      })
    }
    const { type, payload, protocol, inReplyTo } = message
    const whole: P2PMessage = {
      type,
      from: peerId,
      payload,
      timestamp: message.timestamp ?? clock.now(),
      messageId: message.messageId ?? randomId(random),
    }
    if (to !== undefined) whole.to = to
    if (protocol !== undefined) whole.protocol = protocol
    if (inReplyTo !== undefined) whole.inReplyTo = inReplyTo
    checkMessage(whole, limits)
    if (wait) checkWait(`The message "${type}"`, wait)
    if (to !== undefined && wait !== null && inReplyTo === undefined && !protocol?.startsWith(INTERNAL_PREFIX))
      this.notices.put(whole.messageId, true)
    return whole
  }
}
