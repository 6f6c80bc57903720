import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hexOf } from '../../src/base/bytes.js'
import { isP2PError } from '../../src/base/errors.js'
import { publicKeyOf } from '../../src/lotus/curve.js'
import { schnorrSign } from '../../src/lotus/schnorr.js'
import { dustOf, p2pkhScript, readScript, taprootScript } from '../../src/lotus/script.js'
import { proveSpent, provesSpent } from '../../src/lotus/spent.js'
import { decodeTransaction, encodeTransaction, rootsOf, type Transaction, txidOf } from '../../src/lotus/transaction.js'
import { schnorrVerify } from '../../src/lotus/verify-schnorr.js'
import { bitcore } from '../musig2/oracle.js'

const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const some = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const script = fc.uint8Array({ maxLength: 300 })
const drawn: fc.Arbitrary<Transaction> = fc.record({
  version: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  inputs: fc.array(fc.record({ txid: some(32), index: u32, script, sequence: u32 }), { maxLength: 6 }),
  outputs: fc.array(fc.record({ sats: fc.bigInt(0n, 2n ** 53n - 1n), script }), { maxLength: 6 }),
  locktime: u32,
})

describe('a transaction', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(drawn, (transaction) => {
        expect(decodeTransaction(encodeTransaction(transaction))).toEqual(transaction)
      }),
    )
  })

  it('has the id that the ecosystem gives it', () => {
    fc.assert(
      fc.property(
        drawn.filter(({ version, inputs, outputs }) => version > 0 && inputs.length > 0 && outputs.length > 0),
        (transaction) => {
          const id = hexOf(txidOf(rootsOf(transaction)).reverse())
          expect(new bitcore.Transaction(Buffer.from(encodeTransaction(transaction))).id).toBe(id)
        },
      ),
      { numRuns: 50 },
    )
  })

  it('of other bytes is refused with a code, or has these bytes and no others', () => {
    const near = drawn.chain((transaction) => {
      const bytes = encodeTransaction(transaction)
      return fc
        .tuple(fc.nat(bytes.length), fc.nat(255), fc.boolean())
        .map(([at, byte, cuts]) => (cuts ? bytes.slice(0, at) : bytes.map((each, i) => (i === at ? byte : each))))
    })
    fc.assert(
      fc.property(fc.oneof(near, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        try {
          expect(encodeTransaction(decodeTransaction(bytes))).toEqual(bytes)
        } catch (error) {
          if (!isP2PError(error, 'INVALID_TRANSACTION')) throw error
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('proves each of its outputs, and nothing else', () => {
    fc.assert(
      fc.property(
        drawn.filter(({ outputs }) => outputs.length > 0),
        fc.nat(5),
        fc.nat(5),
        (transaction, pick, other) => {
          const index = pick % transaction.outputs.length
          const txid = txidOf(rootsOf(transaction))
          const input = { txid, index, script: new Uint8Array(0), sequence: 0 }
          const { proof, ...output } = proveSpent(transaction, index)
          expect(provesSpent(input, output, proof!)).toBe(true)
          expect(provesSpent(input, { ...output, sats: output.sats + 1n }, proof!)).toBe(false)
          expect(provesSpent({ ...input, index: index + 8 }, output, proof!)).toBe(false)
          expect(provesSpent({ ...input, txid: txid.map((byte, i) => (i === other ? byte ^ 1 : byte)) }, output, proof!)).toBe(
            false,
          )
          expect(provesSpent(input, output, { ...proof!, branch: [...proof!.branch, new Uint8Array(32)] })).toBe(false)
        },
      ),
    )
  })
})

describe('a script', () => {
  const key = publicKeyOf(new Uint8Array(32).fill(7))

  it('is known by its form', () => {
    expect(readScript(p2pkhScript(key))).toMatchObject({ kind: 'p2pkh' })
    expect(readScript(taprootScript(key))).toEqual({ kind: 'taproot', publicKey: key, state: undefined })
    const state = new Uint8Array(32).fill(9)
    expect(readScript(taprootScript(key, state))).toEqual({ kind: 'taproot', publicKey: key, state })
    for (const made of [p2pkhScript(key), taprootScript(key), taprootScript(key, state)]) {
      expect(readScript(made.subarray(1))).toBeUndefined()
      expect(readScript(Uint8Array.from([...made, 0]))).toBeUndefined()
    }
  })

  it('has its dust', () => {
    const dust = (script: Uint8Array) => dustOf({ sats: 0n, script })
    expect([dust(p2pkhScript(key)), dust(taprootScript(key)), dust(taprootScript(key, new Uint8Array(32)))]).toEqual([
      546n,
      579n,
      678n,
    ])
    expect(dust(Uint8Array.of(0x6a))).toBe(0n)
  })
})

describe("Lotus's Schnorr signature", () => {
  it('holds for its message and key alone', () => {
    fc.assert(
      fc.property(some(32), some(32), some(32), fc.nat(63), (message, secret, random, at) => {
        secret[0] = 1
        const signature = schnorrSign(message, secret, random)
        expect(schnorrVerify(signature, message, publicKeyOf(secret))).toBe(true)
        expect(
          schnorrVerify(
            signature.map((byte, i) => (i === at ? byte ^ 1 : byte)),
            message,
            publicKeyOf(secret),
          ),
        ).toBe(false)
        expect(
          schnorrVerify(
            signature,
            message.map((byte) => byte ^ 1),
            publicKeyOf(secret),
          ),
        ).toBe(false)
      }),
      { numRuns: 50 },
    )
  })

  it('has another nonce for another message, with a generator that is stuck', () => {
    const secret = new Uint8Array(32).fill(3)
    const nonces = Array.from({ length: 50 }, (_, i) =>
      hexOf(schnorrSign(new Uint8Array(32).fill(i), secret, new Uint8Array(32)).subarray(0, 32)),
    )
    expect(new Set(nonces).size).toBe(50)
  })
})
