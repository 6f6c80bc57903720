import { hexOf } from '../base/bytes.js'
import { sha256 } from '../base/sha256.js'
import { encodePeerId } from '../identity/peer-id.js'
import { type OwnedOutput, ownershipHash } from '../lotus/ownership.js'
import { encode } from '../message/codec.js'
import { bigint, bytes, int, oneOf, tuple, where } from '../message/shape.js'
import {
  atOnce,
  type CheckedRequest,
  checkedRequest,
  checkMembers,
  contentOfRequest,
  HEAD,
  headOf,
  headShape,
  keysetOf,
  keysetShape,
  keysOf,
  membersOf,
  type RequestContent,
  readAs,
  type SharedContent,
  type SharedRequest,
  type SigningRequest,
  wireKeyset,
} from './request.js'

/** Kind of the request: a proof that a coin belongs to its members. */
const OWNERSHIP = 2
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
export interface OwnershipRequest extends OwnershipContent, CheckedRequest, SharedRequest {}

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
  oneOf(OWNERSHIP),
  ...headShape,
  keysetShape,
  bytes(32),
  bytes(32),
  tuple(bytes(32), int(0, 0xffff_ffff), sats),
)

/** The bytes that all members get. */
export function bytesOfOwnership(content: OwnershipContent): Uint8Array {
  const { rosterHash, member, txid, index, sats: paid } = content.claim
  return encode([OWNERSHIP, ...headOf(content), wireKeyset(content.keysets[0]!), rosterHash, member, [txid, index, paid]])
}

function contentOfOwnership(encoded: Uint8Array): OwnershipContent {
  const [, id, expiresAt, purpose, members, keyset, rosterHash, member, [txid, index, paid]] = readAs(shape, encoded, FIELDS)
  const claim = { txid, index, sats: paid, rosterHash, member }
  const content: OwnershipContent = {
    id,
    expiresAt,
    purpose,
    members: membersOf(members),
    keysets: [keysetOf(keyset)],
    claim,
  }
  checkMembers(content)
  return content
}

/**
 * What a request of either kind says, before anything is computed. The head of an array of less than 16 items is one byte, and the next is the kind.
 *
 * @throws P2PError SIGNING_FAILED, reason INVALID_REQUEST, with `details.field`.
 */
export function contentOfAny(encoded: Uint8Array): RequestContent | OwnershipContent {
  return encoded[1] === OWNERSHIP ? contentOfOwnership(encoded) : contentOfRequest(encoded)
}

/** What is expensive about a request of either kind, in steps. @throws P2PError as `contentOfAny`. */
export function* checkedAny(
  encoded: Uint8Array,
  content: RequestContent | OwnershipContent,
): Generator<void, SigningRequest | OwnershipRequest, void> {
  if ('transaction' in content) return yield* checkedRequest(encoded, content)
  const keys = yield* keysOf(content.keysets)
  return {
    ...content,
    hash: sha256(encoded),
    keys,
    sign: [{ keyset: 0 }],
    sighashes: [claimHash(content.claim, keys[0]!.script)],
  }
}

/** A request of either kind. @throws P2PError as `contentOfAny`. */
export function readAny(encoded: Uint8Array): SigningRequest | OwnershipRequest {
  return atOnce(checkedAny(encoded, contentOfAny(encoded)))
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

/** Members with the ids by which they are found. */
export function peersOf(members: SharedContent['members']): OwnershipSummary['members'] {
  return members.map(({ networkKey, walletKey }) => ({ peerId: encodePeerId(networkKey), walletKey }))
}

function claimHash({ rosterHash, member, ...coin }: OwnershipClaim, script: Uint8Array): Uint8Array {
  return ownershipHash(rosterHash, member, { ...coin, script })
}
