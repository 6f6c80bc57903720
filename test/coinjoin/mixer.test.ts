import { afterEach, describe, expect, it, vi } from 'vitest'
import { compareBytes, hexOf } from '../../src/base/bytes.js'
import { COINJOIN_LIMITS } from '../../src/coinjoin/limits.js'
import { MixPeer } from '../../src/coinjoin/mix-network.js'
import { pause } from '../../src/coinjoin/pause.js'
import { decodePeerId } from '../../src/identity/peer-id.js'
import { kitOf } from '../kit-of.js'
import { streets as openStreets } from './streets.js'

let stop: (() => Promise<void>) | undefined
afterEach(() => stop?.())

/** Wallets that know nothing of each other but a relay. */
async function streets(...given: Parameters<typeof openStreets>) {
  const found = await openStreets(...given)
  stop = found.stop
  return found
}

describe('wallets that share a relay', () => {
  it.each([0, 1] as const)(
    'find each other in a pool, and mix to outputs of type %i',
    async (outputType) => {
      const { net, chain, wallets } = await streets(5, (member) => ({
        outputType,
        coinKind: (member % 2) as 0 | 1,
        change: member === 0 ? 70_000n : 0n,
      }))
      const results = await net.clock.run(Promise.all(wallets.map(({ mix }) => mix({ minPeers: 5 }))), 900_000)
      expect(new Set(results.map(({ txid }) => txid)).size).toBe(1)
      expect(chain.transactions).toHaveLength(1)
      for (const [member, { outputs, anonymitySet }] of results.entries()) {
        expect(anonymitySet).toBe(5)
        expect(outputs.map((outpoint) => hexOf(chain.lookup(outpoint)!.script))).toEqual(wallets[member]!.given)
      }
      const steps = new Set(wallets[0]!.progress.map(({ step }) => step))
      for (const step of ['preparing', 'waiting', 'registering', 'mixing', 'signing', 'broadcasting'] as const)
        expect(steps).toContain(step)
    },
    60_000,
  )

  it('wait for as many as they prefer, and then take as few as they must', async () => {
    const { net, wallets } = await streets(3)
    const results = await net.clock.run(
      Promise.all(wallets.map(({ mix }) => mix({ minPeers: 3, preferPeers: 6, patienceMs: 150_000 }))),
      900_000,
    )
    expect(new Set(results.map(({ txid }) => txid)).size).toBe(1)
    expect(wallets[0]!.progress.filter(({ step, of }) => step === 'waiting' && of === 6).length).toBeGreaterThan(0)
  }, 60_000)

  it('end with NOT_ENOUGH_PEERS where nobody comes, with CANCELLED by their signal, and the coin is free', async () => {
    const { net, wallets } = await streets(2)
    const cancel = new AbortController()
    const alone = wallets[0]!.mix({ patienceMs: 60_000 })
    const cancelled = wallets[1]!.mix({ signal: cancel.signal })
    const ends = Promise.allSettled([alone, cancelled])
    await net.clock.advance(30_000)
    cancel.abort()
    const [one, other] = await net.clock.run(ends, 900_000)
    expect(one).toMatchObject({ status: 'rejected', reason: { code: 'MIX_FAILED', details: { reason: 'NOT_ENOUGH_PEERS' } } })
    expect(other).toMatchObject({ status: 'rejected', reason: { code: 'MIX_FAILED', details: { reason: 'CANCELLED' } } })
    expect(wallets[0]!.fates.size).toBe(0)
  }, 60_000)

  it('are asked for a last look; who refuses leaves, and the others mix', async () => {
    const { net, wallets } = await streets(5)
    const summaries: unknown[] = []
    const ends = await net.clock.run(
      Promise.allSettled(
        wallets.map(({ mix }, member) =>
          mix({ confirm: (summary) => (member === 3 ? false : summaries.push(summary) > 0), patienceMs: 300_000 }),
        ),
      ),
      1_800_000,
    )
    expect(ends[3]).toMatchObject({ status: 'rejected', reason: { details: { reason: 'REFUSED' } } })
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(4)
    expect(summaries[0]).toMatchObject({ members: 5, outputs: 5, change: 0n })
    expect(wallets[3]!.calls.signed).toBe(0)
  }, 60_000)

  it.each([1, 2, 3])(
    'go on with the next proposer where one sees another chain, seed %i',
    async (seed) => {
      const { net, wallets } = await streets(5, () => ({}), seed)
      wallets[0]!.wallet.blockHash = async () => new Uint8Array(32)
      const cancel = new AbortController()
      const odd = wallets[0]!.mix({ signal: cancel.signal }).catch((error) => error)
      const results = await net.clock.run(Promise.all(wallets.slice(1).map(({ mix }) => mix({ minPeers: 4 }))), 900_000)
      expect(new Set(results.map(({ txid }) => txid)).size).toBe(1)
      cancel.abort()
      expect(await net.run(odd)).toMatchObject({ details: { reason: 'CANCELLED' } })
    },
    60_000,
  )

  it('have another identity in each round, tell nothing of themselves, and reach each other by circuits alone', async () => {
    const { net, relay, wallets } = await streets(3)
    const ids: string[][] = []
    relay.on('connected', ({ peerId, metadata, addresses }) => {
      ids.at(-1)?.push(peerId)
      expect([metadata ?? {}, addresses ?? []]).toEqual([{}, []])
    })
    for (const end of ['first', 'second']) {
      ids.push([])
      const cancel = new AbortController()
      const ends = Promise.allSettled(wallets.map(({ mix }) => mix({ minPeers: 5, signal: cancel.signal })))
      await net.clock.advance(130_000)
      cancel.abort()
      await net.run(ends)
      expect([end, ids.at(-1)!.length]).toEqual([end, 3])
    }
    const all = ids.flat()
    expect(new Set(all).size).toBe(6)
    for (const id of all) expect(id).toMatch(/^lp1/)
  }, 60_000)

  it('do not mix while an eclipse is suspected, and say why', async () => {
    const { net, wallets } = await streets(3)
    // What the watch itself finds is tested with it: here it has found something.
    const suspicion = vi.spyOn(MixPeer.prototype, 'isSuspicious', 'get').mockReturnValue(true)
    const ends = net.clock.run(Promise.allSettled(wallets.map(({ mix }) => mix({ patienceMs: 60_000 }))), 900_000)
    for (const end of await ends)
      expect(end).toMatchObject({ status: 'rejected', reason: { details: { reason: 'ECLIPSE_SUSPECTED', retryable: true } } })
    for (const { calls, fates } of wallets) expect([calls.signed, fates.size]).toEqual([0, 0])
    suspicion.mockRestore()
  }, 60_000)

  it('mix although a stranger floods them with proposals and rosters', async () => {
    const { net, relay, wallets, chain } = await streets(4)
    const stranger = net.createPeer({ host: 'stranger', listening: false, bootstrap: [net.addressOf(relay)] })
    await net.run(stranger.start())
    const kit = await kitOf(stranger)
    const ids = new Set<string>()
    relay.on('connected', ({ peerId }) => void ids.add(peerId))
    const mixes = Promise.all(wallets.map(({ mix }) => mix({ minPeers: 4 })))
    let isOver = false
    const flood = async () => {
      await pause(net.clock, 20_000)
      const members = [...ids].filter((id) => id !== stranger.peerId)
      await Promise.all(members.map((id) => stranger.connectToPeer(id).catch(() => {})))
      for (let i = 0; !isOver; i++) {
        const keys = [...members, stranger.peerId].map(decodePeerId).sort(compareBytes)
        const proposal = [1, '0'.repeat(32), i, new Uint8Array(32), keys]
        const roster = [1, new Uint8Array(32), keys.map((key) => [key, 3, new Uint8Array(16), new Uint8Array(64)])]
        for (const id of members) {
          kit.sendTo(id, { type: 'propose', protocol: 'lotus/coinjoin', payload: proposal }).catch(() => {})
          kit.sendTo(id, { type: 'roster', protocol: 'lotus/coinjoin', payload: roster }).catch(() => {})
        }
        await pause(net.clock, 100)
      }
    }
    const flooding = flood()
    const results = await net.clock.run(mixes, 900_000)
    isOver = true
    await net.run(flooding)
    expect(new Set(results.map(({ txid }) => txid)).size).toBe(1)
    expect(chain.transactions).toHaveLength(1)
  }, 60_000)

  it('are counted by pools and watchPools', async () => {
    const { net, wallets } = await streets(3)
    const seen: number[] = []
    const unwatch = wallets[2]!.mixer.watchPools((pools) => void seen.push(pools[2]!.waiting))
    const cancel = new AbortController()
    const ends = Promise.allSettled(wallets.slice(0, 2).map(({ mix }) => mix({ signal: cancel.signal })))
    await net.clock.advance(65_000)
    const pools = await net.run(wallets[2]!.mixer.pools())
    expect(pools).toHaveLength(8)
    expect(pools.map(({ waiting }) => waiting)).toEqual([0, 0, 2, 0, 0, 0, 0, 0])
    expect(pools[0]!.nextEpochAt % 60_000).toBe(0)
    unwatch()
    cancel.abort()
    await net.run(ends)
    expect(seen).toContain(2)
  }, 60_000)

  it('are watched no longer once the mixer is closed: no timer is left', async () => {
    const { net, wallets } = await streets(1)
    const [one] = wallets
    const armed = vi.spyOn(net.clock, 'setTimeout')
    const disarmed = vi.spyOn(net.clock, 'clearTimeout')
    const unwatch = one!.mixer.watchPools(() => {})
    await net.clock.advance(1_000)
    // The next look at the pools is an epoch away.
    const timer = armed.mock.results[armed.mock.calls.findIndex(([, delayMs]) => delayMs === COINJOIN_LIMITS.epochMs)]?.value
    expect(timer).toBeDefined()
    expect(disarmed).not.toHaveBeenCalledWith(timer)
    await net.run(one!.mixer.close())
    expect(disarmed).toHaveBeenCalledWith(timer)
    unwatch()
    expect(() => one!.mixer.watchPools(() => {})).toThrow('shut down')
  }, 60_000)

  it('use what prepare has done, and take no coin twice or too young', async () => {
    const { net, wallets } = await streets(3, (member) => (member === 2 ? { confirmations: 2 } : {}))
    const [one, , young] = wallets
    await net.run(one!.mixer.prepare(one!.plan))
    const cancel = new AbortController()
    const first = one!.mix({ signal: cancel.signal }).catch((error) => error)
    await expect(one!.mix()).rejects.toMatchObject({ details: { reason: 'COIN_BUSY', retryable: true } })
    await expect(net.run(young!.mix())).rejects.toMatchObject({ details: { reason: 'COIN_REJECTED' } })
    cancel.abort()
    expect(await net.run(first)).toMatchObject({ details: { reason: 'CANCELLED' } })
    await expect(one!.mix({ minPeers: 2 })).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
    await net.run(one!.mixer.close())
    await expect(one!.mix()).rejects.toMatchObject({ code: 'SHUT_DOWN' })
  }, 60_000)

  it('never have two coins of one wallet in one round, and mix both', async () => {
    const { net, wallets, chain } = await streets(4, () => ({}), 6)
    const [one, two, ...others] = wallets
    // The second coin is of the first wallet: its purse signs for it.
    const { mixer, wallet } = one!
    const { proveOwnership, signInputs } = wallet
    const isTwo = (txid: Uint8Array) => hexOf(txid) === hexOf(two!.coin.txid)
    wallet.proveOwnership = (input) => (isTwo(input.coin.txid) ? two!.wallet.proveOwnership(input) : proveOwnership(input))
    wallet.signInputs = (input) => (isTwo(input.plan.coins[0]!.txid) ? two!.wallet.signInputs(input) : signInputs(input))
    const both = [one!.plan, two!.plan].map((plan) => mixer.mix(plan, { minPeers: 3 }).catch((error) => error))
    // There are not enough for two rounds, however long they wait: the second is left over.
    const results = await net.clock.run(
      Promise.all([...others.map(({ mix }) => mix({ minPeers: 3 })), Promise.race(both)]),
      900_000,
    )
    expect(new Set(results.map(({ txid }) => txid)).size).toBe(1)
    expect(results[0]!.anonymitySet).toBe(3)
    expect(chain.transactions).toHaveLength(1)
    await net.run(mixer.close())
    const ends = await net.run(Promise.all(both))
    expect(ends.filter((end) => 'txid' in end)).toHaveLength(1)
    expect(ends.find((end) => !('txid' in end))).toMatchObject({ details: { reason: 'CANCELLED' } })
  }, 60_000)

  it.each([
    ['lookup', 'WALLET_FAILED'],
    ['tip', 'WALLET_FAILED'],
    ['freshScripts', 'WALLET_FAILED'],
    ['proveOwnership', 'SIGNER_FAILED'],
    ['signInputs', 'SIGNER_FAILED'],
  ] as const)(
    'whose %s throws end with %s, and the error is its cause; the others mix',
    async (name, reason) => {
      const { net, wallets } = await streets(5, () => ({}), 7)
      const thrown = new Error('The database is locked.')
      wallets[2]!.wallet[name] = async () => {
        throw thrown
      }
      const ends = await net.clock.run(
        Promise.allSettled(
          wallets.map(({ mix }, member) => mix({ minPeers: member === 2 ? 3 : 4, preferPeers: 4, patienceMs: 60_000 })),
        ),
        1_800_000,
      )
      expect(ends[2]).toMatchObject({ status: 'rejected', reason: { code: 'MIX_FAILED', details: { reason } } })
      expect((ends[2] as PromiseRejectedResult).reason.cause).toBe(thrown)
      expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(4)
    },
    60_000,
  )

  it('refuse a plan that planMix has not made, before anything is done', async () => {
    const { wallets } = await streets(1)
    const { mixer, plan } = wallets[0]!
    const [coin] = plan.coins
    for (const wrong of [
      { ...plan, fee: plan.fee - 1n },
      { ...plan, outputs: 2 },
      { ...plan, change: { sats: 5_000n, type: 0 as const } },
      { ...plan, coins: [{ ...coin!, sats: '5' as never }] },
      { ...plan, coins: [{ ...coin!, script: new Uint8Array(3) }] },
      { ...plan, coins: [] },
    ])
      await expect(mixer.mix(wrong)).rejects.toMatchObject({ code: 'MIX_FAILED', details: { reason: 'INVALID_PLAN' } })
    await expect(mixer.prepare({ ...plan, fee: 0n })).rejects.toMatchObject({ details: { reason: 'INVALID_PLAN' } })
  })

  it('say why the last look was not taken', async () => {
    const { net, wallets } = await streets(4, () => ({}), 8)
    const thrown = new TypeError('No such element.')
    const ends = await net.clock.run(
      Promise.allSettled(
        wallets.map(({ mix }, member) =>
          mix({
            patienceMs: 60_000,
            confirm: () => {
              if (member === 1) throw thrown
              return true
            },
          }),
        ),
      ),
      1_800_000,
    )
    expect(ends[1]).toMatchObject({ status: 'rejected', reason: { details: { reason: 'REFUSED' }, cause: thrown } })
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
  }, 60_000)
})
