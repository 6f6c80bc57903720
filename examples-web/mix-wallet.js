// The wallet's half of mixing, on lotus-p2p/coinjoin: coins, keys, and a view of the chain. Bundled wallets import planMix and the others from
// 'lotus-p2p/coinjoin'. Here the keys are in the page, as they are worth nothing; a real wallet keeps them, and CoinJoin, in a worker.

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
export const bytesOf = (digits) => Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))

/** All wallets of a pool have the same. Real ones leave this out: a place costs seconds of work, and rounds form once a minute. */
export const LIMITS = { entryWorkBits: 14, epochMs: 10_000, entrySettleMs: 1_000 }
/** Sats of each mixed output: 1 XPI. */
export const DENOMINATION = 1_000_000n

/** The chain of the demo's server. A wallet of yours asks its own node. */
export function chainAt(server) {
  const ask = async (path, body) => {
    const response = await fetch(new URL(`/chain/${path}`, server), body && { method: 'POST', body: JSON.stringify(body) })
    const answer = await response.json()
    if (answer?.error) throw new Error(answer.error)
    return answer
  }
  return {
    async lookup({ txid, index }) {
      const coin = await ask(`coins/${hex(txid)}${index.toString(16).padStart(8, '0')}`)
      return coin === null ? undefined : { ...coin, sats: BigInt(coin.sats), script: bytesOf(coin.script) }
    },
    tip: () => ask('tip'),
    blockHash: async (height) => bytesOf(await ask(`blocks/${height}`)),
    broadcast: async (transaction) => (await ask('transactions', { bytes: hex(transaction) })).txid,
    /** A made-up coin for a script. */
    async give(script, sats) {
      const { txid, index } = await ask('coins', { script: hex(script), sats: String(sats) })
      return { txid: bytesOf(txid), index, sats, script }
    },
  }
}

/**
 * A wallet with one new coin, and a plan to mix it.
 *
 * @param sdk what lotus-p2p/musig2 and lotus-p2p/coinjoin export.
 * @param options.outputType 0 P2PKH, 1 Taproot. @param options.coinType the same of the coin. @param options.change sats that are left over.
 */
export async function openPurse(sdk, chain, { outputType = 0, coinType = 0, change = 0n } = {}) {
  const secrets = new Map()
  const fates = new Map()
  const fresh = (type) => {
    const secret = crypto.getRandomValues(new Uint8Array(32))
    const publicKey = sdk.publicKeyOf(secret)
    const script = type === 0 ? sdk.p2pkhScript(publicKey) : sdk.taprootScript(publicKey)
    secrets.set(hex(script), secret)
    return { script, publicKey }
  }
  const { give, ...view } = chain
  const wallet = {
    ...view,
    freshScripts: async (_, type, count) => Array.from({ length: count }, () => fresh(type).script),
    ...sdk.softwareMixSigner({ keyOf: async ({ script }) => secrets.get(hex(script)) }),
    onScripts(scripts, fate) {
      for (const script of scripts) fates.set(hex(script), fate)
    },
  }
  const { script, publicKey } = fresh(coinType)
  // A coin of exactly what one output needs, with its fee, has no change.
  const { each } = sdk.splitForMixing({ sats: 2n * DENOMINATION, denomination: DENOMINATION, coinType, outputType })
  const coin = { ...(await give(script, each + change)), publicKey }
  const plan = sdk.planMix({ coins: [coin], denomination: DENOMINATION, outputs: 1, outputType })
  return { wallet, coin, plan, fates }
}
