import { Field, type IField } from '@noble/curves/abstract/modular.js'
import { type WeierstrassPoint, weierstrass } from '@noble/curves/abstract/weierstrass.js'
import { hexOf } from '../base/bytes.js'
import { P2PError } from '../base/errors.js'

/** A point of secp256k1 (SEC 2 §2.4.1). */
export type CurvePoint = WeierstrassPoint<bigint>

/** The order of the group. */
export const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
/** The prime of the field. */
export const FIELD = 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2fn
/** The low 256 bits of a number, and what 2^256 is modulo p = 2^256 − 2^32 − 977. */
const LOW = (1n << 256n) - 1n
const FOLD = 0x1000003d1n

export const POINT_BYTES = 33
export const SCALAR_BYTES = 32

/**
 * noble's curve with the parameters of its secp256k1, endomorphism included (Gallant, Lambert, Vanstone, CRYPTO 2001): without ECDSA, which
 * nothing here needs, it is 4 kB smaller.
 */
export const Point = /* @__PURE__ */ (() =>
  weierstrass(
    {
      p: FIELD,
      n: ORDER,
      h: 1n,
      a: 0n,
      b: 7n,
      Gx: 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n,
      Gy: 0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n,
    },
    {
      Fp: fieldOfCurve(),
      endo: {
        beta: 0x7ae96a2b657c07106e64479eac3434e99cf0497512f58995c1396c28719501een,
        basises: [
          [0x3086d221a7d46bcde86c90e49284eb15n, -0xe4437ed6010e88286f547fa90abfe4c3n],
          [0x114ca50f7a8e2f3f657c1108d9d44cfd8n, 0x3086d221a7d46bcde86c90e49284eb15n],
        ],
      },
    },
  ))()

/** A product of two numbers of the field modulo p: what is above 2^256 is folded down twice, which costs half of a division. */
function reduced(product: bigint): bigint {
  const once = (product & LOW) + (product >> 256n) * FOLD
  const twice = (once & LOW) + (once >> 256n) * FOLD
  return twice < FIELD ? twice : twice - FIELD
}

/** noble's field with this reduction in place of its division. */
function fieldOfCurve(): IField<bigint> {
  const own = {
    sqrt: squareRoot,
    mul: (one: bigint, other: bigint) => reduced(one * other),
    sqr: (one: bigint) => reduced(one * one),
    add: (one: bigint, other: bigint) => {
      const sum = one + other
      return sum < FIELD ? sum : sum - FIELD
    },
    sub: (one: bigint, other: bigint) => {
      const rest = one - other
      return rest < 0n ? rest + FIELD : rest
    },
  }
  // noble freezes its fields: what is ours stands before theirs.
  return Object.create(Field(FIELD), Object.getOwnPropertyDescriptors(own))
}

/** y^((p + 1) / 4), for p is 3 modulo 4: the root of y, or of −y. The exponent's bits are 223 ones, 0, 22 ones, 0000, 11, 00. */
function rootOf(y: bigint): bigint {
  const then = (base: bigint, squarings: number, factor: bigint) => {
    let power = base
    for (let i = 0; i < squarings; i++) power = reduced(power * power)
    return reduced(power * factor)
  }
  const b2 = then(y, 1, y)
  const b3 = then(b2, 1, y)
  const b11 = then(then(then(b3, 3, b3), 3, b3), 2, b2)
  const b22 = then(b11, 11, b11)
  const b44 = then(b22, 22, b22)
  const b88 = then(b44, 44, b44)
  const b223 = then(then(then(b88, 88, b88), 44, b44), 3, b3)
  return then(then(then(b223, 23, b22), 6, b2), 2, 1n)
}

/** The root that is a square itself. @throws Error for what is no square. */
function squareRoot(y: bigint): bigint {
  const root = rootOf(y)
  if (reduced(root * root) !== y) throw new Error('This is no square.')
  return root
}

/** Whether y, below p, is a square modulo p. */
export function isSquare(y: bigint): boolean {
  const root = rootOf(y)
  return y !== 0n && reduced(root * root) === y
}

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
