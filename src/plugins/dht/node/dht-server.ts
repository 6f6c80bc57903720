import { hexOf } from '../../../base/bytes.js'
import type { Clock } from '../../../base/clock.js'
import { asP2PError, P2PError, type P2PErrorCode } from '../../../base/errors.js'
import type { Unsubscribe } from '../../../base/events.js'
import { NODE_LIMITS } from '../../../base/limits/dht-node.js'
import { type Limits, limitsOf } from '../../../base/limits.js'
import type { Random } from '../../../base/random.js'
import type { WaitOptions } from '../../../base/wait.js'
import { FairTurns } from '../../../defence/fair-turns.js'
import type { P2PMessage } from '../../../message/message.js'
import { checkEmpty, parsed, unknownType } from '../../../message/shape.js'
import type { IProtocolHandler, ProtocolHost } from '../../../protocol/handler.js'
import type { PeerInfo } from '../../../protocol/peer-info.js'
import type { RateLimit } from '../../../protocol/rate-limits.js'
import {
  DHT_PROTOCOL,
  DHT_WATCH_PROTOCOL,
  type FindAnswer,
  type FindRequest,
  findNodeRequest,
  findRequest,
  storeRequest,
  watchRequest,
} from '../client/dht-messages.js'
import type { FindOptions, StoreOutcome } from '../client/lookup.js'
import { MAX_SET_DEPTH, setPartOf } from '../records/key-space.js'
import {
  checkPattern,
  invalidRecord,
  keptAs,
  publisherOf,
  type RecordEntry,
  type VerifiedRecord,
  wireRecord,
} from '../records/record.js'
import { RecordMerge } from '../records/record-merge.js'
import { RecordStore } from '../records/record-store.js'
import { isDishonest, type RecordVerifier } from '../records/record-verifier.js'
import { isThere } from '../records/records.js'
import { pageOf, partOf } from './answer-pages.js'
import { Deposits } from './deposits.js'
import { SetSizes } from './set-sizes.js'
import { WalksForOthers } from './walks-for-others.js'
import { Watchers } from './watchers.js'

export interface DhtServerStats {
  /** Requests served. */
  requests: number
  /** Records refused, by cause. */
  refused: { [Code in P2PErrorCode]?: number }
  watches: number
  /** Changes told to watchers. */
  pushed: number
}

/** The rest of the DHT, as a server needs it. */
export interface DhtNetwork {
  /** The nodes nearest to a place, as they travel; without the asker. */
  closer(place: Uint8Array, asker: Uint8Array | undefined): unknown[]
  /** Stores a client's record where it belongs. */
  store(entry: VerifiedRecord, wait: WaitOptions): Promise<StoreOutcome>
  /** What the network holds, for a client. */
  find(pattern: string, options: FindOptions): Promise<VerifiedRecord[]>
  /** A record has been stored here: as a member of its set at a depth, or under its key. */
  received(entry: VerifiedRecord, depth: number | undefined): void
  /** Tells those who do not watch here that the publisher of a record is gone. */
  passOn(withdrawal: VerifiedRecord): void
}

export interface DhtServerOptions {
  limits?: Limits | undefined
  clock?: Clock | undefined
  random?: Random | undefined
  /** Without it, a server answers for itself only. */
  network?: DhtNetwork | undefined
  /** Runs what takes long. */
  turns?: FairTurns | undefined
}

/** Part of `dhtTimeoutMs` that a walk for a client may take. */
const WALK_SHARE = 0.8

/** What one watcher has not taken yet. */
interface Backlog {
  inFlight: number
  missed: boolean
}

/**
 * Stores records for others and answers for them: the protocol `lotus/dht`. Verifies what it stores when it receives it, and
 * so needs no signature check to answer.
 *
 * @example
 * coordinator.registerProtocol(new DhtServer(dht.store, dht.verifier))
 */
export class DhtServer implements IProtocolHandler {
  readonly protocolName = DHT_PROTOCOL
  readonly use = 'passing'
  readonly rateLimits: RateLimit
  private readonly limits: Limits
  private readonly watchers: Watchers
  private readonly backlogs = new Map<string, Backlog>()
  private readonly refused: DhtServerStats['refused'] = {}
  private readonly network: DhtNetwork | undefined
  /** Records of others, on the way of lookups, for a short while. */
  private copies: RecordStore
  private readonly walks: WalksForOthers
  private readonly clock: Clock | undefined
  private readonly random: Random | undefined
  private requests = 0
  private pushed = 0
  private protocolHost: ProtocolHost | undefined
  private deposits: Deposits | undefined
  private sizes: SetSizes | undefined
  private readonly turns: FairTurns
  private stopListening: Unsubscribe | undefined
  /** Whose request is being stored: it knows the record and need not be told. */
  private storing: string | undefined

