import type { WaitOptions } from '../base/wait.js'
import type { KeyValueStore } from '../storage/key-value-store.js'
import type { MixLimits } from './limits.js'
import type { MixNetwork } from './mix-network.js'
import type { MixPool } from './pool.js'
import type { RoundProgress, RoundSummary } from './round.js'
import type { RoundResult } from './signed-mixes.js'
import type { MixWallet } from './wallet.js'

export type MixStep = 'preparing' | 'waiting' | RoundProgress['step']

/** How far a mix is. */
export interface MixProgress extends Omit<RoundProgress, 'step'> {
  readonly step: MixStep
}

export interface MixOptions extends Pick<WaitOptions, 'signal'> {
  /** The fewest members, ourselves among them; 3 to 50. Default 5. */
  minPeers?: number
  /** Members that are waited for first. Default: `minPeers`. */
  preferPeers?: number
  /** Milliseconds that `preferPeers` are waited for; three times as long for a round at all. Default 600,000. */
  patienceMs?: number
  /** The last look, within 20 s; false leaves the round. Nothing that it shows changes afterwards, but that members may be left out. */
  confirm?: (summary: RoundSummary) => boolean | Promise<boolean>
  onProgress?: (progress: MixProgress) => void
}

/** What became of a plan. */
export interface MixResult extends RoundResult {}

/** Who waits in a pool. */
export interface PoolInfo {
  readonly pool: MixPool
  readonly waiting: number
  /** Milliseconds since the Unix epoch. */
  readonly nextEpochAt: number
}

export interface CoinJoinOptions {
  network: MixNetwork
  wallet: MixWallet
  /** Where refused coins are kept. Default: in memory. */
  store?: KeyValueStore
  limits?: Partial<MixLimits>
}
