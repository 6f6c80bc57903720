import { isDate } from '../../../base/bytes.js'
import type { Limits } from '../../../base/limits.js'
import { array, bigint, boolean, exactly, Fault, number, oneOf, optional, record, text, union } from '../../../message/shape.js'
import { invalidRecord, type RecordEntry, recordValue } from './record.js'

export type FilterScalar = string | number | bigint | boolean | null

/** Bounds of one field. All that are given must hold. Numbers, BigInt and Date (as milliseconds) compare with each other, texts with texts. */
export interface FilterRange {
  gt?: number | bigint | string | undefined
  gte?: number | bigint | string | undefined
  lt?: number | bigint | string | undefined
  lte?: number | bigint | string | undefined
  ne?: FilterScalar | undefined
  in?: FilterScalar[] | undefined
  /** A text that the field's text holds, or a value that is in the field's array. */
  contains?: FilterScalar | undefined
  /** Whether the field is there, be it null. */
  exists?: boolean | undefined
}

/** Conditions on fields, each named by its path with dots (`'amount'`, `'terms.fee'`); a field that is not there equals null. */
export type FilterConditions = Record<string, FilterScalar | FilterRange>

/** Which records to find: plain data, because the node that stores them applies it. */
export interface RecordFilters {
  publisherId?: string | undefined
  /** Milliseconds since the Unix epoch, exclusive. */
  publishedAfter?: number | undefined
  /** Milliseconds since the Unix epoch, exclusive. */
  publishedBefore?: number | undefined
  /** Conditions on the value; at most 16. */
  where?: FilterConditions | undefined
}

const MAX_CONDITIONS = 16
const MAX_PATH_LENGTH = 256
const MAX_ALTERNATIVES = 64
const MAX_TEXT_LENGTH = 1024

const words = /* @__PURE__ */ (() => text(0, MAX_TEXT_LENGTH))()
const bound = /* @__PURE__ */ (() => optional(union(number(), bigint(), words)))()
const scalar = /* @__PURE__ */ (() => union(words, number(), bigint(), boolean(), oneOf(null)))()
const operators = /* @__PURE__ */ (() => ({
  gt: bound,
  gte: bound,
  lt: bound,
  lte: bound,
  ne: optional(scalar),
  in: optional(array(scalar, MAX_ALTERNATIVES)),
  contains: optional(scalar),
  exists: optional(boolean()),
}))()
const range = /* @__PURE__ */ (() => exactly(operators))()

export const recordFilters = /* @__PURE__ */ (() =>
  exactly({
    publisherId: optional(words),
    publishedAfter: optional(number()),
    publishedBefore: optional(number()),
    where: optional(record(union(scalar, range), MAX_CONDITIONS, MAX_PATH_LENGTH)),
  }))()

/** @param invalid makes the error. @throws P2PError INVALID_RECORD for filters that are not plain data of this form. */
export function checkFilters(filters: unknown, invalid = invalidRecord): RecordFilters {
  const checked = recordFilters(filters)
  if (checked instanceof Fault) {
    throw invalid(`filters${checked.at && `.${checked.at}`} must be a value, or any of ${Object.keys(operators).join(', ')}`)
  }
  return checked
}

/** True if a live record satisfies the filters. */
export function matchesFilters(entry: RecordEntry, filters: RecordFilters | undefined, limits: Limits): boolean {
  if (filters === undefined) return true
  const { publisherId, publishedAfter, publishedBefore, where } = filters
  if (publisherId !== undefined && entry.publisherId !== publisherId) return false
  if (publishedAfter !== undefined && !(entry.publishedAt > publishedAfter)) return false
  if (publishedBefore !== undefined && !(entry.publishedAt < publishedBefore)) return false
  return where === undefined || matchesConditions(recordValue(entry, limits), where)
}

export function matchesConditions(value: unknown, conditions: FilterConditions): boolean {
  return Object.entries(conditions).every(([path, condition]) => holds(fieldAt(value, path), condition))
}

function holds(found: unknown, condition: FilterScalar | FilterRange): boolean {
  const field = comparable(found)
  if (typeof condition !== 'object' || condition === null) return equal(field, condition)
  const { gt, gte, lt, lte, ne, in: alternatives, contains, exists } = condition
  if (gt !== undefined && !(ordered(field, gt) && field > gt)) return false
  if (gte !== undefined && !(ordered(field, gte) && field >= gte)) return false
  if (lt !== undefined && !(ordered(field, lt) && field < lt)) return false
  if (lte !== undefined && !(ordered(field, lte) && field <= lte)) return false
  if (ne !== undefined && equal(field, ne)) return false
  if (exists !== undefined && exists !== (found !== undefined)) return false
  if (contains !== undefined && !holdsWithin(field, contains)) return false
  return alternatives === undefined || alternatives.some((alternative) => equal(field, alternative))
}

function fieldAt(value: unknown, path: string): unknown {
  let field = value
  for (const name of path.split('.')) {
    if (typeof field !== 'object' || field === null || !Object.hasOwn(field, name)) return undefined
    field = (field as Record<string, unknown>)[name]
  }
  return field
}

function holdsWithin(field: unknown, part: FilterScalar): boolean {
  if (typeof field === 'string') return typeof part === 'string' && field.includes(part)
  return Array.isArray(field) && field.some((item) => equal(comparable(item), part))
}

function comparable(field: unknown): unknown {
  return isDate(field) ? field.getTime() : (field ?? null)
}

function ordered(field: unknown, limit: number | bigint | string): field is number | bigint | string {
  return typeof field === 'string' ? typeof limit === 'string' : isNumeric(field) && isNumeric(limit)
}

function equal(field: unknown, scalar: FilterScalar): boolean {
  // biome-ignore lint/suspicious/noDoubleEquals: 1n == 1, and both sides are numeric
  return isNumeric(field) && isNumeric(scalar) ? field == scalar : field === scalar
}

function isNumeric(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}