  constructor(
    private readonly store: RecordStore,
    private readonly verifier: RecordVerifier,
    { limits = limitsOf(NODE_LIMITS), clock, random, network, turns = new FairTurns() }: DhtServerOptions = {},
  ) {
    this.limits = limits
    this.rateLimits = { messagesPerS: limits.dhtRequestsPerS, burst: 10 * limits.dhtRequestsPerS }
    // Told that it missed something, a watcher asks again, and learns by the answer.
    this.watchers = new Watchers(limits, (peerId) => this.push(peerId, null))
    this.network = network
    this.walks = new WalksForOthers(limits.maxWalksForOthers)
    this.turns = turns
    this.clock = clock
    this.random = random
    this.copies = this.noCopies()
  }

  /** Gives up the copies of others' records. */
  trim(): void {
    this.copies = this.noCopies()
  }

  onRegister(host: ProtocolHost): void {
    this.protocolHost = host
    this.deposits = new Deposits(host.clock, this.limits.dhtAwayMs, (withdrawal) => this.withdraw(withdrawal))
    this.sizes = new SetSizes(this.store, this.verifier.network, this.limits.maxSetRecords)
    this.stopListening = this.store.onChange((entry, previous) => {
      this.sizes?.changed(entry, previous)
      if (previous !== undefined) this.deposits?.drop(previous)
      if (entry !== undefined) this.tellWatchers(entry)
    })
  }

  onUnregister(): void {
    this.stopListening?.()
    this.deposits?.close()
    this.protocolHost = undefined
    for (const peerId of this.backlogs.keys()) this.watchers.deletePeer(peerId)
    this.backlogs.clear()
  }

  async onPeerConnected({ publicKey }: PeerInfo): Promise<void> {
    if (publicKey !== undefined) this.deposits?.back(publisherOf(publicKey))
  }

  async onPeerDisconnected(peer: PeerInfo, reason?: P2PError): Promise<void> {
    if (peer.publicKey !== undefined) {
      const publisher = publisherOf(peer.publicKey)
      const { moved, byPeer } = reason?.details ?? {}
      // One that we have sent elsewhere, because we stop, stands for its records there.
      if (moved === true && byPeer !== true) this.deposits?.forget(publisher)
      // One that moves goes on in another process.
      else this.deposits?.lost(publisher, reason?.code === 'SHUT_DOWN' && moved !== true)
      this.turns.forget(hexOf(peer.publicKey))
    }
    this.watchers.deletePeer(peer.peerId)
    this.backlogs.delete(peer.peerId)
  }

  async handleMessage(message: P2PMessage, from: PeerInfo): Promise<void> {
    this.requests++
    switch (message.type) {
      case 'store':
        return this.receive(message, from)
      case 'ping':
        checkEmpty(message)
        return this.reply(message, 'pong', null)
      case 'find-node': {
        const { target } = parsed(findNodeRequest, message.payload, 'A DHT message')
        return this.reply(message, 'nodes', { closer: this.closer(target, from) })
      }
      case 'find-record': {
        const request = parsed(findRequest, message.payload, 'A DHT message')
        checkPattern(request.key, this.limits)
        const answer = await (request.walk ? this.findEverywhere(request, from) : this.find(request, from))
        const { place } = request
        return this.reply(message, 'records', place === undefined ? answer : { ...answer, closer: this.closer(place, from) })
      }
      case 'watch': {
        const { key } = parsed(watchRequest, message.payload, 'A DHT message')
        checkPattern(key, this.limits)
        this.watchers.add(from.peerId, key)
        if (!this.backlogs.has(from.peerId)) this.backlogs.set(from.peerId, { inFlight: 0, missed: false })
        return this.reply(message, 'records', await this.find({ key, withdrawn: true }, from))
      }
      case 'unwatch':
        return this.watchers.delete(from.peerId, parsed(watchRequest, message.payload, 'A DHT message').key)
      default:
        throw unknownType(message)
    }
  }

  getStats(): DhtServerStats {
    return { requests: this.requests, refused: { ...this.refused }, watches: this.watchers.count, pushed: this.pushed }
  }

