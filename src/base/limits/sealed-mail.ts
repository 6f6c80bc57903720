import { table } from '../table.js'

/** What `sealedDeposits()` reads beside the limits of `mailbox()`. */
export const SEALED_MAIL_LIMITS = /* @__PURE__ */ table({
  /** Letters that one fresh identity deposits, and how long it lives: each costs a proof of work. */
  maxSealedLetters: 10,
  sealedIdentityMs: 3_600_000,
} as const)
