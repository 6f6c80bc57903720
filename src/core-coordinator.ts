import { hexOf } from './base/bytes.js'
import { isP2PError, P2PError, shutDownError, suspendedError } from './base/errors.js'
import type { Unsubscribe } from './base/events.js'
import { checkWait, type WaitOptions, withDeadline } from './base/wait.js'
import type { CoreConfig } from './core/config.js'
import { Core } from './core/core.js'
import type { CoreEvents, CoreStats, P2PStatus } from './core/events.js'
import type { Plugin } from './core/plugin.js'
import type { QueuedMessage, SendToOptions } from './core/queue.js'
import type { Ban } from './defence/bans.js'
import type { Standing } from './defence/reputation.js'
import type { ProtocolWallet } from './definitions/define-protocol.js'
import type { ResourceWallet } from './definitions/define-resource.js'
import { decodePeerId, isPeerId } from './identity/peer-id.js'
import { asSent } from './message/codec.js'
import { INTERNAL_PREFIX, type OutgoingMessage, type P2PMessage, type Travelling } from './message/message.js'
import type { PeerLoad } from './peer/connection/peer-connection.js'
import { checkQuery, findPeers, type PeerQuery } from './plugins/circuit/find-peers.js'
import { speaksAsRelay } from './plugins/circuit/frames.js'
import { circuits } from './plugins/circuit/plugin.js'
import { DHT_PROTOCOL } from './plugins/dht/client/dht-messages.js'
import type { AnnounceResult, DhtStats } from './plugins/dht/client/dht-types.js'
import type { HashTable } from './plugins/dht/client/hash-table.js'
import { type DhtParts, dhtClient } from './plugins/dht/client/plugin.js'
import type { DiscoverOptions, ResourceConditions } from './plugins/discovery/filters.js'
import { discovery } from './plugins/discovery/plugin.js'
import type { AnnounceResourceOptions, ResourceAnnouncement, Resources } from './plugins/discovery/resources.js'
import type { BroadcastOptions, BroadcastResult, IProtocolHandler, RequestOptions } from './protocol/handler.js'
import { copyPeerInfo, type PeerInfo } from './protocol/peer-info.js'
import { webSocket } from './transport/websocket.js'

/** The events of a coordinator of the core alone, and their listeners' arguments. */
export type CoordinatorCoreEvents = CoreEvents

interface Handled<Handlers> {
  handle(wallet: ProtocolWallet, handlers: Handlers): Unsubscribe
}

interface Defined<Client> {
  client(wallet: ProtocolWallet & ResourceWallet): Client
}

type AnyListener = (...args: unknown[]) => unknown

/** What `getStats` tells. */
export type CoordinatorCoreStats = CoreStats & { dht: DhtStats }

/**
 * A peer with the core alone: WebSocket, circuits through relays, messages, requests, records and resources by the servers that it
 * is connected to, reconnection, bans. Plugins add the rest.
 */
export class CoreCoordinator {
  readonly dht: HashTable
  private readonly core: Core
  private readonly discovery: Resources

  /** @throws P2PError INVALID_CONFIG, INVALID_ADDRESS, INVALID_PEER_ID. */
  constructor(config: CoreConfig = {}) {
    const core = new Core(config, {
      isRelay: speaksAsRelay,
      isServer: (protocols) => protocols.includes(DHT_PROTOCOL),
    })
    this.core = core
    core.addTransport(webSocket())
    const inner = {} as DhtParts & { discovery: Resources }
    core.attach(circuits(), inner)
    core.attach(dhtClient(), inner)
    core.attach(discovery(), inner)
    this.dht = inner.dht
    this.discovery = inner.discovery
    const { plugins = [], listen = [] } = config
    const taken = new Set(plugins.map(({ name }) => name))
    // A listener brings what is not there yet: two listeners may bring the same, and what the application attaches itself counts.
    for (const plugin of listen.flatMap((listener) => listener.plugins ?? [])) {
      if (!taken.has(plugin.name)) core.attach(plugin, this)
      taken.add(plugin.name)
    }
    for (const plugin of plugins) core.attach(plugin, this)
    core.checkPrivacy()
  }

  /** Our `lp1…` id, or the name given in the configuration. @throws P2PError IDENTITY_FAILED where the platform cannot derive the key yet. */
  get peerId(): string {
    return this.core.peerId
  }

