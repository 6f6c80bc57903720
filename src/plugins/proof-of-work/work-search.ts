/** The search for a nonce, alone, so that it runs in a worker of 1 kB as well as in a page. */
import { SHA256_INITIAL, sha256Block } from '../../base/sha256.js'

/** What is to be found: a nonce so that the hash of block and nonce begins with so many zero bits. */
export interface WorkTask {
  /** 64 bytes: one block of SHA-256, so that each try costs one compression and not two. */
  block: Uint8Array
  bits: number
}

/** Bytes before the nonce. */
export const WORK_BLOCK_BYTES = 64

/**
 * Looks through nonces, one after the other.
 *
 * @returns a function that tries `count` nonces beginning with `from` (below 2^53) and gives the first that fits, if any.
 */
export function searchNonces({ block, bits }: WorkTask): (from: number, count: number) => number | undefined {
  const words = new Int32Array(64)
  const view = new DataView(block.buffer, block.byteOffset)
  for (let i = 0; i < 16; i++) words[i] = view.getInt32(4 * i)
  const middle = new Int32Array(8)
  sha256Block(words, SHA256_INITIAL, middle)
  // The second block: nonce, padding, and the length of the whole in bits (FIPS 180-4 §5.1.1).
  words.fill(0, 0, 16)
  words[2] = 0x80000000
  words[15] = 8 * (WORK_BLOCK_BYTES + 8)
  const hash = new Int32Array(8)
  return (from, count) => {
    for (let nonce = from; nonce < from + count; nonce++) {
      words[0] = Math.floor(nonce / 0x100000000)
      words[1] = nonce
      sha256Block(words, middle, hash)
      const zeros = Math.clz32(hash[0] as number)
      if (zeros >= bits || (zeros === 32 && 32 + Math.clz32(hash[1] as number) >= bits)) return nonce
    }
    return undefined
  }
}
