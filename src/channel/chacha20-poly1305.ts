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
        throw new Error('The tag is wrong.')
      }
      const plaintext = new Uint8Array(length)
      chaCha20(state, ciphertext, plaintext)
      return plaintext
    }),
}

/** RFC 8439 §2.3: the constants "expand 32-byte k", the key, the counter and the nonce, as little-endian words. */
export function chaChaState(key: Uint8Array, nonce: Uint8Array, counter = 0): Int32Array {
  if (key.length !== 32 || nonce.length !== 12) throw new TypeError('ChaCha20 takes a key of 32 bytes and a nonce of 12.')
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
 * RFC 8439 §2.3: twenty rounds over a state, in ten pairs of columns and diagonals, and the state added. The words are variables, not
 * an array, and the quarter rounds (§2.1) stand one behind the other: that is twice as fast.
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
  for (let round = 0; round < 10; round++) {
    // The columns.
    x0 = (x0 + x4) | 0
    x12 ^= x0
    x12 = (x12 << 16) | (x12 >>> 16)
    x8 = (x8 + x12) | 0
    x4 ^= x8
    x4 = (x4 << 12) | (x4 >>> 20)
    x0 = (x0 + x4) | 0
    x12 ^= x0
    x12 = (x12 << 8) | (x12 >>> 24)
    x8 = (x8 + x12) | 0
    x4 ^= x8
    x4 = (x4 << 7) | (x4 >>> 25)
    x1 = (x1 + x5) | 0
    x13 ^= x1
    x13 = (x13 << 16) | (x13 >>> 16)
    x9 = (x9 + x13) | 0
    x5 ^= x9
    x5 = (x5 << 12) | (x5 >>> 20)
    x1 = (x1 + x5) | 0
    x13 ^= x1
    x13 = (x13 << 8) | (x13 >>> 24)
    x9 = (x9 + x13) | 0
    x5 ^= x9
    x5 = (x5 << 7) | (x5 >>> 25)
    x2 = (x2 + x6) | 0
    x14 ^= x2
    x14 = (x14 << 16) | (x14 >>> 16)
    x10 = (x10 + x14) | 0
    x6 ^= x10
    x6 = (x6 << 12) | (x6 >>> 20)
    x2 = (x2 + x6) | 0
    x14 ^= x2
    x14 = (x14 << 8) | (x14 >>> 24)
    x10 = (x10 + x14) | 0
    x6 ^= x10
    x6 = (x6 << 7) | (x6 >>> 25)
    x3 = (x3 + x7) | 0
    x15 ^= x3
    x15 = (x15 << 16) | (x15 >>> 16)
    x11 = (x11 + x15) | 0
    x7 ^= x11
    x7 = (x7 << 12) | (x7 >>> 20)
    x3 = (x3 + x7) | 0
    x15 ^= x3
    x15 = (x15 << 8) | (x15 >>> 24)
    x11 = (x11 + x15) | 0
    x7 ^= x11
    x7 = (x7 << 7) | (x7 >>> 25)
    // The diagonals.
    x0 = (x0 + x5) | 0
    x15 ^= x0
    x15 = (x15 << 16) | (x15 >>> 16)
    x10 = (x10 + x15) | 0
    x5 ^= x10
    x5 = (x5 << 12) | (x5 >>> 20)
    x0 = (x0 + x5) | 0
    x15 ^= x0
    x15 = (x15 << 8) | (x15 >>> 24)
    x10 = (x10 + x15) | 0
    x5 ^= x10
    x5 = (x5 << 7) | (x5 >>> 25)
    x1 = (x1 + x6) | 0
    x12 ^= x1
    x12 = (x12 << 16) | (x12 >>> 16)
    x11 = (x11 + x12) | 0
    x6 ^= x11
    x6 = (x6 << 12) | (x6 >>> 20)
    x1 = (x1 + x6) | 0
    x12 ^= x1
    x12 = (x12 << 8) | (x12 >>> 24)
    x11 = (x11 + x12) | 0
    x6 ^= x11
    x6 = (x6 << 7) | (x6 >>> 25)
    x2 = (x2 + x7) | 0
    x13 ^= x2
    x13 = (x13 << 16) | (x13 >>> 16)
    x8 = (x8 + x13) | 0
    x7 ^= x8
    x7 = (x7 << 12) | (x7 >>> 20)
    x2 = (x2 + x7) | 0
    x13 ^= x2
    x13 = (x13 << 8) | (x13 >>> 24)
    x8 = (x8 + x13) | 0
    x7 ^= x8
    x7 = (x7 << 7) | (x7 >>> 25)
    x3 = (x3 + x4) | 0
    x14 ^= x3
    x14 = (x14 << 16) | (x14 >>> 16)
    x9 = (x9 + x14) | 0
    x4 ^= x9
    x4 = (x4 << 12) | (x4 >>> 20)
    x3 = (x3 + x4) | 0
    x14 ^= x3
    x14 = (x14 << 8) | (x14 >>> 24)
    x9 = (x9 + x14) | 0
    x4 ^= x9
    x4 = (x4 << 7) | (x4 >>> 25)
  }
  block[0] = x0 + state[0]!
  block[1] = x1 + state[1]!
  block[2] = x2 + state[2]!
  block[3] = x3 + state[3]!
  block[4] = x4 + state[4]!
  block[5] = x5 + state[5]!
  block[6] = x6 + state[6]!
  block[7] = x7 + state[7]!
  block[8] = x8 + state[8]!
  block[9] = x9 + state[9]!
  block[10] = x10 + state[10]!
  block[11] = x11 + state[11]!
  block[12] = x12 + state[12]!
  block[13] = x13 + state[13]!
  block[14] = x14 + state[14]!
  block[15] = x15 + state[15]!
}

