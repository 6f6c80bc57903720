import { diverse } from '../../../address/diversity.js'
import { originOf } from '../../../address/origin.js'
import { compareBytes } from '../../../base/bytes.js'
import type { Clock } from '../../../base/clock.js'
import { asP2PError, P2PError } from '../../../base/errors.js'
import type { Unsubscribe } from '../../../base/events.js'
import type { Limits } from '../../../base/limits.js'
import { childSignals, type WaitOptions } from '../../../base/wait.js'
import { decodePeerId } from '../../../identity/peer-id.js'
import type { ProtocolHost } from '../../../protocol/handler.js'
import type { PeerInfo } from '../../../protocol/peer-info.js'
import type { ConnectedServers } from '../client/connected-servers.js'
import { DHT_NODE_PROTOCOL, DHT_PROTOCOL, findNodeAnswer, parsePayload } from '../client/dht-messages.js'
import type { FindOptions, Lookup, LookupNetworkStats, LookupTrace, StoreOutcome } from '../client/lookup.js'
import type { DhtNetwork } from '../node/dht-server.js'
import { type RecordEntry, wireRecord } from '../records/record.js'
import { RecordMerge } from '../records/record-merge.js'
import type { RecordStore } from '../records/record-store.js'
import { isDishonest } from '../records/record-verifier.js'
import { type Contact, contactOf, readContacts, wireContact } from './contact.js'
import { LookupLog } from './lookup-log.js'
import {
  commonBits,
  compareDistance,
  halvesOf,
  isInPart,
  nodeIdOf,
  placeOfKey,
  placeOfSet,
  type SetPart,
  setOfPattern,
  setPartOf,
} from './node-id.js'
import { type NodeDialer, NodeLinks } from './node-links.js'
import { RoutingTable } from './routing-table.js'
import { Tellers } from './tellers.js'
import { type WalkResult, walk } from './walk.js'

export interface KademliaOptions {
  publicKey: Uint8Array
  clock: Clock
  limits: Limits
  store: RecordStore
  /** Servers that we are connected to: they push changes, and look for us where we are no node ourselves. */
  servers: ConnectedServers
  dialer: NodeDialer
  /** Whether others may keep us in their routing tables: then we look and store by ourselves. */
  isNode: () => boolean
  /** Whether nodes may be dialled at all. */
  mayDial: boolean
}

interface WalkDepth {
  count?: number
  thorough?: boolean
}

/** What one place has given. */
interface Found {
  readonly merge: RecordMerge
  /** Set parts that have been split. */
  split: boolean
}

/**
 * The lookup over the whole network: Kademlia (Maymounkov and Mazières, 2002) with the disjoint paths of S/Kademlia (Baumgart and
 * Mies, 2007). A record is kept by the `dhtBucketSize` nodes nearest to its place. A node walks there itself; a client has the
 * servers that it is connected to walk for it, and walks only where they fail. Whatever comes back is verified here.
 */
export class Kademlia implements Lookup, DhtNetwork {
  readonly table: RoutingTable
  private readonly log: LookupLog
  private readonly tellers = new Tellers()
  private readonly ends = new Set<AbortController>()
  private readonly newNodeListeners = new Set<(contact: Contact) => void>()
  /** Told of each record that somebody has stored here. */
  onReceived: (entry: RecordEntry, depth: number | undefined) => void = () => {}
  private host: ProtocolHost | undefined
  private links: NodeLinks | undefined

  constructor(private readonly options: KademliaOptions) {
    const { publicKey, clock, limits } = options
    this.table = new RoutingTable(nodeIdOf(publicKey), clock, limits)
    this.log = new LookupLog()
  }

  get isReachable(): boolean {
    return this.options.servers.isReachable || (this.options.isNode() && this.table.size > 0)
  }

  open(host: ProtocolHost): void {
    this.host = host
    this.links = new NodeLinks(host, this.options.dialer, this.options.limits)
  }

  /** Somebody is no longer connected. */
  parted({ peerId, publicKey, addresses }: PeerInfo): void {
    this.links?.lost(peerId)
    if (publicKey !== undefined && addresses.websocket === undefined) this.table.remove(nodeIdOf(publicKey))
  }

