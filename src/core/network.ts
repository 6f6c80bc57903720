import { originOf } from '../address/origin.js'
import { asP2PError, isP2PError, P2PError, shutDownError } from '../base/errors.js'
import type { Unsubscribe } from '../base/events.js'
import type { WaitOptions } from '../base/wait.js'
import { type WakeReason, WakeWatch } from '../base/wake.js'
import type { PeerDescription } from '../channel/hello.js'
import { type ChannelKeys, createChannelKeys } from '../channel/hello.js'
import type { Ban } from '../defence/bans.js'
import { ClockSkew } from '../defence/clock-skew.js'
import { Defence, type DefenceOptions } from '../defence/defence.js'
import { encodePeerId } from '../identity/peer-id.js'
import type { PinnedNames } from '../identity/pinned-names.js'
import type { P2PMessage } from '../message/message.js'
import type { PeerConnection } from '../peer/connection/peer-connection.js'
import { connectTo, type DialTools } from '../peer/dial/dial-plan.js'
import { Anchors, type ChosenPeer } from '../peer/keep/anchors.js'
import { Heartbeat } from '../peer/keep/heartbeat.js'
import { Outbox, type QueuedOutcome } from '../peer/keep/outbox.js'
import { PathUpgrade } from '../peer/keep/path-upgrade.js'
import { PeerUpdates } from '../peer/keep/peer-updates.js'
import { Reconnector } from '../peer/keep/reconnector.js'
import { PeerManager, suspended } from '../peer/pool/peer-manager.js'
import { CircuitEndpoint } from '../plugins/circuit/endpoint.js'
import { DHT_NODE_PROTOCOL, DHT_PROTOCOL } from '../plugins/dht/client/dht-messages.js'
import type { Contact } from '../plugins/dht/walk/contact.js'
import { type NodeDialer, noLongerNeeded } from '../plugins/dht/walk/node-links.js'
import { type ProofOfWorkEvent, WorkProofs } from '../plugins/proof-of-work/work-proofs.js'
import { WebRtcEndpoint } from '../plugins/webrtc/endpoint.js'
import type { IProtocolHandler } from '../protocol/handler.js'
import type { PeerInfo } from '../protocol/peer-info.js'
import type { Transport } from '../transport/transport.js'
import type { ResolvedConfig } from './config.js'
import type { Diversity, P2PStatus } from './events.js'

export interface NetworkHooks {
  names: PinnedNames
  describe: () => PeerDescription
  find: DialTools['find']
  resolve: DialTools['resolve']
  onConnected(peer: PeerConnection): void
  onDisconnected(peer: PeerConnection, error: P2PError): void
  onPathChanged(peer: PeerConnection, from: string): void
  onMessage(message: P2PMessage, peer: PeerConnection): void
  onOutcome(message: P2PMessage, outcome: QueuedOutcome): void
  onError(error: P2PError, peer?: PeerInfo): void
  onStale(message: P2PMessage): void
  expects(message: P2PMessage): boolean
  onBanned(ban: Ban): void
  limitsOf: DefenceOptions['limitsOf']
  onStatus(status: P2PStatus): void
  onWork(event: ProofOfWorkEvent): void
  /** Where we can be reached has changed. */
  onReachable(): void
}

/**
 * Connections that hold: who is connected and by which path, who is to be, what waits for whom. It puts the parts of `peer/`
 * together and knows nothing of what is said.
 */
export class Network {
  readonly peers: PeerManager
  readonly defence: Defence
  readonly skew: ClockSkew
  readonly circuits: CircuitEndpoint
  readonly webrtc: WebRtcEndpoint | undefined
  readonly outbox: Outbox
  readonly updates: PeerUpdates
  readonly handlers: IProtocolHandler[]
  readonly anchors: Anchors
  /** Peer ids found at `P2PConfig.anchors`. */
  private readonly trusted = new Map<string | PeerInfo, string>()
  private readonly heartbeat: Heartbeat
  private readonly reconnector: Reconnector
  private readonly upgrades: PathUpgrade
  private readonly watch: WakeWatch
  private readonly transports: Transport[]
  private readonly work: WorkProofs
  private readonly stops: Unsubscribe[] = []
  private keys: Promise<ChannelKeys> | undefined
  private opening: Promise<void> | undefined
  private listening: Promise<void> | undefined
  private starting: Promise<void> | undefined
  private closed = false
  private suspended = false
  private lastStatus: P2PStatus = 'offline'

