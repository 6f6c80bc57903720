import { WEBRTC_LIMITS } from '../../base/limits/webrtc.js'
import type { Plugin } from '../../core/plugin.js'
import { upgradePaths } from '../../core/upgrade-paths.js'
import { WebRtcEndpoint, type WebRtcOptions, type WebRtcStats } from './endpoint.js'

/** How WebRTC is done. */
export type WebRtcConfig = Pick<WebRtcOptions, 'implementation' | 'iceServers' | 'iceTransportPolicy'>

/**
 * Direct paths between peers that are connected already, by a circuit for instance. Where the platform has no WebRTC, or the
 * coordinator reaches peers through relays only, the plugin adds nothing.
 *
 * @example
 * new P2PCoordinator({ bootstrap: ['wss://relay.example'], plugins: [webRtc({ iceServers: [{ urls: 'stun:stun.example' }] })] })
 */
export function webRtc(options: WebRtcConfig = {}): Plugin<object, object, { webrtc?: WebRtcStats }> {
  return {
    name: 'webrtc',
    limits: WEBRTC_LIMITS,
    attach(kit) {
      if (kit.relayOnly || !WebRtcEndpoint.available(options.implementation)) return {}
      const endpoint = new WebRtcEndpoint({ ...options, limits: kit.limits })
      kit.addTransport(endpoint)
      kit.registerProtocol(endpoint)
      upgradePaths(kit, endpoint)
      kit.stats('webrtc', () => endpoint.getStats())
      return {}
    },
  }
}
