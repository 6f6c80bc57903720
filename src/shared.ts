// What both entry points, lotus-p2p and lotus-p2p/core, give out beside their coordinator and what signs or verifies.
export { PeerConnection } from './alone/peer-connection.js'
export { PeerManager, type PeerManagerConfig } from './alone/peer-manager.js'
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
export type { Random } from './base/random.js'
export { VERSION } from './base/version.js'
export type { WaitOptions } from './base/wait.js'
export type { WorkProof } from './channel/work.js'
export type { CoordinatorListener, CoreConfig } from './core/config.js'
export type { P2PStatus } from './core/events.js'
export type { Dialer, LifecycleHooks, PeerListener, PeerResolver, Plugin, PluginKit, WakeReason } from './core/plugin.js'
export type { Privacy } from './core/privacy.js'
export type { QueuedMessage, QueuedOutcome, SendToOptions } from './core/queue.js'
export { upgradePaths } from './core/upgrade-paths.js'
export { withTransport } from './core/with-transport.js'
export type { Ban } from './defence/bans.js'
export type { Standing } from './defence/reputation.js'
export {
  defineProtocol,
  type MessageSchemas,
  type ProtocolDefinition,
  type TypedHandlers,
  type TypedMessage,
  type TypedProtocol,
  type TypedProtocolClient,
  type TypedReply,
} from './definitions/define-protocol.js'
export { defineResource, type TypedResource, type TypedResourceClient } from './definitions/define-resource.js'
export type { SchemaIssue, SchemaResult, StandardSchema } from './definitions/standard-schema.js'
export type { EnvelopeTag, SignedEnvelope } from './identity/envelope.js'
export type { Identity } from './identity/identity.js'
export { decodePeerId, encodePeerId, isPeerId } from './identity/peer-id.js'
export type { OutgoingMessage, P2PMessage, Travelling } from './message/message.js'
export { type CreateMessageOptions, P2PProtocol } from './message/p2p-protocol.js'
export type { PeerQuery } from './plugins/circuit/find-peers.js'
export { type PeerWatch, peerWatch } from './plugins/circuit/peer-watch.js'
export type { PeerChange, PeerWatchListener } from './plugins/circuit/watch-peers.js'
export {
  type AnnounceOptions,
  type AnnounceResult,
  type DhtOptions,
  type DhtStats,
  DistributedHashTable,
  type GetOptions,
  type QueryOptions,
} from './plugins/dht/client/dht.js'
export type { Diversity } from './plugins/dht/eclipse/diversity.js'
export type { EclipseReason, EclipseReasonKind } from './plugins/dht/eclipse/eclipse-evidence.js'
export type { EclipseEvidence } from './plugins/dht/eclipse/eclipse-watch.js'
export { eclipseWatch } from './plugins/dht/eclipse/plugin.js'
export type { FilterConditions, FilterRange, FilterScalar } from './plugins/dht/records/record-filters.js'
export { dhtWalk } from './plugins/dht/walk/plugin.js'
export type { DiscoverOptions, ResourceConditions, ResourceCriteria } from './plugins/discovery/filters.js'
export { ResourceDiscovery } from './plugins/discovery/resource-discovery.js'
export { type ResourceWatch, type ResourceWatchEvents, resourceWatch } from './plugins/discovery/resource-watch.js'
export type { AnnounceResourceOptions, ResourceAnnouncement } from './plugins/discovery/resources.js'
export type { ResourceChange, ResourceListener } from './plugins/discovery/watch-resources.js'
export { http } from './plugins/http/http.js'
export { httpFallback } from './plugins/http/plugin.js'
export { webFallback } from './plugins/http/web-fallback.js'
export { outbox } from './plugins/outbox/plugin.js'
export { type OneTabOptions, oneTab } from './plugins/page/one-tab.js'
export { pageEvents } from './plugins/page/plugin.js'
export { persistence } from './plugins/persistence/plugin.js'
export { type ProofOfWorkOptions, proofOfWork } from './plugins/proof-of-work/plugin.js'
export {
  type MineOptions,
  mineProofOfWork,
  verifyProofOfWork,
  type WorkProgress,
  type WorkWorker,
} from './plugins/proof-of-work/proof-of-work.js'
export type { ProofOfWorkEvent } from './plugins/proof-of-work/work-proofs.js'
export { relayClocks } from './plugins/relay-clocks/plugin.js'
export { type TopicsOptions, topics } from './plugins/topics/plugin.js'
export type { TopicMessage } from './plugins/topics/topic-messages.js'
export type { PublishResult, SubscribeOptions, TopicListener, TopicStats } from './plugins/topics/topic-types.js'
export type { Topics } from './plugins/topics/topics.js'
export type { WebRtcStats } from './plugins/webrtc/endpoint.js'
export { type WebRtcConfig, webRtc } from './plugins/webrtc/plugin.js'
export type { RtcImplementation } from './plugins/webrtc/rtc-types.js'
export type { BlameCause, BlameReason } from './protocol/blame.js'
export type {
  BroadcastOptions,
  BroadcastResult,
  IProtocolHandler,
  ProtocolHost,
  RequestOptions,
} from './protocol/handler.js'
export { type PeerAddresses, type PeerInfo, PeerState } from './protocol/peer-info.js'
export type { ProtocolLimits, RateLimit } from './protocol/rate-limits.js'
export { indexedDbStore } from './storage/indexeddb-store.js'
export { type BatchOptions, type KeyValueStore, memoryStore, type StoreChange } from './storage/key-value-store.js'
export { FramePipe, type FramePipeOptions } from './transport/frames/frame-pipe.js'
export type { BroadcastChannelOptions } from './transport/tabs/broadcast-channel.js'
export type { Connection, DialOptions, FrameSink, Listener, Transport } from './transport/transport.js'
export { WebSocketTransport, webSocket } from './transport/websocket.js'
