import { WEBRTC_LIMITS } from '../../base/limits/webrtc.js'
import { coreOf } from '../../core/core.js'
import type { Plugin, PluginKit } from '../../core/plugin.js'
import { upgradePaths } from '../../core/upgrade-paths.js'
import { WebRtcEndpoint, type WebRtcOptions, type WebRtcStats } from './endpoint.js'

/** How WebRTC is done. */
export type WebRtcConfig = Pick<WebRtcOptions, 'implementation' | 'iceServers' | 'iceTransportPolicy'>

/**
 * Direct paths between peers that are connected already, by a circuit for instance. Where the platform has no WebRTC, or the
 * coordinator reaches peers through relays only, the plugin adds nothing.
 *
 * @param options false: none until `configure` says otherwise.
 * @example
 * new P2PCoordinator({ bootstrap: ['wss://relay.example'], plugins: [webRtc({ iceServers: [{ urls: 'stun:stun.example' }] })] })
 */
export function webRtc(given?: WebRtcConfig | false): Plugin<object, object, { webrtc?: WebRtcStats }> {
  const options = given ?? {}
  return {
    name: 'webrtc',
    limits: WEBRTC_LIMITS,
    attach(kit) {
      let running = begin(kit, options)
      let wanted: WebRtcConfig | false = options
      kit.stats('webrtc', () => running?.endpoint.getStats())
      kit.onLifecycle({
        configured({ webrtc, privacy }) {
          if (webrtc === undefined && privacy === undefined) return
          if (webrtc !== undefined) wanted = webrtc as WebRtcConfig | false
          running?.end()
          running = begin(kit, wanted)
        },
      })
      return {}
    },
  }
}

function begin(kit: PluginKit, options: WebRtcConfig | false): { endpoint: WebRtcEndpoint; end(): void } | undefined {
  if (options === false || kit.privacy !== 'direct' || !WebRtcEndpoint.available(options.implementation)) return undefined
  const endpoint = new WebRtcEndpoint({ ...options, limits: kit.limits })
  kit.addTransport(endpoint)
  kit.registerProtocol(endpoint)
  const stopUpgrades = upgradePaths(kit, endpoint)
  const end = () => {
    stopUpgrades()
    kit.unregisterProtocol(endpoint.protocolName)
    coreOf(kit).removeTransport(endpoint)
  }
  return { endpoint, end }
}
