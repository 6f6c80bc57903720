import { coreOf } from '../../core/core.js'
import type { Plugin } from '../../core/plugin.js'
import { CircuitEndpoint } from './endpoint.js'
import { findPeers } from './find-peers.js'

/** What other plugins may ask of the circuits of a coordinator: `kit.plugin('circuits')`. */
export interface Circuits {
  readonly endpoint: CircuitEndpoint
}

/** Circuits through relays: the core attaches them itself. They also ask the connected relays where a peer is. */
export function circuits(): Plugin<Circuits> {
  return {
    name: 'circuits',
    attach(kit) {
      const { limits } = kit
      const endpoint = new CircuitEndpoint({
        limits,
        // Of what peers are told of us nothing has changed; our peer record names the relay.
        onReservation: () => coreOf(kit).plugins.run('described'),
        // Where several claim the name, the handshake inside tells whether the right one was reached.
        keyOf: async (name) =>
          (await kit.names.lookup(name)) ?? (await findPeers(kit, { peerId: name }, { limits }))[0]?.publicKey,
      })
      kit.addTransport(endpoint)
      kit.registerProtocol(endpoint)
      kit.addResolver((peerId, wait) => findPeers(kit, { peerId }, { ...wait, limits }))
      return { endpoint }
    },
  }
}
