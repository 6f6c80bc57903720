import { describe, expect, it } from 'vitest'
import { SIGHASH_LOTUS } from '../../src/lotus/sighash.js'
import { decode, encode } from '../../src/message/codec.js'
import { encodeRequest, type RequestContent, readRequest } from '../../src/musig2/request.js'
import { walletsOf } from './wallets.js'

const refused = (field: string) =>
  expect.objectContaining({ code: 'SIGNING_FAILED', details: expect.objectContaining({ reason: 'INVALID_REQUEST', field }) })

const { content, request, keyset } = walletsOf({ signers: 3, seed: 41, inputs: 2 })
const { transaction, spent, members, sign } = content
const [first, second] = transaction.inputs as [(typeof transaction.inputs)[0], (typeof transaction.inputs)[0]]

describe('a request', () => {
  it('is read as it was written', () => {
    expect(readRequest(request)).toMatchObject({ ...content, keysets: [{ keys: keyset.keys }] })
  })

  it.each<[field: string, why: string, change: Partial<RequestContent>]>([
    ['id', 'has too few bytes', { id: new Uint8Array(15) }],
    ['expiresAt', 'is negative', { expiresAt: -1 }],
    ['purpose', 'is too long', { purpose: 'x'.repeat(257) }],
    ['members', 'has one alone', { members: members.slice(0, 1) }],
    ['members', 'names a peer twice', { members: [members[0]!, members[0]!, members[2]!] }],
    ['members.0', 'gives another wallet key than the keyset', { members: [members[1]!, members[0]!, members[2]!] }],
    ['keysets', 'is empty', { keysets: [] }],
    ['keysets.0', 'has a key of too few members', { keysets: [{ keys: keyset.keys.slice(0, 2) }] }],
    [
      'keysets.0',
      'has a key twice',
      {
        keysets: [{ keys: [keyset.keys[0]!, keyset.keys[1]!, keyset.keys[0]!] }],
        members: [members[0]!, members[1]!, { ...members[2]!, walletKey: keyset.keys[0]! }],
      },
    ],
    ['keysets.0.1.2', 'has what is no key', { keysets: [{ keys: [...keyset.keys.slice(0, 2), new Uint8Array(32)] }] }],
    ['transaction', 'has no inputs', { transaction: { ...transaction, inputs: [] } }],
    ['transaction', 'has no outputs', { transaction: { ...transaction, outputs: [] } }],
    ['transaction', 'spends an output twice', { transaction: { ...transaction, inputs: [first, first] } }],
    [
      'transaction',
      'pays more than it spends',
      { transaction: { ...transaction, outputs: [{ ...transaction.outputs[0]!, sats: 3_000_000n }] } },
    ],
    [
      'transaction.outputs.1',
      'pays dust',
      { transaction: { ...transaction, outputs: [transaction.outputs[0]!, { ...transaction.outputs[1]!, sats: 545n }] } },
    ],
    ['spent', 'leaves one out', { spent: spent.slice(0, 1) }],
    ['spent.0', 'has a negative amount', { spent: [{ ...spent[0]!, sats: -1n }, spent[1]!] }],
    ['sign', 'is empty', { sign: [] }],
    ['sign', 'has an input twice', { sign: [sign[0]!, sign[0]!] }],
    ['sign.0', 'has an input that is not there', { sign: [{ ...sign[0]!, input: 2 }] }],
    ['sign.0', 'has a keyset that is not there', { sign: [{ ...sign[0]!, keyset: 1 }] }],
    [
      'sign.0',
      'has an input that is signed',
      { transaction: { ...transaction, inputs: [{ ...first, script: Uint8Array.of(1) }, second] } },
    ],
    [
      'sign.1',
      'has an input of others',
      { spent: [spent[0]!, { ...spent[1]!, script: spent[0]!.script.map((byte, i) => (i === 5 ? byte ^ 1 : byte)) }] },
    ],
    ['spent.0', 'has no proof of its amount', { spent: [{ sats: spent[0]!.sats, script: spent[0]!.script }, spent[1]!] }],
    ['spent.1', 'has a proof of another amount', { spent: [spent[0]!, { ...spent[1]!, sats: spent[1]!.sats + 1n }] }],
  ])('whose %s %s is refused, and its field named', (field, _, change) => {
    expect(() => encodeRequest({ ...content, ...change })).toThrow(refused(field))
  })

  it('under 0x61 needs no proof, for it commits to all that is spent', () => {
    const plain = spent.map(({ sats, script }) => ({ sats, script }))
    expect(() =>
      encodeRequest({ ...content, spent: plain, sign: sign.map((each) => ({ ...each, type: SIGHASH_LOTUS })) }),
    ).not.toThrow()
  })

  it('of one input under 0x41 needs none either', () => {
    const one = walletsOf({ signers: 2, seed: 42 })
    expect(() => encodeRequest({ ...one.content, spent: one.spent.map(({ sats, script }) => ({ sats, script })) })).not.toThrow()
  })

  it('with any part of its wire form replaced or cut is refused with a field, and nothing else', () => {
    const wire = decode(request) as unknown[]
    const odd: unknown[] = [null, true, -1, 2 ** 40, 'x', new Uint8Array(3), [], {}, [[]], 5n]
    for (const i of wire.keys()) {
      for (const value of odd) {
        const bytes = encode(wire.map((each, n) => (n === i ? value : each)))
        try {
          readRequest(bytes)
          // An id-like number or text that fits is another request, which is as good.
          expect([2, 3]).toContain(i)
        } catch (error) {
          expect(error).toMatchObject({ code: 'SIGNING_FAILED', details: { reason: 'INVALID_REQUEST' } })
        }
      }
    }
    for (let length = 0; length < request.length; length += 7) {
      expect(() => readRequest(request.subarray(0, length))).toThrow(expect.objectContaining({ code: 'SIGNING_FAILED' }))
    }
  })
})
