import { Alarm } from '../base/alarm.js'
import type { Clock } from '../base/clock.js'
import type { SignedTransaction } from './combine.js'

/** Sends a signed transaction to the chain. */
export interface Broadcaster {
  /** Takes the bytes and the id; rejects where the chain does not take it. */
  broadcast?: ((transaction: Uint8Array, txid: string) => Promise<unknown>) | undefined
  /** Whether the chain, or its mempool, has the transaction. */
  isKnown?: ((txid: string) => Promise<boolean>) | undefined
}

/** What a broadcasting tells. */
export interface BroadcastingListener {
  reportSent(): void
  /** @param cause what `broadcast` or `isKnown` threw. */
  unsent(cause: unknown): void
}

/** One member's turn to send. A transaction that is sent twice harms nobody, so that the order needs no agreement. */
export class Broadcasting {
  private readonly alarm: Alarm
  private signed: SignedTransaction | undefined

  constructor(
    clock: Clock,
    private readonly broadcaster: Broadcaster,
    private readonly listener: BroadcastingListener,
  ) {
    this.alarm = new Alarm(clock, () => void this.send())
  }

  /** @param delayMs until it is our turn. */
  plan(signed: SignedTransaction, delayMs: number): void {
    this.signed = signed
    if (this.broadcaster.broadcast !== undefined) this.alarm.arm(delayMs)
  }

  /** Another member says that it has sent it: the chain knows better. */
  async heard(txid: string): Promise<void> {
    const isKnown = async () => this.broadcaster.isKnown?.(txid)
    if ((await isKnown().catch(() => undefined)) !== false) this.listener.reportSent()
  }

  stop(): void {
    this.alarm.disarm()
  }

  private async send(): Promise<void> {
    const { transaction, txid } = this.signed!
    const { broadcast, isKnown } = this.broadcaster
    try {
      if ((await isKnown?.(txid)) !== true) await broadcast!(transaction, txid)
      this.listener.reportSent()
    } catch (cause) {
      this.listener.unsent(cause)
    }
  }
}
