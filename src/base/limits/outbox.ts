import { table } from '../table.js'

/** What `outbox()` reads beside the limits of the core. */
export const OUTBOX_LIMITS = /* @__PURE__ */ table({
  /** Messages that wait for peers that are away, in all. */
  maxOutboxMessages: 1_000,
  /** Bytes of them. */
  maxOutboxBytes: 8_388_608,
  /** How long a queued message waits where its sender does not say, seconds. */
  outboxTtlS: 3_600,
  /** The longest that one may wait, seconds: a week. */
  maxOutboxTtlS: 604_800,
} as const)
