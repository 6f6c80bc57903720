import type { Plugin } from '../../core/plugin.js'
import { webFallback } from './web-fallback.js'

/**
 * HTTP polling to the host of a WebSocket address where the network lets no WebSocket through, and for `http://` and `https://`
 * addresses.
 *
 * @example
 * new P2PCoordinator({ bootstrap: ['wss://relay.example'], plugins: [httpFallback()] })
 */
export function httpFallback(): Plugin {
  return {
    name: 'http',
    attach(kit) {
      kit.addTransport(webFallback({ limits: kit.limits }))
      return {}
    },
  }
}
