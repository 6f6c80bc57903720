import { hexOf, viewOf } from '../base/bytes.js'
import { isP2PError, P2PError } from '../base/errors.js'
import type { Unsubscribe } from '../base/events.js'
import { MAX_BUCKET, TTL_CLASS_S } from '../mail/box.js'
import type { PlacedLetter } from '../mail/messages.js'
import { BoxUsage, kindOf, type LetterKind } from '../mail/server/box-usage.js'
import type { Box, Deposit, DepositOutcome, KeptCard, MailBounds, MailStore, MailTotals } from '../mail/server/mail-store.js'
import { cursorOf } from '../mail/server/memory-mail.js'
import { type Prekey, prekeysLeft, type SignedBatch, withBatch, withoutOne } from '../mail/server/prekey-pile.js'
import { BoxWatchers } from '../mail/server/watchers.js'
import { openLevel } from './level-store.js'
import {
  type Database,
  entryOf,
  expiryBytes,
  HEAD_BYTES,
  headOf,
  keys,
  LAST,
  NO_BYTES,
  type Operation,
  put,
  read,
  readBox,
  readPile,
  withHead,
} from './mail-level-entries.js'
import { MailWrites } from './mail-level-writes.js'
import { OpenedOnUse } from './opened-on-use.js'

/**
 * Mailboxes in a folder that LevelDB makes. What has been answered is on the disk: each change is a batch with `sync`, all or nothing,
 * and changes that wait while one is written share the next. Nothing is opened before its first use. One process at a time has it open.
 * Needs the package `classic-level`.
 *
 * @param path a folder of its own.
 * @returns a store whose methods reject with P2PError STORAGE_FAILED where the package is missing, another process has the folder open, or
 * the disk fails.
 * @example
 * const mail = levelMail('/var/lib/relay/mail')
 * const relay = await startRelay({ mail })
 * // At the end:
 * await relay.stop()
 * await mail.close()
 */
export function levelMail(path: string): MailStore {
  if (typeof path !== 'string' || path === '') throw new P2PError('INVALID_CONFIG', 'levelMail() needs the path of a folder.')
  return new LevelMail(path)
}

/** Entries of a sweep that are deleted in one batch. */
const SWEPT_AT_ONCE = 256

class LevelMail implements MailStore {
  readonly maxBucket = MAX_BUCKET
  readonly maxTtl = 3
  readonly inMemory = false
  readonly totals: MailTotals = { boxes: 0, letters: 0, bytes: 0 }
  private usages = new Map<string, BoxUsage>()
  private readonly watchers = new BoxWatchers()
  private readonly database = new OpenedOnUse(() => this.open())
  private readonly writes = new MailWrites(
    () => this.database.current!,
    (box) => {
      const usage = this.usages.get(box)
      return usage === undefined ? { type: 'del', key: keys.usage(box) } : put(keys.usage(box), entryOf(usage.toArray()))
    },
  )

  constructor(private readonly path: string) {}

  putBox(box: Box): Promise<void> {
    return this.change(box.id, async (database) => {
      const before = await readBox(database, box.id)
      const isNew = !this.usages.has(box.id)
      if (isNew) this.usages.set(box.id, new BoxUsage())
      if (isNew) this.totals.boxes++
      const old = before?.card?.peerId
      const operations: Operation[] = [put(keys.box(box.id), entryOf(box))]
      if (old !== undefined && old !== box.card?.peerId) operations.push({ type: 'del', key: keys.card(old) })
      if (box.card !== undefined) operations.push(put(keys.card(box.card.peerId), entryOf(box.id)))
      await this.writes.write(operations, box.id)
    })
  }

  getBox(box: string): Promise<Box | undefined> {
    return this.run((database) => readBox(database, box))
  }

  deleteBox(box: string): Promise<void> {
    return this.change(box, (database) => this.deleteAll(database, box))
  }

  cardOf(peerId: string, now: number): Promise<KeptCard | undefined> {
    return this.run(async (database) => {
      const pointer = await database.get(keys.card(peerId))
      const box = pointer && read<string>(pointer)
      const card = box === undefined ? undefined : (await readBox(database, box))?.card
      return card?.peerId === peerId && card.expiresAt > now ? card : undefined
    })
  }

