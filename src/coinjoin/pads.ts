import { compareBytes, joined } from '../base/bytes.js'
import { chaCha20, chaChaState } from '../channel/chacha20-poly1305.js'
import { hmacSha256 } from '../channel/hmac.js'
import { type NoiseKeyPair, platformX25519 } from '../channel/x25519.js'
import { numberOf } from '../lotus/curve.js'
import { taggedHash } from '../lotus/hash.js'
import type { MixField } from './fields.js'

const INFO = /* @__PURE__ */ (() => new TextEncoder().encode('lotus-p2p/coinjoin/pad/1'))()
/** Bytes by which a pad's block is longer than an element: the remainder is uniform but for 2^−128. */
const EXTRA_BYTES = 16
/** u = 9 (RFC 7748 §4.1). */
const BASE_POINT = /* @__PURE__ */ Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 9 : 0))

/** A member, by its key in the round, and the X25519 key of this attempt. */
export interface PadParty {
  /** Ed25519, 32 bytes. */
  readonly member: Uint8Array
  /** X25519, 32 bytes. */
  readonly padKey: Uint8Array
}

/**
 * The X25519 keys that a member's seed gives in an attempt.
 *
 * @param seed 32 random bytes.
 * @param attempt id of the attempt.
 */
export function padKeysOf(seed: Uint8Array, attempt: Uint8Array): NoiseKeyPair {
  const secretKey = taggedHash('lotus-p2p/coinjoin/dh/1', seed, attempt)
  return { secretKey, publicKey: platformX25519.dh({ secretKey, publicKey: BASE_POINT }, BASE_POINT) }
}

/** Whether every agreement with this key is zero, whatever the other key: no pad hides anything then (RFC 7748 §6.1). */
export function isLowOrder(padKey: Uint8Array): boolean {
  try {
    platformX25519.dh({ secretKey: BASE_POINT, publicKey: BASE_POINT }, padKey)
    return false
  } catch {
    return true
  }
}

/**
 * What two members hide their vectors with, the same at both: one adds it, the other takes it off. X25519, HKDF-SHA256 (RFC 5869), the
 * ChaCha20 key stream (RFC 8439 §2.4) with nonce and counter 0, and each block's remainder modulo p.
 *
 * @param keys of one of them.
 * @param count how many elements.
 * @throws P2PError HANDSHAKE_FAILED where the other's key is of low order.
 */
export function padOf(
  field: MixField,
  attempt: Uint8Array,
  keys: NoiseKeyPair,
  own: PadParty,
  other: PadParty,
  count: number,
): bigint[] {
  const [one, two] = compareBytes(own.member, other.member) < 0 ? [own, other] : [other, own]
  const shared = platformX25519.dh(keys, other.padKey)
  const extracted = hmacSha256(attempt, shared)
  const info = joined(INFO, one.member, two.member, one.padKey, two.padKey, Uint8Array.of(1))
  const key = hmacSha256(extracted, info)
  const blockBytes = field.elementBytes + EXTRA_BYTES
  const stream = new Uint8Array(count * blockBytes)
  chaCha20(chaChaState(key, new Uint8Array(12)), stream, stream)
  const pad = Array.from(
    { length: count },
    (_, k) => numberOf(stream.subarray(k * blockBytes, (k + 1) * blockBytes)) % field.prime,
  )
  for (const secret of [shared, extracted, key, stream]) secret.fill(0)
  return pad
}
