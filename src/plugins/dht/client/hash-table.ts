import { appended } from '../../../base/appended.js'
import { type Clock, elapsed, systemClock } from '../../../base/clock.js'
import { asP2PError, noRelayError, P2PError, type P2PErrorCode, shutDownError } from '../../../base/errors.js'
import type { Unsubscribe } from '../../../base/events.js'
import { fenced } from '../../../base/fenced.js'
import { type Limits, limitsOf } from '../../../base/limits.js'
import { consoleLogger, fencedLogger, type Logger } from '../../../base/logger.js'
import { systemRandom } from '../../../base/random.js'
import { Serial } from '../../../base/serial.js'
import { checkWait, type WaitOptions, withDeadline } from '../../../base/wait.js'
import { needsPlugin } from '../../../core/plugins.js'
import { DEFAULT_NETWORK } from '../../../identity/envelope.js'
import type { Identity } from '../../../identity/identity.js'
import { encodePeerId } from '../../../identity/peer-id.js'
import { asSent } from '../../../message/codec.js'
import {
  checkPattern,
  createRecord,
  type DhtRecord,
  dhtRecord,
  invalidRecord,
  keptAs,
  publisherOf,
  type RecordContent,
  recordValue,
  type VerifiedRecord,
} from '../records/record.js'
import { checkFilters, matchesFilters, type RecordFilters } from '../records/record-filters.js'
import { RecordMerge } from '../records/record-merge.js'
import { RecordVerifier } from '../records/record-verifier.js'
import type { RecordChange, RecordListener, RecordWatches } from '../records/record-watches.js'
import type { Records } from '../records/records.js'
import { SmallRecordStore } from '../records/small-record-store.js'
import { Announcements } from './announcements.js'
import type { AnnounceOptions, AnnounceResult, DhtOptions, DhtStats, GetOptions, QueryOptions } from './dht-types.js'
import type { Lookup, LookupTrace, RecordFeed, StoreOutcome } from './lookup.js'

/** Keeps our records beyond this process. */
export interface RecordJournal {
  /** A record was made, and is published now. @param republish whether it is kept alive. */
  made(entry: VerifiedRecord, republish: boolean): void
}

/** Tells our peer id, once it is known. */
export interface Owner {
  readonly peerId: string
}

/** The records of a coordinator, which its plugins let it watch: a `DistributedHashTable` that watches nothing by itself. */
export class HashTable {
  readonly clock: Clock
  readonly limits: Limits
  /** @internal */
  readonly verifier: RecordVerifier
  private readonly identity: Identity | undefined
  private records: Records
  private readonly owner: Owner
  private ownPublisher: string | undefined
  private lookup: Lookup | undefined
  private feeds: readonly RecordFeed[] = []
  readonly logger: Logger
  private readonly announcements: Announcements
  /** Made with the first watch. */
  private watches: RecordWatches | undefined
  private makeWatches: (() => RecordWatches) | undefined
  private readonly onError: (error: P2PError) => void
  private stopServers: Unsubscribe | undefined
  /** Of our records; a journal sets it to the last one of processes before. @internal */
  lastSequence = 0
  /** @internal */
  journal: RecordJournal | undefined
  /** Our records are made one after the other, so that none overtakes a later one, however slow the signer. */
  private readonly turn = new Serial()
  private isOver = false
  private isFailing = false
  private hits = 0
  private misses = 0
  private readonly refused: DhtStats['refused'] = {}

  /** @param owner our peer id, or an object that tells it once it is known. */
  constructor(owner: string | Owner, options: DhtOptions = {}) {
    this.owner = typeof owner === 'string' ? { peerId: owner } : owner
    const { clock = systemClock, limits = limitsOf(), logger = consoleLogger, random = systemRandom } = options
    const { identity, names, lookup, network = DEFAULT_NETWORK } = options
    this.clock = clock
    this.limits = limits
    this.logger = fencedLogger(logger)
    this.identity = identity
    this.onError = options.onError ?? ((error) => this.logger.error(error.message, { code: error.code }))
    this.records = options.store ?? new SmallRecordStore(clock, limits, random)
    this.verifier = options.verifier ?? new RecordVerifier({ network, clock, limits, ...(names && { names }) })
    this.announcements = new Announcements(clock, random, ({ entry: { key } }) =>
      this.inBackground(key, () => this.publishAnew(key)),
    )
    if (lookup !== undefined) this.setLookup(lookup)
  }

  get peerId(): string {
    return this.owner.peerId
  }

  /** Our own records, and those that a node keeps for others. @internal */
  get store(): Records {
    return this.records
  }

