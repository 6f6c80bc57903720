import type { Unsubscribe } from '../base/events.js'
import { PathUpgrade } from '../peer/keep/path-upgrade.js'
import type { PeerInfo } from '../protocol/peer-info.js'
import type { Transport } from '../transport/transport.js'
import type { PluginKit } from './plugin.js'

/**
 * Looks for a direct path by a transport to every peer that is reached through somebody else, and takes it where there is one. For
 * plugins whose transport needs a connection to agree over, as WebRTC does. `withTransport` calls it by itself.
 *
 * A peer is considered while `PeerInfo.connection.direct` is false and another transport serves it. Ranks decide only once the new path
 * is there: a circuit, of rank 1, goes on serving beside a transport of a lower rank. While `privacy` is not 'direct' no path is looked for.
 *
 * @param transport one with `upgradeOf`.
 * @returns ends it.
 */
export function upgradePaths(kit: PluginKit, transport: Transport): Unsubscribe {
  const { clock, limits, random, logger } = kit
  const upgrades = new PathUpgrade({
    clock,
    limits,
    random,
    logger,
    get: (peerId) => kit.peers().find((peer) => peer.peerId === peerId),
    addressOf: ({ peerId, protocols, connection }) =>
      kit.privacy === 'direct' && connection?.direct === false && connection.transport !== transport.name
        ? transport.upgradeOf?.({ peerId, protocols })
        : undefined,
    dial: (address, peerId, wait) => kit.dialer.dial(address, peerId, wait),
  })
  const consider = ({ peerId }: PeerInfo) => upgrades.consider(peerId)
  const stopPeers = kit.onPeer({
    connected: consider,
    pathChanged: consider,
    described: consider,
    disconnected: ({ peerId }) => upgrades.forget(peerId),
  })
  const close = () => upgrades.close()
  const stopHooks = kit.onLifecycle({ suspend: close, stop: close, wake: () => upgrades.retry() })
  return () => {
    stopPeers()
    stopHooks()
    close()
  }
}
