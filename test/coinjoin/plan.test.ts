import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Coin, DUST, keyOfCoin } from '../../src/coinjoin/coins.js'
import { mixTransactionOf } from '../../src/coinjoin/mix-transaction.js'
import { planMix, splitForMixing } from '../../src/coinjoin/plan.js'
import { poolIdOf } from '../../src/coinjoin/pool.js'
import { encodeRegistration, isBalanced, type RegisteredCoin, readRegistration } from '../../src/coinjoin/registration.js'
import { softwareMixSigner } from '../../src/coinjoin/software-signer.js'
import type { SignInputsInput } from '../../src/coinjoin/wallet.js'
import { publicKeyOf } from '../../src/lotus/curve.js'
import { ownershipHash } from '../../src/lotus/ownership.js'
import { dustOf, p2pkhScript, taprootScript } from '../../src/lotus/script.js'
import { encodeTransaction, sumOf } from '../../src/lotus/transaction.js'
import { schnorrVerify } from '../../src/lotus/verify-schnorr.js'
import { mixed, roomOf, scriptsOf } from './rooms.js'

const secret = new Uint8Array(32).fill(5)
const publicKey = publicKeyOf(secret)
const coinOf = (sats: bigint, kind: 0 | 1, n = 0): Coin => ({
  txid: new Uint8Array(32).fill(n + 1),
  index: n,
  sats,
  script: kind === 0 ? p2pkhScript(publicKey) : taprootScript(publicKey),
  publicKey,
})
const invalid = expect.objectContaining({ code: 'MIX_FAILED', details: expect.objectContaining({ reason: 'INVALID_PLAN' }) })

