import { contributory, type NoiseKeyPair, type X25519 } from './primitives.js'
import { nodeX25519 } from './primitives.node.js'

export type { NoiseKeyPair, X25519 } from './primitives.js'
export { nodeX25519 } from './primitives.node.js'

/** The Montgomery ladder, for where the platform has none that is synchronous: browsers. */
export const ladderX25519: X25519 = {
  generate() {
    const secretKey = crypto.getRandomValues(new Uint8Array(32))
    return { secretKey, publicKey: scalarMultiply(secretKey, BASE_POINT) }
  },
  dh: (keys, publicKey) => contributory(() => scalarMultiply(keys.secretKey, publicKey)),
}

export const platformX25519: X25519 = nodeX25519 ?? ladderX25519

/** A fresh X25519 key pair from the platform's secure randomness. */
export function generateNoiseKeyPair(): NoiseKeyPair {
  return platformX25519.generate()
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
