import { Alarm } from '../../../base/alarm.js'
import { type Clock, elapsed } from '../../../base/clock.js'
import { LazyMap } from '../../../base/lazy-map.js'
import { jittered, type Random, randomItem } from '../../../base/random.js'
import type { VerifiedRecord } from '../records/record.js'

/** One of our own records, and what is to become of it. */
export interface Announcement {
  entry: VerifiedRecord
  /** False: it ends with its TTL. */
  republish: boolean
  /** When to publish it anew, or to forget it, by `elapsed`. */
  due: number
  /** Latest end of any version of it: so long a withdrawal must hold. */
  lastExpiry: number
}

/** Announcements published at once at most: a thousand do not hit the network in one burst. */
const AT_ONCE = 16

/** What we have announced and not taken back, with one alarm for all of it. */
export class Announcements {
  private readonly byKey = new LazyMap<string, Announcement>()
  private readonly alarm: Alarm
  private isActive = false
  private isOver = false

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly publish: (announcement: Announcement) => Promise<void>,
  ) {
    this.alarm = new Alarm(clock, () => void this.run())
  }

  get live(): number {
    let live = 0
    for (const { entry } of this.byKey.values()) if (!entry.withdrawn) live++
    return live
  }

  get(key: string): Announcement | undefined {
    return this.byKey.get(key)
  }

  /** One of those that are kept alive and were published before a time, drawn by lot. */
  sample(before: number): VerifiedRecord | undefined {
    const old: VerifiedRecord[] = []
    for (const { entry, republish } of this.byKey.values()) {
      if (republish && !entry.withdrawn && entry.publishedAt <= before) old.push(entry)
    }
    return randomItem(this.random, old)
  }

  /** Records the newest version of an announcement. */
  set(entry: VerifiedRecord, republish: boolean): Announcement {
    const known = this.byKey.get(entry.key)
    const announcement = known ?? { entry, republish, due: 0, lastExpiry: 0 }
    announcement.entry = entry
    announcement.republish = republish
    announcement.lastExpiry = Math.max(announcement.lastExpiry, entry.expiresAt)
    const livesMs = entry.expiresAt - this.clock.now()
    // A period of its own would tell a publisher, and all that have begun together would come together for ever.
    announcement.due = elapsed(this.clock) + (republish ? jittered(this.random, livesMs / 2, 0.25) : livesMs)
    this.byKey.set(entry.key, announcement)
    this.arm()
    return announcement
  }

  /** Moves the next publication forward: the last one reached nobody. */
  retry(announcement: Announcement): void {
    const livesMs = announcement.entry.expiresAt - this.clock.now()
    announcement.due = Math.min(announcement.due, elapsed(this.clock) + Math.max(1000, livesMs / 8))
    this.arm()
  }

  /** Runs a task for each, some at once. */
  async each(task: (announcement: Announcement) => Promise<void>, which = [...this.byKey.values()]): Promise<void> {
    const queue = which.values()
    const worker = async () => {
      for (const announcement of queue) {
        if (this.isOver) return
        if (this.byKey.get(announcement.entry.key) === announcement) await task(announcement)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
  }

  close(): void {
    this.isOver = true
    this.byKey.clear()
    this.alarm.disarm()
  }

  private arm(): void {
    if (this.isOver || this.isActive) return
    let next = Number.POSITIVE_INFINITY
    for (const { due } of this.byKey.values()) next = Math.min(next, due)
    this.alarm.arm(next - elapsed(this.clock))
  }

  private async run(): Promise<void> {
    this.isActive = true
    const now = elapsed(this.clock)
    const due: Announcement[] = []
    for (const [key, announcement] of this.byKey) {
      if (announcement.due > now) continue
      if (announcement.republish) due.push(announcement)
      else this.byKey.delete(key)
    }
    try {
      await this.each(this.publish, due)
    } finally {
      this.isActive = false
      this.arm()
    }
  }
}