describe('a plan', () => {
  it('for random coins adds up, costs what the rate asks, makes no dust, and is what others take, or is refused', () => {
    const kind = fc.constantFrom(0 as const, 1 as const)
    const coins = fc.array(fc.tuple(fc.bigInt({ min: 1_000n, max: 3_000_000n }), kind), { minLength: 1, maxLength: 16 })
    fc.assert(
      fc.property(coins, kind, kind, fc.integer({ min: 1_000, max: 10_000 }), (all, outputType, changeType, rate) => {
        const own = all.map(([sats, each], n) => coinOf(sats, each, n))
        let plan: ReturnType<typeof planMix>
        try {
          plan = planMix({ coins: own, denomination: 1_000_000n, outputType, changeType, rate })
        } catch (error) {
          expect(error).toEqual(invalid)
          return
        }
        const script = changeType === 0 ? p2pkhScript(publicKey) : taprootScript(publicKey)
        const change = plan.change && { sats: plan.change.sats, script }
        expect(sumOf(own)).toBe(BigInt(plan.outputs) * 1_000_000n + plan.fee + (change?.sats ?? 0n))
        if (change) expect(change.sats).toBeGreaterThanOrEqual(changeType === 0 ? 546n : 579n)
        const registered = own.map((coin): RegisteredCoin => {
          const { kind: type, key } = keyOfCoin(coin)!
          return { ...coin, kind: type, publicKey: key, proof: new Uint8Array(64) }
        })
        const terms = { pool: plan.pool, rosterHash: new Uint8Array(32), rosterSize: 5 }
        expect(isBalanced({ coins: registered, outputs: plan.outputs, change }, terms)).toBe(true)
        const bytes = encodeTransaction(
          mixTransactionOf(plan.pool, [{ coins: registered, outputs: plan.outputs, change }], []).transaction,
        )
        expect(Number(plan.fee)).toBeGreaterThanOrEqual((bytes.length * rate) / 1_000)
      }),
    )
  })

  it('without change is what splitForMixing makes', () => {
    const { each, count, rest } = splitForMixing({ sats: 5_000_000n, denomination: 1_000_000n })
    expect([count, each * 4n + rest]).toEqual([4, 5_000_000n])
    const plan = planMix({ coins: [coinOf(each, 0)], denomination: 1_000_000n })
    expect(plan).toMatchObject({ outputs: 1, change: undefined, warnings: [], fee: each - 1_000_000n })
    expect(() => splitForMixing({ sats: 5n, denomination: 1_000_000n })).toThrow(invalid)
  })

  it('warns of change and of several coins', () => {
    expect(planMix({ coins: [coinOf(900_000n, 0), coinOf(900_000n, 1, 1)], denomination: 1_000_000n }).warnings).toEqual([
      'CHANGE',
      'SEVERAL_COINS',
    ])
  })

  it.each([
    { coins: [] },
    { coins: [coinOf(2_000_000n, 0), coinOf(2_000_000n, 0)] },
    { coins: [coinOf(999_999n, 0)] },
    { coins: [{ ...coinOf(2_000_000n, 0), publicKey: publicKeyOf(new Uint8Array(32).fill(6)) }] },
    { coins: [coinOf(2_000_000n, 0)], outputs: 5 },
    { coins: [coinOf(2_000_000n, 0)], rate: 999 },
    { coins: [coinOf(2_000_000n, 0)], denomination: 5n },
    // Change that would look like a mixed output.
    { coins: [coinOf(1_000_000n + 1_000_000n + 213n, 0)], outputs: 1 },
  ])('is refused for what cannot be mixed: %#', (options) => {
    expect(() => planMix({ denomination: 1_000_000n, ...options } as never)).toThrow(invalid)
  })

  it('of odd values is refused as such, or is one that members take', () => {
    const odd = fc.oneof(
      fc.constantFrom<unknown>(
        undefined,
        null,
        Number.NaN,
        -1,
        0,
        0.5,
        3,
        2 ** 32,
        2 ** 53,
        Number.POSITIVE_INFINITY,
        '1',
        {},
        [],
      ),
      fc.constantFrom<unknown>(-1n, 0n, 1n, 546n, 2_000_000n, 2n ** 53n, 2n ** 64n, new Uint8Array(32), new Uint8Array(0)),
    )
    const field = <T>(good: T) => fc.oneof({ weight: 4, arbitrary: fc.constant(good) }, { weight: 1, arbitrary: odd })
    const { txid, index, script } = coinOf(0n, 0)
    const sats = fc.oneof(field(2_000_000n), field(-5n), field(1_000_350n))
    const coin = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({
          txid: field(txid),
          index: field(index),
          sats,
          script: field(script),
          publicKey: field(publicKey),
        }),
      },
      { weight: 1, arbitrary: odd },
    )
    const options = fc.record({
      coins: fc.oneof({ weight: 9, arbitrary: fc.array(coin, { maxLength: 3 }) }, { weight: 1, arbitrary: odd }),
      denomination: field(1_000_000n),
      outputs: field(1),
      outputType: field(0),
      rate: field(1_000),
      changeType: field(0),
      coinType: field(0),
      sats: field(5_000_000n),
    })
    fc.assert(
      fc.property(options, (given) => {
        try {
          const plan = planMix(given as never)
          const coins = plan.coins.map((each): RegisteredCoin => {
            const { kind, key } = keyOfCoin(each)!
            return { ...each, kind, publicKey: key, proof: new Uint8Array(64) }
          })
          const changed = plan.change?.type === 1 ? taprootScript(publicKey) : p2pkhScript(publicKey)
          const change = plan.change && { sats: plan.change.sats, script: changed }
          const read = readRegistration(encodeRegistration({ coins, outputs: plan.outputs, change }))
          const terms = { pool: plan.pool, rosterHash: new Uint8Array(32), rosterSize: 5 }
          expect(read && isBalanced(read, terms)).toBe(true)
        } catch (error) {
          expect(error).toEqual(invalid)
        }
        try {
          const { each, count, rest } = splitForMixing(given as never)
          expect(each * BigInt(count) + rest).toBe(given.sats)
        } catch (error) {
          expect(error).toEqual(invalid)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('makes no change that nodes would not relay', () => {
    const scripts = [p2pkhScript(publicKey), taprootScript(publicKey)] as const
    expect(scripts.map((script) => dustOf({ sats: 0n, script }))).toEqual(DUST)
  })

  it('is of one pool for one network, denomination, type and rate', () => {
    const pool = { denomination: 1_000_000n, outputType: 0 as const, rate: 1_000 }
    const ids = [
      poolIdOf('lotus', pool),
      poolIdOf('test', pool),
      poolIdOf('lotus', { ...pool, outputType: 1 }),
      poolIdOf('lotus', { ...pool, rate: 1_001 }),
    ]
    expect(new Set(ids).size).toBe(4)
    expect(ids[0]).toMatch(/^[0-9a-f]{32}$/)
  })
})

describe('the software signer', () => {
  const room = roomOf({ members: 4, seed: 41 })
  const mix = mixed(room)
  const own = room.members[0]!
  const [coin] = own.registration.coins
  const signer = softwareMixSigner({ keyOf: async () => own.coinKey })
  const plan = planMix({ coins: [coin!], denomination: 1_000_000n, outputs: 1, changeType: 0 })
  const input: SignInputsInput = {
    transaction: encodeTransaction(mix.transaction),
    spent: mix.coins.map(({ sats, script }) => ({ sats, script })),
    inputs: [mix.owners.indexOf(0)],
    plan,
    mixed: [scriptsOf(room, 0)[0]!],
    change: own.registration.change!.script,
  }
  const refused = expect.objectContaining({ details: expect.objectContaining({ reason: 'SIGNER_FAILED' }) })

  it('signs its own input, and proves its coin', async () => {
    const [signature] = await signer.signInputs(input)
    expect(signature).toHaveLength(64)
    const proof = await signer.proveOwnership({ coin: coin!, rosterHash: room.rosterHash, member: own.key })
    expect(schnorrVerify(proof, ownershipHash(room.rosterHash, own.key, coin!), publicKeyOf(own.coinKey))).toBe(true)
  })

  it.each<[string, Partial<SignInputsInput>]>([
    ['another output', { mixed: [p2pkhScript(publicKey)] }],
    ['no change', { change: p2pkhScript(publicKey) }],
    ['another amount', { spent: input.spent.map((each) => ({ ...each, sats: each.sats + 1n })) }],
    ['a coin that is not in the plan', { inputs: [mix.owners.indexOf(1)] }],
    ['an input twice', { inputs: [mix.owners.indexOf(0), mix.owners.indexOf(0)] }],
    ['a higher fee', { plan: { ...plan, fee: plan.fee - 1n } }],
    ['another version', { transaction: encodeTransaction({ ...mix.transaction, version: 1 }) }],
  ])('refuses %s', async (_, change) => {
    await expect(signer.signInputs({ ...input, ...change })).rejects.toEqual(refused)
  })

  it('refuses a key that is not that of the coin', async () => {
    const other = softwareMixSigner({ keyOf: async () => secret })
    await expect(other.proveOwnership({ coin: coin!, rosterHash: room.rosterHash, member: own.key })).rejects.toEqual(refused)
  })
})
