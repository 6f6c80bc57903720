export { fileIdentity } from './file-identity.js'
export { type FileStore, fileStore } from './file-store.js'
export { type LevelStore, levelStore } from './level-store.js'
export { type Relay, type RelayOptions, startRelay } from './relay.js'
export {
  type WebSocketListener,
  type WebSocketServerOptions,
  type WebSocketServerStats,
  webSocketServer,
} from './web-socket-server.js'
