import { nanoid } from 'nanoid'
import { hexOf } from './base/bytes.js'
import { asP2PError, P2PError, shutDownError } from './base/errors.js'
import { TypedEvents, type Unsubscribe } from './base/events.js'
import type { WaitOptions } from './base/wait.js'
import { cutText } from './base/well-formed.js'
import type { PeerDescription } from './channel/hello.js'
import { type P2PConfig, type ResolvedConfig, resolveConfig } from './core/config.js'
import type { CoordinatorEvents, CoordinatorStats, P2PStatus, SendToOptions } from './core/events.js'
import { Network } from './core/network.js'
import type { Ban } from './defence/bans.js'
import type { Standing } from './defence/reputation.js'
import { decodePeerId, isPeerId } from './identity/peer-id.js'
import { PinnedNames } from './identity/pinned-names.js'
import { installEd25519Fallback } from './identity/with-fallback.js'
import { INTERNAL_PREFIX, type OutgoingMessage, type P2PMessage } from './message/message.js'
import { checkMessage } from './message/p2p-protocol.js'
import type { PeerConnection, PeerLoad } from './peer/connection/peer-connection.js'
import type { QueuedMessage } from './peer/keep/outbox.js'
import { findPeers, type PeerQuery } from './plugins/circuit/introducer.js'
import type { AnnounceResult, DistributedHashTable } from './plugins/dht/client/dht.js'
import { EclipseWatch } from './plugins/dht/eclipse/eclipse-watch.js'
import { DhtNode } from './plugins/dht/node/dht-node.js'
import { isPrivateAddress } from './plugins/dht/walk/contact.js'
import type { ResourceFilters } from './plugins/discovery/filters.js'
import { type PeerRecord, PeerRecords } from './plugins/discovery/peer-records.js'
import {
  type AnnounceResourceOptions,
  type ResourceAnnouncement,
  ResourceDiscovery,
  type ResourceListener,
} from './plugins/discovery/resource-discovery.js'
import { ResourceTopics } from './plugins/discovery/resource-topics.js'
import type { TopicMessage } from './plugins/topics/topic-messages.js'
import { type PublishResult, type SubscribeOptions, type TopicListener, Topics } from './plugins/topics/topics.js'
import type { BroadcastResult, IProtocolHandler, ProtocolHost } from './protocol/handler.js'
import type { PeerInfo } from './protocol/peer-info.js'
import { CORE_PROTOCOL, PendingRequests } from './protocol/pending-requests.js'
import { ProtocolRouter } from './protocol/router.js'

/**
 * A peer: finds others, talks to them privately, and runs protocols with them.
 *
 * @example
 * const coordinator = new P2PCoordinator({ bootstrap: ['wss://relay.example'] })
 * coordinator.on('message', (message, from) => console.log(from.peerId, message.payload))
 * await coordinator.start()
 * await coordinator.broadcast({ type: 'hello', payload: 'hi' })
 */