  /** Tells of each node that has come into our table. */
  onNewNode(listener: (contact: Contact) => void): Unsubscribe {
    this.newNodeListeners.add(listener)
    return () => this.newNodeListeners.delete(listener)
  }

  async store(entry: RecordEntry, options: WaitOptions & { at?: string } = {}): Promise<StoreOutcome> {
    const { servers, isNode } = this.options
    // One that has just come is told what is ours; where it belongs besides, it is already.
    if (options.at !== undefined && isNode()) return servers.store(entry, { ...options, walk: false })
    if (!isNode()) return servers.store(entry, options)
    return this.storeAsNode(entry, options)
  }

  async get(key: string, options: FindOptions = {}): Promise<RecordEntry[]> {
    return this.find(key, options, 'get')
  }

  async query(pattern: string, options: FindOptions = {}): Promise<RecordEntry[]> {
    return this.find(pattern, options, 'query')
  }

  watch(pattern: string, onRecord: (entry: RecordEntry) => void): Unsubscribe {
    return this.options.servers.watch(pattern, onRecord)
  }

  onNewServer(listener: (peerId: string) => void): Unsubscribe {
    // In a large network our records are at the nodes nearest to them, whoever comes.
    return this.options.servers.onNewServer((peerId) => {
      if (!this.options.isNode() || this.isSmall) listener(peerId)
    })
  }

  close(): void {
    for (const end of this.ends) end.abort()
    this.ends.clear()
    this.links?.close()
    this.options.servers.close()
    this.host = undefined
  }

  /** The nodes of our table that are nearest to a place, as they are told to others. */
  closer(place: Uint8Array, asker: Uint8Array | undefined): ReturnType<typeof wireContact>[] {
    const { dhtBucketSize } = this.options.limits
    const isAsker = ({ publicKey }: Contact) => asker !== undefined && compareBytes(publicKey, asker) === 0
    return this.table
      .trusted(place, dhtBucketSize + 1)
      .filter((contact) => contact.address !== '' && !isAsker(contact))
      .slice(0, dhtBucketSize)
      .map(wireContact)
  }

  /** Whether we are, as far as we know, among those that keep what belongs to a place. */
  isResponsible(place: Uint8Array): boolean {
    const { dhtBucketSize } = this.options.limits
    const near = this.table.closest(place, dhtBucketSize)
    const farthest = near.at(-1)
    return near.length < dhtBucketSize || compareDistance(place, this.table.ownId, farthest!.id) < 0
  }

  async storeForClient(entry: RecordEntry, wait: WaitOptions): Promise<number> {
    const { servers, isNode } = this.options
    // Who is no node passes it on, once, to those that it knows.
    const { stored } = isNode() ? await this.storeAsNode(entry, wait) : await servers.store(entry, { ...wait, walk: false })
    return stored.length
  }

  async findForClient(pattern: string, options: FindOptions): Promise<RecordEntry[]> {
    return this.options.isNode() ? this.findAsNode(pattern, options) : []
  }

  received(entry: RecordEntry, depth: number | undefined): void {
    this.onReceived(entry, depth)
  }

  /** What the network holds under a key or pattern, our own store included. */
  private async collect(pattern: string, options: FindOptions): Promise<RecordEntry[]> {
    const set = setOfPattern(pattern)
    if (set !== undefined) return this.collectSet(set, options)
    const found: Found = { merge: new RecordMerge(), split: false }
    if (!pattern.endsWith('*')) await this.walkToRecords(placeOfKey(pattern), pattern, undefined, options, found)
    return found.merge.all()
  }

  /** Stores a record at the nodes where it belongs, ourselves among them where we are one. */
  async spread(entry: RecordEntry, options: WaitOptions = {}): Promise<StoreOutcome> {
    const outcome: StoreOutcome = { stored: [], refused: [] }
    const tasks: Promise<unknown>[] = [this.spreadTo(placeOfKey(entry.key), entry, undefined, options, outcome)]
    const part = setPartOf(entry.key, 0)
    if (part !== undefined) tasks.push(this.spreadToSet(entry, 0, options, outcome))
    await Promise.all(tasks)
    const stored = [...new Set(outcome.stored)]
    return { stored, refused: outcome.refused.filter(({ peerId }) => !stored.includes(peerId)) }
  }

