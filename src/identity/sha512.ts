import { joined } from '../base/bytes.js'
import { firstPrimes } from '../base/sha256.js'

const BLOCK_BYTES = 128
/** Bytes that follow every message: a one bit and its length (FIPS 180-4 §5.1.2). */
const PADDING_BYTES = 17
const WORD = 2 ** 32

/**
 * SHA-512 (FIPS 180-4) over the parts one behind the other, for Ed25519 where WebCrypto has none.
 *
 * @returns 64 bytes.
 */
export function sha512(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const message = joined(...parts, new Uint8Array(PADDING_BYTES + BLOCK_BYTES))
  const length = message.length - PADDING_BYTES - BLOCK_BYTES
  const end = Math.ceil((length + PADDING_BYTES) / BLOCK_BYTES) * BLOCK_BYTES
  const view = new DataView(message.buffer)
  message[length] = 0x80
  view.setUint32(end - 8, length / 2 ** 29)
  view.setUint32(end - 4, length << 3)
  const state = fractionsOfRoots(8, 2).slice()
  const words = new Uint32Array(160)
  for (let at = 0; at < end; at += BLOCK_BYTES) {
    for (let i = 0; i < 32; i++) words[i] = view.getUint32(at + 4 * i)
    block(words, state)
  }
  // What was hashed may be a key.
  message.fill(0)
  words.fill(0)
  const hash = new DataView(new ArrayBuffer(64))
  for (let i = 0; i < 16; i++) hash.setUint32(4 * i, state[i]!)
  return new Uint8Array(hash.buffer)
}

const fractions = /* @__PURE__ */ new Map<number, Uint32Array>()

/**
 * The first 64 bits of the fractional parts of the roots of the first primes: FIPS 180-4 §4.2.3 (80 cube roots) and §5.3.5 (8 square
 * roots), each as two words. Made once, at first use.
 */
export function fractionsOfRoots(count: number, power: 2 | 3): Uint32Array {
  const known = fractions.get(power)
  if (known !== undefined) return known
  const made = Uint32Array.from(
    firstPrimes(count).flatMap((prime) => {
      const radicand = BigInt(prime) << BigInt(64 * power)
      let root = 0n
      // No root of these primes is above 32.
      for (let bit = 1n << 68n; bit > 0n; bit >>= 1n) if ((root | bit) ** BigInt(power) <= radicand) root |= bit
      return [Number(BigInt.asUintN(32, root >> 32n)), Number(BigInt.asUintN(32, root))]
    }),
  )
  fractions.set(power, made)
  return made
}

/** One half of a word of 64 bits, whose halves are `near` and `far`, after a rotation to the right by fewer than 32 bits. */
function turned(near: number, far: number, bits: number): number {
  return (near >>> bits) | (far << (32 - bits))
}

/** What a sum of lower halves carries over to the upper ones. */
function carry(sum: number): number {
  return Math.floor(sum / WORD)
}

// FIPS 180-4 §4.1.3, for one half of a word; the shifts of the small ones are for the caller.
const bigSigma0 = (near: number, far: number) => turned(near, far, 28) ^ turned(far, near, 2) ^ turned(far, near, 7)
const bigSigma1 = (near: number, far: number) => turned(near, far, 14) ^ turned(near, far, 18) ^ turned(far, near, 9)
const sigma0 = (near: number, far: number, shifted: number) => turned(near, far, 1) ^ turned(near, far, 8) ^ shifted
const sigma1 = (near: number, far: number, shifted: number) => turned(near, far, 19) ^ turned(far, near, 29) ^ shifted
const choice = (x: number, y: number, z: number) => z ^ (x & (y ^ z))
const majority = (x: number, y: number, z: number) => (x & y) | (z & (x | y))

/**
 * One block, FIPS 180-4 §6.4.2. Words of 64 bits are two of the array, the upper half first.
 *
 * @param w 80 words, the first 16 of which are the block. The others are overwritten.
 * @param state 8 words; the next state afterwards.
 */
function block(w: Uint32Array, state: Uint32Array): void {
  const k = fractionsOfRoots(80, 3)
  for (let i = 32; i < 160; i += 2) {
    const x = w[i - 30]!
    const xLow = w[i - 29]!
    const y = w[i - 4]!
    const yLow = w[i - 3]!
    const s0 = sigma0(xLow, x, turned(xLow, x, 7)) >>> 0
    const s1 = sigma1(yLow, y, turned(yLow, y, 6)) >>> 0
    const low = w[i - 31]! + s0 + w[i - 13]! + s1
    w[i + 1] = low
    w[i] = w[i - 32]! + sigma0(x, xLow, x >>> 7) + w[i - 14]! + sigma1(y, yLow, y >>> 6) + carry(low)
  }
  const v = state.slice()
  for (let i = 0; i < 160; i += 2) {
    const a = v[0]!
    const aLow = v[1]!
    const e = v[8]!
    const eLow = v[9]!
    const low1 = v[15]! + (bigSigma1(eLow, e) >>> 0) + (choice(eLow, v[11]!, v[13]!) >>> 0) + k[i + 1]! + w[i + 1]!
    const high1 = v[14]! + bigSigma1(e, eLow) + choice(e, v[10]!, v[12]!) + k[i]! + w[i]! + carry(low1)
    const low2 = (low1 % WORD) + (bigSigma0(aLow, a) >>> 0) + (majority(aLow, v[3]!, v[5]!) >>> 0)
    const high2 = high1 + bigSigma0(a, aLow) + majority(a, v[2]!, v[4]!) + carry(low2)
    v.copyWithin(2, 0, 14)
    // What was d is e here.
    const low = v[9]! + (low1 % WORD)
    v[9] = low
    v[8] = v[8]! + high1 + carry(low)
    v[1] = low2
    v[0] = high2
  }
  for (let i = 0; i < 16; i += 2) {
    const low = state[i + 1]! + v[i + 1]!
    state[i + 1] = low
    state[i] = state[i]! + v[i]! + carry(low)
  }
}
