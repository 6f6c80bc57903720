import { Alarm } from '../base/alarm.js'
import { equalBytes } from '../base/bytes.js'
import { elapsed } from '../base/clock.js'
import type { Limits } from '../base/limits.js'
import type { P2PMessage } from '../message/message.js'
import type { MailHost } from './host.js'

/** How often what nobody listens to yet is offered again. */
const UNHEARD_MS = 1_000
/** Messages that wait for somebody who listens, and those of one sender. */
const MAX_UNHEARD = 256
const MAX_UNHEARD_OF_SENDER = 32

/** Messages whose handler is not there yet: it may be registered late. */
export class Hearing {
  /** What offers each again, and its sender. */
  private readonly waiting = new Map<() => void, Uint8Array>()
  private readonly alarm: Alarm

  constructor(
    private readonly host: MailHost,
    private readonly limits: Required<Limits>,
  ) {
    this.alarm = new Alarm(host.kit.clock, () => this.hear())
  }

  /** Something may listen now that did not before. */
  hear(): void {
    for (const again of [...this.waiting.keys()]) again()
    if (this.waiting.size > 0) this.alarm.armOnce(UNHEARD_MS)
  }

  /** Nothing waits any more. */
  stop(): void {
    this.alarm.disarm()
    this.waiting.clear()
  }

  /** Waits for somebody who listens. @returns false where nobody does for too long; undefined where there is no room to wait. */
  wait(message: P2PMessage, sender: Uint8Array): Promise<boolean | undefined> {
    const { host, limits } = this
    if (host.isHeard(message)) return Promise.resolve(true)
    const ofSender = [...this.waiting.values()].filter((other) => equalBytes(other, sender))
    if (this.waiting.size >= MAX_UNHEARD || ofSender.length >= MAX_UNHEARD_OF_SENDER) return Promise.resolve(undefined)
    const until = elapsed(host.kit.clock) + limits.mailHandlerMs
    return new Promise((resolve) => {
      const again = () => {
        const isHeard = host.isHeard(message)
        if (!isHeard && elapsed(host.kit.clock) < until) return
        this.waiting.delete(again)
        resolve(isHeard)
      }
      this.waiting.set(again, sender)
      this.alarm.armOnce(UNHEARD_MS)
    })
  }
}