  /** Keeps records in another store from here on, those that are here included. @internal */
  setStore(store: Records): void {
    if (this.ownPublisher !== undefined) store.keep(this.ownPublisher)
    for (const entry of this.records.scan('*')) store.put(entry)
    this.records = store
    this.watches?.setLocal(store)
  }

  /** As whom we publish. Derived late, for the key of a fresh identity costs a browser some time. */
  private get publisher(): string {
    if (this.ownPublisher === undefined) {
      const { identity } = this
      this.ownPublisher = identity ? publisherOf(identity.publicKey) : `local:${this.peerId}`
      if (identity) this.store.keep(this.ownPublisher)
    }
    return this.ownPublisher
  }

  /** Our chosen name; undefined where we are known by our key alone. */
  private get name(): string | undefined {
    const { identity, peerId } = this
    return identity && peerId !== encodePeerId(identity.publicKey) ? peerId : undefined
  }

  /**
   * Reaches others by another lookup from here on. The lookup before goes on serving the watches that it has; whoever replaces it
   * closes it.
   *
   * @internal
   */
  setLookup(lookup: Lookup): void {
    this.stopServers?.()
    this.lookup = lookup
    this.stopServers = lookup.onNewServer((at) => {
      void this.announcements.each(({ entry }) => this.inBackground(entry.key, () => this.spread(entry, { at })))
    })
  }

  /** Carries news of our records by a second way too, and hears of those of others by it. @internal */
  addFeed(feed: RecordFeed): void {
    this.feeds = appended(this.feeds, feed)
    this.watches?.addSource(feed)
  }

  /** Watches records by what this makes for the first watch. @internal */
  setWatches(make: () => RecordWatches): void {
    this.makeWatches = make
  }

  /** @internal */
  listenerFailed(cause: unknown): void {
    fenced(() => this.onError(new P2PError('LISTENER_FAILED', 'A listener of watch() failed.', { cause })))
  }

  /**
   * Publishes a record: here, and at the connected servers. Settles when all have answered, or soon after the first that stored it.
   *
   * If servers are connected and all refuse, it fails with NOT_STORED, the causes in `details.refused`. The record is then still
   * here and is offered again, to these servers and to new ones, until `withdraw`.
   *
   * @throws P2PError INVALID_RECORD, INVALID_CONFIG, UNSERIALIZABLE_PAYLOAD, MESSAGE_TOO_LARGE, FOREIGN_SENDER, LIMIT_EXCEEDED, STORE_FULL,
   * NOT_STORED, ABORTED, SHUT_DOWN.
   */
  async announce(given: AnnounceOptions): Promise<AnnounceResult> {
    const options = this.begin('Announcing', given)
    const { key, value, publisherId, ttl = this.limits.defaultTtlS, publishedAt, republish = true, whileConnected } = options
    if (this.identity !== undefined && publisherId !== undefined && publisherId !== this.peerId) {
      throw new P2PError('FOREIGN_SENDER', `Records are signed by ${this.peerId}. Leave publisherId out.`)
    }
    try {
      // Others may be before it in the line.
      const kept = asSent(value, this.limits)
      return await this.make('Announcing', options, () =>
        this.write(key, kept, ttl, republish, { publishedAt, publisherId, whileConnected }),
      )
    } catch (error) {
      this.countRefusal(error)
      throw error
    }
  }

  /**
   * Takes our record back, at once and everywhere it can be reached. It stays withdrawn until it would have ended; servers that
   * connect until then are told.
   *
   * @throws P2PError INVALID_RECORD, INVALID_CONFIG, NOT_STORED if servers are connected and all refuse, ABORTED, SHUT_DOWN.
   */
  async withdraw(key: string, given?: WaitOptions): Promise<AnnounceResult> {
    const options = this.begin('Withdrawing', given)
    checkPattern(key, this.limits)
    return this.make('Withdrawing', options, async () => {
      const known = this.store.find(key, this.publisher)
      if (known === undefined && !this.isNetworked) return undefined
      // A record of an earlier session may be anywhere, and live as long as any.
      const end = this.announcements.get(key)?.lastExpiry ?? known?.expiresAt
      const left = end === undefined ? this.limits.maxTtlS : Math.ceil((end - this.clock.now()) / 1000)
      const ttl = Math.min(this.limits.maxTtlS, Math.max(1, left))
      return this.write(key, undefined, ttl, false, { withdrawn: true })
    })
  }

