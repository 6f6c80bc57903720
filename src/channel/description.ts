import { P2PError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import { assertPeerName } from '../identity/peer-id.js'
import { decode, encode } from '../message/codec.js'
import {
  array,
  boolean,
  bytes,
  number,
  object,
  oneOf,
  optional,
  present,
  record,
  shaped,
  text,
  tuple,
  union,
} from '../message/shape.js'

/** Bytes of `OwnDescription.streams`. */
export const STREAMS_BYTES = 8

/** A protocol of which a peer takes fewer messages in a second is not served. */
export const LEAST_PER_S = 0.1

/** Messages in a second and at once, bytes in a second and at once; null: no limit of bytes. */
export type ToldRate = [messagesPerS: number, burst: number, bytesPerS: number | null, burstBytes: number | null]
/** What a peer takes of one protocol, and of those of its types that have limits of their own. */
export type ToldBudget = [...rate: ToldRate, types?: Record<string, ToldRate> | undefined]

/**
 * What a peer takes, by protocol; '' is for messages without a protocol and those of protocols that it does not serve, '*' for everything
 * together. A protocol that is served and not named has no limit of its own.
 */
export type ToldBudgets = Record<string, ToldBudget>

/** What a peer tells of itself at any time, beside its identity. */
export interface PeerDescription {
  /** Names of the registered protocols. */
  protocols: string[]
  /** Addresses where it listens: `ws://…` or `wss://…`. */
  addresses: string[]
  metadata?: Record<string, unknown> | undefined
  budgets?: ToldBudgets | undefined
}

/** What a peer tells of itself when a channel begins, once it knows who is at the other end. */
export interface OwnDescription extends PeerDescription {
  /** Name and version of the implementation; 1 to 64 characters. */
  agent: string
  /** The chosen name, if the peer has one. */
  name?: string | undefined
  requireSignatures?: boolean | undefined
  /** 8 random bytes that name the state of the sender's numbering towards this receiver. */
  streams: Uint8Array
}

/** The members of a description: see `PeerDescription`. */
export function descriptionShapes(limits: Limits) {
  const { maxNameLength, maxProtocols, maxAddresses, maxTypesPerProtocol } = limits
  const [amount, burst, none] = [number(0), number(1), oneOf(null)]
  const rate = [amount, burst, union(amount, none), union(burst, none)] as const
  const types = record(tuple(...rate), maxTypesPerProtocol, maxNameLength)
  return {
    protocols: array(text(1, maxNameLength), maxProtocols),
    addresses: array(text(1, 512, /^wss?:\/\//), maxAddresses),
    metadata: optional(record(present)),
    budgets: optional(record(tuple(...rate, optional(types)), maxProtocols + 2, maxNameLength)),
  }
}

/** @throws P2PError INVALID_CONFIG for what every peer would refuse. */
export function encodeDescription(own: OwnDescription, limits: Limits): Uint8Array {
  const { protocols, addresses, metadata } = own
  const { maxProtocols, maxAddresses, maxMetadataBytes, maxDescriptionBytes } = limits
  const description = encode(own, limits)
  const tooMuch =
    protocols.length > maxProtocols
      ? `more than ${maxProtocols} protocols`
      : addresses.length > maxAddresses
        ? `more than ${maxAddresses} addresses`
        : metadata !== undefined && encode(metadata, limits).length > maxMetadataBytes
          ? `more than ${maxMetadataBytes} bytes of metadata`
          : description.length > maxDescriptionBytes
            ? `more than ${maxDescriptionBytes} bytes`
            : undefined
  if (tooMuch !== undefined) throw new P2PError('INVALID_CONFIG', `This peer tells others ${tooMuch} of itself. Tell less.`)
  return description
}

/** The peer's description, from the body of its entry. @throws P2PError MALFORMED_DATA, LIMIT_EXCEEDED, INVALID_PEER_ID. */
export function decodeDescription(body: Uint8Array, limits: Limits): OwnDescription {
  const { maxDescriptionBytes } = limits
  if (body.length > maxDescriptionBytes) {
    throw new P2PError('LIMIT_EXCEEDED', `A description has at most ${maxDescriptionBytes} bytes.`)
  }
  const shape = object({
    agent: text(1, 64),
    name: optional(text(1, 128)),
    requireSignatures: optional(boolean()),
    streams: bytes(STREAMS_BYTES),
    ...descriptionShapes(limits),
  })
  const description = shaped(shape, decode(body, limits))
  if (description === undefined) {
    throw new P2PError('MALFORMED_DATA', "The peer's description lacks a field or holds a wrong one.")
  }
  checkMetadata(description.metadata, limits)
  if (description.name !== undefined) assertPeerName(description.name)
  // The bytes of a decoded value are a view of the whole frame.
  return { ...shareParts(description), streams: description.streams.slice() }
}

/** The same description, with its lists and budgets shared with peers that told the same. */
export function shareParts<T extends PeerDescription>(description: T): T {
  const { protocols, addresses, budgets } = description
  return { ...description, protocols: shared(protocols), addresses: shared(addresses), budgets: budgets && shared(budgets) }
}

/** Lists and budgets that were seen last, by their content. */
const sharedParts = /* @__PURE__ */ new Map<string, unknown>()
const SHARED_PARTS = 64

/** One part for all peers that tell the same: a relay has thousands of them, and most run the same wallet. */
function shared<T>(part: T): T {
  const id = JSON.stringify(part)
  const known = sharedParts.get(id)
  if (known !== undefined) return known as T
  if (sharedParts.size >= SHARED_PARTS) sharedParts.clear()
  sharedParts.set(id, part)
  return part
}

/** @throws P2PError LIMIT_EXCEEDED. */
export function checkMetadata(metadata: Record<string, unknown> | undefined, limits: Limits): void {
  if (metadata !== undefined && encode(metadata, limits).length > limits.maxMetadataBytes) {
    throw new P2PError('LIMIT_EXCEEDED', `Metadata has more than ${limits.maxMetadataBytes} bytes.`)
  }
}
