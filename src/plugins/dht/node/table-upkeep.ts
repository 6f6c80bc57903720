import { Alarm } from '../../../base/alarm.js'
import type { Clock } from '../../../base/clock.js'
import type { Limits } from '../../../base/limits.js'
import { jittered, type Random } from '../../../base/random.js'
import { idInBucket } from '../records/key-space.js'
import type { Kademlia } from '../walk/kademlia.js'

/** Nodes asked by the refresh of one bucket: each names a bucketful. */
const REFRESH_COUNT = 3
/** Silent nodes asked in one round. */
const PINGS = 16
/** After the first node is met, others are likely to be met at once. */
const JOIN_DELAY_MS = 250

/**
 * Keeps a node's routing table true: joins when the first other node is met, by looking for itself and then for the buckets
 * farther out (Maymounkov and Mazières, 2002, §2.3); later refreshes the buckets that no lookup has gone through, and asks the
 * silent nodes whether they live. No timer runs before there is a node to know.
 */
export class TableUpkeep {
  private readonly alarm: Alarm
  /** Whether we are a node, which others are to know. */
  private hasBegun = false
  private isRefreshing = false
  private readonly stop: () => void

  constructor(
    private readonly network: Kademlia,
    private readonly limits: Limits,
    private readonly random: Random,
    clock: Clock,
  ) {
    this.alarm = new Alarm(clock, () => void this.round())
    this.stop = network.onNewNode(() => this.arm(JOIN_DELAY_MS))
  }

  /** We have become a node: others are to know us. */
  begin(): void {
    this.hasBegun = true
    if (this.network.table.size > 0) this.arm(0)
  }

  close(): void {
    this.hasBegun = false
    this.stop()
    this.alarm.disarm()
  }

  private arm(delayMs: number): void {
    if (this.hasBegun && !this.isRefreshing) this.alarm.armOnce(delayMs)
  }

  private async round(): Promise<void> {
    const { network, limits, random } = this
    this.isRefreshing = true
    try {
      // Which nodes are nearest changes with each that comes or goes.
      await network.nearest(network.table.ownId)
      for (const bits of network.table.stale(limits.dhtRefreshMs)) {
        if (!this.hasBegun) return
        await network.nearest(idInBucket(network.table.ownId, bits, random), { count: REFRESH_COUNT })
      }
      const silent = network.table.silent(limits.dhtRefreshMs).slice(0, PINGS)
      await Promise.all(silent.map((contact) => network.ping(contact)))
      await network.keepWarm()
    } catch {
      // Shut down on the way, or nobody answered: the next round comes.
    } finally {
      this.isRefreshing = false
      // Not all at the same moment: nodes that started together would refresh together for ever.
      if (network.table.size > 0) this.arm(jittered(random, limits.dhtReplicateMs, 0.25))
    }
  }
}
