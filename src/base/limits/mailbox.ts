import { table } from '../table.js'

/** What `mailbox()` reads beside the limits of the core and of the outbox. */
export const MAILBOX_LIMITS = /* @__PURE__ */ table({
  /** How long a queued message lives where its sender does not say, seconds: a week, as messages of WalletConnect do. */
  mailTtlS: 604_800,
  /** The longest that one may live, seconds: two weeks, the longest class of a mailbox. */
  maxMailTtlS: 1_209_600,
  /** How long a peer is waited for before its mail goes to its mailboxes: the time of one dial. */
  mailAfterMs: 5_000,
  /** How long an answer of a peer is waited for whose handler runs, before the message is sent again. */
  directTimeoutMs: 60_000,
  /** Messages on their way to one connected peer that it has not kept yet. */
  maxDirectMail: 32,
  /** When a deposit that failed is tried again, and the longest pause, doubled each time. */
  mailRetryMs: 30_000,
  maxMailRetryMs: 3_600_000,
  /** How long mail without a receipt waits before it is sealed to a newer prekey. */
  resealMs: 86_400_000,
  /** How long a message that is missing is waited for once all mailboxes were read, and where one of them cannot be reached. */
  mailGapMs: 10_000,
  mailAwayGapMs: 600_000,
  /** Messages that wait for one before them, in all: beyond, gaps are given up. */
  maxHeldMail: 1_024,
  /** How often a new signed prekey is made: so old a card may be. */
  prekeyMs: 172_800_000,
  /** How long the secret of a prekey outlives its successor: the age of a card, the longest life of a letter, and two days. */
  prekeyKeepMs: 1_555_200_000,
  /** How old a letter may be, by its date, and how far ahead; `seen` remembers it for longer. */
  maxLetterAgeMs: 1_296_000_000,
  maxLetterAheadMs: 86_400_000,
  /** How long the ids of what was delivered are kept, and how many: beyond, letters are refused rather than doubled. */
  seenMailMs: 1_468_800_000,
  maxSeenMail: 50_000,
  /** Senders and protocols whose numbers are remembered, the longest unused are forgotten. */
  maxMailOrders: 4_096,
  /** Cards of others, the longest unused are forgotten. */
  maxMailContacts: 1_000,
  /** How old a card may be before a newer one is looked for. */
  cardAgeMs: 172_800_000,
  /** How long receipts are collected. */
  receiptMs: 5_000,
  /** Life of a card in the DHT, seconds: 30 days, for who is away cannot publish. */
  cardTtlS: 2_592_000,
  /** How long a mailbox that was given up is still read. */
  oldBoxMs: 1_209_600_000,
  /** How long a letter waits for a handler of its protocol, which may be registered late. */
  mailHandlerMs: 3_600_000,
} as const)
