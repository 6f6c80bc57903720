import { joined } from '../base/bytes.js'
import { P2PError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import { sha256 } from '../base/sha256.js'
import type { NoiseKeyPair } from '../channel/x25519.js'
import { signEnvelope, verifyEnvelope } from '../identity/envelope.js'
import type { Identity } from '../identity/identity.js'
import { decode, encode } from '../message/codec.js'
import { bytes, int, malformed, object, oneOf, optional, parsed, tuple } from '../message/shape.js'
import { bucketOf, LETTER_BYTES } from './box.js'
import { HPKE_KEY_BYTES, HPKE_TAG_BYTES, hpkeOpen, hpkeSeal } from './hpke.js'

/** Version and suite of a letter: 01, and 0001 for the one suite that there is. */
const VERSION = [1, 0, 1]
/** Version, suite, kind and id of the prekey: what is associated with the ciphertext. */
const AAD_BYTES = 12
/** Bytes before the ciphertext: those, and `enc`. */
export const LETTER_HEAD_BYTES = AAD_BYTES + HPKE_KEY_BYTES
/** Bytes of a letter that are not its padded plaintext. */
const OVERHEAD = LETTER_HEAD_BYTES + HPKE_TAG_BYTES

/** Which key a letter is sealed to. */
export const PrekeyKind = { SIGNED: 1, ONE_TIME: 2, RECOVERY: 3 } as const
export type PrekeyKind = (typeof PrekeyKind)[keyof typeof PrekeyKind]

/** A key of the recipient that letters are sealed to. */
export interface Prekey {
  kind: PrekeyKind
  /** 8 bytes. */
  id: Uint8Array
  /** X25519, 32 bytes. */
  key: Uint8Array
}

/** What a letter says beside its message. */
export interface LetterExtras {
  /** The access key of the sender's own mailboxes, 16 bytes: whoever has it deposits without work. */
  access?: Uint8Array | undefined
  /** The sender's card as a record: key, 32 bytes; payload; signature, 64 bytes. */
  card?: [publicKey: Uint8Array, payload: Uint8Array, signature: Uint8Array] | undefined
  /** False: no receipt is wanted. */
  receipt?: false | undefined
  /** Of an anonymous letter: the one-time X25519 key that the answer is sealed to, 32 bytes. */
  reply?: Uint8Array | undefined
}

/** What a letter holds. */
export interface LetterContent {
  /** Place among the messages of its sender for this recipient and protocol, from 1; 0: in no order. */
  n: number
  /** The message as wire-protocol §5.1 has it, without `from` and `to`. */
  body: Uint8Array
  /** Milliseconds since the Unix epoch, by the sender's clock. */
  sentAt: number
  extras: LetterExtras
}

/** A letter that has been opened, and whose signature holds. */
export interface OpenedLetter extends LetterContent {
  /** The sender's Ed25519 key, 32 bytes. */
  sender: Uint8Array
}

const wireRecordShape = /* @__PURE__ */ (() => tuple(bytes(32), bytes(), bytes(64)))()
const plainShape = /* @__PURE__ */ (() =>
  tuple(
    oneOf(1),
    bytes(32),
    int(0, Number.MAX_SAFE_INTEGER),
    bytes(),
    int(0, Number.MAX_SAFE_INTEGER),
    bytes(64),
    object({
      access: optional(bytes(16)),
      card: optional(wireRecordShape),
      receipt: optional(oneOf(false)),
      reply: optional(bytes(32)),
    }),
  ))()

/** Bytes of a plaintext beside its message and a card: key, signature, numbers, access. */
const PLAIN_BYTES = 176

/** Whether a message of so many bytes fits into a letter. @param bucket the largest that may be. */
export function fitsLetter(bodyBytes: number, bucket: number): boolean {
  return bodyBytes + PLAIN_BYTES <= LETTER_BYTES[bucket]! - OVERHEAD
}

/**
 * Seals a letter: HPKE to the prekey, the sender's signature inside, bound to the recipient and to `enc`, so that nobody who opens it
 * can seal it for a third.
 *
 * @param recipient Ed25519 key, 32 bytes.
 * @param ephemeral for vectors alone; default: a fresh key pair.
 * @returns exactly 1,024, 4,096, 16,384, 65,536 or 262,144 bytes.
 * @throws P2PError MESSAGE_TOO_LARGE; IDENTITY_FAILED where the identity does not sign; HANDSHAKE_FAILED for a prekey of low order.
 */
export async function sealLetter(
  recipient: Uint8Array,
  prekey: Prekey,
  { n, body, sentAt, extras }: LetterContent,
  from: { identity: Identity; network: string },
  ephemeral?: NoiseKeyPair,
): Promise<Uint8Array> {
  const head = Uint8Array.of(...VERSION, prekey.kind, ...prekey.id)
  const { enc, ciphertext } = await hpkeSeal(
    prekey.key,
    { info: infoOf(recipient, prekey.id), aad: head },
    async (enc) => {
      const { identity, network } = from
      const sender = identity.publicKey
      const payload = signedOf(recipient, enc, sender, { n, body, sentAt, extras })
      const { signature } = await signEnvelope(identity, 'mail', payload, network)
      return padded(encode([1, sender, n, body, sentAt, signature, extras]))
    },
    ephemeral,
  )
  return joined(head, enc, ciphertext)
}

/** Which prekey a letter is sealed to. @throws P2PError MALFORMED_DATA for a letter of another length, version or suite. */
export function prekeyOf(letter: Uint8Array): { kind: number; id: Uint8Array } {
  if (bucketOf(letter.length) === undefined || VERSION.some((byte, i) => letter[i] !== byte)) throw malformed('A letter')
  return { kind: letter[3]!, id: letter.slice(4, AAD_BYTES) }
}

/**
 * Opens a letter, and verifies its sender's signature.
 *
 * @param recipient our Ed25519 key, 32 bytes.
 * @param keys of the prekey that the letter names.
 * @throws P2PError DECRYPT_FAILED, HANDSHAKE_FAILED, MALFORMED_DATA, LIMIT_EXCEEDED, INVALID_SIGNATURE.
 */
export async function openLetter(
  letter: Uint8Array,
  recipient: Uint8Array,
  keys: NoiseKeyPair,
  limits: Limits,
  network: string,
): Promise<OpenedLetter> {
  const { id } = prekeyOf(letter)
  const enc = letter.slice(AAD_BYTES, LETTER_HEAD_BYTES)
  const about = { info: infoOf(recipient, id), aad: letter.slice(0, AAD_BYTES) }
  const plain = unpadded(hpkeOpen(keys, { enc, ciphertext: letter.slice(LETTER_HEAD_BYTES) }, about))
  // In one form only, so that encoding it anew gives what was signed; extras that a later version knows are signed too.
  const raw = decode(plain, limits, { canonical: true })
  const [, sender, n, body, sentAt, signature, extras] = parsed(plainShape, raw, 'A letter')
  const payload = signedOf(recipient, enc, sender, { n, body, sentAt, extras: (raw as unknown[])[6] as LetterExtras })
  if (!(await verifyEnvelope('mail', { publicKey: sender, payload, signature }, network))) {
    throw new P2PError('INVALID_SIGNATURE', 'The signature in a letter does not hold.')
  }
  return { sender, n, body, sentAt, extras }
}

/** utf8('lotus-p2p/mail/1') ‖ 00 ‖ recipient's key (32) ‖ prekey id (8). */
function infoOf(recipient: Uint8Array, prekeyId: Uint8Array): Uint8Array {
  return joined(new TextEncoder().encode('lotus-p2p/mail/1\0'), recipient, prekeyId)
}

function signedOf(recipient: Uint8Array, enc: Uint8Array, sender: Uint8Array, content: LetterContent): Uint8Array {
  const { n, body, sentAt, extras } = content
  return joined(recipient, enc, sha256(encode([sender, n, body, sentAt, extras])))
}

/** A byte 80 and zeros behind the plaintext, up to the next bucket: ISO/IEC 7816-4. */
function padded(plain: Uint8Array): Uint8Array {
  const size = LETTER_BYTES.find((bytes) => bytes - OVERHEAD > plain.length)
  if (size === undefined) {
    throw new P2PError('MESSAGE_TOO_LARGE', `The message has ${plain.length} bytes, too many for a letter. Split it.`, {
      details: { bytes: plain.length, maxBytes: LETTER_BYTES.at(-1)! - OVERHEAD - 1 },
    })
  }
  return joined(plain, Uint8Array.of(0x80), new Uint8Array(size - OVERHEAD - plain.length - 1))
}

function unpadded(padded: Uint8Array): Uint8Array {
  let end = padded.length - 1
  while (padded[end] === 0) end--
  if (padded[end] !== 0x80) throw malformed('The padding of a letter')
  return padded.subarray(0, end)
}
