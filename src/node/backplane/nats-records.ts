import type { ConsumerMessages, JetStreamClient } from '@nats-io/jetstream'
import type { RecordLog } from '../../backplane/backplane.js'
import { backplaneDown } from '../../backplane/errors.js'
import { systemClock } from '../../base/clock.js'
import type { Unsubscribe } from '../../base/events.js'
import { BACKPLANE_LIMITS } from '../../base/limits/backplane.js'
import { withDeadline } from '../../base/wait.js'
import { missingPackage, type NatsClient } from './nats-link.js'

/** How long an entry is kept: longer than any record but those of cards, which their owners bring again. */
const MAX_AGE_MS = 48 * 3_600_000
const MAX_BYTES = 268_435_456

/** The log of records: a stream in memory that keeps the newest entry of each subject. */
export class NatsRecords implements RecordLog {
  private opened: Promise<JetStreamClient> | undefined
  private readonly reading = new Set<ConsumerMessages>()

  constructor(private readonly link: NatsClient) {}

  async append(name: string, bytes: Uint8Array): Promise<void> {
    if (this.link.state === 'down') throw backplaneDown()
    await withDeadline(systemClock, 'Keeping a record', { timeoutMs: BACKPLANE_LIMITS.askMs }, async () => {
      const stream = await this.open()
      await stream.publish(this.subjectOf(name), bytes, { timeout: BACKPLANE_LIMITS.askMs }).catch((cause) => {
        throw backplaneDown(cause)
      })
    })
  }

  async replay(onEntry: (bytes: Uint8Array) => void): Promise<Unsubscribe> {
    const stream = await this.open()
    const consumer = await stream.consumers.get(this.streamName)
    const { num_pending: before } = await consumer.info()
    let left = before
    let caughtUp = () => {}
    const done = new Promise<void>((resolve) => {
      caughtUp = resolve
    })
    const messages = await consumer.consume({
      callback: ({ data }) => {
        onEntry(data)
        if (--left <= 0) caughtUp()
      },
    })
    this.reading.add(messages)
    if (before === 0) caughtUp()
    await done
    return () => {
      this.reading.delete(messages)
      messages.stop()
    }
  }

  close(): void {
    for (const messages of this.reading) messages.stop()
    this.reading.clear()
  }

  private get streamName(): string {
    return `LOTUS_REC_${this.link.cluster}`
  }

  private subjectOf(name: string): string {
    return `lotus.${this.link.cluster}.rec.${name}`
  }

  /** Opens the stream, and makes it where it is missing. */
  open(): Promise<JetStreamClient> {
    this.opened ??= this.make().catch((error) => {
      this.opened = undefined
      throw error
    })
    return this.opened
  }

  private async make(): Promise<JetStreamClient> {
    const { jetstream, jetstreamManager } = await import('@nats-io/jetstream').catch((cause) =>
      Promise.reject(missingPackage(cause)),
    )
    const connection = await this.link.connection()
    try {
      const manager = await jetstreamManager(connection)
      await manager.streams.info(this.streamName).catch(() =>
        manager.streams.add({
          name: this.streamName,
          subjects: [this.subjectOf('*')],
          max_msgs_per_subject: 1,
          max_age: MAX_AGE_MS * 1_000_000,
          max_bytes: MAX_BYTES,
          storage: 'memory',
        }),
      )
      return jetstream(connection)
    } catch (cause) {
      throw backplaneDown(cause)
    }
  }
}