  /** Our Ed25519 public key, 32 bytes. @throws P2PError IDENTITY_FAILED as `peerId`. */
  get publicKey(): Uint8Array {
    return this.core.config.identity.publicKey.slice()
  }

  /** Addresses at which our listeners can be reached, those of transports last. Peers are told the `ws://` and `wss://` ones. */
  get addresses(): string[] {
    return this.core.addresses
  }

  /** `'online'` once a peer is connected; see the event `status`. */
  get status(): P2PStatus {
    return this.core.network.status
  }

  /**
   * Opens the listeners and connects to the bootstrap peers; resolves with the first of them, or when each has failed once
   * (the coordinator goes on trying them). Every call that needs a network starts the coordinator by itself.
   *
   * @throws P2PError ADDRESS_IN_USE, LISTEN_FAILED, IDENTITY_FAILED, SUSPENDED, SHUT_DOWN, TIMEOUT, ABORTED, INVALID_CONFIG for a `timeoutMs` that is no
   * number; with a store STORE_IN_USE, STORE_TOO_NEW.
   */
  async start(options?: WaitOptions): Promise<void> {
    if (this.core.lifecycle.phase === 'suspended') throw suspendedError()
    await this.core.start(options)
  }

  /**
   * Says goodbye to all peers, after what `sendTo` accepted, and dials none until `resume`: for an app that is put into the background. Sleep that the app does not
   * announces is noticed without it.
   *
   * @throws P2PError SHUT_DOWN.
   */
  suspend(): void {
    this.core.checkOpen()
    this.core.lifecycle.suspend()
  }

  /** Comes back from `suspend`; resolves with the first connection, or when each has failed once. @throws P2PError as `start`. */
  async resume(options?: WaitOptions): Promise<void> {
    const { core } = this
    const { signal, timeoutMs } = options ?? {}
    core.checkOpen()
    checkWait('Resuming', { signal, timeoutMs })
    if (core.lifecycle.phase !== 'suspended') return
    try {
      await withDeadline(core.config.clock, 'Resuming', { signal, timeoutMs }, async (inner) => {
        await core.lifecycle.resume(inner)
        await core.start({ signal: inner })
      })
    } catch (error) {
      // The application has suspended it again meanwhile, and knows.
      if (!isP2PError(error, 'SUSPENDED')) throw error
    }
  }

  /**
   * Resolves as soon as `status` is this one, which it may be already. To wait for `'online'` starts the coordinator.
   *
   * @throws P2PError TIMEOUT after `timeoutMs` milliseconds, ABORTED, INVALID_CONFIG, SHUT_DOWN.
   * @example
   * await wallet.waitFor('online', { timeoutMs: 10_000 })
   */
  async waitFor(status: P2PStatus, options?: WaitOptions): Promise<void> {
    const { core } = this
    core.checkOpen()
    return withDeadline(core.clock, `Waiting for '${status}'`, options ?? {}, (signal) => {
      if (status === 'online') core.startSoon()
      return new Promise((resolve, reject) => {
        const look = () => {
          if (core.isShutDown) reject(shutDownError())
          else if (this.status === status) resolve()
          else return
          for (const stop of stops) stop()
        }
        const stops = ['status', 'closed'].map((event) => core.emitter.on(event, look))
        signal.addEventListener('abort', () => {
          for (const stop of stops) stop()
        })
        look()
      })
    })
  }

  /**
   * Looks after every connection at once: probes those that are there, and dials those that are away without waiting for their time. Does
   * nothing unless the coordinator runs.
   *
   * @throws P2PError SHUT_DOWN.
   * @example
   * retryButton.onclick = () => wallet.reconnect()
   */
  reconnect(): void {
    const { core } = this
    core.checkOpen()
    core.network.woke('asked')
  }

  /**
   * Sends what `sendTo` accepted, says goodbye to all peers, and releases every socket and timer. A second call waits for the first. What cannot
   * be sent within `limits.closeGraceMs` rejects.
   */
  shutdown(): Promise<void> {
    return this.core.close()
  }

