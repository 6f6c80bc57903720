import { hexOf } from '../base/bytes.js'
import { sha256 } from '../base/sha256.js'
import { encodePeerId } from '../identity/peer-id.js'
import { type OwnedOutput, ownershipHash } from '../lotus/ownership.js'
import { encode } from '../message/codec.js'
import { bigint, bytes, int, oneOf, tuple, where } from '../message/shape.js'
import type { Keyset } from '../musig2/keyset.js'
import {
  checkMembers,
  HEAD,
  headOf,
  headShape,
  keysetOf,
  keysetShape,
  keysOf,
  membersOf,
  readAs,
  type SharedContent,
  type SharedRequest,
  wireKeyset,
} from '../musig2/request.js'
import { OTHER_KIND } from '../musig2/request-kind.js'
import { peersOf } from '../musig2/summary.js'

const MAX_SATS = 2n ** 63n

/** Which coin of a keyset is proven, and for what. */
export interface OwnershipClaim {
  /** 32 bytes, in the order of the chain. */
  readonly txid: Uint8Array
  readonly index: number
  readonly sats: bigint
  /** Names the round of a mix: 32 bytes. */
  readonly rosterHash: Uint8Array
  /** Ed25519 key of the coin's owners in that round: 32 bytes. */
  readonly member: Uint8Array
}

/** A request to prove together that a coin of the one keyset is its members'. The script of the coin is that of the keyset. */
export interface OwnershipContent extends SharedContent {
  claim: OwnershipClaim
}

/** The same, read and checked. */
export interface OwnershipRequest extends OwnershipContent, SharedRequest {}

/** What a person has to know before a coin is proven. Nothing is spent by a proof. */
export interface OwnershipSummary {
  /** 32 digits. */
  id: string
  coin: OwnedOutput
  /** Names the round of a mix: 32 bytes. The proof counts in no other. */
  rosterHash: Uint8Array
  /** `lp1…` id that the owners have in that round. */
  member: string
  /** Peer ids and wallet keys of all that have to sign. */
  members: { peerId: string; walletKey: Uint8Array }[]
  /** The initiator's words: not to be believed. */
  purpose: string
  /** Milliseconds since the Unix epoch. */
  expiresAt: number
}

const FIELDS = [...HEAD, 'keyset', 'rosterHash', 'member', 'coin']
const sats = where(bigint(), (value) => value >= 0n && value < MAX_SATS)
const shape = tuple(
  oneOf(OTHER_KIND),
  ...headShape,
  keysetShape,
  bytes(32),
  bytes(32),
  tuple(bytes(32), int(0, 0xffff_ffff), sats),
)

/** The bytes that all members get. */
export function bytesOfOwnership(content: OwnershipContent): Uint8Array {
  const { rosterHash, member, txid, index, sats: paid } = content.claim
  return encode([OTHER_KIND, ...headOf(content), wireKeyset(content.keysets[0]!), rosterHash, member, [txid, index, paid]])
}

/**
 * What a request says, before anything is computed.
 *
 * @throws P2PError SIGNING_FAILED, reason INVALID_REQUEST, with `details.field`.
 */
export function contentOfOwnership(encoded: Uint8Array): OwnershipContent {
  const [, id, expiresAt, purpose, members, keyset, rosterHash, member, [txid, index, paid]] = readAs(shape, encoded, FIELDS)
  const claim = { txid, index, sats: paid, rosterHash, member }
  const keysets: Keyset[] = [keysetOf(keyset)]
  const content: OwnershipContent = { id, expiresAt, purpose, members: membersOf(members), keysets, claim }
  checkMembers(content)
  return content
}

/** The sum of its keys, and what is signed. @throws P2PError as `contentOfOwnership`. */
export function* checkedOwnership(encoded: Uint8Array, content: OwnershipContent): Generator<void, OwnershipRequest, void> {
  const keys = yield* keysOf(content.keysets)
  const { rosterHash, member, ...coin } = content.claim
  const sighashes = [ownershipHash(rosterHash, member, { ...coin, script: keys[0]!.script })]
  return { ...content, hash: sha256(encoded), keys, sign: [{ keyset: 0 }], sighashes }
}

/** The coin and the round of a request, as a person is to see them. */
export function ownershipSummaryOf({ id, claim, keys, members, purpose, expiresAt }: OwnershipRequest): OwnershipSummary {
  const { rosterHash, member, ...coin } = claim
  return {
    id: hexOf(id),
    coin: { ...coin, script: keys[0]!.script },
    rosterHash,
    member: encodePeerId(member),
    members: peersOf(members),
    purpose,
    expiresAt,
  }
}
