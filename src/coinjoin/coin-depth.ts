import { equalBytes } from '../base/bytes.js'
import type { CoinBans } from './coin-bans.js'
import type { Coin } from './coins.js'
import { type Rejection, UNWELCOME } from './items.js'
import type { MixWallet } from './wallet.js'

/** Blocks that must hold a coin: one less than what is registered, so that a block that spreads splits no views. */
export const OWN_CONFIRMATIONS = 3
const OTHERS_CONFIRMATIONS = 2

/** Blocks that hold a coin; 'gone' where it is spent, 'other' where it is not what is said. @throws what `lookup` throws. */
export async function depthOf({ txid, index, sats, script }: Coin, wallet: MixWallet): Promise<number | 'gone' | 'other'> {
  const state = await wallet.lookup({ txid, index })
  if (state === undefined) return 'gone'
  return state.sats === sats && equalBytes(state.script, script) ? state.confirmations : 'other'
}

/** Looks a coin up: why it is not taken. Bans are known to some only: they are told, and no reason to leave. */
export async function judgeCoin(coin: Coin, wallet: MixWallet, bans: CoinBans, isRerun: boolean): Promise<Rejection | undefined> {
  const depth = await depthOf(coin, wallet)
  if (depth === 'gone') return 0
  if (depth === 'other' || !(depth >= OTHERS_CONFIRMATIONS)) return 1
  return !isRerun && (await bans.isBanned(coin)) ? UNWELCOME : undefined
}
