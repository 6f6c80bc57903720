/** Bytes repeated before the first of them is acknowledged. */
const FIRST_WINDOW_BYTES = 65_536
/** Bytes that may be repeated without progress: so many at once, and so many a second. */
const FREE_BYTES = 262_144
const FREE_BYTES_PER_S = 16_384
/** Bytes that acknowledgements earn for each byte acknowledged, and the most that is kept: what can be unacknowledged, twice. */
const EARNED_FACTOR = 2
const MAX_EARNED_BYTES = 16_777_216

/**
 * How much may be sent again: in a window that grows with acknowledgements (slow start, RFC 5681 §3.1), and no more in all than
 * twice what the peer has acknowledged and a trickle. So a peer that refuses, changes paths or reconnects without end is not sent
 * megabytes for each of its words.
 */
export class Repetition {
  private window = FIRST_WINDOW_BYTES
  /** Bytes that were sent again and have not been acknowledged. */
  private underWay = 0
  private allowance = FREE_BYTES
  /** When `allowance` held, milliseconds. */
  private at = Number.NEGATIVE_INFINITY

  /** All that is not acknowledged has to be sent again. */
  begin(): void {
    this.underWay = 0
    this.window = FIRST_WINDOW_BYTES
  }

  /** 0 where so many bytes may be sent again now; else milliseconds, and Infinity where an acknowledgement is awaited. */
  waitMs(now: number, bytes: number): number {
    if (this.underWay > 0 && this.underWay + bytes > this.window) return Number.POSITIVE_INFINITY
    return this.allowedInMs(now, bytes)
  }

  /** As `waitMs` for what another process of the peer was sent before; where that may be sent again now, it counts. */
  take(now: number, bytes: number): number {
    const waitMs = this.allowedInMs(now, bytes)
    if (waitMs === 0) this.allowance -= bytes
    return waitMs
  }

  private allowedInMs(now: number, bytes: number): number {
    if (this.allowance < FREE_BYTES && now > this.at) {
      this.allowance = Math.min(FREE_BYTES, this.allowance + ((now - this.at) * FREE_BYTES_PER_S) / 1_000)
    }
    this.at = now
    const missing = Math.min(bytes, FREE_BYTES) - this.allowance
    return missing > 0 ? Math.ceil((missing * 1_000) / FREE_BYTES_PER_S) : 0
  }

  /** So many bytes were sent again. */
  repeated(bytes: number): void {
    this.underWay += bytes
    this.allowance -= bytes
  }

  /** The peer has so many bytes more. @param wasRepeated whether they were sent again on the present path. */
  acknowledged(bytes: number, wasRepeated: boolean): void {
    this.allowance = Math.min(MAX_EARNED_BYTES, this.allowance + EARNED_FACTOR * bytes)
    if (!wasRepeated) return
    this.underWay -= bytes
    this.window += bytes
  }

  /** What was sent again has to be sent once more, or is given up. */
  forgotten(bytes: number): void {
    this.underWay -= bytes
  }
}
