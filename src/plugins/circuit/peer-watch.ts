import { asP2PError, shutDownError } from '../../base/errors.js'
import { checkListener, type Unsubscribe } from '../../base/events.js'
import { fenced } from '../../base/fenced.js'
import { LazyMap } from '../../base/lazy-map.js'
import { SMALL_PLUGIN_LIMITS } from '../../base/limits/small-plugins.js'
import type { Plugin } from '../../core/plugin.js'
import { checkQuery, type PeerQuery } from './find-peers.js'
import { PeerWatches, type PeerWatchListener } from './watch-peers.js'

/** What the plugin `peerWatch()` adds to a coordinator. */
export interface PeerWatch {
  /**
   * Tells of the peers that are connected to the connected relays, as they come, change and go: those that are there as `'added'`, then
   * each change when a relay pushes it. A peer at several relays is told of once, with all of them in `addresses.relays`. A relay that
   * is lost takes its peers along, and tells of them again when it is back.
   *
   * @param query as for `findPeers`; `limit` is for each relay, which tells of others as some leave.
   * @param listener called with a copy of the peer's description, and the change.
   * @returns ends the watch, here and at the relays.
   * @throws P2PError INVALID_CONFIG for a criterion that there is none of, or without a listener; LIMIT_EXCEEDED above `limits.maxPeerWatches`, SHUT_DOWN.
   * @example
   * const stop = coordinator.watchPeers({ protocol: 'chat' }, (peer, change) => console.log(change, peer.peerId))
   */
  watchPeers(query: PeerQuery & { relays?: boolean | undefined }, listener: PeerWatchListener): Unsubscribe
}

/** Watches for peers at the connected relays: what `findPeers` tells once, pushed as it changes. */
export function peerWatch(): Plugin<PeerWatch> {
  return {
    name: 'peer-watch',
    limits: SMALL_PLUGIN_LIMITS,
    attach(kit) {
      let watches: PeerWatches | undefined
      let isOver = false
      // Only a coordinator that watches takes what introducers push.
      const add = (query: PeerQuery, listener: PeerWatchListener) => {
        if (watches === undefined) {
          watches = new PeerWatches(kit, kit.limits)
          kit.registerProtocol(watches)
        }
        return watches.add(query, listener)
      }
      const away = new LazyMap<string, Unsubscribe>()
      const stopFor = (peerId: string) => {
        away.get(peerId)?.()
        away.delete(peerId)
      }
      kit.onPeer({ connected: ({ peerId }) => stopFor(peerId) })
      const failed = (cause: unknown) => kit.report(asP2PError(cause, 'LISTENER_FAILED', 'A listener of watchPeers failed.'))
      kit.onLifecycle({
        // Relays tell when a wanted peer comes: it is dialled then, not only after a pause. Half of the watches are the application's.
        away(peerId) {
          if (away.has(peerId) || isOver) return
          if (away.size >= kit.limits.maxPeerWatches / 2) stopFor(away.keys().next().value!)
          away.set(
            peerId,
            add({ peerId }, (_, change) => change !== 'removed' && kit.dialer.seen(peerId)),
          )
        },
        stop() {
          isOver = true
        },
      })
      return {
        watchPeers(query, listener) {
          const { relays = false, ...criteria } = query ?? {}
          checkListener('watchPeers', listener)
          checkQuery(criteria)
          if (isOver) throw shutDownError()
          const stop = add(criteria, (peer, change) => {
            // A listener that fails is reported and ends no watch.
            if (relays || peer.isRelay !== true) fenced(() => listener(peer, change), failed)
          })
          kit.run().catch((error) => kit.report(error))
          return stop
        },
      }
    },
  }
}
