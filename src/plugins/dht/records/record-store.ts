import { type Clock, systemClock } from '../../../base/clock.js'
import type { Unsubscribe } from '../../../base/events.js'
import { type Limits, limitsOf } from '../../../base/limits.js'
import { type Random, randomItem, systemRandom } from '../../../base/random.js'
import { ExpiryHeap } from './expiry-heap.js'
import { invalidRecord, sizeOf, type VerifiedRecord } from './record.js'
import { checkQuota, isThere, type RecordStoreStats, type Records, type StoreListener, shareOf, storeFull } from './records.js'
import { SortedKeys } from './sorted-keys.js'

/** Where a scan goes on: after this key and publisher. */
export type ScanPosition = [key: string, publisher: string]

export interface RecordStoreOptions {
  clock?: Clock | undefined
  limits?: Limits | undefined
  /** Draws the publishers among whom one is shed. Default: that of the platform. */
  random?: Random | undefined
}

/** Publishers among whom the one is looked for whose record belongs here least. */
const CANDIDATES = 8

interface Publisher {
  readonly id: string
  readonly entries: Map<string, VerifiedRecord>
  /** How much of the store it takes: one for each record and one more for each KiB of it. */
  share: number
  /** Place among the publishers of the same share; -1 for who is never shed. */
  index: number
}

/** Records that have expired and are dropped in one turn: of thousands that end together the others are passed over until their turn comes. */
const EXPIRED_AT_ONCE = 100

/**
 * The store of a node: it finds by prefix, sheds and expires among a hundred thousand records without looking at the others.
 *
 * Where several publishers take the same share of a full store, it gives up the record of some of them that is farthest from
 * belonging here. So being new is neither an advantage nor a fault.
 */
export class RecordStore implements Records {
  private readonly clock: Clock
  private readonly limits: Limits
  private readonly random: Random
  /** How far what is under a key is from belonging here: of equals the farthest is given up first. A node sets it; 0 is all the same. */
  farness: (key: string) => number = () => 0
  private readonly byKey = new Map<string, Map<string, VerifiedRecord>>()
  private readonly keys = new SortedKeys()
  private readonly expiries = new ExpiryHeap<VerifiedRecord>()
  private readonly publishers = new Map<string, Publisher>()
  private readonly kept = new Set<string>()
  private readonly byShare: (Publisher[] | undefined)[] = []
  private largestShare = 0
  private readonly listeners = new Set<StoreListener>()
  private count = 0
  private readonly counters = { withdrawn: 0, bytes: 0, stored: 0, expired: 0, shed: 0 }

  constructor({ clock = systemClock, limits = limitsOf(), random = systemRandom }: RecordStoreOptions = {}) {
    this.clock = clock
    this.random = random
    this.limits = limits
  }

  keep(publisher: string): void {
    this.kept.add(publisher)
    const known = this.publishers.get(publisher)
    if (known !== undefined) this.unrank(known)
  }

  put(entry: VerifiedRecord): boolean {
    this.removeExpired()
    const now = this.clock.now()
    if (entry.expiresAt <= now) throw invalidRecord('it has expired')
    this.expire([this.byKey.get(entry.key)?.get(entry.publisher)], now)
    const previous = this.byKey.get(entry.key)?.get(entry.publisher)
    if (isThere(entry, previous)) return false
    if (previous === undefined && entry.signature !== undefined) {
      const { size = 0 } = this.publishers.get(entry.publisher)?.entries ?? {}
      if (size >= this.limits.maxRecordsPerPublisher) this.expire([...this.of(entry.publisher)], now)
      checkQuota(this.publishers.get(entry.publisher)?.entries.size ?? 0, this.limits)
    }
    if (previous !== undefined) this.remove(previous)
    this.insert(entry)
    while (this.isOverfull() && this.removeExpired() > 0);
    const shed = this.makeRoom()
    this.counters.shed += shed.length
    for (const victim of shed) if (victim !== entry) this.tell(undefined, victim)
    if (shed.includes(entry) || this.isOverfull()) {
      if (!shed.includes(entry)) this.remove(entry)
      if (previous !== undefined) this.tell(undefined, previous)
      throw storeFull(this.limits)
    }
    this.counters.stored++
    if (this.expiries.size > 2 * this.count + 64) this.expiries.reset(this.entries())
    this.tell(entry, previous)
    return true
  }

  find(key: string, publisher: string): VerifiedRecord | undefined {
    const entry = this.byKey.get(key)?.get(publisher)
    return entry && entry.expiresAt > this.clock.now() ? entry : undefined
  }

  /** @param now records that end by then are passed over; by default those that have expired. */
  *scan(pattern: string, after?: ScanPosition, now = this.clock.now()): Generator<VerifiedRecord> {
    const keys = pattern.endsWith('*') ? this.keys.withPrefix(pattern.slice(0, -1), after?.[0]) : [pattern]
    for (const key of keys) {
      const entries = this.byKey.get(key)
      if (entries === undefined) continue
      const sorted =
        entries.size === 1 ? entries.values() : [...entries.values()].sort((a, b) => (a.publisher < b.publisher ? -1 : 1))
      for (const entry of sorted) {
        if (entry.expiresAt <= now) continue
        if (after !== undefined && (key < after[0] || (key === after[0] && entry.publisher <= after[1]))) continue
        yield entry
      }
    }
  }

