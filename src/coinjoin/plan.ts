import type { P2PError } from '../base/errors.js'
import { sumOf } from '../lotus/transaction.js'
import { bigint, bytes, int, object, optional, shaped, where } from '../message/shape.js'
import { type Coin, coinName, DUST, feeOf, keyOfCoin, maxLossOf, sizeOf } from './coins.js'
import { mixFailed } from './errors.js'
import { type OutputType, P2PKH, TAPROOT } from './fields.js'
import { MAX_MEMBERS } from './items.js'
import { MIN_RATE, type MixPool, poolIdOf } from './pool.js'
import { MAX_COINS, MAX_OUTPUTS, maxBytesOf, maxOutputsOf } from './registration.js'

/** The most that a member can register. */
const MAX_SATS = BigInt(Number.MAX_SAFE_INTEGER)
const satsShape = /* @__PURE__ */ (() => where(bigint(), (sats) => sats > 0n && sats <= MAX_SATS))()
/** Of what can be registered, and written into a transaction. */
const coinShape = /* @__PURE__ */ (() =>
  object({ txid: bytes(32), index: int(0, 0xffff_ffff), sats: satsShape, script: bytes(), publicKey: optional(bytes(33)) }))()

/** What a user should know of a plan before it is followed. */
export type PlanWarning =
  /** What is left over is tied to the coins by its amount: it is not mixed. */
  | 'CHANGE'
  /** All members, and whoever adds up, learn that the coins have one owner. */
  | 'SEVERAL_COINS'

/** Options of `planMix`. */
export interface PlanOptions {
  /** 1 to 16. One coin of exactly what is needed is best: see `splitForMixing`. */
  coins: readonly Coin[]
  /** Sats of each mixed output. */
  denomination: bigint
  /** How many, 1 to 4. Default: as many as the coins pay for. Rounds of more than 25 members take fewer. */
  outputs?: number
  /** 0: P2PKH, the default; 1: Taproot. */
  outputType?: OutputType
  /** Sats of 1,000 bytes, 1,000 to 10,000. Default 1,000, the least that is relayed. Each rate is a pool of its own. */
  rate?: number
  /** Type of the change output. Default: that of the first coin. */
  changeType?: OutputType
}

/** What is to be mixed, and what it costs. Plain data. */
export interface MixPlan {
  readonly pool: MixPool
  readonly coins: readonly Coin[]
  readonly outputs: number
  /** Sats for the miners; more than the rate asks for where less than a change output's worth is left. */
  readonly fee: bigint
  readonly change: { readonly sats: bigint; readonly type: OutputType } | undefined
  readonly warnings: readonly PlanWarning[]
}

/**
 * Plans a mix: which pool, how many outputs, what change. It asks nobody.
 *
 * @throws P2PError MIX_FAILED with reason INVALID_PLAN.
 * @example
 * const plan = planMix({ coins: [coin], denomination: 1_000_000n, outputs: 2 })
 * if (plan.warnings.includes('CHANGE')) warn(plan.change)
 */
export function planMix(options: PlanOptions): MixPlan {
  const { coins, denomination, outputType = 0, rate = MIN_RATE } = options
  const pool: MixPool = { denomination, outputType, rate }
  poolIdOf('lotus', pool)
  if (!(Array.isArray(coins) && coins.length >= 1 && coins.length <= MAX_COINS)) throw invalid(`Mix 1 to ${MAX_COINS} coins.`)
  const kinds = coins.map((coin) => {
    const key = shaped(coinShape, coin) && keyOfCoin(coin)
    if (key === undefined) throw invalid('A coin is P2PKH, with its publicKey, or Taproot without a state.')
    return key.kind
  })
  if (new Set(coins.map(coinName)).size < coins.length) throw invalid('A coin is named twice.')
  const { changeType = kinds[0]! } = options
  checkType(changeType)
  const total = sumOf(coins as Coin[])
  checkSats(total)
  const restOf = (outputs: number, change?: OutputType) =>
    total - BigInt(outputs) * denomination - feeOf(sizeOf(kinds, outputs, outputType, change), rate)
  let { outputs } = options
  if (outputs === undefined) {
    outputs = MAX_OUTPUTS
    while (outputs > 1 && restOf(outputs) < 0n) outputs--
  }
  checkOutputs(outputs)
  const [rest, left] = [restOf(outputs), restOf(outputs, changeType)]
  if (rest < 0n) throw invalid(`The coins are ${-rest} sats short of what ${outputs} outputs need.`)
  const hasChange = left >= DUST[changeType] && left !== denomination
  if (!hasChange && rest >= maxLossOf(rate))
    throw invalid('What is left would look like a mixed output. Make one output more, or change the coins.')
  const sats = hasChange ? left : 0n
  const warnings: PlanWarning[] = []
  if (hasChange) warnings.push('CHANGE')
  if (coins.length > 1) warnings.push('SEVERAL_COINS')
  return {
    pool,
    coins: coins.map((coin) => ({ ...coin })),
    outputs,
    fee: total - BigInt(outputs) * denomination - sats,
    change: hasChange ? { sats, type: changeType } : undefined,
    warnings,
  }
}

