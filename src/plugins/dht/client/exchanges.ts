import { knownCode, P2PError } from '../../../base/errors.js'
import type { Limits } from '../../../base/limits.js'
import { printable } from '../../../base/text.js'
import type { P2PMessage } from '../../../message/message.js'
import type { ProtocolHost } from '../../../protocol/handler.js'
import { matchesPattern, type RecordEntry, supersedes } from '../records/record.js'
import { matchesFilters } from '../records/record-filters.js'
import { isDishonest, type RecordVerifier } from '../records/record-verifier.js'
import { type FindAnswer, type FindRequest, findAnswer, parsePayload, type StoreRequest, storeAnswer } from './dht-messages.js'
import type { StoreRefusal } from './lookup.js'

/** What is asked of a server. */
export type Question = { type: string; payload: unknown }

/** Asks one server; rejects where it does not answer. */
export type Ask = (request: Question) => Promise<P2PMessage>

/** What one server has said, all pages together. */
export interface ServerAnswer {
  /** Verified, and matching. */
  records: RecordEntry[]
  /** Nodes nearer to the place, as they came. */
  closer: unknown
  split: boolean
  cached: boolean
}

/** Pages read from one server: with the fewest records in each, still all that one caller gets. */
export const MAX_PAGES = 64

/**
 * What is asked of one server and what it answers: pages are joined, each record is verified, and a server that says what no
 * honest server says is disconnected.
 */
export class Exchanges {
  /** Records and pushes that did not hold, or that nobody here had asked for. */
  ignored = 0
  private host: ProtocolHost | undefined

  constructor(
    private readonly verifier: RecordVerifier,
    private readonly limits: Limits,
  ) {}

  open(host: ProtocolHost): void {
    this.host = host
  }

  close(): void {
    this.host = undefined
  }

  /** Reads what one server has, page by page; what holds is verified, matches, and is told as it comes. */
  async readFrom(payload: FindRequest, ask: Ask, peerId: string, onRecord?: (entry: RecordEntry) => void): Promise<ServerAnswer> {
    const { key, filters } = payload
    const whole: ServerAnswer = { records: [], closer: undefined, split: false, cached: false }
    let after: FindAnswer['after']
    for (let page = 0; page < MAX_PAGES; page++) {
      const answer = await ask({ type: 'find-record', payload: after ? { ...payload, after } : payload })
      const found = await this.judge(peerId, () => parsePayload(findAnswer, answer.payload, 'records'))
      for (const entry of await this.believe(found.records, key, peerId)) {
        if (!entry.withdrawn && !matchesFilters(entry, filters, this.limits)) continue
        whole.records.push(entry)
        onRecord?.(entry)
      }
      whole.closer ??= found.closer
      whole.split ||= found.split === true
      whole.cached ||= found.cached === true
      after = found.after
      if (!found.more || after === undefined || whole.records.length >= this.limits.maxQueryRecords) break
      if (this.host === undefined) break
    }
    return whole
  }

  /** Stores at one server; undefined where it has done so. @throws P2PError what `ask` throws, MALFORMED_DATA. */
  async storeBy(
    payload: StoreRequest,
    entry: RecordEntry,
    ask: Ask,
    peerId: string,
  ): Promise<(StoreRefusal & { depth?: number }) | undefined> {
    const reply = await ask({ type: 'store', payload })
    const answer = await this.judge(peerId, () => parsePayload(storeAnswer, reply.payload, 'stored'))
    if (answer.stored) return undefined
    const code = knownCode(answer.code, 'NOT_STORED')
    const error = new P2PError(code, `The server refused the record: ${printable(answer.message, 256)}`, { details: { peerId } })
    if (answer.depth !== undefined && payload.depth !== undefined && answer.depth > payload.depth) {
      return { peerId, error, depth: answer.depth }
    }
    if (code !== 'STALE_RECORD' || answer.record === undefined) return { peerId, error }
    // A server cannot make us count up to the end: only what the same key has signed is a newer record.
    const newer = await this.judge(peerId, () => this.verifier.read(answer.record))
    await this.judge(peerId, () => this.verifier.verify(newer))
    const proves = newer.key === entry.key && newer.publisher === entry.publisher && supersedes(newer, entry)
    return proves ? { peerId, error, newer } : { peerId, error }
  }

  /** Those of a server's records that hold: under the key asked for, verified. The others are counted, forgers reported. */
  async believe(wires: unknown[], pattern: string, peerId: string): Promise<RecordEntry[]> {
    if (wires.length > this.limits.maxRecordsPerAnswer) {
      throw new P2PError(
        'LIMIT_EXCEEDED',
        `A DHT answer held more than ${this.limits.maxRecordsPerAnswer} records and was ignored.`,
      )
    }
    const believed = await Promise.all(
      wires.map(async (wire) => {
        try {
          const entry = await this.judge(peerId, () => this.verifier.read(wire))
          if (matchesPattern(entry.key, pattern)) {
            await this.judge(peerId, () => this.verifier.verify(entry))
            return entry
          }
        } catch {
          // Counted below with the mis-keyed ones; one bad record does not spoil the others.
        }
        this.ignored++
        return undefined
      }),
    )
    return believed.filter((entry) => entry !== undefined)
  }

  /** Runs a check of what a server said; a fault that cannot be honest ends its connection. */
  async judge<T>(peerId: string, check: () => T | Promise<T>): Promise<T> {
    try {
      return await check()
    } catch (error) {
      if (isDishonest(error)) this.host?.reject(peerId, error)
      throw error
    }
  }
}
