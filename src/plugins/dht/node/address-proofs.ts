import { Alarm } from '../../../base/alarm.js'
import { BoundedMap } from '../../../base/bounded-map.js'
import { type Clock, elapsed } from '../../../base/clock.js'
import type { Contact } from '../walk/contact.js'

/** Addresses tried at once, waiting to be tried, to be tried again, and remembered as having failed: what strangers claim costs no more than this. */
const AT_ONCE = 4
const MAX_WAITING = 256
const MAX_AGAIN = 64
const MAX_FAILED = 4_096
/**
 * After the first dials to an address that reached nobody, it is tried again so soon, milliseconds: that a node is busy, or a packet lost, is
 * no reason to keep it from all others.
 */
const SOON_MS = [1_000, 5_000] as const
/** After that, or where somebody has answered, an address is left alone for so long, whoever claims it: nobody makes us knock at a host again and again. */
const RETRY_MS = 60_000

export interface AddressProofsOptions {
  clock: Clock
  /** Whether a handshake of ours has found the node at its address. */
  isProven(contact: Contact): boolean
  /** Dials the address, sees who answers, and leaves. */
  look(contact: Contact): Promise<unknown>
}

/** What is remembered of an address that has been tried. */
interface Attempt {
  /** Dials in a row that reached nobody. */
  failures: number
  /** When it may be tried again, by `elapsed`. */
  againAt: number
}

/**
 * Proves the addresses that nodes claim, before others are told of them: a node that names the address of somebody else has no relay
 * spread it. Each address is dialled once, and twice more where nobody answers; the handshake tells whose key is there.
 */
export class AddressProofs {
  private readonly waiting = new Map<string, Contact>()
  private readonly failed = new BoundedMap<string, Attempt>(MAX_FAILED)
  /** Those that are tried again soon: the node of each address. */
  private readonly again = new Map<string, Contact>()
  private readonly alarm: Alarm
  private running = 0
  private isOver = false

  constructor(private readonly wiring: AddressProofsOptions) {
    this.alarm = new Alarm(wiring.clock, () => this.tryAgain())
  }

  /** Whether others may be told of a node; where not yet, its address is tried. */
  mayTell(contact: Contact): boolean {
    if (this.wiring.isProven(contact)) return true
    this.want(contact)
    return false
  }

  /** Tries the address of a node soon, unless that is known or has just failed. */
  want(contact: Contact): void {
    const { address } = contact
    if (address === '' || this.isOver || this.wiring.isProven(contact) || this.waiting.size >= MAX_WAITING) return
    if (this.restMs(address) > 0) return
    this.waiting.set(address, contact)
    this.next()
  }

  close(): void {
    this.isOver = true
    this.waiting.clear()
    this.alarm.disarm()
  }

  private next(): void {
    const [contact] = this.waiting.values()
    if (contact === undefined || this.running >= AT_ONCE) return
    const { clock, look } = this.wiring
    const { address } = contact
    const failures = this.failed.get(address)?.failures ?? 0
    this.waiting.delete(address)
    this.running++
    // Until it is proven it counts as failed, so that it is not tried twice at once.
    this.failed.set(address, { failures: SOON_MS.length, againAt: elapsed(clock) + RETRY_MS })
    look(contact)
      .catch(() => this.missed(contact, failures))
      .finally(() => {
        this.running--
        if (!this.isOver) this.next()
      })
  }

  /** Nobody was reached at the address of a node. @param failures before this one. */
  private missed(contact: Contact, failures: number): void {
    const delayMs = SOON_MS[failures]
    if (delayMs === undefined || this.isOver) return
    this.failed.set(contact.address, { failures: failures + 1, againAt: elapsed(this.wiring.clock) + delayMs })
    if (this.again.size < MAX_AGAIN) this.again.set(contact.address, contact)
    this.arm()
  }

  private tryAgain(): void {
    for (const [address, contact] of this.again) {
      if (this.restMs(address) > 0) continue
      this.again.delete(address)
      this.want(contact)
    }
    this.arm()
  }

  private arm(): void {
    this.alarm.arm(Math.min(...[...this.again.keys()].map((address) => this.restMs(address))))
  }

  /** For how long an address is left alone, milliseconds; 0 or less: it may be tried. */
  private restMs(address: string): number {
    return (this.failed.get(address)?.againAt ?? 0) - elapsed(this.wiring.clock)
  }
}
