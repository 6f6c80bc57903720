// What Node loads for `#platform`.
export { blockedPorts, publicLookup } from '../address/public-lookup.node.js'
export { manyListeners } from '../base/many-listeners.node.js'
export { newSlab } from '../base/slab.node.js'
export { nodeAead, nodeChaCha20, nodeHmac, nodeX25519 } from '../channel/primitives.node.js'
export { nodeEd25519 } from '../identity/ed25519.node.js'
export { ed25519Fallback } from '../identity/fallback.node.js'
export { publicFetch } from '../transport/public-fetch.node.js'
export { loadWebSocket, webSocketOptions } from '../transport/websocket.node.js'
