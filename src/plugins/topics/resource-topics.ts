import type { Unsubscribe } from '../../base/events.js'
import type { RecordFeed } from '../dht/client/lookup.js'
import { matchesPattern, type RecordEntry, wireRecord } from '../dht/records/record.js'
import type { RecordVerifier } from '../dht/records/record-verifier.js'
import type { Topics } from './topics.js'

const TOPIC_PREFIX = 'lotus/resource:'
const KEY = /^resource:([^:]+):/

/**
 * Tells of resources by topics, one for each type, so that a watch sees what is announced at relays that it is not connected to.
 * What travels is the signed record, verified here as everywhere.
 */
export class ResourceTopics implements RecordFeed {
  constructor(
    private readonly topics: Topics,
    private readonly verifier: RecordVerifier,
  ) {}

  publish(entry: RecordEntry): void {
    const topic = topicOf(entry.key)
    // Without a relay there is nobody to tell; and a topic that is full leaves the DHT's own way.
    if (topic !== undefined) this.topics.publish(topic, wireRecord(entry)).catch(() => {})
  }

  watch(pattern: string, onRecord: (entry: RecordEntry) => void): Unsubscribe {
    const topic = topicOf(pattern)
    if (topic === undefined) return () => {}
    const receive = async (payload: unknown) => {
      const entry = this.verifier.read(payload)
      if (!matchesPattern(entry.key, pattern)) return
      await this.verifier.verify(entry)
      onRecord(entry)
    }
    // Anybody may publish anything here; only records that hold are looked at.
    try {
      return this.topics.subscribe(topic, ({ payload }) => void receive(payload).catch(() => {}), { history: PAST })
    } catch {
      // More topics than one peer may want: the servers that we are connected to still push.
      return () => {}
    }
  }
}

/** Past announcements of a type asked for when a watch begins. */
const PAST = 32

function topicOf(key: string): string | undefined {
  const type = KEY.exec(key)?.[1]
  // Longer names are no topics.
  return type === undefined || type.length > 100 ? undefined : `${TOPIC_PREFIX}${type}`
}
