import { Alarm } from '../base/alarm.js'
import { type Clock, elapsed } from '../base/clock.js'
import type { Random } from '../base/random.js'
import { nextTurn } from '../base/turn.js'
import { ExpiryHeap } from '../plugins/dht/records/expiry-heap.js'

interface Delayed {
  /** By `elapsed`. */
  readonly expiresAt: number
  readonly run: () => void
}

/**
 * Lets packets go when their delay is over. What is due in one turn of the event loop goes in random order, so that packets that came
 * together cannot be told apart by their order.
 */
export class DelayQueue {
  private readonly heap = new ExpiryHeap<Delayed>()
  private due: (() => void)[] = []
  private readonly alarm: Alarm
  private isOver = false

  /** @param max that wait at once. */
  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly max: number,
  ) {
    this.alarm = new Alarm(clock, () => this.ring())
  }

  /** Packets that wait. */
  get size(): number {
    return this.heap.size + this.due.length
  }

  /** Runs this after a delay, milliseconds; 0: at the end of this turn. @returns false, and never runs it, where too many wait. */
  add(delayMs: number, run: () => void): boolean {
    if (this.isOver || this.size >= this.max) return false
    if (delayMs <= 0) this.addDue(run)
    else {
      this.heap.push({ expiresAt: elapsed(this.clock) + delayMs, run })
      this.arm()
    }
    return true
  }

  /** Nothing that waits will go. */
  close(): void {
    this.isOver = true
    this.alarm.disarm()
    this.heap.reset([])
    this.due = []
  }

  private ring(): void {
    const now = elapsed(this.clock)
    for (let first = this.heap.first; first !== undefined && first.expiresAt <= now; first = this.heap.first) {
      this.addDue(this.heap.pop()!.run)
    }
    this.arm()
  }

  private arm(): void {
    const { first } = this.heap
    if (first !== undefined) this.alarm.arm(first.expiresAt - elapsed(this.clock))
  }

  private addDue(run: () => void): void {
    if (this.due.push(run) === 1) void nextTurn().then(() => this.release())
  }

  /** Fisher and Yates. */
  private release(): void {
    const { due, random } = this
    this.due = []
    for (let i = due.length - 1; i >= 0; i--) {
      const j = Math.floor(random.unit() * (i + 1))
      const run = due[j]!
      due[j] = due[i]!
      run()
    }
  }
}
