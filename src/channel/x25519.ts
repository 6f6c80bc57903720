import type { KeyObject } from 'node:crypto'
import { base64urlnopad } from '@scure/base'
import { P2PError } from '../base/errors.js'
import { nodeCrypto } from '../base/platform.js'

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

/** The Montgomery ladder, for where the platform has none that is synchronous: browsers. */
export const ladderX25519: X25519 = {
  generate() {
    const secretKey = crypto.getRandomValues(new Uint8Array(32))
    return { secretKey, publicKey: scalarMultiply(secretKey, BASE_POINT) }
  },
  dh: (keys, publicKey) => contributory(() => scalarMultiply(keys.secretKey, publicKey)),
}

/** Undefined where there is no Node, or its crypto (Electron's, Bun's, Deno's) lacks a part that we need. */
export const nodeX25519: X25519 | undefined = /* @__PURE__ */ findNodeX25519()

export const platformX25519: X25519 = nodeX25519 ?? ladderX25519

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
      const { privateKey, publicKey } = crypto.generateKeyPairSync('x25519')
      // Both end with the 32 bytes of the key (RFC 8410 §4, §7). Not exported as JWK: in Node 20 that deadlocks the process when a
      // garbage collection falls into it.
      const keys = {
        publicKey: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)),
        secretKey: new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32)),
      }
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

/** u = 9. */
const BASE_POINT = /* @__PURE__ */ Uint8Array.from({ length: 32 }, (_, index) => (index === 0 ? 9 : 0))
const P = 2n ** 255n - 19n
const A24 = 121_665n

/**
 * X25519 (RFC 7748 §5): scalar and u-coordinate of 32 bytes each, little-endian. The sequence of operations is the same for
 * every scalar; BigInt arithmetic itself takes time that depends on its values, as in any JavaScript library.
 */
function scalarMultiply(scalar: Uint8Array, point: Uint8Array): Uint8Array {
  if (scalar.length !== 32 || point.length !== 32) throw new TypeError('X25519 takes 32 bytes each.')
  const clamped = scalar.slice()
  clamped[0]! &= 248
  clamped[31]! = (clamped[31]! & 127) | 64
  const masked = point.slice()
  masked[31]! &= 127
  const k = fromLittleEndian(clamped)
  const x1 = modP(fromLittleEndian(masked))
  let [x2, z2, x3, z3] = [1n, 0n, x1, 1n]
  let swapped = 0n
  for (let t = 254n; t >= 0n; t--) {
    const bit = (k >> t) & 1n
    if (swapped !== bit) [x2, x3, z2, z3] = [x3, x2, z3, z2]
    swapped = bit
    const a = x2 + z2
    const aa = modP(a * a)
    const b = x2 - z2
    const bb = modP(b * b)
    const e = aa - bb
    const da = modP((x3 - z3) * a)
    const cb = modP((x3 + z3) * b)
    x3 = modP((da + cb) ** 2n)
    z3 = modP(x1 * modP((da - cb) ** 2n))
    x2 = modP(aa * bb)
    z2 = modP(e * (aa + A24 * e))
  }
  if (swapped === 1n) [x2, z2] = [x3, z3]
  // 1/z by Fermat: z^(p - 2); zero stays zero, as the RFC wants it.
  return toLittleEndian(modP(x2 * power(z2, P - 2n)))
}

function modP(value: bigint): bigint {
  const rest = value % P
  return rest < 0n ? rest + P : rest
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  for (let square = base, left = exponent; left > 0n; left >>= 1n, square = modP(square * square)) {
    if (left & 1n) result = modP(result * square)
  }
  return result
}

function fromLittleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)
}

function toLittleEndian(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, index) => Number((value >> BigInt(8 * index)) & 255n))
}
