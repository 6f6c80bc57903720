import { LazyMap } from '../../base/lazy-map.js'
import { NAMES_AT_ONCE } from './advertisements.js'
import type { Interest } from './interest.js'

/** What we tell our neighbours that we want: for ourselves, and as a router for those behind us. */
export class Wants {
  /** What each neighbour was told that we want. */
  private readonly told = new LazyMap<string, Map<string, number>>()
  /** How many past messages of a topic are asked for when a neighbour comes. */
  private readonly catchUp = new LazyMap<string, number>()

  /** @param peers see `Topics.peers`. */
  constructor(
    private readonly interest: Interest,
    private readonly peers: Pick<LazyMap<string, boolean | null>, 'get' | 'keys'>,
    private readonly isRouter: boolean,
    private readonly send: (peerId: string, type: string, payload: unknown) => void,
  ) {}

  /** So many past messages of a topic are wanted from neighbours that come. */
  past(topic: string, count: number): void {
    if (count > (this.catchUp.get(topic) ?? 0)) this.catchUp.set(topic, count)
  }

  /** No past messages of a topic are wanted any more. */
  noPast(topic: string): void {
    this.catchUp.delete(topic)
  }

  /** A neighbour has gone. */
  forget(peerId: string): void {
    this.told.delete(peerId)
  }

  /** A neighbour has come: everything that it should know. */
  tellAll(peerId: string): void {
    const wants: unknown[] = []
    for (const topic of this.interest.allTopics()) {
      const distance = this.distanceFor(peerId, topic)
      if (distance === undefined) continue
      this.remember(peerId, topic, distance)
      const past = this.catchUp.get(topic)
      wants.push(past === undefined ? [topic, distance] : [topic, distance, past])
    }
    for (let i = 0; i < wants.length; i += NAMES_AT_ONCE) this.send(peerId, 'want', wants.slice(i, i + NAMES_AT_ONCE))
  }

  /** Something about a topic has changed: whoever was told otherwise is told. */
  tell(topic: string, history = 0): void {
    for (const peerId of this.peers.keys()) {
      const distance = this.distanceFor(peerId, topic)
      const told = this.told.get(peerId)?.get(topic)
      if (distance === undefined) {
        if (told === undefined) continue
        this.told.get(peerId)!.delete(topic)
        this.send(peerId, 'unwant', [topic])
      } else if (distance !== told || history > 0) {
        this.remember(peerId, topic, distance)
        this.send(peerId, 'want', [history > 0 ? [topic, distance, history] : [topic, distance]])
      }
    }
  }

  /** Leaves speak for themselves only; routers to routers for all behind them. */
  private distanceFor(peerId: string, topic: string): number | undefined {
    const router = this.peers.get(peerId)
    if (router === null) return undefined
    if (this.interest.ownCount(topic) > 0) return 0
    return this.isRouter && router ? this.interest.distanceFor(peerId, topic) : undefined
  }

  private remember(peerId: string, topic: string, distance: number): void {
    const told = this.told.get(peerId) ?? new Map<string, number>()
    this.told.set(peerId, told.set(topic, distance))
  }
}
