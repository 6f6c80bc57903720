import { joined } from '../base/bytes.js'
import { type Random, systemRandom } from '../base/random.js'
import { malformed } from '../message/shape.js'
import { lionessLock, lionessUnlock } from './lioness.js'
import { type CreateOptions, createPath, HEADER_BYTES, openContent, type PathHop, sealContent } from './packet.js'
import { SECRET_BYTES } from './sphinx.js'

const FIRST_HOP_BYTES = 32
/** Bytes of a reply block: identity of the first hop (32) ‖ header (337) ‖ key (32). */
export const SURB_BYTES = FIRST_HOP_BYTES + HEADER_BYTES + SECRET_BYTES

/** What the maker of a reply block keeps, to open the reply. */
export interface SurbKeys {
  /** The replier's, 32 bytes. */
  key: Uint8Array
  /** Those of the hops, in their order. */
  secrets: Uint8Array[]
}

/**
 * Creates a single-use reply block: who has it can send one packet along a path that only the maker knows.
 *
 * @param hops 2 to 4; the last one is the maker's guard, which gives the reply to the connection that has attached the tag.
 * @param inbox tag of the maker's connection, and an id by which the maker finds the keys again: 16 bytes each.
 * @returns the block, 401 bytes.
 * @throws P2PError as `createPacket`.
 */
export async function createSurb(
  hops: readonly PathHop[],
  inbox: { tag: Uint8Array; surbId: Uint8Array },
  options: CreateOptions & { key?: Uint8Array | undefined } = {},
): Promise<{ surb: Uint8Array; kept: SurbKeys }> {
  const { key = systemRandom.bytes(SECRET_BYTES) } = options
  const { header, secrets } = await createPath(hops, { command: 'inbox', ...inbox }, options)
  return { surb: joined(hops[0]!.id, header, key), kept: { key, secrets } }
}

/**
 * Replies by a reply block, which serves once: hops drop its second packet as a replay.
 *
 * @param content at most 2,701 bytes.
 * @returns the packet, and the identity of the hop that it goes to, 32 bytes.
 * @throws P2PError MALFORMED_DATA for a block that is none; MESSAGE_TOO_LARGE.
 */
export function useSurb(
  surb: Uint8Array,
  content: Uint8Array,
  random: Random = systemRandom,
): { first: Uint8Array; packet: Uint8Array } {
  if (surb.length !== SURB_BYTES) throw malformed('A reply block')
  const keyAt = FIRST_HOP_BYTES + HEADER_BYTES
  const delta = lionessLock(surb.subarray(keyAt), sealContent(content, random))
  return { first: surb.slice(0, FIRST_HOP_BYTES), packet: joined(surb.subarray(FIRST_HOP_BYTES, keyAt), delta) }
}

/**
 * Opens a reply: encrypts again what the hops have decrypted, the last one first, and decrypts what the replier has encrypted.
 *
 * @param delta as the guard has delivered it, 2,735 bytes.
 * @throws P2PError DECRYPT_FAILED for a reply that was changed on its way, or is for another block.
 */
export function openReply({ key, secrets }: SurbKeys, delta: Uint8Array): Uint8Array {
  let plain = delta
  for (const secret of [...secrets].reverse()) plain = lionessLock(secret, plain)
  return openContent(lionessUnlock(key, plain))
}
