import type { Unsubscribe } from '../../base/events.js'
import type { Plugin } from '../../core/plugin.js'
import { CircuitEndpoint } from './endpoint.js'
import { findPeers, type PeerQuery } from './find-peers.js'
import { PeerWatches, type PeerWatchListener } from './watch-peers.js'

/** What other plugins may ask of the circuits of a coordinator: `kit.plugin('circuits')`. */
export interface Circuits {
  readonly endpoint: CircuitEndpoint
  /** @throws P2PError LIMIT_EXCEEDED. */
  watchPeers(query: PeerQuery, listener: PeerWatchListener): Unsubscribe
}

/** Circuits through relays: the core attaches them itself. They also ask the connected relays where a peer is. */
export function circuits(): Plugin<Circuits> {
  return {
    name: 'circuits',
    attach(kit) {
      const { limits } = kit
      const endpoint = new CircuitEndpoint({
        limits,
        onReservation: () => kit.described(),
        // Where several claim the name, the handshake inside tells whether the right one was reached.
        keyOf: async (name) =>
          (await kit.names.lookup(name)) ?? (await findPeers(kit, { peerId: name }, { limits }))[0]?.publicKey,
      })
      kit.addTransport(endpoint)
      kit.registerProtocol(endpoint)
      kit.addResolver((peerId, wait) => findPeers(kit, { peerId }, { ...wait, limits }))
      let watches: PeerWatches | undefined
      return {
        endpoint,
        watchPeers(query, listener) {
          // Only a coordinator that watches takes what introducers push.
          if (watches === undefined) {
            watches = new PeerWatches(kit, limits)
            kit.registerProtocol(watches)
          }
          return watches.add(query, listener)
        },
      }
    },
  }
}
