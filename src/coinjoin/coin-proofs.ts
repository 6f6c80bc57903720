import { asP2PError } from '../base/errors.js'
import type { Unsubscribe } from '../base/events.js'
import { fenced } from '../base/fenced.js'
import type { Keyset } from '../musig2/keyset.js'
import type { MuSig2 } from '../musig2/musig2.js'
import type { PendingRequest } from '../musig2/musig2-options.js'
import type { SharedRequest } from '../musig2/request.js'
import { type RequestKind, readAny } from '../musig2/request-kind.js'
import { membersOf, type OwnParts, type SignOptions } from '../musig2/sign-options.js'
import { Signing } from '../musig2/signing.js'
import {
  bytesOfOwnership,
  checkedOwnership,
  contentOfOwnership,
  type OwnershipClaim,
  type OwnershipContent,
  type OwnershipRequest,
  type OwnershipSummary,
  ownershipSummaryOf,
} from './ownership-request.js'

/** How long a proof is waited for: the other members of a round wait no longer. */
const PROOF_TTL_MS = 30_000

/** Which coin is to be proven, and for which round of a mix. */
export interface ProveCoinOptions extends OwnershipClaim, Pick<SignOptions, 'cosigners' | 'purpose' | 'signal'> {
  /** Whose coin it is. */
  keyset: Keyset
  /** How long cosigners have, milliseconds. Default 30 s: so long the other members of the round wait. */
  ttlMs?: number | undefined
}

/** A coin that our user is asked to prove with others. A proof spends nothing; what it is for asks again, as a `request`. */
export interface PendingOwnership extends Pick<PendingRequest, 'id' | 'from' | 'reject'> {
  /** Which coin, and for which round. */
  readonly summary: OwnershipSummary
  /** Resolves to the proof: 64 bytes. */
  accept(): Promise<Uint8Array>
}

/**
 * Lets a signer prove coins of several owners, for rounds of a mix: the option `other` of `softwareSigner` and `serveSigner`.
 *
 * @param approve asks the user, before a coin is proven by a signer that `serveSigner` serves: nothing is spent by that. Absent: no coin is.
 * @example
 * serveSigner(self, softwareSigner({ secretKeys: [key], other: coinProofs() }), { approve, other: coinProofs((summary) => askTheUser(summary)) })
 */
export function coinProofs(approve?: (summary: OwnershipSummary) => Promise<boolean>): RequestKind {
  return {
    contentOf: contentOfOwnership,
    checked: (encoded, content) => checkedOwnership(encoded, content as OwnershipContent),
    ...(approve && { approve: (request: SharedRequest) => approve(ownershipSummaryOf(request as OwnershipRequest)) }),
  }
}

/**
 * Proves with the cosigners that a coin of a keyset is ours, for one round of a mix and for our key in it. Nothing is spent by it, and nothing is kept of it.
 * Cosigners answer it by `answerCoinProofs`.
 *
 * @returns a signature of `ownershipHash`: 64 bytes.
 * @throws P2PError SIGNING_FAILED with `details` of `SigningFailureDetails`; SHUT_DOWN, SUSPENDED.
 */
export async function proveCoin(musig2: MuSig2, options: ProveCoinOptions): Promise<Uint8Array> {
  const { keyset, cosigners, purpose = '', ttlMs = PROOF_TTL_MS, signal, ...claim } = options
  const { around } = musig2
  await around.kit.run({ signal })
  const write = ({ id, expiresAt, ...parts }: OwnParts) =>
    bytesOfOwnership({ id, expiresAt, purpose, members: membersOf(keyset, cosigners, parts), keysets: [keyset], claim })
  const { bytes, request, own } = await musig2.written(ttlMs, (written) => readAny(written, coinProofs()), write)
  const signing = new Signing(around, request, bytes, own, own, {})
  await musig2.begin(signing, signal)
  return signing.signatures![0]!
}

/**
 * Calls the listener for each coin of ours that others want to be proven, for a round of a mix. Without a listener such requests are refused at once; of
 * several the latest is called alone.
 *
 * @returns ends it.
 * @example
 * answerCoinProofs(wallet.musig2, async ({ summary, accept, reject }) => ((await ask(summary)) ? accept() : reject('declined')))
 */
export function answerCoinProofs(musig2: MuSig2, listener: (request: PendingOwnership) => void): Unsubscribe {
  const { kit } = musig2.around
  const failed = (error: unknown) => kit.report(asP2PError(error, 'LISTENER_FAILED', 'A listener of proofs of coins failed.'))
  const asked = (signing: Signing) => {
    const { id, peerIds, from, request } = signing
    const accept = async () => {
      await signing.accept()
      return signing.signatures![0]!
    }
    const reject = (reason?: string, note?: string) => musig2.reject(id, reason, note)
    fenced(
      () => listener({ id, from: peerIds[from]!, summary: ownershipSummaryOf(request as OwnershipRequest), accept, reject }),
      failed,
    )
  }
  const answered = { ...coinProofs(), asked }
  musig2.otherKind = answered
  return () => {
    if (musig2.otherKind === answered) musig2.otherKind = undefined
  }
}
