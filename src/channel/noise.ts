import { joined } from '../base/bytes.js'
import { P2PError } from '../base/errors.js'
import { sha256 } from '../base/sha256.js'
import { AEAD_TAG_BYTES, type Aead, chaCha20Poly1305, platformAead } from './aead.js'
import { CipherState, KEY_BYTES, MAX_NOISE_MESSAGE_BYTES } from './cipher-state.js'
import { hmacSha256 } from './hmac.js'
import { nodeHmac } from './primitives.node.js'
import { ladderX25519, type NoiseKeyPair, platformX25519, type X25519 } from './x25519.js'

export { CipherState, MAX_NOISE_MESSAGE_BYTES } from './cipher-state.js'
export { generateNoiseKeyPair, type NoiseKeyPair } from './x25519.js'

const PROTOCOL_NAME = 'Noise_XX_25519_ChaChaPoly_SHA256'

/** The primitives under a handshake, all synchronous. */
export interface NoiseCrypto {
  readonly x25519: X25519
  readonly aead: Aead
  /** HMAC-SHA256 (RFC 2104): 32 bytes. */
  hmac(key: Uint8Array, data: Uint8Array): Uint8Array
}

/** Ours, for where the platform has none that is synchronous. */
export const portableNoiseCrypto: NoiseCrypto = {
  x25519: ladderX25519,
  aead: chaCha20Poly1305,
  hmac: hmacSha256,
}

/** What is fastest here: each primitive from Node where Node has it, else ours. */
export const platformNoiseCrypto: NoiseCrypto = {
  x25519: platformX25519,
  aead: platformAead,
  hmac: nodeHmac ?? hmacSha256,
}

export interface NoiseXXOptions {
  initiator: boolean
  /** Our long-term X25519 keys, which may be set later, before the message that carries them. Never modified. */
  staticKeys?: NoiseKeyPair | undefined
  /** Bytes that both sides must agree on; a difference fails the handshake at its second message. Default: empty. */
  prologue?: Uint8Array | undefined
  /** For test vectors only: a reused ephemeral key gives the secrecy of the handshake away. Taken over and zeroed. */
  ephemeralKeys?: NoiseKeyPair | undefined
  /** Default: what is fastest on this platform. */
  crypto?: NoiseCrypto | undefined
}

export interface NoiseChannel {
  send: CipherState
  receive: CipherState
  /** 32 bytes that name this session (Noise rev 34 §11.2); not secret. */
  handshakeHash: Uint8Array
}

/** Noise rev 34 §7.5. Even messages are the initiator's. Of a pair of letters the first is the initiator's key, the second the responder's. */
const XX = [['e'], ['e', 'ee', 's', 'es'], ['s', 'se']] as const
/** What each message adds to its payload: keys and tags. */
const OVERHEAD = [KEY_BYTES, KEY_BYTES + KEY_BYTES + 2 * AEAD_TAG_BYTES, KEY_BYTES + 2 * AEAD_TAG_BYTES] as const

/**
 * A handshake Noise_XX_25519_ChaChaPoly_SHA256 (Noise rev 34 §5.3). Three messages, the initiator writes the first. The payload of the first is
 * sent in clear; that of the second is hidden from onlookers but reaches whoever dialled; that of the third reaches only the proven responder.
 *
 * Whatever throws ends the handshake and zeroes its secrets; every later call throws HANDSHAKE_FAILED.
 *
 * @example
 * const alice = new NoiseXX({ initiator: true, staticKeys: generateNoiseKeyPair() })
 * const bob = new NoiseXX({ initiator: false, staticKeys: generateNoiseKeyPair() })
 * const nothing = new Uint8Array()
 * bob.readMessage(alice.writeMessage(nothing))
 * alice.readMessage(bob.writeMessage(nothing))
 * bob.readMessage(alice.writeMessage(nothing))
 * bob.split().receive.decrypt(alice.split().send.encrypt(new Uint8Array([1, 2, 3])))
 */