  constructor(
    private readonly config: ResolvedConfig,
    private readonly hooks: NetworkHooks,
  ) {
    const { clock, limits, logger } = config
    this.circuits = new CircuitEndpoint({ limits, onReservation: () => hooks.onReachable() })
    this.webrtc =
      config.webrtc &&
      new WebRtcEndpoint({
        ...config.webrtc,
        limits,
        onInterrupted: (id) => this.interrupted(id),
        onRecovered: (id) => this.recovered(id),
      })
    this.transports = [...config.transports, this.circuits, ...(this.webrtc ? [this.webrtc] : [])]
    this.work = new WorkProofs({
      ...config,
      publicKey: config.identity.publicKey,
      worker: config.powWorker,
      onProgress: (event) => hooks.onWork(event),
    })
    this.defence = new Defence({
      ...config,
      limitsOf: hooks.limitsOf,
      disconnect: (key, error) => this.expel(key, error),
      onBanned: (ban) => hooks.onBanned(ban),
      onError: (error) => hooks.onError(error),
    })
    this.skew = new ClockSkew(limits, (error, id) => hooks.onError(error, this.peers.get(id)?.info))
    this.peers = new PeerManager({
      ...config,
      defence: this.defence,
      onStale: (message) => hooks.onStale(message),
      expects: (message) => hooks.expects(message),
      work: this.work,
      names: hooks.names,
      keys: () => this.channelKeys(),
      describe: hooks.describe,
      transports: this.transports,
      isNamed: (id) => this.reconnector.wants(id),
      onConnected: (peer) => this.connected(peer),
      onDisconnected: (peer, error) => this.disconnected(peer, error),
      onPathChanged: (peer, from) => {
        hooks.onPathChanged(peer, from)
        this.heartbeat.measure(peer.peerId)
        this.upgrades.consider(peer.peerId)
      },
      onMessage: (message, peer) => hooks.onMessage(message, peer),
      onError: (error, peer) => hooks.onError(error, peer?.info),
      onChange: () => this.updateStatus(),
    })
    this.outbox = new Outbox({
      clock,
      limits,
      send: (id, message, onSettled) => {
        const peer = this.peers.need(id)
        return peer.send({ ...message, to: peer.peerId }, { onSettled })
      },
      takeBack: (id, onSettled) => this.peers.get(id) === undefined && this.peers.sessions.takeBack(onSettled),
      progress: (id) => this.peers.get(id)?.progress(),
      want: (id) => this.reconnector.want(id),
      onOutcome: (message, outcome) => hooks.onOutcome(message, outcome),
    })
    this.reconnector = new Reconnector([...config.anchors, ...config.bootstrap], {
      clock,
      limits,
      dial: (target) => this.reconnect(target),
      isConnected: (id) => this.peers.get(id) !== undefined,
      isWanted: (id) => this.outbox.has(id),
      onChange: () => this.updateStatus(),
      onError: (error) => hooks.onError(error),
    })
    this.anchors = new Anchors({
      clock,
      limits,
      store: config.store,
      named: new Set([...config.anchors, ...config.bootstrap].map((target) => addressOf(target))),
      chosen: () => this.chosen(),
      dial: async (address, id) => this.reconnector.keep(address, await this.peers.dial(address, id, {})),
    })
    this.upgrades = new PathUpgrade({
      clock,
      limits,
      logger,
      get: (id) => this.peers.get(id)?.info,
      canUpgrade: ({ protocols }) => this.webrtc !== undefined && protocols?.includes(this.webrtc.protocolName) === true,
      dial: (id, wait) => this.peers.dial(`webrtc:${id}`, id, wait),
    })
    this.heartbeat = new Heartbeat({
      clock,
      limits,
      intervalMs: config.heartbeatIntervalMs,
      pathOf: (id) => this.peers.get(id)?.activeChannel,
      onMeasured: (id, rttMs, skewMs) => {
        this.peers.get(id)?.measured(rttMs, skewMs)
        this.skew.measured(id, skewMs)
      },
      onDead: (id, error) => this.peers.get(id)?.dropPath(error),
    })
    this.updates = new PeerUpdates({
      limits,
      describe: hooks.describe,
      onUpdate: (id, description) => {
        this.peers.get(id)?.describe(description)
        this.upgrades.consider(id)
      },
    })
    this.watch = new WakeWatch({
      clock,
      limits,
      onWake: (reason) => this.woke(reason),
      // Also where waking has been told of a moment before: then there was no network yet.
      onOnline: () => {
        this.reconnector.wake()
        this.webrtc?.networkChanged()
      },
      onOffline: () => {
        this.heartbeat.probeAll(limits.wakeProbeMs)
        this.updateStatus()
      },
    })
    this.handlers = [this.heartbeat, this.updates, this.circuits, ...(this.webrtc ? [this.webrtc] : [])]
  }

