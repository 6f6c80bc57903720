import { table } from '../table.js'

/** What a relay that keeps mail reads beside the limits of the core. */
export const MAIL_LIMITS = /* @__PURE__ */ table({
  /** Mailboxes at one relay. */
  maxBoxes: 20_000,
  /** Boxes that one peer may make in an hour: it needs one at each relay. */
  newBoxesPerHour: 4,
  /** Letters of one box that wait, for each size and each time to live: a bound that a stream of JetStream can enforce alone. */
  maxBoxLetters: 128,
  /** Bytes of letters that wait in one box. */
  maxBoxBytes: 4_194_304,
  /** Bytes of letters that wait at one relay. Above nine tenths of it only letters of contacts are taken, for boxes that have less than an equal share. */
  maxMailBytes: 4_294_967_296,
  /** The same for a relay that keeps mail in memory. */
  maxMailMemoryBytes: 67_108_864,
  /** How long a box, and what waits in it, is kept after its owner last opened it: a month. */
  boxMs: 2_592_000_000,
  /** Requests of one peer in a second, and four times as many at once: an owner that comes back fetches, drops and refills its prekeys. */
  mailRequestsPerS: 50,
  /** Letters that one peer may deposit in a minute, and at once, where it shows the access of the box. */
  depositsPerMin: 30,
  depositBurst: 60,
  /** The same without access; and prekeys that it may take. */
  strangerDepositsPerMin: 6,
  strangerDepositBurst: 12,
  /** Letters of strangers that wait in one box; beyond them contacts go on. */
  strangerLettersPerBox: 32,
  /** Batches of prekeys kept for one box. */
  maxPrekeyBatches: 4,
  /** Prekeys below which only contacts are given one. */
  prekeyReserve: 8,
  /** How old a batch of prekeys may be: senders take no older one. */
  prekeyBatchMs: 345_600_000,
  /** Longest life of the record of a card, seconds: a month, for its owner cannot publish while it is away. */
  maxCardTtlS: 2_592_000,
  /** Bytes of letters pushed to an owner that has not dropped them: a link of 1 MB/s has them within a second. */
  maxMailPushBytes: 1_048_576,
  /** Requests of one peer that wait for the store; and bytes of letters that wait to be stored, of all peers. */
  maxMailWaiting: 32,
  maxMailPendingBytes: 67_108_864,
  /** How often the waker of a box is called at most. */
  mailWakeMs: 60_000,
  /** How often what has expired is deleted. Before that nobody gets it any more. */
  mailSweepMs: 600_000,
} as const)

/** The limits of mail, resolved. */
export type MailLimits = { readonly [Name in keyof typeof MAIL_LIMITS]: number }
