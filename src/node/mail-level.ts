import type { ClassicLevel } from 'classic-level'
import { hexOf, viewOf } from '../base/bytes.js'
import { isP2PError, P2PError } from '../base/errors.js'
import type { Unsubscribe } from '../base/events.js'
import { SerialByKey } from '../base/serial.js'
import { LETTER_ID_BYTES, MAX_BUCKET, TTL_CLASS_S, type TtlClass } from '../mail/box.js'
import type { PlacedLetter } from '../mail/messages.js'
import { BoxUsage, kindOf, type LetterKind } from '../mail/server/box-usage.js'
import type { Box, Deposit, DepositOutcome, KeptCard, MailBounds, MailStore, MailTotals } from '../mail/server/mail-store.js'
import { cursorOf } from '../mail/server/memory-mail.js'
import { type PiledBatch, type Prekey, prekeysLeft, type SignedBatch, withBatch, withoutOne } from '../mail/server/prekey-pile.js'
import { BoxWatchers } from '../mail/server/watchers.js'
import { decode, encode } from '../message/codec.js'
import { openLevel } from './level-store.js'

type Database = ClassicLevel<string, Uint8Array>
type Operation = { type: 'put'; key: string; value: Uint8Array } | { type: 'del'; key: string }

/** Before a letter: version, class, bucket, stranger or not, expiry (8), id (16). */
const HEAD_BYTES = 28
const VERSION = 1
const NO_BYTES = new Uint8Array(0)
/** Entries of a sweep that are deleted in one batch. */
const SWEPT_AT_ONCE = 256
/** Behind every digit and letter of hex. */
const LAST = '~'

const keys = {
  box: (box: string) => `box/${box}`,
  card: (peerId: string) => `card/${peerId}`,
  usage: (box: string) => `usage/${box}`,
  prekeys: (box: string) => `prekeys/${box}`,
  letter: (box: string, cursor: string) => `letter/${box}/${cursor}`,
  id: (box: string, id: string) => `id/${box}/${id}`,
  /** By the time of expiry, so that a sweep looks at nothing else. */
  end: (expiresAt: number, box: string, cursor: string) => `end/${expiresAt.toString(16).padStart(12, '0')}/${box}/${cursor}`,
}

/**
 * Mailboxes in a folder that LevelDB makes. What has been answered is on the disk: each change is a batch with `sync`, all or nothing,
 * and changes that wait while one is written share the next. Nothing is opened before its first use. One process at a time has it open.
 * Needs the package `classic-level`.
 *
 * Entries, where `<box>` is 32 and a cursor 16 digits of hex: `box/<box>`, `usage/<box>` (numbers of what waits there), `prekeys/<box>`,
 * `letter/<box>/<cursor>`, `id/<box>/<letter id>`, `end/<expiry>/<box>/<cursor>`, `card/<peer id>`.
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

/** A write that waits for the one under way. */
interface Waiting {
  operations: Operation[]
  /** Boxes whose numbers have changed with it. */
  box: string
  settle(error?: unknown): void
}

class LevelMail implements MailStore {
  readonly maxBucket = MAX_BUCKET
  readonly maxTtl = 3
  readonly inMemory = false
  readonly totals: MailTotals = { boxes: 0, letters: 0, bytes: 0 }
  private usages = new Map<string, BoxUsage>()
  private readonly watchers = new BoxWatchers()
  /** One change of a box after the other. */
  private readonly turns = new SerialByKey()
  private waiting: Waiting[] = []
  /** Settles when nothing waits to be written. */
  private writing: Promise<void> | undefined
  /** Calls under way. */
  private readonly running = new Set<Promise<unknown>>()
  private opened: Promise<Database> | undefined

  constructor(private readonly path: string) {}

  putBox(box: Box): Promise<void> {
    return this.change(box.id, async (database) => {
      const before = await readBox(database, box.id)
      const isNew = !this.usages.has(box.id)
      if (isNew) this.usages.set(box.id, new BoxUsage())
      if (isNew) this.totals.boxes++
      const old = before?.card?.peerId
      const operations: Operation[] = [put(keys.box(box.id), encode([VERSION, box]))]
      if (old !== undefined && old !== box.card?.peerId) operations.push({ type: 'del', key: keys.card(old) })
      if (box.card !== undefined) operations.push(put(keys.card(box.card.peerId), encode([VERSION, box.id])))
      await this.write(operations, box.id)
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
      const box = pointer && (read(pointer) as [number, string])[1]
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
        await this.write(operations, box)
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
      await this.write([put(keys.prekeys(box), encode([VERSION, withBatch(await readPile(database, box), batch, max)]))], box)
    })
  }