  /**
   * Attaches a plugin, and starts it where the coordinator runs already.
   *
   * @returns this coordinator, with the members that the plugin brings.
   * @throws P2PError INVALID_CONFIG, SHUT_DOWN, or what the plugin throws.
   * @example
   * const wallet = await coordinator.use(topics())
   * wallet.topics.subscribe('offers', console.log)
   */
  async use<Api extends object>(plugin: Plugin<Api>): Promise<this & Api> {
    this.core.attach(plugin, this)
    return this as this & Api
  }

  /** Brings the messages of a protocol to a handler, and tells peers that we speak it. @throws P2PError DUPLICATE_PROTOCOL, INVALID_CONFIG, SHUT_DOWN. */
  registerProtocol(handler: IProtocolHandler): void {
    this.core.registerProtocol(handler)
  }

  /** Takes the handler of a protocol away. @throws P2PError INVALID_CONFIG for a protocol of the SDK itself. */
  unregisterProtocol(protocolName: string): void {
    if (protocolName.startsWith(INTERNAL_PREFIX)) {
      throw new P2PError('INVALID_CONFIG', `"${protocolName}" is a protocol of the SDK.`)
    }
    this.core.unregisterProtocol(protocolName)
  }

  /**
   * Handles the messages of a protocol that `defineProtocol` describes; each payload has passed its schema.
   *
   * @returns ends it.
   * @throws P2PError as `registerProtocol`.
   * @example
   * wallet.handle(shop, { order: (order, from, reply) => reply('receipt', { total: order.amount * 5n }) })
   */
  handle<Handlers>(protocol: Handled<Handlers>, handlers: NoInfer<Handlers>): Unsubscribe {
    return protocol.handle(this, handlers)
  }

  /**
   * Sends and asks by a protocol that `defineProtocol` describes, or announces and finds resources of a type that `defineResource` describes.
   *
   * @example
   * const answer = await wallet.for(shop).request(peerId, 'order', { amount: 3n })
   */
  for<Client>(definition: Defined<Client>): Client {
    return definition.client(this)
  }

  /**
   * Connects to an address (`wss://…`), a peer id or name, or a described peer, by whatever path leads there: a direct one,
   * or circuits through relays, which become direct where they can. A connection that is lost is made anew until one of the
   * two disconnects.
   *
   * @param options.timeoutMs milliseconds for all of it, but for a proof of work that a peer demands; default 15,000.
   * @throws P2PError INVALID_ADDRESS, INSECURE_ADDRESS, INVALID_PEER_ID, SELF_DIAL, PEER_NOT_FOUND, PEER_UNREACHABLE, WRONG_PEER, NAME_TAKEN, POOL_FULL,
   * TIMEOUT, ABORTED, UNSUPPORTED_VERSION, PROOF_OF_WORK_REQUIRED, PROOF_OF_WORK_TOO_HARD, SUSPENDED, SHUT_DOWN, what `start` throws, or
   * what the peer refused with; PEER_NOT_CONNECTED where it has gone at once. `details.paths` names each path tried, and why it failed.
   * @returns a copy of what is known of the peer.
   */
  connectToPeer(peer: PeerInfo | string, options?: WaitOptions): Promise<PeerInfo> {
    return this.core.network.connect(peer, options ?? {})
  }

  /**
   * Ends a connection for good, and tells the peer the reason; resolves when the peer has all that `sendTo` accepted, at the latest after twice
   * `limits.closeGraceMs`. What cannot be sent within that time rejects. A peer that is away at the moment is dialled no more.
   *
   * @throws P2PError PEER_NOT_CONNECTED for a peer that is neither connected nor dialled again, INVALID_PEER_ID, SELF_DIAL, SHUT_DOWN.
   */
  async disconnectFromPeer(peerId: string, reason?: P2PError): Promise<void> {
    this.core.checkOpen()
    await this.core.network.disconnect(peerId, reason)
  }

  /**
   * Ends the path that serves a peer, as though the network had broken it: another path takes over, or the connection is made
   * anew. For trying out how an application copes.
   *
   * @throws P2PError PEER_NOT_CONNECTED, INVALID_PEER_ID, SELF_DIAL, SHUT_DOWN.
   */
  dropPath(peerId: string): void {
    this.core.checkOpen()
    this.core.network.peers.need(peerId).dropPath(new P2PError('CONNECTION_LOST', 'The path was dropped.'))
  }

