// The script-tag bundle with all parts: what `lotus-p2p` exports, and the parts that are entries of their own.
export * from './coinjoin/index.js'
export * from './index.development.js'
export * from './mail/index.js'
export * from './musig2/index.js'
export * from './onion/index.js'
export { broadcastChannel } from './plugins/tabs/plugin.js'
export * from './statements/index.js'
