import { isBytes } from '../base/bytes.js'
import { P2PError } from '../base/errors.js'
import { decodeBech32m, encodeBech32m, fromWords, toWords } from './bech32m.js'
import { PUBLIC_KEY_BYTES } from './ed25519.js'

const PREFIX = 'lp'
/** 'lp', the separator '1', 52 characters for 256 bits, 6 of checksum. */
const PEER_ID_LENGTH = 61
/** UTF-16 units of a name that a peer chose: a handle, not a sentence. Fixed, since all peers must agree on it. */
export const MAX_PEER_NAME_LENGTH = 64

/**
 * The id of a peer: its Ed25519 public key (32 bytes) in bech32m (BIP-350) with prefix `lp`, always lower case, 61 characters.
 * One key has one id.
 *
 * @throws P2PError INVALID_PEER_ID for anything but 32 bytes.
 * @example
 * encodePeerId(identity.publicKey) // 'lp1…'
 */
export function encodePeerId(publicKey: Uint8Array): string {
  if (!isBytes(publicKey, PUBLIC_KEY_BYTES)) {
    throw new P2PError('INVALID_PEER_ID', `A public key has ${PUBLIC_KEY_BYTES} bytes.`)
  }
  return encodeBech32m(PREFIX, toWords(publicKey))
}

/**
 * The Ed25519 public key (32 bytes) in a peer id. Upper case, which BIP-350 allows, is refused: peer ids are compared as strings,
 * so none may have two spellings.
 *
 * @throws P2PError INVALID_PEER_ID; the message says whether prefix, length, case, or checksum is wrong. Any error in up to four
 * characters is detected.
 */
export function decodePeerId(id: string): Uint8Array {
  const invalid = (why: string) =>
    new P2PError('INVALID_PEER_ID', `This is not a peer id: ${why}`, { details: { peerId: String(id).slice(0, PEER_ID_LENGTH) } })
  if (typeof id !== 'string' || !/^lp1/i.test(id)) throw invalid('it begins with "lp1", with no white space before it.')
  if (id.length !== PEER_ID_LENGTH) throw invalid(`it has ${id.length} characters, not ${PEER_ID_LENGTH}.`)
  if (id !== id.toLowerCase()) throw invalid('it is not in lower case.')
  const decoded = decodeBech32m(id)
  if (decoded === undefined) throw invalid('its checksum is wrong. Copy it again.')
  const { prefix, words } = decoded
  // A second "1" gives another prefix; the last word has one bit of the key, and four that give it one spelling only where they are 0.
  if (prefix !== PREFIX || (words.at(-1)! & 15) > 0) throw invalid('it holds no public key.')
  return fromWords(words)
}

/** True for text that {@link decodePeerId} accepts. */
export function isPeerId(text: unknown): text is string {
  try {
    decodePeerId(text as string)
    return true
  } catch {
    return false
  }
}

/**
 * A peer id as it was pasted or read, with white space at its ends or in capitals, as a QR code has it, in the one spelling that ids are
 * compared in. A name loses its white space alone.
 */
export function canonicalId<Id extends string | undefined>(given: Id): Id {
  const id = given?.trim?.() ?? given!
  return (/^LP1[^a-z]*$/.test(id) ? id.toLowerCase() : id) as Id
}

/** @throws P2PError INVALID_PEER_ID for what names no peer, SELF_DIAL for our own id. */
export function checkTarget(peerId: unknown, own: string): void {
  const details = { peerId: String(peerId).slice(0, 128) }
  if (typeof peerId !== 'string' || peerId === '') {
    throw new P2PError('INVALID_PEER_ID', `"${details.peerId}" is no peer id. Give the id of another peer.`, { details })
  }
  if (peerId === own) {
    throw new P2PError('SELF_DIAL', `"${details.peerId}" is this coordinator itself. Give the id of another peer.`, { details })
  }
}

/** False where the id is an `lp1…` of another key. A chosen name says nothing of a key. */
export function fitsKey(peerId: string, publicKey: Uint8Array): boolean {
  return !peerId.startsWith('lp1') || peerId === encodePeerId(publicKey)
}

/**
 * Checks a name that a peer chose for itself (an alias, `'alice'`): 1 to 64 characters in Unicode normal form C, no control or
 * invisible characters, no white space at the ends, no `/`, not beginning with `lp1`. Names that look the same are the same.
 *
 * @throws P2PError INVALID_PEER_ID
 */
export function assertPeerName(name: string): void {
  const invalid = (rule: string) => new P2PError('INVALID_PEER_ID', `A peer name ${rule}.`)
  if (typeof name !== 'string' || name.length < 1 || name.length > MAX_PEER_NAME_LENGTH) {
    throw invalid(`must have 1 to ${MAX_PEER_NAME_LENGTH} characters`)
  }
  if (/^lp1/i.test(name)) throw invalid('must not begin with "lp1"')
  if (name.includes('/')) throw invalid('must not contain "/"')
  // Control, format (zero-width, text direction) and lone surrogate characters, line and paragraph separators.
  if (/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(name)) throw invalid('must not contain control or invisible characters')
  if (name.trim() !== name) throw invalid('must not begin or end with white space')
  if (name.normalize('NFC') !== name) throw invalid('must be in normal form C')
}