  /**
   * The newest record under a key, of whichever publisher; with `publisherId` that publisher's, which nobody else can replace.
   * Null if there is none, or it has expired or was withdrawn. Our own record needs no question to others.
   *
   * @throws P2PError INVALID_RECORD, INVALID_CONFIG; where nothing is here, NO_RELAY if no server is connected, TIMEOUT or what the servers say if none
   * answered; ABORTED, SHUT_DOWN.
   */
  async get<T = unknown>(key: string, given?: GetOptions): Promise<DhtRecord<T> | null> {
    const options = this.begin('Getting a record', given)
    checkPattern(key, this.limits)
    if (key.endsWith('*')) throw invalidRecord('get takes one key')
    const { publisherId } = options
    const filters = publisherId === undefined ? undefined : { publisherId }
    const own = publisherId === this.peerId ? this.store.find(key, this.publisher) : undefined
    const found = own ? [own] : await this.find(key, filters, 'get', options)
    const newest = found.find((entry) => !entry.withdrawn)
    if (newest === undefined) {
      this.misses++
      return null
    }
    this.hits++
    return dhtRecord<T>(newest, this.limits)
  }

  /**
   * The records under a key or a prefix (`'offer-*'`), newest first. From each server at most 4,096.
   *
   * @throws P2PError like `get`.
   */
  async query<T = unknown>(given: QueryOptions): Promise<DhtRecord<T>[]> {
    const options = this.begin('Querying', given)
    const {
      key,
      maxResults: wanted = Number.POSITIVE_INFINITY,
      publisherId,
      publishedAfter,
      publishedBefore,
      filters: where,
      perPublisher = Number.POSITIVE_INFINITY,
    } = options
    checkPattern(key, this.limits)
    const max = Math.ceil(wanted)
    if (!(max >= 1)) throw invalidRecord('maxResults must be 1 or more')
    const filters = checkFilters({ publisherId, publishedAfter, publishedBefore, where })
    const maxResults = Number.isSafeInteger(max) ? max : undefined
    const found = await this.find(key, filters, 'query', { ...options, maxResults })
    const counts = new Map<string, number>()
    return found
      .filter(({ withdrawn, publisher }) => {
        const count = (counts.get(publisher) ?? 0) + (withdrawn ? 0 : 1)
        counts.set(publisher, count)
        return !withdrawn && count <= perPublisher
      })
      .slice(0, max)
      .map((entry) => dhtRecord<T>(entry, this.limits))
  }

  /**
   * Tells of every record under a key or prefix: those that are there as `'added'`, then each change as servers push it. A new
   * sequence is `'updated'`, be the value the same; expiry and withdrawal are `'removed'`.
   *
   * @throws P2PError INVALID_RECORD, SHUT_DOWN; INVALID_CONFIG without a listener, or in a coordinator without the plugin `resourceWatch()`.
   */
  watch<T = unknown>(pattern: string, listener: (record: DhtRecord<T>, change: RecordChange) => unknown): Unsubscribe {
    this.begin('', {})
    checkPattern(pattern, this.limits)
    if (this.makeWatches === undefined) throw needsPlugin('dht.watch', 'resourceWatch')
    if (this.watches === undefined) {
      this.watches = this.makeWatches()
      for (const feed of this.feeds) this.watches.addSource(feed)
    }
    return this.watches.watch(pattern, listener as RecordListener)
  }

  /**
   * Walks to where a key, or a set (`'resource:<type>:*'`), is kept, and tells of every node on the way: for finding out why a
   * lookup is slow or fails.
   *
   * @throws P2PError INVALID_RECORD, INVALID_CONFIG, NOT_STORED without `dhtWalk()`, NO_RELAY where no server is connected, ABORTED, SHUT_DOWN.
   * @example
   * const { steps } = await coordinator.dht.trace('offer-1')
   * for (const { hop, address, bits, tookMs, error } of steps) console.log(hop, address, bits, tookMs, error)
   */
  async trace(pattern: string, given?: WaitOptions): Promise<LookupTrace> {
    const options = this.begin('Tracing a lookup', given)
    checkPattern(pattern, this.limits)
    if (this.lookup?.trace === undefined) throw new P2PError('NOT_STORED', 'This DHT does not walk. Add dhtWalk().')
    if (!this.lookup.isReachable) throw noRelayError()
    return this.lookup.trace(pattern, options)
  }

  /** One of our own records that servers must have: published before this time, milliseconds since the Unix epoch. @internal */
  ownRecord(before: number): VerifiedRecord | undefined {
    return this.announcements.sample(before)
  }

  /** Drops what has expired; returns how many records. */
  cleanup(): number {
    return this.store.removeExpired(Number.POSITIVE_INFINITY)
  }

