import { LazyMap } from '../base/lazy-map.js'
/** One connection whose handshake is under way. */
export interface PendingHandshake {
  /** The address that it comes from, as far as it counts. */
  readonly source: string
  end(): void
}

type BySource = LazyMap<string, Set<PendingHandshake>>

/**
 * Handshakes under way with those who dialled us, at most so many. Where a newcomer finds all places taken, one of those that have
 * not said anything yet makes room, else any other: the oldest of the source that has most of them. An honest one says its
 * first word at once and is done within some round trips; one that only holds its place is the oldest sooner or later. So
 * half-open connections, however many, keep nobody out.
 */
export class HandshakeSlots {
  private readonly silent: BySource = new LazyMap()
  private readonly begun: BySource = new LazyMap()
  private taken = 0
  /** Handshakes that have cost us cryptography and are not done. */
  answered = 0

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
    add(this.silent, pending)
    this.taken++
    return evicted !== undefined
  }

  /** It has spoken. */
  began(pending: PendingHandshake): void {
    if (!remove(this.silent, pending)) return
    add(this.begun, pending)
    this.answered++
  }

  leave(pending: PendingHandshake): void {
    const hasBegun = remove(this.begun, pending)
    if (hasBegun) this.answered--
    if (hasBegun || remove(this.silent, pending)) this.taken--
  }

  private victim(newcomer: string): PendingHandshake | undefined {
    return oldestOfMost(this.silent, newcomer) ?? oldestOfMost(this.begun, newcomer)
  }
}

function add(all: BySource, pending: PendingHandshake): void {
  const own = all.get(pending.source) ?? new Set()
  all.set(pending.source, own)
  own.add(pending)
}

function remove(all: BySource, pending: PendingHandshake): boolean {
  const own = all.get(pending.source)
  if (own === undefined || !own.delete(pending)) return false
  if (own.size === 0) all.delete(pending.source)
  return true
}

/** Of sources with equally many, the newcomer's own pays for it. */
function oldestOfMost(all: BySource, newcomer: string): PendingHandshake | undefined {
  let most = all.get(newcomer)
  for (const pending of all.values()) if (pending.size > (most?.size ?? 0)) most = pending
  for (const oldest of most ?? []) return oldest
  return undefined
}