  /** How the DHT reaches nodes: by their address alone, and only for as long as it needs them. */
  get nodeDialer(): NodeDialer {
    return {
      dial: async (address, peerId, wait) => {
        if (this.suspended) throw new P2PError('SUSPENDED', 'This coordinator is suspended.')
        await this.open()
        return this.peers.dial(this.dialableOf(address), peerId, wait)
      },
      isConnected: (peerId) => this.peers.get(peerId) !== undefined,
      release: (peerId) => {
        const peer = this.peers.get(peerId)
        if (peer === undefined || this.reconnector.wants(peer.peerId) || peer.isInUse) return
        this.peers.disconnect(peer.peerId, noLongerNeeded())
      },
    }
  }

  /** Whether a node of the DHT lives where others say; it does not become connected, and is not told who asked. */
  async isNodeAt({ address, peerId }: Contact): Promise<boolean> {
    if (this.suspended) throw suspended()
    if (this.peers.get(peerId) !== undefined) return true
    const { publicKey, protocols } = await this.peers.look(this.dialableOf(address), {})
    return encodePeerId(publicKey) === peerId && protocols.includes(DHT_NODE_PROTOCOL)
  }

  /** Nodes tell WebSocket addresses; a relay serves HTTP at the same one. */
  private dialableOf(address: string): string {
    return this.transports.some((transport) => transport.canDial(address)) ? address : address.replace(/^ws/, 'http')
  }

  /** The peers that we dialled directly: relays and nodes, as a rule. */
  chosen(): ChosenPeer[] {
    const trusted = new Set(this.trusted.values())
    return this.peers.all().flatMap((peer) => {
      const { peerId, publicKey, since, info } = peer
      const address = this.peers.slots.dialledAt(peer)
      if (address === undefined || !address.includes('://')) return []
      const id = encodePeerId(publicKey)
      const isNamed = this.reconnector.wants(peerId)
      const isServer = info.protocols?.includes(DHT_PROTOCOL) === true
      return [
        { peerId, id, publicKey, address, origin: originOf(address), since, isServer, isNamed, isTrusted: trusted.has(peerId) },
      ]
    })
  }

  get status(): P2PStatus {
    return this.lastStatus
  }

  /** Opens what listens. @throws P2PError ADDRESS_IN_USE, LISTEN_FAILED, IDENTITY_FAILED, SHUT_DOWN. */
  open(): Promise<void> {
    if (this.closed) return Promise.reject(shutDownError())
    this.opening ??= (async () => {
      await this.channelKeys()
      await this.defence.bans.load()
      if (this.closed) throw shutDownError()
      this.listening = this.listen()
      await this.listening
      if (this.closed) throw shutDownError()
      if (!this.suspended) this.watch.start()
    })()
    return this.opening
  }

