import type { Transport } from '../transport/transport.js'
import type { Plugin } from './plugin.js'
import { upgradePaths } from './upgrade-paths.js'

/**
 * A plugin of nothing but one transport, under the transport's name. Where the transport has `upgradeOf`, peers that are reached
 * through somebody else move to it; see `upgradePaths`.
 *
 * The coordinator refuses what is no transport with INVALID_CONFIG.
 *
 * @example
 * new P2PCoordinator({ plugins: [withTransport(carrierPigeon())] })
 */
export function withTransport(transport: Transport): Plugin {
  return {
    name: transport?.name,
    attach(kit) {
      kit.addTransport(transport)
      if (transport.upgradeOf !== undefined) upgradePaths(kit, transport)
      return {}
    },
  }
}
