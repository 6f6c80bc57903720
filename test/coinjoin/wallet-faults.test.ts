// What a wallet does wrong harms itself at most: its mix ends with the reason, and the other members go on.
import { afterEach, describe, expect, it } from 'vitest'
import { CoinBans } from '../../src/coinjoin/coin-bans.js'
import type { MixStep } from '../../src/coinjoin/mix-options.js'
import { CoinJoin } from '../../src/coinjoin/mixer.js'
import type { MixWallet } from '../../src/coinjoin/wallet.js'
import { taprootScript } from '../../src/lotus/script.js'
import { memoryStore } from '../../src/storage/key-value-store.js'
import { streets as openStreets, SILENT } from './streets.js'
import { judge, namedBy, playRound, type Tamper } from './table.js'

let stop: (() => Promise<void>) | undefined
afterEach(async () => {
  await stop?.()
  stop = undefined
})

/** A wallet of a round whose callbacks are others, and what has come of it at all members. */
async function playedWith(changed: (wallet: MixWallet) => void, more: Partial<Parameters<typeof playRound>[0]> = {}) {
  const played = await playRound({
    members: 5,
    ...more,
    onSeats: (seats) => changed(seats[2]!.purse.wallet),
  })
  const { honest, txids } = judge(played, [2, ...Object.keys(more.hostile ?? {}).map(Number)])
  return { played, honest, txids, own: played.results[2]! }
}

const garbage: Tamper = ({ phase, attempt, honest }) =>
  phase === 'vector' && attempt === 1 ? honest!.map((byte) => byte ^ 1) : honest

describe('a wallet in a round', () => {
  it.each<[string, (wallet: MixWallet) => void, string]>([
    [
      'that proves a coin for another round',
      (wallet) => {
        const { proveOwnership } = wallet
        wallet.proveOwnership = (input) => proveOwnership({ ...input, rosterHash: new Uint8Array(32) })
      },
      'SIGNER_FAILED',
    ],
    ['that proves with nothing', (wallet) => (wallet.proveOwnership = async () => undefined as never), 'SIGNER_FAILED'],
    [
      'whose change has another type',
      (wallet) => {
        const { freshScripts } = wallet
        wallet.freshScripts = (kind, type, count) => freshScripts(kind, kind === 'change' ? 1 : type, count)
      },
      'WALLET_FAILED',
    ],
    [
      'whose change goes where its mixed output goes',
      (wallet) => {
        const { freshScripts } = wallet
        const one = freshScripts('mixed', 0, 1)
        wallet.freshScripts = () => one
      },
      'WALLET_FAILED',
    ],
    ['that has fewer scripts than are needed', (wallet) => (wallet.freshScripts = async () => []), 'WALLET_FAILED'],
    ['that has no scripts at all', (wallet) => (wallet.freshScripts = async () => undefined as never), 'WALLET_FAILED'],
    ['that gives what are no scripts', (wallet) => (wallet.freshScripts = async () => ['76a9'] as never), 'WALLET_FAILED'],
  ])('%s leaves, with no offence of its own, and the others mix', async (_, changed, reason) => {
    const { played, honest, txids, own } = await playedWith(changed, {
      seed: 61,
      purse: (member) => (member === 2 ? { change: 50_000n } : {}),
    })
    expect(own.error).toMatchObject({ code: 'MIX_FAILED', details: { reason, coinLocked: false } })
    expect(txids.size).toBe(1)
    expect(namedBy(played, honest)).toEqual(['2 missed'])
  })

  it('whose Taproot output is no point of the curve leaves before anybody is blamed for it', async () => {
    const noPoint = taprootScript(Uint8Array.from({ length: 33 }, (_, i) => (i === 0 ? 2 : 0xff)))
    const { played, honest, own } = await playedWith((wallet) => (wallet.freshScripts = async () => [noPoint]), {
      seed: 62,
      outputType: 1,
    })
    expect(own.error).toMatchObject({ details: { reason: 'WALLET_FAILED' } })
    expect(namedBy(played, honest)).toEqual(['2 missed'])
  })

  it('that gives an address once more, of which members know whose it is, leaves', async () => {
    const { own } = await playedWith(
      (wallet) => {
        const one = wallet.freshScripts('mixed', 0, 1)
        wallet.freshScripts = () => one
      },
      { seed: 63, hostile: { 4: garbage }, members: 6 },
    )
    expect(own.error).toMatchObject({ details: { reason: 'WALLET_FAILED' } })
  })

  it('of a store that is full, or cannot be read, goes on with the others when somebody stalls', async () => {
    const full = new Error('The disk is full.')
    const store = { ...memoryStore(), get: async () => Promise.reject(full), set: async () => Promise.reject(full) }
    const played = await playRound({
      members: 5,
      seed: 64,
      hostile: { 4: ({ phase, honest }) => (phase === 'commit' ? undefined : honest) },
      round: (member) => (member === 2 ? { bans: new CoinBans(store, { now: () => 0 } as never) } : {}),
    })
    const { honest, txids } = judge(played, [4])
    expect(txids.size).toBe(1)
    for (const member of honest) expect(played.results[member]!.error).toBeUndefined()
  })
})