export class P2PCoordinator {
  /** Our `lp1…` id, or the name given in the configuration. */
  readonly peerId: string
  /** Our Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array
  readonly dht: DistributedHashTable
  private readonly config: ResolvedConfig
  private readonly host: ProtocolHost
  private readonly events: TypedEvents<CoordinatorEvents>
  private readonly router: ProtocolRouter
  private readonly requests: PendingRequests
  private readonly network: Network
  private readonly discovery: ResourceDiscovery
  private readonly records: PeerRecords
  private readonly topics: Topics
  private readonly node: DhtNode
  private readonly eclipse: EclipseWatch
  private stopping: Promise<void> | undefined

  /** @throws P2PError INVALID_CONFIG, INVALID_PEER_ID. */
  constructor(config: P2PConfig = {}) {
    installEd25519Fallback()
    const resolved = resolveConfig(config)
    const { peerId, identity, clock, limits, logger, store } = resolved
    this.config = resolved
    this.peerId = peerId
    this.publicKey = identity.publicKey.slice()
    this.events = new TypedEvents((cause, event) => this.listenerFailed(cause, event))
    this.requests = new PendingRequests(clock, limits)
    const names = new PinnedNames(store, limits)
    this.network = new Network(resolved, {
      names,
      describe: () => this.describe(),
      find: (id, wait) => findPeers(this.host, { peerId: id }, { ...wait, limits }),
      resolve: (id, wait) => this.records.resolve(id, wait),
      onConnected: (peer) => this.peerConnected(peer),
      onDisconnected: (peer, error) => this.peerDisconnected(peer, error),
      onPathChanged: (peer, from) => this.events.emit('path-changed', { ...peer.info }, from),
      onMessage: (message, peer) => this.receive(message, peer),
      onOutcome: (message, outcome) => this.events.emit(outcome, message),
      onError: (error, peer) => this.report(error, peer),
      expects: (message) => this.requests.expects(message),
      onStale: (message) => this.answerFailure(message, staleMessage(message)),
      onBanned: (ban) => this.events.emit('peer-banned', ban),
      limitsOf: (protocol) => (protocol === CORE_PROTOCOL ? 'default' : this.router.limitsOf(protocol)),
      onStatus: (status) => this.events.emit('status', status),
      onWork: (event) => this.events.emit('proof-of-work', event),
      onReachable: () => this.records.changed(),
    })
    this.host = {
      peerId,
      clock,
      store,
      logger,
      sendTo: (to, message) => this.sendTo(to, message),
      reply: (request, message) => this.reply(request, message),
      request: (to, message, options) => this.request(to, message, options),
      broadcast: (message, options) => this.broadcast(message, options),
      peers: () => this.network.peers.all().map((peer) => peer.info),
      reject: (id, error) =>
        this.network.peers.reject(id, asP2PError(error, 'PROTOCOL_VIOLATION', 'A protocol refused this peer.')),
      check: (id, work) => {
        const key = this.network.peers.get(id)?.publicKey ?? (isPeerId(id) ? decodePeerId(id) : undefined)
        return key === undefined ? work() : this.network.defence.inTurn(key, () => this.isConnected(id), work)
      },
      blame: (key, cause, reason) => this.network.defence.blame(key, cause, reason),
    }
    this.router = new ProtocolRouter({
      host: this.host,
      onError: (error, peer) => this.report(error, peer),
      onFailed: (message, error) => this.answerFailure(message, error),
    })
    this.topics = new Topics({
      identity,
      limits,
      router: resolved.dhtMode !== 'client',
      onError: (error) => this.report(error),
    })
    this.node = new DhtNode({
      config: resolved,
      names,
      dialer: this.network.nodeDialer,
      probe: (contact) => this.network.isNodeAt(contact),
      needsNodes: () => this.network.diversity().operators < 2,
      feed: (verifier) => new ResourceTopics(this.topics, verifier),
      onNode: (role) => this.registerProtocol(role),
      onError: (error) => this.report(error),
    })
    this.dht = this.node.dht
    this.node.open(this.host)
    this.eclipse = new EclipseWatch({
      clock,
      limits,
      peerId,
      anchors: resolved.anchors.length,
      chosen: () => this.network.chosen(),
      view: this.node.viewOf(this.host),
      ownRecord: (before) => this.dht.ownRecord(before),
      onNamed: (contacts, teller) => this.node.network.named(contacts, teller),
      onSuspected: (evidence) => this.events.emit('eclipse-suspected', evidence),
      onCleared: () => this.events.emit('eclipse-cleared'),
    })
    this.discovery = new ResourceDiscovery(this.dht, peerId)
    this.records = new PeerRecords(this.dht, () => this.peerRecord())
    for (const handler of [...this.network.handlers, ...this.node.handlers, this.topics]) this.router.register(handler)
  }

