import type { P2PError } from '../base/errors.js'
import type { Ban } from '../defence/bans.js'
import type { GateStats } from '../defence/gate-wiring.js'
import type { P2PMessage } from '../message/message.js'
import type { Traffic } from '../peer/pool/members.js'
import type { PeerInfo } from '../protocol/peer-info.js'

/**
 * `'online'`: a peer is connected; `getStats().relays` tells whether a relay is. `'connecting'`: none is, and a dial is under way or
 * waits for its time. `'suspended'`: between `suspend` and `resume`, or while the page is away. `'standby'`: another tab leads (`oneTab`).
 */
export type P2PStatus = 'offline' | 'connecting' | 'online' | 'suspended' | 'standby'

/** The events of every coordinator, and their listeners' arguments. Plugins add theirs. */
export interface CoreEvents {
  /** A peer is connected; messages to it can be sent. */
  connected: [peer: PeerInfo]
  /** With the reason: CONNECTION_CLOSED where one of the two ends has closed it on purpose, SHUT_DOWN where one has shut down. */
  disconnected: [peer: PeerInfo, reason: P2PError]
  /** The peer is served by another path than before, e.g. 'webrtc' instead of 'circuit'; nothing was lost. */
  'path-changed': [peer: PeerInfo, from: string]
  /**
   * Every message of an application, whether or not a protocol handler gets it too. The message is frozen; its payload is not, and is
   * the same for all listeners and the handler: copy it before you change it.
   */
  message: [message: P2PMessage, from: PeerInfo]
  /**
   * A failure that no call waits for: a peer's fault, a handler or listener that threw, a bootstrap peer out of reach. Without a
   * listener it is logged.
   */
  error: [error: P2PError, peer?: PeerInfo]
  /** Another status than before. */
  status: [status: P2PStatus]
  /** A peer, or an address, may not connect for a while; `listBans` has all of them. */
  'peer-banned': [ban: Ban]
  /** A ban was lifted by `unban`. */
  'peer-unbanned': [id: string]
  /** A message sent with `queue: true` has reached the peer. */
  delivered: [message: P2PMessage]
  /** A message sent with `queue: true` was not delivered in its time. */
  expired: [message: P2PMessage]
}

/** What `getStats` tells of every coordinator. Plugins add sections of their own. */
export interface CoreStats {
  peers: {
    /** Connected peers, relays included. */
    connectedPeers: number
    /** Connected relays. */
    relays: number
    maxConnections: number
    /** Dials under way. */
    dialling: number
    /** Connected peers by transport. */
    paths: Record<string, number>
    dialled: number
    dialsFailed: number
    accepted: number
  }
  /** Relays that the configuration names, and relays that are connected: with none of them, peers are found and reached no more. */
  relays: { named: number; connected: number }
  /** Messages and their bytes since the start, over all peers. */
  traffic: Traffic & {
    pendingRequests: number
    /** Messages in the outbox: for peers that are away, or not yet acknowledged. */
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
    /** Peers that have a reputation here. */
    reputations: number
    /** Handshakes under way with peers that dialled us. */
    pendingHandshakes: number
    /** Checks that suspect sources had to wait for, or were refused, and the milliseconds of processor time that theirs took. */
    verification: { queued: number; refused: number; spentOnSuspectsMs: number }
    /** How far the peers' clocks are ahead of ours, their median, milliseconds; with `relayClocks()`, once a peer was measured. */
    clockSkewMs?: number
  }
}
