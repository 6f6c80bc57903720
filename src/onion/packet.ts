import { joined, viewOf } from '../base/bytes.js'
import { abortedError, P2PError } from '../base/errors.js'
import { type Random, systemRandom } from '../base/random.js'
import { nextTurn } from '../base/turn.js'
import { ladderX25519, type NoiseKeyPair } from '../channel/x25519.js'
import { malformed } from '../message/shape.js'
import { lionessLock, lionessUnlock } from './lioness.js'
import {
  blinded,
  createHeader,
  openHeader,
  peelRouting,
  purposeKey,
  SECRET_BYTES,
  type SphinxFormat,
  type SphinxHeader,
  X25519_GROUP,
} from './sphinx.js'

/** Bytes of every packet: 01 ‖ α (32) ‖ β (272) ‖ γ (32) ‖ δ (2,735). */
export const PACKET_BYTES = 3_072
export const ELEMENT_BYTES = 32
const ROUTING_BYTES = 272
/** Bytes of version, α, β and γ. */
export const HEADER_BYTES = 1 + ELEMENT_BYTES + ROUTING_BYTES + SECRET_BYTES
/** Bytes of δ, the payload. */
export const DELTA_BYTES = PACKET_BYTES - HEADER_BYTES
/** 32 zero bytes, which tell whether δ was changed, and the length of the content. */
const CONTENT_AT = SECRET_BYTES + 2
/** Bytes of content at most. */
export const MAX_CONTENT_BYTES = DELTA_BYTES - CONTENT_AT
export const MIN_HOPS = 2
/** As many as β has room for. */
export const MAX_HOPS = 4
/** Longest delay at a hop, milliseconds: two bytes. */
export const MAX_DELAY_MS = 65_535
/** Bytes of an inbox tag, and of the id of a reply block. */
export const INBOX_TAG_BYTES = 16
export const SURB_ID_BYTES = 16
/** Bytes that name a packet at a hop, for its replays. */
export const REPLAY_TAG_BYTES = 16
/** Bytes that name a packet on a link, for errors. */
export const PACKET_ID_BYTES = 16

const VERSION = 1
const ASSOCIATED = /* @__PURE__ */ Uint8Array.of(VERSION)
/** command (1) ‖ delay (2) ‖ 00 ‖ argument (32). */
const PAYLOAD_BYTES = 36
const ARGUMENT_AT = 4

const FORMAT: SphinxFormat = { group: X25519_GROUP, routingBytes: ROUTING_BYTES, payloadBytes: () => PAYLOAD_BYTES }

/** What a hop does with a packet, as its first byte says. */
const CODES = { forward: 1, exit: 2, drop: 3, inbox: 4 } as const

/** A hop of a path. */
export interface PathHop {
  /** Its identity, an Ed25519 key of 32 bytes: by it the hop before finds it. */
  id: Uint8Array
  /** Its X25519 key of the epoch, 32 bytes. */
  key: Uint8Array
  /** How long it keeps the packet, milliseconds: 0 to 65,535. */
  delayMs: number
}

/** What the last hop does. `inbox`: it gives the packet to the connection that has attached the tag, 16 bytes; the id has 16 bytes too. */
export type LastCommand = { command: 'exit' } | { command: 'drop' } | { command: 'inbox'; tag: Uint8Array; surbId: Uint8Array }

export interface CreateOptions {
  /** Fills what is unused; secrets are drawn from the platform in any case. Default: that of the platform. */
  random?: Random | undefined
  signal?: AbortSignal | undefined
  /** For vectors alone: the ephemeral secret, 32 bytes. @internal */
  secret?: Uint8Array | undefined
}

/** A packet for the first hop, and what its sender shares with each hop: see `readOnionError`. */
export interface CreatedPacket {
  packet: Uint8Array
  secrets: Uint8Array[]
}

/** A packet that has shown to be for a hop, and unchanged as far as its header goes. */
export interface OpenedPacket {
  secret: Uint8Array
  /** The same for each copy of the packet, 16 bytes. */
  tag: Uint8Array
}

