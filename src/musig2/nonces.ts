import { joined } from '../base/bytes.js'
import { type CurvePoint, invalid, modN, numberOf, POINT_BYTES, Point, pointOf, SCALAR_BYTES } from '../lotus/curve.js'
import { taggedHash } from '../lotus/hash.js'

/** Bytes of a public nonce: R1 ‖ R2. */
export const NONCE_BYTES = 66

/** Two secret numbers. They sign once: whoever has used or shown them forgets them first. */
export interface SecretNonce {
  first: bigint
  second: bigint
}

/** A nonce, and its public half: 66 bytes. */
export interface MadeNonce {
  readonly secret: SecretNonce
  readonly nonce: Uint8Array
}

export interface NonceInput {
  /** 32 bytes, fresh, of the platform's generator. */
  random: Uint8Array
  /** 33 bytes. */
  publicKey: Uint8Array
  /** 32 bytes. */
  secretKey?: Uint8Array
  /** x of the aggregated key: 32 bytes. */
  aggregateX?: Uint8Array
  message?: Uint8Array
  /** What else must not share a nonce: session and place. */
  extra?: Uint8Array
}

/**
 * Makes a nonce (BIP327, NonceGen): a generator that is stuck repeats none under another message, key or session.
 *
 * @returns the secret half, and the public one of 66 bytes.
 * @throws P2PError INVALID_TRANSACTION for a random of another length, or numbers that are zero: one of 2^256.
 */
export function makeNonce({
  random,
  publicKey,
  secretKey,
  aggregateX = NOTHING,
  message,
  extra = NOTHING,
}: NonceInput): MadeNonce {
  if (random.length !== SCALAR_BYTES) throw invalid('A nonce is made of 32 random bytes.')
  const rand = secretKey === undefined ? random.slice() : taggedHash('MuSig/aux', random)
  if (secretKey !== undefined) for (let i = 0; i < rand.length; i++) rand[i]! ^= secretKey[i]!
  const prefixed = message === undefined ? Uint8Array.of(0) : joined(Uint8Array.of(1), bigEndian(message.length, 8), message)
  const drawn = (i: number) =>
    modN(
      numberOf(
        taggedHash(
          'MuSig/nonce',
          rand,
          bigEndian(publicKey.length, 1),
          publicKey,
          bigEndian(aggregateX.length, 1),
          aggregateX,
          prefixed,
          bigEndian(extra.length, 4),
          extra,
          Uint8Array.of(i),
        ),
      ),
    )
  const secret: SecretNonce = { first: drawn(0), second: drawn(1) }
  rand.fill(0)
  if (secret.first === 0n || secret.second === 0n) throw invalid('A nonce is zero. Try again.')
  return { secret, nonce: joined(halfOf(secret.first), halfOf(secret.second)) }
}

function halfOf(secret: bigint): Uint8Array {
  return Point.BASE.multiply(secret).toBytes(true)
}

const NOTHING = /* @__PURE__ */ new Uint8Array(0)

/** A whole number in so many bytes. */
export function bigEndian(value: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = length - 1, rest = value; i >= 0 && rest > 0; i--, rest = Math.floor(rest / 256)) bytes[i] = rest % 256
  return bytes
}

/** The two points of a nonce; undefined for other bytes. */
export function readNonce(nonce: Uint8Array): readonly [CurvePoint, CurvePoint] | undefined {
  return halvesOf(nonce, pointOf)
}

/** As `readNonce`, of a sum: a half may be nothing, which is 33 zero bytes (BIP327, cpoint_ext). */
export function readNonceSum(nonce: Uint8Array): readonly [CurvePoint, CurvePoint] | undefined {
  return halvesOf(nonce, (half) => (half.every((byte) => byte === 0) ? Point.ZERO : pointOf(half)))
}

function halvesOf(nonce: Uint8Array, read: (half: Uint8Array) => CurvePoint | undefined) {
  if (nonce.length !== NONCE_BYTES) return undefined
  const first = read(nonce.subarray(0, POINT_BYTES))
  const second = read(nonce.subarray(POINT_BYTES))
  return first && second && ([first, second] as const)
}

/**
 * The sum of all members' nonces (BIP327, NonceAgg).
 *
 * @returns 66 bytes.
 * @throws P2PError INVALID_TRANSACTION for what is no nonce, with `details.index`.
 */
export function addNonces(nonces: readonly Uint8Array[]): Uint8Array {
  let first: CurvePoint = Point.ZERO
  let second: CurvePoint = Point.ZERO
  for (const [index, nonce] of nonces.entries()) {
    const points = readNonce(nonce)
    if (points === undefined) throw invalid('A nonce is not two points of secp256k1, compressed to 66 bytes.', { index })
    first = first.add(points[0])
    second = second.add(points[1])
  }
  return joined(bytesOfSum(first), bytesOfSum(second))
}

function bytesOfSum(point: CurvePoint): Uint8Array {
  return point.is0() ? new Uint8Array(POINT_BYTES) : point.toBytes(true)
}
