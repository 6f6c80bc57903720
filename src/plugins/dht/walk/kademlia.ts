import { learnt } from '../../../address/dial-policy.js'
import { diverse } from '../../../address/diversity.js'
import { originOf } from '../../../address/origin.js'
import { elapsed } from '../../../base/clock.js'
import { P2PError, shutDownError } from '../../../base/errors.js'
import type { Unsubscribe } from '../../../base/events.js'
import { LazySet } from '../../../base/lazy-map.js'
import type { Limits } from '../../../base/limits.js'
import { JoinedSignal, type WaitOptions } from '../../../base/wait.js'
import { decodePeerId } from '../../../identity/peer-id.js'
import type { P2PMessage } from '../../../message/message.js'
import { parsed } from '../../../message/shape.js'
import type { ProtocolHost } from '../../../protocol/handler.js'
import { type PeerAddresses, type PeerInfo, serves } from '../../../protocol/peer-info.js'
import { DHT_NODE_PROTOCOL, DHT_PROTOCOL, findNodeAnswer } from '../client/dht-messages.js'
import type { Question } from '../client/exchanges.js'
import type { LookupNetworkStats, LookupTrace } from '../client/lookup.js'
import { commonBits, compareDistance, nodeIdOf, placeOfKey, placeOfSet, setOfPattern } from '../records/key-space.js'
import { isDishonest } from '../records/record-verifier.js'
import { type Contact, contactOf, readContacts } from './contact.js'
import { LookupLog } from './lookup-log.js'
import { type NodeDialer, NodeLinks } from './node-links.js'
import { RoutingTable } from './routing-table.js'
import { Tellers } from './tellers.js'
import { type WalkResult, walk } from './walk.js'

export interface KademliaOptions {
  host: ProtocolHost
  /** Our Ed25519 public key, 32 bytes. */
  identity: { readonly publicKey: Uint8Array }
  limits: Limits
  dialer: NodeDialer
}

/** How far a walk goes, and when it ends. */
export interface WalkPlan extends WaitOptions {
  /** Nodes wanted; default `dhtBucketSize`. */
  count?: number
  /** Default false; see `WalkOptions.thorough`. */
  thorough?: boolean
  /** Whether what has come is all that is wanted. */
  isEnough?(): boolean
}

/** Asks one node, and gives the nodes that it has named. */
export type AskNode = (contact: Contact, signal: AbortSignal) => Promise<Contact[]>

/** The farthest buckets, where all but a sixteenth of the key space lies. */
const WARM_BUCKETS = 4

/**
 * The nodes that we know, and walks from one to the next: Kademlia (Maymounkov and Mazières, 2002) with the disjoint paths of
 * S/Kademlia (Baumgart and Mies, 2007). Nodes that answer come into the routing table; nodes that lie leave it.
 */
export class Kademlia {
  readonly table: RoutingTable
  private readonly links: NodeLinks
  private readonly log = new LookupLog()
  private readonly tellers = new Tellers()
  private readonly underWay = new LazySet<JoinedSignal>()
  private readonly newNodeListeners = new LazySet<(contact: Contact) => void>()
  /** Connected peers that call themselves nodes, whether or not they may be asked. */
  private readonly connectedNodes = new LazySet<string>()
  private isOver = false
  /** What becomes of a node that did not answer. */
  onSilent = (contact: Contact): unknown => this.table.failed(contact)
  /** Whether we are to be a node: then nodes that have come by themselves are our neighbours too. */
  isNode = false

  constructor(private readonly wiring: KademliaOptions) {
    const { host, identity, limits, dialer } = wiring
    this.table = new RoutingTable(() => nodeIdOf(identity.publicKey, host.network), host.clock, limits)
    this.links = new NodeLinks(host, dialer, limits)
  }

  /** The name of the network that all the nodes are of. */
  get networkName(): string {
    return this.wiring.host.network
  }

  /** Whether fewer nodes are known than one bucket takes: in so small a network each server counts, also one that is no node. */
  get isSmall(): boolean {
    return this.table.size < this.wiring.limits.dhtBucketSize
  }

  /** Whether a walk has somewhere to begin, and may go on from there. */
  get canWalk(): boolean {
    return this.wiring.dialer.mayDial() && this.table.size > 0
  }

  /** Mean round trip of all nodes asked so far, milliseconds; undefined before the first. */
  get meanRttMs(): number | undefined {
    return this.links.times.mean
  }

  /** Tells of each node that has come into our table. */
  onNewNode(listener: (contact: Contact) => void): Unsubscribe {
    this.newNodeListeners.add(listener)
    return () => this.newNodeListeners.delete(listener)
  }

