import type { MailEntryState } from './outgoing-entry.js'
import type { MailRecovery } from './recovery.js'

/** How a mailbox is kept; each option may be left out. */
export interface MailboxOptions {
  /** Addresses of the relays that keep our mail. Default: relays that are connected, of different operators. */
  relays?: readonly string[] | undefined
  /** How many mailboxes, 1 to 3. Default 2: one may go. */
  count?: number | undefined
  /** What strangers show for a letter: bits of proof of work, 0 to 24; false: none may write. Default `{ bits: 20 }`. */
  strangers?: { bits: number } | false | undefined
  /** The largest letter: 0 to 4 for 1, 4, 16, 64 or 256 KiB. Default 4. */
  max?: number | undefined
  /** Whether receipts are sent: that the handlers of a message are through, not that somebody has read it. Default true. */
  receipts?: boolean | undefined
  /** Whether anybody may find our card. False: those alone whom we write to have it, and who are given it by `card()`. Default true. */
  publish?: boolean | undefined
  /**
   * What letters outlive a lost store by: `mailRecovery(secret)`. Whoever learns the secret later can open what relays have kept: there is
   * no forward secrecy then. Default: none.
   */
  recoverable?: MailRecovery | undefined
  /** What wakes this device, at most 1,024 characters: relays hand it to `onMail` of `startRelay`. */
  wake?: string | undefined
  /**
   * The key by which what mail keeps is sealed at rest: a `CryptoKey` of AES-GCM or 32 bytes; false: it is not sealed. Default: in
   * browsers a key that no script can read, kept in IndexedDB; elsewhere false.
   */
  sealStore?: CryptoKey | Uint8Array | false | undefined
}

/** Options with nothing left open. */
export interface MailSettings {
  readonly relays: readonly string[] | undefined
  readonly count: number
  readonly bits: number | null
  readonly max: number
  readonly receipts: boolean
  readonly publish: boolean
  readonly recovery: MailRecovery | undefined
  readonly wake: string | undefined
}

/** A message of ours that is not done with. */
export interface WaitingMail {
  messageId: string
  peerId: string
  state: MailEntryState
  /** Milliseconds since the Unix epoch. */
  expiresAt: number
}

/** What became of letters. */
export interface ReceiverStats {
  delivered: number
  redelivered: number
  duplicates: number
  /** Letters that could not be opened, or that are no letters. */
  undecryptable: number
  /** Letters that are too old, or dated ahead of now. */
  stale: number
  /** Letters of senders who are banned. */
  banned: number
  /** Letters for protocols that nobody has handled. */
  unheard: number
}

/** What `getStats` tells of mail. */
export interface MailStats extends ReceiverStats {
  /** Messages of ours that wait, are on their way, or lie in mailboxes. */
  outgoing: number
  /** Mailboxes of ours, and those of them that are open. */
  boxes: number
  open: number
  /** Ids by which what was delivered is known again. */
  seen: number
}
