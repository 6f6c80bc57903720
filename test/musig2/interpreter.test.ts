import { describe, expect, it } from 'vitest'
import { hexOf } from '../../src/base/bytes.js'
import { SIGHASH_FORKID, SIGHASH_LOTUS } from '../../src/lotus/sighash.js'
import { aggregateKeys } from '../../src/musig2/keyset.js'
import { bitcore, verdictOf } from './oracle.js'
import { signTogether, walletsOf } from './wallets.js'

const sessionName = (n: number) => n.toString(16).padStart(64, '0')

describe('what is signed together', () => {
  const cases = [1, 2, 3, 10, 15].flatMap((inputs) => [
    { signers: 2, inputs, taproot: false },
    { signers: 3, inputs, taproot: true },
  ])
  it.each([
    ...cases,
    { signers: 10, inputs: 2, taproot: false },
    { signers: 15, inputs: 1, taproot: true },
    { signers: 32, inputs: 1, taproot: false },
    { signers: 4, inputs: 2, taproot: false, aggregation: 'bip327' as const },
    { signers: 4, inputs: 2, taproot: true, aggregation: 'bip327' as const },
  ])('is accepted by the interpreter of others: %o', async (payment) => {
    const wallets = walletsOf({ ...payment, seed: 7 })
    const { transaction, txid } = await signTogether(wallets, sessionName(1))
    expect(verdictOf(transaction, wallets.spent)).toEqual({ txid, faults: wallets.spent.map(() => undefined) })
  })

  it('is not accepted with another amount, or another output', async () => {
    const wallets = walletsOf({ signers: 3, seed: 11, inputs: 2, type: SIGHASH_FORKID })
    const { transaction } = await signTogether(wallets, sessionName(2))
    const richer = wallets.spent.map(({ sats, script }) => ({ sats: sats + 1n, script }))
    expect(verdictOf(transaction, richer).faults).not.toContain(undefined)
    const changed = Uint8Array.from(transaction)
    changed[changed.length - 5]! ^= 1
    expect(verdictOf(changed, wallets.spent).faults).not.toContain(undefined)
  })

  it('has the key of the ecosystem: xpi-ts adds the same keys up to the same one', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { keyset } = walletsOf({ signers: 2 + (seed % 9), seed })
      const theirs = bitcore.muSig2KeyAgg(keyset.keys.map((key) => new bitcore.PublicKey(Buffer.from(key))))
      expect(hexOf(aggregateKeys(keyset).publicKey)).toBe(hexOf(theirs.aggregatedPubKey.toBuffer()))
    }
  })

  it('by P2PKH with 0x61 commits to the script that is executed, as lotusd does and xpi-ts 0.3.1 does not', async () => {
    const wallets = walletsOf({ signers: 2, seed: 13, type: SIGHASH_LOTUS })
    const { transaction } = await signTogether(wallets, sessionName(3))
    expect(verdictOf(transaction, wallets.spent).faults).not.toContain(undefined)
  })
})
