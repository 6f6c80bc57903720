import { Alarm } from '../base/alarm.js'
import type { Clock } from '../base/clock.js'

/** What a hop counts. */
export type OnionCount =
  | 'peeled'
  | 'forwarded'
  | 'delivered'
  | 'exited'
  | 'covered'
  | 'unreadable'
  | 'replayed'
  | 'malformed'
  | 'overLink'
  | 'overloaded'
  | 'unreachable'
  | 'expired'
  | 'noInbox'
  | 'noExit'
  | 'errors'
  | 'loopsSent'
  | 'loopsBack'
  | 'acted'
  | 'repeated'
  | 'refused'
  | 'touched'
  | 'answered'

/** How long what happens is summed up before it is told. */
const WINDOW_MS = 60_000

/** Sums that are told once a minute: a number that rose with each packet would tell who reads it when one passed. */
export class OnionSums {
  private counts: Partial<Record<OnionCount, number>> = {}
  private told: Partial<Record<OnionCount, number>> = {}
  private peeledBefore = 0
  private peeledLast = 0
  private readonly alarm: Alarm

  constructor(clock: Clock) {
    this.alarm = new Alarm(clock, () => this.tell())
  }

  count(what: OnionCount): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1
    this.alarm.armOnce(WINDOW_MS)
  }

  /** Since the start, up to the last whole minute. */
  read(): Partial<Record<OnionCount, number>> {
    return { ...this.told }
  }

  /** Packets in a second, in the last whole minute. */
  get rate(): number {
    return this.peeledLast / (WINDOW_MS / 1_000)
  }

  close(): void {
    this.alarm.disarm()
  }

  private tell(): void {
    const { peeled = 0 } = this.counts
    this.peeledLast = peeled - this.peeledBefore
    this.peeledBefore = peeled
    this.told = { ...this.counts }
    // Once more, so that a rate falls where nothing comes any more.
    if (this.peeledLast > 0) this.alarm.arm(WINDOW_MS)
  }
}
