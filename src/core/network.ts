import { NamedAddress } from '../address/dial-policy.js'
import { originOf } from '../address/origin.js'
import { elapsed } from '../base/clock.js'
import { asP2PError, isP2PError, P2PError, suspendedError } from '../base/errors.js'
import type { TypedEvents } from '../base/events.js'
import { LazyMap } from '../base/lazy-map.js'
import { type WaitOptions, withDeadline } from '../base/wait.js'
import type { ClockSkew } from '../defence/clock-skew.js'
import { canonicalId, encodePeerId } from '../identity/peer-id.js'
import type { P2PMessage } from '../message/message.js'
import type { PeerConnection } from '../peer/connection/peer-connection.js'
import { connectTo, type DialTools } from '../peer/dial/dial-plan.js'
import { Anchors, type ChosenPeer } from '../peer/keep/anchors.js'
import { Heartbeat } from '../peer/keep/heartbeat.js'
import { PeerUpdates } from '../peer/keep/peer-updates.js'
import { Reconnector } from '../peer/keep/reconnector.js'
import type { PeerContext, PeerEvents } from '../peer/peer-context.js'
import { PeerManager } from '../peer/pool/peer-manager.js'
import type { IProtocolHandler } from '../protocol/handler.js'
import { copyPeerInfo, type PeerInfo } from '../protocol/peer-info.js'
import type { TransportRegistry } from '../transport/transport-registry.js'
import type { ResolvedConfig } from './config.js'
import type { CoreEvents, P2PStatus } from './events.js'
import type { Phase } from './lifecycle.js'
import type { PeerResolver, WakeReason } from './plugin.js'
import type { Queue } from './queue.js'

interface NetworkPlugins {
  readonly resolvers: readonly PeerResolver[]
  run(hook: 'wake' | 'away' | 'wanted', about: string): void
  fenced(call: () => unknown): void
  tell(event: 'described', peer: PeerInfo): void
}

interface NetworkMessaging {
  receive: PeerEvents['message']
  refuseStale(message: P2PMessage): void
}

interface NetworkLifecycle {
  readonly phase: Phase
  run(signal?: AbortSignal): Promise<void>
}

/** What a network needs of the core that it belongs to, and tells it. */
export interface NetworkOwner extends PeerContext, Pick<PeerEvents, 'connected' | 'disconnected' | 'pathChanged'> {
  readonly events: Pick<TypedEvents<CoreEvents>, 'emit' | 'hasListeners'>
  readonly plugins: NetworkPlugins
  readonly transports: TransportRegistry
  readonly messaging: NetworkMessaging
  readonly lifecycle: NetworkLifecycle
  /** Whether a peer that speaks these protocols answers questions about records. */
  isServer(protocols: readonly string[]): boolean
  report(error: P2PError, peer?: PeerInfo): void
}

/**
 * Connections that hold: which peers are connected and by which path, which are to be, and what waits for them. The network puts the
 * parts of `peer/` together and looks into no message.
 */
export class Network {
  readonly peers: PeerManager
  /** Messages for peers that are away, where a plugin keeps them. */
  queue: Queue | undefined
  readonly peerUpdates: PeerUpdates
  readonly anchors: Anchors
  /** Addresses of the relays that the application has named. */
  readonly named: Set<string>
  /** Compares our clock with those of the peers, where a plugin does. */
  skew: ClockSkew | undefined
  /** The protocols by which connections are kept. */
  readonly handlers: IProtocolHandler[]
  private readonly heartbeat: Heartbeat
  readonly reconnector: Reconnector
  /** Peer ids found at `P2PConfig.anchors`. */
  private readonly trusted = new LazyMap<string | PeerInfo, string>()
  /** Who is expected at the addresses of anchors that were remembered: the application has not named these. */
  private readonly remembered = new LazyMap<string, string>()
  private reaching: Promise<void> | undefined
  private lastStatus: P2PStatus = 'offline'
  private isStandby = false

