// Wallets that know nothing of each other but a relay, in one network in memory; some of them have coins of several owners.
import { seededRandom } from '../../src/base/random.js'
import type { Coin } from '../../src/coinjoin/coins.js'
import { feeOf, sizeOf } from '../../src/coinjoin/coins.js'
import type { OutputType } from '../../src/coinjoin/fields.js'
import type { MixOptions, MixProgress, MixResult } from '../../src/coinjoin/mix-options.js'
import { CoinJoin } from '../../src/coinjoin/mixer.js'
import { planMix } from '../../src/coinjoin/plan.js'
import { sharedMixSigner } from '../../src/coinjoin/shared-signer.js'
import type { MixWallet } from '../../src/coinjoin/wallet.js'
import { withTransport } from '../../src/core/with-transport.js'
import { publicKeyOf } from '../../src/lotus/curve.js'
import { encodeTransaction, rootsOf, txidOf } from '../../src/lotus/transaction.js'
import { aggregateKeys, type Keyset } from '../../src/musig2/keyset.js'
import type { MuSig2 } from '../../src/musig2/musig2.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/index.js'
import { type Chain, Chain as NewChain, type PurseOptions, purseOf } from './table.js'

export const SILENT = { debug: () => {}, warn: () => {}, error: () => {} }

/** So many wallets. @param purse of the wallet of a number. @param changed what its wallet has otherwise. */
export async function streets(
  count: number,
  purse: (member: number) => Partial<PurseOptions> = () => ({}),
  seed = 1,
  changed: (
    member: number,
    around: { net: TestNetwork; chain: Chain },
  ) => Promise<Partial<ReturnType<typeof purseOf>>> = async () => ({}),
) {
  const net: TestNetwork = createTestNetwork({ latencyMs: 40, seed })
  const relay = net.createPeer({ host: 'relay', relay: true })
  await net.run(relay.start())
  const chain = new NewChain()
  const wallets: (ReturnType<typeof purseOf> & {
    mixer: CoinJoin
    progress: MixProgress[]
    mix(options?: MixOptions): Promise<MixResult>
  })[] = []
  for (let member = 0; member < count; member++) {
    const own = {
      ...purseOf({ chain, seed: 500 * seed + member, ...purse(member) }),
      ...(await changed(member, { net, chain })),
    }
    const mixer = new CoinJoin({
      network: {
        bootstrap: [net.addressOf(relay)],
        clock: net.clock,
        random: seededRandom(900 * seed + member),
        logger: SILENT,
        allowPrivate: true,
        plugins: () => [withTransport(net.network.transport(`mixer${member}`))],
      },
      wallet: own.wallet,
      limits: { entryWorkBits: 6 },
    })
    const progress: MixProgress[] = []
    const mix = (options: MixOptions = {}): Promise<MixResult> =>
      mixer.mix(own.plan, { minPeers: 3, onProgress: (each) => void progress.push(each), ...options })
    wallets.push({ ...own, mixer, progress, mix })
  }
  const stop = async () => {
    await net.clock.run(Promise.all(wallets.map(({ mixer }) => mixer.close())))
    await net.stop()
  }
  return { net, relay, chain, wallets, stop }
}

export interface OwnersOptions {
  chain: Chain
  seed: number
  /** Default 2. */
  owners?: number
  taproot?: boolean
  outputType?: OutputType
  change?: bigint
}

/** A coin of several owners, with a plan for it. `walletOf` is the wallet of the first one, once the owners' peers are there. */
export function sharedPurseOf({ chain, seed, owners = 2, taproot = false, outputType = 0, change = 0n }: OwnersOptions) {
  const own = purseOf({ chain, seed, outputType })
  const random = seededRandom(seed + 77)
  const secretKeys = Array.from({ length: owners }, () => random.bytes(32))
  const keyset: Keyset = { keys: secretKeys.map(publicKeyOf), taproot }
  const { script, publicKey } = aggregateKeys(keyset)
  const kind = taproot ? 1 : 0
  const sats = 1_000_000n + feeOf(sizeOf([kind], 1, outputType, change > 0n ? kind : undefined), 1_000) + change
  const source = { txid: random.bytes(32), index: 0, script: Uint8Array.of(0x51), sequence: 0xffffffff }
  const funding = {
    version: 2,
    inputs: [source],
    outputs: [
      { sats: 5_000n, script },
      { sats, script },
    ],
    locktime: 0,
  }
  const coin: Coin = chain.add({ txid: txidOf(rootsOf(funding)), index: 1, sats, script, publicKey })
  const plan = planMix({ coins: [coin], denomination: 1_000_000n, outputs: 1, outputType })
  /** Scripts that all owners know as theirs: the others derive them as well. */
  const known: Uint8Array[] = []
  const walletOf = (musig2: MuSig2, cosigners: Readonly<Record<string, string>>): MixWallet => ({
    ...own.wallet,
    freshScripts: async (...asked) => {
      const scripts = await own.wallet.freshScripts(...asked)
      known.push(...scripts)
      return scripts
    },
    ...sharedMixSigner({
      musig2,
      keysetOf: async () => keyset,
      cosigners,
      transactionOf: async () => encodeTransaction(funding),
    }),
  })
  return { ...own, secretKeys, keyset, coin, plan, known, walletOf }
}
