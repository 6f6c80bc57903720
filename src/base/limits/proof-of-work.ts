import { table } from '../table.js'

/** What `proofOfWork()` reads beside the limits of the core. */
export const WORK_LIMITS = /* @__PURE__ */ table({
  /** Bits of work that we do for whoever demands them: 17 million hashes, 8 s of a desktop, a minute of a slow phone. More is refused, so that no relay can empty a battery. */
  maxWorkBits: 24,
  /** Time for one proof of work; a dial's own deadline stands still meanwhile. As many bits are not tried again before the machine has slept. */
  workTimeoutMs: 120_000,
} as const)
