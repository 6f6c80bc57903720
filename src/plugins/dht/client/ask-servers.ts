import type { Clock, Timer } from '../../../base/clock.js'
import { abortedError } from '../../../base/errors.js'
import type { Limits } from '../../../base/limits.js'
import { childSignals, type WaitOptions } from '../../../base/wait.js'

/** Asks one server; rejects where it does not answer as it should. */
export type AskOne = (peerId: string, wait: { signal: AbortSignal; timeoutMs: number }) => Promise<void>

export interface Question extends WaitOptions {
  /** For the message of a failure. */
  what: string
  servers: string[]
  /** Whether to give up what is still under way when enough have answered. */
  giveUp: boolean
}

/**
 * Asks several servers at once. Ends when all are done, or `dhtGraceMs` after the first that succeeds, or at the deadline.
 *
 * @param underWay keeps what can be stopped from outside.
 * @throws P2PError ABORTED, and nothing else.
 */
export function askServers(
  clock: Clock,
  limits: Limits,
  underWay: Set<AbortController>,
  { what, servers, giveUp, signal, timeoutMs = limits.dhtTimeoutMs }: Question,
  one: AskOne,
): Promise<void> {
  if (signal?.aborted) return Promise.reject(abortedError(what, signal.reason))
  if (servers.length === 0) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const controller = new AbortController()
    underWay.add(controller)
    let waiting = servers.length
    let grace: Timer
    let settled = false
    const settle = () => {
      settled = true
      clock.clearTimeout(deadline)
      if (grace !== undefined) clock.clearTimeout(grace)
      signal?.removeEventListener('abort', onAbort)
      controller.signal.removeEventListener('abort', onAbort)
      if (giveUp || waiting === 0 || controller.signal.aborted) underWay.delete(controller)
    }
    const finish = () => {
      settle()
      resolve()
      if (giveUp) controller.abort()
    }
    const onAbort = () => {
      settle()
      underWay.delete(controller)
      reject(abortedError(what, signal?.reason))
      controller.abort()
    }
    const deadline = clock.setTimeout(finish, timeoutMs)
    signal?.addEventListener('abort', onAbort)
    controller.signal.addEventListener('abort', onAbort)
    const done = () => {
      if (--waiting === 0) finish()
    }
    const signalOf = childSignals(controller.signal)
    for (const peerId of servers) {
      one(peerId, { signal: signalOf(), timeoutMs }).then(() => {
        if (!settled) grace ??= clock.setTimeout(finish, limits.dhtGraceMs)
        done()
      }, done)
    }
  })
}