  /**
   * Opens the listeners and connects to the bootstrap peers; resolves with the first of them, or when each has failed once
   * (they go on being tried). Other calls start the coordinator by themselves.
   *
   * @throws P2PError ADDRESS_IN_USE, LISTEN_FAILED, IDENTITY_FAILED, SHUT_DOWN.
   */
  start(): Promise<void> {
    return this.network.start()
  }

  /**
   * Says goodbye to all peers and dials nobody until `resume`: for an app that is put into the background. Sleep that nobody
   * announces is noticed without it.
   */
  suspend(): void {
    this.checkRunning()
    this.network.suspend()
  }

  /** Comes back from `suspend`; resolves with the first connection, or when each has failed once. @throws P2PError SHUT_DOWN. */
  async resume(): Promise<void> {
    this.checkRunning()
    await this.network.resume()
  }

  /** Says goodbye to all peers and releases every socket and timer. A second call waits for the first. */
  shutdown(): Promise<void> {
    this.stopping ??= this.close()
    return this.stopping
  }

  /** @throws P2PError DUPLICATE_PROTOCOL, INVALID_CONFIG. */
  registerProtocol(handler: IProtocolHandler): void {
    this.checkRunning()
    this.router.register(handler)
    this.network.defence.gate.protocolsChanged()
    this.described()
    for (const peer of this.getConnectedPeers()) this.router.connectedTo(handler, peer)
  }

  /** @throws P2PError INVALID_CONFIG for one of the SDK's own. */
  unregisterProtocol(protocolName: string): void {
    if (protocolName.startsWith(INTERNAL_PREFIX)) {
      throw new P2PError('INVALID_CONFIG', `"${protocolName}" is a protocol of the SDK itself and stays.`)
    }
    if (!this.router.unregister(protocolName)) return
    this.network.defence.gate.protocolsChanged()
    this.described()
  }

  /**
   * Connects to an address (`wss://…`), a peer id or name, or a described peer, by whatever path leads there: a direct one,
   * or circuits through relays, which become direct where they can. A connection that is lost is made anew until one of the
   * two disconnects. `timeoutMs` counts for all of it, but for a proof of work that a peer demands; default 15,000.
   *
   * @throws P2PError INVALID_ADDRESS, INSECURE_ADDRESS, PEER_NOT_FOUND, PEER_UNREACHABLE, WRONG_PEER, NAME_TAKEN, POOL_FULL, TIMEOUT,
   * ABORTED, UNSUPPORTED_VERSION, PROOF_OF_WORK_TOO_HARD, SUSPENDED, SHUT_DOWN, or what the peer refused with. `details.paths` names each path tried,
   * and why it failed.
   */
  async connectToPeer(peer: PeerInfo | string, options: WaitOptions = {}): Promise<void> {
    await this.network.connect(peer, options)
  }

  /** Ends a connection for good, and tells the peer the reason. @throws P2PError PEER_NOT_CONNECTED. */
  async disconnectFromPeer(peerId: string, reason?: P2PError): Promise<void> {
    this.checkRunning()
    this.network.disconnect(peerId, reason)
  }

  /**
   * Ends the path that serves a peer, as though the network had broken it: another path takes over, or the connection is made
   * anew. For trying out how an application copes.
   *
   * @throws P2PError PEER_NOT_CONNECTED.
   */
  dropPath(peerId: string): void {
    this.checkRunning()
    this.network.peers.need(peerId).dropPath(new P2PError('CONNECTION_LOST', 'The path was dropped on purpose.'))
  }

  getConnectedPeers(): PeerInfo[] {
    return this.network.peers.all().map((peer) => ({ ...peer.info }))
  }

  getPeer(peerId: string): PeerInfo | undefined {
    const info = this.network.peers.get(peerId)?.info
    return info && { ...info }
  }

  isConnected(peerId: string): boolean {
    return this.network.peers.get(peerId) !== undefined
  }

  /** Addresses at which our listeners can be reached. */
  get addresses(): string[] {
    return this.config.listen.flatMap((listener) => listener.addresses)
  }

  get status(): P2PStatus {
    return this.network.status
  }