  private async receive(message: P2PMessage, from: PeerInfo): Promise<void> {
    let read: RecordEntry | undefined
    try {
      const { record, withdrawal, walk, depth, cache } = parsed(storeRequest, message.payload, 'A DHT message')
      read = this.verifier.read(record)
      const entry = await this.verified(read, from)
      const deposit = withdrawal === undefined ? undefined : await this.deposited(withdrawal, entry, from)
      if (cache) {
        const until = this.protocolHost!.clock.now() + this.limits.dhtCacheMs
        this.copies.put(keptAs(entry, { expiresAt: Math.min(entry.expiresAt, until) }))
        return await this.reply(message, 'stored', { stored: true })
      }
      const deeper = depth === undefined ? undefined : this.splitDepth(entry, depth)
      if (deeper !== undefined) {
        const text = `This set has more members than one node keeps: store it at depth ${deeper}.`
        return await this.reply(message, 'stored', { stored: false, code: 'LIMIT_EXCEEDED', message: text, depth: deeper })
      }
      this.storing = from.peerId
      let isNew = false
      try {
        isNew = this.store.put(entry)
      } finally {
        this.storing = undefined
      }
      if (deposit !== undefined) this.deposits?.keep(deposit)
      this.network?.received(entry, depth)
      // Its publisher, or a node, has brought a record that is not new here to where it belongs already.
      const copies = walk && isNew ? await this.storeEverywhere(entry, from.peerId) : undefined
      await this.reply(message, 'stored', { stored: true, ...(copies !== undefined && { copies }) })
    } catch (cause) {
      const error = asP2PError(cause, 'HANDLER_FAILED', 'The record could not be stored.')
      this.refused[error.code] = (this.refused[error.code] ?? 0) + 1
      const newer = read && error.code === 'STALE_RECORD' ? this.store.find(read.key, read.publisher) : undefined
      const record = newer && wireRecord(newer)
      await this.reply(message, 'stored', { stored: false, code: error.code, message: error.message, ...(record && { record }) })
      if (isDishonest(error)) this.protocolHost?.reject(from.peerId, error)
    }
  }

  /**
   * The record, once its signature is checked; ours, where it is the same. One that is older than ours is refused without a check, and
   * so is neither kept nor a reason to blame.
   *
   * @throws P2PError STALE_RECORD, and as `RecordVerifier.verify`.
   */
  private async verified(read: RecordEntry, from: PeerInfo): Promise<VerifiedRecord> {
    const known = this.store.find(read.key, read.publisher)
    if (known !== undefined && isThere(read, known)) return known
    return this.protocolHost!.check(from.peerId, () => this.verifier.verify(read))
  }

  /** What a publisher leaves here for when it is gone. @throws P2PError INVALID_RECORD, INVALID_SIGNATURE, and as `RecordVerifier.read`. */
  private async deposited(wire: unknown, { key, publisher, sequence }: VerifiedRecord, from: PeerInfo): Promise<VerifiedRecord> {
    const entry = this.verifier.read(wire)
    const isOfPublisher = from.publicKey !== undefined && publisherOf(from.publicKey) === publisher
    const isOfRecord = entry.publisher === publisher && entry.key === key && entry.sequence === sequence + 1
    if (!isOfPublisher || !isOfRecord || !entry.withdrawn) throw invalidRecord('its withdrawal is that of another')
    return this.protocolHost!.check(from.peerId, () => this.verifier.verify(entry))
  }

  /** A publisher is gone that wanted its record to end with that. */
  private withdraw(withdrawal: VerifiedRecord): void {
    try {
      this.store.put(withdrawal)
    } catch {
      // It has ended, or a newer one is here.
      return
    }
    this.network?.passOn(withdrawal)
    void this.storeEverywhere(withdrawal, withdrawal.publisher)
  }

  private closer(place: Uint8Array, { publicKey }: PeerInfo): unknown[] {
    return this.network?.closer(place, publicKey) ?? []
  }

  /** The depth at which the members of a set belong that has outgrown this one; undefined where it has not. */
  private splitDepth({ key, publisher }: VerifiedRecord, depth: number): number | undefined {
    const part = setPartOf(key, depth, this.verifier.network)
    if (part === undefined) throw new P2PError('INVALID_RECORD', 'This record is in no set, and has no depth in one.')
    if (this.store.find(key, publisher) !== undefined || depth >= MAX_SET_DEPTH) return undefined
    return this.sizes!.isFull(part) ? depth + 1 : undefined
  }

