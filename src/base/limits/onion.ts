import { table } from '../table.js'

/** What `onion()` reads beside the limits of the core. Those of hops are in `onion-hop.ts`. */
export const ONION_LIMITS = /* @__PURE__ */ table({
  /** How often the directory is asked for: records of hops are renewed hourly. */
  onionDirectoryMs: 3_600_000,
  /** When the directory is asked for again after it could not be had. */
  onionDirectoryRetryMs: 30_000,
  /** Relays of different operators that are asked for hops; two of them must tell of one. */
  onionDirectories: 3,
  /** Hops that are remembered: beyond, those that were told the longest ago are forgotten. */
  maxOnionHops: 2_048,
  /** How long a hop must be known before it is used, and before it is a guard: an attacker's new hops take part late. */
  onionHopAgeMs: 86_400_000,
  onionGuardAgeMs: 604_800_000,
  /** Guards in the sample, and those of it that are used (Tor's guard-spec has 20 and 3; a wallet has fewer packets to spread). */
  onionGuardSample: 6,
  onionGuards: 2,
  /** How long a guard is kept: 120 days, as in Tor's guard-spec. Each new guard is one more draw of a hostile one. */
  onionGuardMs: 10_368_000_000,
  /** How long all guards must have been unreachable, while some relay was reachable, before another is sampled. */
  onionGuardPatienceMs: 1_200_000,
  /** How long a guard may be missing in the directory before it leaves the sample: 20 days, as in Tor's guard-spec. */
  onionGuardMissingMs: 1_728_000_000,
  /** How long a connection to a guard may take, and the longest pause before it is dialled again. */
  onionGuardDialMs: 10_000,
  maxOnionGuardPauseMs: 60_000,
  /** Hops that may stand in the middle for one purpose, and how long each is kept, at least and at most (Tor's vanguards-lite). */
  onionMiddles: 4,
  minOnionMiddleMs: 432_000_000,
  maxOnionMiddleMs: 864_000_000,
  /** How long a pair of hops is left out after one of them has said that it cannot reach the other. */
  onionPairMs: 600_000,
  /** How long a hop is left out that drops packets, or lies about others. */
  onionLeftOutMs: 86_400_000,
  /** Packets over a hop before it is judged, and the share of them that it may lose. */
  onionJudgedPackets: 20,
  /** How long what was seen of hops counts. */
  onionScoreMs: 7_200_000,
  /** Requests are tried so often. */
  onionTries: 3,
  /** How long an answer is waited for at least, and of an answer in parts the next part. */
  minOnionAnswerMs: 5_000,
  /** How long a request takes in all where its caller does not say: quick, mixed, background. */
  onionQuickMs: 60_000,
  onionMixedMs: 120_000,
  onionBackgroundMs: 900_000,
  /** How long the keys of a reply block are kept. Blocks die with their hops' keys anyway. */
  onionSurbMs: 900_000,
  /** Reply blocks that are out; the oldest are forgotten. */
  maxOnionSurbs: 2_048,
  /** Identities that are open: each has an inbox at the guard, which keeps 64. */
  maxOnionIdentities: 60,
  /** Real packets that wait for a slot of the cover stream. */
  maxOnionWaiting: 256,
  /** Means of the cover streams in a session, and while it is always on: packets to send, and loops. */
  onionSendMs: 2_000,
  onionLoopMs: 10_000,
  onionIdleSendMs: 30_000,
  onionIdleLoopMs: 60_000,
  /** Without cover a loop goes with one in so many packets. */
  onionPacketsPerLoop: 20,
  /** How long another purpose keeps off an exit that one purpose has used. */
  onionExitRestMs: 600_000,
  /** How old, and how far ahead, an anonymous letter may be, by its date. */
  maxAnonymousAgeMs: 600_000,
  /** Anonymous letters that are remembered, so that none is delivered twice. */
  maxAnonymousSeen: 4_096,
  /** Anonymous letters a minute that a wallet opens: each costs a Diffie–Hellman. */
  anonymousPerMin: 120,
  /** How long the handler of an anonymous letter may take to reply. */
  anonymousReplyMs: 60_000,
  /** Cells of a stream that the exit may send: reply blocks out, and how few are left when more are sent. */
  onionStreamCredit: 32,
  onionStreamRefill: 16,
  /** How often a cell is sent again before the stream is lost. */
  onionCellTries: 5,
} as const)
