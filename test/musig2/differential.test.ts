import * as scure from '@scure/btc-signer/musig2.js'
import { describe, expect, it } from 'vitest'
import { hexOf } from '../../src/base/bytes.js'
import { numberOf, publicKeyOf } from '../../src/lotus/curve.js'
import { bindingHolds } from '../../src/musig2/binding.js'
import { addKeys, sortKeys } from '../../src/musig2/key-agg.js'
import { addNonces, makeNonce } from '../../src/musig2/nonces.js'
import { readRequest } from '../../src/musig2/request.js'
import { addPartials, partialOf, sessionOf } from '../../src/musig2/session-math.js'
import { BIP340_SCHEME, bip340Verify, untweaked } from './bip340-scheme.js'
import { verdictOf } from './oracle.js'
import { drawing, signTogether, walletsOf } from './wallets.js'
import { xpiSigner } from './xpi-signer.js'

const LONGER = process.env.LONG_TESTS === '1'
/** `npm run test:ci` runs 150; `MUSIG2_SESSIONS=1000` as many as are asked for. */
const SESSIONS = Number(process.env.MUSIG2_SESSIONS ?? (LONGER ? 150 : 12))
const name = (n: number) => n.toString(16).padStart(64, '0')

describe('beside the libraries of others', () => {
  it(`adds up keys and nonces, and signs, as @scure/btc-signer does for BIP327: ${SESSIONS} sessions`, () => {
    for (let seed = 1; seed <= SESSIONS; seed++) {
      const draw = drawing(seed)
      const secrets = Array.from({ length: 2 + (seed % 4) }, () => draw(32))
      const keys = sortKeys(secrets.map(publicKeyOf))
      const sorted = keys.map((key) => secrets.find((secret) => hexOf(publicKeyOf(secret)) === hexOf(key))!)
      expect(scure.sortKeys(secrets.map(publicKeyOf)).map(hexOf)).toEqual(keys.map(hexOf))
      const key = untweaked(addKeys(keys, 'bip327'))
      const aggregateX = scure.keyAggExport(scure.keyAggregate(keys))
      expect(hexOf(key.point.toBytes(true).subarray(1))).toBe(hexOf(aggregateX))
      const message = draw(32)
      const made = sorted.map((secretKey, i) => {
        const random = draw(32)
        const { secret, nonce } = makeNonce({ random, publicKey: keys[i]!, secretKey, aggregateX, message })
        expect(hexOf(nonce)).toBe(hexOf(scure.nonceGen(keys[i]!, secretKey, aggregateX, message, undefined, random).public))
        return { secret, nonce }
      })
      const sum = addNonces(made.map(({ nonce }) => nonce))
      expect(hexOf(sum)).toBe(hexOf(scure.nonceAggregate(made.map(({ nonce }) => nonce))))
      const session = sessionOf(key, sum, message, BIP340_SCHEME)
      const theirs = new scure.Session(sum, keys, message)
      const partials = made.map(({ secret }, i) => partialOf(session, i, numberOf(sorted[i]!), secret))
      for (const [i, partial] of partials.entries())
        expect(
          theirs.partialSigVerify(
            partial,
            made.map(({ nonce }) => nonce),
            i,
          ),
        ).toBe(true)
      const signature = addPartials(session, partials)
      expect(hexOf(signature)).toBe(hexOf(theirs.partialSigAgg(partials)))
      expect(bip340Verify(signature, message, aggregateX)).toBe(true)
    }
  })

  it.each([
    { signers: 3, taproot: false },
    { signers: 3, taproot: true },
    { signers: 5, taproot: true },
  ])('signs in one session with signers of xpi-ts at any places: %o', async (payment) => {
    const places = payment.signers
    for (let mask = 1; mask < 2 ** places; mask += LONGER ? 1 : 3) {
      const wallets = walletsOf({ ...payment, seed: 50 + mask, inputs: 1 + (mask % 2) })
      const signers = wallets.signers.map((signer, i) => ((mask >> i) & 1 ? xpiSigner(wallets.secretKeys[i]!) : signer))
      const { transaction, txid } = await signTogether({ ...wallets, signers }, name(mask))
      expect(verdictOf(transaction, wallets.spent)).toEqual({ txid, faults: wallets.spent.map(() => undefined) })
    }
  })

  it('takes proofs that xpi-ts has signed', async () => {
    const { secretKeys, request, content } = walletsOf({ signers: 2, seed: 3 })
    const fresh = new Uint8Array(16)
    const proofs = await xpiSigner(secretKeys[1]!).prove({ request, networkKey: content.members[1]!.networkKey, fresh })
    expect(bindingHolds(readRequest(request), 1, fresh, proofs)).toBe(true)
  })

  it(`is valid in the interpreter of others: ${SESSIONS} sessions of random sizes`, async () => {
    for (let seed = 1; seed <= SESSIONS; seed++) {
      const wallets = walletsOf({ signers: 2 + (seed % 5), seed: 10_000 + seed, taproot: seed % 2 === 0, inputs: 1 + (seed % 3) })
      const { transaction, txid } = await signTogether(wallets, name(seed))
      expect(verdictOf(transaction, wallets.spent)).toEqual({ txid, faults: wallets.spent.map(() => undefined) })
    }
  })
})
