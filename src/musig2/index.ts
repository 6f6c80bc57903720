// lotus-p2p/musig2: several wallets sign one Lotus transaction with an aggregated key.
export { publicKeyOf } from '../lotus/curve.js'
export { schnorrSign } from '../lotus/schnorr.js'
export { dustOf, type KnownScript, p2pkhScript, readScript, taprootScript } from '../lotus/script.js'
export { SIGHASH_FORKID, SIGHASH_LOTUS, type SighashType, sighashOf } from '../lotus/sighash.js'
export { proveSpent, type SpentOutput, type SpentProof } from '../lotus/spent.js'
export {
  decodeTransaction,
  encodeTransaction,
  type MerkleRoot,
  rootsOf,
  type Transaction,
  type TransactionInput,
  type TransactionOutput,
  type TransactionRoots,
  txidOf,
} from '../lotus/transaction.js'
export { schnorrVerify } from '../lotus/verify-schnorr.js'
export { announcementHash, type FoundSigner, type SignerOffer, type SignerQuery } from './announcements.js'
export { bindingHolds, keysOfMember } from './binding.js'
export { type ByMember, type Combined, combine, type SignedTransaction } from './combine.js'
export type { SignerDiscovery } from './discovery.js'
export { type Election, electionOrder } from './election.js'
export type { SigningFailure, SigningFailureDetails } from './errors.js'
export type { Aggregation } from './key-agg.js'
export { aggregateKeys, type Keyset, type KeysetKey } from './keyset.js'
export type { MuSig2 } from './musig2.js'
export type { MuSig2Events, MuSig2Options, PendingRequest, Reachability } from './musig2-options.js'
export { musig2 } from './plugin.js'
export { encodeRequest, type InputToSign, type Member, type RequestContent, readRequest, type SigningRequest } from './request.js'
export type { RequestKind } from './request-kind.js'
export type { SignOptions } from './sign-options.js'
export type { CreateNoncesInput, MuSig2Signer, ProveAnnouncementInput, ProveInput, SignPartialsInput } from './signer.js'
export { type ServeSignerOptions, type SignerPort, serveSigner, workerSigner } from './signer-port.js'
export type { SigningMember, SigningMemberState, SigningSession, SigningStep } from './signing-session.js'
export { type SoftwareSignerOptions, softwareSigner } from './software-signer.js'
export { type RequestSummary, type SummaryWarning, summaryOf } from './summary.js'
