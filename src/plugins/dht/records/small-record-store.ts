import type { Clock } from '../../../base/clock.js'
import type { Unsubscribe } from '../../../base/events.js'
import { LazyMap, LazySet } from '../../../base/lazy-map.js'
import type { Limits } from '../../../base/limits.js'
import { type Random, randomItem } from '../../../base/random.js'
import { invalidRecord, matchesPattern, sizeOf, type VerifiedRecord } from './record.js'
import { checkQuota, isThere, type RecordStoreStats, type Records, type StoreListener, shareOf, storeFull } from './records.js'

interface Publisher {
  readonly entries: Map<string, VerifiedRecord>
  share: number
}

/**
 * The store of who keeps few records: its own, or those under watch. It looks through them where the `RecordStore` of a node keeps
 * them in order, by key, by end and by share.
 */
export class SmallRecordStore implements Records {
  private readonly publishers = new LazyMap<string, Publisher>()
  private readonly listeners = new LazySet<StoreListener>()
  private kept: string | undefined
  private count = 0
  private readonly counters = { withdrawn: 0, bytes: 0, stored: 0, expired: 0, shed: 0 }
  /** No record ends before: milliseconds since the Unix epoch. */
  nextExpiry = Number.POSITIVE_INFINITY

  constructor(
    private readonly clock: Clock,
    private readonly limits: Limits,
    /** Draws the publisher whose record is shed, of several that take the same. */
    private readonly random: Random,
  ) {}

  keep(publisher: string): void {
    this.kept = publisher
  }

  put(entry: VerifiedRecord): boolean {
    this.removeExpired()
    if (entry.expiresAt <= this.clock.now()) throw invalidRecord('it has expired')
    const publisher = this.publishers.get(entry.publisher)
    const previous = publisher?.entries.get(entry.key)
    if (isThere(entry, previous)) return false
    if (publisher && !previous && entry.signature) checkQuota(publisher.entries.size, this.limits)
    if (previous !== undefined) this.delete(previous)
    this.insert(entry)
    while (this.count > this.limits.maxRecords || this.counters.bytes > this.limits.maxStoreBytes) {
      const victim = this.leastWanted() ?? entry
      this.delete(victim)
      if (victim === entry) {
        if (previous !== undefined) this.tell(undefined, previous)
        throw storeFull(this.limits)
      }
      this.counters.shed++
      this.tell(undefined, victim)
    }
    this.counters.stored++
    this.tell(entry, previous)
    return true
  }

  find(key: string, publisher: string): VerifiedRecord | undefined {
    const entry = this.publishers.get(publisher)?.entries.get(key)
    return entry && entry.expiresAt > this.clock.now() ? entry : undefined
  }

  scan(pattern: string): VerifiedRecord[] {
    const now = this.clock.now()
    const order = ({ key, publisher }: VerifiedRecord) => `${key}\0${publisher}`
    return this.all()
      .filter(({ key, expiresAt }) => expiresAt > now && matchesPattern(key, pattern))
      .sort((a, b) => (order(a) < order(b) ? -1 : 1))
  }

  /** Drops one entry, which is there, without telling anybody. */
  delete(entry: VerifiedRecord): void {
    const publisher = this.publishers.get(entry.publisher)!
    publisher.entries.delete(entry.key)
    if (publisher.entries.size === 0) this.publishers.delete(entry.publisher)
    this.account(publisher, entry, -1)
  }

  removeExpired(): number {
    const now = this.clock.now()
    if (now < this.nextExpiry) return 0
    this.nextExpiry = Number.POSITIVE_INFINITY
    const expired: VerifiedRecord[] = []
    for (const entry of this.all()) {
      if (entry.expiresAt <= now) expired.push(entry)
      else this.nextExpiry = Math.min(this.nextExpiry, entry.expiresAt)
    }
    this.counters.expired += expired.length
    for (const entry of expired) this.delete(entry)
    for (const entry of expired) this.tell(undefined, entry)
    return expired.length
  }

  onChange(listener: StoreListener): Unsubscribe {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  getStats(): RecordStoreStats {
    return { ...this.counters, records: this.count - this.counters.withdrawn, publishers: this.publishers.size }
  }

  private all(): VerifiedRecord[] {
    return [...this.publishers.values()].flatMap(({ entries }) => [...entries.values()])
  }

  private insert(entry: VerifiedRecord): void {
    const publisher = this.publishers.get(entry.publisher) ?? { entries: new Map(), share: 0 }
    this.publishers.set(entry.publisher, publisher)
    publisher.entries.set(entry.key, entry)
    this.account(publisher, entry, 1)
    this.nextExpiry = Math.min(this.nextExpiry, entry.expiresAt)
  }

  private account(publisher: Publisher, entry: VerifiedRecord, sign: 1 | -1): void {
    const bytes = sizeOf(entry)
    this.count += sign
    this.counters.bytes += sign * bytes
    if (entry.withdrawn) this.counters.withdrawn += sign
    publisher.share += sign * shareOf(bytes)
  }

  /** What ends first of the publisher that takes most; undefined where all is our own. */
  private leastWanted(): VerifiedRecord | undefined {
    let largest: Publisher[] = []
    for (const [id, publisher] of this.publishers) {
      const more = publisher.share - (largest[0]?.share ?? 0)
      if (id === this.kept || more < 0) continue
      if (more > 0) largest = []
      largest.push(publisher)
    }
    const [first, ...others] = randomItem(this.random, largest)?.entries.values() ?? []
    return others.reduce((soonest, entry) => (entry.expiresAt < soonest!.expiresAt ? entry : soonest), first)
  }

  private tell(entry: VerifiedRecord | undefined, previous: VerifiedRecord | undefined): void {
    for (const listener of [...this.listeners]) listener(entry, previous)
  }
}
