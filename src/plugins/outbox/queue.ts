import { type Clock, elapsed } from '../../base/clock.js'
import { isP2PError } from '../../base/errors.js'
import type { Limits } from '../../base/limits.js'
import { Serial } from '../../base/serial.js'
import { withDeadline } from '../../base/wait.js'
import type { Queue, QueuedMessage, QueueHost, SendToOptions } from '../../core/queue.js'
import { canonicalId, checkTarget } from '../../identity/peer-id.js'
import { asSent } from '../../message/codec.js'
import type { OutgoingMessage } from '../../message/message.js'
import { decodeMessage } from '../../message/p2p-protocol.js'
import { Outbox } from './outbox.js'

/** An outbox that takes messages of an application, and sends by the connections of its coordinator. */
export function queueOf(host: QueueHost, clock: Clock, limits: Limits): Queue {
  const outbox = outboxOf(host, clock, limits)
  const { peers } = host.network
  /** Where the outbox is full, messages for connected peers wait in their order. */
  const full = new Serial()
  return {
    get stats() {
      return outbox.stats
    },
    has: (peerId) => outbox.has(peerId),
    flush: (peerId) => outbox.flush(peerId),
    close: () => outbox.close(),
    async add(peerId: string, message: OutgoingMessage, options: SendToOptions): Promise<QueuedMessage> {
      const { ttl = limits.outboxTtlS, signal, timeoutMs = limits.sendTimeoutMs } = options
      const to = peers.get(peerId)?.peerId ?? canonicalId(peerId)
      checkTarget(to, host.peerId)
      const whole = host.messaging.complete(message, to)
      const add = () => outbox.add(to, whole, ttl)
      // A connected peer makes room by itself.
      const isWaiting = (error: unknown) => isP2PError(error, 'OUTBOX_FULL') && peers.get(to) !== undefined
      try {
        if (full.isIdle) return add()
      } catch (error) {
        if (!isWaiting(error)) throw error
      }
      whole.payload = asSent(whole.payload, limits)
      return full.run(() =>
        withDeadline(clock, 'Queueing the message', { signal, timeoutMs }, async (ended) => {
          for (;;) {
            try {
              return add()
            } catch (error) {
              if (ended.aborted || !isWaiting(error)) throw error
            }
            await outbox.room()
          }
        }),
      )
    },
  }
}

function outboxOf(host: QueueHost, clock: Clock, limits: Limits): Outbox {
  const { network, lifecycle, emitter } = host
  const { peers } = network
  return new Outbox({
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
      network.want(id)
      // While the coordinator is suspended, what is queued waits for `resume`.
      if (!host.isRunning) lifecycle.run().catch((error) => isP2PError(error, 'SUSPENDED') || host.report(error))
    },
    // The message as it was sent: the application may have changed the payload that it gave.
    onOutcome: ({ from, to }, outcome, encoded) => {
      if (!emitter.hasListeners(outcome)) return
      emitter.emit(outcome, decodeMessage(encoded, limits, { remote: from, local: to! }))
    },
  })
}
