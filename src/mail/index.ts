// lotus-p2p/mail: messages for those who are away wait at relays.
export type { Mail } from './mail.js'
export type { MailboxOptions, MailStats, ReceiverStats, WaitingMail } from './mail-options.js'
export type { MailboxInfo } from './mailboxes.js'
export type { MailEntryState } from './outgoing-entry.js'
export { type MailEvents, mailbox } from './plugin.js'
export { type MailRecovery, mailRecovery } from './recovery.js'
export { sealedDeposits } from './sealed-deposits.js'
export { sealedStore } from './sealed-store.js'