  /**
   * Sends a message; resolves once it is on its way and less than `limits.sendHighWaterBytes` wait for this peer. What was
   * accepted arrives once, though the path changes or breaks, as long as both ends come back within `limits.sessionGraceMs`.
   *
   * With `queue: true` the peer may be away: the message waits, in order, up to `ttl` seconds, and the `outcome` of what this
   * resolves to says whether it was delivered.
   *
   * @throws P2PError PEER_NOT_CONNECTED, FOREIGN_SENDER, INVALID_MESSAGE, UNSERIALIZABLE_PAYLOAD, MESSAGE_TOO_LARGE, BUFFER_FULL,
   * CONNECTION_CLOSED, SHUT_DOWN; with `queue`: OUTBOX_FULL.
   * @example
   * const { outcome } = await coordinator.sendTo(bob, { type: 'invoice', payload }, { queue: true, ttl: 3_600 })
   * console.log(await outcome) // 'delivered' or 'expired'
   */
  sendTo(peerId: string, message: OutgoingMessage, options?: SendToOptions & { queue?: false }): Promise<void>
  sendTo(peerId: string, message: OutgoingMessage, options: SendToOptions & { queue: true }): Promise<QueuedMessage>
  async sendTo(peerId: string, message: OutgoingMessage, { queue, ttl }: SendToOptions = {}): Promise<unknown> {
    this.checkRunning()
    const { peers, outbox } = this.network
    if (queue) {
      const to = peers.get(peerId)?.peerId ?? peerId
      return outbox.add(to, this.complete(message, to), ttl ?? this.config.limits.outboxTtlS)
    }
    const peer = peers.need(peerId)
    const waiting = peer.send(this.complete(message, peer.peerId))
    if (waiting !== undefined) await waiting
    return
  }

  /** Answers a request; protocol and `inReplyTo` are taken from it. @throws as `sendTo`. */
  reply(request: P2PMessage, message: OutgoingMessage): Promise<void> {
    const protocol = request.protocol === undefined ? {} : { protocol: request.protocol }
    return this.sendTo(request.from, { ...protocol, ...message, inReplyTo: request.messageId })
  }

  /** Sends to all connected peers; says who got it, and who did not and why. @throws as `sendTo` for what no peer could get, and NO_PEERS. */
  async broadcast(message: OutgoingMessage, options: { exclude?: string[] } = {}): Promise<BroadcastResult> {
    this.checkRunning()
    const whole = this.complete(message, undefined)
    if (this.network.peers.size === 0 && !message.protocol?.startsWith(INTERNAL_PREFIX)) {
      throw new P2PError('NO_PEERS', 'Nobody is connected, so nobody would get it. Connect first.')
    }
    return this.network.peers.broadcast(whole, new Set(options.exclude))
  }

  /**
   * Sends a message and waits for the one that answers it.
   *
   * @throws P2PError TIMEOUT, ABORTED, CONNECTION_LOST, PROTOCOL_NOT_SUPPORTED, HANDLER_FAILED, a code of the peer's handler, or as `sendTo`.
   */
  async request<T = unknown>(peerId: string, message: OutgoingMessage, options: WaitOptions = {}): Promise<P2PMessage<T>> {
    this.checkRunning()
    const peer = this.network.peers.need(peerId)
    const whole = this.complete(message, peer.peerId)
    return (await this.requests.wait(whole, peer.peerId, options, () => peer.send(whole, { lasting: false }))) as P2PMessage<T>
  }

  /** Asks the connected relays who else is there. @throws P2PError NO_RELAY, ABORTED, TIMEOUT. */
  async findPeers(query: PeerQuery & WaitOptions = {}): Promise<PeerInfo[]> {
    await this.start()
    const { signal, timeoutMs, ...criteria } = query
    return findPeers(this.host, criteria, { signal, timeoutMs, limits: this.config.limits })
  }

