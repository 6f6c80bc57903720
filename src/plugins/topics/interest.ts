import { P2PError } from '../../base/errors.js'
import { greediest } from '../../base/greediest.js'
import { LazyMap } from '../../base/lazy-map.js'
import type { Limits } from '../../base/limits.js'

/**
 * Who wants which topic, as a distance vector: a router tells each neighbouring router what it, or somebody behind it, wants, and how
 * far away that one is; never back to where it came from. Interest that only goes round in a ring grows more distant with each
 * round and ends at `maxTopicHops` (the idea of RIP, RFC 2453 §3.4.3).
 */
export class Interest {
  /** By topic: how far away behind each neighbour the nearest subscriber is. */
  private readonly byTopic = new LazyMap<string, Map<string, number>>()
  private readonly byPeer = new LazyMap<string, Set<string>>()
  private readonly own = new LazyMap<string, number>()

  /** @param onShed is told of a neighbour's topic that had to make room. */
  constructor(
    private readonly limits: Limits,
    private readonly onShed: (topic: string, peerId: string) => void = () => {},
  ) {}

  get topics(): number {
    return this.byTopic.size
  }

  /** Our own subscriptions to a topic. */
  ownCount(topic: string): number {
    return this.own.get(topic) ?? 0
  }

  /** One more subscription of ours, or one less. */
  addOwn(topic: string, change: 1 | -1): void {
    const count = this.ownCount(topic) + change
    if (count > 0) this.own.set(topic, count)
    else this.own.delete(topic)
  }

  /**
   * @returns whether that is news.
   * @throws P2PError LIMIT_EXCEEDED where the neighbour, or all of them, want too much.
   */
  add(peerId: string, topic: string, distance: number, router: boolean): boolean {
    if (distance > this.limits.maxTopicHops) return this.remove(peerId, topic)
    const topics = this.byPeer.get(peerId) ?? new Set()
    const peers = this.byTopic.get(topic) ?? new Map<string, number>()
    const limit = router ? 'maxTopicsPerRouter' : 'maxTopicsPerPeer'
    if (!topics.has(topic) && topics.size >= this.limits[limit]) throw tooMany(limit, this.limits)
    if (peers.get(peerId) === distance) return false
    if (peers.size === 0 && this.byTopic.size >= this.limits.maxTopics) this.makeRoom(topics.size)
    this.byPeer.set(peerId, topics.add(topic))
    this.byTopic.set(topic, peers.set(peerId, distance))
    return true
  }

  /** @returns whether the neighbour wanted it. */
  remove(peerId: string, topic: string): boolean {
    const topics = this.byPeer.get(peerId)
    if (!topics?.delete(topic)) return false
    if (topics.size === 0) this.byPeer.delete(peerId)
    const peers = this.byTopic.get(topic)
    peers?.delete(peerId)
    if (peers?.size === 0) this.byTopic.delete(topic)
    return true
  }

  private makeRoom(own: number): void {
    const peerId = greediest(this.byPeer, own)
    for (const topic of this.byPeer.get(peerId ?? '') ?? []) {
      // What others want too frees no place.
      if (this.countOf(topic) > 1) continue
      this.remove(peerId!, topic)
      this.onShed(topic, peerId!)
      return
    }
    throw tooMany('maxTopics', this.limits)
  }

  /** Forgets a neighbour; returns the topics that it wanted. */
  removePeer(peerId: string): string[] {
    const topics = [...(this.byPeer.get(peerId) ?? [])]
    for (const topic of topics) this.remove(peerId, topic)
    return topics
  }

  /** The neighbours that want a topic. */
  peersOf(topic: string): Iterable<string> {
    return this.byTopic.get(topic)?.keys() ?? []
  }

  countOf(topic: string): number {
    return this.byTopic.get(topic)?.size ?? 0
  }

  allTopics(): Set<string> {
    return new Set([...this.own.keys(), ...this.byTopic.keys()])
  }

  /** How far away the nearest subscriber is, us included, that is not behind this neighbour; undefined where there is none. */
  distanceFor(peerId: string, topic: string): number | undefined {
    if (this.own.has(topic)) return 0
    let nearest = Number.POSITIVE_INFINITY
    for (const [other, distance] of this.byTopic.get(topic) ?? []) {
      if (!isOfOneRelay(other, peerId)) nearest = Math.min(nearest, distance)
    }
    return nearest < this.limits.maxTopicHops ? nearest + 1 : undefined
  }
}

/**
 * Whether what one neighbour says is told by itself to the other: it is the same, or both are processes of one relay, which all know each other.
 * The id of such a process begins with a line feed, as no peer's does.
 */
export function isOfOneRelay(a: string, b: string): boolean {
  return a === b || (a < ' ' && b < ' ')
}

function tooMany(limit: 'maxTopicsPerPeer' | 'maxTopicsPerRouter' | 'maxTopics', limits: Limits): P2PError {
  return new P2PError('LIMIT_EXCEEDED', `No more than ${limits[limit]} topics (${limit}). Unsubscribe from some.`, {
    details: { limit, value: limits[limit] },
  })
}