  /**
   * Takes a peer that has connected, and says that it is a node, into the table. A client takes none that it has not chosen: it would
   * ask it over the connection on which it came.
   */
  connected(peer: PeerInfo): void {
    const { peerId, publicKey, addresses, protocols } = peer
    if (protocols?.includes(DHT_NODE_PROTOCOL) !== true) return
    this.connectedNodes.add(peerId)
    if (publicKey === undefined || !(this.isNode || serves(peer, DHT_NODE_PROTOCOL))) return
    this.seen(contactOf(publicKey, this.addressIn(addresses), this.networkName))
  }

  /** A peer has disconnected. A node that tells no address cannot be reached any more. */
  disconnected({ peerId, publicKey, addresses }: PeerInfo): void {
    this.connectedNodes.delete(peerId)
    if (publicKey === undefined) return
    const contact = contactOf(publicKey, '', this.networkName)
    this.links.lost(contact.peerId)
    if (this.addressIn(addresses) === '') this.table.remove(contact)
  }

  /** Whether we are, as far as we know, among those that keep what belongs to a place. */
  isResponsible(place: Uint8Array): boolean {
    const { dhtBucketSize } = this.wiring.limits
    const near = this.table.closest(place, dhtBucketSize)
    const farthest = near.at(-1)
    return near.length < dhtBucketSize || compareDistance(place, this.table.ownId, farthest!.id) < 0
  }

  /** The nodes nearest to a place, found by walking there. @throws P2PError ABORTED, SHUT_DOWN. */
  nearest(target: Uint8Array, plan: WalkPlan = {}): Promise<WalkResult> {
    return this.walkTo(target, plan, async (contact, signal) => {
      const answer = await this.ask(contact, { type: 'find-node', payload: { target } }, signal)
      const { closer } = parsed(findNodeAnswer, answer.payload, 'A DHT message')
      return this.contactsFrom(closer, target, contact)
    })
  }

  /** Walks to where a key or a set is kept. @throws P2PError ABORTED, SHUT_DOWN. */
  async trace(pattern: string, wait: WaitOptions = {}): Promise<LookupTrace> {
    const { clock } = this.wiring.host
    const startedAt = elapsed(clock)
    const set = setOfPattern(pattern)
    const target = set === undefined ? placeOfKey(pattern, this.networkName) : placeOfSet(set, this.networkName)
    const { steps, hops } = await this.nearest(target, wait)
    return { target, steps, hops, tookMs: elapsed(clock) - startedAt }
  }

  /** Asks a node whether it lives. False where it does not answer. */
  ping(contact: Contact): Promise<boolean> {
    return this.ask(contact, { type: 'ping', payload: null }).then(
      () => true,
      () => false,
    )
  }

  /** Connects to the fastest nodes of the farthest buckets, and stays so: most lookups lead there, and then begin without a dial. */
  async keepWarm(): Promise<void> {
    const { links, table } = this
    const chosen: Contact[] = []
    const { dhtLinks, maxOriginShare } = this.wiring.limits
    const each = Math.max(1, Math.floor(dhtLinks / WARM_BUCKETS))
    for (let bits = 0; bits < WARM_BUCKETS; bits++) {
      const fastest = table.inBucket(bits).sort((a, b) => links.times.meanOf(a.peerId) - links.times.meanOf(b.peerId))
      chosen.push(...diverse(fastest, each, maxOriginShare, ({ address }) => originOf(address)))
    }
    links.keepWarm(chosen.map(({ peerId }) => peerId))
    await Promise.all(chosen.filter(({ peerId }) => !links.isConnected(peerId)).map((contact) => this.ping(contact)))
  }

  /** Takes nodes that somebody has named, outside of a lookup too. A known liar is not listened to. */
  learn(contacts: readonly Contact[], teller: string): Contact[] {
    if (this.tellers.isLiar(teller)) return []
    const believed = contacts.filter(({ peerId }) => !this.tellers.isLiar(peerId))
    for (const contact of believed) this.table.learned(contact, teller)
    this.tellers.tell(teller, believed)
    return believed
  }

  /** Records whether a node answered: the word of the peer that named it is worth as much. */
  tried(contact: Contact, lives: boolean): void {
    if (lives) this.seen(contact)
    else this.onSilent(contact)
    const liar = this.tellers.came(contact.peerId, lives)
    if (liar !== undefined) this.table.remove(contactOf(decodePeerId(liar), '', this.networkName))
  }

