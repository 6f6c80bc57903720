import { Alarm } from '../../../base/alarm.js'
import { elapsed } from '../../../base/clock.js'
import { jittered } from '../../../base/random.js'
import { tupleKey } from '../../../base/tuple-key.js'
import type { PluginKit } from '../../../core/plugin.js'
import { commonBits, compareDistance, placeOfKey, placeOfSet, setPartOf } from '../records/key-space.js'
import { type VerifiedRecord, wireRecord } from '../records/record.js'
import type { Records } from '../records/records.js'
import type { Contact } from '../walk/contact.js'
import type { Kademlia } from '../walk/kademlia.js'

interface Kept {
  readonly key: string
  readonly publisher: string
  /** Where it belongs: undefined, under its key; else in its set, at this depth. */
  readonly depth: number | undefined
  readonly place: Uint8Array
  /** When somebody last stored it here: whoever does so stores it at the other nodes too. */
  receivedAt: number
}

/** Records offered at once. */
const AT_ONCE = 4
/** Of the nodes nearest to a place, how many tell a newcomer of what is kept there. */
const TELLERS = 2

/**
 * Keeps what is stored here for others at the nodes that are nearest to it, as those come and go (Maymounkov and Mazières, 2002,
 * §2.5): every `dhtReplicateMs` by the node whose turn comes first, and at once to a newcomer in our neighbourhood.
 */
export class Replication {
  /** By publisher and key, then by depth: records that end together are forgotten one by one, each at once. */
  private readonly kept = new Map<string, Map<number | undefined, Kept>>()
  private readonly stops: (() => void)[]
  private readonly alarm: Alarm
  private active = false
  private isActive = false
  private isOver = false

  constructor(
    private readonly parts: Pick<PluginKit, 'clock' | 'limits' | 'random'> & { readonly store: Records },
    private readonly network: Kademlia,
  ) {
    this.alarm = new Alarm(parts.clock, () => void this.round())
    this.stops = [
      network.onNewNode((contact) => this.tell(contact)),
      parts.store.onChange((entry, previous) => {
        if (entry === undefined && previous !== undefined) this.forget(previous)
      }),
    ]
  }

  /** We have become a node: what is kept here from here on is ours to hand on. */
  begin(): void {
    this.active = true
  }

  close(): void {
    this.isOver = true
    this.active = false
    for (const stop of this.stops) stop()
    this.alarm.disarm()
    this.kept.clear()
  }

  /** A record was stored here, as a member of its set at a depth, or under its key. */
  received({ key, publisher }: VerifiedRecord, depth: number | undefined): void {
    if (this.isOver) return
    const id = tupleKey(publisher, key)
    const places = this.kept.get(id) ?? new Map<number | undefined, Kept>()
    this.kept.set(id, places)
    const known = places.get(depth)
    const receivedAt = elapsed(this.parts.clock)
    if (known !== undefined) {
      known.receivedAt = receivedAt
      return
    }
    const { networkName } = this.network
    const part = depth === undefined ? undefined : setPartOf(key, depth, networkName)
    const place = part === undefined ? placeOfKey(key, networkName) : placeOfSet(part, networkName)
    places.set(depth, { key, publisher, depth, place, receivedAt })
    this.arm()
  }

  private forget({ key, publisher }: Pick<VerifiedRecord, 'key' | 'publisher'>): void {
    this.kept.delete(tupleKey(publisher, key))
  }

  private *all(): Generator<Kept> {
    for (const places of this.kept.values()) yield* places.values()
  }

  private arm(): void {
    const { limits, random } = this.parts
    if (this.isOver || this.isActive || this.kept.size === 0) return
    this.alarm.armOnce(jittered(random, limits.dhtReplicateMs / 2, 0.25))
  }

  private async round(): Promise<void> {
    this.isActive = true
    const until = elapsed(this.parts.clock) - this.parts.limits.dhtReplicateMs
    const due = [...this.all()].filter(({ receivedAt }) => receivedAt <= until)
    const queue = due.values()
    const worker = async () => {
      for (const kept of queue) {
        if (!this.active) return
        // Another holder may have had its turn meanwhile.
        if (kept.receivedAt <= until) await this.replicate(kept).catch(() => {})
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
    this.isActive = false
    this.arm()
  }

  private async replicate(kept: Kept): Promise<void> {
    const entry = this.parts.store.find(kept.key, kept.publisher)
    if (entry === undefined) {
      this.forget(kept)
      return
    }
    kept.receivedAt = elapsed(this.parts.clock)
    const { closest } = await this.network.nearest(kept.place)
    await Promise.all(closest.map((contact) => this.offer(contact, entry, kept.depth)))
  }

  /** Of all nodes that keep a record, the nearest to it tell the newcomer; the others would only repeat it. */
  private tell(contact: Contact): void {
    const { table } = this.network
    if (this.kept.size === 0 || !this.active) return
    const { dhtBucketSize } = this.parts.limits
    const edge = table.closest(table.ownId, dhtBucketSize).at(-1)
    // Too far away to be among the nearest to anything that is kept here.
    if (
      edge !== undefined &&
      table.size > dhtBucketSize &&
      commonBits(table.ownId, contact.id) + 1 < commonBits(table.ownId, edge.id)
    )
      return
    for (const kept of this.all()) {
      const near = table.closest(kept.place, dhtBucketSize + 1).filter(({ peerId }) => peerId !== contact.peerId)
      const last = near[dhtBucketSize - 1]
      if (last !== undefined && compareDistance(kept.place, contact.id, last.id) > 0) continue
      const ahead = near.filter(({ id }) => compareDistance(kept.place, id, table.ownId) < 0).length
      if (ahead >= TELLERS) continue
      const entry = this.parts.store.find(kept.key, kept.publisher)
      if (entry !== undefined) void this.offer(contact, entry, kept.depth)
    }
  }

  /** Offers a record to one node, which may refuse it, or be gone. */
  private async offer(contact: Contact, entry: VerifiedRecord, depth: number | undefined): Promise<void> {
    const record = wireRecord(entry)
    if (record === undefined) return
    const payload = { record, ...(depth !== undefined && { depth }) }
    await this.network.ask(contact, { type: 'store', payload }).catch(() => {})
  }
}