  constructor(
    private readonly core: NetworkOwner,
    private readonly config: ResolvedConfig,
  ) {
    const { clock, limits, random } = config
    const report = (error: P2PError, peer?: PeerInfo) => core.report(error, peer)
    this.peers = new PeerManager(core, {
      connected: (peer) => this.connected(peer),
      disconnected: (peer, error) => this.disconnected(peer, error),
      pathChanged: (peer, from) => {
        core.pathChanged(peer, from)
        // What took the path before, as a network that is gone, may have taken this one too.
        this.heartbeat.measure(peer.peerId, from.open ? undefined : limits.wakeProbeMs)
      },
      interrupted: (peer) => this.lookForCircuit(peer),
      // A relay tells of a peer that is gone long before a direct path shows it.
      doubted: ({ peerId }) => this.heartbeat.measure(peerId),
      spareLost: ({ peerId }) => this.heartbeat.measure(peerId, limits.spareProbeMs),
      message: (message, peer) => core.messaging.receive(message, peer),
      stale: (message) => core.messaging.refuseStale(message),
      error: (error, peer) => report(error, peer?.info),
      changed: () => this.updateStatus(),
    })
    this.reconnector = new Reconnector([...config.anchors, ...config.bootstrap], {
      clock,
      limits,
      random,
      dial: (target) => this.reconnect(target),
      isConnected: (id) => this.peers.get(id) !== undefined,
      isWanted: (id) => this.isAwaited(id),
      onChange: () => this.updateStatus(),
      onError: report,
      onUnwanted: (id) => {
        this.disconnect(id).catch(() => {})
      },
      onAway: (id) => core.plugins.run('away', id),
    })
    this.named = new Set([...config.anchors, ...config.bootstrap].map((target) => addressOf(target)))
    this.anchors = new Anchors({
      clock,
      limits,
      store: config.store,
      named: this.named,
      chosen: () => this.chosen(),
      rules: core,
      dial: async (address, id) => {
        const peerId = await this.peers.dial(address, id, {})
        this.remembered.set(address, id)
        this.reconnector.keep(address, peerId)
      },
    })
    this.heartbeat = new Heartbeat({
      clock,
      limits,
      intervalMs: config.heartbeatIntervalMs,
      pathOf: (id) => this.peers.get(id)?.activeChannel,
      onMeasured: (id, rttMs, skewMs) => {
        this.peers.get(id)?.measured(rttMs, skewMs)
        this.skew?.measured(id, skewMs)
      },
      onDead: (id, error) => this.peers.get(id)?.dropPath(error),
    })
    this.peerUpdates = new PeerUpdates({
      limits,
      describe: (publicKey) => ({ ...core.describe(), budgets: core.defence.gate.budgetsOf(publicKey) }),
      onUpdate: (id, description) => {
        const peer = this.peers.get(id)
        peer?.describe(description)
        if (peer !== undefined) core.plugins.tell('described', peer.info)
      },
    })
    this.handlers = [this.heartbeat, this.peerUpdates]
  }

  private get isRunning(): boolean {
    return this.core.lifecycle.phase === 'running'
  }

  get status(): P2PStatus {
    return this.lastStatus
  }

  /** Whether the application has asked for the connection to a peer. */
  isNamed(peerId: string): boolean {
    return this.reconnector.wants(peerId)
  }

  private isAwaited(peerId: string): boolean {
    return this.queue?.has(peerId) ?? false
  }

  /** Begins to keep connections. */
  run(): void {
    this.peers.resume()
    this.reach().catch(() => {})
  }

  /** Connects to the bootstrap peers; resolves with the first of them, or when each has failed once. */
  reach(): Promise<void> {
    this.reaching ??= (async () => {
      void this.anchors.start()
      await this.reconnector.start()
    })()
    return this.reaching
  }

