import { P2PError } from '../base/errors.js'
import { AEAD_TAG_BYTES, type Aead, platformAead } from './aead.js'

/** The longest Noise message, handshake or transport (Noise rev 34 §3). */
export const MAX_NOISE_MESSAGE_BYTES = 65_535
/** The most plaintext that one transport message carries. */
export const MAX_NOISE_PLAINTEXT_BYTES = MAX_NOISE_MESSAGE_BYTES - AEAD_TAG_BYTES
/** Messages under one key: exact in a JavaScript number, and far below the 2^64 - 1 of the specification. */
export const MAX_NOISE_NONCE = 2 ** 48
/** X25519 keys, ChaCha20 keys and SHA-256 hashes alike. */
export const KEY_BYTES = 32

// One nonce for all instances: every use is synchronous, and a channel stays small.
const nonceBuffer = /* @__PURE__ */ new ArrayBuffer(12)
const nonceBytes = /* @__PURE__ */ new Uint8Array(nonceBuffer)
const nonceView = /* @__PURE__ */ new DataView(nonceBuffer)

/** 32 zero bits, then the counter as 64 bits little-endian (Noise rev 34 §12.3). */
function encodeNonce(nonce: number): Uint8Array {
  nonceView.setUint32(4, nonce >>> 0, true)
  nonceView.setUint32(8, Math.floor(nonce / 2 ** 32), true)
  return nonceBytes
}

/** A key and a counter: one direction of a channel (Noise rev 34 §5.1). */
export class CipherState {
  private key: Uint8Array | undefined
  private count: number

  /** Takes the 32-byte key over: `rekey` and `destroy` zero it. */
  constructor(
    key: Uint8Array,
    private readonly aead: Aead = platformAead,
    nonce = 0,
  ) {
    this.key = key
    this.count = nonce
  }

  /** Messages sealed or opened so far. `rekey` does not reset it. */
  get nonce(): number {
    return this.count
  }

  /**
   * Seals up to 65,519 bytes; the result is 16 bytes longer and a fresh array.
   * @throws P2PError LIMIT_EXCEEDED above that length and after 2^48 messages; CONNECTION_CLOSED after `destroy`.
   */
  encrypt(plaintext: Uint8Array, ad?: Uint8Array): Uint8Array {
    const key = this.usable(plaintext.length + AEAD_TAG_BYTES)
    const sealed = this.aead.encrypt(key, encodeNonce(this.count), plaintext, ad)
    this.count++
    return sealed
  }

  /**
   * Opens the next message. After a failure the counter stands where it was (Noise rev 34 §5.1); the channel must be closed.
   * @throws P2PError DECRYPT_FAILED for any byte that differs, and any message lost, repeated or out of order;
   *   LIMIT_EXCEEDED above 65,535 bytes and after 2^48 messages; CONNECTION_CLOSED after `destroy`.
   */
  decrypt(ciphertext: Uint8Array, ad?: Uint8Array): Uint8Array {
    const key = this.usable(ciphertext.length)
    const plaintext = this.aead.decrypt(key, encodeNonce(this.count), ciphertext, ad)
    this.count++
    return plaintext
  }

  /**
   * Replaces the key by a one-way function of itself (Noise rev 34 §4.2), so that a stolen key opens nothing older. Both ends call it
   * after the same message.
   * @throws P2PError CONNECTION_CLOSED after `destroy`.
   */
  rekey(): void {
    const key = this.usable(0)
    nonceBytes.fill(0xff, 4)
    const sealed = this.aead.encrypt(key, nonceBytes, new Uint8Array(KEY_BYTES))
    key.fill(0)
    this.key = sealed.slice(0, KEY_BYTES)
    sealed.fill(0)
  }

  /** Zeroes the key. Every later call throws CONNECTION_CLOSED. */
  wipe(): void {
    this.key?.fill(0)
    this.key = undefined
  }

  private usable(messageBytes: number): Uint8Array {
    if (this.key === undefined) throw new P2PError('CONNECTION_CLOSED', 'The connection is closed. Connect again.')
    if (messageBytes > MAX_NOISE_MESSAGE_BYTES) {
      throw new P2PError('LIMIT_EXCEEDED', `A Noise message has at most ${MAX_NOISE_MESSAGE_BYTES} bytes. Split it.`)
    }
    if (this.count >= MAX_NOISE_NONCE)
      throw new P2PError('LIMIT_EXCEEDED', 'This channel has had its last message. Connect again.')
    return this.key
  }
}
