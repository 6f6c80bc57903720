import type WebSocketClass from 'isomorphic-ws'

/**
 * The WebSocket of this platform. Node loads `ws` with the first dial, since a program that never dials need not wait for it;
 * what is built for browsers has its own at once, and no import() that a service worker would refuse.
 */
export function loadWebSocket(): typeof WebSocketClass | Promise<typeof WebSocketClass> {
  return loaded ?? import('isomorphic-ws').then((module) => (loaded = module.default))
}

/** Later dials begin at once, or HTTP beside them would always be first. */
let loaded: typeof WebSocketClass | undefined
