import { isBytes, joined } from '../base/bytes.js'
import { identityFailed, isP2PError } from '../base/errors.js'
import { sha256 } from '../base/sha256.js'
import { SIGNATURE_BYTES, verify } from './ed25519.js'
import type { Identity } from './identity.js'

/** What a signature is for. A signature made under one tag is worthless under every other. */
export type EnvelopeTag = 'channel' | 'record' | 'message' | 'topic' | 'statement' | 'work-salt' | 'box' | 'mail' | 'prekeys'

/** A tag of an application or a plugin; see `PluginKit.sign`. */
export type OwnTag = `app/${string}`

/** Bytes, the key that signed them, and the signature: proof that can be stored and forwarded. */
export interface SignedEnvelope {
  /** Ed25519 public key, 32 bytes. */
  publicKey: Uint8Array
  /** The exact bytes that were signed (after tag and separator), never to be re-encoded. */
  payload: Uint8Array
  /** Ed25519 signature, 64 bytes. */
  signature: Uint8Array
}

/** The network of whoever names none. */
export const DEFAULT_NETWORK = 'lotus'

/** Whether this can be the name of a network: 1 to 32 characters of `[a-z0-9-]`. */
export function isNetworkName(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z0-9-]{1,32}$/.test(value)
}

/**
 * Bytes that mean one thing only: utf8('lotus-p2p/' + tag + '/2') ‖ 0x00 ‖ utf8(network) ‖ 0x00 ‖ payload. Neither tags nor networks
 * hold a zero byte, so no two triples give the same bytes. All that is signed begins so, and all that is hashed to become a name.
 */
export function taggedBytes(tag: string, network: string, ...payload: Uint8Array[]): Uint8Array {
  return joined(new TextEncoder().encode(`lotus-p2p/${tag}/2\0${network}\0`), ...payload)
}

/** A name made by hashing: the SHA-256 of `taggedBytes`, 32 bytes. */
export function taggedHash(tag: string, network: string, ...payload: Uint8Array[]): Uint8Array {
  return sha256(taggedBytes(tag, network, ...payload))
}

/** What is actually signed; see `taggedBytes`. */
export function signingBytes(tag: EnvelopeTag | OwnTag, payload: Uint8Array, network: string): Uint8Array {
  return taggedBytes(tag, network, payload)
}

/**
 * Signs a copy of the payload. The signature is verified before it is returned: an external signer may be wrong, and a peer
 * that sends invalid signatures is treated as hostile.
 *
 * @throws P2PError IDENTITY_FAILED if the identity refuses to sign, or its signature is not valid for its public key.
 * @example
 * const envelope = await signEnvelope(identity, 'record', encode(record))
 */
export async function signEnvelope(
  identity: Identity,
  tag: EnvelopeTag | OwnTag,
  payload: Uint8Array,
  network: string = DEFAULT_NETWORK,
): Promise<SignedEnvelope> {
  const own = payload.slice()
  let publicKey: Uint8Array
  let signature: Uint8Array
  try {
    signature = await identity.sign(signingBytes(tag, own, network))
    publicKey = identity.publicKey.slice()
  } catch (error) {
    if (isP2PError(error, 'IDENTITY_FAILED')) throw error
    throw identityFailed('The identity did not sign. Check its key or device.', error)
  }
  if (!isBytes(signature, SIGNATURE_BYTES)) {
    throw identityFailed(`identity.sign() must resolve to ${SIGNATURE_BYTES} bytes.`)
  }
  const envelope = { publicKey, payload: own, signature: signature.slice() }
  if (await verifyEnvelope(tag, envelope, network)) return envelope
  throw identityFailed('identity.sign() does not fit identity.publicKey. Sign the bytes unhashed.')
}

/**
 * True if the envelope was signed by its key under this tag. Anything malformed is false.
 *
 * @throws P2PError IDENTITY_FAILED where no implementation of Ed25519 exists: a browser without it, and `lotus-p2p/core`.
 */
export async function verifyEnvelope(
  tag: EnvelopeTag | OwnTag,
  envelope: SignedEnvelope,
  network: string = DEFAULT_NETWORK,
): Promise<boolean> {
  try {
    const { publicKey, payload, signature } = envelope
    return isBytes(payload) && (await verify(signature, signingBytes(tag, payload, network), publicKey))
  } catch (error) {
    if (isP2PError(error, 'IDENTITY_FAILED')) throw error
    return false
  }
}
