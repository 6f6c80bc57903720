import { diverse } from '../../../address/diversity.js'
import { originOf } from '../../../address/origin.js'
import type { Timer } from '../../../base/clock.js'
import { asP2PError, isP2PError, type P2PError, timeoutError } from '../../../base/errors.js'
import type { Unsubscribe } from '../../../base/events.js'
import { LazyMap, LazySet } from '../../../base/lazy-map.js'
import { DEFAULT_LIMITS, type Limits } from '../../../base/limits.js'
import type { JoinedSignal, WaitOptions } from '../../../base/wait.js'
import type { P2PMessage } from '../../../message/message.js'
import type { IProtocolHandler, ProtocolHost } from '../../../protocol/handler.js'
import type { PeerInfo } from '../../../protocol/peer-info.js'
import { matchesPattern, type RecordEntry, wireRecord } from '../records/record.js'
import { RecordMerge } from '../records/record-merge.js'
import type { RecordVerifier } from '../records/record-verifier.js'
import { type AskOne, askServers } from './ask-servers.js'
import { DHT_NODE_PROTOCOL, DHT_PROTOCOL, DHT_WATCH_PROTOCOL, findAnswer, parsePayload, recordPush } from './dht-messages.js'
import { Exchanges, MAX_PAGES, type Question } from './exchanges.js'
import type { FindOptions, Lookup, StoreOutcome } from './lookup.js'

/** Which servers are asked, and for what. */
export interface Scope {
  /** Default true: nodes look in the whole network, and store where it belongs. */
  walk?: boolean
  only?: 'no-nodes'
}

/** Records asked for by `get`: the newest may be under a name that is not its publisher's. */
const GET_RECORDS = 8

/**
 * The lookup of a peer that asks the DHT servers it is connected to, and the protocol `lotus/dht-watch` by which they tell it
 * of changes. Never waits where nobody is connected; no longer than `dhtGraceMs` after a first answer; never longer than
 * `dhtTimeoutMs`.
 */
export class ConnectedServers implements Lookup, IProtocolHandler {
  readonly protocolName = DHT_WATCH_PROTOCOL
  readonly use = 'passing'
  readonly asks = DHT_PROTOCOL
  readonly rateLimits = { messagesPerS: 5_000, burst: 20_000 }
  readonly exchanges: Exchanges
  private readonly limits: Limits
  private host: ProtocolHost | undefined
  private readonly known = new LazySet<string>()
  private readonly watches = new LazyMap<string, Set<(entry: RecordEntry) => void>>()
  /** Servers whose watches are being set up again; true if that has to be done once more. */
  private readonly rewatching = new LazyMap<string, boolean>()
  private readonly newServerListeners = new LazySet<(peerId: string) => void>()
  private readonly underWay = new LazySet<JoinedSignal>()
  private retry: Timer

  constructor(
    private readonly verifier: RecordVerifier,
    { limits = DEFAULT_LIMITS }: { limits?: Limits } = {},
  ) {
    this.limits = limits
    this.exchanges = new Exchanges(verifier, limits)
  }

  get isReachable(): boolean {
    return this.servers().length > 0
  }

  /** Answers and pushes that were not believed or not asked for. */
  get ignoredRecords(): number {
    return this.exchanges.ignored
  }

  onRegister(host: ProtocolHost): void {
    this.host = host
    this.exchanges.open(host)
    for (const peer of host.peers()) this.meet(peer)
  }

  onUnregister(): void {
    this.close()
  }

  async onPeerConnected(peer: PeerInfo): Promise<void> {
    this.meet(peer)
  }

  async onPeerDisconnected(peer: PeerInfo): Promise<void> {
    this.known.delete(peer.peerId)
  }

  async handleMessage(message: P2PMessage, from: PeerInfo): Promise<void> {
    if (!this.known.has(from.peerId)) {
      this.exchanges.ignored++
      return
    }
    if (message.type === 'missed') return this.rewatch(from.peerId)
    if (message.type !== 'record') return
    await this.deliver(message.payload, from.peerId)
  }