  /** For a client: the record goes where it belongs. @returns how many nodes hold it. */
  private async storeEverywhere(entry: VerifiedRecord, peerId: string): Promise<number> {
    const { network } = this
    // Where there is no walk, or it fails, it is here, and goes on with the next replication.
    const outcome = await this.walks.run(peerId, async () => network?.store(entry, this.walkWait())).catch(() => undefined)
    return 1 + (outcome?.stored.length ?? 0)
  }

  /** For a client: what the whole network has. Where we are too busy, what is here. */
  private async findEverywhere(request: FindRequest, from: PeerInfo): Promise<FindAnswer> {
    const { network } = this
    const { key, filters, max, after } = request
    const answer = await this.walks
      .run(from.peerId, async () => {
        if (network === undefined) return undefined
        const found = new RecordMerge(await network.find(key, { filters, maxResults: max, ...this.walkWait() }))
        for (const entry of this.store.scan(key)) if (entry.signature !== undefined) found.add(entry)
        const isLater = ({ key, publisher }: VerifiedRecord) =>
          after === undefined || key > after[0] || (key === after[0] && publisher > after[1])
        return await this.page(found.all().filter(isLater).sort(byKey), request, from)
      })
      .catch(() => undefined)
    return answer ?? (await this.find(request, from))
  }

  /** A walk for a client ends before the client gives up. */
  private walkWait(): WaitOptions {
    return { timeoutMs: this.limits.dhtTimeoutMs * WALK_SHARE }
  }

  private noCopies(): RecordStore {
    const limits = { ...this.limits, maxRecords: this.limits.verifiedRecordCache }
    return new RecordStore({
      limits,
      ...(this.clock && { clock: this.clock }),
      ...(this.random && { random: this.random }),
    })
  }

  /** What is here: records, and copies of others on the way of lookups. */
  private async find(request: FindRequest, from: PeerInfo): Promise<FindAnswer> {
    const { key } = request
    checkPattern(key, this.limits)
    const answer = await this.page(this.store.scan(key, request.after), request, from)
    const part = partOf(request)
    const split = part !== undefined && part.depth < MAX_SET_DEPTH && this.sizes?.isFull(part) === true
    if (answer.records.length > 0 || key.endsWith('*')) return { ...answer, ...(split && { split }) }
    const copies = await this.page(this.copies.scan(key), request, from)
    return copies.records.length === 0 ? answer : { ...copies, cached: true }
  }

  /** Whoever asks: what takes long is done in slices, which count as costs of the asker. */
  private page(entries: Iterable<VerifiedRecord>, request: FindRequest, { peerId, publicKey }: PeerInfo): Promise<FindAnswer> {
    const asker = publicKey === undefined ? peerId : hexOf(publicKey)
    return this.turns.run(asker, pageOf(entries, request, this.limits, this.verifier.network))
  }

  private tellWatchers(entry: VerifiedRecord): void {
    const record = wireRecord(entry)
    if (record === undefined) return
    for (const peerId of this.watchers.of(entry.key)) if (peerId !== this.storing) this.push(peerId, { record })
  }

  /** A watcher that reads too slowly is not queued for without end: it is told once that it has missed something. */
  private push(peerId: string, payload: { record: unknown } | null): void {
    const backlog = this.backlogs.get(peerId)
    if (backlog === undefined || this.protocolHost === undefined) return
    if (backlog.inFlight >= this.limits.maxWatchBacklog) {
      backlog.missed = true
      return
    }
    const missed = backlog.missed || payload === null
    backlog.missed = false
    backlog.inFlight++
    this.pushed++
    this.protocolHost
      .sendTo(peerId, { type: missed ? 'missed' : 'record', protocol: DHT_WATCH_PROTOCOL, payload: missed ? null : payload })
      .then(
        () => {
          backlog.inFlight--
          if (backlog.inFlight === 0 && backlog.missed) this.push(peerId, null)
        },
        () => {
          backlog.inFlight--
          backlog.missed = true
        },
      )
  }

  private async reply(message: P2PMessage, type: string, payload: unknown): Promise<void> {
    await this.protocolHost?.reply(message, { type, payload })
  }
}

function byKey(a: VerifiedRecord, b: VerifiedRecord): number {
  return a.key === b.key ? (a.publisher < b.publisher ? -1 : 1) : a.key < b.key ? -1 : 1
}