  getStats(): DhtStats {
    const kept = this.store.getStats()
    return {
      ...kept,
      totalAnnouncements: kept.records,
      announcements: this.announcements.live,
      watches: this.watches?.count ?? 0,
      hits: this.hits,
      misses: this.misses,
      refused: { ...this.refused },
      verified: this.verifier.signatureChecks,
      ...(this.lookup?.getStats && { network: this.lookup.getStats() }),
    }
  }

  /** Ends watches and timers, settles what waits. Records at servers end with their TTL. Idempotent. */
  shutdown(): void {
    this.isOver = true
    this.stopServers?.()
    this.announcements.close()
    this.watches?.close()
    this.lookup?.close()
  }

  /** @returns the options, where there are any. */
  private begin<Options extends WaitOptions>(what: string, given: Options | undefined): Options {
    if (this.isOver) throw shutDownError('This DHT')
    const options = given ?? ({} as Options)
    checkWait(what, options)
    return options
  }

  /** True where our records can leave this process. */
  private get isNetworked(): boolean {
    return this.identity !== undefined && this.lookup !== undefined
  }

  /** Makes a record of ours in its turn, and publishes it. One whose caller has given up while it waited is not made. */
  private async make(
    what: string,
    { signal, timeoutMs, ...options }: WaitOptions,
    write: () => Promise<VerifiedRecord | undefined>,
  ): Promise<AnnounceResult> {
    const startedAt = elapsed(this.clock)
    const entry = await withDeadline(this.clock, what, { signal, timeoutMs }, (inner) =>
      this.turn.run(async () => {
        if (inner.aborted) throw inner.reason
        return write()
      }),
    )
    const left = timeoutMs === undefined ? undefined : Math.max(1, timeoutMs - (elapsed(this.clock) - startedAt))
    return this.publish(entry, { ...options, signal, timeoutMs: left })
  }

  /** Makes our next record under a key, stores it here and remembers to keep it alive. */
  private async write(
    key: string,
    value: unknown,
    ttl: number,
    republish: boolean,
    more: {
      publishedAt?: number | undefined
      publisherId?: string | undefined
      withdrawn?: true
      whileConnected?: boolean | undefined
    } = {},
  ): Promise<VerifiedRecord> {
    const { publisherId = this.peerId, withdrawn, whileConnected } = more
    const { identity, name } = this
    const now = Math.floor(this.clock.now())
    const publisher = identity ? this.publisher : `local:${publisherId}`
    // Of the clock, so that sequences rise over restarts without being stored.
    this.lastSequence = Math.max(this.lastSequence + 1, now, (this.store.find(key, publisher)?.sequence ?? 0) + 1)
    const content: RecordContent = {
      key,
      ...(!withdrawn && { value }),
      sequence: this.lastSequence,
      publishedAt: more.publishedAt ?? now,
      ttl,
      ...(name !== undefined && { name }),
      ...(withdrawn && { withdrawn }),
    }
    const author = identity ? { identity } : { publisherId }
    const signed = (content: RecordContent) => createRecord(content, author, this.limits, this.verifier.network)
    let entry = await signed(content)
    if (whileConnected && identity) {
      const { value: _, ...left } = content
      const withdrawal = await signed({ ...left, sequence: ++this.lastSequence, withdrawn: true })
      entry = keptAs(entry, { withdrawal })
    }
    if (this.isOver) throw shutDownError('This DHT')
    this.verifier.checkTime(entry)
    this.store.put(entry)
    this.journal?.made(entry, republish)
    if (this.isNetworked) {
      this.announcements.set(entry, republish)
      this.passOn(entry)
    }
    return entry
  }

  /** Stores at the servers. Where one has a newer record of ours, from before a clock went back, signs above it once. */
  private async spread(entry: VerifiedRecord, options: WaitOptions & { at?: string } = {}): Promise<StoreOutcome> {
    const lookup = this.lookup!
    const { signal, timeoutMs, at } = options
    const wait = { signal, timeoutMs }
    const outcome = await lookup.store(entry, { ...wait, ...(at !== undefined && { at }) })
    const newest = Math.max(0, ...outcome.refused.map(({ newer }) => newer?.sequence ?? 0))
    if (newest === 0) return outcome
    const above = await this.turn.run(async () => {
      const current = this.announcements.get(entry.key)
      if (current?.entry !== entry || newest < entry.sequence) return undefined
      this.lastSequence = Math.max(this.lastSequence, newest)
      const value = entry.withdrawn ? undefined : recordValue(entry, this.limits)
      const more = { whileConnected: entry.withdrawal !== undefined, ...(entry.withdrawn && { withdrawn: true as const }) }
      return this.write(entry.key, value, entry.ttl, current.republish, more)
    })
    if (above !== undefined) return lookup.store(above, wait)
    // A later record of ours has come first: that is as good.
    const overtaken = outcome.refused.filter(({ newer }) => newer).map(({ peerId }) => peerId)
    return { stored: [...outcome.stored, ...overtaken], refused: outcome.refused.filter(({ newer }) => !newer) }
  }

