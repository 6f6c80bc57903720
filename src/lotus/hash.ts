import { sha256 } from '../base/sha256.js'
import { ripemd160 } from './ripemd160.js'

/** SHA-256 twice, as Bitcoin hashes transactions: 32 bytes. */
export function sha256d(...parts: Uint8Array[]): Uint8Array {
  return sha256(sha256(...parts))
}

/** RIPEMD-160 of SHA-256: 20 bytes. */
export function hash160(bytes: Uint8Array): Uint8Array {
  return ripemd160(sha256(bytes))
}

/** Two hashes of each tag: a tag is hashed once. */
const TAGS = /* @__PURE__ */ new Map<string, Uint8Array>()

/**
 * The tagged hash of BIP340: SHA256(SHA256(tag) ‖ SHA256(tag) ‖ parts).
 *
 * @param tag a constant of ours, never a text of others: it is remembered.
 * @returns 32 bytes.
 */
export function taggedHash(tag: string, ...parts: Uint8Array[]): Uint8Array {
  let hash = TAGS.get(tag)
  if (hash === undefined) {
    hash = sha256(new TextEncoder().encode(tag))
    TAGS.set(tag, hash)
  }
  return sha256(hash, hash, ...parts)
}
