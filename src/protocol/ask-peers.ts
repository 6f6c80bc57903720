import { Alarm } from '../base/alarm.js'
import type { Clock } from '../base/clock.js'
import { abortedError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import { JoinedSignal, type WaitOptions } from '../base/wait.js'

/** Asks one peer; rejects where it does not answer as it should, and resolves to false where it has nothing to tell. */
export type AskOne = (peerId: string, wait: { signal: AbortSignal; timeoutMs: number }) => Promise<unknown>

export interface Question extends WaitOptions {
  /** For the message of a failure. */
  what: string
  peers: string[]
  /** Whether to give up what is still under way when enough have answered. */
  giveUp: boolean
}

/**
 * Asks several peers at once. Ends when all are done, or `dhtGraceMs` after the first that tells something, or at the deadline.
 *
 * @param underWay keeps what can be stopped from outside.
 * @throws P2PError ABORTED, and nothing else.
 */
export function askPeers(
  clock: Clock,
  limits: Limits,
  underWay: Pick<Set<JoinedSignal>, 'delete'> & { add(signal: JoinedSignal): unknown },
  { what, peers, giveUp, signal, timeoutMs = limits.dhtTimeoutMs }: Question,
  one: AskOne,
): Promise<void> {
  if (signal?.aborted) return Promise.reject(abortedError(what, signal.reason))
  if (peers.length === 0) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const end = new JoinedSignal(signal)
    underWay.add(end)
    let waiting = peers.length
    let settled = false
    const settle = () => {
      settled = true
      deadline.disarm()
      grace.disarm()
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
    const deadline = new Alarm(clock, finish)
    const grace = new Alarm(clock, finish)
    deadline.arm(timeoutMs)
    end.signal.addEventListener('abort', onAbort)
    const done = () => {
      if (--waiting === 0) finish()
    }
    for (const peerId of peers) {
      one(peerId, { signal: end.child(), timeoutMs }).then((told) => {
        if (told !== false && !settled) grace.armOnce(limits.dhtGraceMs)
        done()
      }, done)
    }
  })
}
