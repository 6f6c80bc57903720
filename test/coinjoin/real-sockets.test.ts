// Five wallets over real sockets, as an application has them: they know a relay, and nothing of each other.
import { afterEach, expect, it } from 'vitest'
import { hexOf } from '../../src/base/bytes.js'
import { CoinJoin } from '../../src/coinjoin/index.js'
import { startRelay } from '../../src/node/index.js'
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
