import { joined, viewOf } from '../base/bytes.js'
import { abortedError } from '../base/errors.js'
import { SHA256_INITIAL, sha256, sha256Block } from '../base/sha256.js'
import { nonceOf, searchInSlices, workBits } from '../plugins/proof-of-work/proof-of-work.js'
import { LETTER_ID_BYTES } from './box.js'

/** Zero bits of the work that a sender without access shows to take a prekey. */
export const TAKE_WORK_BITS = 16
export const MAIL_WORK_NONCE_BYTES = 8

const BLOCK_BYTES = 64
const NONCE_AT = BLOCK_BYTES - MAIL_WORK_NONCE_BYTES
const HOUR_MS = 3_600_000

/**
 * The puzzle of a letter, or of a prekey, with a nonce of zeros: utf8('lotus-p2p/mailwork/1') ‖ 00 ‖ box (16) ‖ subject (16) ‖
 * 00 00 00 ‖ nonce (8), 64 bytes.
 *
 * @param subject 16 bytes: the letter's id, or `takeSubject`.
 */
export function mailWorkBlock(box: Uint8Array, subject: Uint8Array): Uint8Array {
  return joined(new TextEncoder().encode('lotus-p2p/mailwork/1\0'), box, subject, new Uint8Array(3 + MAIL_WORK_NONCE_BYTES))
}

/**
 * For whom, and in which hour, a prekey is taken: the first 16 bytes of SHA-256(key ‖ hour).
 *
 * @param publicKey that of the connection that asks, 32 bytes.
 * @param hour hours since 1970, as 4 bytes, big-endian; see `hourOf`.
 */
export function takeSubject(publicKey: Uint8Array, hour: number): Uint8Array {
  return sha256(publicKey, Uint8Array.of(hour >>> 24, hour >>> 16, hour >>> 8, hour)).slice(0, LETTER_ID_BYTES)
}

/** @param atMs milliseconds since 1970. */
export function hourOf(atMs: number): number {
  return Math.floor(atMs / HOUR_MS)
}

/** Zero bits of work for a letter of this bucket. @param bits what the owner of the box demands for the smallest. */
export function depositWorkBits(bits: number, bucket: number): number {
  return bits + bucket
}

/** How many zero bits the SHA-256 of the puzzle with this nonce begins with. @param nonce 8 bytes. */
export function mailWorkBits(block: Uint8Array, nonce: Uint8Array): number {
  return workBits(block.subarray(0, NONCE_AT), nonce)
}

/**
 * Searches for a nonce, in slices of 8 ms between which a page lives on: 2^bits hashes in the mean, about a second for 20 bits on a
 * desktop.
 *
 * @param block see `mailWorkBlock`.
 * @returns 8 bytes.
 * @throws P2PError ABORTED.
 * @example
 * const nonce = await findMailWork(mailWorkBlock(box, letterIdOf(letter)), depositWorkBits(bits, bucket))
 */
export async function findMailWork(block: Uint8Array, bits: number, signal?: AbortSignal): Promise<Uint8Array> {
  const found = await searchInSlices(searchNonces(block, bits), signal, () => {})
  if (found === undefined) throw abortedError('The work for a letter', signal?.reason)
  return nonceOf(found)
}

/** The first nonce that fits, by `count` hashes behind `from`. Each takes two compressions: the puzzle fills a block, its padding another one. */
function searchNonces(block: Uint8Array, bits: number): (from: number, count: number) => number | undefined {
  const words = new Int32Array(64)
  const padding = new Int32Array(64)
  const first = Int32Array.from({ length: 16 }, (_, i) => viewOf(block).getInt32(4 * i))
  // FIPS 180-4 §5.1.1.
  padding[0] = 0x8000_0000
  padding[15] = 8 * BLOCK_BYTES
  const hash = new Int32Array(8)
  return (from, count) => {
    for (let nonce = from / 2; nonce < (from + count) / 2; nonce++) {
      words.set(first)
      words[14] = Math.floor(nonce / 0x1_0000_0000)
      words[15] = nonce
      sha256Block(words, SHA256_INITIAL, hash)
      sha256Block(padding, hash, hash)
      const zeros = Math.clz32(hash[0]!)
      if (zeros >= bits || (zeros === 32 && 32 + Math.clz32(hash[1]!) >= bits)) return nonce
    }
    return undefined
  }
}