  /** @throws as `ResourceDiscovery.announceResource`. */
  async announceResource<T>(type: string, id: string, data: T, options?: AnnounceResourceOptions): Promise<AnnounceResult> {
    await this.start()
    return this.discovery.announceResource(type, id, data, options)
  }

  /** @throws as `ResourceDiscovery.withdrawResource`. */
  async withdrawResource(type: string, id: string, options?: WaitOptions): Promise<AnnounceResult> {
    await this.start()
    return this.discovery.withdrawResource(type, id, options)
  }

  /** @throws as `ResourceDiscovery.discoverResources`. */
  async discoverResources<T = unknown>(
    type: string,
    filters?: ResourceFilters,
    options?: WaitOptions,
  ): Promise<ResourceAnnouncement<T>[]> {
    await this.start()
    return this.discovery.discoverResources<T>(type, filters, options)
  }

  /** @throws as `ResourceDiscovery.getResource`. */
  async getResource<T = unknown>(
    type: string,
    id: string,
    options?: WaitOptions & { creatorPeerId?: string },
  ): Promise<ResourceAnnouncement<T> | null> {
    await this.start()
    return this.discovery.getResource<T>(type, id, options)
  }

  /** Tells of matching resources as they come, change and go; servers push, nothing polls. */
  watchResources<T = unknown>(type: string, filters: ResourceFilters, listener: ResourceListener<T>): Unsubscribe {
    this.checkRunning()
    const stop = this.discovery.watchResources<T>(type, filters, (resource, change) => {
      this.events.emit('resource', resource, change)
      this.fenced('resource', () => listener(resource, change))
    })
    this.start().catch((error) => this.report(asP2PError(error, 'LISTEN_FAILED', 'The coordinator did not start.')))
    return stop
  }

  /**
   * From now on the listener gets what others publish on a topic, at whichever relay, each message once and verified; with
   * `history` the last ones first, where relays still have them.
   *
   * @throws P2PError INVALID_TOPIC, INVALID_CONFIG, LIMIT_EXCEEDED, SHUT_DOWN.
   * @example
   * const stop = coordinator.subscribe<Offer>('offers', ({ payload, publisherId }) => show(publisherId, payload), { history: 10 })
   */
  subscribe<T = unknown>(topic: string, listener: TopicListener<T>, options?: SubscribeOptions): Unsubscribe {
    this.checkRunning()
    const stop = this.topics.subscribe(topic, listener as (message: TopicMessage) => void, options)
    this.start().catch((error) => this.report(asP2PError(error, 'LISTEN_FAILED', 'The coordinator did not start.')))
    return stop
  }

  /** Publishes to all subscribers of a topic; `subscribers: 0` says that nobody listens. @throws as `Topics.publish`. */
  async publish(topic: string, payload: unknown, options?: WaitOptions): Promise<PublishResult> {
    await this.start()
    return this.topics.publish(topic, payload, options)
  }

  /**
   * Bans a peer, and ends its connection; or a network address or group of addresses.
   *
   * @param id a peer id, the name of a connected peer, or `address:` and an IP address or a group such as `address:203.0`.
   * @param options.durationMs milliseconds; default `limits.banMs`, longer each time.
   * @throws P2PError INVALID_PEER_ID, SHUT_DOWN.
   * @example
   * coordinator.ban(from.peerId, { reason: 'It sent an invoice that it did not own.' })
   */
  ban(id: string, { reason = 'Banned by hand.', durationMs }: { reason?: string; durationMs?: number } = {}): Ban {
    this.checkRunning()
    const about = { cause: 'manual', reason, durationMs } as const
    const { bans } = this.network.defence
    if (id.startsWith('address:')) return bans.add(id, about)
    const key = this.network.peers.get(id)?.publicKey ?? decodePeerId(id)
    return this.network.defence.ban(key, about)
  }

  /** Lifts a ban and forgives what led to it; false where there was none. @throws P2PError SHUT_DOWN. */
  unban(id: string): boolean {
    this.checkRunning()
    const { bans, reputation } = this.network.defence
    if (isPeerId(id)) reputation.forget(hexOf(decodePeerId(id)))
    const lifted = bans.lift(id)
    if (lifted) this.events.emit('peer-unbanned', id)
    return lifted
  }