  deposit(box: string, deposit: Deposit, bounds: MailBounds): Promise<DepositOutcome> {
    return this.change(box, async (database): Promise<DepositOutcome> => {
      const usage = this.usages.get(box)
      if (usage === undefined) return { outcome: 'no-box' }
      const id = hexOf(deposit.id)
      const known = await database.get(keys.id(box, id))
      const until = known && viewOf(known).getFloat64(0)
      if (until !== undefined && until > bounds.now) return { outcome: 'known', until }
      if (!usage.hasRoom(deposit, this.totals, bounds)) return { outcome: 'full' }
      const kind = kindOf(deposit)
      const expiresAt = Math.floor(bounds.now) + 1_000 * TTL_CLASS_S[deposit.ttl]!
      const cursor = cursorOf(usage.next++)
      const operations = [
        put(keys.letter(box, cursor), withHead(deposit, kind, expiresAt)),
        put(keys.id(box, id), expiryBytes(expiresAt)),
        put(keys.end(expiresAt, box, cursor), NO_BYTES),
      ]
      this.count(usage, kind, deposit.letter.length, 1)
      try {
        await this.writes.write(operations, box)
      } catch (error) {
        this.count(usage, kind, deposit.letter.length, -1)
        throw error
      }
      this.watchers.tell(box)
      return { outcome: 'stored', until: expiresAt }
    })
  }

  letters(box: string, after: string | undefined, maxBytes: number, now: number) {
    return this.run(async (database) => {
      const letters: PlacedLetter[] = []
      let bytes = 0
      const range = { gt: keys.letter(box, after ?? ''), lt: keys.letter(box, LAST) }
      // What one read of the database brings.
      const iterator = database.iterator({ ...range, highWaterMarkBytes: Math.min(maxBytes, 131_072) })
      try {
        for await (const [key, value] of iterator) {
          const { kind, expiresAt } = headOf(value)
          if (expiresAt <= now) continue
          // LevelDB's own answer is a Buffer, whose `slice` copies nothing.
          const letter = new Uint8Array(value.subarray(HEAD_BYTES))
          bytes += letter.length
          if (bytes > maxBytes && letters.length > 0) return { letters, more: true }
          if (kind !== undefined) letters.push([key.slice(key.lastIndexOf('/') + 1), letter])
        }
      } finally {
        await iterator.close()
      }
      return { letters, more: false }
    })
  }

  drop(box: string, cursors: readonly string[]): Promise<void> {
    return this.change(box, async (database) => {
      const usage = this.usages.get(box)
      if (usage !== undefined) await this.remove(database, box, usage, [...new Set(cursors)])
    })
  }

  addPrekeys(box: string, batch: SignedBatch, max: number): Promise<void> {
    return this.change(box, async (database) => {
      if (!this.usages.has(box)) return
      await this.writes.write([put(keys.prekeys(box), entryOf(withBatch(await readPile(database, box), batch, max)))], box)
    })
  }

  takePrekey(box: string, min: number, madeAfter: number): Promise<Prekey | undefined> {
    return this.change(box, async (database) => {
      const taken = withoutOne(await readPile(database, box), min, madeAfter)
      if (taken === undefined) return undefined
      await this.writes.write([put(keys.prekeys(box), entryOf(taken.pile))], box)
      return taken.prekey
    })
  }

  watch(box: string, onLetter: () => void): Unsubscribe {
    return this.watchers.add(box, onLetter)
  }

  usage(box: string) {
    return this.run(async (database) => {
      const usage = this.usages.get(box)
      if (usage === undefined) return { letters: 0, bytes: 0, prekeys: 0 }
      return { letters: usage.letters, bytes: usage.bytes, prekeys: prekeysLeft(await readPile(database, box)) }
    })
  }