  takePrekey(box: string, min: number, madeAfter: number): Promise<Prekey | undefined> {
    return this.change(box, async (database) => {
      const taken = withoutOne(await readPile(database, box), min, madeAfter)
      if (taken === undefined) return undefined
      await this.write([put(keys.prekeys(box), encode([VERSION, taken.pile]))], box)
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

  async close(): Promise<void> {
    while (this.running.size > 0) await Promise.allSettled(this.running)
    const closing = this.opened
    this.opened = undefined
    await closing?.then(
      (database) => database.close(),
      () => {},
    )
  }

  /** One change of a box, after those before it. */
  private change<T>(box: string, action: (database: Database) => Promise<T>): Promise<T> {
    return this.tracked(this.turns.run(box, () => this.use(action)))
  }

  private run<T>(action: (database: Database) => Promise<T>): Promise<T> {
    return this.tracked(this.use(action))
  }

  private tracked<T>(result: Promise<T>): Promise<T> {
    this.running.add(result)
    const done = () => void this.running.delete(result)
    result.then(done, done)
    return result
  }

  private async use<T>(action: (database: Database) => Promise<T>): Promise<T> {
    this.opened ??= this.open()
    const opening = this.opened
    const database = await opening.catch((error) => {
      // A process that held the folder may be gone at the next try.
      if (this.opened === opening) this.opened = undefined
      throw error
    })
    try {
      return await action(database)
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
      const usage = BoxUsage.of((read(value) as [number, number[]])[1])
      this.usages.set(key.slice(keys.usage('').length), usage)
      this.totals.boxes++
      this.totals.letters += usage.letters
      this.totals.bytes += usage.bytes
    }
    return database
  }

  /** Writes all of it or nothing, and resolves when it is on the disk. */
  private write(operations: Operation[], box: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ operations, box, settle: (error) => (error === undefined ? resolve() : reject(error)) })
      this.writing ??= this.writeAll()
    })
  }

  private async writeAll(): Promise<void> {
    while (this.waiting.length > 0) {
      const writes = this.waiting
      this.waiting = []
      // The numbers are those with all of these writes, and no others.
      const numbers = [...new Set(writes.map(({ box }) => box))].map((box): Operation => {
        const usage = this.usages.get(box)
        return usage === undefined
          ? { type: 'del', key: keys.usage(box) }
          : put(keys.usage(box), encode([VERSION, usage.toArray()]))
      })
      try {
        const database = await this.opened!
        await database.batch([...writes.flatMap(({ operations }) => operations), ...numbers], { sync: true })
        for (const { settle } of writes) settle()
      } catch (error) {
        for (const { settle } of writes) settle(error)
      }
    }
    this.writing = undefined
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
      await this.write(operations, box)
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

function put(key: string, value: Uint8Array): Operation {
  return { type: 'put', key, value }
}

/** The value in an entry. Of a Buffer, LevelDB's own answer, the decoder would give parts that are views of it. */
function read(entry: Uint8Array): unknown {
  return decode(new Uint8Array(entry))
}

async function readBox(database: Database, box: string): Promise<Box | undefined> {
  const value = await database.get(keys.box(box))
  return value && (read(value) as [number, Box])[1]
}

async function readPile(database: Database, box: string): Promise<readonly PiledBatch[]> {
  const value = await database.get(keys.prekeys(box))
  return value === undefined ? [] : (read(value) as [number, PiledBatch[]])[1]
}

function withHead({ letter, id }: Deposit, { ttl, bucket, isStranger }: LetterKind, expiresAt: number): Uint8Array {
  const value = new Uint8Array(HEAD_BYTES + letter.length)
  value.set([VERSION, ttl, bucket, Number(isStranger)])
  value.set(expiryBytes(expiresAt), 4)
  value.set(id, 12)
  value.set(letter, HEAD_BYTES)
  return value
}

function headOf(value: Uint8Array): { kind: LetterKind; expiresAt: number; id: string } {
  const [, ttl, bucket, stranger] = value as unknown as [number, TtlClass, number, number]
  return {
    kind: { ttl, bucket, isStranger: stranger === 1 },
    expiresAt: viewOf(value).getFloat64(4),
    id: hexOf(value.subarray(12, 12 + LETTER_ID_BYTES)),
  }
}

function expiryBytes(expiresAt: number): Uint8Array {
  const bytes = new Uint8Array(8)
  viewOf(bytes).setFloat64(0, expiresAt)
  return bytes
}
