import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isP2PError, P2PError } from '../base/errors.js'
import type { KeyValueStore, StoreChange } from '../storage/key-value-store.js'

/** A store in one file. */
export interface FileStore extends KeyValueStore {
  /** Waits until everything is in the file. */
  close(): Promise<void>
}

/**
 * Keeps a little, such as a relay's bans, in one JSON file, which is written anew at each change, whole or not at all, readable by
 * its owner only (mode 0600). For more than some thousands of entries take `levelStore`.
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

  constructor(private readonly path: string) {}

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
    let isChanged = false
    for (const [key, text] of texts) {
      isChanged ||= entries.get(key) !== text
      if (text === undefined) entries.delete(key)
      else entries.set(key, text)
    }
    if (isChanged) await this.write()
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
      const done = this.replace()
      this.writing = done.catch(() => {})
      return done
    })
    return this.next
  }

  private async replace(): Promise<void> {
    try {
      const text = `${JSON.stringify(Object.fromEntries(await this.read()))}\n`
      await mkdir(dirname(this.path), { recursive: true })
      const fresh = `${this.path}.new`
      const file = await open(fresh, 'w', 0o600)
      try {
        await file.writeFile(text)
        // Else a crash of the machine could leave an empty file under the name.
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(fresh, this.path)
    } catch (error) {
      throw failed(this.path, error)
    }
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
