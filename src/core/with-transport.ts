import type { Transport } from '../transport/transport.js'
import type { Plugin } from './plugin.js'

/**
 * A plugin of nothing but one transport, under the transport's name.
 *
 * @example
 * new P2PCoordinator({ plugins: [withTransport(carrierPigeon())] })
 */
export function withTransport(transport: Transport): Plugin {
  return {
    name: transport.name,
    attach(kit) {
      kit.addTransport(transport)
      return {}
    },
  }
}