export class NoiseXX {
  private readonly initiator: boolean
  private readonly crypto: NoiseCrypto
  /** Ours. */
  staticKeys: NoiseKeyPair | undefined
  private ephemeralKeys: NoiseKeyPair | undefined
  private remoteEphemeralKey: Uint8Array | undefined
  private remoteStaticKey: Uint8Array | undefined
  private hash: Uint8Array
  private chainingKey: Uint8Array
  private cipher: CipherState | undefined
  /** Messages done. */
  private step = 0
  private ended = false

  constructor({ initiator, staticKeys, prologue, ephemeralKeys, crypto }: NoiseXXOptions) {
    this.initiator = initiator
    this.staticKeys = staticKeys
    this.ephemeralKeys = ephemeralKeys
    this.crypto = crypto ?? platformNoiseCrypto
    // The name has exactly 32 bytes, so it is the first hash itself (Noise rev 34 §5.2).
    this.hash = new TextEncoder().encode(PROTOCOL_NAME)
    this.chainingKey = this.hash.slice()
    this.mixHash(prologue ?? new Uint8Array())
  }

  /** True once the third message has been written or read: `split` may be called. */
  get finished(): boolean {
    return this.step === XX.length
  }

  /** The peer's long-term X25519 key, 32 bytes: proven, once the message that carried it has been read whole. */
  get remoteStatic(): Uint8Array | undefined {
    return this.step > (this.initiator ? 1 : 2) ? this.remoteStaticKey : undefined
  }

  /**
   * The next handshake message, 32, 96 or 64 bytes longer than its payload.
   * @throws P2PError HANDSHAKE_FAILED if it is not our turn, if the message would exceed 65,535 bytes, or after a failure.
   */
  writeMessage(payload: Uint8Array): Uint8Array {
    return this.guarded(() => {
      const tokens = this.turn(true, payload.length)
      const parts: Uint8Array[] = []
      for (const token of tokens) {
        if (token === 'e') {
          this.ephemeralKeys ??= this.crypto.x25519.generate()
          this.mixHash(this.ephemeralKeys.publicKey)
          parts.push(this.ephemeralKeys.publicKey)
        } else if (token === 's') parts.push(this.encryptAndHash(this.staticKeys!.publicKey))
        else this.mixDH(token)
      }
      parts.push(this.encryptAndHash(payload))
      this.step++
      return joined(...parts)
    })
  }

  /**
   * Reads the peer's message and returns its payload, in an array of its own.
   * @throws P2PError DECRYPT_FAILED for altered bytes or another prologue; HANDSHAKE_FAILED for a length below the minimum or above 65,535
   *   bytes, a key of low order, a message that is not due, or after a failure.
   */
  readMessage(message: Uint8Array): Uint8Array {
    return this.guarded(() => {
      const tokens = this.turn(false, message.length - (OVERHEAD[this.step] ?? 0))
      let rest = message
      const take = (bytes: number) => {
        const taken = rest.subarray(0, bytes)
        rest = rest.subarray(bytes)
        return taken
      }
      for (const token of tokens) {
        if (token === 'e') {
          // Not `slice`: that of a Node Buffer is a view.
          this.remoteEphemeralKey = new Uint8Array(take(KEY_BYTES))
          this.mixHash(this.remoteEphemeralKey)
        } else if (token === 's') {
          this.remoteStaticKey = this.decryptAndHash(take(KEY_BYTES + AEAD_TAG_BYTES))
        } else this.mixDH(token)
      }
      const payload = this.decryptAndHash(rest)
      this.step++
      return payload
    })
  }

