import { Alarm } from '../base/alarm.js'
import { type Clock, elapsed } from '../base/clock.js'
import { greediest } from '../base/greediest.js'
import type { Random } from '../base/random.js'
import { nextTurn } from '../base/turn.js'
import { ExpiryHeap } from '../plugins/dht/records/expiry-heap.js'

interface Delayed {
  /** By `elapsed`. */
  readonly expiresAt: number
  readonly link: string
  /** Undefined where it has made room for another. */
  run: (() => void) | undefined
}

/**
 * Lets packets go when their delay is over. What is due in one turn of the event loop goes in random order, so that packets that came
 * together cannot be told apart by their order. Senders choose the delays, so links share the room: where it is all taken, a packet of
 * the link that has the most makes room for one of a link that has fewer.
 */
export class DelayQueue {
  private readonly heap = new ExpiryHeap<Delayed>()
  private due: Delayed[] = []
  /** What waits, by the link that it came by; the oldest first. */
  private readonly links = new Map<string, Set<Delayed>>()
  private count = 0
  private readonly alarm: Alarm
  private isOver = false

  /**
   * @param max that wait at once.
   * @param onShed a packet has made room for another.
   */
  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly max: number,
    private readonly onShed: () => void = () => {},
  ) {
    this.alarm = new Alarm(clock, () => this.ring())
  }

  /** Packets that wait. */
  get size(): number {
    return this.count
  }

  /**
   * Runs this after a delay, milliseconds; 0: at the end of this turn.
   *
   * @param link whose packet it is.
   * @returns false, and never runs it, where too many wait, and no other link has more.
   */
  add(delayMs: number, run: () => void, link = ''): boolean {
    if (this.isOver || (this.count >= this.max && !this.makeRoom(link))) return false
    const delayed: Delayed = { expiresAt: elapsed(this.clock) + delayMs, link, run }
    const own = this.links.get(link)
    if (own === undefined) this.links.set(link, new Set([delayed]))
    else own.add(delayed)
    this.count++
    if (delayMs <= 0) this.addDue(delayed)
    else {
      this.heap.push(delayed)
      this.arm()
    }
    return true
  }

  /** Nothing that waits will go. */
  close(): void {
    this.isOver = true
    this.alarm.disarm()
    this.heap.reset([])
    this.links.clear()
    this.due = []
    this.count = 0
  }

  private makeRoom(link: string): boolean {
    const most = greediest(this.links, this.links.get(link)?.size ?? 0)
    if (most === undefined) return false
    const [shed] = this.links.get(most)!
    this.take(shed!)
    // Its place in the heap stays until its time has come, or too many such places are there.
    if (this.heap.size > 2 * this.max + 64) this.heap.reset(this.heap.all().filter(({ run }) => run !== undefined))
    this.onShed()
    return true
  }

  /** What it runs; it waits no longer. */
  private take(delayed: Delayed): (() => void) | undefined {
    const { run, link } = delayed
    if (run === undefined) return undefined
    delayed.run = undefined
    const own = this.links.get(link)
    own?.delete(delayed)
    if (own?.size === 0) this.links.delete(link)
    this.count--
    return run
  }

  private ring(): void {
    const now = elapsed(this.clock)
    for (let first = this.heap.first; first !== undefined && first.expiresAt <= now; first = this.heap.first) {
      this.addDue(this.heap.pop()!)
    }
    this.arm()
  }

  private arm(): void {
    const { first } = this.heap
    if (first !== undefined) this.alarm.arm(first.expiresAt - elapsed(this.clock))
  }

  private addDue(delayed: Delayed): void {
    if (this.due.push(delayed) === 1) void nextTurn().then(() => this.release())
  }

  /** Fisher and Yates. */
  private release(): void {
    const { due, random } = this
    this.due = []
    for (let i = due.length - 1; i >= 0; i--) {
      const j = Math.floor(random.unit() * (i + 1))
      const next = due[j]!
      due[j] = due[i]!
      this.take(next)?.()
    }
  }
}
