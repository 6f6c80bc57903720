import { BoundedMap } from '../base/bounded-map.js'
import type { Limits } from '../base/limits.js'
import { TokenBucket } from '../base/token-bucket.js'
import { addressKey } from './client-address.js'

/** Which cap an attempt has hit, and when another may pass it. */
export interface CapRefusal {
  cap: 'connectionsPerAddressPerS' | 'maxConnectionsPerAddress' | 'maxPendingPerAddress'
  retryAfterMs: number
}

interface Usage {
  open: number
  pending: number
  /** Attempts that the bucket let through since the other processes of a relay were told. */
  tried: number
  readonly attempts: TokenBucket
}

/** What an address takes of one process: connections open, handshakes under way, attempts since the last time. */
export type AddressUse = readonly [key: string, open: number, pending: number, tried: number]

/** Part of a cap above which other processes of a relay are to know. */
const NOTABLE = 0.25

/** Gives back what was taken; a second call does nothing. */
export type Release = () => void

/**
 * What one client address may take of a relay: attempts in a second, connections open, handshakes under way. An IPv6 client is
 * its /64. An attempt that is refused costs a map look-up.
 */
export class AddressCaps {
  private readonly usages = new Map<string, Usage>()
  /** Those without anything open, the longest unused first. */
  private readonly idle: BoundedMap<string, true>
  /** What addresses take of other processes of the relay, by process. */
  private readonly elsewhere = new Map<string, Map<string, AddressUse>>()

  constructor(private readonly limits: Limits) {
    this.idle = new BoundedMap(limits.maxIdleAddresses, (key) => this.usages.delete(key))
  }

  /** Addresses that are remembered. */
  get size(): number {
    return this.usages.size
  }

  /** Counts one attempt. Undefined: it may go on. */
  attempt(host: string): CapRefusal | undefined {
    const { maxConnectionsPerAddress, maxPendingPerAddress } = this.limits
    const key = addressKey(host)
    const usage = this.usageOf(key)
    const retryAfterMs = usage.attempts.take(performance.now())
    if (retryAfterMs > 0) return { cap: 'connectionsPerAddressPerS', retryAfterMs }
    usage.tried++
    let { open, pending } = usage
    for (const others of this.elsewhere.values()) {
      const [, openThere = 0, pendingThere = 0] = others.get(key) ?? []
      open += openThere
      pending += pendingThere
    }
    if (open >= maxConnectionsPerAddress) return { cap: 'maxConnectionsPerAddress', retryAfterMs: 30_000 }
    if (pending >= maxPendingPerAddress) return { cap: 'maxPendingPerAddress', retryAfterMs: 1_000 }
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

  /** Addresses that take so much of a cap that other processes are to count it. */
  *notable(): Generator<AddressUse> {
    const { maxConnectionsPerAddress, maxPendingPerAddress, connectionBurstPerAddress } = this.limits
    for (const [key, usage] of this.usages) {
      const { open, pending, tried } = usage
      usage.tried = 0
      const shares = [open / maxConnectionsPerAddress, pending / maxPendingPerAddress, tried / connectionBurstPerAddress]
      if (Math.max(...shares) > NOTABLE) yield [key, open, pending, tried]
    }
  }

  /** What addresses take of another process, in place of what it told before. */
  told(process: string, uses: readonly AddressUse[]): void {
    this.elsewhere.set(process, new Map(uses.map((use) => [use[0], use])))
    for (const [key, , , tried] of uses) if (tried > 0) this.usageOf(key).attempts.charge(tried)
  }

  /** Another process takes nothing any more. */
  forget(process: string): void {
    this.elsewhere.delete(process)
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
      if (usage.open + usage.pending === 0) this.idle.set(key, true)
    }
  }

  private usageOf(key: string): Usage {
    const known = this.usages.get(key)
    if (known !== undefined) {
      if (this.idle.has(key)) this.idle.set(key, true)
      return known
    }
    const { connectionsPerAddressPerS, connectionBurstPerAddress } = this.limits
    const attempts = new TokenBucket(connectionsPerAddressPerS, connectionBurstPerAddress, performance.now(), 1)
    const usage = { open: 0, pending: 0, tried: 0, attempts }
    this.usages.set(key, usage)
    this.idle.set(key, true)
    return usage
  }
}
