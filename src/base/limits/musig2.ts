import { table } from '../table.js'

/** What `musig2()` reads beside the limits of the core. */
export const MUSIG2_LIMITS = /* @__PURE__ */ table({
  /** Members of one request: what fits on a screen that asks. The messages have room for 32. */
  maxSigners: 15,
  /** Requests that live at once, and those of one peer: each waits for a person. */
  maxSigningRequests: 100,
  maxSigningRequestsPerPeer: 20,
  /** How long a request lives where its initiator does not say, and the longest that one may live: a week. */
  signingTtlMs: 600_000,
  maxSigningTtlMs: 604_800_000,
  /** Time for all nonces, and for all partial signatures: no person sits in these phases. */
  signingPhaseMs: 30_000,
  /** How long the next member waits for a roster, and how often absent members are looked for and answers repeated. */
  rosterFailoverMs: 10_000,
  /** How long the next broadcaster waits. */
  broadcastFailoverMs: 5_000,
  /** Sessions of one request that follow a failed one by themselves. */
  signingRetries: 2,
  /** Requests that have ended, remembered with what became of them. */
  maxSigningHistory: 100,
} as const)
