import type { RelayBackplane } from '../../../backplane/backplane.js'
import { hexOf } from '../../../base/bytes.js'
import { fenced } from '../../../base/fenced.js'
import { CIRCUIT_RELAY_LIMITS } from '../../../base/limits/circuit-relay.js'
import { NODE_LIMITS } from '../../../base/limits/dht-node.js'
import { SMALL_PLUGIN_LIMITS } from '../../../base/limits/small-plugins.js'
import { type Limits, limitsOf } from '../../../base/limits.js'
import type { Random } from '../../../base/random.js'
import { FairTurns, type Work } from '../../../defence/fair-turns.js'
import { encodePeerId, isPeerId } from '../../../identity/peer-id.js'
import { encode } from '../../../message/codec.js'
import type { P2PMessage } from '../../../message/message.js'
import { int, object, optional, parsed, text, unknownType } from '../../../message/shape.js'
import type { IProtocolHandler, ProtocolHost } from '../../../protocol/handler.js'
import type { PeerInfo } from '../../../protocol/peer-info.js'
import { INTRODUCE, isCalled, type PeerQuery } from '../find-peers.js'
import { type Found, IntroductionsElsewhere } from './introductions-elsewhere.js'
import { PeerWatchers } from './peer-watchers.js'
import { PeersElsewhere } from './peers-elsewhere.js'

const criteria = /* @__PURE__ */ (() => ({
  protocol: optional(text(1, 128)),
  resourceType: optional(text(1, 256)),
  peerId: optional(text(1, 128)),
  limit: optional(int(1)),
}))()
const watch = /* @__PURE__ */ int(1, 0xffff_ffff)

/** `find`, a request. */
export const findShape = /* @__PURE__ */ (() => object(criteria))()
/** `watch`: the same question, which stays open under the watcher's number. */
export const watchShape = /* @__PURE__ */ (() => object({ watch, ...criteria }))()
/** `unwatch`. */
export const unwatchShape = /* @__PURE__ */ (() => object({ watch }))()

/**
 * Introduces the peers that are connected to us, other than by a circuit, to each other: once (`find`), or for as long as a peer
 * watches (`watch`).
 */
export class Introducer implements IProtocolHandler {
  readonly protocolName = INTRODUCE
  readonly rateLimits = { messagesPerS: 50, burst: 500 }
  private readonly limits: Limits
  private readonly publishersOf: (resourceType: string) => Iterable<string>
  private readonly typesOf: (publisher: string) => Iterable<string>
  private readonly canBeCalled: (peer: PeerInfo) => boolean
  private readonly provenAddress: (peer: PeerInfo) => string | undefined
  private readonly backplane: RelayBackplane | undefined
  private readonly turns: FairTurns
  private protocolHost: ProtocolHost | undefined
  private watchers: PeerWatchers | undefined
  /** Peers of the other processes of this relay. */
  private elsewhere: IntroductionsElsewhere | undefined
  private distant: PeersElsewhere | undefined

  /**
   * @param options.publishersOf public keys, in lower-case hex, of those who have announced a resource of this type.
   * @param options.typesOf types of the resources that a public key, in lower-case hex, has announced.
   * @param options.canBeCalled whether a peer can be called through us.
   * @param options.backplane the other processes of the relay; absent: there are none.
   * @param options.turns run what takes long.
   * @param options.provenAddress where a handshake of ours has found a peer. Default: nowhere, and no addresses are told.
   */
  constructor(
    options: {
      limits?: Limits
      publishersOf?: (resourceType: string) => Iterable<string>
      typesOf?: (publisher: string) => Iterable<string>
      canBeCalled?: (peer: PeerInfo) => boolean
      provenAddress?: (peer: PeerInfo) => string | undefined
      backplane?: RelayBackplane | undefined
      turns?: FairTurns | undefined
    } = {},
  ) {
    this.backplane = options.backplane
    this.turns = options.turns ?? new FairTurns()
    this.provenAddress = options.provenAddress ?? (() => undefined)
    this.canBeCalled = options.canBeCalled ?? (() => false)
    this.limits = options.limits ?? limitsOf({ ...CIRCUIT_RELAY_LIMITS, ...NODE_LIMITS, ...SMALL_PLUGIN_LIMITS })
    this.publishersOf = options.publishersOf ?? (() => [])
    this.typesOf = options.typesOf ?? (() => [])
  }

