import type { KV } from '@nats-io/kv'
import { BoundedMap } from '../../base/bounded-map.js'
import type { MailTotals } from '../../mail/server/mail-store.js'
import { BoxWatchers } from '../../mail/server/watchers.js'
import { decode } from '../../message/codec.js'
import { BoxIndex } from './nats-mail-index.js'

/** Deleted boxes whose last revision is remembered: older news of them may be under way. */
const MAX_DELETED = 10_000
/** Indexes that are kept as they were last seen, and the letters of one at most: so that the next change of a box need not read it first. */
const MAX_RECENT = 1_000
const MAX_RECENT_LETTERS = 128

/** What is known of a box beside the bucket. */
interface View {
  revision: number
  letters: number
  bytes: number
  /** The number of its next letter. */
  next: number
  /** When the first of its letters expires, milliseconds since 1970. */
  firstExpiry: number
}

/** The numbers of all boxes of a cluster, whichever process changes them, and who is to be told of letters. */
export class BoxViews {
  readonly totals: MailTotals = { boxes: 0, letters: 0, bytes: 0 }
  readonly watchers = new BoxWatchers()
  private readonly views = new Map<string, View>()
  /** When owners last opened their boxes. */
  private readonly openedAt = new Map<string, number>()
  private readonly deleted = new BoundedMap<string, number>(MAX_DELETED)
  private readonly indexes = new BoundedMap<string, BoxIndex>(MAX_RECENT)

  /** An index was read, written, or told of by the bucket; undefined: its box is deleted. Older news than what is known changes nothing. */
  saw(box: string, revision: number, index: BoxIndex | undefined): void {
    if (this.knows(box, revision)) return
    const before = this.views.get(box)
    const usage = index?.usage
    const [letters, bytes] = [usage?.letters ?? 0, usage?.bytes ?? 0]
    this.totals.boxes += Number(index !== undefined) - Number(before !== undefined)
    this.totals.letters += letters - (before?.letters ?? 0)
    this.totals.bytes += bytes - (before?.bytes ?? 0)
    this.indexes.delete(box)
    if (index === undefined) {
      this.views.delete(box)
      this.openedAt.delete(box)
      this.deleted.set(box, revision)
      return
    }
    let firstExpiry = Number.POSITIVE_INFINITY
    for (const { expiresAt } of index.letters) firstExpiry = Math.min(firstExpiry, expiresAt)
    this.views.set(box, { revision, letters, bytes, next: index.next, firstExpiry })
    if (letters <= MAX_RECENT_LETTERS) this.indexes.set(box, index)
    if (before !== undefined && index.next > before.next) this.watchers.tell(box)
  }

  /** The newest index that was seen of a box, where it is kept: another process may have changed it since. */
  lastSeen(box: string): { value: BoxIndex; revision: number } | undefined {
    const value = this.indexes.get(box)
    return value && { value, revision: this.views.get(box)!.revision }
  }

  opened(box: string, at: number): void {
    this.openedAt.set(box, at)
  }

  /** Boxes with letters that have expired. */
  expired(now: number): string[] {
    return [...this.views].filter(([, { firstExpiry }]) => firstExpiry <= now).map(([box]) => box)
  }

  /** Boxes that were last opened before a time. */
  unopened(before: number): string[] {
    return [...this.openedAt].filter(([, at]) => at < before).map(([box]) => box)
  }

  /** Reads what the bucket has, and hears of every change from then on. @returns ends that. */
  async follow(kv: KV): Promise<() => void> {
    const watches = await Promise.all(['index.*', 'box.*'].map((key) => kv.watch({ key, include: 'updates' })))
    for (const watch of watches) void this.hear(watch)
    for (const key of ['index.*', 'box.*']) await this.hear(await kv.history({ key }))
    return () => {
      for (const watch of watches) watch.stop()
    }
  }

  private knows(box: string, revision: number): boolean {
    return revision <= (this.views.get(box)?.revision ?? this.deleted.get(box) ?? 0)
  }

  private async hear(
    entries: AsyncIterable<{ key: string; value: Uint8Array; revision: number; operation: string }>,
  ): Promise<void> {
    for await (const { key, value, revision, operation } of entries) {
      const [kind, box] = key.split('.') as [string, string]
      const isThere = operation === 'PUT'
      try {
        // Of what this process has changed itself there is no news.
        if (kind === 'index' && this.knows(box, revision)) continue
        if (kind === 'index') this.saw(box, revision, isThere ? BoxIndex.of(value) : undefined)
        else if (isThere) this.opened(box, (decode(new Uint8Array(value)) as [number, { openedAt: number }])[1].openedAt)
        else this.openedAt.delete(box)
      } catch {
        // An entry that a later version has written: whoever uses the box is told.
      }
    }
  }
}
