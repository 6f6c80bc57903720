import { equalBytes, hexOf } from '../../base/bytes.js'
import { elapsed } from '../../base/clock.js'
import { nameTaken, P2PError, shutDownError } from '../../base/errors.js'
import { LazyMap } from '../../base/lazy-map.js'
import type { RemotePeer } from '../../channel/hello.js'
import type { SecureChannel } from '../../channel/secure-channel.js'
import { canonicalId, decodePeerId, encodePeerId, isPeerId } from '../../identity/peer-id.js'
import { duplicate, rankOf } from '../connection/path.js'
import { PeerConnection } from '../connection/peer-connection.js'
import { Sessions } from '../connection/sessions.js'
import type { PeerContext, PeerEvents } from '../peer-context.js'
import { Slots } from './slots.js'

const TRAFFIC = ['messagesIn', 'messagesOut', 'bytesIn', 'bytesOut', 'refusals'] as const
export type Traffic = Record<(typeof TRAFFIC)[number], number>

/** The connected peers: decides which may come in, and on which of several connections to one peer both ends settle. */
export class Members {
  readonly sessions: Sessions
  readonly slots: Slots<PeerConnection>
  /** How often peers broke the rules, by error code. */
  readonly faults: Record<string, number> = {}
  /** Why no peer comes in and none is dialled, for a while or for good; undefined while the pool is open. */
  resting: P2PError | undefined
  /** Dials, by the key of the peer reached in hex, that wait for its acceptance. */
  readonly confirming = new LazyMap<string, Promise<string>>()
  /** Channels that we have accepted, by the key of the peer in hex, until it has told of itself. */
  readonly entering = new LazyMap<string, Promise<void>>()
  private readonly peers = new LazyMap<string, PeerConnection>()
  private readonly byKey = new LazyMap<string, PeerConnection>()
  /** The traffic of peers that are gone. */
  private readonly past: Traffic = { messagesIn: 0, messagesOut: 0, bytesIn: 0, bytesOut: 0, refusals: 0 }

  constructor(
    private readonly peerContext: PeerContext,
    private readonly events: PeerEvents,
  ) {
    const { clock, limits, defence } = peerContext
    this.sessions = new Sessions(clock, limits)
    this.slots = new Slots(peerContext, (key) => defence.reputation.scoreOf(hexOf(key)))
  }

  get size(): number {
    return this.peers.size
  }

  all(): PeerConnection[] {
    return [...this.peers.values()]
  }

  /** By peer id, or by the `lp1…` id of a peer with a chosen name. */
  get(given: string): PeerConnection | undefined {
    const peerId = canonicalId(given)
    return this.peers.get(peerId) ?? (isPeerId(peerId) ? this.withKey(decodePeerId(peerId)) : undefined)
  }

  withKey(publicKey: Uint8Array): PeerConnection | undefined {
    return this.byKey.get(hexOf(publicKey))
  }

  /** Messages and their bytes since the start, over all peers, in both directions; and how often peers told us to wait. */
  traffic(): Traffic {
    const sum = { ...this.past }
    for (const peer of this.peers.values()) for (const name of TRAFFIC) sum[name] += peer.traffic[name]
    return sum
  }

  /**
   * Decides whether an authenticated peer may come in, by its key.
   *
   * @param expected the id of the peer that we dialled; undefined: any peer. That of a name to which no key is pinned is checked in `approveRemote`.
   * @throws P2PError SELF_DIAL, BANNED, WRONG_PEER, POOL_FULL, DUPLICATE_CONNECTION.
   */
  async admit(channel: SecureChannel, expected?: string): Promise<void> {
    const { publicKey } = channel.hello
    const { identity, defence, names } = this.peerContext
    if (equalBytes(publicKey, identity.publicKey)) {
      throw new P2PError('SELF_DIAL', 'That address leads back to us.')
    }
    defence.checkPeer(publicKey)
    const wanted = expected === undefined ? undefined : await names.lookup(expected)
    if (wanted !== undefined && !equalBytes(wanted, publicKey)) throw wrongPeer(encodePeerId(publicKey), expected)
    // Both dial at once: the smaller key has the say, and waits for its own dial before it takes the other's.
    const key = hexOf(publicKey)
    if (!channel.connection.outbound && this.oursWins(channel)) await this.confirming.get(key)?.catch(() => {})
    const existing = this.byKey.get(key)
    if (existing === undefined) {
      if (!this.slots.placeFor(channel.connection).fits) throw poolFull(this.peerContext)
    } else if (this.verdict(existing, channel) === 'stay') throw duplicate()
  }

  /**
   * Decides whether a peer may come in, by what it tells of itself.
   *
   * @param expected as in `admit`.
   * @throws P2PError WRONG_PEER, NAME_TAKEN.
   */
  async approveRemote(remote: RemotePeer, expected?: string): Promise<void> {
    const { name, peerId, publicKey } = remote
    const id = encodePeerId(publicKey)
    if (expected !== undefined && expected !== name && expected !== id) throw wrongPeer(peerId, expected)
    if (name === undefined) return
    // A relay is everybody's: whoever came first with a name would keep all others of that name out.
    if (this.peerContext.isRelay(this.peerContext.describe().protocols)) remote.peerId = id
    else await this.checkName(name, publicKey, expected !== undefined)
  }