/**
 * Whether a plan is what `planMix` makes, after a clone or a store too.
 *
 * @throws P2PError MIX_FAILED with reason INVALID_PLAN.
 */
export function checkPlan({ coins, pool, outputs, fee, change }: MixPlan): void {
  const { fee: found, change: left } = planMix({ coins, outputs, ...pool, ...(change && { changeType: change.type }) })
  if (found !== fee || left?.sats !== change?.sats) throw invalid('The plan is none of planMix.')
}

/** Options of `splitForMixing`. */
export interface SplitOptions {
  /** Sats to split, the fee of the splitting transaction not among them. */
  sats: bigint
  denomination: bigint
  /** Mixed outputs of each coin, 1 to 4. Default 1. */
  outputs?: number
  /** Type of the coins to make. Default 0, P2PKH. */
  coinType?: OutputType
  outputType?: OutputType
  rate?: number
}

/** Coins that mix without change. */
export interface SplitPlan {
  /** Sats of each coin to make. */
  readonly each: bigint
  readonly count: number
  /** Sats that are left. */
  readonly rest: bigint
}

/**
 * Says how to split money into coins that mix without change: pay them to fresh addresses of your own, wait, and mix them one by one.
 *
 * @throws P2PError MIX_FAILED with reason INVALID_PLAN.
 * @example
 * const { each, count } = splitForMixing({ sats: 5_000_000n, denomination: 1_000_000n })
 */
export function splitForMixing(options: SplitOptions): SplitPlan {
  const { sats, denomination, outputs = 1, coinType = 0, outputType = 0, rate = MIN_RATE } = options
  poolIdOf('lotus', { denomination, outputType, rate })
  checkOutputs(outputs)
  checkType(coinType)
  checkSats(sats)
  const each = BigInt(outputs) * denomination + feeOf(sizeOf([coinType], outputs, outputType, undefined), rate)
  const count = sats / each
  if (count < 1n) throw invalid(`A coin to mix has ${each} sats at least.`)
  return { each, count: Number(count), rest: sats - count * each }
}

function checkOutputs(outputs: number): void {
  if (!(Number.isInteger(outputs) && outputs >= 1 && outputs <= MAX_OUTPUTS)) throw invalid(`Make 1 to ${MAX_OUTPUTS} outputs.`)
}

function checkSats(sats: bigint): void {
  if (shaped(satsShape, sats) === undefined) throw invalid(`Sats are a bigint from 1 to ${MAX_SATS}.`)
}

function checkType(type: OutputType): void {
  if (type !== P2PKH && type !== TAPROOT) throw invalid('A type is 0, P2PKH, or 1, Taproot.')
}

function invalid(message: string): P2PError {
  return mixFailed('INVALID_PLAN', message)
}

/** The most members with which a plan fits into a transaction. */
export function largestRoster({ coins, outputs, pool, change }: MixPlan): number {
  const kinds = coins.map((coin) => keyOfCoin(coin)!.kind)
  const size = sizeOf(kinds, outputs, pool.outputType, change?.type)
  let members = MAX_MEMBERS
  while (members > 0 && (maxOutputsOf(members) < outputs || maxBytesOf(members) < size)) members--
  return members
}