  async store(entry: RecordEntry, options: WaitOptions & { at?: string } & Scope = {}): Promise<StoreOutcome> {
    const { at, signal, timeoutMs, walk = true } = options
    const outcome: StoreOutcome = { stored: [], refused: [] }
    const record = wireRecord(entry)
    if (record === undefined) return outcome
    const servers = at === undefined ? this.delegates(options) : [at]
    await this.ask('Storing a record', servers, { signal, timeoutMs }, false, async (peerId, wait) => {
      try {
        const ask = (request: Question) => this.host!.request(peerId, { ...request, protocol: DHT_PROTOCOL }, wait)
        const refusal = await this.exchanges.storeBy({ record, ...(walk && { walk }) }, entry, ask, peerId)
        if (refusal === undefined) outcome.stored.push(peerId)
        else outcome.refused.push(refusal)
      } catch (cause) {
        const error = asP2PError(cause, 'NOT_STORED', 'The server did not answer as a DHT server does.')
        outcome.refused.push({ peerId, error })
      }
    })
    const answered = new Set([...outcome.stored, ...outcome.refused.map(({ peerId }) => peerId)])
    // They may still store it; what they say later is nobody's to hear.
    const late = servers.filter((peerId) => !answered.has(peerId))
    const error = timeoutError('Storing a record', timeoutMs ?? this.limits.dhtTimeoutMs)
    return { stored: [...outcome.stored], refused: [...outcome.refused, ...late.map((peerId) => ({ peerId, error }))] }
  }

  get(key: string, options: FindOptions & Scope = {}): Promise<RecordEntry[]> {
    return this.find(key, { ...options, maxResults: options.maxResults ?? GET_RECORDS })
  }

  query(pattern: string, options: FindOptions & Scope = {}): Promise<RecordEntry[]> {
    return this.find(pattern, options)
  }

  watch(pattern: string, onRecord: (entry: RecordEntry) => void): Unsubscribe {
    const listeners = this.watches.get(pattern) ?? new Set()
    this.watches.set(pattern, listeners.add(onRecord))
    // The second watcher of a pattern needs what the first one was given when it began.
    for (const peerId of this.known) void this.watchAt(peerId, pattern)
    return () => {
      if (!listeners.delete(onRecord) || listeners.size > 0) return
      this.watches.delete(pattern)
      const payload = { key: pattern }
      for (const peerId of this.known) {
        // A server that is gone has forgotten the watch already.
        this.host?.sendTo(peerId, { type: 'unwatch', protocol: DHT_PROTOCOL, payload }).catch(() => {})
      }
    }
  }

  onNewServer(listener: (peerId: string) => void): Unsubscribe {
    this.newServerListeners.add(listener)
    return () => this.newServerListeners.delete(listener)
  }

  close(): void {
    for (const pattern of [...this.watches.keys()]) {
      for (const peerId of this.known) {
        this.host?.sendTo(peerId, { type: 'unwatch', protocol: DHT_PROTOCOL, payload: { key: pattern } }).catch(() => {})
      }
    }
    if (this.retry !== undefined) this.host?.clock.clearTimeout(this.retry)
    this.retry = undefined
    this.host = undefined
    this.exchanges.close()
    this.known.clear()
    this.watches.clear()
    for (const end of this.underWay) end.abort()
  }

  /** The connected servers. Also meets those that became servers after they connected. */
  private servers(): PeerInfo[] {
    const servers: PeerInfo[] = []
    for (const peer of this.host?.peers() ?? []) {
      if (!isServer(peer)) continue
      if (servers.push(peer) >= this.limits.dhtServers) break
      this.meet(peer)
    }
    return servers
  }

  /**
   * Peer ids of the servers to ask: the fastest few of those that look in the whole network, of different operators where there are
   * several, and each that has its own records only.
   */
  private delegates({ only }: Scope): string[] {
    const servers = this.servers()
    const all = only === 'no-nodes' ? servers.filter((peer) => !isNode(peer)) : servers
    const nodes = all.filter(isNode)
    const left = new Set<PeerInfo>()
    if (nodes.length > this.limits.dhtDelegates) {
      for (const node of nodes) left.add(node)
      const rtt = ({ connection }: PeerInfo) => connection?.rttMs ?? Number.POSITIVE_INFINITY
      nodes.sort((a, b) => rtt(a) - rtt(b) || 0)
      const origin = ({ addresses: { websocket, http } }: PeerInfo) => originOf(websocket ?? http)
      for (const node of diverse(nodes, this.limits.dhtDelegates, 0, origin)) left.delete(node)
    }
    return all.filter((peer) => !left.has(peer)).map(({ peerId }) => peerId)
  }

  private meet(peer: PeerInfo): void {
    if (!isServer(peer) || this.known.has(peer.peerId)) return
    this.known.add(peer.peerId)
    void this.rewatch(peer.peerId)
    for (const listener of [...this.newServerListeners]) listener(peer.peerId)
  }

