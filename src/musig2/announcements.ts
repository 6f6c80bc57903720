import { equalBytes, hexOf, joined } from '../base/bytes.js'
import { sha256 } from '../base/sha256.js'
import { decodePeerId, isPeerId } from '../identity/peer-id.js'
import { POINT_BYTES } from '../lotus/curve.js'
import { taggedHash } from '../lotus/hash.js'
import { SCHNORR_BYTES } from '../lotus/schnorr.js'
import { schnorrVerify } from '../lotus/verify-schnorr.js'
import { array, bigint, bytes, int, object, oneOf, shaped, text, where } from '../message/shape.js'
import type { ResourceAnnouncement } from '../plugins/discovery/resources.js'
import { sortKeys } from './key-agg.js'
import { bigEndian } from './nonces.js'
import type { ProveAnnouncementInput } from './signer.js'

/** Resource type of signers for hire. */
export const SIGNER_TYPE = 'musig2-signer'
/** A proof holds on its day, and the days beside it: clocks differ, and resources live over midnight. */
const DAYS = 1
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const TAG_BYTES = 8
const ID_BYTES = 16

/** What a signer offers to do. */
export interface SignerOffer {
  /** 33 bytes, compressed; one of the signer's keys. It becomes public: take a fresh one. */
  walletKey: Uint8Array
  /** What for, at most 8 words of 1 to 32 letters, digits and `-`: 'spend', 'swap', 'coinjoin', 'custody', 'escrow', 'channel'. */
  purposes: readonly string[]
  minSats: bigint
  maxSats: bigint
  /** For people, at most 64 printable characters. Nobody has checked it. */
  label?: string
}

/** A signer that has proven its wallet key. */
export interface FoundSigner extends Required<SignerOffer> {
  /** `lp1…` id, to connect to. */
  peerId: string
  /** Milliseconds since the Unix epoch. */
  announcedAt: number
}

/** Which signers are wanted; what is left out is no condition. */
export interface SignerQuery {
  purpose?: string | undefined
  sats?: bigint | undefined
}

const offerShape = /* @__PURE__ */ (() =>
  where(
    object({
      v: oneOf(1),
      walletKey: bytes(POINT_BYTES),
      purposes: array(text(1, 32, /^[a-zA-Z0-9-]+$/), 8, 1),
      minSats: bigint(),
      maxSats: bigint(),
      label: text(0, 64, /^\P{C}*$/u),
      day: int(0, 0xffff_ffff),
      proof: bytes(SCHNORR_BYTES),
    }),
    ({ minSats, maxSats }) => minSats >= 0n && maxSats >= minSats && maxSats < 2n ** 63n,
  ))()
const meetingShape = /* @__PURE__ */ (() =>
  object({ v: oneOf(1), tag: bytes(TAG_BYTES), day: int(0, 0xffff_ffff), proof: bytes(SCHNORR_BYTES) }))()

/** The day of a time: since the Unix epoch. */
export function dayOf(now: number): number {
  return Math.floor(now / DAY_MS)
}

/** Id of the resource in which a wallet key is offered: 32 digits. */
export function offerId(walletKey: Uint8Array): string {
  return shortHex(sha256(walletKey))
}

/** Resource type at which the members of a keyset meet on a day. Whoever does not know all keys cannot tell which keyset it is of. */
export function meetingType(keys: readonly Uint8Array[], day: number): string {
  // Of sorted keys, whatever the aggregation: the members need not know an order to meet.
  const listHash = taggedHash('KeyAgg list', ...sortKeys(keys))
  return `musig2-meet-${shortHex(taggedHash('lotus-p2p/musig2/meet/1', listHash, bigEndian(day, 4)))}`
}

/** Id of a member's resource there. */
export function meetingId(networkKey: Uint8Array): string {
  return shortHex(sha256(networkKey))
}

