import { P2PError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES, verify } from '../identity/ed25519.js'
import { signEnvelope, signingBytes } from '../identity/envelope.js'
import type { Identity } from '../identity/identity.js'
import { assertPeerName, encodePeerId } from '../identity/peer-id.js'
import { decode, encode } from '../message/codec.js'
import { array, boolean, bytes, int, object, optional, present, record, shaped, text, tuple } from '../message/shape.js'
import { generateNoiseKeyPair, type NoiseKeyPair } from './noise.js'
import { WORK_NONCE_BYTES, type WorkProof, type WorkTerms } from './work.js'

/** Versions of the wire protocol that we speak, best first. */
export const PROTOCOL_VERSIONS = [1]

/** What a peer tells of itself at any time, beside its identity. */
export interface PeerDescription {
  /** Names of the registered protocols. */
  protocols: string[]
  /** Addresses where it listens: `ws://…` or `wss://…`. */
  addresses: string[]
  metadata?: Record<string, unknown> | undefined
}

/** Who the other end of a channel has proven to be, and what it said of itself. */
export interface RemoteHello extends PeerDescription {
  /** The chosen name, or the `lp1…` id of the key. The name is not yet checked against pinned ones. */
  peerId: string
  /** Ed25519 public key, 32 bytes; the peer has proven to hold it. */
  publicKey: Uint8Array
  /** X25519 public key of the peer's channels, 32 bytes: another one means another process. */
  channelKey: Uint8Array
  /** The chosen name, if the peer has one. */
  name: string | undefined
  version: number
  agent: string
  requireSignatures: boolean
  /** The work that it demands of who dials it, and whether we had a proof of it. */
  work?: { bits: number; proven: boolean }
}

/**
 * The keys of this coordinator's channels: one X25519 pair for its lifetime, and the identity's signature over its public
 * half, made once, so that a hardware signer is not asked at each connection.
 */
export interface ChannelKeys {
  readonly noise: NoiseKeyPair
  readonly publicKey: Uint8Array
  /** Ed25519 signature (64 bytes) under the tag 'handshake' over the X25519 public key. */
  readonly signature: Uint8Array
}

/** @throws P2PError IDENTITY_FAILED. */
export async function createChannelKeys(identity: Identity, network: string): Promise<ChannelKeys> {
  const noise = generateNoiseKeyPair()
  const { publicKey, signature } = await signEnvelope(identity, 'handshake', noise.publicKey, network)
  return { noise, publicKey, signature }
}

/** What we say of ourselves in a handshake. */
export interface LocalHello extends PeerDescription {
  keys: ChannelKeys
  network: string
  name?: string | undefined
  agent: string
  requireSignatures: boolean
  /** Bits of work demanded; in a responder's hello. */
  workBits?: number | undefined
  /** In an initiator's hello. */
  proof?: WorkProof | undefined
}