/** Wallets that know nothing of each other but a relay. */
async function streets(...given: Parameters<typeof openStreets>) {
  const found = await openStreets(...given)
  stop = found.stop
  return found
}

describe('a mix', () => {
  it.each([
    ['lookup', 'WALLET_FAILED'],
    ['tip', 'WALLET_FAILED'],
    ['blockHash', 'WALLET_FAILED'],
    ['freshScripts', 'WALLET_FAILED'],
    ['proveOwnership', 'SIGNER_FAILED'],
    ['signInputs', 'SIGNER_FAILED'],
  ] as const)(
    'whose wallet never answers %s ends with %s, and the others mix',
    async (name, reason) => {
      const { net, wallets } = await streets(5, () => ({}), 11)
      wallets[2]!.wallet[name] = () => new Promise<never>(() => {})
      const mixes = wallets.map(({ mix }, member) => mix({ minPeers: member === 2 ? 3 : 4, preferPeers: 4, patienceMs: 60_000 }))
      const ends = await net.clock.run(Promise.allSettled(mixes), 3_600_000)
      expect(ends[2]).toMatchObject({ status: 'rejected', reason: { code: 'MIX_FAILED', details: { reason } } })
      expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(4)
    },
    60_000,
  )

  it.each<MixStep>(['preparing', 'waiting', 'registering', 'mixing', 'signing', 'broadcasting'])(
    'that is cancelled while it is %s ends at once as CANCELLED, and the others go on',
    async (cancelledIn) => {
      const { net, wallets } = await streets(5, () => ({}), 12)
      const cancel = new AbortController()
      let cancelledAt = 0
      let tookMs = Number.POSITIVE_INFINITY
      const mixes = wallets.map(({ mix }, member) => {
        if (member !== 2) return mix({ minPeers: 3, preferPeers: 4, patienceMs: 120_000 })
        const own = mix({
          signal: cancel.signal,
          onProgress: ({ step }) => {
            if (step !== cancelledIn || cancel.signal.aborted) return
            cancelledAt = net.clock.now()
            cancel.abort()
          },
        })
        own.catch(() => (tookMs = net.clock.now() - cancelledAt))
        return own
      })
      const ends = await net.clock.run(Promise.allSettled(mixes), 3_600_000)
      // What all have signed may still be mined: the coin is locked, and its new scripts are watched.
      const isSigned = cancelledIn === 'broadcasting'
      expect(ends[2]).toMatchObject({ status: 'rejected', reason: { details: { reason: 'CANCELLED' } } })
      expect(tookMs).toBeLessThanOrEqual(3_100)
      if (isSigned) {
        expect(ends[2]).toMatchObject({ reason: { details: { coinLocked: true } } })
        expect(wallets[2]!.given.map((script) => wallets[2]!.fates.get(script))).toEqual(['pending'])
      }
      expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(4)
    },
    60_000,
  )

  it.each([{ epochMs: 0 }, { epochMs: undefined }, { entrySettleMs: Number.NaN }, { mixRounds: 1.5 }, { maxPeers: 50 }])(
    'by limits that are none, %o, is refused before it begins',
    async (limits) => {
      const { wallets } = await streets(1, () => ({}), 14)
      const options = { network: {}, wallet: wallets[0]!.wallet, limits: limits as never }
      expect(() => new CoinJoin(options)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }))
    },
  )

  it('is prepared no longer when its mixer closes', async () => {
    const { net, wallets } = await streets(1, () => ({}), 13)
    const { wallet, plan } = wallets[0]!
    // More work than anybody does.
    const mixer = new CoinJoin({ network: { clock: net.clock, logger: SILENT }, wallet, limits: { entryWorkBits: 32 } })
    const preparing = Promise.allSettled([mixer.prepare(plan), mixer.prepare(plan)])
    await net.run(mixer.close())
    for (const end of await preparing) expect(end).toHaveProperty('reason.code', 'ABORTED')
  })
})
