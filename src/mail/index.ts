// lotus-p2p/mail: messages for those who are away wait at relays.
export type { Mail, MailboxOptions, MailStats, WaitingMail } from './mail.js'
export type { MailEntryState } from './outgoing-entry.js'
export { type MailEvents, mailbox } from './plugin.js'
export type { ReceiverStats } from './receiver.js'
export { sealedStore } from './sealed-store.js'
