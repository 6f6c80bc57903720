import type WebSocketClass from 'isomorphic-ws'

/**
 * The WebSocket of this platform. Node loads `ws` with the first dial, since a program that never dials need not wait for it;
 * what is built for browsers has its own at once, and no import() that a service worker would refuse.
 */
export const loadWebSocket = async (): Promise<typeof WebSocketClass | undefined> => (await import('isomorphic-ws')).default
