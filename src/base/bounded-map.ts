import { NO_ENTRIES } from './lazy-map.js'

/**
 * A map of at most so many entries. Beyond that, the entry that was set or used the longest ago goes first. With `set` and `get`
 * alone, that is the oldest; with `use`, the least recently used.
 */
export class BoundedMap<Key, Value> {
  /** Made with the first entry, as that of a `LazyMap`. */
  private entries: Map<Key, Value> | undefined = undefined
  /**
   * Stands before the oldest entry. V8 leaves a hole for each entry deleted, and a new iterator would walk over all of them at each
   * eviction.
   */
  private oldest: MapIterator<Key> | undefined

  /**
   * @param max entries, 1 or more.
   * @param onEvict is told of each entry that had to go for a newer one.
   */
  constructor(
    private readonly max: number,
    private readonly onEvict?: (key: Key, value: Value) => void,
  ) {}

  get size(): number {
    return this.entries?.size ?? 0
  }

  has(key: Key): boolean {
    return this.entries?.has(key) ?? false
  }

  /** Looks without use: the entry's place in the line stays. */
  get(key: Key): Value | undefined {
    return this.entries?.get(key)
  }

  /** The value, which is thereby the most recently used; made where it is missing. */
  use(key: Key, make: () => Value): Value {
    const value = this.has(key) ? this.get(key)! : make()
    this.set(key, value)
    return value
  }

  /** Sets an entry, which is thereby the most recently used. */
  set(key: Key, value: Value): void {
    this.delete(key)
    this.put(key, value)
  }

  /** Sets an entry whose place in the line stays, or a new one; false for the former. */
  put(key: Key, value: Value): boolean {
    this.entries ??= new Map()
    const { entries } = this
    const { size } = entries
    entries.set(key, value)
    if (entries.size === size) return false
    if (size >= this.max) this.evict()
    return true
  }

  /** Forgets an entry; false where there is none. */
  delete(key: Key): boolean {
    if (!this.entries?.delete(key)) return false
    // In JavaScriptCore, an iterator that waits would keep what is deleted before it comes there.
    this.oldest = undefined
    return true
  }

  clear(): void {
    this.entries?.clear()
    this.oldest = undefined
  }

  /** The keys, the longest unused first. */
  keys(): MapIterator<Key> {
    return (this.entries ?? NO_ENTRIES).keys()
  }

  /** The values, the longest unused first. */
  values(): MapIterator<Value> {
    return (this.entries ?? NO_ENTRIES).values()
  }

  /** The entries, the longest unused first. */
  [Symbol.iterator](): MapIterator<[Key, Value]> {
    return (this.entries ?? NO_ENTRIES)[Symbol.iterator]()
  }

  private evict(): void {
    const entries = this.entries!
    this.oldest ??= entries.keys()
    const key = this.oldest.next().value as Key
    const { onEvict } = this
    const value = onEvict && (entries.get(key) as Value)
    entries.delete(key)
    onEvict?.(key, value!)
  }
}

/** Remembers the last keys added, at most so many. */
export class RecentKeys<Key = string> {
  private readonly keys: BoundedMap<Key, true>

  constructor(max: number) {
    this.keys = new BoundedMap(max)
  }

  get size(): number {
    return this.keys.size
  }

  has(key: Key): boolean {
    return this.keys.has(key)
  }

  /** Remembers the key; false where it is known already. */
  add(key: Key): boolean {
    return this.keys.put(key, true)
  }
}