  /** Ends all connections and dials until `run`; what waits for others goes on waiting. */
  rest(): void {
    this.reaching = undefined
    // Peers that had dialled us may have given up by then: we come back to them.
    for (const { peerId } of this.peers.all()) this.reconnector.keep(peerId, peerId)
    this.reconnector.stop()
    this.anchors.stop()
    void this.peers.rest(new P2PError('SUSPENDED', 'The peer is suspended.'))
    this.updateStatus()
  }

  async close(): Promise<void> {
    this.reconnector.stop()
    this.anchors.close()
    await this.peers.close(new P2PError('SHUT_DOWN', 'The peer has shut down.'))
    this.queue?.close()
    this.updateStatus()
  }

  /** @returns a copy of what is known of the peer. @throws P2PError as `P2PCoordinator.connectToPeer`. */
  async connect(target: PeerInfo | string, wait: WaitOptions): Promise<PeerInfo> {
    const { clock, limits } = this.config
    const { signal, timeoutMs = limits.dialTimeoutMs } = wait
    const since = elapsed(clock)
    // A signer or a store may never answer: the caller waits no longer than it allows.
    await withDeadline(clock, 'Starting', { signal, timeoutMs }, (inner) => this.core.lifecycle.run(inner))
    const tools: DialTools = { ...this.dialTools(), reach: () => this.reach(), joining: () => this.reconnector.joining }
    const { info } = await connectTo(target, tools, { signal, timeoutMs, since })
      .then((id) => this.peers.need(id))
      .catch((error) => {
        // The suspension has ended the paths, whatever they report.
        throw this.core.lifecycle.phase === 'suspended' && !isP2PError(error, 'ABORTED') ? suspendedError() : error
      })
    this.reconnector.keep(target, info.peerId)
    this.core.plugins.run('wanted', info.peerId)
    return copyPeerInfo(info)
  }

  /** @throws P2PError PEER_NOT_CONNECTED for a peer that is neither connected nor dialled again. */
  async disconnect(peerId: string, reason = new P2PError('CONNECTION_CLOSED', 'The peer has disconnected.')): Promise<void> {
    const { peers, reconnector } = this
    const id = peers.get(peerId)?.peerId ?? canonicalId(peerId)
    // One that is away at present is dialled no more.
    const isWanted = reconnector.wants(id)
    reconnector.release(id)
    if (!isWanted || peers.get(id)) await peers.disconnect(id, reason)
  }

  /** Ends the connection with the holder of a key that is banned, or nearly so, and does not dial it again. */
  expel(publicKey: Uint8Array, error: P2PError): void {
    const id = encodePeerId(publicKey)
    this.reconnector.release(this.peers.get(id)?.peerId ?? id)
    this.peers.disconnectKey(publicKey, error)
  }

  /** A transport has found a peer: it is dialled once, in the background. */
  discovered(address: string): void {
    this.peers.dial(address, undefined, {}).catch((error) => this.debug(error, `No connection to ${address}.`))
  }

  /** The peers that we dialled directly: relays and DHT servers, as a rule. */
  chosen(): ChosenPeer[] {
    const trusted = new Set(this.trusted.values())
    return this.peers.all(true).flatMap((peer): ChosenPeer[] => {
      const { peerId, publicKey, since, info } = peer
      const isServer = this.core.isServer(info.protocols ?? [])
      const address = this.peers.slots.dialledAt(peer)
      if (address === undefined || !address.includes('://')) return []
      const id = encodePeerId(publicKey)
      const isNamed = this.reconnector.wants(peerId)
      const origin = originOf(address)
      return [{ peerId, id, publicKey, address, origin, since, isServer, isNamed, isTrusted: trusted.has(peerId) }]
    })
  }

  private async reconnect(target: string | PeerInfo): Promise<string> {
    const expected = typeof target === 'string' ? this.remembered.get(target) : undefined
    if (expected !== undefined) return this.peers.dial(target as string, expected, {})
    const isAnchor = this.config.anchors.includes(target)
    // An anchor is a relay: `privacy` does not keep it from being dialled.
    const tools: DialTools = { ...this.dialTools(), circuitsOnly: !isAnchor && this.core.hidesAddress }
    const peerId = await connectTo(target, tools, {})
    if (isAnchor) this.trusted.set(target, peerId)
    return peerId
  }

