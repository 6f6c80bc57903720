import { bytesOfHex, joined } from '../base/bytes.js'
import { sha256 } from '../base/sha256.js'
import { hmacSha256 } from '../channel/hmac.js'
import { coreOf } from '../core/core.js'
import type { PluginKit } from '../core/plugin.js'
import { encode } from '../message/codec.js'

/** Bytes of a box id, of an access, of a letter's id. */
export const BOX_ID_BYTES = 16
export const ACCESS_BYTES = 16
export const LETTER_ID_BYTES = 16

/** Lengths that a letter can have, in bytes; their places in the list are the buckets 0 to 4. */
export const LETTER_BYTES: readonly number[] = [1_024, 4_096, 16_384, 65_536, 262_144]
export const MAX_BUCKET = 4

/** How long a letter may wait, in seconds; the places in the list are the classes 0 to 3. */
export const TTL_CLASS_S: readonly number[] = [3_600, 86_400, 604_800, 1_209_600]
export type TtlClass = 0 | 1 | 2 | 3

/** The bucket of a letter of this many bytes; undefined where no letter has as many. */
export function bucketOf(bytes: number): number | undefined {
  const bucket = LETTER_BYTES.indexOf(bytes)
  return bucket < 0 ? undefined : bucket
}

/** The smallest bucket that has room for so many bytes; undefined where none has. */
export function bucketFor(bytes: number): number | undefined {
  const bucket = LETTER_BYTES.findIndex((size) => size >= bytes)
  return bucket < 0 ? undefined : bucket
}

/** The shortest class that lasts for this time; the longest where none does. @param ttlS seconds. */
export function ttlClassFor(ttlS: number): TtlClass {
  const found = TTL_CLASS_S.findIndex((seconds) => seconds >= ttlS)
  return (found < 0 ? 3 : found) as TtlClass
}

/**
 * Where mail is left: the first 16 bytes of SHA-256(utf8('lotus-p2p/box/1') ‖ 00 ‖ box key).
 *
 * @param boxKey Ed25519 public key of the box, 32 bytes.
 */
export function boxIdOf(boxKey: Uint8Array): Uint8Array {
  return sha256(new TextEncoder().encode('lotus-p2p/box/1\0'), boxKey).slice(0, BOX_ID_BYTES)
}

/** The name of a letter at a relay: the first 16 bytes of its SHA-256. */
export function letterIdOf(letter: Uint8Array): Uint8Array {
  return sha256(letter).slice(0, LETTER_ID_BYTES)
}

/**
 * What a contact shows to leave a letter without work: the first 16 bytes of HMAC-SHA256(access key, box). It differs for each box, so
 * that a relay can do nothing at another relay with what it was shown.
 *
 * @param accessKey the owner's, 16 bytes.
 * @param box 16 bytes.
 */
export function accessFor(accessKey: Uint8Array, box: Uint8Array): Uint8Array {
  return hmacSha256(accessKey, box).slice(0, ACCESS_BYTES)
}

/** By what the relay of a box recognises the access of the box: its SHA-256, 32 bytes. */
export function accessHashOf(access: Uint8Array): Uint8Array {
  return sha256(access)
}

/** Whether two hashes are equal, in a time that does not depend on where they differ. */
export function equalHashes(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ (b[i] ?? 0)
  return difference === 0
}

/** The ends of a connection, to which the opening of a box is bound. */
export interface Binding {
  /** Ed25519 public keys of the relay and of the owner's connection, 32 bytes each. */
  relayKey: Uint8Array
  ownerKey: Uint8Array
  /** What the processes of the relay and of the owner drew at their start and told each other in the handshake, 16 bytes each. */
  relaySession: Uint8Array
  ownerSession: Uint8Array
}

/** What an `open` says, without its signature. */
export interface Opening {
  boxKey: Uint8Array
  access: Uint8Array
  bits: number | null
  max: number
  card?: Uint8Array | undefined
  wake?: string | undefined
}

/**
 * What the box key signs, under the tag `box`, to open a box: relay key (32) ‖ owner's connection key (32) ‖ relay's session (16) ‖
 * owner's session (16) ‖ SHA-256(MessagePack of the map of boxKey, access, bits, max, card and wake, without those that are absent).
 *
 * The handshake has proven both keys and sealed both sessions, so the signature is worth nothing on a connection between any other two
 * processes. A hash of the handshake would not do: two processes may be connected by several channels at once.
 */
export function openingBytes(ends: Binding, opening: Opening): Uint8Array {
  const { boxKey, access, bits, max, card, wake } = opening
  const { relayKey, ownerKey, relaySession, ownerSession } = ends
  return joined(relayKey, ownerKey, relaySession, ownerSession, sha256(encode({ boxKey, access, bits, max, card, wake })))
}

/**
 * The ends of the connection to a peer.
 *
 * @param isRelay whether we are the relay.
 * @returns undefined where the peer is not connected.
 */
export function bindingWith(kit: PluginKit, peerId: string, isRelay: boolean): Binding | undefined {
  const core = coreOf(kit)
  const remote = core.network.peers.get(peerId)?.remote
  if (remote === undefined) return undefined
  const own = { key: kit.publicKey, session: core.hello.session }
  const other = { key: remote.publicKey, session: bytesOfHex(remote.session) }
  const [relay, owner] = isRelay ? [own, other] : [other, own]
  return { relayKey: relay.key, ownerKey: owner.key, relaySession: relay.session, ownerSession: owner.session }
}
