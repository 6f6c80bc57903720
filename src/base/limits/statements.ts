import { table } from '../table.js'

/** What `statements()` reads beside the limits of the core. */
export const STATEMENT_LIMITS = /* @__PURE__ */ table({
  /** Sessions of statements joined at once. */
  maxStatementSessions: 64,
  /** Members of one session: the largest CoinJoin rounds have about a hundred. */
  maxStatementMembers: 128,
  /** Statements of one member kept in one session, and their bytes: the most that a member who floods can cost. All members should have the same. */
  maxStatementsPerMember: 256,
  maxStatementBytesPerMember: 131_072,
  /** Names of sessions that were joined, and keys that have lied, remembered: so that no session is joined twice, and no liar is blamed twice. */
  maxStatementMemory: 4_096,
  /** How long what we have stated is remembered in the store, so that a reload says nothing else in the same slot. */
  ownStatementMs: 2_592_000_000,
  /** Rounds that a member may be ahead of us: honest ones wait for each other, but not all speak in each round. */
  maxStatementRoundsAhead: 8,
  /** How long changes are collected before members compare what they have heard: longer than a statement takes from one to all. */
  statementDigestMs: 200,
  /** Time for a member to show a statement that it claims to have heard. */
  statementShowMs: 5_000,
  /** Proofs against strangers that are verified for one sender in a minute; more of them are not looked at. */
  maxEvidencePerMinute: 6,
} as const)
