import { Alarm } from '../../../base/alarm.js'
import { appended } from '../../../base/appended.js'
import type { Clock } from '../../../base/clock.js'
import { checkListener, type Unsubscribe } from '../../../base/events.js'
import { fenced } from '../../../base/fenced.js'
import { LazySet } from '../../../base/lazy-map.js'
import type { Limits } from '../../../base/limits.js'
import { type Random, systemRandom } from '../../../base/random.js'
import { type DhtRecord, dhtRecord, matchesPattern, type VerifiedRecord } from './record.js'
import type { Records } from './records.js'
import { SmallRecordStore } from './small-record-store.js'

/** What happened to a record under watch. A new sequence is an update, even with the same value. */
export type RecordChange = 'added' | 'updated' | 'removed'
export type RecordListener = (record: DhtRecord, change: RecordChange) => unknown

/** Where news of records comes from. */
export interface RecordSource {
  /**
   * Verified records under a pattern (`key` or `prefix*`): those that are there, then every change as it happens. Some may come
   * more than once, or not at all.
   */
  watch(pattern: string, onRecord: (entry: VerifiedRecord) => void): Unsubscribe
}

interface Watch {
  readonly pattern: string
  readonly listener: RecordListener
  /** End what the sources were asked for. */
  readonly stops: Unsubscribe[]
  /** False until it has been told what is there already. */
  ready: boolean
}

/**
 * Joins what the own store and the sources tell into one view, so that each change is told once, however many sources bring it.
 * No source tells of an expiry: one alarm, for the record that ends next, does.
 */
export class RecordWatches {
  /** What has been seen; made with the first watch. */
  private seen: SmallRecordStore | undefined
  private sources: readonly RecordSource[] = []
  private readonly watches = new LazySet<Watch>()
  private stopLocal: Unsubscribe | undefined
  private readonly alarm: Alarm

  constructor(
    private readonly clock: Clock,
    private readonly limits: Limits,
    private local: Records,
    private readonly onError: (error: unknown) => void,
    private readonly random: Random = systemRandom,
  ) {
    this.alarm = new Alarm(clock, () => {
      this.view.removeExpired()
      this.arm()
    })
  }

  get count(): number {
    return this.watches.size
  }

  /** Asks a source for what is watched already, and for what will be. */
  addSource(source: RecordSource): void {
    // An array that is pushed to keeps room for sixteen more.
    this.sources = appended(this.sources, source)
    for (const { pattern, stops } of this.watches) stops.push(source.watch(pattern, (entry) => this.see(entry)))
  }

  /** @throws P2PError INVALID_CONFIG without a listener. */
  watch(pattern: string, listener: RecordListener): Unsubscribe {
    checkListener('dht.watch', listener)
    const watch: Watch = { pattern, listener, ready: false, stops: [] }
    this.watches.add(watch)
    if (this.stopLocal === undefined) this.follow()
    for (const entry of this.local.scan(pattern)) this.see(entry)
    // The caller has the way to stop before the first call comes.
    queueMicrotask(() => {
      if (!this.watches.has(watch)) return
      watch.ready = true
      for (const entry of this.view.scan(pattern)) if (!entry.withdrawn) this.call(watch, entry, 'added')
    })
    for (const source of this.sources) watch.stops.push(source.watch(pattern, (entry) => this.see(entry)))
    return () => {
      if (!this.watches.delete(watch)) return
      for (const stop of watch.stops) stop()
      for (const entry of this.view.scan(pattern)) if (!this.isWatched(entry)) this.view.delete(entry)
      if (this.watches.size === 0) this.close()
    }
  }

  /** Hears of our own records from another store from here on. */
  setLocal(local: Records): void {
    this.local = local
    if (this.stopLocal !== undefined) this.follow()
  }

  close(): void {
    this.watches.clear()
    this.stopLocal?.()
    this.stopLocal = undefined
    this.alarm.disarm()
  }

  private get view(): SmallRecordStore {
    if (this.seen !== undefined) return this.seen
    const { clock, random, limits } = this
    const view = new SmallRecordStore(clock, { ...limits, maxRecords: limits.maxWatchedRecords }, random)
    view.onChange((entry, previous) => {
      const there = entry !== undefined && !entry.withdrawn
      const before = previous !== undefined && !previous.withdrawn
      if (there) this.tell(entry, before ? 'updated' : 'added')
      else if (before) this.tell(previous, 'removed')
    })
    this.seen = view
    return view
  }

  private follow(): void {
    this.stopLocal?.()
    this.stopLocal = this.local.onChange((entry) => {
      if (entry !== undefined && this.isWatched(entry)) this.see(entry)
    })
  }

  private see(entry: VerifiedRecord): void {
    try {
      this.view.put(entry)
    } catch {
      // Heard before, older than what was heard, or more than the view may hold.
    }
    this.arm()
  }

  private arm(): void {
    if (this.watches.size > 0) this.alarm.arm(this.view.nextExpiry - this.clock.now())
  }

  private isWatched(entry: VerifiedRecord): boolean {
    for (const { pattern } of this.watches) if (matchesPattern(entry.key, pattern)) return true
    return false
  }

  private tell(entry: VerifiedRecord, change: RecordChange): void {
    for (const watch of [...this.watches]) {
      if (watch.ready && matchesPattern(entry.key, watch.pattern)) this.call(watch, entry, change)
    }
  }

  private call(watch: Watch, entry: VerifiedRecord, change: RecordChange): void {
    if (this.watches.has(watch)) fenced(() => watch.listener(dhtRecord(entry, this.limits), change), this.onError)
  }
}
