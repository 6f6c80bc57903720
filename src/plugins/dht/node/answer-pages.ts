import type { Limits } from '../../../base/limits.js'
import type { Work } from '../../../defence/fair-turns.js'
import type { FindAnswer, FindRequest } from '../client/dht-messages.js'
import { isInPart, type SetPart, setOfPattern } from '../records/key-space.js'
import { newestFirst, sizeOf, type VerifiedRecord, wireRecord } from '../records/record.js'
import { matchesFilters } from '../records/record-filters.js'

/** Bytes that a record adds to an answer beyond its payload: key, signature, MessagePack heads. */
const WIRE_OVERHEAD = 112

/** Units that it costs to hash a key, and bytes of a value that cost one unit to decode. */
const HASH_UNITS = 8
const BYTES_PER_UNIT = 32
/** Bytes of an answer that cost one unit to encode and to seal. */
const ANSWER_BYTES_PER_UNIT = 64
/** Units of one page, for filters over the largest values: what such a page cost, a page of records has bytes to send as well. */
const MAX_PAGE_UNITS = 65_536

/**
 * One page of what matches, out of entries ordered by key and publisher. Where fewer are wanted than there are and those fit,
 * it holds a fair choice of the window looked at; else a page in that order. Either way the asker who follows `after` to
 * the end has missed nothing.
 *
 * @param entries are read at once: the store may change before the work is done.
 */
export function pageOf(
  entries: Iterable<VerifiedRecord>,
  request: FindRequest,
  limits: Limits,
  network: string,
): Work<FindAnswer> {
  const window: VerifiedRecord[] = []
  for (const entry of entries) if (window.push(entry) > limits.maxQueryRecords) break
  return pageOfWindow(window, request, limits, network)
}

function* pageOfWindow(entries: VerifiedRecord[], request: FindRequest, limits: Limits, network: string): Work<FindAnswer> {
  const { filters, max, withdrawn = false } = request
  const { maxQueryRecords, maxRecordsPerAnswer, maxAnswerBytes } = limits
  const part = partOf(request)
  const live: VerifiedRecord[] = []
  const window: VerifiedRecord[] = []
  let last: VerifiedRecord | undefined
  const needsValue = filters?.where !== undefined
  let scanned = 0
  let spent = 0
  let more = false
  for (const entry of entries) {
    if (++scanned > maxQueryRecords || spent > MAX_PAGE_UNITS) {
      more = true
      break
    }
    last = entry
    const units = 1 + (part?.depth ? HASH_UNITS : 0) + (needsValue ? entry.payload.length / BYTES_PER_UNIT : 0)
    spent += units
    yield units
    if (entry.signature === undefined || (part !== undefined && !isInPart(entry.key, part, network))) continue
    if (entry.withdrawn ? !withdrawn : !matchesFilters(entry, filters, limits)) continue
    window.push(entry)
    if (!entry.withdrawn) live.push(entry)
  }
  let page = window
  if (max !== undefined && live.length > max) {
    const chosen = new Set(fairly(live, max))
    page = window.filter((entry) => entry.withdrawn || chosen.has(entry))
    if (!fits(page, maxRecordsPerAnswer, maxAnswerBytes)) page = window
  }
  if (!fits(page, maxRecordsPerAnswer, maxAnswerBytes)) {
    page = page.slice(0, fitting(page, maxRecordsPerAnswer, maxAnswerBytes))
    last = page.at(-1)
    more = true
  }
  // An answer of some hundred kilobytes costs more than the scan: it has a turn for itself.
  yield page.reduce((bytes, entry) => bytes + sizeOf(entry) + WIRE_OVERHEAD, 0) / ANSWER_BYTES_PER_UNIT
  return { records: page.map(wireRecord), ...(more && last && { more, after: [last.key, last.publisher] }) }
}

/** The newest of each publisher, then the second of each, and so on: who announces much crowds nobody out. */
function fairly(entries: VerifiedRecord[], max: number): VerifiedRecord[] {
  const turns = new Map<string, number>()
  const ranked = entries.sort(newestFirst).map((entry) => {
    const turn = turns.get(entry.publisher) ?? 0
    turns.set(entry.publisher, turn + 1)
    return { entry, turn }
  })
  return ranked
    .sort((a, b) => a.turn - b.turn)
    .slice(0, max)
    .map(({ entry }) => entry)
}

function fits(page: VerifiedRecord[], maxRecords: number, maxBytes: number): boolean {
  return fitting(page, maxRecords, maxBytes) === page.length
}

/** How many of these, from the first on, fit one answer; one always does. */
function fitting(page: VerifiedRecord[], maxRecords: number, maxBytes: number): number {
  let bytes = 0
  let count = 0
  for (const entry of page) {
    bytes += sizeOf(entry) + WIRE_OVERHEAD
    if (count >= maxRecords || (bytes > maxBytes && count > 0)) break
    count++
  }
  return count
}

/** Which part of a set is asked for, where one is. */
export function partOf({ key, part }: FindRequest): SetPart | undefined {
  return part && setOfPattern(key) && { prefix: key.slice(0, -1), depth: part.depth, path: part.path }
}
