import type { Clock } from '../../base/clock.js'
import { LazyMap } from '../../base/lazy-map.js'
import { type PausableWait, withDeadline } from '../../base/wait.js'

interface Dial<T> {
  promise: Promise<T>
  controller: AbortController
  callers: number
  isDone: boolean
}

/** Dials that several callers wait for: one for each key, ended when the last caller has given up. */
export class SharedDials {
  private readonly dials = new LazyMap<string, Dial<string>>()

  constructor(
    private readonly clock: Clock,
    private readonly onChange: () => void,
    private readonly pausedMs?: () => number,
  ) {}

  get count(): number {
    return this.dials.size
  }

  async join(key: string, wait: PausableWait, open: (signal: AbortSignal) => Promise<string>): Promise<string> {
    const dial = this.dials.get(key) ?? this.begin(key, open)
    dial.callers++
    let reason: unknown
    try {
      return await withDeadline(this.clock, 'The connection', { ...wait, pausedMs: this.pausedMs }, () => dial.promise)
    } catch (error) {
      reason = error
      throw error
    } finally {
      if (--dial.callers === 0) {
        // Of a dial that has succeeded, whoever still listens to the signal must not end the connection.
        if (!dial.isDone) dial.controller.abort(reason)
        // The dial may take a while to end: the next caller dials anew.
        this.forget(key, dial)
      }
    }
  }

  abortAll(reason: Error): void {
    for (const { controller } of this.dials.values()) controller.abort(reason)
  }

  private begin(key: string, open: (signal: AbortSignal) => Promise<string>): Dial<string> {
    const controller = new AbortController()
    const promise = open(controller.signal).finally(() => {
      dial.isDone = true
      this.forget(key, dial)
    })
    // Every caller may have left before it fails.
    promise.catch(() => {})
    const dial: Dial<string> = { promise, controller, callers: 0, isDone: false }
    this.dials.set(key, dial)
    this.onChange()
    return dial
  }

  private forget(key: string, dial: Dial<string>): void {
    if (this.dials.get(key) !== dial) return
    this.dials.delete(key)
    this.onChange()
  }
}