  /**
   * Takes an admitted channel into service: as a new peer, as another path to a known one, or in place of the peer's earlier process.
   *
   * @throws P2PError POOL_FULL, or why the channel has ended.
   */
  adopt(channel: SecureChannel): void {
    const existing = this.withKey(channel.remote.publicKey)
    if (this.resting !== undefined) channel.close(this.resting)
    if (!channel.open) throw channel.ended ?? shutDownError()
    if (existing === undefined) this.makeRoom(channel)
    else if (this.settle(existing, channel) === 'added') return
    const peer = new PeerConnection(channel, this.sessions.open(channel.remote), this.peerContext, this.events, this.gone)
    this.peers.set(peer.peerId, peer)
    this.byKey.set(hexOf(peer.publicKey), peer)
    this.slots.add(peer)
    this.events.connected(peer)
    this.events.changed()
    peer.begin()
  }

  /** Notes that a peer broke the rules, and has it reported once. */
  fault(error: P2PError, peer?: PeerConnection): void {
    this.faults[error.code] = (this.faults[error.code] ?? 0) + 1
    this.events.error(error, peer)
    if (peer !== undefined) this.peerContext.defence.faulted(peer.publicKey, peer.activeChannel.connection, error)
  }

  /** Says goodbye to all peers; to those behind relays first, for other connections carry what they still have to say. */
  async leaveAll(error: P2PError): Promise<void> {
    const peers = this.all()
    const ranks = new Set(peers.map(({ activeChannel }) => rankOf(activeChannel)))
    for (const rank of [...ranks].sort((a, b) => a - b)) {
      const leaving = peers.filter(({ activeChannel }) => rankOf(activeChannel) === rank)
      // One that fails keeps none of the others, and is told of.
      await Promise.all(leaving.map((peer) => peer.leave(error).catch((fault) => this.events.error(fault, peer))))
    }
  }

  /** @throws P2PError NAME_TAKEN. */
  private async checkName(name: string, publicKey: Uint8Array, isChosen: boolean): Promise<void> {
    const { names, peerId } = this.peerContext
    if (name !== peerId && (await names.claim(name, publicKey, isChosen))) return
    throw nameTaken(name, { name })
  }

  private makeRoom(channel: SecureChannel): void {
    const { fits, evicted } = this.slots.placeFor(channel.connection)
    // Nearly all that come find room, and an error for each would be made for nobody.
    if (fits && evicted === undefined) return
    const error = poolFull(this.peerContext)
    evicted?.close(error)
    if (fits) return
    channel.close(error)
    throw error
  }

  private settle(existing: PeerConnection, channel: SecureChannel): 'added' | 'replaced' {
    // Both ends have accepted the channel: to close it for one that came meanwhile could leave the peer with none.
    if (this.verdict(existing, channel) !== 'replace' && this.sessions.of(channel.remote) === existing.session) {
      if (channel.connection.outbound) this.slots.dialled.add(existing)
      existing.addPath(channel)
      return 'added'
    }
    existing.close(new P2PError('REPLACED', 'Another session with this identity has connected. Use one for each tab.'))
    return 'replaced'
  }

  /**
   * What to do with a second connection to a peer: the first may `stay`; `switch` to the second, which the application does not notice; or
   * `replace` the session, where the peer is another process than before.
   */
  private verdict(existing: PeerConnection, channel: SecureChannel): 'stay' | 'switch' | 'replace' {
    const old = existing.activeChannel
    if (old.hello.session !== channel.hello.session) return 'replace'
    if (rankOf(channel) > rankOf(old) || existing.isInterrupted) return 'switch'
    if (channel.connection.outbound) return 'stay'
    // A peer that has just accepted our dial had its own under way, and settles on ours. Much later, a dial means that the peer
    // has lost the first connection.
    const { clock, limits } = this.peerContext
    const simultaneous = elapsed(clock) - existing.since <= limits.handshakeTimeoutMs
    return old.connection.outbound && simultaneous && this.oursWins(channel) ? 'stay' : 'switch'
  }

  private oursWins({ hello }: SecureChannel): boolean {
    return hexOf(this.peerContext.identity.publicKey) < hexOf(hello.publicKey)
  }

  private readonly gone = (peer: PeerConnection, error: P2PError, fault: boolean): void => {
    if (this.peers.get(peer.peerId) !== peer) return
    this.peers.delete(peer.peerId)
    this.byKey.delete(hexOf(peer.publicKey))
    this.slots.delete(peer)
    this.sessions.away(peer.remote, peer.isInUse)
    for (const name of TRAFFIC) this.past[name] += peer.traffic[name]
    if (fault) this.fault(error, peer)
    this.events.disconnected(peer, error)
    this.events.changed()
  }
}

function wrongPeer(peerId: string, expected: string | undefined): P2PError {
  return new P2PError('WRONG_PEER', `At this address is ${peerId}, not ${expected}.`, { details: { peerId, expected } })
}

export function poolFull({ maxConnections, limits }: Pick<PeerContext, 'maxConnections' | 'limits'>): P2PError {
  return new P2PError('POOL_FULL', `All ${maxConnections} connections are taken.`, {
    details: { limit: 'maxConnections', maxConnections, retryAfterMs: limits.heartbeatIntervalMs },
  })
}
