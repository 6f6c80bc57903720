import { SMALL_PLUGIN_LIMITS } from '../../base/limits/small-plugins.js'
import type { Plugin } from '../../core/plugin.js'
import { WakeWatch } from './wake-watch.js'

/**
 * Notices when the page, or the machine, has slept, when the network goes and returns, and when the page goes. Connections are probed and
 * peers dialled at once on waking; a page that goes says goodbye, and comes back with the back/forward cache.
 *
 * @example
 * new P2PCoordinator({ bootstrap, plugins: [pageEvents()] }) // of lotus-p2p/core; that of lotus-p2p has it
 */
export function pageEvents(): Plugin {
  return {
    name: 'page-events',
    limits: SMALL_PLUGIN_LIMITS,
    attach(kit) {
      const page = globalThis as Partial<EventTarget>
      let isRunning = false
      /** The page has gone, and the coordinator with it. */
      let hasLeft = false
      const watch = new WakeWatch({
        clock: kit.clock,
        limits: kit.limits,
        onWake: (reason) => kit.woke(reason),
        // Also a moment after waking: there was no network yet when the machine woke.
        onOnline: () => kit.woke('online'),
        onOffline: () => kit.woke('offline'),
      })
      const leave = () => {
        if (!isRunning) return
        kit.suspend()
        hasLeft = true
      }
      const comeBack = () => {
        if (hasLeft) kit.resume().catch((error) => kit.report(error))
      }
      kit.onLifecycle({
        start() {
          isRunning = true
          hasLeft = false
          watch.start()
          page.addEventListener?.('pagehide', leave)
          page.addEventListener?.('pageshow', comeBack)
        },
        suspend() {
          isRunning = false
          watch.stop()
        },
        stop() {
          watch.stop()
          page.removeEventListener?.('pagehide', leave)
          page.removeEventListener?.('pageshow', comeBack)
        },
      })
      return {}
    },
  }
}
