import { P2PError } from '../base/errors.js'

/** An X25519 key pair (RFC 7748 §5): 32 bytes each. */
export interface NoiseKeyPair {
  readonly publicKey: Uint8Array
  readonly secretKey: Uint8Array
}

/** X25519 of one platform. Key pairs of one provider work with the other. */
export interface X25519 {
  generate(): NoiseKeyPair
  /**
   * The shared secret, 32 bytes.
   * @throws P2PError HANDSHAKE_FAILED for a public key of low order: the all-zero result would not depend on our key (RFC 7748 §6.1).
   */
  dh(keys: NoiseKeyPair, publicKey: Uint8Array): Uint8Array
}

/** Bytes by which a ciphertext is longer than its plaintext (RFC 8439 §2.8). */
export const AEAD_TAG_BYTES = 16

/** ChaCha20-Poly1305 (RFC 8439 §2.8) of one platform. Key 32 bytes, nonce 12 bytes; a ciphertext ends with its 16-byte tag. */
export interface Aead {
  encrypt(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, ad?: Uint8Array): Uint8Array
  /** @throws P2PError DECRYPT_FAILED if anything but the sealed bytes arrives; no plaintext is released then. */
  decrypt(key: Uint8Array, nonce: Uint8Array, ciphertext: Uint8Array, ad?: Uint8Array): Uint8Array
}

/** Libraries throw on an all-zero result or return it; here both end the handshake. */
export function contributory(agree: () => Uint8Array): Uint8Array {
  let cause: unknown
  try {
    const shared = agree()
    let bits = 0
    for (const byte of shared) bits |= byte
    if (bits !== 0) return shared
  } catch (error) {
    cause = error
  }
  throw new P2PError('HANDSHAKE_FAILED', 'The peer sent an unusable key.', { cause })
}

export function opened(open: () => Uint8Array): Uint8Array {
  try {
    return open()
  } catch (cause) {
    throw new P2PError('DECRYPT_FAILED', 'The peer did not seal these bytes.', { cause })
  }
}