  /** The connected peers, relays included (`isRelay`). */
  getConnectedPeers(): PeerInfo[] {
    return this.core.network.peers.all().map((peer) => copyPeerInfo(peer.info))
  }

  /** A copy of what is known of a connected peer; undefined where it is not connected. */
  getPeer(peerId: string): PeerInfo | undefined {
    const info = this.core.network.peers.get(peerId)?.info
    return info && copyPeerInfo(info)
  }

  isConnected(peerId: string): boolean {
    return this.core.network.peers.get(peerId) !== undefined
  }

  /**
   * Sends a message; resolves once it is on its way. Before that it waits for room, where much is under way, and for the budget that the
   * peer has told for the message's protocol and type: a loop that awaits each call is never refused. What was accepted arrives once, though the
   * path changes or breaks, as long as both ends come back within `limits.sessionGraceMs`.
   *
   * With `queue: true` the peer may be away: the message waits, in order, up to `ttl` seconds, and the `outcome` of what this
   * resolves to says whether it was delivered.
   *
   * @param options.timeoutMs milliseconds to wait, default 30,000; then TIMEOUT, and the message is not sent.
   * @param options.signal ends the wait with ABORTED; the message is not sent then.
   * @param options.wait false: RATE_LIMITED at once instead of a wait, with `details.retryAfterMs` where that is known.
   * @throws P2PError PEER_NOT_CONNECTED, INVALID_PEER_ID, SELF_DIAL, FOREIGN_SENDER, INVALID_MESSAGE, UNSERIALIZABLE_PAYLOAD, MESSAGE_TOO_LARGE, BUFFER_FULL where more than
   * `limits.sendMaxBufferedBytes` wait, RATE_LIMITED, TIMEOUT, ABORTED, CONNECTION_CLOSED where the connection ends meanwhile, IDENTITY_FAILED,
   * PROTOCOL_NOT_SUPPORTED where the peer takes no such messages at all, INVALID_CONFIG for a misspelt option, SHUT_DOWN; with `queue`: OUTBOX_FULL.
   * @example
   * const { outcome } = await coordinator.sendTo(bob, { type: 'invoice', payload }, { queue: true, ttl: 3_600 })
   * console.log(await outcome) // 'delivered' or 'expired'
   */
  sendTo<T>(
    peerId: string,
    message: OutgoingMessage<T> & { payload: Travelling<T> },
    options?: SendToOptions & { queue?: false | undefined },
  ): Promise<void>
  sendTo<T>(
    peerId: string,
    message: OutgoingMessage<T> & { payload: Travelling<T> },
    options: SendToOptions & { queue: true },
  ): Promise<QueuedMessage>
  async sendTo(peerId: string, message: OutgoingMessage, options?: SendToOptions): Promise<unknown> {
    const { core } = this
    core.checkOpen()
    checkProtocol(message)
    if (options?.queue) return core.messaging.queue(peerId, message, options)
    const waiting = core.messaging.send(peerId, message, options ?? {})
    if (waiting !== undefined) await waiting
    return
  }

  /** Answers a request; protocol and `inReplyTo` are taken from it. @throws P2PError as `sendTo`. */
  async reply<T>(request: P2PMessage, message: OutgoingMessage<T> & { payload: Travelling<T> }): Promise<void> {
    this.core.checkOpen()
    await this.core.messaging.reply(request, message)
  }

  /**
   * Sends to all connected peers but relays, to each once its budget allows it; resolves to the peers that got the message, and those that
   * did not with the reason.
   *
   * @param options.relays true: relays get it too, and can read it.
   * @param options.timeoutMs milliseconds that a peer may keep the message waiting, default 30,000.
   * @throws P2PError NO_PEERS where no peer is connected, or relays alone; as `sendTo` for a message that no peer could get.
   */
  async broadcast<T>(
    message: OutgoingMessage<T> & { payload: Travelling<T> },
    options?: BroadcastOptions,
  ): Promise<BroadcastResult> {
    this.core.checkOpen()
    checkProtocol(message)
    return this.core.messaging.broadcast(message, options)
  }

