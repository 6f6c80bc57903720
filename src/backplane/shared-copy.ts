import type { Unsubscribe } from '../base/events.js'
import { fenced } from '../base/fenced.js'
import type { SharedEntry } from './backplane.js'

type Watcher = (key: string, entry: SharedEntry | undefined) => void

/** The copy of a shared map that one process reads, and whoever is told of its changes. */
export class SharedCopy {
  private readonly held = new Map<string, SharedEntry>()
  private readonly watchers = new Map<Watcher, string>()

  get size(): number {
    return this.held.size
  }

  get(key: string): SharedEntry | undefined {
    return this.held.get(key)
  }

  entries(prefix: string): [key: string, entry: SharedEntry][] {
    return [...this.held].filter(([key]) => key.startsWith(prefix))
  }

  /** A key has changed, or was deleted. An older change than the one that is here says nothing. */
  set(key: string, entry: SharedEntry | undefined, revision = entry?.revision ?? 0): void {
    const known = this.held.get(key)
    if (known !== undefined && known.revision >= revision) return
    if (entry === undefined) {
      if (!this.held.delete(key)) return
    } else this.held.set(key, entry)
    this.tell(key, entry)
  }

  /** Whatever is not in the whole map any more was deleted while we did not hear of it. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of [...this.held.keys()]) {
      if (keys.has(key)) continue
      this.held.delete(key)
      this.tell(key, undefined)
    }
  }

  watch(prefix: string, listener: Watcher): Unsubscribe {
    // Another function for each call, so that one listener may watch two prefixes.
    const watcher: Watcher = (key, entry) => listener(key, entry)
    this.watchers.set(watcher, prefix)
    for (const [key, entry] of this.entries(prefix)) watcher(key, entry)
    return () => this.watchers.delete(watcher)
  }

  private tell(key: string, entry: SharedEntry | undefined): void {
    for (const [watcher, prefix] of [...this.watchers]) {
      if (key.startsWith(prefix)) fenced(() => watcher(key, entry))
    }
  }
}
