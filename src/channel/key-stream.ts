import { chaCha20, chaChaState } from './chacha20-poly1305.js'
import { nodeChaCha20 } from './primitives.node.js'

/**
 * Adds the key stream of ChaCha20 (RFC 8439 §2.4), with counter and nonce zero, so that a key serves for one text alone. It authenticates
 * nothing.
 *
 * @param key 32 bytes.
 * @returns as many bytes as came in.
 */
export const addKeyStream: (key: Uint8Array, data: Uint8Array) => Uint8Array = nodeChaCha20 ?? addOwnKeyStream

/** As `addKeyStream`, for where the platform has no ChaCha20 that is synchronous: browsers. */
export function addOwnKeyStream(key: Uint8Array, data: Uint8Array): Uint8Array {
  const sum = new Uint8Array(data.length)
  chaCha20(chaChaState(key, new Uint8Array(12)), data, sum)
  return sum
}