  /**
   * The two directions of the channel. Call it once; it zeroes what is left of the handshake.
   *
   * @param suite the cipher suite whose keys are derived from those of Noise, so that one key never serves two ciphers; undefined: the
   *   keys of Noise themselves.
   * @throws P2PError HANDSHAKE_FAILED before the third message, after a failure, and the second time.
   */
  split(suite?: string): NoiseChannel {
    return this.guarded(() => {
      if (!this.finished) throw outOfOrder()
      const keys = this.hkdf(new Uint8Array())
      const { aead } = this.crypto
      const [first, second] = suite === undefined ? keys : [this.keyFor(suite, keys[0]), this.keyFor(suite, keys[1])]
      const [send, receive] = this.initiator ? [first, second] : [second, first]
      const handshakeHash = this.hash
      this.wipe()
      return { send: new CipherState(send, aead), receive: new CipherState(receive, aead), handshakeHash }
    })
  }

  /** Zeroes the secrets of the handshake. The static keys belong to the caller and stay. */
  wipe(): void {
    this.ended = true
    this.ephemeralKeys?.secretKey.fill(0)
    this.ephemeralKeys = undefined
    this.chainingKey.fill(0)
    this.cipher?.wipe()
  }

  private guarded<T>(act: () => T): T {
    if (this.ended) throw outOfOrder()
    try {
      return act()
    } catch (error) {
      this.wipe()
      throw error
    }
  }

  private turn(write: boolean, payloadBytes: number): readonly string[] {
    const tokens = XX[this.step]
    if (tokens === undefined || (this.step % 2 === 0) !== (write === this.initiator)) throw outOfOrder()
    if (payloadBytes < 0 || payloadBytes > MAX_NOISE_MESSAGE_BYTES - (OVERHEAD[this.step] as number)) {
      throw new P2PError('HANDSHAKE_FAILED', 'A handshake message is too short or too long.')
    }
    return tokens
  }

  private mixDH(token: string): void {
    const [ours, theirs] = this.initiator ? [token[0], token[1]] : [token[1], token[0]]
    const keys = (ours === 'e' ? this.ephemeralKeys : this.staticKeys) as NoiseKeyPair
    const shared = this.crypto.x25519.dh(keys, (theirs === 'e' ? this.remoteEphemeralKey : this.remoteStaticKey) as Uint8Array)
    const [chainingKey, key] = this.hkdf(shared)
    shared.fill(0)
    this.chainingKey.fill(0)
    this.chainingKey = chainingKey
    this.cipher?.wipe()
    this.cipher = new CipherState(key, this.crypto.aead)
  }

  /** HKDF-SHA256 (RFC 5869 §2.2, §2.3) without salt: 32 bytes. Zeroes the key that it is made of. */
  private keyFor(suite: string, key: Uint8Array): Uint8Array {
    const { hmac } = this.crypto
    const made = hmac(hmac(new Uint8Array(32), key), new TextEncoder().encode(`lotus-p2p/2/${suite}\x01`))
    key.fill(0)
    return made
  }

  /** Noise rev 34 §4.3 with two outputs. */
  private hkdf(input: Uint8Array): [Uint8Array, Uint8Array] {
    const { hmac } = this.crypto
    const temporary = hmac(this.chainingKey, input)
    const first = hmac(temporary, Uint8Array.of(1))
    const second = hmac(temporary, joined(first, Uint8Array.of(2)))
    temporary.fill(0)
    return [first, second]
  }

  private mixHash(data: Uint8Array): void {
    this.hash = sha256(this.hash, data)
  }

  private encryptAndHash(plaintext: Uint8Array): Uint8Array {
    const sealed = this.cipher ? this.cipher.encrypt(plaintext, this.hash) : plaintext
    this.mixHash(sealed)
    return sealed
  }

  private decryptAndHash(sealed: Uint8Array): Uint8Array {
    const plaintext = this.cipher ? this.cipher.decrypt(sealed, this.hash) : new Uint8Array(sealed)
    this.mixHash(sealed)
    return plaintext
  }
}

function outOfOrder(): P2PError {
  return new P2PError('HANDSHAKE_FAILED', 'This handshake message is not due. Connect again.')
}
