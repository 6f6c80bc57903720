import type { ConsumerMessages, DeliverPolicy, JetStreamClient } from '@nats-io/jetstream'
import type { RecordLog } from '../../backplane/backplane.js'
import { backplaneDown } from '../../backplane/errors.js'
import { BACKPLANE_LIMITS } from '../../backplane/limits.js'
import { systemClock } from '../../base/clock.js'
import type { Unsubscribe } from '../../base/events.js'
import { withDeadline } from '../../base/wait.js'
import { missingPackage, type NatsClient, plainBytes } from './nats-link.js'
import { ensureStream } from './nats-streams.js'

/** How long an entry is kept: longer than any record but those of cards, which their owners bring again. */
const MAX_AGE_MS = 48 * 3_600_000
const MAX_BYTES = 268_435_456

interface Reader {
  /** Sequence of the last entry that it has. */
  last: number
  readonly onEntry: (bytes: Uint8Array) => void
  messages: ConsumerMessages | undefined
}

/** The log of records: a stream that keeps the newest entry of each subject. */
export class NatsRecords implements RecordLog {
  private opened: Promise<JetStreamClient> | undefined
  private readonly readers = new Set<Reader>()
  private stopHearing: Unsubscribe | undefined

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
    const reader: Reader = { last: 0, onEntry, messages: undefined }
    this.readers.add(reader)
    await this.read(reader)
    return () => {
      this.readers.delete(reader)
      reader.messages?.stop()
    }
  }

  close(): void {
    this.stopHearing?.()
    for (const { messages } of this.readers) messages?.stop()
    this.readers.clear()
  }

  /** Reads from where the reader is; resolves once it has all that was there. */
  private async read(reader: Reader): Promise<void> {
    const stream = await this.open()
    const from = { deliver_policy: 'by_start_sequence' as DeliverPolicy, opt_start_seq: reader.last + 1 }
    const consumer = await stream.consumers.get(this.streamName, from)
    let left = (await consumer.info()).num_pending
    let caughtUp = () => {}
    const done = new Promise<void>((resolve) => {
      caughtUp = resolve
    })
    if (left === 0) caughtUp()
    const messages = await consumer.consume({
      callback: ({ data, seq }) => {
        if (seq > reader.last) {
          reader.last = seq
          reader.onEntry(plainBytes(data))
        }
        if (--left === 0) caughtUp()
      },
    })
    reader.messages?.stop()
    if (this.readers.has(reader)) reader.messages = messages
    else messages.stop()
    await done
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
      const stream = {
        name: this.streamName,
        subjects: [this.subjectOf('*')],
        max_msgs_per_subject: 1,
        max_age: MAX_AGE_MS * 1_000_000,
        max_bytes: MAX_BYTES,
        storage: 'file',
      }
      await ensureStream(manager, stream as never, this.link.replicas)
      // A consumer would notice late, or never, that its server was away.
      this.stopHearing ??= this.link.on('up', () => {
        for (const reader of this.readers) void this.read(reader).catch(() => {})
      })
      return jetstream(connection)
    } catch (cause) {
      throw backplaneDown(cause)
    }
  }
}
