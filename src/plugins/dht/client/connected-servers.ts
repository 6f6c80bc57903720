import { diverse } from '../../../address/diversity.js'
import { originOf } from '../../../address/origin.js'
import { appended } from '../../../base/appended.js'
import { asP2PError, type P2PError, timeoutError } from '../../../base/errors.js'
import type { Unsubscribe } from '../../../base/events.js'
import { LazySet } from '../../../base/lazy-map.js'
import { type Limits, limitsOf } from '../../../base/limits.js'
import { shuffled } from '../../../base/random.js'
import type { JoinedSignal, WaitOptions } from '../../../base/wait.js'
import type { P2PMessage } from '../../../message/message.js'
import { checkEmpty, unknownType } from '../../../message/shape.js'
import { type AskOne, askPeers } from '../../../protocol/ask-peers.js'
import type { IProtocolHandler, ProtocolHost } from '../../../protocol/handler.js'
import { type PeerInfo, serves } from '../../../protocol/peer-info.js'
import { type VerifiedRecord, wireRecord } from '../records/record.js'
import { RecordMerge } from '../records/record-merge.js'
import type { RecordVerifier } from '../records/record-verifier.js'
import { DHT_NODE_PROTOCOL, DHT_PROTOCOL, DHT_WATCH_PROTOCOL } from './dht-messages.js'
import { type Ask, Exchanges } from './exchanges.js'
import type { FindOptions, Lookup, StoreOutcome, StoreRefusal } from './lookup.js'

/** Which servers are asked, and for what. */
export interface Scope {
  /** Default true: nodes look in the whole network, and store where it belongs. */
  walk?: boolean
  only?: 'no-nodes'
}

/** Takes what servers push, where a plugin watches records. */
export interface PushedRecords {
  /** A server has come. */
  begin(peerId: string): Promise<void>
  /** A connected server tells of a record, or that it has missed some. */
  take(message: P2PMessage, peerId: string): Promise<void>
  close(): void
}

