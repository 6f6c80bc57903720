import { type Clock, elapsed } from '../../base/clock.js'
import { LazyMap } from '../../base/lazy-map.js'
import type { Limits } from '../../base/limits.js'
import type { VerifiedTopicMessage } from './topic-messages.js'

/** What every kept message costs beside its bytes. */
const OVERHEAD_BYTES = 512

interface Kept {
  readonly message: VerifiedTopicMessage
  readonly until: number
}

/** The last messages of each topic, for late subscribers and for neighbours that have missed one. */
export class TopicHistory {
  private readonly topics = new LazyMap<string, VerifiedTopicMessage[]>()
  /** By id, oldest first. */
  private readonly all = new LazyMap<string, Kept>()
  private total = 0

  constructor(
    private readonly clock: Clock,
    private readonly limits: Limits,
  ) {}

  get bytes(): number {
    return this.total
  }

  add(message: VerifiedTopicMessage): void {
    const { topic, id } = message
    const kept = this.topics.get(topic) ?? []
    this.topics.set(topic, kept)
    kept.push(message)
    this.all.set(id, { message, until: elapsed(this.clock) + this.limits.topicHistoryMs })
    this.total += sizeOf(message)
    if (kept.length > this.limits.topicHistory) this.drop(kept[0]!)
    const now = elapsed(this.clock)
    for (const { message: oldest, until } of this.all.values()) {
      if (until > now && this.total <= this.limits.maxTopicHistoryBytes) break
      this.drop(oldest)
    }
  }

  get(id: string): VerifiedTopicMessage | undefined {
    return this.all.get(id)?.message
  }

  /** The last `count` of a topic, oldest first. */
  last(topic: string, count: number): VerifiedTopicMessage[] {
    const now = elapsed(this.clock)
    const live = (this.topics.get(topic) ?? []).filter(({ id }) => (this.all.get(id)?.until ?? 0) > now)
    return count > 0 ? live.slice(-count) : []
  }

  clear(): void {
    this.topics.clear()
    this.all.clear()
    this.total = 0
  }

  private drop(message: VerifiedTopicMessage): void {
    const { topic, id } = message
    if (!this.all.delete(id)) return
    this.total -= sizeOf(message)
    const kept = this.topics.get(topic)!.filter((other) => other !== message)
    if (kept.length === 0) this.topics.delete(topic)
    else this.topics.set(topic, kept)
  }
}

function sizeOf({ bytes }: VerifiedTopicMessage): number {
  return bytes.length + OVERHEAD_BYTES
}
