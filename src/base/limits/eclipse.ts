import { table } from '../table.js'

/** What `eclipseWatch()` reads beside the limits of the core. */
export const ECLIPSE_LIMITS = /* @__PURE__ */ table({
  /** How often relays are asked for the same and compared; ten times as early at the start and to confirm a suspicion. */
  eclipseCheckMs: 600_000,
} as const)
