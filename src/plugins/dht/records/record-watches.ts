import type { Clock, Timer } from '../../../base/clock.js'
import type { Unsubscribe } from '../../../base/events.js'
import type { Limits } from '../../../base/limits.js'
import type { Lookup, RecordFeed } from '../client/lookup.js'
import { matchesPattern, type RecordEntry } from './record.js'
import { RecordStore } from './record-store.js'

/** What happened to a record under watch. A new sequence is an update, even with the same value. */
export type RecordChange = 'added' | 'updated' | 'removed'
export type EntryListener = (entry: RecordEntry, change: RecordChange) => void

interface Watch {
  readonly pattern: string
  readonly listener: EntryListener
  /** False until it has been told what is there already. */
  ready: boolean
}

/**
 * Joins what the own store and the servers tell into one view, so that each change is told once, by whomever it is heard
 * first. Expiry is nobody's message: one timer, for whatever ends next, tells it.
 */
export class RecordWatches {
  private readonly view: RecordStore
  private readonly watches = new Set<Watch>()
  private stopLocal: Unsubscribe | undefined
  private timer: Timer
  private timerAt = Number.POSITIVE_INFINITY

  constructor(
    private readonly clock: Clock,
    limits: Limits,
    private readonly local: RecordStore,
    private readonly lookup: Lookup | undefined,
    private readonly feed: RecordFeed | undefined,
    private readonly onError: (error: unknown) => void,
  ) {
    this.view = new RecordStore({ clock, limits: { ...limits, maxRecords: limits.maxWatchedRecords } })
    this.view.onChange((entry, previous) => {
      const there = entry !== undefined && !entry.withdrawn
      const before = previous !== undefined && !previous.withdrawn
      if (there) this.tell(entry, before ? 'updated' : 'added')
      else if (before) this.tell(previous, 'removed')
    })
  }

  get count(): number {
    return this.watches.size
  }

  watch(pattern: string, listener: EntryListener): Unsubscribe {
    const watch: Watch = { pattern, listener, ready: false }
    this.watches.add(watch)
    this.stopLocal ??= this.local.onChange((entry) => {
      if (entry !== undefined && this.isWatched(entry)) this.see(entry)
    })
    for (const entry of this.local.scan(pattern)) this.see(entry)
    // The caller has the way to stop before the first call comes.
    queueMicrotask(() => {
      if (!this.watches.has(watch)) return
      watch.ready = true
      for (const entry of [...this.view.scan(pattern)]) if (!entry.withdrawn) this.call(watch, entry, 'added')
    })
    const stopRemote = this.lookup?.watch(pattern, (entry) => this.see(entry))
    const stopFeed = this.feed?.watch(pattern, (entry) => this.see(entry))
    return () => {
      if (!this.watches.delete(watch)) return
      stopRemote?.()
      stopFeed?.()
      for (const entry of [...this.view.scan(pattern)]) if (!this.isWatched(entry)) this.view.delete(entry)
      if (this.watches.size === 0) this.close()
    }
  }

  close(): void {
    this.watches.clear()
    this.stopLocal?.()
    this.stopLocal = undefined
    if (this.timer !== undefined) this.clock.clearTimeout(this.timer)
    this.timer = undefined
    this.timerAt = Number.POSITIVE_INFINITY
  }

  private see(entry: RecordEntry): void {
    try {
      this.view.put(entry)
    } catch {
      // Heard before, older than what was heard, or more than the view may hold.
    }
    this.arm()
  }

  private arm(): void {
    const next = this.view.nextExpiry
    if (next === undefined || next >= this.timerAt || this.watches.size === 0) return
    if (this.timer !== undefined) this.clock.clearTimeout(this.timer)
    this.timerAt = next
    this.timer = this.clock.setTimeout(
      () => {
        this.timer = undefined
        this.timerAt = Number.POSITIVE_INFINITY
        this.view.removeExpired()
        this.arm()
      },
      Math.min(Math.max(0, next - this.clock.now()), MAX_TIMER_MS),
    )
  }

  private isWatched(entry: RecordEntry): boolean {
    for (const { pattern } of this.watches) if (matchesPattern(entry.key, pattern)) return true
    return false
  }

  private tell(entry: RecordEntry, change: RecordChange): void {
    for (const watch of [...this.watches]) {
      if (watch.ready && matchesPattern(entry.key, watch.pattern)) this.call(watch, entry, change)
    }
  }

  private call(watch: Watch, entry: RecordEntry, change: RecordChange): void {
    if (!this.watches.has(watch)) return
    try {
      watch.listener(entry, change)
    } catch (error) {
      this.onError(error)
    }
  }
}

/** Longest delay that browsers and Node count right; a timer that fires early looks again. */
export const MAX_TIMER_MS = 2 ** 31 - 1
