import { hexOf } from '../../base/bytes.js'
import { asP2PError, P2PError } from '../../base/errors.js'
import { DEFAULT_LIMITS, type Limits } from '../../base/limits.js'
import { type WaitOptions, withDeadline } from '../../base/wait.js'
import { equalBytes } from '../../identity/ed25519.js'
import { decodePeerId } from '../../identity/peer-id.js'
import { encode } from '../../message/codec.js'
import type { P2PMessage } from '../../message/message.js'
import { array, boolean, bytes, int, number, object, optional, present, record, shaped, text } from '../../message/shape.js'
import type { IProtocolHandler, ProtocolHost } from '../../protocol/handler.js'
import { type PeerAddresses, type PeerInfo, PeerState } from '../../protocol/peer-info.js'
import { unknownType } from './frames.js'

/** Answers who else is connected here. */
export const INTRODUCE = 'lotus/introduce'

/** Who is sought. Several criteria must all hold; none means anybody. */
export interface PeerQuery {
  /** Name of a protocol that the peer has registered. */
  protocol?: string | undefined
  /** Type of a resource that the peer has announced. */
  resourceType?: string | undefined
  peerId?: string | undefined
  /** At most so many peers; never above `limits.maxIntroductions`. */
  limit?: number | undefined
}

const queryShape = /* @__PURE__ */ (() =>
  object({
    protocol: optional(text(1, 128)),
    resourceType: optional(text(1, 256)),
    peerId: optional(text(1, 128)),
    limit: optional(int(1)),
  }))()