/** Records asked for by `get`: the newest may be under a name that is not its publisher's. */
const GET_RECORDS = 8
export const NO_ANSWER = 'The DHT server did not answer as one does.'

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
  readonly limits: Limits
  /** Undefined before it is registered, and once it is closed. */
  protocolHost: ProtocolHost | undefined
  /** Ids of the connected servers. */
  readonly serverIds = new LazySet<string>()
  private newServerListeners: readonly ((peerId: string) => void)[] = []
  private readonly underWay = new LazySet<JoinedSignal>()
  pushed: PushedRecords | undefined
  /** Is told that the connection to a server is lost. */
  onLostServer: (() => void) | undefined

  constructor(verifier: RecordVerifier, { limits = limitsOf() }: { limits?: Limits } = {}) {
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
    this.protocolHost = host
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
    if (this.serverIds.delete(peer.peerId)) this.onLostServer?.()
  }

  async handleMessage(message: P2PMessage, from: PeerInfo): Promise<void> {
    const { type } = message
    if (type !== 'missed' && type !== 'record') throw unknownType(message)
    if (type === 'missed') checkEmpty(message)
    if (this.pushed !== undefined && this.serverIds.has(from.peerId)) await this.pushed.take(message, from.peerId)
    else this.exchanges.ignored++
  }

  async store(entry: VerifiedRecord, options: WaitOptions & { at?: string } & Scope = {}): Promise<StoreOutcome> {
    const { at, signal, timeoutMs, walk = true } = options
    const outcome: StoreOutcome = { stored: [], refused: [] }
    const record = wireRecord(entry)
    if (record === undefined) return outcome
    const withdrawal = entry.withdrawal && wireRecord(entry.withdrawal)
    const what = 'Storing a record'
    const servers = at === undefined ? this.delegates(options) : [at]
    const answers = new Map<string, StoreRefusal | undefined>()
    await this.ask(what, servers, { signal, timeoutMs }, false, async (peerId, wait) => {
      const payload = { record, ...(withdrawal && { withdrawal }), ...(walk && { walk }) }
      const refusal = this.exchanges.storeBy(payload, entry, this.asker(peerId, wait), peerId).catch((cause) => ({
        peerId,
        error: asP2PError(cause, 'NOT_STORED', NO_ANSWER),
      }))
      answers.set(peerId, await refusal)
    })
    for (const peerId of servers) {
      // They may still store it; what they say later is nobody's to hear.
      const late = () => ({ peerId, error: timeoutError(what, timeoutMs ?? this.limits.dhtTimeoutMs) })
      const refusal = answers.has(peerId) ? answers.get(peerId) : late()
      if (refusal === undefined) outcome.stored.push(peerId)
      else outcome.refused.push(refusal)
    }
    return outcome
  }

  get(key: string, options: FindOptions & Scope = {}): Promise<VerifiedRecord[]> {
    return this.find(key, { ...options, maxResults: options.maxResults ?? GET_RECORDS })
  }

  query(pattern: string, options: FindOptions & Scope = {}): Promise<VerifiedRecord[]> {
    return this.find(pattern, options)
  }

  onNewServer(listener: (peerId: string) => void): Unsubscribe {
    this.newServerListeners = appended(this.newServerListeners, listener)
    return () => {
      this.newServerListeners = this.newServerListeners.filter((other) => other !== listener)
    }
  }

  close(): void {
    this.pushed?.close()
    this.protocolHost = undefined
    this.exchanges.close()
    this.serverIds.clear()
    for (const end of this.underWay) end.abort()
  }

  /** The connected servers. Also meets those that became servers after they connected. */
  private servers(): PeerInfo[] {
    const servers: PeerInfo[] = []
    for (const peer of this.protocolHost?.peers(true) ?? []) {
      if (!isServer(peer)) continue
      if (servers.push(peer) >= this.limits.dhtServers) break
      this.meet(peer)
    }
    return servers
  }

  /**
   * Peer ids of the servers to ask: a few of those that look in the whole network, by lot and of different operators where there are
   * several, so that none of them sees all that we ask; and each that has its own records only.
   */
  private delegates({ only }: Scope): string[] {
    const servers = this.servers()
    const others = servers.filter((peer) => !isNode(peer))
    if (only === 'no-nodes') return others.map(idOf)
    const nodes = shuffled(this.protocolHost!.random, servers.filter(isNode))
    const origin = ({ addresses: { websocket, http } }: PeerInfo) => originOf(websocket ?? http)
    return [...diverse(nodes, this.limits.dhtDelegates, 0, origin), ...others].map(idOf)
  }

  private meet(peer: PeerInfo): void {
    if (!isServer(peer) || this.serverIds.has(peer.peerId)) return
    this.serverIds.add(peer.peerId)
    void this.pushed?.begin(peer.peerId)
    for (const listener of this.newServerListeners) listener(peer.peerId)
  }

  private async find(key: string, options: FindOptions & Scope): Promise<VerifiedRecord[]> {
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
        await this.exchanges.readFrom(payload, this.asker(peerId, wait), peerId, (entry) => merge.add(entry))
        answered++
      } catch (cause) {
        failure = asP2PError(cause, 'HANDLER_FAILED', NO_ANSWER)
        throw failure
      }
    })
    if (answered === 0 && merge.size === 0) throw failure ?? timeoutError('Asking the DHT', timeoutMs ?? this.limits.dhtTimeoutMs)
    return merge.all()
  }

  private ask(what: string, servers: string[], wait: WaitOptions, giveUp: boolean, one: AskOne): Promise<void> {
    const { protocolHost: host } = this
    if (host === undefined) return Promise.resolve()
    return askPeers(host.clock, this.limits, this.underWay, { what, peers: servers, giveUp, ...wait }, one)
  }

  /** Asks one server. */
  asker(peerId: string, wait: WaitOptions): Ask {
    return (request) => this.protocolHost!.request(peerId, { ...request, protocol: DHT_PROTOCOL }, wait)
  }
}

function isServer(peer: PeerInfo): boolean {
  return serves(peer, DHT_PROTOCOL)
}

function isNode({ protocols }: PeerInfo): boolean {
  return protocols?.includes(DHT_NODE_PROTOCOL) === true
}

function idOf({ peerId }: PeerInfo): string {
  return peerId
}