  of(publisher: string): Iterable<VerifiedRecord> {
    return this.publishers.get(publisher)?.entries.values() ?? []
  }

  removeExpired(most = EXPIRED_AT_ONCE): number {
    const now = this.clock.now()
    let removed = 0
    for (let first = this.expiries.first; first !== undefined && first.expiresAt <= now; first = this.expiries.first) {
      if (removed >= most) break
      this.expiries.pop()
      removed += this.expire([first], now)
    }
    return removed
  }

  /** Drops those that have expired and are here; returns how many. */
  private expire(entries: readonly (VerifiedRecord | undefined)[], now: number): number {
    let removed = 0
    for (const entry of entries) {
      if (entry === undefined || entry.expiresAt > now || !this.isCurrent(entry)) continue
      this.remove(entry)
      removed++
      this.tell(undefined, entry)
    }
    this.counters.expired += removed
    return removed
  }

  onChange(listener: StoreListener): Unsubscribe {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  getStats(): RecordStoreStats {
    return { ...this.counters, records: this.count - this.counters.withdrawn, publishers: this.publishers.size }
  }

  private insert(entry: VerifiedRecord): void {
    let entries = this.byKey.get(entry.key)
    if (entries === undefined) {
      entries = new Map()
      this.byKey.set(entry.key, entries)
      this.keys.add(entry.key)
    }
    entries.set(entry.publisher, entry)
    this.expiries.push(entry)
    let publisher = this.publishers.get(entry.publisher)
    if (publisher === undefined) {
      publisher = { id: entry.publisher, entries: new Map(), share: 0, index: -1 }
      this.publishers.set(entry.publisher, publisher)
    }
    publisher.entries.set(entry.key, entry)
    this.account(publisher, entry, 1)
  }

  private remove(entry: VerifiedRecord): void {
    const entries = this.byKey.get(entry.key)!
    entries.delete(entry.publisher)
    if (entries.size === 0) {
      this.byKey.delete(entry.key)
      this.keys.delete(entry.key)
    }
    const publisher = this.publishers.get(entry.publisher)!
    publisher.entries.delete(entry.key)
    this.account(publisher, entry, -1)
    if (publisher.entries.size === 0) this.publishers.delete(entry.publisher)
  }

  private account(publisher: Publisher, entry: VerifiedRecord, sign: 1 | -1): void {
    const bytes = sizeOf(entry)
    this.count += sign
    this.counters.bytes += sign * bytes
    if (entry.withdrawn) this.counters.withdrawn += sign
    if (this.kept.has(publisher.id)) return
    this.unrank(publisher)
    publisher.share += sign * shareOf(bytes)
    if (publisher.share === 0) return
    let equals = this.byShare[publisher.share]
    if (equals === undefined) {
      equals = []
      this.byShare[publisher.share] = equals
    }
    publisher.index = equals.push(publisher) - 1
    this.largestShare = Math.max(this.largestShare, publisher.share)
  }

  private unrank(publisher: Publisher): void {
    if (publisher.index < 0) return
    const equals = this.byShare[publisher.share]!
    const last = equals.pop()!
    if (last !== publisher) {
      equals[publisher.index] = last
      last.index = publisher.index
    }
    publisher.index = -1
  }

  private isOverfull(): boolean {
    return this.count > this.limits.maxRecords || this.counters.bytes > this.limits.maxStoreBytes
  }

  private makeRoom(): VerifiedRecord[] {
    const shed: VerifiedRecord[] = []
    while (this.isOverfull()) {
      while (this.largestShare > 0 && !this.byShare[this.largestShare]?.length) this.largestShare--
      const largest = this.byShare[this.largestShare]
      if (!largest?.length) break
      const victim = this.farthest(largest)
      this.remove(victim)
      shed.push(victim)
    }
    return shed
  }

  /** Of some of these publishers, by lot, the record that ends first; of those the one that belongs here least. */
  private farthest(publishers: Publisher[]): VerifiedRecord {
    let farthest: VerifiedRecord | undefined
    for (let drawn = 0; drawn < Math.min(CANDIDATES, publishers.length); drawn++) {
      let first: VerifiedRecord | undefined
      for (const entry of randomItem(this.random, publishers)!.entries.values()) {
        if (first === undefined || entry.expiresAt < first.expiresAt) first = entry
      }
      if (farthest === undefined || this.farness(first!.key) > this.farness(farthest.key)) farthest = first
    }
    return farthest!
  }

  private isCurrent(entry: VerifiedRecord): boolean {
    return this.byKey.get(entry.key)?.get(entry.publisher) === entry
  }

  private *entries(): Generator<VerifiedRecord> {
    for (const entries of this.byKey.values()) yield* entries.values()
  }

  private tell(entry: VerifiedRecord | undefined, previous: VerifiedRecord | undefined): void {
    for (const listener of [...this.listeners]) listener(entry, previous)
  }
}
