import { joined, viewOf } from '../base/bytes.js'
import { abortedError } from '../base/errors.js'
import { SHA256_INITIAL, sha256Block } from '../base/sha256.js'
import { nextTurn } from '../base/turn.js'

export const ONION_NONCE_BYTES = 8
/** `on1` ‖ exit's identity (32) ‖ epoch (4) ‖ message id (8) ‖ nonce (8): with its padding one block of SHA-256. */
const PUZZLE_BYTES = 55
const NONCE_AT = PUZZLE_BYTES - ONION_NONCE_BYTES
const BLOCK_BYTES = 64

/** For what work is done: one message, at one exit, in one epoch. */
export interface OnionWork {
  /** Ed25519 key of the exit, 32 bytes. */
  exit: Uint8Array
  epoch: number
  /** 8 bytes. */
  messageId: Uint8Array
}

/** A slice ends after so much time, or so many hashes where the page's clock is too coarse to tell. */
const SLICE_MS = 8
const SLICE_HASHES = 32_768
const BATCH_HASHES = 256

/**
 * Searches for work, in slices of 8 ms between which a page lives on: 2^bits hashes in the mean.
 *
 * @returns the nonce, 8 bytes.
 * @throws P2PError ABORTED.
 * @example
 * const nonce = await findOnionWork({ exit, epoch, messageId }, record.bits.find ?? 0)
 */
export async function findOnionWork(work: OnionWork, bits: number, signal?: AbortSignal): Promise<Uint8Array> {
  const words = wordsOf(work)
  for (let from = 0; !signal?.aborted; await nextTurn()) {
    const startedMs = performance.now()
    const end = from + SLICE_HASHES
    do {
      for (let nonce = from; nonce < from + BATCH_HASHES; nonce++) {
        if (zerosOf(words, Math.floor(nonce / 0x1_0000_0000), nonce >>> 0) < bits) continue
        const found = new Uint8Array(ONION_NONCE_BYTES)
        viewOf(found).setBigUint64(0, BigInt(nonce))
        return found
      }
      from += BATCH_HASHES
    } while (from < end && performance.now() - startedMs < SLICE_MS)
  }
  throw abortedError('The work for an exit', signal?.reason)
}

/** How many zero bits, of the first 64, the hash of this work begins with. One compression. */
export function onionWorkBits(work: OnionWork, nonce: Uint8Array): number {
  const view = viewOf(nonce)
  return zerosOf(wordsOf(work), view.getUint32(0), view.getUint32(4))
}

/** The block without its nonce, as words. */
function wordsOf({ exit, epoch, messageId }: OnionWork): Int32Array {
  const ofEpoch = Uint8Array.of(epoch >>> 24, epoch >>> 16, epoch >>> 8, epoch)
  const nothing = new Uint8Array(BLOCK_BYTES - NONCE_AT)
  const block = joined(new TextEncoder().encode('on1'), exit, ofEpoch, messageId, nothing)
  // FIPS 180-4 §5.1.1.
  block[PUZZLE_BYTES] = 0x80
  viewOf(block).setUint32(BLOCK_BYTES - 4, 8 * PUZZLE_BYTES)
  return Int32Array.from({ length: 16 }, (_, i) => viewOf(block).getInt32(4 * i))
}

// One search takes no turn of another's while it hashes.
let scratch: Int32Array | undefined
let hash: Int32Array | undefined

/** The nonce, 8 bytes from byte 47 on, lies across three words. */
function zerosOf(words: Int32Array, high: number, low: number): number {
  scratch ??= new Int32Array(64)
  hash ??= new Int32Array(8)
  scratch.set(words)
  scratch[11]! |= high >>> 24
  scratch[12] = (high << 8) | (low >>> 24)
  scratch[13] = (low << 8) | 0x80
  sha256Block(scratch, SHA256_INITIAL, hash)
  const zeros = Math.clz32(hash[0]!)
  return zeros < 32 ? zeros : 32 + Math.clz32(hash[1]!)
}
