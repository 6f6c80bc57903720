/**
 * The search for a nonce, alone and without imports, so that it runs in a worker of 1 kB as well as in a page. SHA-256 as in
 * FIPS 180-4, for this one use: whatever it finds is verified with the library's.
 */

/** What is to be found: a nonce for this key and epoch whose hash begins with so many zero bits. */
export interface WorkTask {
  /** Ed25519 public key, 32 bytes. */
  publicKey: Uint8Array
  epoch: number
  bits: number
}

/** Bytes before the nonce: one block of SHA-256, so that each try costs one compression and not two. */
export const WORK_PREFIX_BYTES = 64

/** utf8('lotus-p2p/work/1') ‖ 0x00 ‖ publicKey (32) ‖ epoch (4, big-endian) ‖ 11 zero bytes. */
export function workPrefix(publicKey: Uint8Array, epoch: number): Uint8Array {
  const prefix = new Uint8Array(WORK_PREFIX_BYTES)
  const tag = new TextEncoder().encode('lotus-p2p/work/1\0')
  prefix.set(tag)
  prefix.set(publicKey, tag.length)
  new DataView(prefix.buffer).setUint32(tag.length + publicKey.length, epoch)
  return prefix
}

/**
 * Looks through nonces, one after the other.
 *
 * @returns a function that tries `count` nonces beginning with `from` (below 2^53) and gives the first that fits, if any.
 */
export function searchNonces({ publicKey, epoch, bits }: WorkTask): (from: number, count: number) => number | undefined {
  const { constants, initial } = sha256Constants()
  const words = new Int32Array(64)
  const view = new DataView(workPrefix(publicKey, epoch).buffer)
  for (let i = 0; i < 16; i++) words[i] = view.getInt32(4 * i)
  const middle = compress(words, initial, constants)
  // The second block: nonce, padding, and the length of the whole in bits (FIPS 180-4 §5.1.1).
  words.fill(0, 0, 16)
  words[2] = 0x80000000
  words[15] = 8 * (WORK_PREFIX_BYTES + 8)
  const hash = new Int32Array(8)
  return (from, count) => {
    for (let nonce = from; nonce < from + count; nonce++) {
      words[0] = Math.floor(nonce / 0x100000000)
      words[1] = nonce
      compress(words, middle, constants, hash)
      const zeros = Math.clz32(hash[0] as number)
      if (zeros >= bits || (zeros === 32 && 32 + Math.clz32(hash[1] as number) >= bits)) return nonce
    }
    return undefined
  }
}

/** The first 32 bits of the fractional parts of the roots of primes: FIPS 180-4 §4.2.2 and §5.3.3. */
function sha256Constants(): { constants: Int32Array; initial: Int32Array } {
  const primes: number[] = []
  for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n)
  const fraction = (root: number) => Math.floor((root - Math.floor(root)) * 0x100000000) | 0
  return {
    constants: Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime))),
    initial: Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime))),
  }
}

/** One compression, FIPS 180-4 §6.2.2; the first 16 words are the block, the others are overwritten. */
function compress(w: Int32Array, state: Int32Array, k: Int32Array, into: Int32Array = new Int32Array(8)): Int32Array {
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
  return into
}
