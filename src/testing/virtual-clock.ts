import type { Clock, Timer } from '../base/clock.js'

interface VirtualTimer {
  at: number
  order: number
  /** Undefined once it has fired or was cleared. */
  callback: (() => void) | undefined
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
  /** How far the date is ahead of where it began and what has passed since. */
  private aheadMs = 0
  private order = 0
  /** A binary heap, the next to fire first; what was cleared stays in it until it would have fired. */
  private heap: VirtualTimer[] = []
  private live = 0

  /** @param startMs milliseconds since the Unix epoch. */
  constructor(private readonly startMs = 1_700_000_000_000) {
    this.time = startMs
  }

  /** Whole milliseconds, as those of `Date.now()`. */
  now(): number {
    return Math.floor(this.time + this.aheadMs)
  }

  /** A second at first, as of a process that has just begun: far from the date, so that nothing that compares the two goes unseen. */
  elapsed(): number {
    return this.time - this.startMs + 1_000
  }

  /** Sets the date, as a user or a time server sets that of a device: no timer moves. @param ms milliseconds since the Unix epoch. */
  setDate(ms: number): void {
    this.aheadMs = ms - this.time
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    // Never early: a peer that dates something at a fraction of a millisecond would say what no real clock says.
    const timer: VirtualTimer = { at: Math.ceil(this.time + Math.max(0, delayMs)), order: this.order++, callback }
    this.live++
    this.push(timer)
    return timer
  }

  clearTimeout(timer: Timer): void {
    const pending = timer as VirtualTimer | undefined
    if (pending?.callback === undefined) return
    pending.callback = undefined
    this.live--
    // Long timers that are cleared again and again must not fill the heap.
    if (this.heap.length > 64 && this.heap.length > 2 * this.live) {
      const rest = this.heap.filter(({ callback }) => callback !== undefined)
      this.heap = []
      for (const other of rest) this.push(other)
    }
  }

  /** Timers that have not fired. */
  get pending(): number {
    return this.live
  }

  /** Moves time on by so many milliseconds, firing what falls due on the way. */
  async advance(ms: number): Promise<void> {
    const until = this.time + ms
    await settle()
    for (let timer = this.next(until); timer !== undefined; timer = this.next(until)) {
      const { callback } = this.pop()
      timer.callback = undefined
      this.live--
      this.time = Math.max(this.time, timer.at)
      callback!()
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
    while (this.heap[0] !== undefined && this.heap[0].callback === undefined) this.pop()
    const first = this.heap[0]
    return first !== undefined && first.at <= until ? first : undefined
  }

  private push(timer: VirtualTimer): void {
    const { heap } = this
    let at = heap.push(timer) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (isBefore(heap[parent]!, timer)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = timer
  }

  private pop(): VirtualTimer {
    const { heap } = this
    const first = heap[0]!
    const last = heap.pop()!
    if (heap.length === 0) return first
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (isBefore(last, heap[child]!)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
    return first
  }
}

function isBefore(a: VirtualTimer, b: VirtualTimer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

/** Lets every promise chain under way run to its end: a macrotask begins only when no microtask is left. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve)
    else setTimeout(resolve, 0)
  })
}