  /**
   * What we hold of a peer: its score, 0 for a stranger, and how often it was blamed for what. Our own opinion, told to nobody.
   *
   * @throws P2PError INVALID_PEER_ID for what is neither a peer id nor the name of a connected peer.
   */
  reputationOf(peerId: string): Standing {
    const key = this.network.peers.get(peerId)?.publicKey ?? decodePeerId(peerId)
    return this.network.defence.standingOf(key)
  }

  /** The bans in force: of whom, why, since when and until when. */
  listBans(): Ban[] {
    return this.network.defence.bans.list()
  }

  getStats(): CoordinatorStats {
    const { config, requests } = this
    const { peers, outbox, defence, skew } = this.network
    const { gate, bans, reputation, slots, budget } = defence
    const clockSkewMs = skew.medianMs
    const paths: CoordinatorStats['peers']['paths'] = {}
    for (const peer of peers.all()) {
      const { transport } = peer.activeChannel.connection
      paths[transport] = (paths[transport] ?? 0) + 1
    }
    const { faults, refused, refusals, ...dials } = peers.stats
    return {
      peers: { connected: peers.size, maxConnections: config.maxConnections, dialling: peers.dialling, paths, ...dials },
      dht: this.dht.getStats(),
      topics: this.topics.getStats(),
      traffic: { ...peers.traffic(), pendingRequests: requests.count, queued: outbox.stats },
      defence: {
        ...gate.stats,
        rememberedIds: gate.remembered,
        refused,
        refusals: { ...refusals },
        faults: { ...faults },
        bans: bans.count,
        reputations: reputation.size,
        pendingHandshakes: slots.size,
        verification: { ...budget.stats },
        ...(clockSkewMs !== undefined && { clockSkewMs }),
        diversity: { ...this.network.diversity(), suspected: this.eclipse.isSuspected },
      },
    }
  }

  /** What waits for a peer; undefined where it is not connected. */
  getPeerLoad(peerId: string): PeerLoad | undefined {
    return this.network.peers.get(peerId)?.load
  }

  /** Gives up what can be had again, for when memory is short: kept topic messages, copies and verified records of others. */
  trim(): void {
    this.topics.trim()
    this.node.trim()
  }

  /** Drops what has expired now, rather than when it is next looked at. */
  cleanup(): void {
    this.discovery.cleanup()
    this.dht.cleanup()
  }

  on<Name extends keyof CoordinatorEvents>(event: Name, listener: (...args: CoordinatorEvents[Name]) => void): Unsubscribe {
    return this.events.on(event, listener)
  }

  once<Name extends keyof CoordinatorEvents>(event: Name, listener: (...args: CoordinatorEvents[Name]) => void): Unsubscribe {
    return this.events.once(event, listener)
  }

  off<Name extends keyof CoordinatorEvents>(event: Name, listener: (...args: CoordinatorEvents[Name]) => void): void {
    this.events.off(event, listener)
  }

  private async close(): Promise<void> {
    this.eclipse.close()
    this.records.close()
    this.discovery.shutdown()
    this.node.shutdown()
    // Circuits stay until the goodbyes that they carry have left.
    const circuits = this.network.circuits.protocolName
    for (const name of this.router.names) if (name !== circuits) this.router.unregister(name)
    const closed = this.network.close()
    this.router.unregister(circuits)
    await closed
    this.events.clear()
  }

  private describe(): PeerDescription {
    return { protocols: this.router.names, addresses: this.publicAddresses(), metadata: this.config.metadata }
  }

  private peerRecord(): PeerRecord {
    const relays = this.network.circuits.reserved().map(({ relay }): [string, string | null] => {
      return [relay, this.network.peers.get(relay)?.info.addresses.websocket ?? null]
    })
    return { addresses: this.publicAddresses(), relays, protocols: this.router.names }
  }