  onRegister(host: ProtocolHost): void {
    this.protocolHost = host
    this.watchers = new PeerWatchers(host, {
      limits: this.limits,
      candidates: (query) => [...candidates(host, query), ...this.distantFor(host, query)],
      peer: (peerId) => host.peer(peerId) ?? this.distant?.get(peerId),
      fits,
      describe: (peer) => this.distant?.entryOf(peer) ?? this.describe(peer),
      publishersOf: this.publishersOf,
      typesOf: this.typesOf,
      draw: (peers, count) => sample(host.random, peers, count),
    })
    const { backplane, limits } = this
    if (backplane === undefined) return
    this.elsewhere = new IntroductionsElsewhere({
      backplane,
      limits,
      random: host.random,
      clock: host.clock,
      find: (query, asker) => resultOf(this.finding(host, query, asker)),
    })
    this.distant = new PeersElsewhere({
      backplane,
      isWatching: () => this.watches > 0,
      changed: (peer) => this.watchers?.changed(peer),
    })
  }

  onUnregister(): void {
    this.watchers?.close()
    this.elsewhere?.close()
    this.distant?.close()
    this.protocolHost = this.watchers = this.elsewhere = this.distant = undefined
  }

  /** Watches for peers that are open. */
  get watches(): number {
    return this.watchers?.count ?? 0
  }

  async onPeerConnected(peer: PeerInfo): Promise<void> {
    this.changed(peer)
  }

  async onPeerDisconnected(peer: PeerInfo): Promise<void> {
    this.watchers?.deleteOf(peer.peerId)
    this.forgetUnwatched()
    this.changed(peer)
  }

  /** A peer has come or gone, says something else of itself, or is reached by another path. */
  changed(peer: PeerInfo): void {
    this.watchers?.changed(peer)
    const { distant, protocolHost: host } = this
    if (distant === undefined || host === undefined || peer.publicKey === undefined) return
    const here = host.peer(peer.peerId)
    const isHere = here?.connection !== undefined && here.connection.transport !== 'circuit'
    const entry = isHere ? this.describe(here) : undefined
    distant.tell(encodePeerId(peer.publicKey), entry)
  }

  /** A peer that may be connected has announced or withdrawn a resource. @param publicKey 32 bytes. */
  published(publicKey: Uint8Array, resourceType: string): void {
    if (this.watchers?.watchesType(resourceType) !== true) return
    const peer = this.protocolHost?.peer(encodePeerId(publicKey))
    if (peer !== undefined) this.changed(peer)
  }

  async handleMessage(message: P2PMessage, from: PeerInfo): Promise<void> {
    const { protocolHost: host, watchers } = this
    if (host === undefined || watchers === undefined) return
    const { type, payload } = message
    if (type === 'find') {
      const query = parsed(findShape, payload, 'A query for peers')
      const own = await this.turns.run(hexOf(from.publicKey!), this.finding(host, query, from.peerId))
      const peers = (await this.elsewhere?.add(own, query, encodePeerId(from.publicKey!))) ?? own.peers
      await host.reply(message, { type: 'found', payload: { peers } })
    } else if (type === 'watch') {
      const { watch: id, ...query } = parsed(watchShape, payload, 'A watch for peers')
      watchers.add(from.peerId, id, query)
      for (const { nodeId, peers } of (await this.elsewhere?.askAll(query, encodePeerId(from.publicKey!))) ?? []) {
        for (const peer of peers) fenced(() => this.distant?.add(peer, nodeId))
      }
    } else if (type === 'unwatch') {
      watchers.delete(from.peerId, parsed(unwatchShape, payload, 'The end of a watch').watch)
      this.forgetUnwatched()
    } else throw unknownType(message)
  }

