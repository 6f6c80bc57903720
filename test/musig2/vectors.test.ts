import { hexToBytes as bytes, bytesToHex as hex } from '@noble/hashes/utils.js'
import { describe, expect, it } from 'vitest'
import vectors from '../../docs/vectors/musig2-lotus.json' with { type: 'json' }
import { publicKeyOf } from '../../src/lotus/curve.js'
import { combine } from '../../src/musig2/combine.js'
import { type Aggregation, addKeys } from '../../src/musig2/key-agg.js'
import { aggregateKeys } from '../../src/musig2/keyset.js'
import { addNonces } from '../../src/musig2/nonces.js'
import { readRequest } from '../../src/musig2/request.js'
import { sessionOf } from '../../src/musig2/session-math.js'
import { partialHolds } from '../../src/musig2/verify-partial.js'
import { bitcore, verdictOf } from './oracle.js'

const pointOf = (half: Uint8Array) => new bitcore.PublicKey(Buffer.from(half)).point

describe.each(vectors.map((each, i) => [i, each] as const))('vector %i of docs/vectors/musig2-lotus.json', (_, vector) => {
  const keyset = { keys: vector.keys.map(bytes), taproot: vector.taproot, aggregation: vector.aggregation as Aggregation }
  const request = readRequest(bytes(vector.request))

  it('has the keys, places, coefficients and script that the code finds', () => {
    const key = aggregateKeys(keyset)
    expect(vector.secretKeys.map((secret) => hex(publicKeyOf(bytes(secret))))).toEqual(vector.keys)
    expect(key.places).toEqual(vector.places)
    expect(hex(key.publicKey)).toBe(vector.publicKey)
    expect(hex(key.script)).toBe(vector.script)
    expect(key.signingKey.aggregated.coefficients.map((each) => each.toString(16).padStart(64, '0'))).toEqual(vector.coefficients)
    expect(addKeys(key.signingKey.aggregated.keys, keyset.aggregation).point.equals(key.signingKey.aggregated.point)).toBe(true)
    expect(hex(request.hash)).toBe(vector.requestHash)
  })

  it('has partial signatures that hold, and no others do', () => {
    const { signingKey: signing, places } = request.keys[0]!
    for (const [i, { sighash, nonces, nonceSum, partials, b, e, r, negated }] of vector.inputs.entries()) {
      expect(hex(request.sighashes[i]!)).toBe(sighash)
      expect(hex(addNonces(nonces.map(bytes)))).toBe(nonceSum)
      const session = sessionOf(signing, bytes(nonceSum), bytes(sighash))
      expect([session.weight, session.challenge, session.nonce.x].map((each) => each.toString(16).padStart(64, '0'))).toEqual([
        b,
        e,
        r,
      ])
      expect(session.isNegated).toBe(negated)
      for (const [member, partial] of partials.entries()) {
        const place = places[member]!
        expect(partialHolds(session, place, bytes(partial), bytes(nonces[member]!))).toBe(true)
        expect(partialHolds(session, place, bytes(partials[(member + 1) % partials.length]!), bytes(nonces[member]!))).toBe(false)
      }
    }
  })

  it('adds up to the transaction, which the interpreter of others accepts', async () => {
    const byMember = (of: 'nonces' | 'partials') =>
      vector.keys.map((_, member) => vector.inputs.map((each) => bytes(each[of][member]!)))
    const combined = await combine(request, byMember('nonces'), byMember('partials'))
    expect(combined.signed && hex(combined.signed.transaction)).toBe(vector.transaction)
    const spent = vector.spent.map(({ sats, script }) => ({ sats: BigInt(sats), script: bytes(script) }))
    // Of a plain script xpi-ts 0.3.1 hashes another SIGHASH_LOTUS than lotusd.
    const isKnown = vector.taproot || vector.inputs.every(({ type }) => type === 0x41)
    const { txid, faults } = verdictOf(bytes(vector.transaction), spent)
    expect(txid).toBe(vector.txid)
    if (isKnown) expect(faults).toEqual(spent.map(() => undefined))
  })
})

it.each(vectors.filter(({ aggregation }) => aggregation === 'lotus'))(
  'the keys and sums of nonces are those of xpi-ts: %#',
  (vector) => {
    const context = bitcore.muSig2KeyAgg(vector.keys.map((key) => new bitcore.PublicKey(Buffer.from(key, 'hex'))))
    const internal = hex(aggregateKeys({ keys: vector.keys.map(bytes) }).publicKey)
    expect(context.aggregatedPubKey.toBuffer().toString('hex')).toBe(internal)
    for (const { nonces, nonceSum } of vector.inputs) {
      const halves = nonces.map(bytes).map((nonce) => [pointOf(nonce.subarray(0, 33)), pointOf(nonce.subarray(33))] as const)
      const sum = bitcore.muSig2NonceAgg(halves.map(([one, two]) => [one, two]))
      expect(Buffer.concat([sum.R1, sum.R2].map((point) => bitcore.Point.pointToCompressed(point))).toString('hex')).toBe(
        nonceSum,
      )
    }
  },
)
