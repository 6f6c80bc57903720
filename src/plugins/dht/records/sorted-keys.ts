/** Keys in one chunk at most: small enough that moving them costs nothing, large enough that chunks are few. */
const CHUNK = 512

/**
 * Strings in order, so that all with one prefix are found without looking at the others: a list of short sorted chunks.
 * Adding, deleting and finding are a binary search each.
 */
export class SortedKeys {
  private chunks: string[][] = []

  /** Adds a key that is not there yet. */
  add(key: string): void {
    if (this.chunks.length === 0) this.chunks.push([])
    const at = Math.max(0, lowerBound(this.chunks.length, (i) => this.chunks[i]![0]! <= key) - 1)
    const chunk = this.chunks[at]!
    chunk.splice(position(chunk, key), 0, key)
    if (chunk.length > CHUNK) this.chunks.splice(at + 1, 0, chunk.splice(CHUNK / 2))
  }

  delete(key: string): void {
    const at = lowerBound(this.chunks.length, (i) => this.chunks[i]![0]! <= key) - 1
    const chunk = this.chunks[at]
    if (chunk === undefined) return
    const index = position(chunk, key)
    if (chunk[index] !== key) return
    chunk.splice(index, 1)
    if (chunk.length === 0) this.chunks.splice(at, 1)
  }

  /** The keys with this prefix, in order, from `start` on. Not to be used across a change. */
  *withPrefix(prefix: string, start = prefix): Generator<string> {
    const from = start > prefix ? start : prefix
    let at = Math.max(0, lowerBound(this.chunks.length, (i) => this.chunks[i]![0]! <= from) - 1)
    for (let index = position(this.chunks[at] ?? [], from); at < this.chunks.length; at++, index = 0) {
      const chunk = this.chunks[at]!
      for (; index < chunk.length; index++) {
        if (!chunk[index]!.startsWith(prefix)) return
        yield chunk[index]!
      }
    }
  }
}

function position(chunk: string[], key: string): number {
  return lowerBound(chunk.length, (i) => chunk[i]! < key)
}

/** The first index for which `before` is false; it must be true up to there and false from there on. */
function lowerBound(length: number, before: (index: number) => boolean): number {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (before(middle)) low = middle + 1
    else high = middle
  }
  return low
}
