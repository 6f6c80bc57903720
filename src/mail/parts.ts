import type { Limits } from '../base/limits.js'
import type { Contacts } from './contacts.js'
import type { Courier } from './courier.js'
import type { MailHost } from './host.js'
import type { MailSettings } from './mail-options.js'
import type { Mailboxes } from './mailboxes.js'
import type { Outgoing } from './outgoing.js'
import type { Prekeys } from './prekeys.js'
import type { Receipts } from './receipts.js'
import type { Receiver } from './receiver.js'
import type { Sender } from './sender.js'
import type { MailState } from './state.js'

/** What the parts of mail work with: each names those that it needs, the others among them. */
export interface MailParts {
  readonly host: MailHost
  readonly limits: Required<Limits>
  readonly state: MailState
  readonly settings: MailSettings
  readonly prekeys: Prekeys
  readonly contacts: Contacts
  readonly outgoing: Outgoing
  readonly sender: Sender
  readonly receipts: Receipts
  readonly receiver: Receiver
  readonly mailboxes: Mailboxes
  /**
   * As whom letters are deposited.
   *
   * @param via undefined: under our own name.
   * @throws P2PError INVALID_CONFIG where nobody brings letters this way.
   */
  courierBy(via: string | undefined): (recipient: Uint8Array) => Promise<Courier>
}
