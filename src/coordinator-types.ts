import type { DhtStats } from './dht/dht.js'
import type { ResourceAnnouncement, ResourceChange } from './discovery/resource-discovery.js'
import type { P2PError } from './errors.js'
import type { P2PMessage } from './message/message.js'
import type { PeerInfo } from './peer/peer-info.js'
import type { Traffic } from './peer/peer-manager.js'
import type { TopicStats } from './topics/topics.js'
import type { TransportName } from './transport/transport.js'

/** `'online'`: a peer is connected. `'connecting'`: none is, but somebody is being dialled. */
export type P2PStatus = 'offline' | 'connecting' | 'online'

/** How `sendTo` sends. */
export interface SendToOptions {
  /** True: the peer may be away; the message waits for it. Default false: PEER_NOT_CONNECTED at once. */
  queue?: boolean
  /** Seconds that a queued message may wait; default 3,600, at most 604,800. */
  ttl?: number
}

/** The coordinator's events and their listeners' arguments. */
export interface CoordinatorEvents {
  connected: [peer: PeerInfo]
  /** With the reason: CONNECTION_CLOSED where somebody wanted it so. */
  disconnected: [peer: PeerInfo, reason: P2PError]
  /** The peer is served by another path than before, e.g. 'webrtc' instead of 'circuit'; nothing was lost. */
  'path-changed': [peer: PeerInfo, from: TransportName]
  /** Every message of an application, whether or not a protocol handler gets it too. */
  message: [message: P2PMessage, from: PeerInfo]
  /** What nobody waits for: a peer's fault, a handler or listener that threw, a bootstrap peer out of reach. */
  error: [error: P2PError, peer?: PeerInfo]
  status: [status: P2PStatus]
  /** A message sent with `queue: true` has reached the peer. */
  delivered: [message: P2PMessage]
  /** A message sent with `queue: true` was not delivered in its time. */
  expired: [message: P2PMessage]
  /** Whatever a `watchResources` of this coordinator tells. */
  resource: [resource: ResourceAnnouncement, change: ResourceChange]
}

export interface CoordinatorStats {
  peers: {
    connected: number
    maxConnections: number
    /** Dials under way. */
    dialling: number
    /** Connected peers by transport. */
    paths: { [Name in TransportName]?: number }
    dialled: number
    dialsFailed: number
    accepted: number
  }
  dht: DhtStats
  topics: TopicStats
  /** Messages and their bytes since the start, over all peers. */
  traffic: Traffic & {
    pendingRequests: number
    /** What waits in the outbox for peers that are away, or is not yet acknowledged. */
    queued: { messages: number; bytes: number }
  }
  defence: {
    accepted: number
    duplicates: number
    /** Message ids remembered to notice duplicates. */
    rememberedIds: number
    /** Incoming connections refused. */
    refused: number
    /** The same by error code. */
    refusals: Record<string, number>
    /** Peers' faults by error code. */
    faults: Record<string, number>
  }
}
