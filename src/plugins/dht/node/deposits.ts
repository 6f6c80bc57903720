import { Alarm } from '../../../base/alarm.js'
import { type Clock, elapsed } from '../../../base/clock.js'
import type { VerifiedRecord } from '../records/record.js'

/** Withdrawals of one publisher that are published at once, and the pause before the next, milliseconds: each is a walk, and told to all who watch. */
const AT_ONCE = 16
const PAUSE_MS = 250

/** A signed withdrawal. */
interface Deposit {
  readonly withdrawal: VerifiedRecord
  /** When it is published, by `elapsed`; Infinity while the process that has left it is connected. */
  dueAt: number
  /** Until when a publisher that comes back may put that off. */
  latestAt: number
}

interface Depositor {
  /** By key. */
  readonly deposits: Map<string, Deposit>
  readonly alarm: Alarm
}

/**
 * Withdrawals of records that hold only while their publisher is connected: signed by it, and left here for when it is gone. A publisher that
 * comes back may be another process, which knows nothing of a record: only what it stores again stays.
 */
export class Deposits {
  private readonly depositors = new Map<string, Depositor>()

  /**
   * @param graceMs how long a publisher may be away, and may take to store its records again once it is back, milliseconds.
   * @param publish takes each withdrawal of a publisher that has been away for longer.
   */
  constructor(
    private readonly clock: Clock,
    private readonly graceMs: number,
    private readonly publish: (withdrawal: VerifiedRecord) => void,
  ) {}

  /** Keeps the withdrawal of a record that is stored here; its publisher is connected. */
  keep(withdrawal: VerifiedRecord): void {
    const { publisher, key } = withdrawal
    let depositor = this.depositors.get(publisher)
    if (depositor === undefined) {
      depositor = { deposits: new Map(), alarm: new Alarm(this.clock, () => this.run(publisher)) }
      this.depositors.set(publisher, depositor)
    }
    const never = Number.POSITIVE_INFINITY
    depositor.deposits.set(key, { withdrawal, dueAt: never, latestAt: never })
    arm(depositor, this.clock)
  }

  /** The record is not here any more, or a newer one is: its withdrawal says nothing. So there are never more of them than records. */
  drop({ publisher, key }: VerifiedRecord): void {
    const depositor = this.depositors.get(publisher)
    if (depositor?.deposits.delete(key) && depositor.deposits.size === 0) this.forget(publisher)
  }

  /** The connection to a publisher is lost. @param isOver whether it has said that its process ends. */
  lost(publisher: string, isOver = false): void {
    const now = elapsed(this.clock)
    this.each(publisher, (deposit) => {
      deposit.dueAt = isOver ? now : Math.min(deposit.dueAt, now + this.graceMs)
      deposit.latestAt = Math.min(deposit.latestAt, now + 2 * this.graceMs)
    })
    if (isOver) this.run(publisher)
  }

  /** A publisher is connected again: it has as long again to store what it still stands for. */
  back(publisher: string): void {
    const until = elapsed(this.clock) + this.graceMs
    this.each(publisher, (deposit) => {
      if (deposit.dueAt < until) deposit.dueAt = Math.min(until, deposit.latestAt)
    })
  }

  /** Gives up what a publisher has left here: it leaves the same elsewhere. */
  forget(publisher: string): void {
    this.depositors.get(publisher)?.alarm.disarm()
    this.depositors.delete(publisher)
  }

  close(): void {
    for (const publisher of [...this.depositors.keys()]) this.forget(publisher)
  }

  private each(publisher: string, change: (deposit: Deposit) => void): void {
    const depositor = this.depositors.get(publisher)
    if (depositor === undefined) return
    for (const deposit of depositor.deposits.values()) change(deposit)
    arm(depositor, this.clock)
  }

  private run(publisher: string): void {
    const depositor = this.depositors.get(publisher)
    if (depositor === undefined) return
    const { deposits } = depositor
    const now = elapsed(this.clock)
    const due = [...deposits.values()].filter(({ dueAt }) => dueAt <= now).slice(0, AT_ONCE)
    for (const { withdrawal } of due) deposits.delete(withdrawal.key)
    if (deposits.size === 0) this.forget(publisher)
    else arm(depositor, this.clock, PAUSE_MS)
    for (const { withdrawal } of due) this.publish(withdrawal)
  }
}

/** Rings when the first withdrawal is due, and no sooner than after the pause. */
function arm({ alarm, deposits }: Depositor, clock: Clock, pauseMs = 0): void {
  let first = Number.POSITIVE_INFINITY
  for (const { dueAt } of deposits.values()) first = Math.min(first, dueAt)
  alarm.arm(Math.max(pauseMs, first - elapsed(clock)))
}
