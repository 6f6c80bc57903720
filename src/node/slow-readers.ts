import { platformInterval } from '../base/clock.js'
import { P2PError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'

/** A connection, seen as one who reads what we write. */
export interface Reader {
  /** Something waits for it to read. */
  readonly isWaiting: boolean
  /** Changes with everything that leaves. */
  readonly progress: number | string
  end(error: P2PError): void
}

/** Ends readers for whom something waits and to whom nothing has left for `slowReaderMs`. One timer serves all. */
export class SlowReaders {
  /** Readers ended, for standing still or for a full buffer. */
  ended = 0
  private readonly readers = new Map<Reader, { progress: number | string; since: number }>()
  private timer: NodeJS.Timeout | undefined

  constructor(private readonly limits: Limits) {}

  add(reader: Reader): void {
    this.readers.set(reader, { progress: -1, since: 0 })
    this.timer ??= platformInterval(() => this.look(), Math.ceil(this.limits.slowReaderMs / 8)).unref()
  }

  remove(reader: Reader): void {
    this.readers.delete(reader)
    if (this.readers.size > 0) return
    clearInterval(this.timer)
    this.timer = undefined
  }

  /** A reader for whom more waits than may: ended at once. */
  overfull(reader: Reader): void {
    if (!this.readers.delete(reader)) return
    this.ended++
    reader.end(
      new P2PError('BUFFER_FULL', 'The peer does not read as fast as we write.', { details: { limit: 'sendMaxBufferedBytes' } }),
    )
  }

  private look(): void {
    const now = performance.now()
    for (const [reader, seen] of [...this.readers]) {
      if (!reader.isWaiting || reader.progress !== seen.progress) {
        seen.progress = reader.progress
        seen.since = now
      } else if (now - seen.since >= this.limits.slowReaderMs) {
        this.readers.delete(reader)
        this.ended++
        reader.end(
          new P2PError('BUFFER_FULL', `The peer has read nothing for ${this.limits.slowReaderMs} ms.`, {
            details: { limit: 'slowReaderMs' },
          }),
        )
      }
    }
  }
}
