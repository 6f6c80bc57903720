import type { Defence } from '../defence/defence.js'
import type { CoreStats } from './events.js'
import type { Messaging } from './messaging.js'
import type { Network } from './network.js'

interface StatsOwner {
  maxConnections: number
  network: Network
  defence: Defence
  messaging: Messaging
}

/** Counts all that a core has done since its start. */
export function readStats(core: StatsOwner): CoreStats {
  const { peers, queue, skew } = core.network
  const { gate, bans, reputation, slots, budget } = core.defence
  const clockSkewMs = skew?.medianMs
  const paths: Record<string, number> = {}
  let relays = 0
  for (const peer of peers.all()) {
    const { transport } = peer.activeChannel.connection
    paths[transport] = (paths[transport] ?? 0) + 1
    if (peer.info.isRelay) relays++
  }
  const { faults, refused, refusals, ...dials } = peers.stats
  const { size: connectedPeers, dialling } = peers
  const { maxConnections } = core
  return {
    peers: { connectedPeers, relays, maxConnections, dialling, paths, ...dials },
    relays: { named: core.network.named.size, connected: relays },
    traffic: {
      ...peers.traffic(),
      pendingRequests: core.messaging.requests.count,
      queued: queue?.stats ?? { messages: 0, bytes: 0 },
    },
    defence: {
      ...gate.stats,
      rememberedIds: gate.remembered,
      refused,
      refusals: { ...refusals },
      faults: { ...faults },
      bans: bans.count,
      reputations: reputation.size,
      pendingHandshakes: slots.size,
      verification: { ...budget.stats },
      ...(clockSkewMs !== undefined && { clockSkewMs }),
    },
  }
}