  async sweep(now: number, openedBefore: number): Promise<void> {
    const before = keys.end(Math.max(0, Math.floor(now) + 1), '', '')
    for (;;) {
      const ends = await this.run((database) => database.keys({ gt: 'end/', lt: before, limit: SWEPT_AT_ONCE }).all())
      const byBox = new Map<string, string[]>()
      for (const key of ends) {
        const [, , box, cursor] = key.split('/') as [string, string, string, string]
        byBox.set(box, [...(byBox.get(box) ?? []), cursor])
      }
      for (const [box, cursors] of byBox) await this.drop(box, cursors)
      // Of a letter that is gone, too: else it would be found for ever.
      await this.run((database) => database.batch(ends.map((key) => ({ type: 'del', key }))))
      if (ends.length < SWEPT_AT_ONCE) break
    }
    for (const box of await this.run(async () => [...this.usages.keys()])) {
      const known = await this.getBox(box)
      if (known !== undefined && known.openedAt < openedBefore) await this.deleteBox(box)
    }
  }

  close(): Promise<void> {
    return this.database.close((database) => database.close())
  }

  /** One change of a box, after those before it. */
  private change<T>(box: string, action: (database: Database) => Promise<T>): Promise<T> {
    return this.database.change(box, (database) => this.told(action(database)))
  }

  private run<T>(action: (database: Database) => Promise<T>): Promise<T> {
    return this.database.run((database) => this.told(action(database)))
  }

  /** What has failed, in words for an operator. */
  private async told<T>(result: Promise<T>): Promise<T> {
    try {
      return await result
    } catch (cause) {
      if (isP2PError(cause, 'STORAGE_FAILED')) throw cause
      const message = `The mail in ${this.path} failed. Check the disk, its space and its permissions.`
      throw new P2PError('STORAGE_FAILED', message, { cause })
    }
  }

  /** Opens the database, and reads the numbers of each box. */
  private async open(): Promise<Database> {
    const database = (await openLevel(this.path, { keyEncoding: 'utf8', valueEncoding: 'view' })) as unknown as Database
    this.usages = new Map()
    Object.assign(this.totals, { boxes: 0, letters: 0, bytes: 0 })
    for await (const [key, value] of database.iterator({ gt: keys.usage(''), lt: keys.usage(LAST) })) {
      const usage = BoxUsage.of(read<number[]>(value))
      this.usages.set(key.slice(keys.usage('').length), usage)
      this.totals.boxes++
      this.totals.letters += usage.letters
      this.totals.bytes += usage.bytes
    }
    return database
  }

  /** Deletes letters, and whatever else goes with them. */
  private async remove(
    database: Database,
    box: string,
    usage: BoxUsage,
    cursors: readonly string[],
    more: Operation[] = [],
  ): Promise<void> {
    const operations: Operation[] = more
    const removed: [kind: LetterKind, bytes: number][] = []
    for (const cursor of cursors) {
      const value = await database.get(keys.letter(box, cursor))
      if (value === undefined) continue
      const { kind, expiresAt, id } = headOf(value)
      removed.push([kind, value.length - HEAD_BYTES])
      operations.push({ type: 'del', key: keys.letter(box, cursor) }, { type: 'del', key: keys.end(expiresAt, box, cursor) })
      const known = await database.get(keys.id(box, id))
      // The same letter may have come again after this one had expired.
      if (known !== undefined && viewOf(known).getFloat64(0) === expiresAt)
        operations.push({ type: 'del', key: keys.id(box, id) })
    }
    if (operations.length === 0) return
    const count = (by: 1 | -1) => {
      for (const [kind, bytes] of removed) this.count(usage, kind, bytes, by)
    }
    count(-1)
    try {
      await this.writes.write(operations, box)
    } catch (error) {
      count(1)
      throw error
    }
  }

  private async deleteAll(database: Database, box: string): Promise<void> {
    const usage = this.usages.get(box)
    if (usage === undefined) return
    const peerId = (await readBox(database, box))?.card?.peerId
    const letters = await database.keys({ gt: keys.letter(box, ''), lt: keys.letter(box, LAST) }).all()
    const gone = [keys.box(box), keys.prekeys(box), ...(peerId === undefined ? [] : [keys.card(peerId)])]
    this.usages.delete(box)
    this.totals.boxes--
    await this.remove(
      database,
      box,
      usage,
      letters.map((key) => key.slice(key.lastIndexOf('/') + 1)),
      gone.map((key) => ({ type: 'del', key })),
    )
  }

  private count(usage: BoxUsage, kind: LetterKind, bytes: number, by: 1 | -1): void {
    usage.count(kind, by)
    this.totals.letters += by
    this.totals.bytes += by * bytes
  }
}
