import type { KeyObject } from 'node:crypto'
import { x25519 } from '@noble/curves/ed25519.js'
import { base64urlnopad } from '@scure/base'
import { P2PError } from '../errors.js'
import { nodeCrypto } from '../platform.js'

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

export const nobleX25519: X25519 = {
  generate: () => x25519.keygen(),
  dh: (keys, publicKey) => contributory(() => x25519.getSharedSecret(keys.secretKey, publicKey)),
}

/** Undefined where there is no Node, or its crypto (Electron's, Bun's, Deno's) lacks a part that we need. */
export const nodeX25519: X25519 | undefined = /* @__PURE__ */ findNodeX25519()

export const platformX25519: X25519 = nodeX25519 ?? nobleX25519

/** A fresh X25519 key pair from the platform's secure randomness. */
export function generateNoiseKeyPair(): NoiseKeyPair {
  return platformX25519.generate()
}

function findNodeX25519(): X25519 | undefined {
  const crypto = nodeCrypto
  if (crypto === undefined) return undefined
  // Importing the private key costs as much as the agreement; the entry goes when its key pair does.
  const imported = new WeakMap<NoiseKeyPair, KeyObject>()
  // JWK, because Node parses it twelve times faster than DER.
  const jwk = (x: Uint8Array, d?: Uint8Array) => ({
    format: 'jwk' as const,
    key: { kty: 'OKP', crv: 'X25519', x: base64urlnopad.encode(x), ...(d && { d: base64urlnopad.encode(d) }) },
  })
  const provider: X25519 = {
    generate() {
      const { privateKey } = crypto.generateKeyPairSync('x25519')
      const { x, d } = privateKey.export({ format: 'jwk' })
      const keys = { publicKey: base64urlnopad.decode(x as string), secretKey: base64urlnopad.decode(d as string) }
      imported.set(keys, privateKey)
      return keys
    },
    dh: (keys, publicKey) =>
      contributory(() => {
        let privateKey = imported.get(keys)
        if (privateKey === undefined) {
          privateKey = crypto.createPrivateKey(jwk(keys.publicKey, keys.secretKey))
          imported.set(keys, privateKey)
        }
        const shared = crypto.diffieHellman({ privateKey, publicKey: crypto.createPublicKey(jwk(publicKey)) })
        return new Uint8Array(shared.buffer, shared.byteOffset, shared.length)
      }),
  }
  try {
    const keys = provider.generate()
    provider.dh(keys, keys.publicKey)
    return provider
  } catch {
    return undefined
  }
}

/** Libraries throw on an all-zero result or return it; here both end the handshake. */
function contributory(agree: () => Uint8Array): Uint8Array {
  let cause: unknown
  try {
    const shared = agree()
    let bits = 0
    for (const byte of shared) bits |= byte
    if (bits !== 0) return shared
  } catch (error) {
    cause = error
  }
  throw new P2PError('HANDSHAKE_FAILED', 'The peer sent an unusable key. Close the connection.', { cause })
}
