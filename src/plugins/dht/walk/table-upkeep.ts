import type { Clock, Timer } from '../../../base/clock.js'
import type { Limits } from '../../../base/limits.js'
import type { Kademlia } from './kademlia.js'
import { idInBucket } from './node-id.js'

/** Nodes asked by the refresh of one bucket: each names a bucketful. */
const REFRESH_COUNT = 3
/** Silent nodes asked in one round. */
const PINGS = 16
/** After the first node is met, others are likely to be met at once. */
const JOIN_DELAY_MS = 250

/**
 * Keeps a node's routing table true: joins when the first other node is met, by looking for itself and then for the buckets
 * farther out (Maymounkov and Mazières, 2002, §2.3); later refreshes what no lookup has gone through, and asks the silent
 * whether they live. No timer runs before there is a node to know.
 */
export class TableUpkeep {
  private timer: Timer | undefined
  private running = false
  private closed = false
  private readonly stop: () => void

  constructor(
    private readonly network: Kademlia,
    private readonly clock: Clock,
    private readonly limits: Limits,
    private readonly isNode: () => boolean,
  ) {
    this.stop = network.onNewNode(() => this.arm(JOIN_DELAY_MS))
  }

  close(): void {
    this.closed = true
    this.stop()
    if (this.timer !== undefined) this.clock.clearTimeout(this.timer)
    this.timer = undefined
  }

  /** We have become a node: others are to know us. */
  join(): void {
    if (this.timer !== undefined) this.clock.clearTimeout(this.timer)
    this.timer = undefined
    if (this.network.table.size > 0) this.arm(0)
  }

  private arm(delayMs: number): void {
    if (this.closed || this.running || this.timer !== undefined || !this.isNode()) return
    this.timer = this.clock.setTimeout(() => {
      this.timer = undefined
      void this.round()
    }, delayMs)
  }

  private async round(): Promise<void> {
    const { network, limits } = this
    this.running = true
    try {
      // Who is nearest changes with everybody who comes and goes.
      await network.nearest(network.table.ownId)
      for (const bits of network.table.stale(limits.dhtRefreshMs)) {
        if (this.closed) return
        await network.nearest(idInBucket(network.table.ownId, bits), { count: REFRESH_COUNT })
      }
      const silent = network.table.silent(limits.dhtRefreshMs).slice(0, PINGS)
      await Promise.all(silent.map((contact) => network.ping(contact)))
      await network.keepWarm()
    } catch {
      // Shut down on the way, or nobody answered: the next round comes.
    } finally {
      this.running = false
      // Not all at the same moment: nodes that started together would refresh together for ever.
      if (network.table.size > 0) this.arm(limits.dhtReplicateMs * (0.75 + 0.5 * Math.random()))
    }
  }
}
