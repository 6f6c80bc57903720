import { secp256k1 } from '@noble/curves/secp256k1.js'
import { hexOf } from '../base/bytes.js'
import { P2PError } from '../base/errors.js'

declare module '../base/errors.js' {
  interface P2PErrorCodesOfPlugins {
    /** A key, nonce, script or transaction that is none, or that the Lotus network would refuse. */
    INVALID_TRANSACTION: true
  }
}

/** A point of secp256k1 (SEC 2 §2.4.1). */
export type CurvePoint = InstanceType<typeof secp256k1.Point>

export const { Point } = /* @__PURE__ */ (() => secp256k1)()
/** The order of the group. */
export const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
/** The prime of the field. */
export const FIELD = 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2fn
export const POINT_BYTES = 33
export const SCALAR_BYTES = 32

/** What is not as it must be, with the name of what was given. */
export function invalid(message: string, details: Record<string, unknown> = {}): P2PError {
  return new P2PError('INVALID_TRANSACTION', message, { details })
}

/** Big-endian. */
export function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${hexOf(bytes) || '0'}`)
}

/** 32 bytes, big-endian, of a number from 0 to 2^256 − 1. */
export function bytesOf(number: bigint): Uint8Array {
  const bytes = new Uint8Array(SCALAR_BYTES)
  for (let i = SCALAR_BYTES - 1, rest = number; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 0xffn)
  return bytes
}

/** From 0 to n − 1. */
export function modN(number: bigint): bigint {
  const rest = number % ORDER
  return rest < 0n ? rest + ORDER : rest
}

/** A number from 1 to n − 1 of 32 bytes; undefined for others. */
export function scalarOf(bytes: Uint8Array): bigint | undefined {
  if (bytes.length !== SCALAR_BYTES) return undefined
  const scalar = numberOf(bytes)
  return scalar > 0n && scalar < ORDER ? scalar : undefined
}

/** The secret number of a key. @throws P2PError INVALID_TRANSACTION for what is no secret key; it is not named. */
export function secretOf(secretKey: Uint8Array): bigint {
  const secret = scalarOf(secretKey)
  if (secret === undefined) throw invalid('A secret key has 32 bytes, a number from 1 to n - 1.')
  return secret
}

/** The point of 33 bytes, compressed; undefined for what is none (SEC 1 §2.3.4). */
export function pointOf(bytes: Uint8Array): CurvePoint | undefined {
  if (bytes.length !== POINT_BYTES || (bytes[0] !== 2 && bytes[0] !== 3)) return undefined
  try {
    return Point.fromBytes(bytes)
  } catch {
    return undefined
  }
}

/** The point of a public key. @throws P2PError INVALID_TRANSACTION. */
export function publicPoint(publicKey: Uint8Array): CurvePoint {
  const point = pointOf(publicKey)
  if (point === undefined) throw invalid('A public key has 33 bytes, compressed, of a point on secp256k1.')
  return point
}

/** 33 bytes. */
export function publicKeyOf(secretKey: Uint8Array): Uint8Array {
  return Point.BASE.multiply(secretOf(secretKey)).toBytes(true)
}

/** Whether y is a square modulo p: the Jacobi symbol (Cohen, A Course in Computational Algebraic Number Theory, algorithm 1.4.10). For public values. */
export function isSquare(y: bigint): boolean {
  let a = y % FIELD
  let n = FIELD
  let isPositive = true
  while (a !== 0n) {
    while ((a & 1n) === 0n) {
      a >>= 1n
      const eighth = n & 7n
      if (eighth === 3n || eighth === 5n) isPositive = !isPositive
    }
    ;[a, n] = [n, a]
    if ((a & 3n) === 3n && (n & 3n) === 3n) isPositive = !isPositive
    a %= n
  }
  return n === 1n && isPositive
}
