import { joined } from '../base/bytes.js'
import type { NoiseKeyPair } from '../channel/x25519.js'
import { HPKE_KEY_BYTES, HPKE_TAG_BYTES, hpkeOpen, hpkeSeal } from '../mail/hpke.js'
import { malformed } from '../message/shape.js'

/** Bytes of a sealed answer: an exit sees which of these it is, and no more. */
const ANSWER_BYTES = [512, 2_048, 8_192, 32_768] as const
const OVERHEAD = HPKE_KEY_BYTES + HPKE_TAG_BYTES
/** Bytes of an answer's message at most. */
export const MAX_ANSWER_BYTES = ANSWER_BYTES[3] - OVERHEAD - 1

/**
 * Seals the answer to an anonymous letter, to the one-time key that the letter names: the exit, which brings it, cannot read it.
 *
 * @param replyKey X25519, 32 bytes.
 * @param letterId of the letter, 16 bytes: an answer opens for one letter alone.
 * @param plain at most `MAX_ANSWER_BYTES`.
 * @returns 512, 2,048, 8,192 or 32,768 bytes: `enc` (32) ‖ ciphertext.
 * @throws P2PError HANDSHAKE_FAILED for a key of low order; MALFORMED_DATA for what is too long.
 */
export async function sealAnswer(replyKey: Uint8Array, letterId: Uint8Array, plain: Uint8Array): Promise<Uint8Array> {
  const size = ANSWER_BYTES.find((bytes) => bytes - OVERHEAD > plain.length)
  if (size === undefined) throw malformed('An answer of more than 32 kB')
  // ISO/IEC 7816-4, as in letters.
  const padded = joined(plain, Uint8Array.of(0x80), new Uint8Array(size - OVERHEAD - plain.length - 1))
  const { enc, ciphertext } = await hpkeSeal(replyKey, aboutOf(letterId), () => padded)
  return joined(enc, ciphertext)
}

/** @throws P2PError DECRYPT_FAILED, HANDSHAKE_FAILED, MALFORMED_DATA. */
export function openAnswer(keys: NoiseKeyPair, letterId: Uint8Array, sealed: Uint8Array): Uint8Array {
  if (!(ANSWER_BYTES as readonly number[]).includes(sealed.length)) throw malformed('A sealed answer')
  const enc = sealed.slice(0, HPKE_KEY_BYTES)
  const padded = hpkeOpen(keys, { enc, ciphertext: sealed.slice(HPKE_KEY_BYTES) }, aboutOf(letterId))
  let end = padded.length - 1
  while (padded[end] === 0) end--
  if (padded[end] !== 0x80) throw malformed('The padding of an answer')
  return padded.subarray(0, end)
}

function aboutOf(letterId: Uint8Array): { info: Uint8Array; aad: Uint8Array } {
  return { info: new TextEncoder().encode('lotus-p2p/anonymous-answer/1\0'), aad: letterId }
}