  private dialTools(): DialTools {
    const { clock, limits } = this.config
    return {
      clock,
      limits,
      peerId: this.core.peerId,
      circuitsOnly: this.core.hidesAddress,
      pausedMs: () => this.core.work?.pausedMs ?? 0,
      isConnected: (peerId) => this.peers.get(peerId) !== undefined,
      canDial: (address) => this.core.transports.canDial(address),
      rankOf: (address) => this.core.transports.rankOf(address),
      dial: (address, expected, wait, isNamed) => this.peers.dial(isNamed ? new NamedAddress(address) : address, expected, wait),
      resolvers: this.core.plugins.resolvers,
    }
  }

  private connected(peer: PeerConnection): void {
    const { outbound, remoteAddress } = peer.activeChannel.connection
    this.reconnector.found(peer.peerId, outbound ? remoteAddress : undefined)
    this.anchors.changed()
    this.core.connected(peer)
    if (peer.info.isRelay) this.reconnector.relayBack()
    for (const id of new Set([peer.peerId, encodePeerId(peer.publicKey)])) this.queue?.flushTo(id)
  }

  private disconnected(peer: PeerConnection, error: P2PError): void {
    this.skew?.gone(peer.peerId)
    this.core.disconnected(peer, error)
    this.reconnector.lost(peer.peerId, error)
    if (this.isAwaited(peer.peerId) && this.isRunning) this.reconnector.want(peer.peerId)
  }

  /** Looks for a circuit to a peer whose direct path is interrupted: messages, and the signals that mend the path, need one meanwhile. */
  private lookForCircuit(peer: PeerConnection): void {
    const tools: DialTools = { ...this.dialTools(), circuitsOnly: true, isConnected: () => false }
    connectTo(peer.peerId, tools, {}).catch((error) => this.debug(error, 'No circuit.'))
  }

  standby(isStandby: boolean): void {
    this.isStandby = isStandby
    this.updateStatus()
  }

  /** Looks after every connection at once, as after sleep: probes those that are there, dials those that are not. */
  woke(reason: WakeReason | 'offline'): void {
    const { plugins, transports, work } = this.core
    if (!this.isRunning) return
    this.heartbeat.probeAll(this.config.limits.wakeProbeMs)
    if (reason !== 'offline') {
      work?.wake()
      this.reconnector.wake()
      plugins.run('wake', reason)
    }
    if (reason === 'network-change' || reason === 'online') {
      for (const transport of transports.all) plugins.fenced(() => transport.networkChanged?.())
    }
    this.updateStatus()
  }

  private updateStatus(): void {
    const status = this.statusNow()
    if (status === this.lastStatus) return
    this.lastStatus = status
    this.core.events.emit('status', status)
  }

  private statusNow(): P2PStatus {
    if (this.peers.size > 0) return 'online'
    if (this.core.lifecycle.phase === 'suspended') return 'suspended'
    if (this.isStandby) return 'standby'
    const waiting = this.peers.dialling > 0 || this.reconnector.pending
    // False says nothing: Node and many desktops never know.
    const mayConnect = waiting && (globalThis as { navigator?: { onLine?: boolean } }).navigator?.onLine !== false
    return mayConnect && this.isRunning ? 'connecting' : 'offline'
  }

  private debug(error: unknown, otherwise: string): void {
    const { code, message } = asP2PError(error, 'PEER_UNREACHABLE', otherwise)
    this.config.logger.debug(message, { code })
  }
}

export function addressOf(target: string | PeerInfo): string {
  if (typeof target === 'string') return target
  const { websocket, http, others } = target.addresses ?? {}
  return websocket ?? http ?? others?.[0] ?? ''
}
