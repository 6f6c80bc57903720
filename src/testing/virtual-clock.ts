import type { Clock, Timer } from '../clock.js'

interface VirtualTimer {
  at: number
  order: number
  callback: () => void
}

/**
 * A clock that stands still until it is advanced. Timers fire in order, and between two of them everything that waits
 * on promises runs, so that a test of a day takes milliseconds and never depends on the machine's speed.
 *
 * @example
 * const clock = new VirtualClock()
 * clock.setTimeout(() => console.log('a minute later'), 60_000)
 * await clock.advance(60_000)
 */
export class VirtualClock implements Clock {
  private time: number
  private order = 0
  private readonly timers = new Set<VirtualTimer>()

  /** @param startMs milliseconds since the Unix epoch. */
  constructor(startMs = 1_700_000_000_000) {
    this.time = startMs
  }

  now(): number {
    return this.time
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    const timer: VirtualTimer = { at: this.time + Math.max(0, delayMs), order: this.order++, callback }
    this.timers.add(timer)
    return timer
  }

  clearTimeout(timer: Timer): void {
    this.timers.delete(timer as VirtualTimer)
  }

  /** Timers that have not fired. */
  get pending(): number {
    return this.timers.size
  }

  /** Moves time on by so many milliseconds, firing what falls due on the way. */
  async advance(ms: number): Promise<void> {
    const until = this.time + ms
    await settle()
    for (let timer = this.next(until); timer !== undefined; timer = this.next(until)) {
      this.timers.delete(timer)
      this.time = Math.max(this.time, timer.at)
      timer.callback()
      await settle()
    }
    this.time = until
  }

  /** Jumps without firing anything on the way, as a sleeping machine does; what fell due fires at the next advance. */
  sleep(ms: number): void {
    this.time += ms
  }

  /** Advances until the promise settles, at most `maxMs` of virtual time; returns its value or throws its error. */
  async run<T>(promise: Promise<T>, maxMs = 600_000): Promise<T> {
    let settled = false
    const done = () => {
      settled = true
    }
    promise.then(done, done)
    const until = this.time + maxMs
    await settle()
    while (!settled) {
      const timer = this.next(until)
      if (timer === undefined) break
      await this.advance(Math.max(0, timer.at - this.time))
    }
    if (!settled) throw new Error(`VirtualClock.run: the promise did not settle within ${maxMs} ms of virtual time.`)
    return promise
  }

  private next(until: number): VirtualTimer | undefined {
    let first: VirtualTimer | undefined
    for (const timer of this.timers) {
      if (timer.at > until) continue
      if (first === undefined || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer
    }
    return first
  }
}

/** Lets every promise chain under way run to its end: a macrotask begins only when no microtask is left. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve)
    else setTimeout(resolve, 0)
  })
}