/** By this members know which of them it is, without trying all keys: 8 bytes. */
export function meetingTag(walletKey: Uint8Array, networkKey: Uint8Array, day: number): Uint8Array {
  return taggedHash('lotus-p2p/musig2/meet-tag/1', walletKey, networkKey, bigEndian(day, 4)).slice(0, TAG_BYTES)
}

/** What is signed: in this network, on this day, this peer is found in this resource under the signing key. No hash of any transaction. */
export function announcementHash({ network, resource, networkKey, day }: Omit<ProveAnnouncementInput, 'key'>): Uint8Array {
  const hashed = (value: string) => sha256(new TextEncoder().encode(value))
  const named = joined(hashed(network), hashed(resource))
  return taggedHash('lotus-p2p/musig2/found/1', named, networkKey, bigEndian(day, 4))
}

/** A member as it is announced at a meeting. */
export function meetingData(walletKey: Uint8Array, networkKey: Uint8Array, day: number, proof: Uint8Array): object {
  return { v: 1, tag: meetingTag(walletKey, networkKey, day), day, proof }
}

/** Days on which members may meet now: clocks differ by up to an hour. */
export function meetingDays(now: number): number[] {
  return [...new Set([now, now - HOUR_MS, now + HOUR_MS].map(dayOf))]
}

/** The offer as it is announced. */
export function offerData(offer: SignerOffer, day: number, proof: Uint8Array): object {
  const { walletKey, purposes, minSats, maxSats, label = '' } = offer
  return { v: 1, walletKey, purposes: [...purposes], minSats, maxSats, label, day, proof }
}

/** Whether an offer has the form that others take. */
export function isOffer(data: object): boolean {
  return shaped(offerShape, data) !== undefined
}

/** The signer in a resource; undefined for one that does not fit the query, or proves nothing. What costs nothing is looked at first. */
export function readOffer(
  found: ResourceAnnouncement,
  { purpose, sats }: SignerQuery,
  network: string,
  now: number,
): FoundSigner | undefined {
  const { resourceId, creatorPeerId, data, createdAt } = found
  const read = shaped(offerShape, data)
  if (read === undefined || !isPeerId(creatorPeerId)) return undefined
  const { walletKey, purposes, minSats, maxSats, label } = read
  if (purpose !== undefined && !purposes.includes(purpose)) return undefined
  if (sats !== undefined && (sats < minSats || sats > maxSats)) return undefined
  if (resourceId !== offerId(walletKey) || !isProven(found, read, walletKey, network, now)) return undefined
  return { peerId: creatorPeerId, walletKey: walletKey.slice(), purposes, minSats, maxSats, label, announcedAt: createdAt }
}

/** The member of a keyset in a resource: its wallet key; undefined for one that proves nothing. */
export function readMeeting(
  found: ResourceAnnouncement,
  keys: readonly Uint8Array[],
  network: string,
  now: number,
): Uint8Array | undefined {
  const { resourceId, creatorPeerId, data } = found
  const read = shaped(meetingShape, data)
  if (read === undefined || !isPeerId(creatorPeerId)) return undefined
  const networkKey = decodePeerId(creatorPeerId)
  if (resourceId !== meetingId(networkKey)) return undefined
  const key = keys.find((each) => equalBytes(meetingTag(each, networkKey, read.day), read.tag))
  return key !== undefined && isProven(found, read, key, network, now) ? key : undefined
}

/** Whether the owner of a wallet key has signed, for a day near this one, that it is found in this resource of this peer. */
function isProven(
  { resourceType, resourceId, creatorPeerId }: ResourceAnnouncement,
  { day, proof }: { day: number; proof: Uint8Array },
  walletKey: Uint8Array,
  network: string,
  now: number,
): boolean {
  if (Math.abs(day - dayOf(now)) > DAYS) return false
  const resource = `${resourceType}/${resourceId}`
  return schnorrVerify(proof, announcementHash({ network, resource, networkKey: decodePeerId(creatorPeerId), day }), walletKey)
}

function shortHex(hash: Uint8Array): string {
  return hexOf(hash.subarray(0, ID_BYTES))
}
