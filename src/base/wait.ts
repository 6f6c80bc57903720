import { Alarm } from './alarm.js'
import { type Clock, elapsed } from './clock.js'
import { abortedError, P2PError, timeoutError } from './errors.js'
import { manyListeners } from './many-listeners.node.js'

export interface WaitOptions {
  /** Cancels the wait; it then fails with ABORTED. */
  signal?: AbortSignal | undefined
  /** Milliseconds; the wait then fails with TIMEOUT. */
  timeoutMs?: number | undefined
}

/**
 * The one check of how long a caller will wait, before anything is done for it.
 *
 * @param what it waits for, for errors.
 * @throws P2PError INVALID_CONFIG for a signal or a time that is none; ABORTED for a signal that has fired, TIMEOUT where no time is left.
 */
export function checkWait(what: string, { signal, timeoutMs = 1 }: WaitOptions): void {
  // A timer would take NaN for 0.
  if (typeof timeoutMs !== 'number' || Number.isNaN(timeoutMs)) {
    throw new P2PError('INVALID_CONFIG', `timeoutMs must be a number of milliseconds, and is "${String(timeoutMs)}".`)
  }
  if (signal !== undefined && !(typeof signal?.aborted === 'boolean' && 'addEventListener' in signal)) {
    throw new P2PError('INVALID_CONFIG', "signal must be an AbortSignal: an AbortController's signal, not the controller.")
  }
  if (signal !== undefined) manyListeners?.(signal)
  if (signal?.aborted) throw abortedError(what, signal.reason)
  if (timeoutMs <= 0) throw timeoutError(what, timeoutMs)
}

/** A wait whose deadline stands still at times: while work is done that somebody else has demanded. */
export interface PausableWait extends WaitOptions {
  /** For how long it has stood still, milliseconds, since whenever. */
  pausedMs?: (() => number) | undefined
  /** When it has begun, by `elapsed`; default now. What its caller has waited for before counts then. */
  since?: number | undefined
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
  { signal, timeoutMs, pausedMs, since = elapsed(clock) }: PausableWait,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    checkWait(what, { signal, timeoutMs })
    const inner = new AbortController()
    let granted = pausedMs?.() ?? 0
    const alarm = new Alarm(clock, () => {
      const more = (pausedMs?.() ?? 0) - granted
      granted += more
      if (more > 0) alarm.arm(more)
      else stop(timeoutError(what, timeoutMs!))
    })
    const settle = () => {
      alarm.disarm()
      signal?.removeEventListener('abort', onAbort)
    }
    const stop = (error: Error) => {
      settle()
      reject(error)
      inner.abort(error)
    }
    const onAbort = () => stop(abortedError(what, signal?.reason))
    signal?.addEventListener('abort', onAbort)
    if (timeoutMs !== undefined) alarm.arm(Math.max(1, timeoutMs + since - elapsed(clock)))
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

/**
 * One end for several signals: it fires when the first of them does, or at `abort`. It has one listener at each of them, and
 * none after `release`, which the caller owes in a `finally`: a signal of the application outlives the operations under it.
 *
 * @example
 * const joined = new JoinedSignal(options.signal, closing.signal)
 * try {
 *   await work(joined.signal)
 * } finally {
 *   joined.release()
 * }
 */
export class JoinedSignal {
  private readonly parents: readonly AbortSignal[]
  private readonly controller = new AbortController()
  private children: AbortController[] | undefined

  constructor(...signals: (AbortSignal | undefined)[]) {
    this.parents = signals.filter((signal) => signal !== undefined)
    const aborted = this.parents.find((signal) => signal.aborted)
    if (aborted !== undefined) this.controller.abort(aborted.reason)
    else for (const parent of this.parents) parent.addEventListener('abort', this.onAbort)
  }

  get signal(): AbortSignal {
    return this.controller.signal
  }

  /** Another signal that fires with this one. Each of many operations gets its own: Node takes more than ten listeners for a leak. */
  child(): AbortSignal {
    const child = new AbortController()
    if (this.signal.aborted) child.abort(this.signal.reason)
    else {
      this.children ??= []
      this.children.push(child)
    }
    return child.signal
  }

  /** Fires, and lets go of the others. */
  abort(reason?: unknown): void {
    this.release()
    this.controller.abort(reason)
    for (const child of this.children?.splice(0) ?? []) child.abort(reason)
  }

  /** Lets go of the others: it fires with none of them from then on. */
  release(): void {
    for (const parent of this.parents) parent.removeEventListener('abort', this.onAbort)
  }

  private readonly onAbort = (event: Event) => this.abort((event.target as AbortSignal).reason)
}
