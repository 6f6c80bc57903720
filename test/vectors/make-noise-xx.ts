/**
 * Makes test/vectors/noise-xx.json: vectors of our own for Noise_XX_25519_ChaChaPoly_SHA256, beyond the public ones in that they
 * cover payload lengths at block edges, re-keying (Noise rev 34 §4.2) and counters that need all of their bytes.
 * Written by this implementation once it had satisfied the public cacophony vectors with both of its crypto providers.
 *
 * npx esbuild test/vectors/make-noise-xx.ts --bundle --platform=node --format=esm | node --input-type=module - --print > test/vectors/noise-xx.json
 */
import { x25519 } from '@noble/curves/ed25519.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { CipherState, type NoiseCrypto, NoiseXX, portableNoiseCrypto } from '../../src/channel/noise.js'

export interface NoiseMessageVector {
  payload: string
  ciphertext: string
}

export interface NoiseVector {
  protocol_name: string
  init_prologue: string
  init_static: string
  init_ephemeral: string
  resp_prologue: string
  resp_static: string
  resp_ephemeral: string
  handshake_hash: string
  /** Handshake, then transport; the initiator sends those of even index. */
  messages: NoiseMessageVector[]
  /** After both sides re-keyed both directions; the initiator sends those of even index. Ours, not cacophony's. */
  rekeyed_messages?: NoiseMessageVector[]
}

export interface CipherStateVector {
  key: string
  nonce: number
  ad: string
  plaintext: string
  ciphertext: string
  /** The same plaintext and associated data, sealed with the next counter after one re-key. */
  rekeyed_ciphertext: string
}

export interface LongMessageVector {
  key: string
  /** The plaintext is this byte, `length` times. */
  byte: number
  length: number
  ciphertext_sha256: string
}

export interface NoiseVectorFile {
  source: string
  vectors: NoiseVector[]
  cipher_state?: CipherStateVector[]
  long_messages?: LongMessageVector[]
}

/** Deterministic bytes, so that anyone makes the same file. */
function seeded(label: string, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let at = 0, block = 0; at < length; at += 32, block++) {
    bytes.set(sha256(utf8ToBytes(`lotus-p2p noise-xx ${label} ${block}`)).subarray(0, length - at), at)
  }
  return bytes
}

function keyPair(secretKey: Uint8Array) {
  return { secretKey, publicKey: x25519.getPublicKey(secretKey) }
}

function session(name: string, sizes: readonly number[], prologueBytes: number, crypto: NoiseCrypto): NoiseVector {
  const prologue = seeded(`${name} prologue`, prologueBytes)
  const secret = (role: string) => seeded(`${name} ${role}`, 32)
  const side = (role: 'init' | 'resp') =>
    new NoiseXX({
      initiator: role === 'init',
      staticKeys: keyPair(secret(`${role} static`)),
      ephemeralKeys: keyPair(secret(`${role} ephemeral`)),
      prologue,
      crypto,
    })
  const sides = [side('init'), side('resp')] as const
  const payloads = sizes.map((size, i) => seeded(`${name} payload ${i}`, size))
  const handshake = payloads.slice(0, 3).map((payload, i) => {
    const ciphertext = (sides[i % 2] as NoiseXX).writeMessage(payload)
    ;(sides[(i + 1) % 2] as NoiseXX).readMessage(ciphertext)
    return { payload: bytesToHex(payload), ciphertext: bytesToHex(ciphertext) }
  })
  const channels = [sides[0].split(), sides[1].split()] as const
  const seal = (payload: Uint8Array, i: number) => ({
    payload: bytesToHex(payload),
    ciphertext: bytesToHex((channels[i % 2] as (typeof channels)[0]).send.encrypt(payload)),
  })
  const transport = payloads.slice(3).map((payload, i) => seal(payload, i + 3))
  for (const { send } of channels) send.rekey()
  return {
    protocol_name: 'Noise_XX_25519_ChaChaPoly_SHA256',
    init_prologue: bytesToHex(prologue),
    init_static: bytesToHex(secret('init static')),
    init_ephemeral: bytesToHex(secret('init ephemeral')),
    resp_prologue: bytesToHex(prologue),
    resp_static: bytesToHex(secret('resp static')),
    resp_ephemeral: bytesToHex(secret('resp ephemeral')),
    handshake_hash: bytesToHex(channels[0].handshakeHash),
    messages: [...handshake, ...transport],
    rekeyed_messages: payloads.slice(0, 4).map(seal),
  }
}

function cipherState(nonce: number, adBytes: number, size: number, crypto: NoiseCrypto): CipherStateVector {
  const key = seeded(`cipher key ${nonce}`, 32)
  const ad = seeded(`cipher ad ${nonce}`, adBytes)
  const plaintext = seeded(`cipher plaintext ${nonce}`, size)
  const state = new CipherState(key.slice(), crypto.aead, nonce)
  const ciphertext = state.encrypt(plaintext, ad)
  state.rekey()
  return {
    key: bytesToHex(key),
    nonce,
    ad: bytesToHex(ad),
    plaintext: bytesToHex(plaintext),
    ciphertext: bytesToHex(ciphertext),
    rekeyed_ciphertext: bytesToHex(state.encrypt(plaintext, ad)),
  }
}

function longMessage(length: number, crypto: NoiseCrypto): LongMessageVector {
  const key = seeded(`long key ${length}`, 32)
  const sealed = new CipherState(key.slice(), crypto.aead).encrypt(new Uint8Array(length).fill(0x5a))
  return { key: bytesToHex(key), byte: 0x5a, length, ciphertext_sha256: bytesToHex(sha256(sealed)) }
}

export function makeNoiseVectors(crypto: NoiseCrypto = portableNoiseCrypto): NoiseVectorFile {
  return {
    source: 'lotus-p2p, made by test/vectors/make-noise-xx.ts',
    vectors: [
      session('empty payloads', [0, 0, 0, 0, 0], 0, crypto),
      session('block edges', [1, 15, 16, 17, 31, 32, 33, 63, 64, 65], 9, crypto),
      session('long payloads', [100, 255, 256, 1024, 1000], 300, crypto),
    ],
    cipher_state: [
      cipherState(0, 0, 0, crypto),
      cipherState(255, 1, 16, crypto),
      cipherState(2 ** 32 - 1, 16, 33, crypto),
      cipherState(2 ** 32, 32, 64, crypto),
      cipherState(2 ** 48 - 2, 17, 100, crypto),
    ],
    long_messages: [longMessage(16_384, crypto), longMessage(65_519, crypto)],
  }
}

if (process.argv.includes('--print')) console.log(JSON.stringify(makeNoiseVectors(), null, 2))
