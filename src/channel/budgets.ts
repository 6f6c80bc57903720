import type { Limits } from '../base/limits.js'
import { type Shape, number, oneOf, optional, record, tuple, union } from '../message/shape.js'

/** How much a peer takes: messages a second and at once, bytes a second and at once; nil where bytes have no limit. */
export type Budget = [messagesPerS: number, burst: number, bytesPerS: number | null, burstBytes: number | null]

/** What a peer takes of a protocol, and of those of its types that have limits of their own instead. */
export type ProtocolBudget = [...Budget, types?: Record<string, Budget> | undefined]

/**
 * What a peer takes, by protocol; `''` is for messages without a protocol and those of protocols that the peer does not serve, `'*'` for
 * everything together. A protocol that is served and not named has no limit of its own.
 */
export type Budgets = Record<string, ProtocolBudget>

/** A protocol of which a peer takes fewer messages a second is not served. */
export const LEAST_PER_S = 0.1

/** Types with limits of their own, over all protocols of a peer. */
const MAX_TYPES = 128

export function budgetsShape(limits: Limits): Shape<Budgets> {
  const amount = number(0, Number.MAX_SAFE_INTEGER)
  const burst = number(1, Number.MAX_SAFE_INTEGER)
  const budget = [amount, burst, union(amount, oneOf(null)), union(burst, oneOf(null))] as const
  const types = record(tuple(...budget), MAX_TYPES, limits.maxNameLength)
  return record(tuple(...budget, optional(types)), limits.maxProtocols + 2, limits.maxNameLength)
}
