import { hexOf } from '../base/bytes.js'
import { P2PError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import { printable } from '../base/text.js'
import type { Verified } from '../base/verified.js'
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from '../identity/ed25519.js'
import { decode, encode } from '../message/codec.js'
import { array, bytes, int, object, optional, shaped, text, tuple } from '../message/shape.js'
import { type Certificate, type ChannelKeys, verifyCertificate } from './certificate.js'
import type { OwnDescription } from './description.js'
import { WORK_NONCE_BYTES, WORK_SALT_BYTES, type WorkDemand, type WorkProof } from './work.js'

/** Versions of the wire protocol that we speak, best first. */
export const PROTOCOL_VERSIONS = [2]
/** Cipher suites of the channel that we have, best first. */
export const SUITES = ['ChaChaPoly']
/** Bytes of the id of a process. */
export const SESSION_BYTES = 16
/** Handshake payloads are filled up to a multiple of this, so that their length tells nothing. */
const PADDED_BYTES = 256

/** Who the other end of a channel has proven to be. */
export interface RemoteHello {
  /** Ed25519 public key, 32 bytes; the peer has proven to hold it. */
  publicKey: Uint8Array
  /** The id of the peer's process, 16 bytes in hex: another one means another process. */
  session: string
  version: number
  /** The work that it demands of a dialler, and whether we had a proof of it. */
  work?: WorkDemand & { proven: boolean }
}

/** A peer at the other end of a channel: what it has proven, and what it said of itself. */
export interface RemotePeer extends RemoteHello, OwnDescription {
  /** The chosen name, or the `lp1…` id of the key. */
  peerId: string
}

/** What we prove in a handshake. */
export interface LocalHello {
  network: string
  /** The id of this process, 16 bytes. */
  session: Uint8Array
  /** Keys whose certificate holds at a time, milliseconds since the Unix epoch. */
  keys(at: number): Promise<ChannelKeys>
}

/** What both have agreed on by the clear payload of the first message. */
export interface Agreement {
  version: number
  suite: string
}

/** One hello, as its sender makes it. */
export interface HelloParts extends Agreement {
  keys: ChannelKeys
  session: Uint8Array
  /** The responder's clock, milliseconds since the Unix epoch. */
  now?: number | undefined
  /** In a responder's hello. */
  work?: WorkDemand | undefined
  /** In an initiator's hello. */
  proof?: WorkProof | undefined
}

/** A hello. `verifyHello` makes it {@link Verified}: nobody is met by another. */
export interface Hello extends Agreement {
  remote: RemoteHello
  certificate: Certificate
  now: number | undefined
}

/** Only versions are in the offers of all versions. */
const offerShape = /* @__PURE__ */ (() =>
  object({ versions: array(int(), 16, 1), network: optional(text(1, 32)), suites: optional(array(text(1, 32), 16, 1)) }))()

const helloShape = /* @__PURE__ */ (() =>
  object({
    version: int(),
    publicKey: bytes(PUBLIC_KEY_BYTES),
    certificate: tuple(int(0), int(0), bytes(SIGNATURE_BYTES)),
    session: bytes(SESSION_BYTES),
    suite: text(1, 32),
    now: optional(int(0)),
    work: optional(object({ bits: int(1, 256), salt: bytes(WORK_SALT_BYTES), day: int(0, 0xffffffff) })),
    proof: optional(tuple(int(0, 0xffffffff), bytes(WORK_NONCE_BYTES))),
    pad: optional(bytes()),
  }))()

/** The clear payload of the first handshake message. */
export function encodeOffer(network: string): Uint8Array {
  return encode({ versions: PROTOCOL_VERSIONS, network, suites: SUITES })
}

/** The best version and suite that both speak. @throws P2PError WRONG_NETWORK, UNSUPPORTED_VERSION, MALFORMED_DATA, HANDSHAKE_FAILED. */
export function chooseFrom(offer: Uint8Array, network: string, limits: Limits): Agreement {
  const offered = shaped(offerShape, decodeBounded(offer, limits))
  if (offered === undefined) throw new P2PError('HANDSHAKE_FAILED', 'The peer offers no protocol versions.')
  const version = PROTOCOL_VERSIONS.find((ours) => offered.versions.includes(ours))
  const suite = SUITES.find((ours) => offered.suites?.includes(ours))
  if (version === undefined || suite === undefined) {
    throw new P2PError(
      'UNSUPPORTED_VERSION',
      `No version in common (theirs ${offered.versions.join(', ')}; ours ${PROTOCOL_VERSIONS.join(', ')}), or no cipher suite. Update the older.`,
      {
        details: { theirs: offered.versions, ours: PROTOCOL_VERSIONS },
      },
    )
  }
  if (offered.network !== network) {
    // Read at both ends: "ours" would be wrong at one of them.
    const theirs = offered.network === undefined ? 'none' : `"${printable(offered.network)}"`
    const message = `The dialler's network is ${theirs}, the other's "${network}". Set P2PConfig.network to the same name on both.`
    throw new P2PError('WRONG_NETWORK', message)
  }
  return { version, suite }
}

export function encodeHello({ version, keys, session, suite, now, work, proof }: HelloParts): Uint8Array {
  const { publicKey, certificate } = keys
  const { notBefore, notAfter, signature } = certificate
  const hello = {
    version,
    publicKey,
    certificate: [notBefore, notAfter, signature],
    session,
    suite,
    now,
    work,
    proof: proof && [proof.day, proof.nonce],
  }
  const bare = encode(hello).length
  if (bare % PADDED_BYTES === 0) return encode(hello)
  // The name of the member takes 4 bytes, and the head of fewer than 256 bytes 2.
  const gap = PADDED_BYTES - (bare % PADDED_BYTES) - 6
  return encode({ ...hello, pad: new Uint8Array(gap < 0 ? gap + PADDED_BYTES : gap) })
}

/**
 * Checks a hello: shape, sizes, and that the identity has signed the X25519 key that the handshake has proven. Whether the
 * certificate holds at this time is for the caller to judge.
 *
 * @param channelKey the peer's X25519 public key, 32 bytes, from the handshake.
 * @param check judges what is cheap, an initiator's proof of work for one, before the signature costs tens of times as much.
 * @throws P2PError HANDSHAKE_FAILED, INVALID_SIGNATURE, MALFORMED_DATA, LIMIT_EXCEEDED, or what `check` throws.
 */
export async function verifyHello(
  payload: Uint8Array,
  channelKey: Uint8Array,
  limits: Limits,
  network: string,
  check?: (publicKey: Uint8Array, proof: WorkProof | undefined, agreed: Agreement) => void,
): Promise<Verified<Hello>> {
  const hello = shaped(helloShape, decodeBounded(payload, limits))
  if (hello === undefined)
    throw new P2PError('HANDSHAKE_FAILED', "The peer's handshake payload lacks a field or holds a wrong one.")
  const { version, suite, session, now, work, proof } = hello
  // The bytes of a decoded value are a view of the whole payload.
  const publicKey = hello.publicKey.slice()
  check?.(publicKey, proof && { day: proof[0], nonce: proof[1] }, hello)
  const [notBefore, notAfter, signature] = hello.certificate
  const certificate = { notBefore, notAfter, signature }
  if (!(await verifyCertificate(certificate, publicKey, channelKey, network))) {
    throw new P2PError('INVALID_SIGNATURE', 'The peer did not prove its identity.')
  }
  const remote: RemoteHello = { publicKey, session: hexOf(session), version }
  if (work !== undefined) remote.work = { ...work, salt: work.salt.slice(), proven: false }
  return { remote, certificate, version, suite, now } as Verified<Hello>
}

function decodeBounded(payload: Uint8Array, limits: Limits): unknown {
  if (payload.length > limits.maxHandshakePayloadBytes) {
    throw new P2PError('LIMIT_EXCEEDED', `A handshake payload has at most ${limits.maxHandshakePayloadBytes} bytes.`)
  }
  return decode(payload, limits)
}
