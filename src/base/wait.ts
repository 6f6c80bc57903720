import type { Clock, Timer } from './clock.js'
import { abortedError, timeoutError } from './errors.js'

export interface WaitOptions {
  /** Cancels the wait; it then fails with ABORTED. */
  signal?: AbortSignal | undefined
  /** Milliseconds; the wait then fails with TIMEOUT. */
  timeoutMs?: number | undefined
}

/** A wait whose deadline stands still at times: while work is done that somebody else has demanded. */
export interface PausableWait extends WaitOptions {
  /** For how long it has stood still, milliseconds, since whenever. */
  pausedMs?: (() => number) | undefined
}

/**
 * Runs a task under one deadline and one signal. The task gets a signal of its own that fires on either, so that it can
 * stop working; the promise settles at once, however slow the task is to notice.
 *
 * @throws P2PError TIMEOUT, ABORTED, or what the task throws.
 */
export function withDeadline<T>(
  clock: Clock,
  what: string,
  { signal, timeoutMs, pausedMs }: PausableWait,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(abortedError(what, signal.reason))
    const inner = new AbortController()
    let timer: Timer
    const settle = () => {
      if (timer !== undefined) clock.clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
    const stop = (error: Error) => {
      settle()
      reject(error)
      inner.abort(error)
    }
    const onAbort = () => stop(abortedError(what, signal?.reason))
    signal?.addEventListener('abort', onAbort)
    if (timeoutMs !== undefined) {
      let granted = pausedMs?.() ?? 0
      const expire = () => {
        const more = (pausedMs?.() ?? 0) - granted
        granted += more
        if (more > 0) timer = clock.setTimeout(expire, more)
        else stop(timeoutError(what, timeoutMs))
      }
      timer = clock.setTimeout(expire, timeoutMs)
    }
    task(inner.signal).then(
      (value) => {
        settle()
        resolve(value)
      },
      (error) => {
        settle()
        reject(error)
      },
    )
  })
}

/** Makes signals that fire with one, which gets a single listener for all of them: Node takes more than ten for a leak. */
export function childSignals(parent: AbortSignal): () => AbortSignal {
  const children = new Set<AbortController>()
  const abortAll = () => {
    for (const child of children) child.abort(parent.reason)
  }
  parent.addEventListener('abort', abortAll, { once: true })
  return () => {
    const child = new AbortController()
    if (parent.aborted) child.abort(parent.reason)
    children.add(child)
    return child.signal
  }
}
