import { Alarm } from '../../base/alarm.js'
import type { Clock } from '../../base/clock.js'
import type { Unsubscribe } from '../../base/events.js'
import type { RecordFeed } from '../dht/client/lookup.js'
import { matchesPattern, type VerifiedRecord, wireRecord } from '../dht/records/record.js'
import type { RecordVerifier } from '../dht/records/record-verifier.js'
import type { TopicMessage } from './topic-messages.js'
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
    private readonly clock: Clock,
  ) {}

  publish(entry: VerifiedRecord): void {
    const topic = topicOf(entry.key)
    // Without a relay there is nobody to tell; and a topic that is full leaves the DHT's own way.
    if (topic !== undefined) this.topics.publish(topic, wireRecord(entry)).catch(() => {})
  }

  watch(pattern: string, onRecord: (entry: VerifiedRecord) => void): Unsubscribe {
    const topic = topicOf(pattern)
    if (topic === undefined) return () => {}
    // What was announced earlier may have been withdrawn since: the withdrawal comes right behind it, or by another relay.
    const earlier: VerifiedRecord[] = []
    let isOver = false
    const settled = new Alarm(this.clock, () => {
      // A watch that knows the newest record of a key takes no older one.
      for (const entry of earlier.splice(0).sort((a, b) => b.sequence - a.sequence)) onRecord(entry)
    })
    const receive = async (payload: unknown, past: boolean) => {
      const read = this.verifier.read(payload)
      if (!matchesPattern(read.key, pattern)) return
      const entry = await this.verifier.verify(read)
      if (isOver) return
      if (!past || earlier.length >= MAX_EARLIER) return onRecord(entry)
      earlier.push(entry)
      settled.arm(SETTLE_MS)
    }
    // Anybody may publish anything here; only records that hold are looked at.
    try {
      const listener = ({ payload, past }: TopicMessage) => void receive(payload, past).catch(() => {})
      const stop = this.topics.subscribe(topic, listener, { history: PAST })
      return () => {
        isOver = true
        settled.disarm()
        stop()
      }
    } catch {
      // More topics than one peer may want: the servers that we are connected to still push.
      return () => {}
    }
  }
}

/** Past announcements of a type asked for when a watch begins. */
const PAST = 32
/** After the last of them that came they are told of, as what they come to. */
const SETTLE_MS = 250
/** No more of them wait: those of some relays. */
const MAX_EARLIER = 256

function topicOf(key: string): string | undefined {
  const type = KEY.exec(key)?.[1]
  // Longer names are no topics.
  return type === undefined || type.length > 100 ? undefined : `${TOPIC_PREFIX}${type}`
}