const peerShape = /* @__PURE__ */ (() =>
  object({
    peerId: text(1, 128),
    publicKey: bytes(32),
    addresses: object({ websocket: optional(text(1, 512, /^wss?:\/\//)), http: optional(text(1, 512, /^https?:\/\//)) }),
    protocols: array(text(1, 128), DEFAULT_LIMITS.maxProtocols),
    metadata: optional(record(present)),
    lastSeen: number(0, Number.MAX_SAFE_INTEGER),
    /** Whether the introducer brings callers to the peer. */
    reserved: optional(boolean()),
  }))()
const answerShape = /* @__PURE__ */ (() => object({ peers: array(present) }))()

/** Introduces the peers that are connected to us, other than by a circuit, to each other. */
export class Introducer implements IProtocolHandler {
  readonly protocolName = INTRODUCE
  readonly rateLimits = { messagesPerS: 50, burst: 500 }
  private readonly limits: Limits
  private readonly publishersOf: (resourceType: string) => Iterable<string>
  private readonly canBeCalled: (peer: PeerInfo) => boolean
  private host: ProtocolHost | undefined

  /**
   * @param options.publishersOf public keys, in lower-case hex, of those who have announced a resource of this type.
   * @param options.canBeCalled whether a peer can be called through us.
   */
  constructor(
    options: {
      limits?: Limits
      publishersOf?: (resourceType: string) => Iterable<string>
      canBeCalled?: (peer: PeerInfo) => boolean
    } = {},
  ) {
    this.canBeCalled = options.canBeCalled ?? (() => false)
    this.limits = options.limits ?? DEFAULT_LIMITS
    this.publishersOf = options.publishersOf ?? (() => [])
  }

  onRegister(host: ProtocolHost): void {
    this.host = host
  }

  onUnregister(): void {
    this.host = undefined
  }

  async handleMessage(message: P2PMessage, from: PeerInfo): Promise<void> {
    const host = this.host
    if (host === undefined) return
    if (message.type !== 'find') throw unknownType(message)
    const query = shaped(queryShape, message.payload)
    if (query === undefined) throw new P2PError('MALFORMED_DATA', 'This is not a query for peers.')
    await host.reply(message, { type: 'found', payload: { peers: this.find(host, query, from.peerId) } })
  }

  private find(host: ProtocolHost, { protocol, resourceType, peerId, limit }: PeerQuery, asker: string): unknown[] {
    const publishers = resourceType === undefined ? undefined : new Set(this.publishersOf(resourceType))
    const found = host
      .peers()
      .filter(
        (peer) =>
          peer.peerId !== asker &&
          peer.publicKey !== undefined &&
          peer.connection !== undefined &&
          peer.connection.transport !== 'circuit' &&
          (peerId === undefined || peer.peerId === peerId) &&
          (protocol === undefined || peer.protocols?.includes(protocol) === true) &&
          (publishers === undefined || publishers.has(hexOf(peer.publicKey))),
      )
    // By lot where there are too many: neither the oldest nor the newest has an advantage that could be won by reconnecting.
    const count = Math.min(limit ?? Number.POSITIVE_INFINITY, this.limits.maxIntroductions)
    const answer: unknown[] = []
    let bytes = 0
    for (const peer of found.length > count ? sample(found, count) : found) {
      const entry = describe(peer, this.canBeCalled(peer))
      bytes += encode(entry, this.limits).length
      if (bytes > this.limits.maxAnswerBytes) break
      answer.push(entry)
    }
    return answer
  }
}

function describe(peer: PeerInfo, reserved: boolean): unknown {
  const { peerId, publicKey, addresses, protocols = [], metadata, lastSeen } = peer
  const { websocket, http } = addresses
  return { peerId, publicKey, addresses: { websocket, http }, protocols, metadata, lastSeen, reserved }
}

function sample<T>(items: T[], count: number): T[] {
  const random = crypto.getRandomValues(new Uint32Array(count))
  for (let i = 0; i < count; i++) {
    const j = i + (random[i]! % (items.length - i))
    ;[items[i], items[j]] = [items[j]!, items[i]!]
  }
  return items.slice(0, count)
}

/**
 * Asks all connected introducers at once and merges what they say. A key that does not belong to its `lp1…` id is dropped;
 * where introducers name different keys for one chosen name, each is returned, for only a dial can tell who is who.
 * After the first introduction the others have `limits.dhtGraceMs` left.
 *
 * @returns peers with `addresses.relays` set to the introducers, by which a circuit reaches them.
 * @throws P2PError NO_RELAY without an introducer, ABORTED, or the first failure where none of them answered.
 */
export async function findPeers(
  host: ProtocolHost,
  query: PeerQuery,
  options: WaitOptions & { limits?: Limits } = {},
): Promise<PeerInfo[]> {
  const limits = options.limits ?? DEFAULT_LIMITS
  const limit = Math.min(query.limit ?? Number.POSITIVE_INFINITY, limits.maxIntroductions)
  const introducers = host.peers().filter((peer) => peer.protocols?.includes(INTRODUCE))
  if (introducers.length === 0) throw new P2PError('NO_RELAY', 'No connected peer introduces others. Connect to a relay first.')
  const found = new Map<string, PeerInfo>()
  const failures: unknown[] = []
  const answers: { introducer: string; peers: Introduced[] }[] = []
  let grace: unknown
  const payload = { protocol: query.protocol, resourceType: query.resourceType, peerId: query.peerId, limit }

  await withDeadline(host.clock, 'Looking for peers', { signal: options.signal }, (signal) => {
    const enough = new AbortController()
    const stop = () => enough.abort()
    signal.addEventListener('abort', stop)
    const ask = async ({ peerId: introducer }: PeerInfo) => {
      try {
        const { payload: answer } = await host.request(
          introducer,
          { type: 'find', payload, protocol: INTRODUCE },
          { signal: enough.signal, timeoutMs: options.timeoutMs ?? limits.dhtTimeoutMs },
        )
        const peers = readAnswer(answer, limits).filter(({ info }) => info.peerId !== host.peerId && matches(info, query))
        answers.push({ introducer, peers })
        if (peers.length > 0) grace ??= host.clock.setTimeout(stop, limits.dhtGraceMs)
      } catch (error) {
        failures.push(error)
      }
    }
    return Promise.all(introducers.map(ask)).finally(() => {
      if (grace !== undefined) host.clock.clearTimeout(grace)
    })
  })
  if (answers.length === 0) throw asP2PError(failures[0], 'PEER_UNREACHABLE', 'No introducer answered. Try again.')
  // In turns, so that one introducer with a hundred inventions does not crowd out the others.
  for (let i = 0; i < limits.maxIntroductions; i++) {
    for (const { introducer, peers } of answers) if (peers[i] !== undefined) merge(found, peers[i]!, introducer, limits)
  }
  const connected = new Map(host.peers().map((peer) => [peer.peerId, peer]))
  return [...found.values()].slice(0, limit).map((peer) => {
    const known = connected.get(peer.peerId)
    return known?.publicKey !== undefined && equalBytes(known.publicKey, peer.publicKey!) ? known : peer
  })
}

/** A peer as one introducer tells of it. */
interface Introduced {
  info: PeerInfo
  /** Whether the introducer brings callers to it. */
  reserved: boolean
}

/** @throws P2PError MALFORMED_DATA where it is no answer at all; single entries that are wrong are left out. */
function readAnswer(answer: unknown, limits: Limits): Introduced[] {
  const told = shaped(answerShape, answer)
  if (told === undefined) throw new P2PError('MALFORMED_DATA', 'The introducer sent no list of peers.')
  const peers: Introduced[] = []
  for (const entry of told.peers.slice(0, limits.maxIntroductions)) {
    const peer = shaped(peerShape, entry)
    if (peer === undefined || !keyFits(peer.peerId, peer.publicKey)) continue
    const { metadata, addresses, reserved = false, ...rest } = peer
    const info: PeerInfo = {
      ...rest,
      addresses: Object.fromEntries(Object.entries(addresses).filter(([, address]) => address !== undefined)) as PeerAddresses,
      state: PeerState.DISCONNECTED,
      ...(metadata !== undefined && encode(metadata, limits).length <= limits.maxMetadataBytes && { metadata }),
    }
    peers.push({ info, reserved })
  }
  return peers
}

function matches(peer: PeerInfo, { peerId, protocol }: PeerQuery): boolean {
  return (
    (peerId === undefined || peer.peerId === peerId) && (protocol === undefined || peer.protocols?.includes(protocol) === true)
  )
}

function merge(found: Map<string, PeerInfo>, { info, reserved }: Introduced, introducer: string, limits: Limits): void {
  const id = `${info.peerId} ${hexOf(info.publicKey!)}`
  const known = found.get(id) ?? { ...info, addresses: { ...info.addresses, relays: [] } }
  found.set(id, known)
  if (reserved && known.addresses.relays!.length < limits.maxAddresses) known.addresses.relays!.push(introducer)
}

/** A self-certifying id must be that of the key; a chosen name says nothing. */
function keyFits(peerId: string, publicKey: Uint8Array): boolean {
  if (!peerId.startsWith('lp1')) return true
  try {
    return equalBytes(decodePeerId(peerId), publicKey)
  } catch {
    return false
  }
}
