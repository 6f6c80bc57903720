import { MAX_SET_DEPTH, pathOf, type SetPart, setPrefixOf } from '../records/key-space.js'
import type { RecordEntry } from '../records/record.js'
import type { RecordStore } from '../records/record-store.js'

/** Leaves of a tree: the parts of a set at the greatest depth. */
const LEAVES = 1 << MAX_SET_DEPTH
/** What has expired counts until the store tells that it is gone. */
const NONE_EXPIRED = Number.NEGATIVE_INFINITY

/**
 * How many live records each part of each set has, kept as records come and go: to look through a set at every question and for every
 * record stored would cost the more, the larger others have made it. Sets that nobody has to split are only counted.
 */
export class SetSizes {
  private readonly counts = new Map<string, number>()
  /** For sets that have been split: the records below each leaf, as a binary indexed tree (Fenwick, 1994). */
  private readonly trees = new Map<string, Uint32Array>()

  /**
   * @param splitAt records of one part at which it is split.
   */
  constructor(
    private readonly store: RecordStore,
    private readonly network: string,
    private readonly splitAt: number,
  ) {
    for (const entry of store.scan('resource:*', undefined, NONE_EXPIRED)) this.changed(entry, undefined)
  }

  /** Sets that have a tree. */
  get split(): number {
    return this.trees.size
  }

  /** Sets that have records. */
  get size(): number {
    return this.counts.size
  }

  /** The store has another record, or none any more, in the place of one. */
  changed(entry: RecordEntry | undefined, previous: RecordEntry | undefined): void {
    if (previous !== undefined && !previous.withdrawn) this.add(previous.key, -1)
    if (entry !== undefined && !entry.withdrawn) this.add(entry.key, 1)
  }

  /** Whether a part has as many records as one node keeps. */
  isFull({ prefix, depth, path }: SetPart): boolean {
    const whole = this.counts.get(prefix) ?? 0
    if (whole < this.splitAt) return false
    if (depth === 0) return true
    const tree = this.treeOf(prefix)
    const width = LEAVES >> depth
    return sumBelow(tree, (path + 1) * width) - sumBelow(tree, path * width) >= this.splitAt
  }

  private add(key: string, change: 1 | -1): void {
    const prefix = setPrefixOf(key)
    if (prefix === undefined) return
    const count = (this.counts.get(prefix) ?? 0) + change
    if (count > 0) this.counts.set(prefix, count)
    else this.counts.delete(prefix)
    const tree = this.trees.get(prefix)
    if (tree === undefined) return
    // Not at once: a set about this size would have its tree made again and again.
    if (count * 2 < this.splitAt) this.trees.delete(prefix)
    else addAt(tree, pathOf(key, MAX_SET_DEPTH, this.network), change)
  }

  private treeOf(prefix: string): Uint32Array {
    const known = this.trees.get(prefix)
    if (known !== undefined) return known
    const tree = new Uint32Array(LEAVES + 1)
    for (const { key, withdrawn } of this.store.scan(`${prefix}*`, undefined, NONE_EXPIRED)) {
      if (!withdrawn) addAt(tree, pathOf(key, MAX_SET_DEPTH, this.network), 1)
    }
    this.trees.set(prefix, tree)
    return tree
  }
}

function addAt(tree: Uint32Array, leaf: number, change: number): void {
  for (let at = leaf + 1; at <= LEAVES; at += at & -at) tree[at]! += change
}

function sumBelow(tree: Uint32Array, leaf: number): number {
  let sum = 0
  for (let at = leaf; at > 0; at -= at & -at) sum += tree[at]!
  return sum
}
