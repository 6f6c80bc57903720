// lotus-p2p/coinjoin: mixing coins with those of others, with nobody in the middle.

export { type OwnedOutput, ownershipHash } from '../lotus/ownership.js'
export type { SpentOutput } from '../lotus/spent.js'
export type { CoinBan } from './coin-bans.js'
export { answerCoinProofs, coinProofs, type PendingOwnership, type ProveCoinOptions, proveCoin } from './coin-proofs.js'
export type { Coin, Outpoint } from './coins.js'
export type { MixFailure, MixFailureDetails, MixFault, NamedMember } from './errors.js'
export type { OutputType } from './fields.js'
export type { MixLimits } from './limits.js'
export type { MixNetwork } from './mix-network.js'
export type { CoinJoinOptions, MixOptions, MixProgress, MixResult, MixStep, PoolInfo } from './mix-options.js'
export { CoinJoin } from './mixer.js'
export type { OwnershipClaim, OwnershipSummary } from './ownership-request.js'
export { checkPayment } from './payment.js'
export {
  type MixPlan,
  type PlanOptions,
  type PlanWarning,
  planMix,
  type SplitOptions,
  type SplitPlan,
  splitForMixing,
} from './plan.js'
export type { MixPool } from './pool.js'
export type { RoundSummary } from './round.js'
export { type SharedMixSignerOptions, sharedMixSigner } from './shared-signer.js'
export { type SoftwareMixSignerOptions, softwareMixSigner } from './software-signer.js'
export type { CoinState, MixWallet, ProveOwnershipInput, ScriptFate, SignInputsInput } from './wallet.js'
