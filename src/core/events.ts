import type { P2PError } from '../base/errors.js'
import type { Ban } from '../defence/bans.js'
import type { GateStats } from '../defence/gate.js'
import type { P2PMessage } from '../message/message.js'
import type { Traffic } from '../peer/pool/peer-manager.js'
import type { DhtStats } from '../plugins/dht/client/dht.js'
import type { EclipseEvidence } from '../plugins/dht/eclipse/eclipse-watch.js'
import type { ResourceAnnouncement, ResourceChange } from '../plugins/discovery/resource-discovery.js'
import type { ProofOfWorkEvent } from '../plugins/proof-of-work/work-proofs.js'
import type { TopicStats } from '../plugins/topics/topics.js'
import type { PeerInfo } from '../protocol/peer-info.js'

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
  'path-changed': [peer: PeerInfo, from: string]
  /** Every message of an application, whether or not a protocol handler gets it too. */
  message: [message: P2PMessage, from: PeerInfo]
  /** What nobody waits for: a peer's fault, a handler or listener that threw, a bootstrap peer out of reach. */
  error: [error: P2PError, peer?: PeerInfo]
  status: [status: P2PStatus]
  /** A peer, or an address, may not connect for a while; `listBans` has all of them. */
  'peer-banned': [ban: Ban]
  /** A ban was lifted by `unban`. */
  'peer-unbanned': [id: string]
  /** A message sent with `queue: true` has reached the peer. */
  delivered: [message: P2PMessage]
  /** A message sent with `queue: true` was not delivered in its time. */
  expired: [message: P2PMessage]
  /** A peer that we dial demands a proof of work: how it goes on, about ten times a second, and its end. */
  'proof-of-work': [event: ProofOfWorkEvent]
  /**
   * What our relays show does not fit together, or no anchor can be reached: somebody may be keeping us from the rest of the
   * network. Told again at most every `limits.eclipseCheckMs` while it lasts.
   */
  'eclipse-suspected': [evidence: EclipseEvidence]
  /** What had been suspected is no longer found. */
  'eclipse-cleared': []
  /** Whatever a `watchResources` of this coordinator tells. */
  resource: [resource: ResourceAnnouncement, change: ResourceChange]
}

/** How much of what we see comes from how many sides. One operator means that we depend on it, not that it lies. */
export interface Diversity {
  /** Operators, or address groups, of the relays and nodes that we have dialled; each with a private address counts for itself. */
  operators: number
  /** Address groups of all peers. */
  groups: number
  /** Peers that we have dialled, and peers that have come by themselves. */
  outbound: number
  inbound: number
  /** Configured anchors that are connected. */
  anchors: number
  /** Relays remembered for the next start. */
  remembered: number
}

export interface CoordinatorStats {
  peers: {
    connected: number
    maxConnections: number
    /** Dials under way. */
    dialling: number
    /** Connected peers by transport. */
    paths: Record<string, number>
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
  defence: GateStats & {
    /** Message ids remembered to notice duplicates. */
    rememberedIds: number
    /** Incoming connections refused. */
    refused: number
    /** The same by error code. */
    refusals: Record<string, number>
    /** Peers' faults by error code. */
    faults: Record<string, number>
    /** Bans in force. */
    bans: number
    /** Peers of whom there is an opinion. */
    reputations: number
    /** Handshakes under way with those who dialled us. */
    pendingHandshakes: number
    /** Checks that suspect sources had to wait for, or were refused, and the milliseconds of processor time that theirs took. */
    verification: { queued: number; refused: number; spentOnSuspectsMs: number }
    /** How far the peers' clocks are ahead of ours, their median, milliseconds. */
    clockSkewMs?: number
    diversity: Diversity & {
      /** As the event `eclipse-suspected` has told. */
      suspected: boolean
    }
  }
}
