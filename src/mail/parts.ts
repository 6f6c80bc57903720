import type { Limits } from '../base/limits.js'
import type { Courier } from './courier.js'
import type { MailHost } from './host.js'
import type { MailSettings } from './mail-options.js'
import type { MailState } from './state.js'

/** What every part of mail may work with; each says which of the others it needs beside. */
export interface MailParts {
  readonly host: MailHost
  readonly limits: Required<Limits>
  readonly state: MailState
  readonly settings: MailSettings
  /**
   * As whom letters are deposited.
   *
   * @param via undefined: under our own name.
   * @throws P2PError INVALID_CONFIG where nobody brings letters this way.
   */
  courierBy(via: string | undefined): (recipient: Uint8Array) => Promise<Courier>
}