  /** Opens, and connects to the bootstrap peers; resolves with the first of them, or when each has failed once. */
  start(): Promise<void> {
    if (this.closed) return Promise.reject(shutDownError())
    this.starting ??= this.open().then(() => (this.suspended ? undefined : this.reach()))
    return this.starting
  }

  /** Ends all connections and dials until `resume`; what waits for others goes on waiting. */
  suspend(): void {
    if (this.suspended) return
    this.suspended = true
    this.watch.stop()
    for (const stop of this.stops.splice(0)) stop()
    // Those who had dialled us may have given up by then: it is ours to come back to them.
    for (const { peerId } of this.peers.all()) this.reconnector.keep(peerId, peerId)
    this.reconnector.stop()
    this.anchors.stop()
    this.upgrades.close()
    this.peers.rest(new P2PError('SUSPENDED', 'The peer is suspended and comes back later.'))
    this.updateStatus()
  }

  /** Comes back from `suspend`, to whom we were connected; resolves like `start`. */
  async resume(): Promise<void> {
    if (!this.suspended) return
    this.suspended = false
    this.peers.resume()
    await this.open()
    if (this.suspended || this.closed) return
    if (this.stops.length === 0) this.discover()
    this.watch.start()
    await this.reach()
  }

  /** How much of what we see comes from how many sides. */
  diversity(): Diversity {
    const { slots } = this.peers
    const relays = this.chosen().filter(({ isServer }) => isServer)
    return {
      operators: new Set(relays.map(({ origin, id }) => origin ?? id)).size,
      groups: slots.groups,
      outbound: slots.outbound,
      inbound: slots.inbound,
      anchors: relays.filter(({ isTrusted }) => isTrusted).length,
      remembered: this.anchors.size,
    }
  }

  /** Dials whom we come back to; resolves with the first that connects. */
  private async reach(): Promise<void> {
    void this.anchors.start()
    await this.reconnector.start()
  }

  private async reconnect(target: string | PeerInfo): Promise<string> {
    const isAnchor = this.config.anchors.includes(target)
    // An anchor is a relay: it is dialled, whoever else may not be.
    const peerId = await connectTo(target, { ...this.dialTools(), ...(isAnchor && { relayOnly: false }) }, {})
    if (isAnchor) this.trusted.set(target, peerId)
    return peerId
  }

  /** @returns the peer id reached. @throws P2PError as `connectTo`, and SUSPENDED. */
  async connect(target: PeerInfo | string, wait: WaitOptions): Promise<string> {
    await this.open()
    if (this.suspended) throw suspended()
    const peerId = await connectTo(target, this.dialTools(), wait).catch((error) => {
      // Whatever the paths died of, that was the reason.
      throw this.suspended && !isP2PError(error, 'ABORTED') ? suspended() : error
    })
    this.reconnector.keep(target, peerId)
    return peerId
  }

  /** @throws P2PError PEER_NOT_CONNECTED. */
  disconnect(peerId: string, reason = new P2PError('CONNECTION_CLOSED', 'The peer has disconnected.')): void {
    const { peerId: id } = this.peers.need(peerId)
    this.reconnector.release(id)
    this.peers.disconnect(id, reason)
  }

  async close(): Promise<void> {
    this.closed = true
    this.watch.stop()
    this.reconnector.stop()
    this.anchors.close()
    this.upgrades.close()
    for (const stop of this.stops.splice(0)) stop()
    this.peers.close(new P2PError('CONNECTION_CLOSED', 'The peer has shut down.'))
    this.outbox.close()
    this.defence.budget.close(shutDownError())
    // Not for `opening`: a signer may never answer.
    await this.listening?.catch(() => {})
    await Promise.allSettled([...this.listeners()].map((listener) => listener.close()))
    this.watch.stop()
    this.updateStatus()
  }

  private *listeners() {
    yield this.circuits
    if (this.webrtc !== undefined) yield this.webrtc
    yield* this.config.listen
    for (const { listener } of this.config.transports) if (listener !== undefined) yield listener
  }

