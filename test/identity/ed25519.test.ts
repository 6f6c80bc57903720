import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { hex } from '@scure/base'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { verify, webCryptoEd25519 } from '../../src/identity/ed25519.js'
import { nodeEd25519 as nodeOrNone } from '../../src/identity/ed25519.node.js'
import { nobleEd25519 } from '../../src/identity/ed25519-noble.js'
import type { Ed25519Provider, SyncEd25519Provider } from '../../src/identity/ed25519-provider.js'
import { jwkWithoutDeadlock } from './jwk.js'
import { RFC8032_VECTORS } from './rfc8032-vectors.js'

const nodeEd25519 = nodeOrNone as SyncEd25519Provider
const { publicKey: publicKeyOf } = nodeEd25519
const PROVIDERS: Ed25519Provider[] = [nodeEd25519, webCryptoEd25519, nobleEd25519]

// Node 20 warns of its WebCrypto Ed25519, which only tests use there: no-warning.test.ts shows that the SDK does not.
const emitWarning = process.emitWarning
beforeAll(() => {
  vi.spyOn(process, 'emitWarning').mockImplementation((...args: unknown[]) => {
    if (args[1] !== 'ExperimentalWarning') Reflect.apply(emitWarning, process, args)
  })
  jwkWithoutDeadlock()
})
afterAll(() => {
  vi.restoreAllMocks()
})

const { Point } = ed25519
const L = Point.Fn.ORDER
const P = Point.Fp.ORDER
/** A generator of the eight points of small order (order 8). */
const T8 = Point.fromBytes(hex.decode('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'))
const SMALL = Array.from({ length: 8 }, (_, index) => T8.multiplyUnsafe(BigInt(index)))

function littleEndian(number: bigint): Uint8Array {
  return hex.decode(number.toString(16).padStart(64, '0')).reverse()
}

function number(bytes: Uint8Array): bigint {
  return BigInt(`0x${hex.encode(bytes.slice().reverse())}`)
}

function challenge(R: Uint8Array, A: Uint8Array, message: Uint8Array): bigint {
  return number(sha512(join(R, A, message))) % L
}

function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

/** A signature by secret scalar `a` with nonce `r`, in which R and A are given as bytes and may lie. */
function forge(a: bigint, r: bigint, R: Uint8Array, A: Uint8Array, message: Uint8Array): Uint8Array {
  return join(R, littleEndian((r + challenge(R, A, message) * a) % L))
}

/** What all providers and the SDK's own `verify` say; fails unless they agree. */
async function verdict(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): Promise<boolean> {
  const verifiers = [...PROVIDERS, { name: 'sdk', verify }]
  const answers: Record<string, boolean> = {}
  for (const { name, verify } of verifiers) answers[name] = await verify(signature, message, publicKey)
  const [first] = Object.values(answers)
  expect(answers).toEqual({ node: first, webcrypto: first, noble: first, sdk: first })
  return first as boolean
}

const seed = fc.uint8Array({ minLength: 32, maxLength: 32 })
const message = fc.uint8Array({ maxLength: 300 })

describe('RFC 8032 §7.1', () => {
  it.each(RFC8032_VECTORS)('$name', async ({ secretKey, publicKey, message, signature }) => {
    const [secret, key, text] = [hex.decode(secretKey), hex.decode(publicKey), hex.decode(message)]
    expect(hex.encode(publicKeyOf(secret))).toBe(publicKey)
    expect(hex.encode(ed25519.getPublicKey(secret))).toBe(publicKey)
    for (const provider of PROVIDERS) {
      expect(hex.encode(await provider.publicKey(secret)), provider.name).toBe(publicKey)
      const sign = await provider.signer(secret)
      expect(hex.encode(await sign(text)), provider.name).toBe(signature)
    }
    expect(await verdict(hex.decode(signature), text, key)).toBe(true)
    expect(await verdict(hex.decode(signature), join(text, Uint8Array.of(0)), key)).toBe(false)
  })
})

describe('node:crypto, WebCrypto and noble agree', () => {
  it('on what any of them signed, and on any change of it', async () => {
    await fc.assert(
      fc.asyncProperty(seed, message, fc.constantFrom(...PROVIDERS), fc.nat(511), async (secret, text, provider, bit) => {
        const signature = await (await provider.signer(secret))(text)
        const publicKey = publicKeyOf(secret)
        expect(await verdict(signature, text, publicKey)).toBe(true)
        const changed = signature.slice()
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
        expect(await verdict(changed, text, publicKey)).toBe(false)
      }),
    )
  })

  it('that a key and signature of random bytes are invalid', async () => {
    const bytes = fc.uint8Array({ minLength: 64, maxLength: 64 })
    await fc.assert(
      fc.asyncProperty(bytes, message, seed, async (signature, text, key) => !(await verdict(signature, text, key))),
    )
  })

  it('that any other length, or anything but bytes, is false and not an exception', async () => {
    const publicKey = publicKeyOf(new Uint8Array(32))
    const good = await (await nodeEd25519.signer(new Uint8Array(32)))(new Uint8Array(1))
    for (const length of [0, 1, 31, 32, 33, 63, 65, 96, 128]) {
      const wrong = new Uint8Array(length)
      wrong.set(good.subarray(0, length))
      expect(await verdict(wrong, new Uint8Array(1), publicKey)).toBe(false)
      if (length !== 32) expect(await verdict(good, new Uint8Array(1), wrong)).toBe(false)
    }
    for (const wrong of [undefined, null, 'text', 64, [...good], good.buffer, {}] as never[]) {
      expect(await verdict(wrong, new Uint8Array(1), publicKey)).toBe(false)
      expect(await verdict(good, wrong, publicKey)).toBe(false)
      expect(await verdict(good, new Uint8Array(1), wrong)).toBe(false)
    }
  })
})

