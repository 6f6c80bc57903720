import { sha256 } from '../base/sha256.js'

const BLOCK_BYTES = 64

/**
 * HMAC-SHA256 (RFC 2104).
 *
 * @param key at most 64 bytes, one block: those of Noise have 32.
 * @returns 32 bytes.
 */
export function hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array {
  const pad = new Uint8Array(BLOCK_BYTES)
  const keyed = (mask: number, text: Uint8Array) => {
    pad.fill(0).set(key)
    for (let i = 0; i < BLOCK_BYTES; i++) pad[i]! ^= mask
    return sha256(pad, text)
  }
  const code = keyed(0x5c, keyed(0x36, data))
  pad.fill(0)
  return code
}
