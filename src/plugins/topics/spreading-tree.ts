import { BoundedMap } from '../../base/bounded-map.js'
import { LazyMap } from '../../base/lazy-map.js'

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
  /** By neighbour and topic, its duplicates in a row; where they are enough, we only advertise. What it sends on other topics counts too. */
  private readonly links = new LazyMap<string, BoundedMap<string, number>>()

  /** @param maxTopics of one neighbour. */
  constructor(private readonly maxTopics: number) {}

  isEager(topic: string, peerId: string): boolean {
    return (this.links.get(peerId)?.get(topic) ?? 0) < PRUNE_AFTER
  }

  /** The neighbour was the first to bring a message. */
  first(topic: string, peerId: string): void {
    if (this.isEager(topic, peerId)) this.graft(topic, peerId)
    else this.prune(topic, peerId)
  }

  /** The neighbour brought what was known; true where it should be told to stop pushing. */
  duplicate(topic: string, peerId: string): boolean {
    const count = (this.links.get(peerId)?.get(topic) ?? 0) + 1
    this.count(topic, peerId, count)
    return count % PRUNE_AFTER === 0
  }

  prune(topic: string, peerId: string): void {
    this.count(topic, peerId, PRUNE_AFTER)
  }

  /** A link is needed; or the neighbour wants the topic no more. */
  graft(topic: string, peerId: string): void {
    const topics = this.links.get(peerId)
    topics?.delete(topic)
    if (topics?.size === 0) this.links.delete(peerId)
  }

  /** A neighbour is gone. */
  forget(peerId: string): void {
    this.links.delete(peerId)
  }

  private count(topic: string, peerId: string, count: number): void {
    const topics = this.links.get(peerId) ?? new BoundedMap<string, number>(this.maxTopics)
    this.links.set(peerId, topics)
    topics.set(topic, count)
  }
}
