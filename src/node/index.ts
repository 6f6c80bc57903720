import { explainErrors } from '../base/sentences.js'

// Whatever else of the SDK is loaded with it.
explainErrors()

export type { MailServerOptions, MailServerStats, MailWaiting } from '../mail/server/mail-server.js'
export type { MailStore } from '../mail/server/mail-store.js'
export { memoryMail } from '../mail/server/memory-mail.js'
export { type MailService, mailServer } from '../mail/server/plugin.js'
export { type RelayServices, relayServices } from '../plugins/circuit/server/relay-services.js'
export { type DhtNodeOptions, dhtNode } from '../plugins/dht/node/plugin.js'
export { type NatsBackplane, natsBackplane } from './backplane/nats.js'
export { type NatsMailLink, type NatsMailOptions, natsMail } from './backplane/nats-mail.js'
export type { DrainOptions } from './drain.js'
export { fileIdentity } from './file-identity.js'
export { type FileStore, fileStore } from './file-store.js'
export { type LevelStore, levelStore } from './level-store.js'
export { levelMail } from './mail-level.js'
export { type OnionRelay, type OnionRelayOptions, type OnionRelayStats, onionRelay } from './onion-relay.js'
export { type Relay, startRelay } from './relay.js'
export type { RelayOptions } from './relay-options.js'
export {
  type WebSocketListener,
  type WebSocketServerOptions,
  type WebSocketServerStats,
  webSocketServer,
} from './web-socket-server.js'