  private async publish(entry: VerifiedRecord | undefined, options: WaitOptions): Promise<AnnounceResult> {
    if (entry === undefined || !this.isNetworked) return { servers: [], refused: [] }
    const { stored, refused } = await this.spread(entry, options)
    if (stored.length > 0 || refused.length === 0) {
      return { servers: stored, refused: refused.map(({ peerId, error }) => ({ peerId, error })) }
    }
    throw new P2PError('NOT_STORED', 'No server stored the record; see details.refused.', {
      details: { refused: refused.map(({ peerId, error: { code, message } }) => ({ peerId, code, message })) },
      cause: refused[0]!.error,
    })
  }

  /** A server that has lost us withdraws what holds while we are connected; what we sign from here on stands above that. @internal */
  lostServer(): void {
    void this.announcements.each(async ({ entry: { key, withdrawal } }) => {
      if (withdrawal !== undefined) await this.inBackground(key, () => this.publishAnew(key))
    })
  }

  /** Tells others of a record of a publisher that is gone. @internal */
  passOn(entry: VerifiedRecord): void {
    for (const feed of this.feeds) feed.publish(entry)
  }

  private async publishAnew(key: string): Promise<StoreOutcome | undefined> {
    const entry = await this.turn.run(async () => {
      const { entry: old, republish = false } = this.announcements.get(key) ?? {}
      const whileConnected = old?.withdrawal !== undefined
      // It may have been withdrawn, or announced with another value, while this waited for its turn.
      if (old === undefined || !(republish || whileConnected)) return undefined
      const ttl = republish ? old.ttl : (old.expiresAt - this.clock.now()) / 1_000
      return this.write(key, recordValue(old, this.limits), ttl, republish, { whileConnected })
    })
    return entry && this.spread(entry)
  }

  /** Runs what nobody waits for: its failure is a warning, and the next attempt comes early. */
  private async inBackground(key: string, task: () => Promise<StoreOutcome | undefined>): Promise<void> {
    const error = await task().then(
      (outcome) => (outcome?.stored.length === 0 ? outcome.refused[0]?.error : undefined),
      (failure) => failure,
    )
    if (this.isOver) return
    if (error === undefined) {
      this.isFailing = false
      return
    }
    const code = this.countRefusal(error)
    // Hundreds may fail for one reason: the first of a row is told.
    if (!this.isFailing) this.logger.warn('a record could not be published anew', { key, code })
    this.isFailing = true
    const announcement = this.announcements.get(key)
    if (announcement?.republish) this.announcements.retry(announcement)
  }

  private countRefusal(error: unknown): P2PErrorCode {
    const { code } = asP2PError(error, 'NOT_STORED', '')
    this.refused[code] = (this.refused[code] ?? 0) + 1
    return code
  }

  /** Our own store and the servers together, newest first, withdrawals included. */
  private async find(
    pattern: string,
    filters: RecordFilters | undefined,
    how: 'get' | 'query',
    { signal, timeoutMs, maxResults }: WaitOptions & { maxResults?: number | undefined },
  ): Promise<VerifiedRecord[]> {
    const { lookup, store } = this
    const passes = (entry: VerifiedRecord) => entry.withdrawn || matchesFilters(entry, filters, this.limits)
    const merge = new RecordMerge()
    for (const entry of [...store.scan(pattern)]) {
      if (passes(entry) && (entry.publisher === this.publisher || (await this.verifier.ownsName(entry)))) merge.add(entry)
    }
    // Without a lookup, the DHT is a local store.
    if (lookup === undefined) return merge.all()
    try {
      if (!lookup.isReachable) throw noRelayError()
      for (const entry of await lookup[how](pattern, { filters, maxResults, signal, timeoutMs })) merge.add(entry)
    } catch (error) {
      if (signal?.aborted || this.isOver || merge.size === 0) throw error
    }
    // What is here may be newer and no longer match: it still stands above an older one that does.
    for (const { key, publisher } of merge.all()) {
      const here = store.find(key, publisher)
      if (here !== undefined) merge.add(here)
    }
    return merge.all().filter(passes)
  }
}