// The cases of "Taming the many EdDSAs" (Chalkias, Garillot, Nikolaenko, 2020), on which implementations are known to differ.
describe('edge cases', () => {
  it('S + L, the twin of a valid signature, is refused; S = 0 and S = L too', async () => {
    await fc.assert(
      fc.asyncProperty(seed, message, async (secret, text) => {
        const signature = ed25519.sign(text, secret)
        const publicKey = publicKeyOf(secret)
        const S = number(signature.subarray(32))
        for (const twin of [S + L, S + 2n * L, 0n, L, L - 1n, L + 1n, 2n ** 252n, 2n ** 253n, 2n ** 256n - 1n]) {
          expect(await verdict(join(signature.subarray(0, 32), littleEndian(twin)), text, publicKey)).toBe(false)
        }
      }),
      { numRuns: 20 },
    )
  })

  it('a public key of small order, in any of its encodings, is refused even where the equation holds', async () => {
    const encodings = new Map<string, Uint8Array>()
    for (const point of SMALL) {
      const bytes = point.toBytes()
      for (const sign of [0, 0x80]) {
        const variant = bytes.slice()
        variant[31] = ((variant[31] as number) & 0x7f) | sign
        encodings.set(hex.encode(variant), variant)
      }
    }
    for (const y of [P, P + 1n]) for (const sign of [0n, 2n ** 255n]) encodings.set(`${y + sign}`, littleEndian(y + sign))
    expect(encodings.size).toBe(5 * 2 + 4)
    for (const A of encodings.values()) {
      for (let count = 0; count < 16; count++) {
        const text = Uint8Array.of(count)
        const r = BigInt(count + 1)
        const R = Point.BASE.multiply(r).toBytes()
        expect(await verdict(join(R, littleEndian(r)), text, A)).toBe(false)
        expect(await verdict(join(A, littleEndian(0n)), text, A)).toBe(false)
      }
    }
  })

  it('an R of small order is refused although the equation holds', async () => {
    for (const R of SMALL.map((point) => point.toBytes())) {
      for (let count = 0; count < 16; count++) {
        const A = Point.BASE.multiply(7n).toBytes()
        expect(await verdict(forge(7n, 0n, R, A, Uint8Array.of(count)), Uint8Array.of(count), A)).toBe(false)
      }
    }
  })

  it('an R with a part of small order, valid only with the cofactor, is refused', async () => {
    for (const torsion of SMALL.slice(1)) {
      const A = Point.BASE.multiply(7n).toBytes()
      const R = Point.BASE.multiply(11n).add(torsion).toBytes()
      const signature = forge(7n, 11n, R, A, Uint8Array.of(1))
      expect(ed25519.verify(signature, Uint8Array.of(1), A, { zip215: true })).toBe(true)
      expect(await verdict(signature, Uint8Array.of(1), A)).toBe(false)
    }
  })

  it('a public key with a part of small order gets one verdict: that of the equation without cofactor', async () => {
    let accepted = 0
    for (const [index, torsion] of SMALL.entries()) {
      const A = Point.BASE.multiply(7n).add(torsion).toBytes()
      for (let count = 0; count < 24; count++) {
        const text = Uint8Array.of(count)
        const r = BigInt(count + 1)
        const R = Point.BASE.multiply(r).toBytes()
        const holds = (challenge(R, A, text) * BigInt(index)) % 8n === 0n
        expect(await verdict(forge(7n, r, R, A, text), text, A)).toBe(holds)
        if (index > 0 && holds) accepted++
      }
    }
    expect(accepted).toBeGreaterThan(0)
  })

  it('a point that is not in canonical form (y >= p, or x = 0 with a sign) is refused as A and as R', async () => {
    const A = Point.BASE.multiply(7n).toBytes()
    for (let above = 0n; above < 19n; above++) {
      for (const sign of [0n, 2n ** 255n]) {
        const odd = littleEndian(P + above + sign)
        const R = Point.BASE.multiply(11n).toBytes()
        expect(await verdict(forge(7n, 11n, R, odd, Uint8Array.of(1)), Uint8Array.of(1), odd)).toBe(false)
        expect(await verdict(forge(7n, 11n, odd, A, Uint8Array.of(1)), Uint8Array.of(1), A)).toBe(false)
      }
    }
  })

  it('bytes that are no point of the curve are refused as A and as R', async () => {
    const A = Point.BASE.multiply(7n).toBytes()
    let tried = 0
    for (let y = 2n; y < 40n; y++) {
      const bytes = littleEndian(y)
      try {
        Point.fromBytes(bytes)
        continue
      } catch {
        tried++
      }
      const R = Point.BASE.multiply(11n).toBytes()
      expect(await verdict(forge(7n, 11n, R, bytes, Uint8Array.of(1)), Uint8Array.of(1), bytes)).toBe(false)
      expect(await verdict(forge(7n, 11n, bytes, A, Uint8Array.of(1)), Uint8Array.of(1), A)).toBe(false)
    }
    expect(tried).toBeGreaterThan(5)
  })
})
