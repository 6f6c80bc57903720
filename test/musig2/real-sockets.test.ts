// Two and three wallets over real sockets, as an application has them.
import { afterEach, describe, expect, it } from 'vitest'
import { P2PCoordinator } from '../../src/index.js'
import { musig2 } from '../../src/musig2/plugin.js'
import { softwareSigner } from '../../src/musig2/software-signer.js'
import { startRelay } from '../../src/node/index.js'
import { statements } from '../../src/statements/index.js'
import { LONG, unlessLong } from '../long.js'
import { identityOf, keysOf, paymentOf, secretOf } from './network.js'
import { verdictOf } from './oracle.js'

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** So many wallets that know a relay and each other's ids: one asks, and all accept. */
async function signOverRelay(count: number) {
  const relay = await startRelay({ port: 0, host: '127.0.0.1' })
  ends.push(() => relay.stop())
  const wallets = Array.from({ length: count }, (_, member) => {
    const signer = softwareSigner({ secretKeys: [secretOf(member)] })
    const wallet = new P2PCoordinator({
      bootstrap: [relay.url],
      identity: identityOf(member),
      plugins: [statements(), musig2({ signer })],
      limits: { maxSigners: 32 },
    })
    ends.push(() => wallet.shutdown())
    wallet.musig2.on('request', ({ accept }) => void accept())
    return wallet
  })
  await Promise.all(wallets.map((wallet) => wallet.start()))
  for (const wallet of wallets) for (const { peerId } of wallets) wallet.musig2.contacts.add(peerId)
  const { keyset, transaction, spent } = paymentOf(count)
  const cosigners = Object.fromEntries(
    keysOf(count).map((key, member) => [Buffer.from(key).toString('hex'), wallets[member]!.peerId]),
  )
  const signed = await wallets[0]!.musig2.sign({ transaction, spent, keyset, cosigners, purpose: 'Rent' })
  expect(verdictOf(signed.transaction, spent)).toEqual({ txid: signed.txid, faults: [undefined] })
}

describe('over real sockets', () => {
  unlessLong.it.each([2, 3])('%i wallets that know a relay and their ids sign', (count) => signOverRelay(count))

  if (LONG) it('32 wallets that know a relay and their ids sign', () => signOverRelay(32), 120_000)
})
