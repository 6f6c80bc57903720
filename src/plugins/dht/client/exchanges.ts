import { codeOf, P2PError } from '../../../base/errors.js'
import type { Limits } from '../../../base/limits.js'
import { printable } from '../../../base/text.js'
import type { P2PMessage } from '../../../message/message.js'
import { parsed } from '../../../message/shape.js'
import type { ProtocolHost } from '../../../protocol/handler.js'
import { matchesPattern, type RecordEntry, supersedes, type VerifiedRecord } from '../records/record.js'
import { matchesFilters } from '../records/record-filters.js'
import { isDishonest, type RecordVerifier } from '../records/record-verifier.js'
import { type FindAnswer, type FindRequest, findAnswer, type StoreRequest, storeAnswer } from './dht-messages.js'
import type { StoreRefusal } from './lookup.js'

/** What is asked of a server. */
export type Question = { type: string; payload: unknown }

/** Asks one server; rejects where it does not answer. */
export type Ask = (request: Question) => Promise<P2PMessage>

/** What one server has said. */
export interface ServerAnswer {
  /** Verified, and matching. */
  records: VerifiedRecord[]
  /** As they came: nodes nearer to the place are in the first. */
  pages: FindAnswer[]
}

/** Pages read from one server: with the fewest records in each, still all that one caller gets. */
const MAX_PAGES = 64

/**
 * What is asked of one server and what it answers: pages are joined, each record is verified, and a server that says what no
 * honest server says is disconnected.
 */
export class Exchanges {
  /** Records and pushes that did not hold, or that nobody here had asked for. */
  ignored = 0
  private protocolHost: ProtocolHost | undefined

  constructor(
    private readonly verifier: RecordVerifier,
    private readonly limits: Limits,
  ) {}

  open(host: ProtocolHost): void {
    this.protocolHost = host
  }

  close(): void {
    this.protocolHost = undefined
  }

  /**
   * Reads what one server has, page by page; what holds is verified, matches, and is told as it comes.
   *
   * @param isEnough asked after each page.
   */
  async readFrom(
    payload: FindRequest,
    ask: Ask,
    peerId: string,
    onRecord?: (entry: VerifiedRecord) => void,
    isEnough = (read: number) => read >= this.limits.maxQueryRecords,
  ): Promise<ServerAnswer> {
    const { key, filters } = payload
    const records: VerifiedRecord[] = []
    const pages: FindAnswer[] = []
    let after: FindAnswer['after']
    do {
      const answer = await ask({ type: 'find-record', payload: after ? { ...payload, after } : payload })
      const page = await this.judge(peerId, () => parsed(findAnswer, answer.payload, 'A DHT message'))
      pages.push(page)
      for (const entry of await this.believe(page.records, peerId, (entry) => matchesPattern(entry.key, key))) {
        if (!entry.withdrawn && !matchesFilters(entry, filters, this.limits)) continue
        records.push(entry)
        onRecord?.(entry)
      }
      after = page.more ? page.after : undefined
    } while (after && pages.length < MAX_PAGES && this.protocolHost && !isEnough(records.length))
    return { records, pages }
  }

  /** Stores at one server; undefined where it has done so. @throws P2PError what `ask` throws, MALFORMED_DATA. */
  async storeBy(
    payload: StoreRequest,
    entry: VerifiedRecord,
    ask: Ask,
    peerId: string,
  ): Promise<(StoreRefusal & { depth?: number | undefined }) | undefined> {
    const reply = await ask({ type: 'store', payload })
    const answer = await this.judge(peerId, () => parsed(storeAnswer, reply.payload, 'A DHT message'))
    if (answer.stored) return undefined
    const { depth, record } = answer
    const code = codeOf(answer.code, 'NOT_STORED')
    const error = new P2PError(code, `The server refused the record: ${printable(answer.message, 256)}`, { details: { peerId } })
    const refusal = { peerId, error, depth }
    if (code !== 'STALE_RECORD' || record === undefined) return refusal
    // A server cannot make us count up to the end: only what the same key has signed is a newer record.
    const newer = await this.judge(peerId, () => this.verified(record))
    const proves = newer?.key === entry.key && newer.publisher === entry.publisher && supersedes(newer, entry)
    return proves ? { ...refusal, newer } : refusal
  }

  /** Those of a server's records that are wanted and hold. The others are counted, forgers reported. */
  async believe(wires: unknown[], peerId: string, isWanted: (entry: RecordEntry) => boolean): Promise<VerifiedRecord[]> {
    const { maxRecordsPerAnswer } = this.limits
    if (wires.length > maxRecordsPerAnswer) {
      throw new P2PError('LIMIT_EXCEEDED', `A DHT answer held more than ${maxRecordsPerAnswer} records.`)
    }
    const believed = await Promise.all(
      wires.map(async (wire) => {
        // One bad record does not spoil the others.
        const entry = await this.judge(peerId, () => this.verified(wire, isWanted)).catch(() => undefined)
        if (entry === undefined) this.ignored++
        return entry
      }),
    )
    return believed.filter((entry) => entry !== undefined)
  }

  /** Runs a check of what a server said; a fault that cannot be honest ends its connection. */
  async judge<T>(peerId: string, check: () => T | Promise<T>): Promise<T> {
    try {
      return await check()
    } catch (error) {
      if (isDishonest(error)) this.protocolHost?.reject(peerId, error)
      throw error
    }
  }

  private async verified(wire: unknown, isWanted?: (entry: RecordEntry) => boolean): Promise<VerifiedRecord | undefined> {
    const entry = this.verifier.read(wire)
    return isWanted?.(entry) === false ? undefined : this.verifier.verify(entry)
  }
}