  /** Peers of other processes are kept for those who watch alone. */
  private forgetUnwatched(): void {
    if (this.watches === 0) this.distant?.clear()
  }

  private distantFor(host: ProtocolHost, { peerId }: PeerQuery): PeerInfo[] {
    const known = isPeerId(peerId) ? [this.distant?.get(peerId)] : (this.distant?.all() ?? [])
    return known.filter((peer) => peer !== undefined && host.peer(peer.peerId) === undefined) as PeerInfo[]
  }

  private describe(peer: PeerInfo): unknown {
    return describe(peer, this.provenAddress(peer), this.canBeCalled(peer), this.limits)
  }

  private *finding(host: ProtocolHost, query: PeerQuery, asker: string): Work<Found> {
    const { resourceType, limit } = query
    const publishers = resourceType === undefined ? undefined : new Set(this.publishersOf(resourceType))
    const found = candidates(host, query).filter(
      (peer) => fits(peer, asker, query) && (publishers === undefined || publishers.has(hexOf(peer.publicKey!))),
    )
    // By lot where there are too many: neither the oldest nor the newest has an advantage that could be won by reconnecting.
    const count = Math.min(limit ?? Number.POSITIVE_INFINITY, this.limits.maxIntroductions)
    const { maxIntroductionBytes, maxAnswerBytes } = this.limits
    const peers: unknown[] = []
    let bytes = 0
    for (const peer of found.length > count ? sample(host.random, found, count) : found) {
      const entry = this.describe(peer)
      const size = encode(entry, this.limits).length
      bytes += size
      if (bytes > Math.min(maxIntroductionBytes, maxAnswerBytes)) break
      peers.push(entry)
      yield size / BYTES_PER_UNIT
    }
    return { peers, total: found.length }
  }
}

/** Those among whom a question can be answered: for an `lp1…` id one look finds the peer. */
function candidates(host: ProtocolHost, { peerId }: PeerQuery): PeerInfo[] {
  const known = isPeerId(peerId) ? host.peer(peerId) : undefined
  return isPeerId(peerId) ? (known === undefined ? [] : [known]) : host.peers()
}

/** Whether a peer is introduced to another one by this question, whatever it has announced. */
function fits(peer: PeerInfo, asker: string, { peerId, protocol }: PeerQuery): boolean {
  return (
    peer.peerId !== asker &&
    peer.publicKey !== undefined &&
    peer.connection !== undefined &&
    peer.connection.transport !== 'circuit' &&
    isCalled(peer, peerId) &&
    (protocol === undefined || peer.protocols?.includes(protocol) === true)
  )
}

function describe(peer: PeerInfo, websocket: string | undefined, reserved: boolean, limits: Limits): unknown {
  const { peerId, name = peerId, publicKey, protocols = [], lastSeen } = peer
  // As deep as a message may be, it would make ours too deep for everybody: nobody would learn of the others in it.
  const metadata = isShallow(peer.metadata, limits.maxDecodeDepth - AROUND) ? peer.metadata : undefined
  return { peerId: name, publicKey, addresses: { websocket }, protocols, metadata, lastSeen, reserved }
}

/** Bytes of an introduction that cost a unit of work: they are encoded twice, and sealed. */
const BYTES_PER_UNIT = 32

/** What work returns that is not to be interrupted. */
function resultOf<T>(work: Work<T>): T {
  for (;;) {
    const { done, value } = work.next()
    if (done) return value
  }
}

/** Containers around the metadata of an introduced peer: the message, its payload, the list and the entry. */
const AROUND = 4

/** Whether a value nests no deeper than this. */
function isShallow(value: unknown, depth: number): boolean {
  if (depth < 1) return false
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return true
  return Object.values(value).every((item) => isShallow(item, depth - 1))
}

/** So many of the items by lot (Fisher and Yates). */
function sample<T>(random: Random, items: T[], count: number): T[] {
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(random.unit() * (items.length - i))
    ;[items[i], items[j]] = [items[j]!, items[i]!]
  }
  return items.slice(0, count)
}