  /** The nodes nearest to a place, found by walking there. */
  async nearest(target: Uint8Array, wait: WaitOptions & { count?: number } = {}): Promise<WalkResult> {
    return this.walkTo(target, wait, (contact, signal) => this.findNode(contact, target, signal))
  }

  async trace(pattern: string, wait: WaitOptions = {}): Promise<LookupTrace> {
    const startedAt = this.options.clock.now()
    const set = setOfPattern(pattern)
    const target = set === undefined ? placeOfKey(pattern) : placeOfSet(set)
    const { steps, hops } = await this.nearest(target, wait)
    return { target, steps, hops, tookMs: this.options.clock.now() - startedAt }
  }

  /** Asks a node whether it lives. False where it does not answer. */
  async ping(contact: Contact): Promise<boolean> {
    try {
      await this.ask(contact, { type: 'ping', payload: null }, this.signal())
      return true
    } catch {
      return false
    }
  }

  /**
   * Connects to the fastest nodes of the farthest buckets, and stays so: most lookups lead there, and then begin without a dial.
   */
  async keepWarm(): Promise<void> {
    const { links, table } = this
    if (links === undefined) return
    const chosen: Contact[] = []
    const { dhtLinks, maxOriginShare } = this.options.limits
    const each = Math.max(1, Math.floor(dhtLinks / WARM_BUCKETS))
    for (let bits = 0; bits < WARM_BUCKETS; bits++) {
      const fastest = table.inBucket(bits).sort((a, b) => links.times.meanOf(a.peerId) - links.times.meanOf(b.peerId))
      chosen.push(...diverse(fastest, each, maxOriginShare, ({ address }) => originOf(address)))
    }
    links.keepWarm(chosen.map(({ peerId }) => peerId))
    await Promise.all(chosen.filter(({ peerId }) => !links.isConnected(peerId)).map((contact) => this.ping(contact)))
  }

  /** Somebody has named nodes outside of a lookup. */
  named(contacts: Contact[], teller: string): void {
    if (!this.options.mayDial || this.tellers.isLiar(teller)) return
    for (const contact of contacts) this.table.learned(contact, teller)
    this.tellers.tell(teller, contacts)
  }

  /** A node that we have only heard of was tried. */
  felt(contact: Contact, lives: boolean): void {
    if (lives) this.seen(contact)
    else this.table.failed(contact.id)
    const liar = this.tellers.came(contact.id, lives)
    if (liar !== undefined) this.table.remove(nodeIdOf(decodePeerId(liar)))
  }

  /** Connected nodes that are nearer to a place than we are. */
  private warmTowards(target: Uint8Array): Contact[] {
    const bucket = this.table.inBucket(commonBits(this.table.ownId, target))
    return bucket.filter(({ peerId }) => this.links?.isConnected(peerId)).slice(0, this.options.limits.dhtConcurrency)
  }

  /** Offers a record to one node. */
  async offer(contact: Contact, entry: RecordEntry, depth: number | undefined): Promise<void> {
    const record = wireRecord(entry)
    if (record !== undefined)
      await this.ask(contact, { type: 'store', payload: { record, ...(depth !== undefined && { depth }) } }, this.signal())
  }

  getStats(): LookupNetworkStats {
    return {
      mode: this.options.isNode() ? 'node' : 'client',
      nodes: this.table.size,
      liars: this.tellers.liars,
      ignoredRecords: this.options.servers.ignoredRecords,
      buckets: this.table.getStats(),
      ...this.log.getStats(),
    }
  }

  /** A connected peer that says that it is a node belongs in the table. */
  meet(peer: PeerInfo): void {
    const { publicKey, addresses, protocols } = peer
    if (publicKey === undefined || !protocols?.includes(DHT_NODE_PROTOCOL)) return
    this.seen(contactOf(publicKey, addresses.websocket ?? ''))
  }