  /** What others may know: nothing that a peer behind relays could be found by; what is reached from everywhere first. */
  private publicAddresses(): string[] {
    const { relayOnly, announce, limits } = this.config
    const own = relayOnly ? [] : (announce ?? this.addresses.filter((address) => /^wss?:/.test(address)))
    return [...own].sort((a, b) => Number(isPrivateAddress(a)) - Number(isPrivateAddress(b))).slice(0, limits.maxAddresses)
  }

  /** What we tell of ourselves has changed. */
  private described(): void {
    this.network.updates.changed()
    this.records.changed()
  }

  private complete(message: OutgoingMessage, to: string | undefined): P2PMessage {
    if (message.from !== undefined && message.from !== this.peerId) {
      throw new P2PError('FOREIGN_SENDER', 'A message can only be sent in our own name. Leave `from` out.', {
        details: { from: message.from },
      })
    }
    const { type, payload, protocol, inReplyTo } = message
    const whole: P2PMessage = {
      type,
      from: this.peerId,
      payload,
      timestamp: message.timestamp ?? this.config.clock.now(),
      messageId: message.messageId ?? nanoid(),
    }
    if (to !== undefined) whole.to = to
    if (protocol !== undefined) whole.protocol = protocol
    if (inReplyTo !== undefined) whole.inReplyTo = inReplyTo
    checkMessage(whole, this.config.limits)
    return whole
  }

  private receive(message: P2PMessage, peer: PeerConnection): void {
    if (this.requests.settle(message)) {
      this.network.defence.reputation.credit(hexOf(peer.publicKey))
      return
    }
    if (message.protocol === CORE_PROTOCOL) return
    const { info } = peer
    if (!message.protocol?.startsWith(INTERNAL_PREFIX)) this.events.emit('message', message, info)
    if (message.protocol !== undefined) this.router.dispatch(message, info)
  }

  private answerFailure(message: P2PMessage, { code, message: text }: P2PError): void {
    // Never an answer to an answer: two peers could go on for ever.
    if (message.inReplyTo !== undefined || !this.isConnected(message.from)) return
    const payload = { code, message: cutText(text) }
    this.reply(message, { type: 'failed', payload, protocol: CORE_PROTOCOL }).catch(() => {})
  }

  private peerConnected(peer: PeerConnection): void {
    this.router.connected(peer.info)
    this.node.met(peer.info)
    this.eclipse.changed()
    this.events.emit('connected', { ...peer.info })
  }

  private peerDisconnected(peer: PeerConnection, error: P2PError): void {
    this.requests.peerGone(peer.peerId, error)
    this.router.disconnected(peer.info)
    this.node.parted(peer.info)
    this.events.emit('disconnected', { ...peer.info }, error)
    if (error.code === 'REPLACED' && error.details.byPeer === true) this.report(error, peer.info)
  }

  private report(error: P2PError, peer?: PeerInfo): void {
    if (this.events.hasListeners('error')) this.events.emit('error', error, peer)
    else this.config.logger.warn(error.message, { code: error.code, peerId: peer?.peerId })
  }

  private listenerFailed(cause: unknown, event: string): void {
    const why = cause instanceof Error ? cause.message : String(cause)
    const error = new P2PError('LISTENER_FAILED', `A listener of '${event}' failed: ${why}`, { cause })
    if (event === 'error') this.config.logger.error(error.message)
    else this.report(error)
  }

  private fenced(event: string, run: () => void): void {
    try {
      run()
    } catch (error) {
      this.listenerFailed(error, event)
    }
  }

  private checkRunning(): void {
    if (this.stopping !== undefined) throw shutDownError()
  }
}

function staleMessage({ messageId }: P2PMessage): P2PError {
  return new P2PError(
    'REPLAYED',
    'The date of this signed message is too far from now: it was sent before, or the clock of its sender changed. Send it anew.',
    { details: { messageId } },
  )
}
