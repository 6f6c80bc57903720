import type { Limits } from '../base/limits.js'
import { addressKey } from './client-address.js'

/** Addresses remembered that have nothing open: what they have used up is forgotten early only in a flood from more than these. */
const MAX_IDLE = 20_000

/** Which cap an attempt has hit, and when another may pass it. */
export interface CapRefusal {
  cap: 'connectionsPerAddressPerS' | 'maxConnectionsPerAddress' | 'maxPendingPerAddress'
  retryAfterMs: number
}

interface Usage {
  open: number
  pending: number
  /** Attempts that may come at once; it fills with time. */
  tokens: number
  /** When it was last filled, milliseconds of `performance.now()`. */
  filledAt: number
}

/** Gives back what was taken; a second call does nothing. */
export type Release = () => void

/**
 * What one client address may take of a relay: attempts in a second, connections open, handshakes under way. An IPv6 client is
 * its /64. An attempt that is refused costs a map look-up.
 */
export class AddressCaps {
  private readonly usages = new Map<string, Usage>()
  /** Those without anything open, the longest unused first. */
  private readonly idle = new Set<string>()

  constructor(private readonly limits: Limits) {}

  /** Addresses that are remembered. */
  get size(): number {
    return this.usages.size
  }

  /** Counts one attempt. Undefined: it may go on. */
  attempt(host: string): CapRefusal | undefined {
    const { connectionsPerAddressPerS, connectionBurstPerAddress, maxConnectionsPerAddress, maxPendingPerAddress } = this.limits
    const usage = this.usageOf(addressKey(host))
    const now = performance.now()
    const filled = usage.tokens + ((now - usage.filledAt) * connectionsPerAddressPerS) / 1_000
    usage.tokens = Math.min(connectionBurstPerAddress, filled)
    usage.filledAt = now
    if (usage.tokens < 1) {
      return {
        cap: 'connectionsPerAddressPerS',
        retryAfterMs: Math.ceil(((1 - usage.tokens) * 1_000) / connectionsPerAddressPerS),
      }
    }
    usage.tokens--
    if (usage.open >= maxConnectionsPerAddress) return { cap: 'maxConnectionsPerAddress', retryAfterMs: 30_000 }
    if (usage.pending >= maxPendingPerAddress) return { cap: 'maxPendingPerAddress', retryAfterMs: 1_000 }
    return undefined
  }

  /** Counts a connection as open until it is released. */
  open(host: string): Release {
    return this.hold(host, 'open')
  }

  /** Counts a handshake as under way until it is released. */
  pending(host: string): Release {
    return this.hold(host, 'pending')
  }

  private hold(host: string, what: 'open' | 'pending'): Release {
    const key = addressKey(host)
    const usage = this.usageOf(key)
    usage[what]++
    this.idle.delete(key)
    let held = true
    return () => {
      if (!held) return
      held = false
      usage[what]--
      if (usage.open + usage.pending === 0) this.rest(key)
    }
  }

  private usageOf(key: string): Usage {
    const known = this.usages.get(key)
    if (known !== undefined) {
      if (this.idle.delete(key)) this.idle.add(key)
      return known
    }
    const usage = { open: 0, pending: 0, tokens: this.limits.connectionBurstPerAddress, filledAt: performance.now() }
    this.usages.set(key, usage)
    this.rest(key)
    return usage
  }

  private rest(key: string): void {
    this.idle.add(key)
    if (this.idle.size <= MAX_IDLE) return
    for (const oldest of this.idle) {
      this.idle.delete(oldest)
      this.usages.delete(oldest)
      return
    }
  }
}
