import { HTTP_LIMITS } from '../../base/limits/http.js'
import type { Plugin } from '../../core/plugin.js'
import { withTransport } from '../../core/with-transport.js'
import { webFallback } from './web-fallback.js'

/**
 * HTTP polling to the host of a WebSocket address where the network lets no WebSocket through, and for `http://` and `https://`
 * addresses.
 *
 * @example
 * new P2PCoordinator({ bootstrap: ['wss://relay.example'], plugins: [httpFallback()] })
 */
export function httpFallback(): Plugin {
  return { ...withTransport(webFallback()), limits: HTTP_LIMITS }
}
