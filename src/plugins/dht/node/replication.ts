import type { Clock, Timer } from '../../../base/clock.js'
import type { Limits } from '../../../base/limits.js'
import type { RecordEntry } from '../records/record.js'
import type { RecordStore } from '../records/record-store.js'
import type { Contact } from '../walk/contact.js'
import type { Kademlia } from '../walk/kademlia.js'
import { commonBits, compareDistance, placeOfKey, placeOfSet, setPartOf } from '../walk/node-id.js'

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
 * §2.5): every `dhtReplicateMs` by whoever's turn comes first, and at once to a newcomer in our neighbourhood.
 */
export class Replication {
  private readonly kept = new Map<string, Kept>()
  private readonly stops: (() => void)[]
  private timer: Timer | undefined
  private running = false
  private closed = false

  constructor(
    private readonly network: Kademlia,
    private readonly store: RecordStore,
    private readonly clock: Clock,
    private readonly limits: Limits,
    private readonly isNode: () => boolean,
  ) {
    network.onReceived = (entry, depth) => this.received(entry, depth)
    this.stops = [
      network.onNewNode((contact) => this.tell(contact)),
      store.onChange((entry, previous) => {
        if (entry === undefined && previous !== undefined) this.forget(previous)
      }),
    ]
  }

  close(): void {
    this.closed = true
    for (const stop of this.stops) stop()
    if (this.timer !== undefined) this.clock.clearTimeout(this.timer)
    this.timer = undefined
    this.kept.clear()
  }

  private received({ key, publisher }: RecordEntry, depth: number | undefined): void {
    if (this.closed) return
    const id = idOf(key, publisher, depth)
    const known = this.kept.get(id)
    const receivedAt = this.clock.now()
    if (known !== undefined) {
      known.receivedAt = receivedAt
      return
    }
    const part = depth === undefined ? undefined : setPartOf(key, depth)
    const place = part === undefined ? placeOfKey(key) : placeOfSet(part)
    this.kept.set(id, { key, publisher, depth, place, receivedAt })
    this.arm()
  }

  private forget({ key, publisher }: RecordEntry): void {
    for (const [id, kept] of this.kept) if (kept.key === key && kept.publisher === publisher) this.kept.delete(id)
  }

  private arm(): void {
    if (this.closed || this.running || this.timer !== undefined || this.kept.size === 0) return
    const delay = (this.limits.dhtReplicateMs / 2) * (0.75 + 0.5 * Math.random())
    this.timer = this.clock.setTimeout(() => {
      this.timer = undefined
      void this.round()
    }, delay)
  }

  private async round(): Promise<void> {
    this.running = true
    const until = this.clock.now() - this.limits.dhtReplicateMs
    const due = [...this.kept.values()].filter(({ receivedAt }) => receivedAt <= until)
    const queue = due.values()
    const worker = async () => {
      for (const kept of queue) {
        if (this.closed || !this.isNode()) return
        // Another holder may have had its turn meanwhile.
        if (kept.receivedAt <= until) await this.replicate(kept).catch(() => {})
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
    this.running = false
    this.arm()
  }

  private async replicate(kept: Kept): Promise<void> {
    const entry = this.store.find(kept.key, kept.publisher)
    if (entry === undefined) {
      this.kept.delete(idOf(kept.key, kept.publisher, kept.depth))
      return
    }
    kept.receivedAt = this.clock.now()
    const { closest } = await this.network.nearest(kept.place)
    await Promise.all(closest.map((contact) => this.network.offer(contact, entry, kept.depth).catch(() => {})))
  }

  /** Of all who keep something, the nearest to it tell the newcomer; the others would only repeat it. */
  private tell(contact: Contact): void {
    const { table } = this.network
    if (this.kept.size === 0 || !this.isNode()) return
    const { dhtBucketSize } = this.limits
    const edge = table.closest(table.ownId, dhtBucketSize).at(-1)
    // Too far away to be among the nearest to anything that is kept here.
    if (
      edge !== undefined &&
      table.size > dhtBucketSize &&
      commonBits(table.ownId, contact.id) + 1 < commonBits(table.ownId, edge.id)
    )
      return
    for (const kept of this.kept.values()) {
      const near = table.closest(kept.place, dhtBucketSize + 1).filter(({ peerId }) => peerId !== contact.peerId)
      const last = near[dhtBucketSize - 1]
      if (last !== undefined && compareDistance(kept.place, contact.id, last.id) > 0) continue
      const ahead = near.filter(({ id }) => compareDistance(kept.place, id, table.ownId) < 0).length
      if (ahead >= TELLERS) continue
      const entry = this.store.find(kept.key, kept.publisher)
      if (entry !== undefined) void this.network.offer(contact, entry, kept.depth).catch(() => {})
    }
  }
}

function idOf(key: string, publisher: string, depth: number | undefined): string {
  return `${depth ?? ''} ${publisher} ${key}`
}