  /**
   * Sends a message and waits for the one that answers it.
   *
   * @param options.timeoutMs milliseconds; default `limits.requestTimeoutMs`.
   * @param options.onAnswer called with the answer before any message that came after it.
   * @throws P2PError TIMEOUT, ABORTED, CONNECTION_LOST, PROTOCOL_NOT_SUPPORTED, HANDLER_FAILED, LIMIT_EXCEEDED, a code of the peer's
   * handler, or as `sendTo`.
   */
  async request<T = unknown>(peerId: string, message: OutgoingMessage, options?: RequestOptions): Promise<P2PMessage<T>> {
    this.core.checkOpen()
    checkProtocol(message)
    return this.core.messaging.request<T>(peerId, message, options)
  }

  /**
   * Asks the connected relays which peers are connected to them.
   *
   * @param query.protocol only peers that speak it.
   * @param query.resourceType only peers that announce resources of this type.
   * @param query.limit at most so many.
   * @param query.relays true: relays are among the answers. Default false.
   * @throws P2PError INVALID_CONFIG for a criterion that there is none of; NO_RELAY, ABORTED, TIMEOUT, and as `start`.
   */
  async findPeers(query?: PeerQuery & WaitOptions & { relays?: boolean | undefined }): Promise<PeerInfo[]> {
    const { signal, timeoutMs, relays = false, limit, ...criteria } = query ?? {}
    checkQuery(criteria)
    await this.start({ signal, timeoutMs })
    const { limits } = this.core.config
    // An introducer does not tell relays from others: those that go must not take up the places of those that stay.
    const asked = relays && limit !== undefined ? { ...criteria, limit } : criteria
    const found = await findPeers(this.core.host, asked, { signal, timeoutMs, limits })
    return found.filter(({ isRelay }) => relays || isRelay !== true).slice(0, limit)
  }

  /**
   * Announces a resource: a signed record that others find by type and id, published anew until it is withdrawn.
   *
   * @param data what JSON takes, and `Uint8Array`, `Date` and `BigInt`; the record has at most 16 KiB.
   * @param options.ttl seconds; default 3,600, at most 172,800.
   * @returns the servers that have stored the record, and those that have not, with the reason.
   * @throws P2PError INVALID_RESOURCE, and as `DistributedHashTable.announce` and `start`.
   */
  async announceResource<T>(
    type: string,
    id: string,
    data: T & Travelling<T>,
    options?: AnnounceResourceOptions,
  ): Promise<AnnounceResult> {
    const kept = asSent(data, this.core.limits)
    await this.core.start(options)
    return this.discovery.announceResource(type, id, kept, options)
  }

  /** Withdraws a resource of ours. @throws P2PError INVALID_RESOURCE, and as `DistributedHashTable.withdraw` and `start`. */
  async withdrawResource(type: string, id: string, options?: WaitOptions): Promise<AnnounceResult> {
    await this.core.start(options)
    return this.discovery.withdrawResource(type, id, options)
  }

  /**
   * Finds resources of a type; signatures are verified, the newest come first.
   *
   * @param conditions on fields of the data: a value, or `{ gt, gte, lt, lte, ne, in, contains, exists }`.
   * @param options.maxResults the newest so many; `creatorPeerId`, `createdAfter`, `createdBefore`: whose, and of which time.
   * @example
   * const offers = await coordinator.discoverResources<Offer>('offer', { coin: 'XPI', amount: { gte: 1_000n } }, { maxResults: 20 })
   * @throws P2PError INVALID_RESOURCE, and as `DistributedHashTable.query` and `start`.
   */
  async discoverResources<T = unknown>(
    type: string,
    conditions?: ResourceConditions<T>,
    options?: DiscoverOptions,
  ): Promise<ResourceAnnouncement<T>[]> {
    await this.core.start(options)
    return this.discovery.discoverResources<T>(type, conditions, options)
  }

  /**
   * Finds one resource.
   *
   * @param options.creatorPeerId whose; default: the newest of that id.
   * @returns null where there is none.
   * @throws P2PError INVALID_RESOURCE, and as `DistributedHashTable.get` and `start`.
   */
  async getResource<T = unknown>(
    type: string,
    id: string,
    options?: WaitOptions & { creatorPeerId?: string | undefined },
  ): Promise<ResourceAnnouncement<T> | null> {
    await this.core.start(options)
    return this.discovery.getResource<T>(type, id, options)
  }

