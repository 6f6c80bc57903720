import { totalmem } from 'node:os'
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { platformInterval } from '../base/clock.js'
import { P2PError } from '../base/errors.js'

/** How often memory is measured, milliseconds. */
const INTERVAL_MS = 1_000
/** Share of the ceiling below which newcomers are let in again. */
const RESUME_AT = 0.9
/** A full collection stops everything for some hundred milliseconds: it is asked for no more often than this. */
const COLLECT_EVERY_MS = 4_000
/** What was given up is gone only once goodbyes have left and garbage is collected: until then nobody goes who costs little. */
const SETTLE_MS = 5_000
/** Bytes waiting for a peer below which ending it gives nothing back. */
const WORTH_BYTES = 65_536
/** Of the others at most this share goes at a time: what they give back shows only at the next look. */
const SHARE_AT_ONCE = 0.05
/** The least ceiling that leaves room for anything beside Node itself. */
export const MIN_CEILING_BYTES = 134_217_728

/** A connected peer, as one who costs memory. */
export interface CostlyPeer {
  peerId: string
  /** Bytes that wait to be sent to it or to be acknowledged by it. */
  bufferedBytes: number
  /** Connected since, milliseconds since the Unix epoch. */
  since: number
  /** Others reach it here. */
  hasReservation: boolean
}

export interface MemoryCeilingOptions {
  /** Bytes of resident memory; default `defaultCeiling()`. */
  maxBytes: number
  /** Gives up what can be had again: caches, history. */
  trim(): void
  loads(): CostlyPeer[]
  /** Ends a peer with a goodbye. */
  end(peerId: string, error: P2PError): void
  /** Bytes in use; default `usedBytes`. */
  measure?: (() => number) | undefined
  /** Milliseconds; default `performance.now`. */
  now?: (() => number) | undefined
}

/** 0: as ever. 1: newcomers are refused. 2: peers are being ended. */
export type MemoryState = 0 | 1 | 2

/**
 * Keeps a relay below a ceiling of memory by doing less, in steps: it refuses newcomers and gives up caches; then it ends the
 * peers for whom most waits, and after them the newest that nobody reaches through it. Below 90 % all is as before.
 */
export class MemoryCeiling {
  /** Newcomers refused, and peers ended, for want of memory. */
  readonly counts = { refused: 0, ended: 0 }
  private current: MemoryState = 0
  private timer: NodeJS.Timeout | undefined
  private collectedAt = Number.NEGATIVE_INFINITY
  /** When something was last given up. */
  private gaveUpAt = 0
  private readonly measure: () => number
  private readonly now: () => number

  constructor(private readonly options: MemoryCeilingOptions) {
    this.measure = options.measure ?? usedBytes()
    this.now = options.now ?? (() => performance.now())
  }

  get state(): MemoryState {
    return this.current
  }

  /** As the ceiling counts it. */
  get usedBytes(): number {
    return this.measure()
  }

  start(): void {
    this.timer ??= platformInterval(() => this.look(), INTERVAL_MS).unref()
  }

  stop(): void {
    clearInterval(this.timer)
    this.timer = undefined
  }

  /** Why a newcomer is not let in; undefined while there is memory. */
  refusal(): P2PError | undefined {
    if (this.current === 0) return undefined
    this.counts.refused++
    return short()
  }

  /** Measures, and takes the next step. */
  look(): void {
    const { maxBytes, trim } = this.options
    let used = this.measure()
    if (used <= maxBytes) {
      // Refusing newcomers until the garbage happens to be collected could last for ever: nothing forces it below the ceiling.
      if (this.current > 0 && used >= maxBytes * RESUME_AT) used = this.collected() ?? used
      if (used < maxBytes * RESUME_AT) this.current = 0
      else if (this.current === 2) this.current = 1
      return
    }
    if (this.current === 0) {
      trim()
      this.gaveUpAt = this.now()
    }
    // Nobody goes for what is garbage already.
    used = this.collected() ?? used
    if (this.current > 0 && used > maxBytes) this.shed(used - maxBytes * RESUME_AT)
    else this.current = 1
  }

  /** Collects the garbage, where that was not done a moment ago, and measures again. */
  private collected(): number | undefined {
    if (this.now() - this.collectedAt < COLLECT_EVERY_MS) return undefined
    this.collectedAt = this.now()
    collect()
    return this.measure()
  }

  private shed(bytes: number): void {
    this.current = 2
    const loads = this.options.loads()
    const heavy = loads.filter(({ bufferedBytes }) => bufferedBytes >= WORTH_BYTES)
    heavy.sort((a, b) => b.bufferedBytes - a.bufferedBytes)
    let left = bytes
    for (const { peerId, bufferedBytes } of heavy) {
      if (left <= 0) break
      this.gaveUpAt = this.now()
      this.end(peerId)
      left -= bufferedBytes
    }
    if (heavy.length > 0 || this.now() - this.gaveUpAt < SETTLE_MS) return
    this.gaveUpAt = this.now()
    const others = loads.sort((a, b) => Number(a.hasReservation) - Number(b.hasReservation) || b.since - a.since)
    for (const { peerId } of others.slice(0, Math.ceil(others.length * SHARE_AT_ONCE))) this.end(peerId)
  }

  private end(peerId: string): void {
    this.counts.ended++
    this.options.end(peerId, short())
  }
}

function short(): P2PError {
  return new P2PError('POOL_FULL', 'This relay is short of memory. Use another one, or come back later.', {
    details: { limit: 'maxMemoryBytes', retryAfterMs: 30_000 },
  })
}

/** Three quarters of what the process may have: of the heap's limit, or of the container's where that is less. */
export function defaultCeiling(): number {
  // 0, or more than there is, where nothing constrains it.
  const constrained = process.constrainedMemory() ?? 0
  const limit = constrained > 0 && constrained < totalmem() ? constrained : totalmem()
  return Math.floor(0.75 * Math.min(getHeapStatistics().heap_size_limit, limit))
}

/**
 * Measures what is in use: resident memory without what the allocator keeps of what was freed, which no goodbye gives back. So a
 * process that was once large is not short for ever.
 */
function usedBytes(): () => number {
  const inUse = () => {
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  // Node itself: code, stacks, the runtime's own.
  const base = Math.max(0, process.memoryUsage.rss() - inUse())
  return () => Math.min(process.memoryUsage.rss(), base + inUse())
}

/** A full collection, which Node offers to those who ask at its start, or in this way. */
function collect(): void {
  setFlagsFromString('--expose-gc')
  const gc: unknown = runInNewContext('gc')
  if (typeof gc === 'function') gc()
}