  private async listen(): Promise<void> {
    const accept = this.peers.accept.bind(this.peers)
    await Promise.all([...this.listeners()].map((listener) => listener.listen(accept)))
    if (this.closed) return
    if (!this.suspended) this.discover()
    this.hooks.onReachable()
  }

  private discover(): void {
    for (const transport of this.config.transports) {
      const stop = transport.discover?.((address) => this.discovered(address))
      if (stop !== undefined) this.stops.push(stop)
    }
  }

  private discovered(address: string): void {
    this.peers.dial(address, undefined, {}).catch((error) => {
      const { code, message } = asP2PError(error, 'PEER_UNREACHABLE', `No connection to ${address}.`)
      this.config.logger.debug(message, { code })
    })
  }

  private channelKeys(): Promise<ChannelKeys> {
    this.keys ??= createChannelKeys(this.config.identity).catch((error) => {
      // A hardware signer may be plugged in later.
      this.keys = this.opening = this.starting = undefined
      throw error
    })
    return this.keys
  }

  private dialTools(): DialTools {
    const { clock, limits, relayOnly } = this.config
    return {
      clock,
      limits,
      relayOnly,
      pausedMs: () => this.work.pausedMs,
      isConnected: (peerId) => this.peers.get(peerId) !== undefined,
      dial: this.peers.dial.bind(this.peers),
      find: this.hooks.find,
      resolve: this.hooks.resolve,
    }
  }

  private connected(peer: PeerConnection): void {
    this.reconnector.found(peer.peerId)
    this.anchors.changed()
    this.hooks.onConnected(peer)
    for (const id of new Set([peer.peerId, encodePeerId(peer.publicKey)])) this.outbox.flush(id)
    this.upgrades.consider(peer.peerId)
  }

  private disconnected(peer: PeerConnection, error: P2PError): void {
    this.upgrades.forget(peer.peerId)
    this.skew.gone(peer.peerId)
    this.hooks.onDisconnected(peer, error)
    this.reconnector.lost(peer.peerId, error)
    if (this.outbox.has(peer.peerId) && !this.suspended && !this.closed) this.reconnector.want(peer.peerId)
  }

  /** Somebody is banned, or as good as that: we do not come back to it by ourselves either. */
  private expel(publicKey: Uint8Array, error: P2PError): void {
    const id = encodePeerId(publicKey)
    const peer = this.peers.get(id)
    this.reconnector.release(peer?.peerId ?? id)
    if (peer !== undefined) this.peers.disconnectKey(publicKey, error)
  }

  /** A direct path that may recover needs another one meanwhile, if only for its signals. */
  private interrupted(peerId: string): void {
    const peer = this.peers.get(peerId)
    if (peer?.activeChannel.connection.transport !== 'webrtc' || peer.fallBack()) return
    peer.interrupted = true
    const tools = { ...this.dialTools(), relayOnly: true, isConnected: () => false }
    connectTo(peer.peerId, tools, {}).catch((error) => {
      const { code, message } = asP2PError(error, 'PEER_UNREACHABLE', 'No circuit.')
      this.config.logger.debug(message, { code })
    })
  }

  private recovered(peerId: string): void {
    const peer = this.peers.get(peerId)
    if (peer === undefined) return
    peer.interrupted = false
    peer.preferBest()
  }

  private woke(reason: WakeReason): void {
    this.heartbeat.probeAll(this.config.limits.wakeProbeMs)
    this.work.wake()
    this.reconnector.wake()
    if (reason === 'network-change') this.webrtc?.networkChanged()
    this.upgrades.retry()
    this.updateStatus()
  }

  private updateStatus(): void {
    const waiting = this.peers.dialling > 0 || this.reconnector.pending
    const status = this.peers.size > 0 ? 'online' : waiting && !this.suspended && !this.watch.offline ? 'connecting' : 'offline'
    if (status === this.lastStatus) return
    this.lastStatus = status
    this.hooks.onStatus(status)
  }
}

function addressOf(target: string | PeerInfo): string {
  return typeof target === 'string' ? target : (target.addresses?.websocket ?? target.addresses?.http ?? '')
}
