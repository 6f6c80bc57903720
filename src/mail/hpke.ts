import { joined } from '../base/bytes.js'
import { platformAead } from '../channel/aead.js'
import { hmacSha256 } from '../channel/hmac.js'
import { ladderX25519, type NoiseKeyPair, platformX25519 } from '../channel/x25519.js'

/** Bytes of an encapsulated key (RFC 9180 §7.1, Nenc), of a public key and of a secret one. */
export const HPKE_KEY_BYTES = 32
/** Bytes by which what is sealed is longer than its plaintext (RFC 9180 §7.3, Nt). */
export const HPKE_TAG_BYTES = 16

/** "KEM" and the number of DHKEM(X25519, HKDF-SHA256): RFC 9180 §4.1. */
const KEM_SUITE = /* @__PURE__ */ Uint8Array.of(0x4b, 0x45, 0x4d, 0, 0x20)
/** "HPKE", that KEM, HKDF-SHA256 and ChaCha20-Poly1305: RFC 9180 §5.1. */
const SUITE = /* @__PURE__ */ Uint8Array.of(0x48, 0x50, 0x4b, 0x45, 0, 0x20, 0, 1, 0, 3)
const NOTHING = /* @__PURE__ */ new Uint8Array(0)

/** One message sealed to a key. */
export interface Sealed {
  /** The ephemeral public key, 32 bytes. */
  enc: Uint8Array
  /** 16 bytes longer than the plaintext. */
  ciphertext: Uint8Array
}

/** What both ends of a message are bound to. */
export interface SealedAbout {
  info: Uint8Array
  /** Associated data. */
  aad: Uint8Array
}

/**
 * A fresh key pair that something can be sealed to, or an ephemeral one: from the platform's secure randomness.
 */
export function generateKeyPair(): NoiseKeyPair {
  return platformX25519.generate()
}

/** The key pair of a secret key, 32 bytes. It takes a browser some milliseconds. */
export function keyPairOf(secretKey: Uint8Array): NoiseKeyPair {
  const base = new Uint8Array(HPKE_KEY_BYTES)
  base[0] = 9
  return { secretKey, publicKey: ladderX25519.dh({ secretKey, publicKey: base }, base) }
}

/**
 * Seals one message: HPKE (RFC 9180 §6.1), base mode, suite DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305.
 *
 * @param publicKey of the recipient, 32 bytes.
 * @param makePlaintext gets `enc`, so that what is sealed may be bound to it.
 * @param ephemeral never the same twice; default: a fresh one.
 * @throws P2PError HANDSHAKE_FAILED for a public key of low order.
 * @example
 * const { enc, ciphertext } = await hpkeSeal(key, { info, aad }, () => plaintext)
 */
export async function hpkeSeal(
  publicKey: Uint8Array,
  about: SealedAbout,
  makePlaintext: (enc: Uint8Array) => Uint8Array | Promise<Uint8Array>,
  ephemeral: NoiseKeyPair = generateKeyPair(),
): Promise<Sealed> {
  const enc = ephemeral.publicKey
  const plaintext = await makePlaintext(enc)
  const shared = sharedSecret(platformX25519.dh(ephemeral, publicKey), enc, publicKey)
  const { key, nonce } = keySchedule(shared, about.info)
  return { enc, ciphertext: platformAead.encrypt(key, nonce, plaintext, about.aad) }
}

/**
 * Opens what `hpkeSeal` has sealed.
 *
 * @param keys of the recipient.
 * @throws P2PError DECRYPT_FAILED for anything but the sealed bytes; HANDSHAKE_FAILED for an `enc` of low order.
 */
export function hpkeOpen(keys: NoiseKeyPair, { enc, ciphertext }: Sealed, { info, aad }: SealedAbout): Uint8Array {
  const { key, nonce } = keySchedule(sharedSecret(platformX25519.dh(keys, enc), enc, keys.publicKey), info)
  return platformAead.decrypt(key, nonce, ciphertext, aad)
}

/** RFC 9180 §4.1, ExtractAndExpand: 32 bytes. @param dh X25519 of the one's secret key and the other's public one. */
export function sharedSecret(dh: Uint8Array, enc: Uint8Array, publicKey: Uint8Array): Uint8Array {
  return expand(KEM_SUITE, extract(KEM_SUITE, NOTHING, 'eae_prk', dh), 'shared_secret', joined(enc, publicKey), 32)
}

/** RFC 9180 §5.1, KeySchedule in base mode: the key, and the nonce of the first message. */
export function keySchedule(shared: Uint8Array, info: Uint8Array): { key: Uint8Array; nonce: Uint8Array } {
  const context = joined(
    Uint8Array.of(0),
    extract(SUITE, NOTHING, 'psk_id_hash', NOTHING),
    extract(SUITE, NOTHING, 'info_hash', info),
  )
  const secret = extract(SUITE, shared, 'secret', NOTHING)
  return { key: expand(SUITE, secret, 'key', context, 32), nonce: expand(SUITE, secret, 'base_nonce', context, 12) }
}

/** RFC 9180 §4, LabeledExtract. */
function extract(suite: Uint8Array, salt: Uint8Array, label: string, material: Uint8Array): Uint8Array {
  return hmacSha256(salt, joined(utf8('HPKE-v1'), suite, utf8(label), material))
}

/** RFC 9180 §4, LabeledExpand, of at most 32 bytes: one block of HKDF-Expand (RFC 5869 §2.3). */
function expand(suite: Uint8Array, secret: Uint8Array, label: string, info: Uint8Array, length: number): Uint8Array {
  const labelled = joined(Uint8Array.of(0, length), utf8('HPKE-v1'), suite, utf8(label), info)
  return hmacSha256(secret, joined(labelled, Uint8Array.of(1))).subarray(0, length)
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
