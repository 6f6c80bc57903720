import { Alarm } from '../../../base/alarm.js'
import type { Clock } from '../../../base/clock.js'
import type { VerifiedRecord } from '../records/record.js'

interface Depositor {
  /** Signed withdrawals, by key. */
  readonly withdrawals: Map<string, VerifiedRecord>
  /** Set while the publisher is not connected. */
  readonly alarm: Alarm
}

/** Withdrawals of records that hold only while their publisher is connected: signed by it, and left here for when it is gone. */
export class Deposits {
  private readonly depositors = new Map<string, Depositor>()

  /**
   * @param graceMs how long a publisher may be away, milliseconds.
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
      depositor = { withdrawals: new Map(), alarm: new Alarm(this.clock, () => this.run(publisher)) }
      this.depositors.set(publisher, depositor)
    }
    depositor.withdrawals.set(key, withdrawal)
  }

  /** The record is not here any more, or a newer one is: its withdrawal says nothing. So there are never more of them than records. */
  drop({ publisher, key }: VerifiedRecord): void {
    const depositor = this.depositors.get(publisher)
    if (depositor?.withdrawals.delete(key) && depositor.withdrawals.size === 0) this.forget(publisher)
  }

  /** The connection to a publisher is lost. */
  lost(publisher: string): void {
    this.depositors.get(publisher)?.alarm.arm(this.graceMs)
  }

  /** A publisher is connected again. */
  back(publisher: string): void {
    this.depositors.get(publisher)?.alarm.disarm()
  }

  close(): void {
    for (const publisher of [...this.depositors.keys()]) this.forget(publisher)
  }

  private run(publisher: string): void {
    const withdrawals = [...(this.depositors.get(publisher)?.withdrawals.values() ?? [])]
    this.forget(publisher)
    for (const withdrawal of withdrawals) this.publish(withdrawal)
  }

  private forget(publisher: string): void {
    this.back(publisher)
    this.depositors.delete(publisher)
  }
}
