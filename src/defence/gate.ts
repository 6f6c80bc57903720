import type { Limits } from '../limits.js'
import { DedupeWindow } from '../message/dedupe-window.js'
import { INTERNAL_PREFIX, type P2PMessage } from '../message/message.js'

/** What every incoming message passes after its size, structure and sender have been checked. */
export class Gate {
  readonly stats = { accepted: 0, duplicates: 0 }
  private readonly seen: DedupeWindow

  constructor(limits: Limits) {
    this.seen = new DedupeWindow(limits.dedupeWindow)
  }

  /** True if the message is new. Ids count per sender: nobody can use up another's. */
  admit(message: P2PMessage): boolean {
    // A channel delivers nothing twice, and what the SDK's own protocols say may be heard twice without harm: a node of the DHT
    // would remember nothing but questions.
    if (message.protocol?.startsWith(INTERNAL_PREFIX)) {
      this.stats.accepted++
      return true
    }
    if (!this.seen.add(`${message.messageId} ${message.from}`)) {
      this.stats.duplicates++
      return false
    }
    this.stats.accepted++
    return true
  }

  get remembered(): number {
    return this.seen.count
  }
}