  private seen(contact: Contact): void {
    if (this.tellers.isLiar(contact.peerId)) return
    const seen = this.table.seen(contact)
    if (seen === 'added') for (const listener of [...this.newNodeListeners]) listener(contact)
    if (seen !== 'waiting') return
    const oldest = this.table.leastRecentlySeen(contact)
    if (oldest !== undefined && this.table.isSilent(oldest.id, this.options.limits.dhtRefreshMs)) void this.ping(oldest)
  }

  /** Whether servers that are no nodes count too: in a network that is smaller than one bucket, each does. */
  private get isSmall(): boolean {
    return this.table.size < this.options.limits.dhtBucketSize
  }

  private async find(pattern: string, options: FindOptions, how: 'get' | 'query'): Promise<RecordEntry[]> {
    const { servers, isNode, mayDial } = this.options
    if (isNode()) return this.findAsNode(pattern, options)
    try {
      return await servers[how](pattern, options)
    } catch (error) {
      if (options.signal?.aborted || !mayDial || this.table.size === 0 || this.host === undefined) throw error
      // Those whom we asked have all failed. We know others, and can go ourselves.
      const found = await this.collect(pattern, options)
      if (found.length === 0) throw error
      return found
    }
  }

  private async storeAsNode(entry: RecordEntry, wait: WaitOptions): Promise<StoreOutcome> {
    const { servers } = this.options
    const [there, beside] = await Promise.all([
      this.spread(entry, wait),
      this.isSmall ? servers.store(entry, { ...wait, ...BESIDES }) : NOTHING,
    ])
    return { stored: [...new Set([...there.stored, ...beside.stored])], refused: [...there.refused, ...beside.refused] }
  }

  private async findAsNode(pattern: string, options: FindOptions): Promise<RecordEntry[]> {
    const { servers } = this.options
    const isPlaced = setOfPattern(pattern) !== undefined || !pattern.endsWith('*')
    const [there, beside] = await Promise.all([
      isPlaced ? this.collect(pattern, options) : [],
      isPlaced
        ? this.isSmall
          ? servers.query(pattern, { ...options, ...BESIDES }).catch(() => [])
          : []
        : servers.query(pattern, { ...options, walk: false }),
    ])
    return new RecordMerge([...there, ...beside]).all()
  }

  private async collectSet(part: SetPart, options: FindOptions): Promise<RecordEntry[]> {
    const found: Found = { merge: new RecordMerge(), split: false }
    await this.walkToRecords(placeOfSet(part), `${part.prefix}*`, part, options, found)
    const isFull = found.merge.size >= (options.maxResults ?? this.options.limits.maxQueryRecords)
    if (!found.split || isFull || part.depth >= 16) return found.merge.all()
    const halves = await Promise.all(halvesOf(part).map((half) => this.collectSet(half, options)))
    for (const entry of halves.flat()) found.merge.add(entry)
    return found.merge.all()
  }