  /**
   * Bans a peer, and ends its connection; or a network address or group of addresses.
   *
   * @param id a peer id, the name of a connected peer, or `address:` and an IP address or a group such as `address:203.0`.
   * @param options.durationMs milliseconds; default `limits.banMs`, longer each time.
   * @throws P2PError INVALID_PEER_ID, INVALID_CONFIG, SHUT_DOWN.
   * @example
   * coordinator.ban(from.peerId, { reason: 'It sent an invoice that it did not own.' })
   */
  ban(id: string, options?: { reason?: string | undefined; durationMs?: number | undefined }): Ban {
    const { core } = this
    const { reason = 'Banned by hand.', durationMs } = options ?? {}
    core.checkOpen()
    const about = { cause: 'manual', reason, durationMs } as const
    const { defence } = core
    return {
      ...(`${id}`.startsWith('address:') ? defence.bans.add(id, about) : defence.ban(core.keyOf(id) ?? decodePeerId(id), about)),
    }
  }

  /** Lifts a ban and forgives what led to it; false where there was none. @throws P2PError SHUT_DOWN. */
  unban(id: string): boolean {
    const { core } = this
    core.checkOpen()
    const { bans, reputation } = core.defence
    if (isPeerId(id)) reputation.forget(hexOf(decodePeerId(id)))
    const lifted = bans.lift(id)
    if (lifted) core.emitter.emit('peer-unbanned', id)
    return lifted
  }

  /**
   * A peer's reputation here: its score, 0 for a stranger, and how often it was blamed for what. It is this coordinator's opinion
   * and never leaves it.
   *
   * @throws P2PError INVALID_PEER_ID for what is neither a peer id nor the name of a connected peer.
   */
  reputationOf(peerId: string): Standing {
    return this.core.defence.standingOf(this.core.keyOf(peerId) ?? decodePeerId(peerId))
  }

  /** The bans in force, each with peer or address, reason, begin and end. */
  listBans(): Ban[] {
    return this.core.defence.bans.list()
  }

  /** Counts of peers, traffic, records and defences, and a section for each plugin that has one. */
  getStats(): CoordinatorCoreStats {
    return { ...this.core.getStats(), dht: this.dht.getStats() }
  }

  /** What waits for a peer; undefined where it is not connected. */
  getPeerLoad(peerId: string): PeerLoad | undefined {
    return this.core.network.peers.get(peerId)?.load
  }

  /** Gives up what can be had again, for when memory is short: kept topic messages, copies and verified records of others. */
  trim(): void {
    this.core.plugins.run('trim')
  }

  /** Drops what has expired at once, rather than when it is next looked at. */
  cleanup(): void {
    this.dht.cleanup()
  }

  /** Calls the listener at each event of this name. @returns ends it. @throws P2PError INVALID_CONFIG for a misspelt name, from `P2PCoordinator` of `lotus-p2p`. */
  on<Name extends keyof CoordinatorCoreEvents>(
    event: Name,
    listener: (...args: CoordinatorCoreEvents[Name]) => void,
  ): Unsubscribe {
    return this.core.emitter.on(event, listener as AnyListener)
  }

  /** As `on`, for the first event only. */
  once<Name extends keyof CoordinatorCoreEvents>(
    event: Name,
    listener: (...args: CoordinatorCoreEvents[Name]) => void,
  ): Unsubscribe {
    return this.core.emitter.once(event, listener as AnyListener)
  }

  /** Ends the calls of a listener. */
  off<Name extends keyof CoordinatorCoreEvents>(event: Name, listener: (...args: CoordinatorCoreEvents[Name]) => void): void {
    this.core.emitter.off(event, listener as AnyListener)
  }
}

/** @throws P2PError INVALID_MESSAGE for what is no message, and for a protocol of the SDK, which answers nothing of the application's. */
function checkProtocol(message: OutgoingMessage): void {
  if (Object(message) !== message) throw new P2PError('INVALID_MESSAGE', 'A message is an object with a type and a payload.')
  const { protocol } = message
  if (typeof protocol === 'string' && protocol.startsWith(INTERNAL_PREFIX)) {
    throw new P2PError(
      'INVALID_MESSAGE',
      `"${protocol}" is a protocol of the SDK. Choose a name that does not begin with ${INTERNAL_PREFIX}.`,
    )
  }
}
