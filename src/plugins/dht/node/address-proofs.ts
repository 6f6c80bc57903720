import { BoundedMap } from '../../../base/bounded-map.js'
import { type Clock, elapsed } from '../../../base/clock.js'
import type { Contact } from '../walk/contact.js'

/** Addresses tried at once, waiting to be tried, and remembered as having failed: what strangers claim costs no more than this. */
const AT_ONCE = 4
const MAX_WAITING = 256
const MAX_FAILED = 4_096
/** After a failure an address is left alone for so long, whoever claims it: nobody makes us knock at a host again and again. */
const RETRY_MS = 60_000

export interface AddressProofsOptions {
  clock: Clock
  /** Whether a handshake of ours has found the node at its address. */
  isProven(contact: Contact): boolean
  /** Dials the address, sees who answers, and leaves. */
  look(contact: Contact): Promise<unknown>
}

/**
 * Proves the addresses that nodes claim, before others are told of them: a node that names the address of somebody else has no relay
 * spread it. Each address is dialled once; the handshake tells whose key is there.
 */
export class AddressProofs {
  private readonly waiting = new Map<string, Contact>()
  private readonly failed = new BoundedMap<string, number>(MAX_FAILED)
  private running = 0
  private isOver = false

  constructor(private readonly wiring: AddressProofsOptions) {}

  /** Whether others may be told of a node; where not yet, its address is tried. */
  mayTell(contact: Contact): boolean {
    if (this.wiring.isProven(contact)) return true
    this.want(contact)
    return false
  }

  /** Tries the address of a node soon, unless that is known or has just failed. */
  want(contact: Contact): void {
    const { address } = contact
    const { clock, isProven } = this.wiring
    if (address === '' || this.isOver || isProven(contact) || this.waiting.size >= MAX_WAITING) return
    if ((this.failed.get(address) ?? 0) > elapsed(clock)) return
    this.waiting.set(address, contact)
    this.next()
  }

  close(): void {
    this.isOver = true
    this.waiting.clear()
  }

  private next(): void {
    const [contact] = this.waiting.values()
    if (contact === undefined || this.running >= AT_ONCE) return
    this.waiting.delete(contact.address)
    this.running++
    // Until it is proven it counts as failed, so that it is not tried twice at once.
    this.failed.set(contact.address, elapsed(this.wiring.clock) + RETRY_MS)
    this.wiring
      .look(contact)
      .catch(() => {})
      .finally(() => {
        this.running--
        if (!this.isOver) this.next()
      })
  }
}
