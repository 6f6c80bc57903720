import type { Plugin } from '../../core/plugin.js'
import { withTransport } from '../../core/with-transport.js'
import { type BroadcastChannelOptions, broadcastChannel as tabTransport } from '../../transport/tabs/broadcast-channel.js'

/**
 * Paths between the tabs of one browser, without a server. Tabs of the same name find and dial each other.
 *
 * @param options.name 1 to 64 characters; default: all tabs of this origin that use the SDK.
 * @throws P2PError TRANSPORT_UNAVAILABLE, at the first use, where there is no BroadcastChannel.
 */
export function broadcastChannel(options?: BroadcastChannelOptions): Plugin {
  return withTransport(tabTransport(options))
}
