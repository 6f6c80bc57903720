import { learnt } from '../../address/dial-policy.js'
import { equalBytes, hexOf } from '../../base/bytes.js'
import { asP2PError, noRelayError, P2PError, timeoutError } from '../../base/errors.js'
import { CORE_LIMITS } from '../../base/limits/core.js'
import { type Limits, limitsOf } from '../../base/limits.js'
import { tupleKey } from '../../base/tuple-key.js'
import type { WaitOptions } from '../../base/wait.js'
import { encodePeerId, fitsKey } from '../../identity/peer-id.js'
import { encode } from '../../message/codec.js'
import { array, boolean, bytes, number, object, optional, parsed, present, record, shaped, text } from '../../message/shape.js'
import { askPeers, type Question } from '../../protocol/ask-peers.js'
import type { ProtocolHost } from '../../protocol/handler.js'
import { asTold, copyPeerInfo, type PeerAddresses, type PeerInfo, PeerState, serves } from '../../protocol/peer-info.js'
import { speaksAsRelay } from './frames.js'

/** Answers who else is connected here. */
export const INTRODUCE = 'lotus/introduce'
/** Tells those who watch at an introducer which peers come, change and go. */
export const INTRODUCE_WATCH = 'lotus/introduce-watch'

/** Who is sought. Several criteria must all hold; none means anybody. */
export interface PeerQuery {
  /** Name of a protocol that the peer has registered. */
  protocol?: string | undefined
  /** Type of a resource that the peer has announced. */
  resourceType?: string | undefined
  /** An `lp1…` id, or a chosen name; all who claim the name are meant. */
  peerId?: string | undefined
  /** At most so many peers; never above `limits.maxIntroductions`. */
  limit?: number | undefined
}

/** @throws P2PError INVALID_CONFIG for a criterion that there is none of: without it everybody would be meant. */
export function checkQuery({ protocol, resourceType, peerId, limit, ...others }: PeerQuery): void {
  const [odd] = Object.keys(others)
  if (odd !== undefined) {
    throw new P2PError('INVALID_CONFIG', `Peers are sought by protocol, resourceType, peerId and limit, not by "${odd}".`)
  }
}

const peerShape = /* @__PURE__ */ (() =>
  object({
    peerId: text(1, 128),
    publicKey: bytes(32),
    addresses: object({ websocket: optional(text(1, 512, /^wss?:\/\//)), http: optional(text(1, 512, /^https?:\/\//)) }),
    protocols: array(text(1, 128), CORE_LIMITS.maxProtocols),
    metadata: optional(record(present)),
    lastSeen: number(0, Number.MAX_SAFE_INTEGER),
    /** Whether the introducer brings callers to the peer. */
    reserved: optional(boolean()),
  }))()
const answerShape = /* @__PURE__ */ (() => object({ peers: array(present) }))()

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
  const limits = options.limits ?? limitsOf()
  const limit = Math.min(query.limit ?? Number.POSITIVE_INFINITY, limits.maxIntroductions)
  const introducers = host.peers(true).filter((peer) => serves(peer, INTRODUCE))
  if (introducers.length === 0) throw noRelayError()
  const found = new Map<string, PeerInfo>()
  const answers: { introducer: string; peers: Introduced[] }[] = []
  let failure: unknown
  const { protocol, resourceType, peerId } = query
  const request = { type: 'find', payload: { protocol, resourceType, peerId, limit }, protocol: INTRODUCE }
  const question: Question = {
    what: 'Looking for peers',
    peers: introducers.map((peer) => peer.peerId),
    giveUp: true,
    ...options,
  }
  await askPeers(host.clock, limits, new Set(), question, async (introducer, wait) => {
    try {
      const { payload } = await host.request(introducer, request, wait)
      const peers = readPeers(parsed(answerShape, payload, 'An introduction').peers, host, query, limits)
      answers.push({ introducer, peers })
      return peers.length > 0
    } catch (error) {
      failure ??= error
      throw error
    }
  })
  if (answers.length === 0) {
    const late = timeoutError(question.what, options.timeoutMs ?? limits.dhtTimeoutMs)
    throw asP2PError(failure ?? late, 'PEER_UNREACHABLE', 'No introducer answered. Try again.')
  }
  // In turns, so that one introducer with a hundred inventions does not crowd out the others.
  for (let i = 0; i < limits.maxIntroductions; i++) {
    for (const { introducer, peers } of answers) if (peers[i] !== undefined) merge(found, peers[i]!, introducer, limits)
  }
  return [...found.values()].slice(0, limit).map((peer) => {
    const known = host.peer(peer.peerId)
    return known?.publicKey !== undefined && equalBytes(known.publicKey, peer.publicKey!) ? copyPeerInfo(known) : peer
  })
}

/** A peer as one introducer tells of it. */
export interface Introduced {
  info: PeerInfo
  /** Whether the introducer brings callers to it. */
  reserved: boolean
}

/** The entries of an introduction that are in order, of others, and asked for. */
export function readPeers(entries: unknown[], host: ProtocolHost, query: PeerQuery, limits: Limits): Introduced[] {
  const peers: Introduced[] = []
  for (const entry of entries.slice(0, limits.maxIntroductions)) {
    const peer = shaped(peerShape, entry)
    if (peer === undefined || !fitsKey(peer.peerId, peer.publicKey) || peer.peerId === host.peerId) continue
    const { metadata, addresses, reserved = false, ...rest } = peer
    const info: PeerInfo = {
      ...rest,
      addresses: asTold(
        Object.fromEntries(
          Object.entries(addresses).flatMap(([name, address = '']) => {
            const taken = learnt(address, host)
            return taken === undefined ? [] : [[name, taken]]
          }),
        ) as PeerAddresses,
      ),
      state: PeerState.DISCONNECTED,
      isRelay: speaksAsRelay(peer.protocols),
      ...(metadata !== undefined && encode(metadata, limits).length <= limits.maxMetadataBytes && { metadata }),
    }
    const { protocol } = query
    if (isCalled(info, query.peerId) && (protocol === undefined || peer.protocols.includes(protocol)))
      peers.push({ info, reserved })
  }
  return peers
}

/** Whether a peer has this id, whatever name it has chosen, or claims this name. */
export function isCalled({ peerId, name, publicKey }: PeerInfo, sought: string | undefined): boolean {
  return (
    sought === undefined ||
    peerId === sought ||
    name === sought ||
    (sought.startsWith('lp1') && encodePeerId(publicKey!) === sought)
  )
}

/** Adds what one introducer tells of a peer to what others tell. */
export function merge(found: Map<string, PeerInfo>, { info, reserved }: Introduced, introducer: string, limits: Limits): void {
  const id = tupleKey(info.peerId, hexOf(info.publicKey!))
  const known = found.get(id) ?? { ...info, addresses: asTold({ ...info.addresses, relays: [] }) }
  found.set(id, known)
  if (reserved && known.addresses.relays!.length < limits.maxAddresses) known.addresses.relays!.push(introducer)
}