  private async walkToRecords(
    place: Uint8Array,
    key: string,
    part: SetPart | undefined,
    options: FindOptions,
    found: Found,
  ): Promise<void> {
    const { servers, limits, clock, store } = this.options
    const { filters, maxResults } = options
    /** How many have confirmed what is newest. */
    const votes = new Map<string, number>()
    let holders = 0
    const count = (records: RecordEntry[]) => {
      for (const entry of records) {
        found.merge.add(entry)
        const id = `${entry.publisher} ${entry.sequence}`
        votes.set(id, (votes.get(id) ?? 0) + 1)
      }
      if (records.length > 0) holders++
    }
    if (this.isResponsible(place)) {
      const own = [...store.scan(key)].filter(
        (entry) => entry.signature !== undefined && (part === undefined || isInPart(entry.key, part)),
      )
      count(own.slice(0, limits.maxQueryRecords))
    }
    let late = false
    let grace: unknown
    const isEnough = () => {
      if (holders === 0) return false
      // Whoever has a first answer waits no longer for the slow than a caller would want to.
      grace ??= clock.setTimeout(
        () => {
          late = true
          end.abort()
        },
        Math.min(limits.dhtGraceMs, this.links?.times.mean ?? limits.dhtGraceMs),
      )
      if (late) return true
      if (part !== undefined) return holders > limits.dhtQuorum
      const [newest] = found.merge.all()
      return newest !== undefined && (votes.get(`${newest.publisher} ${newest.sequence}`) ?? 0) >= limits.dhtQuorum
    }
    const end = new AbortController()
    /** The nearest node that has been asked and does not have it. */
    let without: Contact | undefined
    const payload = {
      key,
      place,
      withdrawn: true,
      ...(filters && { filters }),
      ...(maxResults !== undefined && { max: maxResults }),
      ...(part && { part: { depth: part.depth, path: part.path } }),
    }
    const wait = { ...options, thorough: true, signal: anySignal(options.signal, end.signal) }
    try {
      await this.walkTo(
        place,
        wait,
        async (contact, signal) => {
          const answer = await servers.readFrom(payload, (request) => this.ask(contact, request, signal), contact.peerId)
          if (answer.split) found.split = true
          if (answer.cached) for (const entry of answer.records) found.merge.add(entry)
          else count(answer.records)
          const isNearer = without === undefined || compareDistance(place, contact.id, without.id) < 0
          if (answer.records.length === 0 && isNearer) without = contact
          return this.contacts(answer.closer, place, contact)
        },
        isEnough,
      )
    } catch (error) {
      if (!late) throw error
    } finally {
      if (grace !== undefined) clock.clearTimeout(grace)
    }
    const [newest] = found.merge.all()
    if (part === undefined && newest !== undefined && without !== undefined) this.leaveCopy(without, newest)
  }

  /** Who asks next by the same way finds it earlier (Maymounkov and Mazières, 2002, §2.3); for a short while, so that none grows old. */
  private leaveCopy(contact: Contact, entry: RecordEntry): void {
    const record = wireRecord(entry)
    if (record === undefined || !this.options.isNode()) return
    this.ask(contact, { type: 'store', payload: { record, cache: true } }, this.signal()).catch(() => {})
  }

  private async spreadToSet(entry: RecordEntry, depth: number, wait: WaitOptions, outcome: StoreOutcome): Promise<void> {
    const part = setPartOf(entry.key, depth)!
    const deeper = await this.spreadTo(placeOfSet(part), entry, depth, wait, outcome)
    if (deeper > depth) await this.spreadToSet(entry, deeper, wait, outcome)
  }

  /** @returns the depth to which the set there has been split; 0 where it has not. */
  private async spreadTo(
    place: Uint8Array,
    entry: RecordEntry,
    depth: number | undefined,
    wait: WaitOptions,
    outcome: StoreOutcome,
  ): Promise<number> {
    const { servers, store } = this.options
    const record = wireRecord(entry)
    if (record === undefined) return 0
    const { closest } = await this.nearest(place, wait)
    let deeper = 0
    if (this.isResponsible(place) && this.options.isNode()) {
      try {
        store.put(entry)
        this.onReceived(entry, depth)
      } catch {
        // A newer one is here; the others say so too.
      }
    }
    const signalOf = childSignals(wait.signal ?? this.signal())
    const payload = { record, ...(depth !== undefined && { depth }) }
    await Promise.all(
      closest.map(async (contact) => {
        const { peerId } = contact
        try {
          const said = await servers.storeBy(payload, entry, (request) => this.ask(contact, request, signalOf()), peerId)
          if (said === undefined) outcome.stored.push(peerId)
          else if (said.depth !== undefined) deeper = Math.max(deeper, said.depth)
          else outcome.refused.push(said)
        } catch (cause) {
          outcome.refused.push({ peerId, error: asP2PError(cause, 'NOT_STORED', 'The node did not answer as one does.') })
        }
      }),
    )
    return deeper
  }

  private async findNode(contact: Contact, target: Uint8Array, signal: AbortSignal): Promise<Contact[]> {
    const answer = await this.ask(contact, { type: 'find-node', payload: { target } }, signal)
    const { closer } = parsePayload(findNodeAnswer, answer.payload, 'nodes')
    return this.contacts(closer, target, contact)
  }

