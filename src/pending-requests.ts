import type { Clock } from './clock.js'
import { knownCode, P2PError } from './errors.js'
import type { Limits } from './limits.js'
import type { P2PMessage } from './message/message.js'
import { type WaitOptions, withDeadline } from './wait.js'

/** Protocol of the core's own answers, which only say that a request has failed. */
export const CORE_PROTOCOL = 'lotus/core'

interface Pending {
  peerId: string
  resolve: (message: P2PMessage) => void
  reject: (error: P2PError) => void
}

/** Requests that wait for their answer. */
export class PendingRequests {
  private readonly pending = new Map<string, Pending>()

  constructor(
    private readonly clock: Clock,
    private readonly limits: Limits,
  ) {}

  get count(): number {
    return this.pending.size
  }

  /**
   * Sends a request and waits for its answer.
   *
   * @throws P2PError TIMEOUT, ABORTED, LIMIT_EXCEEDED, what `send` throws, or the code with which the peer answered.
   */
  async wait(message: P2PMessage, peerId: string, { signal, timeoutMs }: WaitOptions, send: () => Promise<void> | undefined): Promise<P2PMessage> {
    const { maxPendingRequests, requestTimeoutMs } = this.limits
    if (this.pending.size >= maxPendingRequests) {
      throw new P2PError('LIMIT_EXCEEDED', `${maxPendingRequests} requests wait for answers already. Wait for some of them.`, {
        details: { limit: 'maxPendingRequests', peerId },
      })
    }
    const what = `The request "${message.type}" to ${peerId}`
    try {
      return await withDeadline(this.clock, what, { signal, timeoutMs: timeoutMs ?? requestTimeoutMs }, () => {
        return new Promise<P2PMessage>((resolve, reject) => {
          this.pending.set(message.messageId, { peerId, resolve, reject })
          Promise.resolve(send()).catch(reject)
        })
      })
    } catch (error) {
      if (error instanceof P2PError) error.details.peerId ??= peerId
      throw error
    } finally {
      this.pending.delete(message.messageId)
    }
  }

  /** Takes the message if it answers a request made to its sender. */
  settle(message: P2PMessage): boolean {
    const pending = message.inReplyTo === undefined ? undefined : this.pending.get(message.inReplyTo)
    if (pending === undefined || pending.peerId !== message.from) return false
    this.pending.delete(message.inReplyTo!)
    if (message.protocol === CORE_PROTOCOL) pending.reject(failureOf(message))
    else pending.resolve(message)
    return true
  }

  /** Fails all requests to a peer that is gone. */
  peerGone(peerId: string, error: P2PError): void {
    for (const [id, pending] of this.pending) {
      if (pending.peerId !== peerId) continue
      this.pending.delete(id)
      pending.reject(error)
    }
  }
}

function failureOf(message: P2PMessage): P2PError {
  const { code, message: text } = (message.payload ?? {}) as { code?: unknown; message?: unknown }
  const sentence = typeof text === 'string' ? text.slice(0, 512) : 'The peer could not answer.'
  return new P2PError(knownCode(code, 'HANDLER_FAILED'), sentence, { details: { peerId: message.from, byPeer: true } })
}
