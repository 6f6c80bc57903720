/** One connection whose handshake is under way. */
export interface PendingHandshake {
  /** The address that it comes from, as far as it counts. */
  readonly source: string
  end(): void
}

/**
 * Handshakes under way with those who dialled us, at most so many. Where a newcomer finds all places taken, the oldest handshake of
 * the source that has most of them makes room: an honest one is done within some round trips, one that only holds its place is
 * the oldest sooner or later. So half-open connections, however many, keep nobody out.
 */
export class HandshakeSlots {
  private readonly bySource = new Map<string, Set<PendingHandshake>>()
  private taken = 0

  constructor(private readonly max: number) {}

  get size(): number {
    return this.taken
  }

  /** Takes a place; true where another one had to go for it. */
  enter(pending: PendingHandshake): boolean {
    const evicted = this.taken >= this.max ? this.victim(pending.source) : undefined
    if (evicted !== undefined) {
      this.leave(evicted)
      evicted.end()
    }
    const own = this.bySource.get(pending.source) ?? new Set()
    this.bySource.set(pending.source, own)
    own.add(pending)
    this.taken++
    return evicted !== undefined
  }

  leave(pending: PendingHandshake): void {
    const own = this.bySource.get(pending.source)
    if (own === undefined || !own.delete(pending)) return
    this.taken--
    if (own.size === 0) this.bySource.delete(pending.source)
  }

  private victim(newcomer: string): PendingHandshake | undefined {
    // Of sources with equally many, the newcomer's own pays for it.
    let most = this.bySource.get(newcomer)
    for (const pending of this.bySource.values()) if (pending.size > (most?.size ?? 0)) most = pending
    for (const oldest of most ?? []) return oldest
    return undefined
  }
}
