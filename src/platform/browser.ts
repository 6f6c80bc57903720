// What bundlers for browsers, and everything that is not Node, take for `#platform`: the same names as node.ts has.
import type * as node from './node.js'

export { nobleEd25519 as ed25519Fallback } from '../identity/ed25519-noble.js'
export const manyListeners: typeof node.manyListeners = undefined
export const newSlab: typeof node.newSlab = undefined
export const nodeAead: typeof node.nodeAead = undefined
export const nodeChaCha20: typeof node.nodeChaCha20 = undefined
export const nodeHmac: typeof node.nodeHmac = undefined
export const nodeX25519: typeof node.nodeX25519 = undefined
export const nodeEd25519: typeof node.nodeEd25519 = undefined
export const blockedPorts: typeof node.blockedPorts = undefined
export const publicLookup: typeof node.publicLookup = undefined
export const publicFetch: typeof node.publicFetch = undefined
export const loadWebSocket = (): typeof WebSocket | undefined => globalThis.WebSocket
export const webSocketOptions: typeof node.webSocketOptions = undefined
