// Five wallets over real sockets, as an application has them: they know a relay, and nothing of each other.
import { afterEach, expect, it } from 'vitest'
import { hexOf } from '../../src/base/bytes.js'
import { answerCoinProofs, CoinJoin, coinProofs } from '../../src/coinjoin/index.js'
import { P2PCoordinator } from '../../src/index.js'
import { musig2 } from '../../src/musig2/plugin.js'
import { softwareSigner } from '../../src/musig2/software-signer.js'
import { startRelay } from '../../src/node/index.js'
import { statements } from '../../src/statements/index.js'
import { sharedPurseOf } from './streets.js'
import { Chain, purseOf } from './table.js'

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const LIMITS = { entryWorkBits: 8, epochMs: 6_000, entrySettleMs: 500 }
/** The rounds of this file end within seconds, where the machine has them. */
const TIMEOUT_MS = 120_000

/** @param cheater a wallet whose proof of ownership is none. */
async function mixOverRelay(outputType: 0 | 1, cheater?: number) {
  const relay = await startRelay({ port: 0, host: '127.0.0.1' })
  ends.push(() => relay.stop())
  const chain = new Chain()
  const wallets = Array.from({ length: 5 }, (_, member) => {
    const purse = purseOf({
      chain,
      seed: 70 + 10 * outputType + member,
      outputType,
      coinKind: (member % 2) as 0 | 1,
      change: member < 2 ? 60_000n : 0n,
    })
    const wallet = member === cheater ? { ...purse.wallet, proveOwnership: async () => new Uint8Array(64) } : purse.wallet
    const mixer = new CoinJoin({ network: { bootstrap: [relay.url], allowPrivate: true }, wallet, limits: LIMITS })
    ends.push(() => mixer.close())
    return { ...purse, mixer }
  })
  const minPeers = cheater === undefined ? 5 : 4
  const mixes = wallets.map(({ mixer, plan }) => mixer.mix(plan, { minPeers, preferPeers: 5 }))
  // A mix that is to fail may fail before it is looked at.
  for (const mix of mixes) mix.catch(() => {})
  const honest = mixes.filter((_, member) => member !== cheater)
  const results = await Promise.all(honest)
  expect(new Set(results.map(({ txid }) => txid)).size).toBe(1)
  // The chain takes what the interpreter of others accepts.
  expect(chain.transactions).toHaveLength(1)
  for (const { outputs, anonymitySet } of results) {
    expect(anonymitySet).toBe(honest.length)
    for (const outpoint of outputs) expect(chain.lookup(outpoint)!.sats).toBe(1_000_000n)
  }
  const paid = results.flatMap(({ outputs }) => outputs.map((outpoint) => hexOf(chain.lookup(outpoint)!.script)))
  expect(new Set(paid).size).toBe(honest.length)
  return { wallets, mixes }
}

it.each([0, 1] as const)(
  'five wallets find each other through a relay, and mix to outputs of type %i',
  async (type) => {
    await mixOverRelay(type)
  },
  TIMEOUT_MS,
)

it(
  'a wallet that registers a coin which it does not own is left out, and the other four mix',
  async () => {
    const { wallets, mixes } = await mixOverRelay(0, 2)
    // It forms no other round: the others have gone.
    await wallets[2]!.mixer.close()
    await expect(mixes[2]).rejects.toMatchObject({ code: 'MIX_FAILED' })
  },
  TIMEOUT_MS,
)

it.each([false, true])(
  'a coin of two owners, who know each other by another relay, is mixed with those of four others: Taproot %s',
  async (taproot) => {
    const [relay, usual] = await Promise.all([0, 1].map(() => startRelay({ port: 0, host: '127.0.0.1' })))
    ends.push(
      () => relay!.stop(),
      () => usual!.stop(),
    )
    const chain = new Chain()
    const shared = sharedPurseOf({ chain, seed: 90, taproot, outputType: taproot ? 1 : 0, change: 60_000n })
    const owners = shared.secretKeys.map((secretKey) => {
      const signer = softwareSigner({ secretKeys: [secretKey], other: coinProofs() })
      const plugins = [statements(), musig2({ signer, ownScripts: shared.known })] as const
      const owner = new P2PCoordinator({ bootstrap: [usual!.url], allowPrivate: true, plugins: [...plugins] })
      ends.push(() => owner.shutdown())
      return owner
    })
    await Promise.all(owners.map((owner) => owner.start()))
    const [one, other] = owners
    other!.musig2.contacts.add(one!.peerId)
    let proofs = 0
    answerCoinProofs(other!.musig2, ({ accept }) => {
      proofs++
      accept().catch(() => {})
    })
    other!.musig2.on('request', ({ summary, accept, reject }) => {
      if (summary.costsSats === shared.plan.fee) accept().catch(() => {})
      else reject('it costs more')
    })
    const wallet = shared.walletOf(one!.musig2, { [hexOf(shared.keyset.keys[1]!)]: other!.peerId })
    const wallets = [
      { wallet, plan: shared.plan },
      ...[1, 2, 3, 4].map((member) => purseOf({ chain, seed: 95 + member, outputType: taproot ? 1 : 0 })),
    ]
    const mixes = wallets.map(({ wallet: own, plan }) => {
      const mixer = new CoinJoin({ network: { bootstrap: [relay!.url], allowPrivate: true }, wallet: own, limits: LIMITS })
      ends.push(() => mixer.close())
      return mixer.mix(plan, { minPeers: 5 })
    })
    const results = await Promise.all(mixes)
    expect(new Set(results.map(({ txid }) => txid)).size).toBe(1)
    // The chain takes what the interpreter of others accepts.
    expect(chain.transactions).toHaveLength(1)
    expect(chain.lookup(shared.coin)).toBeUndefined()
    expect(proofs).toBe(1)
    for (const outpoint of results[0]!.outputs) expect(shared.given).toContain(hexOf(chain.lookup(outpoint)!.script))
  },
  TIMEOUT_MS,
)