/** What a hop is to do. */
export type PeeledPacket =
  | { command: 'forward'; delayMs: number; next: Uint8Array; packet: Uint8Array }
  | { command: 'exit'; delayMs: number; delta: Uint8Array }
  | { command: 'drop'; delayMs: number }
  | { command: 'inbox'; delayMs: number; tag: Uint8Array; surbId: Uint8Array; delta: Uint8Array }

/**
 * Creates a packet, in slices of 8 ms between which a page lives on.
 *
 * @param hops 2 to 4, each with another key.
 * @param content at most 2,701 bytes, for the last hop.
 * @throws P2PError MESSAGE_TOO_LARGE; INVALID_CONFIG for a path that is none; MALFORMED_DATA, HANDSHAKE_FAILED for a hop's key that is none; ABORTED.
 * @example
 * const { packet, secrets } = await createPacket(path, { command: 'exit' }, content)
 */
export async function createPacket(
  hops: readonly PathHop[],
  last: LastCommand,
  content: Uint8Array,
  options: CreateOptions = {},
): Promise<CreatedPacket> {
  const { random = systemRandom } = options
  let delta = sealContent(content, random)
  const { header, secrets } = await createPath(hops, last, options)
  for (const secret of [...secrets].reverse()) delta = lionessLock(secret, delta)
  return { packet: joined(header, delta), secrets }
}

/** The header for a path, 337 bytes: version, α, β and γ. @throws P2PError as `createPacket`. @internal */
export async function createPath(
  hops: readonly PathHop[],
  last: LastCommand,
  { random = systemRandom, signal, secret = ladderX25519.generate().secretKey }: CreateOptions,
): Promise<{ header: Uint8Array; secrets: Uint8Array[] }> {
  checkPath(hops)
  const payloads = hops.map(({ delayMs }, i) =>
    i === hops.length - 1
      ? payloadOf(last.command, delayMs, ...(last.command === 'inbox' ? [last.tag, last.surbId] : []))
      : payloadOf('forward', delayMs, hops[i + 1]!.id),
  )
  const keys = hops.map(({ key }) => key)
  const steps = createHeader(FORMAT, keys, payloads, { secret, padding: random.bytes(ROUTING_BYTES), associated: ASSOCIATED })
  const { header, secrets } = await inSlices(steps, signal)
  return { header: joined(ASSOCIATED, header.element, header.routing, header.mac), secrets }
}

/**
 * The first step of a hop: whether a packet is for this key, and came as its sender made it, as far as the header goes.
 *
 * @param keys one object for each epoch.
 * @throws P2PError MALFORMED_DATA for another length or version, or an α that is none; HANDSHAKE_FAILED for an α of low order; DECRYPT_FAILED.
 */
export function openPacket(packet: Uint8Array, keys: NoiseKeyPair): OpenedPacket {
  const secret = openHeader(FORMAT, headerOf(packet), keys, ASSOCIATED)
  return { secret, tag: purposeKey('id', secret).slice(0, REPLAY_TAG_BYTES) }
}

/**
 * The second step: what the sender asks of this hop, and the packet for the next one.
 *
 * @param secret as of `openPacket`.
 * @throws P2PError MALFORMED_DATA for a command that is none.
 */
export function peelPacket(packet: Uint8Array, secret: Uint8Array): PeeledPacket {
  const { element, routing } = headerOf(packet)
  const next = peelRouting(FORMAT, routing, secret)
  const { payload } = next
  const delayMs = viewOf(payload).getUint16(1)
  const argument = payload.slice(ARGUMENT_AT)
  const command = payload[0]
  if (payload[3] !== 0) throw malformed('A command for a hop')
  const delta = () => lionessUnlock(secret, packet.subarray(HEADER_BYTES))
  switch (command) {
    case CODES.forward: {
      const alpha = blinded(FORMAT, element, secret)
      return { command: 'forward', delayMs, next: argument, packet: joined(ASSOCIATED, alpha, next.routing, next.mac, delta()) }
    }
    case CODES.inbox: {
      const [tag, surbId] = [argument.slice(0, INBOX_TAG_BYTES), argument.slice(INBOX_TAG_BYTES)]
      return { command: 'inbox', delayMs, tag, surbId, delta: delta() }
    }
    case CODES.exit:
    case CODES.drop:
      if (argument.some((byte) => byte !== 0)) throw malformed('A command for a hop')
      return command === CODES.drop ? { command: 'drop', delayMs } : { command: 'exit', delayMs, delta: delta() }
    default:
      throw malformed('A command for a hop')
  }
}

