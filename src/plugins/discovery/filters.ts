import type { WaitOptions } from '../../base/wait.js'
import {
  checkFilters,
  type FilterConditions,
  type FilterRange,
  type FilterScalar,
  type RecordFilters,
} from '../dht/records/record-filters.js'
import { invalidResource } from './resource-key.js'

/**
 * Conditions on fields of a resource's `data`, named by their path with dots; at most 14. A plain value means equality. Plain data: the
 * node that stores the resource applies them.
 *
 * @example { status: 'waiting', amount: { gte: 1_000n }, 'terms.coin': { in: ['XPI', 'XEC'] }, tags: { contains: 'fast' } }
 */
export type ResourceConditions<T = unknown> = [T] extends [object]
  ? { [Field in keyof T & string]?: FilterScalar | FilterRange } & {
      [path: `${string}.${string}`]: FilterScalar | FilterRange
    }
  : FilterConditions

/** Whose resources, and of which time. */
export interface ResourceCriteria {
  creatorPeerId?: string | undefined
  /** Milliseconds since the Unix epoch, exclusive. */
  createdAfter?: number | undefined
  /** Milliseconds since the Unix epoch, exclusive. */
  createdBefore?: number | undefined
}

/** The names of `ResourceCriteria`. */
export const CRITERIA = ['creatorPeerId', 'createdAfter', 'createdBefore'] as const

/** How `discoverResources` looks, beside the conditions on the data. */
export interface DiscoverOptions extends ResourceCriteria, WaitOptions {
  /** The newest so many. */
  maxResults?: number | undefined
  /** The newest of each publisher alone. Default false. */
  onePerPublisher?: boolean | undefined
  /** The newest so many of each publisher; default `limits.resourcesPerPublisher` (20), and all where `creatorPeerId` names the publisher. */
  resourcesPerPublisher?: number | undefined
}

/**
 * The same as filters on records, whose value is `{ data, createdAt }`.
 *
 * @throws P2PError INVALID_RESOURCE for what cannot be a condition, a misspelt operator among it.
 */
export function recordFiltersOf(conditions: object | null | undefined, options: ResourceCriteria): RecordFilters {
  const { creatorPeerId, createdAfter, createdBefore } = options
  if (typeof (conditions ?? {}) !== 'object') throw invalidResource('its conditions must be an object')
  const where: FilterConditions = {}
  for (const [path, condition] of Object.entries(conditions ?? {})) where[`data.${path}`] = condition
  if (createdAfter !== undefined || createdBefore !== undefined) where.createdAt = { gt: createdAfter, lt: createdBefore }
  return checkFilters({ publisherId: creatorPeerId, ...(Object.keys(where).length > 0 && { where }) }, invalidResource)
}