  private contacts(wire: unknown, target: Uint8Array, teller: Contact): Contact[] {
    const { peerId, address, id } = teller
    if (this.tellers.isLiar(peerId)) return []
    try {
      const max = this.options.limits.dhtBucketSize
      const told = readContacts(wire ?? [], target, { max, own: this.table.ownId, teller: address })
      const contacts = told.filter((contact) => !this.tellers.isLiar(contact.peerId))
      for (const contact of contacts) this.table.learned(contact, peerId)
      this.tellers.tell(peerId, contacts)
      return contacts
    } catch (error) {
      // No honest node answers so; it does not come in again by connecting anew.
      this.tellers.condemn(peerId)
      this.table.remove(id)
      if (isDishonest(error)) this.host?.reject(peerId, error)
      throw error
    }
  }

  private async walkTo(
    target: Uint8Array,
    { signal, timeoutMs, count = this.options.limits.dhtBucketSize, thorough = false }: WaitOptions & WalkDepth,
    ask: (contact: Contact, signal: AbortSignal) => Promise<Contact[]>,
    isEnough: () => boolean = () => false,
  ): Promise<WalkResult> {
    const { clock, limits } = this.options
    this.meetAll()
    this.table.used(target)
    const end = new AbortController()
    this.ends.add(end)
    const timer = timeoutMs === undefined ? undefined : clock.setTimeout(() => end.abort(), timeoutMs)
    const startedAt = clock.now()
    try {
      const result = await walk({
        clock,
        target,
        seeds: this.table.closest(target, limits.dhtBucketSize),
        warm: this.warmTowards(target),
        count,
        thorough,
        concurrency: limits.dhtConcurrency,
        paths: limits.dhtPaths,
        ask,
        slowAfterMs: (contact) => this.links?.slowAfterMs(contact) ?? limits.dhtTimeoutMs,
        isEnough,
        signal: anySignal(signal, end.signal),
      })
      // Nobody may have answered.
      const isSuccess = result.closest.length > 0 || result.steps.length === 0
      this.log.ended(result.hops, clock.now() - startedAt, isSuccess, result.steps)
      return result
    } catch (error) {
      this.log.ended(0, clock.now() - startedAt, false, [])
      throw error
    } finally {
      this.ends.delete(end)
      if (timer !== undefined) clock.clearTimeout(timer)
    }
  }

  /** Those that became nodes after they had connected. */
  private meetAll(): void {
    if (!this.isSmall) return
    for (const peer of this.host?.peers() ?? []) this.meet(peer)
  }

  private async ask(contact: Contact, message: { type: string; payload: unknown }, signal: AbortSignal) {
    const { links } = this
    if (links === undefined || this.host === undefined) throw new P2PError('SHUT_DOWN', 'This coordinator has shut down.')
    if (!links.isConnected(contact.peerId) && (!this.options.mayDial || contact.address === '')) {
      throw new P2PError('PEER_NOT_CONNECTED', 'This node cannot be dialled: it tells no address, or we dial nobody but relays.')
    }
    try {
      const answer = await links.ask(contact, { ...message, protocol: DHT_PROTOCOL }, { signal })
      this.seen(contact)
      this.tellers.came(contact.id, true)
      return answer
    } catch (error) {
      if (signal.aborted) throw error
      this.table.failed(contact.id)
      const liar = this.tellers.came(contact.id, false)
      if (liar !== undefined) this.table.remove(nodeIdOf(decodePeerId(liar)))
      throw error
    }
  }

  /** Ends when we shut down. */
  private signal(): AbortSignal {
    const end = new AbortController()
    if (this.host === undefined) end.abort()
    return end.signal
  }
}

/** The farthest buckets, where all but a sixteenth of the key space lies. */
const WARM_BUCKETS = 4
/** Servers that are in no routing table. */
const BESIDES = { walk: false, only: 'no-nodes' } as const
const NOTHING: StoreOutcome = { stored: [], refused: [] }

/** Fires with the first of two. */
function anySignal(a: AbortSignal | undefined, b: AbortSignal): AbortSignal {
  if (a === undefined) return b
  const either = new AbortController()
  for (const signal of [a, b]) {
    if (signal.aborted) either.abort(signal.reason)
    else signal.addEventListener('abort', () => either.abort(signal.reason), { once: true, signal: either.signal })
  }
  return either.signal
}
