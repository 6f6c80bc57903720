import { joined } from '../base/bytes.js'
import { addKeyStream } from '../channel/key-stream.js'
import { mac, purposeKey, SECRET_BYTES } from './sphinx.js'

/**
 * Encrypts a text as one wide block: whatever bit of it is changed on the way, decryption makes noise of all. LIONESS (Anderson and Biham
 * 1996) of ChaCha20 and HMAC-SHA-256, with four keys made of the secret, `p1` to `p4`.
 *
 * @param secret 32 bytes.
 * @param text at least 64 bytes.
 * @returns as many bytes.
 */
export function lionessLock(secret: Uint8Array, text: Uint8Array): Uint8Array {
  return rounds(secret, text, 1, 2, 3, 4)
}

/** Undoes `lionessLock`. */
export function lionessUnlock(secret: Uint8Array, text: Uint8Array): Uint8Array {
  return rounds(secret, text, 4, 3, 2, 1)
}

/** Each round changes one half by a function of the other, and so undoes itself. */
function rounds(secret: Uint8Array, text: Uint8Array, ...order: number[]): Uint8Array {
  let left = text.subarray(0, SECRET_BYTES)
  let right = text.subarray(SECRET_BYTES)
  for (const round of order) {
    const key = purposeKey(`p${round}`, secret)
    if (round % 2 === 1) right = addKeyStream(sum(left, key), right)
    else left = sum(left, mac(key, right))
  }
  return joined(left, right)
}

function sum(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, i) => byte ^ b[i]!)
}
