import { asP2PError, isP2PError, P2PError } from '../../base/errors.js'
import type { Plugin } from '../../core/plugin.js'
import { dhtOf } from '../dht/client/plugin.js'
import { outboxOf } from '../outbox/plugin.js'
import { KeptAnnouncements } from './kept-announcements.js'
import { KeptOutbox } from './kept-outbox.js'
import { KeptPeers } from './kept-peers.js'
import { openState } from './state-format.js'
import { StateWriter } from './state-writer.js'

/**
 * Keeps in `P2PConfig.store` what a reload or a crash would lose: queued messages, which leave once they are kept and are sent by the next
 * process; announcements, which the next process announces anew until their TTL ends; the peers that the application has connected
 * to, which it dials. Of several tabs only the one that leads reads and writes: attach it after `oneTab()`.
 *
 * A message that was under way when the process ended may come twice, with the same `messageId`.
 *
 * @example
 * new P2PCoordinator({ store: indexedDbStore(), plugins: [oneTab(), outbox(), persistence()] }) // of lotus-p2p/core; that of lotus-p2p has it
 */
export function persistence(): Plugin {
  return {
    name: 'persistence',
    needs: ['dht', 'outbox'],
    attach(kit) {
      const writer = new StateWriter(kit.store, (error) => kit.report(error))
      const outbox = new KeptOutbox(kit, writer)
      const announcements = new KeptAnnouncements(kit, writer)
      const peers = new KeptPeers(kit, writer)
      outboxOf(kit).journal = outbox
      dhtOf(kit).dht.journal = announcements
      kit.onPeer(peers)
      kit.onLifecycle({
        async lead() {
          let isLoaded = false
          try {
            await openState(kit.store)
            const bad = (await outbox.load()) + (await announcements.load()) + (await peers.load())
            isLoaded = true
            if (bad > 0)
              kit.report(new P2PError('STORAGE_FAILED', `${bad} entries of the store could not be read; see bad/ in it.`))
          } catch (error) {
            if (isP2PError(error, 'STORE_TOO_NEW')) throw error
            // A wallet without its store is better than none.
            kit.report(asP2PError(error, 'STORAGE_FAILED', 'The state in P2PConfig.store could not be read.'))
          }
          outbox.resume(isLoaded)
        },
        wanted: (peerId) => peers.add(peerId),
        suspend() {
          outbox.suspend()
          announcements.suspend()
        },
      })
      return {}
    },
  }
}