/** δ before any hop's encryption: 32 zero bytes ‖ length (2) ‖ content ‖ random. @throws P2PError MESSAGE_TOO_LARGE. */
export function sealContent(content: Uint8Array, random: Random): Uint8Array {
  const { length } = content
  if (length > MAX_CONTENT_BYTES) {
    throw new P2PError('MESSAGE_TOO_LARGE', `A packet takes ${MAX_CONTENT_BYTES} bytes, not ${length}.`, {
      details: { bytes: length, maxBytes: MAX_CONTENT_BYTES },
    })
  }
  const delta = joined(new Uint8Array(CONTENT_AT), content, random.bytes(MAX_CONTENT_BYTES - length))
  viewOf(delta).setUint16(SECRET_BYTES, length)
  return delta
}

/** The content of δ, once all encryption is undone. @throws P2PError DECRYPT_FAILED where somebody has changed it. */
export function openContent(delta: Uint8Array): Uint8Array {
  const length = delta.length === DELTA_BYTES ? viewOf(delta).getUint16(SECRET_BYTES) : 0
  if (delta.length !== DELTA_BYTES || length > MAX_CONTENT_BYTES || delta.subarray(0, SECRET_BYTES).some((byte) => byte !== 0))
    throw new P2PError('DECRYPT_FAILED', 'The payload of this packet was changed on its way.')
  return delta.slice(CONTENT_AT, CONTENT_AT + length)
}

/** What names a packet on one link: the first half of its α, which no two packets share. */
export function packetId(packet: Uint8Array): Uint8Array {
  return packet.slice(1, 1 + PACKET_ID_BYTES)
}

function headerOf(packet: Uint8Array): SphinxHeader {
  if (packet.length !== PACKET_BYTES || packet[0] !== VERSION) throw malformed('A packet')
  const routingAt = 1 + ELEMENT_BYTES
  const macAt = routingAt + ROUTING_BYTES
  return {
    element: packet.subarray(1, routingAt),
    routing: packet.subarray(routingAt, macAt),
    mac: packet.subarray(macAt, HEADER_BYTES),
  }
}

function payloadOf(command: keyof typeof CODES, delayMs: number, ...argument: Uint8Array[]): Uint8Array {
  const payload = new Uint8Array(PAYLOAD_BYTES)
  payload[0] = CODES[command]
  viewOf(payload).setUint16(1, delayMs)
  payload.set(joined(...argument), ARGUMENT_AT)
  return payload
}

/** @throws P2PError INVALID_CONFIG. */
function checkPath(hops: readonly PathHop[]): void {
  const isDelay = (ms: number) => Number.isInteger(ms) && ms >= 0 && ms <= MAX_DELAY_MS
  const isPath =
    hops.length >= MIN_HOPS &&
    hops.length <= MAX_HOPS &&
    new Set(hops.map(({ key }) => key.join())).size === hops.length &&
    hops.every(({ id, key, delayMs }) => id.length === 32 && key.length === ELEMENT_BYTES && isDelay(delayMs))
  if (isPath) return
  throw new P2PError(
    'INVALID_CONFIG',
    `A path has ${MIN_HOPS} to ${MAX_HOPS} hops with different keys, and delays of 0 to ${MAX_DELAY_MS} ms.`,
  )
}

/** Half a frame of a page. */
const SLICE_MS = 8

/** @throws P2PError ABORTED. */
async function inSlices<T>(steps: Generator<void, T, void>, signal: AbortSignal | undefined): Promise<T> {
  for (let startedMs = performance.now(); ; ) {
    if (signal?.aborted) throw abortedError('The creation of a packet', signal.reason)
    const step = steps.next()
    if (step.done) return step.value
    if (performance.now() - startedMs < SLICE_MS) continue
    await nextTurn()
    startedMs = performance.now()
  }
}
