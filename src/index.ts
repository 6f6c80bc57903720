export type { PeerQuery } from './circuit/introducer.js'
export { type Clock, systemClock, type Timer } from './clock.js'
export type { P2PConfig, WebRtcConfig } from './config.js'
export { P2PCoordinator } from './coordinator.js'
export type { CoordinatorEvents, CoordinatorStats, Diversity, P2PStatus, SendToOptions } from './coordinator-types.js'
export type { Ban } from './defence/bans.js'
export type { EclipseReason, EclipseReasonKind } from './defence/eclipse-evidence.js'
export type { EclipseEvidence } from './defence/eclipse-watch.js'
export {
  type EquivocationEvidence,
  encodeEvidence,
  evidenceToJson,
  verifyEvidence,
} from './defence/equivocation.js'
export {
  type Phase,
  type PhaseItems,
  PhaseMachine,
  type PhaseMachineOptions,
  type PhaseProgress,
  type PhaseVerdict,
} from './defence/phases.js'
export type { ProtocolLimits, RateLimit } from './defence/protocol-limits.js'
export type { Standing } from './defence/reputation.js'
export { type SignedStatement, type Statement, signStatement, verifyStatement } from './defence/statement.js'
export type { StatementSession, StatementSessionOptions } from './defence/statement-session.js'
export { Statements } from './defence/statements.js'
export {
  type AnnounceOptions,
  type AnnounceResult,
  type DhtOptions,
  type DhtStats,
  DistributedHashTable,
  type GetOptions,
  type QueryOptions,
} from './dht/dht.js'
export type { ResourceFilters } from './discovery/filters.js'
export {
  type AnnounceResourceOptions,
  type ResourceAnnouncement,
  type ResourceChange,
  ResourceDiscovery,
  type ResourceListener,
} from './discovery/resource-discovery.js'
export { isP2PError, P2P_ERROR_CODES, P2PError, type P2PErrorCode, type P2PErrorDetails } from './errors.js'
export type { Unsubscribe } from './events.js'
export { type EnvelopeTag, type SignedEnvelope, signEnvelope, verifyEnvelope } from './identity/envelope.js'
export { generateIdentity, type Identity, identityFromSeed, storedIdentity } from './identity/identity.js'
export { decodePeerId, encodePeerId, isPeerId } from './identity/peer-id.js'
export {
  type MineOptions,
  mineProofOfWork,
  verifyProofOfWork,
  type WorkProgress,
  type WorkProof,
  type WorkWorker,
} from './identity/proof-of-work.js'
export type { ProofOfWorkEvent } from './identity/work-proofs.js'
export { DEFAULT_LIMITS, type LimitName, type Limits } from './limits.js'
export { consoleLogger, type Logger } from './logger.js'
export type { OutgoingMessage, P2PMessage } from './message/message.js'
export { type CreateMessageOptions, P2PProtocol } from './message/p2p-protocol.js'
export type { QueuedMessage, QueuedOutcome } from './peer/outbox.js'
export { type PeerAddresses, type PeerInfo, PeerState } from './peer/peer-info.js'
export { PeerManager, type PeerManagerOptions } from './peer/peer-manager.js'
export type { BlameCause, BroadcastResult, IProtocolHandler, ProtocolHost } from './protocol-handler.js'
export { indexedDbStore } from './storage/indexeddb-store.js'
export { type KeyValueStore, memoryStore } from './storage/key-value-store.js'
export type { TopicMessage } from './topics/topic-messages.js'
export type { PublishResult, SubscribeOptions, TopicListener, TopicStats } from './topics/topics.js'
export { type BroadcastChannelOptions, broadcastChannel } from './transport/broadcast-channel.js'
export { http } from './transport/http.js'
export type { Connection, DialOptions, FrameSink, Listener, Transport, TransportName } from './transport/transport.js'
export { webFallback } from './transport/web-fallback.js'
export { webSocket } from './transport/websocket.js'
export { VERSION } from './version.js'
export type { WaitOptions } from './wait.js'
export type { RtcImplementation } from './webrtc/rtc-types.js'