/** The members of a description: see `PeerDescription`. */
export function descriptionShapes(limits: Limits) {
  return {
    protocols: array(text(1, limits.maxNameLength), limits.maxProtocols),
    addresses: array(text(1, 512, /^wss?:\/\//), limits.maxAddresses),
    metadata: optional(record(present)),
  }
}

const offerShape = /* @__PURE__ */ (() => object({ versions: array(int(), 16, 1) }))()

function helloShape(limits: Limits) {
  return object({
    version: int(),
    publicKey: bytes(PUBLIC_KEY_BYTES),
    signature: bytes(SIGNATURE_BYTES),
    name: optional(text(1, 128)),
    agent: text(1, 64),
    requireSignatures: optional(boolean()),
    work: optional(object({ bits: int(1, 256) })),
    proof: optional(tuple(int(0, 0xffffffff), bytes(WORK_NONCE_BYTES))),
    ...descriptionShapes(limits),
  })
}

/** The clear payload of the first handshake message. */
export function encodeOffer(): Uint8Array {
  return encode({ versions: PROTOCOL_VERSIONS })
}

/** The best version that both speak. @throws P2PError UNSUPPORTED_VERSION, MALFORMED_DATA, HANDSHAKE_FAILED. */
export function chooseVersion(offer: Uint8Array, limits: Limits): number {
  const offered = shaped(offerShape, decodeBounded(offer, limits))
  if (offered === undefined) throw new P2PError('HANDSHAKE_FAILED', 'The peer offers no protocol versions.')
  const version = PROTOCOL_VERSIONS.find((ours) => offered.versions.includes(ours))
  if (version === undefined) {
    throw new P2PError(
      'UNSUPPORTED_VERSION',
      `The peer speaks versions ${offered.versions.join(', ')}, this one ${PROTOCOL_VERSIONS.join(', ')}. Update the older.`,
      {
        details: { theirs: offered.versions, ours: PROTOCOL_VERSIONS },
      },
    )
  }
  return version
}

/** @throws P2PError INVALID_CONFIG for what every peer would refuse. */
export function encodeHello(local: LocalHello, version: number, limits: Limits): Uint8Array {
  const { keys, name, agent, requireSignatures, protocols, addresses, metadata, workBits, proof } = local
  const { maxProtocols, maxAddresses, maxMetadataBytes, maxHandshakePayloadBytes } = limits
  const hello = encode(
    {
      version,
      publicKey: keys.publicKey,
      signature: keys.signature,
      name,
      agent,
      requireSignatures,
      protocols,
      addresses,
      metadata,
      work: workBits === undefined ? undefined : { bits: workBits },
      proof: proof && [proof.epoch, proof.nonce],
    },
    limits,
  )
  const tooMuch =
    protocols.length > maxProtocols
      ? `more than ${maxProtocols} protocols`
      : addresses.length > maxAddresses
        ? `more than ${maxAddresses} addresses`
        : metadata !== undefined && encode(metadata, limits).length > maxMetadataBytes
          ? `more than ${maxMetadataBytes} bytes of metadata`
          : hello.length > maxHandshakePayloadBytes
            ? `more than ${maxHandshakePayloadBytes} bytes`
            : undefined
  if (tooMuch !== undefined) throw new P2PError('INVALID_CONFIG', `This peer tells others ${tooMuch} of itself. Tell less.`)
  return hello
}

/**
 * Checks a hello: shape, sizes, and that the identity has signed the X25519 key that the handshake has proven.
 *
 * @param noiseStatic the peer's X25519 public key, 32 bytes, from the handshake.
 * @param checkWork judges an initiator's proof of work: one hash, before the signature costs tens of times as much.
 * @throws P2PError HANDSHAKE_FAILED, UNSUPPORTED_VERSION, INVALID_SIGNATURE, MALFORMED_DATA, LIMIT_EXCEEDED, INVALID_PEER_ID, or what
 * `checkWork` throws.
 */
export async function verifyHello(
  payload: Uint8Array,
  noiseStatic: Uint8Array,
  limits: Limits,
  network: string,
  checkWork?: WorkTerms['check'],
): Promise<RemoteHello> {
  const hello = shaped(helloShape(limits), decodeBounded(payload, limits))
  if (hello === undefined)
    throw new P2PError('HANDSHAKE_FAILED', "The peer's handshake payload lacks a field or holds a wrong one.")
  const { publicKey, signature, name, version, agent, requireSignatures = false, work, proof, ...description } = hello
  if (!PROTOCOL_VERSIONS.includes(version)) {
    throw new P2PError('UNSUPPORTED_VERSION', `The peer chose protocol version ${version}, which nobody offered.`)
  }
  checkWork?.(publicKey, proof && { epoch: proof[0], nonce: proof[1] })
  checkMetadata(description.metadata, limits)
  if (name !== undefined) assertPeerName(name)
  if (!(await verify(signature, signingBytes('handshake', noiseStatic, network), publicKey))) {
    throw new P2PError('INVALID_SIGNATURE', 'The peer did not prove its identity.')
  }
  const key = publicKey.slice()
  return {
    ...description,
    protocols: shared(description.protocols),
    publicKey: key,
    channelKey: noiseStatic,
    peerId: name ?? encodePeerId(key),
    name,
    version,
    agent,
    requireSignatures,
    ...(work && { work: { bits: work.bits, proven: false } }),
  }
}

/** Lists that were seen last, by their content. */
const sharedLists = /* @__PURE__ */ new Map<string, string[]>()
const SHARED_LISTS = 64

/** One list for all peers that speak the same: a relay has thousands of them, and most run the same wallet. */
function shared(protocols: string[]): string[] {
  const id = protocols.join(' ')
  const known = sharedLists.get(id)
  if (known !== undefined) return known
  if (sharedLists.size >= SHARED_LISTS) sharedLists.clear()
  sharedLists.set(id, protocols)
  return protocols
}

/** @throws P2PError LIMIT_EXCEEDED. */
export function checkMetadata(metadata: Record<string, unknown> | undefined, limits: Limits): void {
  if (metadata !== undefined && encode(metadata, limits).length > limits.maxMetadataBytes) {
    throw new P2PError('LIMIT_EXCEEDED', `Metadata has more than ${limits.maxMetadataBytes} bytes.`)
  }
}

function decodeBounded(payload: Uint8Array, limits: Limits): unknown {
  if (payload.length > limits.maxHandshakePayloadBytes) {
    throw new P2PError('LIMIT_EXCEEDED', `A handshake payload has at most ${limits.maxHandshakePayloadBytes} bytes.`)
  }
  return decode(payload, limits)
}
