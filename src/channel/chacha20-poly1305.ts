import { viewOf } from '../base/bytes.js'
import { poly1305 } from './poly1305.js'
import { AEAD_TAG_BYTES, type Aead, opened } from './primitives.js'

const BLOCK_BYTES = 64

/**
 * ChaCha20-Poly1305 (RFC 8439 §2.8), for where the platform has none that is synchronous: browsers. No branch and no index depends on
 * a key, a plaintext or a tag, only on lengths.
 */
export const chaCha20Poly1305: Aead = {
  encrypt(key, nonce, plaintext, ad) {
    const { length } = plaintext
    const sealed = new Uint8Array(length + AEAD_TAG_BYTES)
    const state = chaChaState(key, nonce)
    const macKey = takeMacKey(state)
    chaCha20(state, plaintext, sealed)
    sealed.set(tagOf(macKey, sealed.subarray(0, length), ad), length)
    return sealed
  },
  decrypt: (key, nonce, sealed, ad) =>
    opened(() => {
      const ciphertext = sealed.subarray(0, -AEAD_TAG_BYTES)
      const { length } = ciphertext
      const state = chaChaState(key, nonce)
      const tag = tagOf(takeMacKey(state), ciphertext, ad)
      // All 16 bytes are compared: the time must not tell how many bytes of a forged tag are right. A missing byte counts as different.
      let difference = 0
      for (let i = 0; i < AEAD_TAG_BYTES; i++) difference |= tag[i]! ^ (sealed[length + i] ?? ~0)
      // Nothing is decrypted before the tag is known to be right.
      if (difference !== 0) {
        state.fill(0)
        throw new Error('Wrong tag.')
      }
      const plaintext = new Uint8Array(length)
      chaCha20(state, ciphertext, plaintext)
      return plaintext
    }),
}

/** RFC 8439 §2.3: the constants "expand 32-byte k", the key, the counter and the nonce, as little-endian words. */
export function chaChaState(key: Uint8Array, nonce: Uint8Array, counter = 0): Int32Array {
  if (key.length !== 32 || nonce.length !== 12) throw new TypeError('A key has 32 bytes, a nonce 12.')
  const state = Int32Array.of(0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, 0, 0, 0, 0, 0, 0, 0, 0, counter, 0, 0, 0)
  const [keyView, nonceView] = [viewOf(key), viewOf(nonce)]
  for (let i = 0; i < 8; i++) state[4 + i] = keyView.getInt32(4 * i, true)
  for (let i = 0; i < 3; i++) state[13 + i] = nonceView.getInt32(4 * i, true)
  return state
}

/** RFC 8439 §2.6: the first half of block 0. The message begins with block 1. */
function takeMacKey(state: Int32Array): Uint8Array {
  const block = new Int32Array(16)
  chaChaBlock(state, block)
  state[12] = 1
  const key = new Uint8Array(32)
  const view = viewOf(key)
  for (let i = 0; i < 8; i++) view.setInt32(4 * i, block[i]!, true)
  block.fill(0)
  return key
}

/** RFC 8439 §2.8: over the associated data, the ciphertext and the lengths of both. Zeroes the key. */
function tagOf(key: Uint8Array, ciphertext: Uint8Array, ad: Uint8Array = new Uint8Array()): Uint8Array {
  const lengths = new Uint8Array(16)
  const view = viewOf(lengths)
  view.setUint32(0, ad.length, true)
  view.setUint32(8, ciphertext.length, true)
  const tag = poly1305(key, ad, ciphertext, lengths)
  key.fill(0)
  return tag
}

/** RFC 8439 §2.4: `to` is `from` with the key stream added. Zeroes the state. */
export function chaCha20(state: Int32Array, from: Uint8Array, to: Uint8Array): void {
  const block = new Int32Array(16)
  const [source, target] = [viewOf(from), viewOf(to)]
  const { length } = from
  for (let at = 0; at < length; at += BLOCK_BYTES) {
    chaChaBlock(state, block)
    state[12]!++
    if (length - at < BLOCK_BYTES)
      for (let i = 0; at + i < length; i++) to[at + i] = from[at + i]! ^ (block[i >> 2]! >>> (8 * (i & 3)))
    else for (let i = 0; i < BLOCK_BYTES; i += 4) target.setInt32(at + i, source.getInt32(at + i, true) ^ block[i >> 2]!, true)
  }
  block.fill(0)
  state.fill(0)
}

/**
 * RFC 8439 §2.3: twenty rounds over a state, of columns and diagonals in turn, and the state added. The words are variables, not an
 * array, and the quarter rounds (§2.1) stand one behind the other: that is twice as fast.
 */
export function chaChaBlock(state: Int32Array, block: Int32Array): void {
  let x0 = state[0]!
  let x1 = state[1]!
  let x2 = state[2]!
  let x3 = state[3]!
  let x4 = state[4]!
  let x5 = state[5]!
  let x6 = state[6]!
  let x7 = state[7]!
  let x8 = state[8]!
  let x9 = state[9]!
  let x10 = state[10]!
  let x11 = state[11]!
  let x12 = state[12]!
  let x13 = state[13]!
  let x14 = state[14]!
  let x15 = state[15]!
  for (let round = 0; round < 20; round++) {
    x0 = (x0 + x4) | 0
    x12 = rotated(x12 ^ x0, 16)
    x8 = (x8 + x12) | 0
    x4 = rotated(x4 ^ x8, 12)
    x0 = (x0 + x4) | 0
    x12 = rotated(x12 ^ x0, 8)
    x8 = (x8 + x12) | 0
    x4 = rotated(x4 ^ x8, 7)
    x1 = (x1 + x5) | 0
    x13 = rotated(x13 ^ x1, 16)
    x9 = (x9 + x13) | 0
    x5 = rotated(x5 ^ x9, 12)
    x1 = (x1 + x5) | 0
    x13 = rotated(x13 ^ x1, 8)
    x9 = (x9 + x13) | 0
    x5 = rotated(x5 ^ x9, 7)
    x2 = (x2 + x6) | 0
    x14 = rotated(x14 ^ x2, 16)
    x10 = (x10 + x14) | 0
    x6 = rotated(x6 ^ x10, 12)
    x2 = (x2 + x6) | 0
    x14 = rotated(x14 ^ x2, 8)
    x10 = (x10 + x14) | 0
    x6 = rotated(x6 ^ x10, 7)
    x3 = (x3 + x7) | 0
    x15 = rotated(x15 ^ x3, 16)
    x11 = (x11 + x15) | 0
    x7 = rotated(x7 ^ x11, 12)
    x3 = (x3 + x7) | 0
    x15 = rotated(x15 ^ x3, 8)
    x11 = (x11 + x15) | 0
    x7 = rotated(x7 ^ x11, 7)
    // The columns become diagonals, and the diagonals columns: row r puts place r − i at place i.
    let swap = x1
    x1 = x3
    x3 = swap
    swap = x4
    x4 = x5
    x5 = swap
    swap = x6
    x6 = x7
    x7 = swap
    swap = x8
    x8 = x10
    x10 = swap
    swap = x12
    x12 = x15
    x15 = swap
    swap = x13
    x13 = x14
    x14 = swap
  }
  const words = [x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15]
  for (let i = 0; i < 16; i++) block[i] = words[i]! + state[i]!
}

function rotated(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}
