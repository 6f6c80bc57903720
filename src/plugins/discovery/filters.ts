import { isP2PError } from '../../base/errors.js'
import { checkFilters, type FilterConditions, type RecordFilters } from '../dht/records/record-filters.js'
import { invalidResource } from './resource-key.js'

/** Which resources to find. Plain data: the node that stores them applies it. */
export interface ResourceFilters {
  creatorPeerId?: string
  /** Milliseconds since the Unix epoch, exclusive. */
  createdAfter?: number
  /** Milliseconds since the Unix epoch, exclusive. */
  createdBefore?: number
  /** The newest so many. */
  maxResults?: number
  /**
   * Conditions on fields of `data`, named by their path with dots; at most 14.
   *
   * @example { where: { amount: { gte: 1_000n }, 'terms.coin': 'XPI', state: { in: ['open', 'joining'] }, tags: { contains: 'fast' } } }
   */
  where?: FilterConditions
}

const NAMES = /* @__PURE__ */ new Set(['creatorPeerId', 'createdAfter', 'createdBefore', 'maxResults', 'where'])

/**
 * The same as filters on records, whose value is `{ data, createdAt }`.
 *
 * @throws P2PError INVALID_RESOURCE for an unknown field or what cannot be a filter.
 */
export function recordFiltersOf(filters: ResourceFilters | null | undefined): RecordFilters {
  if (filters === null || filters === undefined) return {}
  if (typeof filters !== 'object') throw invalidResource('filters must be an object')
  const unknown = Object.keys(filters).find((name) => !NAMES.has(name))
  if (unknown !== undefined) throw invalidResource(`filters.${unknown} is unknown`)
  const { creatorPeerId, createdAfter, createdBefore, maxResults, where = {} } = filters
  if (maxResults !== undefined && !(maxResults >= 1)) throw invalidResource('filters.maxResults must be 1 or more')
  if (typeof where !== 'object' || where === null) throw invalidResource('filters.where must be an object')
  const conditions: FilterConditions = {}
  for (const [path, condition] of Object.entries(where)) conditions[`data.${path}`] = condition
  if (createdAfter !== undefined || createdBefore !== undefined) conditions.createdAt = { gt: createdAfter, lt: createdBefore }
  try {
    return checkFilters({
      ...(creatorPeerId !== undefined && { publisherId: creatorPeerId }),
      ...(Object.keys(conditions).length > 0 && { where: conditions }),
    })
  } catch (error) {
    throw invalidResource(isP2PError(error) ? error.message : 'its filters cannot be read')
  }
}
