import { Alarm } from '../../../base/alarm.js'
import { type Clock, elapsed } from '../../../base/clock.js'
import type { Limits } from '../../../base/limits.js'
import { jittered, type Random } from '../../../base/random.js'
import { idInBucket } from '../records/key-space.js'
import type { Contact } from '../walk/contact.js'
import type { Kademlia } from '../walk/kademlia.js'

/** Nodes asked by the refresh of one bucket: each names a bucketful. */
const REFRESH_COUNT = 3
/** Silent nodes asked in one round. */
const PINGS = 16
/** After the first node is met, others are likely to be met at once. */
const JOIN_DELAY_MS = 250
/**
 * Rounds in a small network after a node is met, milliseconds from one to the next. There each node counts, and in the first round another
 * may not have proven the address of a third one yet, or may answer too late.
 */
const SETTLING_MS = [JOIN_DELAY_MS, 2_000, 5_000, 15_000, 60_000] as const
/** A node that is lost is looked for after the third of them at the latest: others may have it, or be gone as well. */
const AFTER_LOSS = 3
/** Between the end of a round and the next one, however many nodes come: strangers that come and go set no pace. */
const MIN_PAUSE_MS = 1_000

/**
 * Keeps a node's routing table true: joins when the first other node is met, by looking for itself and then for the buckets
 * farther out (Maymounkov and Mazières, 2002, §2.3); later refreshes the buckets that no lookup has gone through, and asks the
 * silent nodes whether they live. Where fewer nodes are known than one bucket takes, it looks for itself again, ever less often, after
 * each node that is met or lost. No timer runs before there is a node to know.
 */
export class TableUpkeep {
  private readonly alarm: Alarm
  /** Whether we are a node, which others are to know. */
  private hasBegun = false
  private isRefreshing = false
  /** Which of `SETTLING_MS` comes next; behind the last one, `dhtReplicateMs`. */
  private step = 0
  /** When the alarm rings, and when the last round has ended, by `elapsed`. */
  private dueAt = Number.POSITIVE_INFINITY
  private endedAt = Number.NEGATIVE_INFINITY
  private readonly stop: () => void

  constructor(
    private readonly network: Kademlia,
    private readonly limits: Limits,
    private readonly random: Random,
    private readonly clock: Clock,
    /** Whether a node is connected. */
    private readonly isConnected: (peerId: string) => boolean,
  ) {
    this.alarm = new Alarm(clock, () => void this.round())
    this.stop = network.onNewNode(() => this.changed(0))
    network.onSilent = (contact) => this.silent(contact)
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

  /** A node has come, or is lost. */
  private changed(step: number): void {
    const { alarm, network } = this
    if (!network.isSmall) {
      if (!alarm.isArmed) this.arm(JOIN_DELAY_MS)
      return
    }
    if (this.step <= step && alarm.isArmed) return
    this.step = step
    this.next()
  }

  /**
   * A node did not answer. In a small network one that is connected stays: its connection tells that it lives, and that it is gone. A busy
   * one would be lost to all that it leads to.
   */
  private silent(contact: Contact): void {
    const { peerId } = contact
    const { table, isSmall } = this.network
    if (isSmall && this.isConnected(peerId)) return
    const wasMet = table.met().some((known) => known.peerId === peerId)
    if (table.failed(contact) && wasMet) this.changed(AFTER_LOSS)
  }

  private next(): void {
    if (this.network.table.size === 0) return
    const { limits, random } = this
    // Not all at the same moment: nodes that started together would refresh together for ever.
    const delayMs = (this.network.isSmall && SETTLING_MS[this.step]) || jittered(random, limits.dhtReplicateMs, 0.25)
    this.arm(Math.max(delayMs, this.endedAt + MIN_PAUSE_MS - elapsed(this.clock)))
  }

  /** Rings after this time, or when it was to ring, whichever comes first. */
  private arm(delayMs: number): void {
    if (!this.hasBegun || this.isRefreshing) return
    const dueAt = elapsed(this.clock) + delayMs
    if (this.alarm.isArmed && this.dueAt <= dueAt) return
    this.dueAt = dueAt
    this.alarm.arm(delayMs)
  }

  private async round(): Promise<void> {
    const { network, limits, random } = this
    this.isRefreshing = true
    this.step++
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
      this.endedAt = elapsed(this.clock)
      this.next()
    }
  }
}
