/**
 * Remembers the last ids seen, as many as its size and no more.
 */
export class DedupeWindow {
  private readonly seen = new Set<string>()
  private readonly ring: string[] = []
  private next = 0

  constructor(private readonly size: number) {}

  /** Remembers the id; false if it was known already. */
  add(id: string): boolean {
    if (this.seen.has(id)) return false
    const evicted = this.ring[this.next]
    if (evicted !== undefined) this.seen.delete(evicted)
    this.ring[this.next] = id
    this.next = (this.next + 1) % this.size
    this.seen.add(id)
    return true
  }

  has(id: string): boolean {
    return this.seen.has(id)
  }

  get count(): number {
    return this.seen.size
  }
}
