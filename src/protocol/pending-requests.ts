import type { Clock } from '../base/clock.js'
import { abortedError, codeOf, P2PError, type P2PErrorDetails, timeoutError } from '../base/errors.js'
import { LazyMap, LazySet } from '../base/lazy-map.js'
import type { Limits } from '../base/limits.js'
import { printable } from '../base/text.js'
import { checkWait } from '../base/wait.js'
import { asSent } from '../message/codec.js'
import type { P2PMessage } from '../message/message.js'
import type { RequestOptions } from './handler.js'

/** Protocol of the core's own answers, which only say that a request has failed. */
export const CORE_PROTOCOL = 'lotus/core'

interface Pending {
  readonly peerId: string
  /** Whether its answer has come, which may wait for the check of a signature. */
  isAnswered: boolean
  settle(outcome: P2PMessage | P2PError): void
}

/** Requests that wait for their answer. */
export class PendingRequests {
  private readonly pending = new LazyMap<string, Pending>()
  /** Requests that are sent as others are answered. */
  private readonly waiting = new LazySet<() => void>()

  constructor(
    private readonly clock: Clock,
    private readonly limits: Limits,
  ) {}

  get count(): number {
    return this.pending.size
  }

  /**
   * Sends a request and waits for its answer. Where `maxPendingRequests` wait already, it is sent when one of them is answered.
   *
   * @throws P2PError INVALID_CONFIG, TIMEOUT, ABORTED, what `send` throws, or the code with which the peer answered.
   */
  wait(
    message: P2PMessage,
    peerId: string,
    { signal, timeoutMs = this.limits.requestTimeoutMs, onAnswer }: RequestOptions,
    send: () => Promise<void> | undefined,
  ): Promise<P2PMessage> {
    const { maxPendingRequests } = this.limits
    const what = `The request "${message.type}"`
    // Not withDeadline: an AbortController for each request would be a tenth of what a round trip costs.
    return new Promise((resolve, reject) => {
      checkWait(what, { signal, timeoutMs })
      const settle = (outcome: P2PMessage | P2PError) => {
        this.waiting.delete(begin)
        if (this.pending.delete(message.messageId) && this.waiting.size > 0) void Promise.resolve().then(() => this.goOn())
        this.clock.clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        if (!(outcome instanceof Error)) {
          try {
            const taken: unknown = onAnswer?.(outcome)
            resolve(taken === undefined ? outcome : Promise.resolve(taken).then(() => outcome))
          } catch (error) {
            reject(error)
          }
          return
        }
        outcome.details.peerId ??= peerId
        reject(outcome)
      }
      const onAbort = () => settle(abortedError(what, signal?.reason))
      const timer = this.clock.setTimeout(() => settle(timeoutError(what, timeoutMs)), timeoutMs)
      signal?.addEventListener('abort', onAbort)
      const begin = () => {
        this.pending.set(message.messageId, { peerId, isAnswered: false, settle })
        try {
          send()?.catch(settle)
        } catch (error) {
          settle(error as P2PError)
        }
      }
      if (this.pending.size < maxPendingRequests) begin()
      else {
        // What the application changes after the call does not count.
        message.payload = asSent(message.payload, this.limits)
        this.waiting.add(begin)
      }
    })
  }

  private goOn(): void {
    const [begin] = this.waiting
    if (begin === undefined || this.pending.size >= this.limits.maxPendingRequests) return
    this.waiting.delete(begin)
    begin()
  }

  /** Whether a message that has just come answers a request made to its sender; true once for each request. */
  claim({ inReplyTo = '', from }: P2PMessage): boolean {
    const pending = this.pending.get(inReplyTo)
    if (pending === undefined || pending.peerId !== from || pending.isAnswered) return false
    pending.isAnswered = true
    return true
  }

  /** Takes the message if it answers a request made to its sender. */
  settle(message: P2PMessage): boolean {
    const pending = message.inReplyTo === undefined ? undefined : this.pending.get(message.inReplyTo)
    if (pending === undefined || pending.peerId !== message.from) return false
    pending.settle(message.protocol === CORE_PROTOCOL ? failureOf(message) : message)
    return true
  }

  /** Fails all requests to a peer that is gone. */
  peerGone(peerId: string, error: P2PError): void {
    for (const pending of [...this.pending.values()]) {
      if (pending.peerId !== peerId) continue
      const message = 'The connection ended before the answer. Connect again.'
      pending.settle(new P2PError('CONNECTION_LOST', message, { details: { peerId }, cause: error }))
    }
  }
}

/** What a peer's `failed` says. */
export function failureOf(message: P2PMessage): P2PError {
  const { code, message: text, retryAfterMs: ms } = (message.payload ?? {}) as Record<string, unknown>
  const sentence = typeof text === 'string' ? printable(text, 512) : 'The peer could not answer.'
  const details: P2PErrorDetails = { peerId: message.from, byPeer: true, messageId: message.inReplyTo! }
  if (typeof ms === 'number' && ms >= 0) details.retryAfterMs = ms
  return new P2PError(codeOf(code, 'HANDLER_FAILED'), sentence, { details })
}
