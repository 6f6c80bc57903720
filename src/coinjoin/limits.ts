import { table } from '../base/table.js'

/** What `CoinJoin` reads; `CoinJoinOptions.limits` may change it. Members of one pool must have the same `entryWorkBits`, `epochMs` and `entrySettleMs`. */
export const COINJOIN_LIMITS = /* @__PURE__ */ table({
  /** Zero bits of the work for a place in a pool: 2 s on a desktop, 20 s on a slow phone. An attacker pays as much for each. */
  entryWorkBits: 22,
  /** How often rounds form. */
  epochMs: 60_000,
  /** An entry younger than this at the beginning of an epoch counts in the next: not all members have it. */
  entrySettleMs: 15_000,
  /** Rounds that one call of `mix` tries. */
  mixRounds: 10,
} as const)

/** The limits of `CoinJoin`. */
export type MixLimits = { readonly [Name in keyof typeof COINJOIN_LIMITS]: number }
