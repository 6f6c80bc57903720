export { type Clock, systemClock, type Timer } from './base/clock.js'
export {
  isP2PError,
  P2P_ERROR_CODES,
  P2PError,
  type P2PErrorCode,
  type P2PErrorCodesOfPlugins,
  type P2PErrorDetails,
} from './base/errors.js'
export type { Unsubscribe } from './base/events.js'
export { DEFAULT_LIMITS, type LimitName, type Limits } from './base/limits.js'
export { consoleLogger, type Logger } from './base/logger.js'
export { VERSION } from './base/version.js'
export type { WaitOptions } from './base/wait.js'
export { P2PCoordinator } from './coordinator.js'
export type { P2PConfig, WebRtcConfig } from './core/config.js'
export type { CoordinatorEvents, CoordinatorStats, Diversity, P2PStatus, SendToOptions } from './core/events.js'
export type { Ban } from './defence/bans.js'
export type { Standing } from './defence/reputation.js'
export { type EnvelopeTag, type SignedEnvelope, signEnvelope, verifyEnvelope } from './identity/envelope.js'
export { generateIdentity, type Identity, identityFromSeed, storedIdentity } from './identity/identity.js'
export { decodePeerId, encodePeerId, isPeerId } from './identity/peer-id.js'
export type { OutgoingMessage, P2PMessage } from './message/message.js'
export { type CreateMessageOptions, P2PProtocol } from './message/p2p-protocol.js'
export type { QueuedMessage, QueuedOutcome } from './peer/keep/outbox.js'
export { PeerManager, type PeerManagerOptions } from './peer/pool/peer-manager.js'
export type { PeerQuery } from './plugins/circuit/introducer.js'
export {
  type AnnounceOptions,
  type AnnounceResult,
  type DhtOptions,
  type DhtStats,
  DistributedHashTable,
  type GetOptions,
  type QueryOptions,
} from './plugins/dht/client/dht.js'
export type { EclipseReason, EclipseReasonKind } from './plugins/dht/eclipse/eclipse-evidence.js'
export type { EclipseEvidence } from './plugins/dht/eclipse/eclipse-watch.js'
export type { ResourceFilters } from './plugins/discovery/filters.js'
export {
  type AnnounceResourceOptions,
  type ResourceAnnouncement,
  type ResourceChange,
  ResourceDiscovery,
  type ResourceListener,
} from './plugins/discovery/resource-discovery.js'
export { http } from './plugins/http/http.js'
export { webFallback } from './plugins/http/web-fallback.js'
export {
  type MineOptions,
  mineProofOfWork,
  verifyProofOfWork,
  type WorkProgress,
  type WorkProof,
  type WorkWorker,
} from './plugins/proof-of-work/proof-of-work.js'
export type { ProofOfWorkEvent } from './plugins/proof-of-work/work-proofs.js'
export type { TopicMessage } from './plugins/topics/topic-messages.js'
export type { PublishResult, SubscribeOptions, TopicListener, TopicStats } from './plugins/topics/topics.js'
export type { RtcImplementation } from './plugins/webrtc/rtc-types.js'
export type { BlameCause, BroadcastResult, IProtocolHandler, ProtocolHost } from './protocol/handler.js'
export { type PeerAddresses, type PeerInfo, PeerState } from './protocol/peer-info.js'
export type { ProtocolLimits, RateLimit } from './protocol/rate-limits.js'
export {
  type EquivocationEvidence,
  encodeEvidence,
  evidenceToJson,
  verifyEvidence,
} from './statements/equivocation.js'
export {
  type Phase,
  type PhaseItems,
  PhaseMachine,
  type PhaseMachineOptions,
  type PhaseProgress,
  type PhaseVerdict,
} from './statements/phases.js'
export { type SignedStatement, type Statement, signStatement, verifyStatement } from './statements/statement.js'
export type { StatementSession, StatementSessionOptions } from './statements/statement-session.js'
export { Statements } from './statements/statements.js'
export { indexedDbStore } from './storage/indexeddb-store.js'
export { type KeyValueStore, memoryStore } from './storage/key-value-store.js'
export { type BroadcastChannelOptions, broadcastChannel } from './transport/tabs/broadcast-channel.js'
export type { Connection, DialOptions, FrameSink, Listener, Transport, TransportName } from './transport/transport.js'
export { webSocket } from './transport/websocket.js'
