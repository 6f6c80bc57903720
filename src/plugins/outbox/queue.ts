import { elapsed } from '../../base/clock.js'
import { isP2PError } from '../../base/errors.js'
import type { Limits } from '../../base/limits.js'
import { Serial } from '../../base/serial.js'
import { withDeadline } from '../../base/wait.js'
import type { Core } from '../../core/core.js'
import { needsPlugin } from '../../core/plugins.js'
import type { Queue, QueuedMessage, SendToOptions } from '../../core/queue.js'
import { canonicalId, checkTarget } from '../../identity/peer-id.js'
import { asSent } from '../../message/codec.js'
import type { OutgoingMessage } from '../../message/message.js'
import { decodeMessage } from '../../message/p2p-protocol.js'
import { Outbox } from './outbox.js'

/** An outbox that takes messages of an application, and sends by the connections of its coordinator. */
export class OutboxQueue implements Queue {
  readonly outbox: Outbox
  /** Where the outbox is full, messages for connected peers wait in their order. */
  private readonly full = new Serial()

  constructor(
    private readonly core: Core,
    private readonly limits: Limits,
  ) {
    const { network, lifecycle, events, clock } = core
    const { peers, reconnector } = network
    this.outbox = new Outbox({
      clock,
      limits,
      send: (id, message, onSettled, encoded) => {
        const peer = peers.need(id)
        return peer.send({ ...message, to: peer.peerId }, { onSettled, encoded })
      },
      repeatMs: (id, bytes) => peers.get(id)?.session.outgoing.repetition.take(elapsed(clock), bytes) ?? 0,
      takeBack: (id, onSettled) => peers.get(id) === undefined && peers.sessions.takeBack(onSettled),
      progress: (id) => peers.get(id)?.progress(),
      want: (id) => {
        reconnector.want(id)
        // While the coordinator is suspended, what is queued waits for `resume`.
        if (!core.isRunning) lifecycle.run().catch((error) => isP2PError(error, 'SUSPENDED') || core.report(error))
      },
      // The message as it was sent: the application may have changed the payload that it gave.
      onOutcome: ({ from, to }, outcome, encoded) => {
        if (!events.hasListeners(outcome)) return
        events.emit(outcome, decodeMessage(encoded, limits, { remote: from, local: to! }))
      },
    })
  }

  get stats(): { messages: number; bytes: number } {
    return this.outbox.stats
  }

  has(peerId: string): boolean {
    return this.outbox.has(peerId)
  }

  flushTo(peerId: string): void {
    this.outbox.flushTo(peerId)
  }

  close(): void {
    this.outbox.close()
  }

  /** @throws P2PError INVALID_CONFIG for a way that needs a mailbox; OUTBOX_FULL, TIMEOUT, ABORTED, and as `P2PCoordinator.sendTo`. */
  async add(peerId: string, message: OutgoingMessage, options: SendToOptions): Promise<QueuedMessage> {
    const { core, limits, outbox } = this
    const { ttl = limits.outboxTtlS, signal, timeoutMs = limits.sendTimeoutMs, via } = options
    // What is to go unseen goes no other way.
    if (via !== undefined) throw needsPlugin('This way of sendTo', 'mailbox')
    const { peers } = core.network
    const to = peers.get(peerId)?.peerId ?? canonicalId(peerId)
    checkTarget(to, core.peerId)
    const whole = core.messaging.complete(message, to, options)
    const add = (ended?: AbortSignal) => outbox.add(to, whole, ttl, ended)
    const within = (work: (ended: AbortSignal) => Promise<QueuedMessage>) =>
      withDeadline(core.clock, 'Queueing the message', { signal, timeoutMs }, work)
    // A connected peer makes room by itself.
    const isWaiting = (error: unknown) => isP2PError(error, 'OUTBOX_FULL') && peers.get(to) !== undefined
    try {
      if (this.full.isIdle) {
        const ended = new AbortController()
        const added = add(ended.signal)
        return 'outcome' in added ? added : within(() => added).finally(() => ended.abort())
      }
    } catch (error) {
      if (!isWaiting(error)) throw error
    }
    whole.payload = asSent(whole.payload, limits)
    return within((ended) =>
      this.full.run(async () => {
        for (;;) {
          // Its caller has given up while it waited.
          if (ended.aborted) throw ended.reason
          try {
            return await add(ended)
          } catch (error) {
            if (ended.aborted || !isWaiting(error)) throw error
          }
          await outbox.room()
        }
      }),
    )
  }
}
