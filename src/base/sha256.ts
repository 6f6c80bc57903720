import { joined } from './bytes.js'

const BLOCK_BYTES = 64
/** Bytes that follow every message: a one bit and its length (FIPS 180-4 §5.1.1). */
const PADDING_BYTES = 9

/**
 * SHA-256 (FIPS 180-4) over the parts one behind the other.
 *
 * @returns 32 bytes.
 * @example
 * sha256(new TextEncoder().encode('abc'))
 */
export function sha256(...parts: Uint8Array[]): Uint8Array {
  const message = joined(...parts, new Uint8Array(PADDING_BYTES + BLOCK_BYTES))
  const length = message.length - PADDING_BYTES - BLOCK_BYTES
  const end = Math.ceil((length + PADDING_BYTES) / BLOCK_BYTES) * BLOCK_BYTES
  const view = new DataView(message.buffer)
  message[length] = 0x80
  view.setUint32(end - 8, length / 2 ** 29)
  view.setUint32(end - 4, length << 3)
  const words = new Int32Array(64)
  const state = SHA256_INITIAL.slice()
  for (let at = 0; at < end; at += BLOCK_BYTES) {
    for (let i = 0; i < 16; i++) words[i] = view.getInt32(at + 4 * i)
    sha256Block(words, state, state)
  }
  // What was hashed may be a key.
  message.fill(0)
  words.fill(0)
  const hash = new Uint8Array(32)
  const output = new DataView(hash.buffer)
  for (let i = 0; i < 8; i++) output.setInt32(4 * i, state[i]!)
  return hash
}

/** FIPS 180-4 §4.2.2. */
export const SHA256_CONSTANTS = /* @__PURE__ */ fractionsOfRoots(64, (prime) => Math.cbrt(prime))
/** FIPS 180-4 §5.3.3. */
export const SHA256_INITIAL = /* @__PURE__ */ fractionsOfRoots(8, (prime) => Math.sqrt(prime))

/**
 * The first 32 bits of the fractional parts of the roots of the first primes. No root is so near to the next value that the last bits of
 * a double matter, in which implementations of `Math.cbrt` differ.
 */
function fractionsOfRoots(count: number, root: (prime: number) => number): Int32Array {
  return Int32Array.from(firstPrimes(count), (prime) => (root(prime) % 1) * 2 ** 32)
}

/** The first primes, of which the constants of SHA-2 are made. */
export function firstPrimes(count: number): number[] {
  const primes: number[] = []
  for (let n = 2; primes.length < count; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n)
  return primes
}

/**
 * One block, FIPS 180-4 §6.2.2.
 *
 * @param w 64 words, the first 16 of which are the block. The others are overwritten.
 * @param state 8 words.
 * @param into the next state; it may be the array of the last one.
 */
export function sha256Block(w: Int32Array, state: Int32Array, into: Int32Array): void {
  const k = SHA256_CONSTANTS
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15] as number
    const y = w[i - 2] as number
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)
    w[i] = (w[i - 16] as number) + s0 + (w[i - 7] as number) + s1
  }
  let a = state[0] as number
  let b = state[1] as number
  let c = state[2] as number
  let d = state[3] as number
  let e = state[4] as number
  let f = state[5] as number
  let g = state[6] as number
  let h = state[7] as number
  for (let i = 0; i < 64; i++) {
    const S1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
    const t1 = (h + S1 + (g ^ (e & (f ^ g))) + (k[i] as number) + (w[i] as number)) | 0
    const S0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
    const t2 = (S0 + ((a & b) | (c & (a | b)))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  into[0] = (state[0] as number) + a
  into[1] = (state[1] as number) + b
  into[2] = (state[2] as number) + c
  into[3] = (state[3] as number) + d
  into[4] = (state[4] as number) + e
  into[5] = (state[5] as number) + f
  into[6] = (state[6] as number) + g
  into[7] = (state[7] as number) + h
}
