import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { isP2PError, P2PError } from '../base/errors.js'
import type { KeyValueStore, StoreChange } from '../storage/key-value-store.js'
import { whileLocked } from './file-lock.js'

/** A store in one file. */
export interface FileStore extends KeyValueStore {
  /** Waits until everything is in the file. */
  close(): Promise<void>
}

/**
 * Keeps a little, such as a relay's bans, in one JSON file, which is written anew at each change, whole or not at all, readable by
 * its owner only (mode 0600). For more than some thousands of entries take `levelStore`.
 *
 * Stores of one path lose nothing of each other's, in one process or in several of one machine: each write is made under the lock `<path>.lock`.
 * What another process has written is seen at our next change only. A lock that a crash has left behind is broken.
 *
 * @throws P2PError STORAGE_FAILED, from each call, where the file cannot be read or written, or holds something else; that is never
 *   overwritten.
 * @example
 * const relay = await startRelay({ store: fileStore('/var/lib/relay/store.json') })
 */
export function fileStore(path: string): FileStore {
  return new JsonFileStore(path)
}

class JsonFileStore implements FileStore {
  private entries: Promise<Map<string, string>> | undefined
  private writing: Promise<void> = Promise.resolve()
  /** The write that has not begun yet: whatever changes until then goes with it. */
  private next: Promise<void> | undefined
  /** What is not in the file yet. */
  private changes = new Map<string, string | undefined>()
  private readonly path: string

  constructor(path: string) {
    this.path = resolve(path)
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const text = (await this.read()).get(key)
    return text === undefined ? undefined : new Uint8Array(Buffer.from(text, 'base64'))
  }

  async set(key: string, value: Uint8Array): Promise<void> {
    await this.batch([{ key, value }])
  }

  async delete(key: string): Promise<void> {
    await this.batch([{ key, delete: true }])
  }

  async batch(changes: readonly StoreChange[]): Promise<void> {
    const texts = changes.map((change): [string, string | undefined] => [
      change.key,
      'delete' in change ? undefined : Buffer.from(change.value).toString('base64'),
    ])
    const entries = await this.read()
    for (const [key, text] of texts) this.changes.set(key, text)
    apply(texts, entries)
    await this.write()
  }

  async keys(prefix: string): Promise<string[]> {
    return [...(await this.read()).keys()].filter((key) => key.startsWith(prefix))
  }

  async close(): Promise<void> {
    await this.next
    await this.writing
  }

  private read(): Promise<Map<string, string>> {
    this.entries ??= this.load().catch((error) => {
      // The file may be put right.
      this.entries = undefined
      throw failed(this.path, error)
    })
    return this.entries
  }

  private async load(): Promise<Map<string, string>> {
    let text: string
    try {
      text = await readFile(this.path, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map()
      throw error
    }
    const entries: unknown = JSON.parse(text)
    const isRecord = typeof entries === 'object' && entries !== null && !Array.isArray(entries)
    if (!isRecord || Object.values(entries).some((value) => typeof value !== 'string')) throw new Error('not a store')
    return new Map(Object.entries(entries))
  }

  private write(): Promise<void> {
    this.next ??= this.writing.then(() => {
      this.next = undefined
      const done = inTurn(this.path, () => this.locked())
      this.writing = done.catch(() => {})
      return done
    })
    return this.next
  }

  private async locked(): Promise<void> {
    try {
      await whileLocked(`${this.path}.lock`, () => this.replace())
    } catch (error) {
      throw failed(this.path, error)
    }
  }

  /** Brings our changes into what the file holds now, which another store may have written. */
  private async replace(): Promise<void> {
    const { changes } = this
    this.changes = new Map()
    try {
      const fresh = await this.load()
      const before = new Map(fresh)
      apply(changes, fresh)
      const isSame = before.size === fresh.size && [...fresh].every(([key, text]) => before.get(key) === text)
      if (!isSame) await writeWhole(this.path, `${JSON.stringify(Object.fromEntries(fresh))}\n`)
      const entries = await this.read()
      entries.clear()
      apply([...fresh, ...this.changes], entries)
    } catch (error) {
      this.changes = new Map([...changes, ...this.changes])
      throw failed(this.path, error)
    }
  }
}

/** Of stores of one path in this process, who writes last; the next one waits for it. */
const turns = new Map<string, Promise<void>>()

function inTurn(path: string, work: () => Promise<void>): Promise<void> {
  const turn = (turns.get(path) ?? Promise.resolve()).then(work)
  const over = turn
    .catch(() => {})
    .then(() => {
      if (turns.get(path) === over) turns.delete(path)
    })
  turns.set(path, over)
  return turn
}

async function writeWhole(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const fresh = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    const file = await open(fresh, 'wx', 0o600)
    try {
      await file.writeFile(text)
      // Else a crash of the machine could leave an empty file under the name.
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(fresh, path)
  } catch (error) {
    await rm(fresh, { force: true })
    throw error
  }
}

function failed(path: string, cause: unknown): P2PError {
  if (isP2PError(cause)) return cause
  const why = (cause as NodeJS.ErrnoException).code ?? 'it holds something else'
  return new P2PError(
    'STORAGE_FAILED',
    `The store ${path} cannot be read or written (${why}). Check the path and its permissions.`,
    {
      cause,
    },
  )
}

function apply(changes: Iterable<[string, string | undefined]>, entries: Map<string, string>): void {
  for (const [key, text] of changes) {
    if (text === undefined) entries.delete(key)
    else entries.set(key, text)
  }
}