/**
 * Poly1305 (RFC 8439 §2.5) over the parts one behind the other, each but the last filled up with zeros to 16 bytes (§2.8.1).
 *
 * The accumulator is six limbs of 22 bits in doubles, after the floating-point method of Bernstein, "The Poly1305-AES
 * message-authentication code", 2005. Every limb is an integer. After a block it lies within 2^21 + 2^12 of zero, with the next
 * message's bits within 1.51 · 2^22. A limb of r lies below 2^22. A product beyond 2^130 counts 5 times for each 2^130 (mod p), and
 * two bits more where six limbs have 132: 20 times. So a sum of products lies below 101 · 1.51 · 2^44 < 2^52, and every double is exact.
 *
 * @param key 32 bytes, for one message only.
 * @returns 16 bytes.
 */
export function poly1305(key: Uint8Array, ...parts: Uint8Array[]): Uint8Array {
  const k = viewOf(key)
  const word = (at: number) => k.getUint32(at, true)
  // Clamped as §2.5 wants it.
  const [k0, k1, k2, k3] = [word(0) & 0x0fffffff, word(4) & 0x0ffffffc, word(8) & 0x0ffffffc, word(12) & 0x0ffffffc] as const
  const r0 = k0 & 0x3fffff
  const r1 = ((k0 >>> 22) | (k1 << 10)) & 0x3fffff
  const r2 = ((k1 >>> 12) | (k2 << 20)) & 0x3fffff
  const r3 = (k2 >>> 2) & 0x3fffff
  const r4 = ((k2 >>> 24) | (k3 << 8)) & 0x3fffff
  const r5 = k3 >>> 14
  const [s1, s2, s3, s4, s5] = [20 * r1, 20 * r2, 20 * r3, 20 * r4, 20 * r5] as const
  let h0 = 0
  let h1 = 0
  let h2 = 0
  let h3 = 0
  let h4 = 0
  let h5 = 0
  const last = parts.at(-1)
  for (const part of parts) {
    const { length } = part
    let view = viewOf(part)
    for (let at = 0; at < length; at += 16) {
      let from = at
      let top = 1 << 18
      if (length - at < 16) {
        const tail = new Uint8Array(16)
        tail.set(part.subarray(at))
        if (part === last) {
          tail[length - at] = 1
          top = 0
        }
        view = viewOf(tail)
        from = 0
      }
      const m0 = view.getUint32(from, true)
      const m1 = view.getUint32(from + 4, true)
      const m2 = view.getUint32(from + 8, true)
      const m3 = view.getUint32(from + 12, true)
      h0 += m0 & 0x3fffff
      h1 += ((m0 >>> 22) | (m1 << 10)) & 0x3fffff
      h2 += ((m1 >>> 12) | (m2 << 20)) & 0x3fffff
      h3 += (m2 >>> 2) & 0x3fffff
      h4 += ((m2 >>> 24) | (m3 << 8)) & 0x3fffff
      h5 += (m3 >>> 14) | top
      let d0 = h0 * r0 + h1 * s5 + h2 * s4 + h3 * s3 + h4 * s2 + h5 * s1
      let d1 = h0 * r1 + h1 * r0 + h2 * s5 + h3 * s4 + h4 * s3 + h5 * s2
      let d2 = h0 * r2 + h1 * r1 + h2 * r0 + h3 * s5 + h4 * s4 + h5 * s3
      let d3 = h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * s5 + h5 * s4
      let d4 = h0 * r4 + h1 * r3 + h2 * r2 + h3 * r1 + h4 * r0 + h5 * s5
      let d5 = h0 * r5 + h1 * r4 + h2 * r3 + h3 * r2 + h4 * r1 + h5 * r0
      // Two chains side by side, each limb rounded to the nearest: what is carried is a multiple of 2^22, of 2^20 at the top.
      let c = d0 + ROUND - ROUND
      let e = d3 + ROUND - ROUND
      d0 -= c
      d3 -= e
      d1 += c * DOWN
      d4 += e * DOWN
      c = d1 + ROUND - ROUND
      e = d4 + ROUND - ROUND
      d1 -= c
      d4 -= e
      d2 += c * DOWN
      d5 += e * DOWN
      c = d2 + ROUND - ROUND
      e = d5 + ROUND / 4 - ROUND / 4
      d2 -= c
      h5 = d5 - e
      d3 += c * DOWN
      d0 += e * (20 * DOWN)
      c = d3 + ROUND - ROUND
      e = d0 + ROUND - ROUND
      h3 = d3 - c
      h0 = d0 - e
      h4 = d4 + c * DOWN
      h1 = d1 + e * DOWN
      h2 = d2
    }
  }
  // The number lies between −2^129 and 2^129, give or take 2^111. Two rounds of rounding down give limbs from 0 on. A negative number
  // gains p on the way: 2^130 from the top, less the 5 that the top gives to the lowest limb. What comes out is the least residue.
  const h = [h0, h1, h2, h3, h4, h5]
  for (let i = 0; i < 12; i++) {
    const at = i % 6
    const unit = at === 5 ? 2 ** 20 : 2 ** 22
    const carry = Math.floor(h[at]! / unit)
    h[at]! -= carry * unit
    h[(at + 1) % 6]! += at === 5 ? 5 * carry : carry
  }
  const [a, b, c, d, e, f] = h as [number, number, number, number, number, number]
  const words = [a | (b << 22), (b >>> 10) | (c << 12), (c >>> 20) | (d << 2) | (e << 24), (e >>> 8) | (f << 14)]
  const tag = new Uint8Array(16)
  const view = viewOf(tag)
  let sum = 0
  words.forEach((low, i) => {
    sum = Math.floor(sum / 2 ** 32) + (low >>> 0) + word(16 + 4 * i)
    view.setUint32(4 * i, sum, true)
  })
  return tag
}

/** A double so large (1.5 · 2^74) that adding it rounds to a multiple of 2^22. */
const ROUND = 3 * 2 ** 73
const DOWN = 2 ** -22

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}
