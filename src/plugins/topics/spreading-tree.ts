import { LazyMap, LazySet } from '../../base/lazy-map.js'
import { tupleKey } from '../../base/tuple-key.js'

/** Messages in a row that a neighbour sent after somebody else had, before it is asked to only advertise. */
const PRUNE_AFTER = 3

/**
 * To whom messages of a topic are pushed, and to whom they are only advertised: links that bring nothing but duplicates are
 * pruned, so that what remains is a tree; a link that is needed again is grafted.
 *
 * Source: Leitão, Pereira, Rodrigues: "Epidemic Broadcast Trees" (Plumtree), 2007. Pruning waits for three duplicates in a row, for
 * publishers that are connected to several relays make single ones all the time.
 */
export class SpreadingTree {
  /** `topic` and peer, where we only advertise. */
  private readonly lazy = new LazySet<string>()
  private readonly duplicates = new LazyMap<string, number>()

  isEager(topic: string, peerId: string): boolean {
    return !this.lazy.has(key(topic, peerId))
  }

  /** The neighbour was the first to bring a message. */
  first(topic: string, peerId: string): void {
    this.duplicates.delete(key(topic, peerId))
  }

  /** The neighbour brought what was known; true where it should be told to stop pushing. */
  duplicate(topic: string, peerId: string): boolean {
    const link = key(topic, peerId)
    const count = (this.duplicates.get(link) ?? 0) + 1
    if (count < PRUNE_AFTER) {
      this.duplicates.set(link, count)
      return false
    }
    this.duplicates.delete(link)
    this.lazy.add(link)
    return true
  }

  prune(topic: string, peerId: string): void {
    this.lazy.add(key(topic, peerId))
  }

  graft(topic: string, peerId: string): void {
    this.lazy.delete(key(topic, peerId))
    this.duplicates.delete(key(topic, peerId))
  }

  /** A neighbour wants a topic no more, or is gone. */
  forget(topic: string, peerId: string): void {
    this.graft(topic, peerId)
  }

  get lazyLinks(): number {
    return this.lazy.size
  }
}

function key(topic: string, peerId: string): string {
  return tupleKey(peerId, topic)
}
