import type { Clock, Timer } from '../../../base/clock.js'
import { abortedError } from '../../../base/errors.js'
import type { Limits } from '../../../base/limits.js'
import { JoinedSignal, type WaitOptions } from '../../../base/wait.js'

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
  underWay: Pick<Set<JoinedSignal>, 'delete'> & { add(signal: JoinedSignal): unknown },
  { what, servers, giveUp, signal, timeoutMs = limits.dhtTimeoutMs }: Question,
  one: AskOne,
): Promise<void> {
  if (signal?.aborted) return Promise.reject(abortedError(what, signal.reason))
  if (servers.length === 0) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const end = new JoinedSignal(signal)
    underWay.add(end)
    let waiting = servers.length
    let grace: Timer
    let settled = false
    const settle = () => {
      settled = true
      clock.clearTimeout(deadline)
      if (grace !== undefined) clock.clearTimeout(grace)
      end.release()
      end.signal.removeEventListener('abort', onAbort)
      if (giveUp || waiting === 0 || end.signal.aborted) underWay.delete(end)
    }
    const finish = () => {
      settle()
      resolve()
      if (giveUp) end.abort()
    }
    const onAbort = () => {
      settle()
      reject(abortedError(what, signal?.reason))
    }
    const deadline = clock.setTimeout(finish, timeoutMs)
    end.signal.addEventListener('abort', onAbort)
    const done = () => {
      if (--waiting === 0) finish()
    }
    for (const peerId of servers) {
      one(peerId, { signal: end.child(), timeoutMs }).then(() => {
        if (!settled) grace ??= clock.setTimeout(finish, limits.dhtGraceMs)
        done()
      }, done)
    }
  })
}
