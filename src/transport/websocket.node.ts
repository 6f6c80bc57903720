import type WebSocketClass from 'isomorphic-ws'

/**
 * The WebSocket of this platform. Node loads `ws` with the first dial, since a program that never dials need not wait for it;
 * what is built for browsers has its own at once, and no import() that a service worker would refuse.
 */
export function loadWebSocket(): typeof WebSocketClass | Promise<typeof WebSocketClass> {
  return loaded ?? import('isomorphic-ws').then((module) => (loaded = module.default))
}

/** Frames of ours that have random masks: the third message of the handshake is the only one that is no ciphertext. */
const MASKED_FRAMES = 2

/**
 * Options of a dial with `ws`. RFC 6455 §5.3 wants a mask that nobody can foresee, lest what a script sends looks like another protocol to a
 * proxy. Ciphertext looks like nothing: after the handshake the mask is zero, and neither end copies and changes each byte.
 *
 * @param maxPayload bytes of a frame.
 */
export const webSocketOptions: ((maxPayload: number) => object) | undefined = (maxPayload) => {
  let frames = 0
  const generateMask = (mask: Uint8Array) => (frames++ < MASKED_FRAMES ? crypto.getRandomValues(mask) : mask.fill(0))
  return { perMessageDeflate: false, maxPayload, generateMask }
}

/** Later dials begin at once, or HTTP beside them would always be first. */
let loaded: typeof WebSocketClass | undefined
