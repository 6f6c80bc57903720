/** What ends at a time, milliseconds since the Unix epoch. */
interface Expiring {
  readonly expiresAt: number
}

/** A binary heap: whatever expires first is on top. */
export class ExpiryHeap<T extends Expiring> {
  private items: T[] = []

  get size(): number {
    return this.items.length
  }

  get first(): T | undefined {
    return this.items[0]
  }

  /** All of them, in no order. */
  all(): readonly T[] {
    return this.items
  }

  push(item: T): void {
    const { items } = this
    let at = items.length
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (items[parent]!.expiresAt <= item.expiresAt) break
      items[at] = items[parent]!
      at = parent
    }
    items[at] = item
  }

  pop(): T | undefined {
    const { items } = this
    const first = items[0]
    const last = items.pop()
    if (last === undefined || items.length === 0) return first
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= items.length) break
      if (child + 1 < items.length && items[child + 1]!.expiresAt < items[child]!.expiresAt) child++
      if (items[child]!.expiresAt >= last.expiresAt) break
      items[at] = items[child]!
      at = child
    }
    items[at] = last
    return first
  }

  /** Starts again with these. */
  reset(items: Iterable<T>): void {
    // A sorted array is a heap.
    this.items = [...items].sort((a, b) => a.expiresAt - b.expiresAt)
  }
}