  /**
   * The nodes in an answer. A node that answers as no honest one does leaves the table, and is disconnected where the fault can only
   * be its own.
   *
   * @throws P2PError MALFORMED_DATA.
   */
  contactsFrom(wire: unknown, target: Uint8Array, teller: Contact): Contact[] {
    const { peerId } = teller
    if (this.tellers.isLiar(peerId)) return []
    try {
      const { networkName: network, wiring } = this
      const options = { max: wiring.limits.dhtBucketSize, own: this.table.ownId, rules: wiring.host, network }
      return this.learn(readContacts(wire ?? [], target, options), peerId)
    } catch (error) {
      // Condemned, it does not come in again by connecting anew.
      this.tellers.condemn(peerId)
      this.table.remove(teller)
      if (isDishonest(error)) this.wiring.host.reject(peerId, error)
      throw error
    }
  }

  /**
   * Walks to a place, asking each node on the way as the caller likes.
   *
   * @throws P2PError ABORTED, SHUT_DOWN.
   */
  async walkTo(target: Uint8Array, plan: WalkPlan, ask: AskNode): Promise<WalkResult> {
    const { host, limits } = this.wiring
    const { clock } = host
    if (this.isOver) throw shutDownError()
    // One that was dialled since is asked from now on; one that a full bucket had no place for may find one.
    for (const peerId of this.isSmall ? this.connectedNodes : []) {
      const peer = host.peer(peerId)
      if (peer !== undefined) this.connected(peer)
    }
    this.table.used(target)
    // So many of each path's own: liars that are all of the nearest name nobody else.
    const seeds = this.table.closest(target, limits.dhtBucketSize * limits.dhtPaths)
    if (seeds.length === 0) {
      this.log.ended(0, 0, true, [])
      return { closest: [], steps: [], hops: 0 }
    }
    const end = new JoinedSignal(plan.signal)
    this.underWay.add(end)
    const timer = plan.timeoutMs === undefined ? undefined : clock.setTimeout(() => end.abort(), plan.timeoutMs)
    const startedAt = elapsed(clock)
    try {
      const result = await walk({
        clock,
        target,
        seeds,
        warm: this.warmTowards(target),
        count: plan.count ?? limits.dhtBucketSize,
        thorough: plan.thorough ?? false,
        concurrency: limits.dhtConcurrency,
        paths: limits.dhtPaths,
        ask,
        slowAfterMs: (contact) => this.links.slowAfterMs(contact),
        isEnough: plan.isEnough ?? (() => false),
        signal: end.signal,
      })
      // Nobody may have answered.
      const isSuccess = result.closest.length > 0 || result.steps.length === 0
      this.log.ended(result.hops, elapsed(clock) - startedAt, isSuccess, result.steps)
      return result
    } catch (error) {
      this.log.ended(0, elapsed(clock) - startedAt, false, [])
      throw error
    } finally {
      end.release()
      this.underWay.delete(end)
      if (timer !== undefined) clock.clearTimeout(timer)
    }
  }

  /** Asks one node. @throws P2PError SHUT_DOWN, ABORTED, TIMEOUT, what a dial fails with, or what the node refuses with. */
  async ask(contact: Contact, message: Question, signal?: AbortSignal): Promise<P2PMessage> {
    if (this.isOver) throw shutDownError()
    // That we cannot dial a node says nothing against it.
    if (!this.links.isConnected(contact.peerId) && (!this.wiring.dialer.mayDial() || contact.address === '')) {
      throw new P2PError('PEER_NOT_CONNECTED', 'This node cannot be dialled.')
    }
    try {
      const answer = await this.links.ask(contact, { ...message, protocol: DHT_PROTOCOL }, { signal })
      this.tried(contact, true)
      return answer
    } catch (error) {
      if (!signal?.aborted && !this.isOver) this.tried(contact, false)
      throw error
    }
  }

  getStats(): Omit<LookupNetworkStats, 'mode' | 'ignoredRecords'> {
    return { nodes: this.table.size, liars: this.tellers.liars, buckets: this.table.getStats(), ...this.log.getStats() }
  }

  close(): void {
    this.isOver = true
    for (const end of this.underWay) end.abort()
    this.links.close()
  }

  private addressIn({ websocket = '' }: PeerAddresses): Contact['address'] {
    return learnt(websocket, this.wiring.host) ?? ''
  }

  private seen(contact: Contact): void {
    if (this.tellers.isLiar(contact.peerId)) return
    const seen = this.table.seen(contact)
    if (seen === 'added') for (const listener of [...this.newNodeListeners]) listener(contact)
    if (seen !== 'waiting') return
    const oldest = this.table.leastRecentlySeen(contact)
    if (oldest !== undefined && this.table.isSilent(oldest, this.wiring.limits.dhtRefreshMs)) void this.ping(oldest)
  }

  /** Connected nodes that are nearer to a place than we are. */
  private warmTowards(target: Uint8Array): Contact[] {
    const bucket = this.table.inBucket(commonBits(this.table.ownId, target))
    return bucket.filter(({ peerId }) => this.links.isConnected(peerId)).slice(0, this.wiring.limits.dhtConcurrency)
  }
}
