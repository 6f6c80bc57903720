import { MAIL_LIMITS } from '../../base/limits/mail.js'
import type { Plugin } from '../../core/plugin.js'
import { MailServer, type MailServerOptions, type MailServerStats } from './mail-server.js'

/** The plugin `mailServer()`, and what it tells of its work. */
export interface MailService extends Plugin<object, object, { mail: MailServerStats }> {
  getStats(): MailServerStats | undefined
}

/**
 * Keeps mailboxes at a relay: letters wait there, sealed, for owners that are away.
 *
 * @param options.store where they wait: `memoryMail()`, `levelMail(path)`. Whoever made it closes it after the coordinator has stopped.
 * @example
 * const relay = new P2PCoordinator({ listen: [webSocketServer()], plugins: [relayServices(), mailServer({ store: levelMail(path) })] })
 */
export function mailServer(options: MailServerOptions): MailService {
  let server: MailServer | undefined
  return {
    name: 'mail-server',
    limits: MAIL_LIMITS,
    attach(kit) {
      const own = new MailServer(kit, options)
      kit.registerProtocol(own)
      kit.stats('mail', () => own.getStats())
      server = own
      return {}
    },
    getStats: () => server?.getStats(),
  }
}
