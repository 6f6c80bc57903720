import { joined } from '../base/bytes.js'
import { sha256 } from '../base/sha256.js'
import { nextTurn } from '../base/turn.js'
import { taggedBytes } from '../identity/envelope.js'

/** Bytes of the challenge of a RETRY, and of the nonce that answers it. */
export const CHALLENGE_BYTES = 16
export const RETRY_NONCE_BYTES = 8
/** Most bits that a RETRY may ask for: some seconds of a phone. */
export const MAX_RETRY_BITS = 20
/** How long a search goes on before others have their turn: half a frame of a page. */
const SLICE_MS = 8
/** Hashes between two looks at the time. */
const BATCH_HASHES = 256

/**
 * Whether a nonce answers a RETRY: SHA-256 over challenge ‖ ephemeral key ‖ nonce, under the tag 'retry', begins with so many zero bits.
 *
 * @param task `taggedBytes('retry', …)` over challenge (16) and ephemeral key (32).
 */
export function answersRetry(task: Uint8Array, nonce: Uint8Array, bits: number): boolean {
  const hash = sha256(task, nonce)
  // No more than 20 bits are asked for: they are in the first word.
  return Math.clz32(new DataView(hash.buffer).getUint32(0)) >= bits
}

export function retryTask(network: string, challenge: Uint8Array, ephemeralKey: Uint8Array): Uint8Array {
  return taggedBytes('retry', network, joined(challenge, ephemeralKey))
}

/** Searches for a nonce (8 bytes), in slices between which a page lives on; undefined where `isOver` has become true. */
export async function answerRetry(task: Uint8Array, bits: number, isOver: () => boolean): Promise<Uint8Array | undefined> {
  const nonce = new Uint8Array(RETRY_NONCE_BYTES)
  const view = new DataView(nonce.buffer)
  for (let tried = 0; !isOver(); await nextTurn()) {
    const until = performance.now() + SLICE_MS
    do {
      for (const end = tried + BATCH_HASHES; tried < end; tried++) {
        view.setUint32(4, tried)
        if (answersRetry(task, nonce, bits)) return nonce
      }
    } while (performance.now() < until)
  }
  return undefined
}