  private async find(key: string, options: FindOptions & Scope): Promise<RecordEntry[]> {
    const { filters, maxResults, signal, timeoutMs, walk = true } = options
    const servers = this.delegates(options)
    if (servers.length === 0) return []
    const merge = new RecordMerge()
    let answered = 0
    let failure: P2PError | undefined
    const payload = {
      key,
      ...(filters && { filters }),
      ...(maxResults !== undefined && { max: maxResults }),
      ...(servers.length > 1 && { withdrawn: true }),
      ...(walk && { walk }),
    }
    await this.ask('Asking the DHT', servers, { signal, timeoutMs }, true, async (peerId, wait) => {
      try {
        const ask = (request: Question) => this.host!.request(peerId, { ...request, protocol: DHT_PROTOCOL }, wait)
        await this.exchanges.readFrom(payload, ask, peerId, (entry) => merge.add(entry))
        answered++
      } catch (cause) {
        failure = asP2PError(cause, 'HANDLER_FAILED', 'A DHT server did not answer as one does.')
        throw failure
      }
    })
    if (answered === 0 && merge.size === 0) throw failure ?? timeoutError('Asking the DHT', timeoutMs ?? this.limits.dhtTimeoutMs)
    return merge.all()
  }

  private ask(what: string, servers: string[], wait: WaitOptions, giveUp: boolean, one: AskOne): Promise<void> {
    const { host } = this
    if (host === undefined) return Promise.resolve()
    return askServers(host.clock, this.limits, this.underWay, { what, servers, giveUp, ...wait }, one)
  }

  private async rewatch(peerId: string): Promise<void> {
    if (this.rewatching.has(peerId)) {
      this.rewatching.set(peerId, true)
      return
    }
    this.rewatching.set(peerId, false)
    await Promise.all([...this.watches.keys()].map((pattern) => this.watchAt(peerId, pattern)))
    const again = this.rewatching.get(peerId)
    this.rewatching.delete(peerId)
    if (again && this.known.has(peerId)) await this.rewatch(peerId)
  }

  /** Watches at one server and takes what is there already, page by page. */
  private async watchAt(peerId: string, key: string): Promise<void> {
    try {
      let request: { type: string; payload: unknown } = { type: 'watch', payload: { key } }
      for (let page = 0; page < MAX_PAGES && this.watches.has(key) && this.host !== undefined; page++) {
        const wait = { timeoutMs: this.limits.dhtTimeoutMs }
        const answer = await this.host.request(peerId, { ...request, protocol: DHT_PROTOCOL }, wait)
        const { records, more, after } = await this.exchanges.judge(peerId, () =>
          parsePayload(findAnswer, answer.payload, 'records'),
        )
        for (const entry of await this.exchanges.believe(records, key, peerId)) this.tell(entry)
        if (!more || after === undefined) return
        request = { type: 'find-record', payload: { key, withdrawn: true, after } }
      }
    } catch (error) {
      if (!this.known.has(peerId)) return
      this.host?.logger.warn('a DHT server did not take a watch', { peerId, code: asP2PError(error, 'TIMEOUT', '').code })
      if (isP2PError(error, 'LIMIT_EXCEEDED') || isP2PError(error, 'PROTOCOL_NOT_SUPPORTED')) return
      this.retry ??= this.host?.clock.setTimeout(() => {
        this.retry = undefined
        for (const server of this.known) void this.rewatch(server)
      }, this.limits.dhtTimeoutMs)
    }
  }

  private async deliver(payload: unknown, peerId: string): Promise<void> {
    try {
      const entry = await this.exchanges.judge(peerId, () =>
        this.verifier.read(parsePayload(recordPush, payload, 'record').record),
      )
      if ([...this.watches.keys()].some((pattern) => matchesPattern(entry.key, pattern))) {
        await this.exchanges.judge(peerId, () => this.verifier.verify(entry))
        return this.tell(entry)
      }
    } catch {
      // Counted below with what nobody asked for.
    }
    this.exchanges.ignored++
  }

  private tell(entry: RecordEntry): void {
    for (const [pattern, listeners] of this.watches) {
      if (matchesPattern(entry.key, pattern)) for (const listener of [...listeners]) listener(entry)
    }
  }
}

function isServer({ protocols }: PeerInfo): boolean {
  return protocols?.includes(DHT_PROTOCOL) === true
}

function isNode({ protocols }: PeerInfo): boolean {
  return protocols?.includes(DHT_NODE_PROTOCOL) === true
}
