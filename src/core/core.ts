import { isPrivateAddress } from '../address/private-address.js'
import type { Clock } from '../base/clock.js'
import { asP2PError, P2PError, shutDownError, whyOf } from '../base/errors.js'
import { TypedEvents } from '../base/events.js'
import type { Limits } from '../base/limits.js'
import { checkWait, type WaitOptions, withDeadline } from '../base/wait.js'
import { ChannelKeyring } from '../channel/certificate.js'
import type { PeerDescription } from '../channel/description.js'
import { type LocalHello, SESSION_BYTES } from '../channel/hello.js'
import type { SecureChannel } from '../channel/secure-channel.js'
import { type CertificateJudge, judgeResponder } from '../defence/certificate-times.js'
import { Defence } from '../defence/defence.js'
import { type Identity, identityReady } from '../identity/identity.js'
import { canonicalId, decodePeerId, encodePeerId, isPeerId } from '../identity/peer-id.js'
import { PinnedNames } from '../identity/pinned-names.js'
import type { P2PMessage } from '../message/message.js'
import type { PeerConnection } from '../peer/connection/peer-connection.js'
import type { PeerContext } from '../peer/peer-context.js'
import type { WorkSupply } from '../peer/pool/work.js'
import type { IProtocolHandler, ProtocolUse } from '../protocol/handler.js'
import type { PeerInfo } from '../protocol/peer-info.js'
import { ProtocolRouter } from '../protocol/router.js'
import { patientStore } from '../storage/patient-store.js'
import type { Listener, Transport } from '../transport/transport.js'
import { TransportRegistry } from '../transport/transport-registry.js'
import { type CoreConfig, invalidOption, type ResolvedConfig, resolveConfig } from './config.js'
import type { CoreEvents, CoreStats } from './events.js'
import { Kit } from './kit.js'
import { Lifecycle } from './lifecycle.js'
import { Messaging } from './messaging.js'
import { Network, type NetworkOwner } from './network.js'
import type { Plugin, PluginKit } from './plugin.js'
import { needsPlugin, Plugins } from './plugins.js'
import { readStats } from './stats.js'

/** Whether a peer that speaks these protocols has a role. */
type RoleOf = (protocols: readonly string[]) => boolean

/** What a core knows of the protocols above it. */
export interface CoreRoles {
  /** Whether a peer forwards circuits. */
  readonly isRelay: RoleOf
  /** Whether a peer answers questions about records. */
  readonly isServer: RoleOf
}

const cores = /* @__PURE__ */ new WeakMap<PluginKit, Core>()

/** The core that a kit is of: for plugins of the SDK that reach deeper than others may. */
export function coreOf(kit: PluginKit): Core {
  return cores.get(kit)!
}

/** What a `P2PCoordinator` is made of: identity, connections, messages, plugins, and one life. */
export class Core implements PeerContext, NetworkOwner {
  readonly config: ResolvedConfig
  readonly networkName: string
  readonly hello: LocalHello
  readonly identity: Identity
  readonly limits: Limits
  readonly clock: Clock
  maxConnections: number
  readonly requireSignatures: boolean
  readonly allowPrivate: boolean
  readonly isRelay: RoleOf
  readonly isServer: RoleOf
  /** All events, those of plugins too. */
  readonly emitter: TypedEvents<Record<string, unknown[]>>
  /** Those of the core itself. */
  readonly events: Pick<TypedEvents<CoreEvents>, 'emit' | 'hasListeners'>
  readonly names: PinnedNames
  readonly router: ProtocolRouter
  readonly defence: Defence
  readonly network: Network
  readonly messaging: Messaging
  readonly plugins: Plugins
  readonly lifecycle: Lifecycle
  readonly host: Kit
  readonly transports = new TransportRegistry()
  private readonly stops: (() => void)[] = []
  work: WorkSupply | undefined
  judge: CertificateJudge = (_, certificate, now) => judgeResponder(certificate, now, this.clock, this.limits)
  private ownId: string | undefined
  private listening: Promise<void> | undefined
  private closing: Promise<void> | undefined

  /** @throws P2PError INVALID_CONFIG, INVALID_PEER_ID. */
  constructor(config: CoreConfig | undefined, { isRelay, isServer }: CoreRoles) {
    const resolved = resolveConfig(config)
    this.config =
      config?.store === undefined
        ? resolved
        : {
            ...resolved,
            store: patientStore(resolved.store, {
              clock: resolved.clock,
              timeoutMs: resolved.limits.storeTimeoutMs,
              onSilent: (error) => this.report(error),
            }),
          }
    const { network, identity, clock, limits, store, requireSignatures, allowPrivate } = this.config
    this.networkName = network
    const keyring = new ChannelKeyring(identity, network)
    const session = crypto.getRandomValues(new Uint8Array(SESSION_BYTES))
    this.hello = { network, session, keys: (at) => keyring.at(at) }
    this.identity = identity
    this.limits = limits
    this.clock = clock
    this.maxConnections = limits.maxConnections
    this.requireSignatures = requireSignatures
    this.allowPrivate = allowPrivate
    this.isRelay = isRelay
    this.isServer = isServer
    this.emitter = new TypedEvents((cause, event) => this.listenerFailed(cause, event))
    this.events = this.emitter
    this.names = new PinnedNames(store, limits, (name) => this.network.peers.get(name) !== undefined || this.isNamed(name))
    this.host = new Kit(this)
    cores.set(this.host, this)
    this.router = new ProtocolRouter({
      host: this.host,
      onError: (error, peer) => this.report(error, peer),
      onFailed: (message, error) => {
        // The sender hears of it. No more than this here, for anybody can cause it at will.
        this.config.logger.debug(error.message, { code: error.code, peerId: message.from })
        this.messaging.answerFailure(message, error)
      },
    })
    this.defence = new Defence({
      clock,
      limits,
      store,
      served: () => this.router.names,
      limitsOf: (protocol) => this.router.limitsOf(protocol),
      shareChanged: (publicKey) => this.network.peerUpdates.budgetsChanged(publicKey),
      disconnect: (key, error) => this.network.expel(key, error),
      onBanned: (ban) => this.events.emit('peer-banned', ban),
      onError: (error) => this.report(error),
    })
    this.plugins = new Plugins(this.host, (error) => this.report(error))
    this.lifecycle = new Lifecycle({
      open: () => this.open(),
      lead: () => this.plugins.lead(),
      run: () => this.run(),
      rest: () => this.rest(),
    })
    this.network = new Network(this, this.config)
    const { router, events, defence } = this
    this.messaging = new Messaging({
      host: this.host,
      limits,
      network: this.network,
      router,
      events,
      reputation: defence.reputation,
    })
    for (const handler of this.network.handlers) router.register(handler)
  }

  /** Our `lp1…` id, or the name given in the configuration. @throws P2PError IDENTITY_FAILED; see `Identity.publicKey`. */
  get peerId(): string {
    this.ownId ??= this.config.name ?? encodePeerId(this.config.identity.publicKey)
    return this.ownId
  }

  get hidesAddress(): boolean {
    return this.config.privacy !== 'direct'
  }

  get isRunning(): boolean {
    return this.lifecycle.phase === 'running'
  }

  get isShutDown(): boolean {
    return this.lifecycle.phase === 'closed'
  }

  /** Addresses at which our listeners can be reached; those of transports come last. */
  get addresses(): string[] {
    const listeners = [...this.config.listen, ...this.transports.all.map(({ listener }) => listener)]
    return listeners.flatMap((listener) => listener?.addresses ?? [])
  }

  addTransport(transport: Transport): void {
    this.transports.add(transport)
    // The coordinator listens already: a transport that comes later is opened by itself.
    if (this.listening === undefined || this.isShutDown) return
    const { listener } = transport
    if (listener !== undefined) this.plugins.fenced(() => this.listenOn(listener))
    if (this.isRunning) this.discoverBy(transport)
  }

  removeTransport(transport: Transport): void {
    this.transports.remove(transport)
    const { listener } = transport
    if (listener !== undefined) this.plugins.fenced(() => listener.close())
  }

  /** @throws P2PError INVALID_CONFIG for a privacy that goes against other options, or needs a plugin that is not attached. */
  checkPrivacy(privacy = this.config.privacy): void {
    const { listen, announce } = this.config
    if (privacy !== 'direct' && (listen[0] || announce?.[0]))
      throw invalidOption('privacy', `'${privacy}' offers no direct path; leave out listen and announce`)
    if (privacy === 'onion' && this.plugins.get(privacy) === undefined) throw needsPlugin("privacy: 'onion'", privacy)
  }

  /** Attaches a plugin to the coordinator `target`. @throws P2PError INVALID_CONFIG, SHUT_DOWN. */
  attach(plugin: Plugin, target: object): void {
    this.checkOpen()
    const added = this.plugins.attach(plugin, target)
    if (this.lifecycle.phase === 'running') this.plugins.run('start', undefined, added)
  }

  /** Enters `running` and connects to the bootstrap peers; see `P2PCoordinator.start`. */
  async start(options?: WaitOptions | null): Promise<void> {
    const { signal, timeoutMs } = options ?? {}
    checkWait('Starting', { signal, timeoutMs })
    // A suspended coordinator keeps what it is asked for until `resume`.
    if (this.lifecycle.phase === 'suspended') return
    await withDeadline(this.config.clock, 'Starting', { signal, timeoutMs }, async (inner) => {
      await this.lifecycle.run(inner)
      await this.network.reach()
    })
  }

  /** Enters `running` in the background; a failure is reported. */
  startSoon(): void {
    this.start().catch((error) => this.report(asP2PError(error, 'LISTEN_FAILED', 'The coordinator did not start.')))
  }

  registerProtocol(handler: IProtocolHandler): void {
    this.checkOpen()
    this.router.register(handler)
    this.protocolsChanged()
    for (const peer of this.network.peers.all()) this.router.connectedTo(handler, peer.info)
  }

  unregisterProtocol(protocolName: string): void {
    if (this.router.unregister(protocolName)) this.protocolsChanged()
  }

  pathChanged({ info }: PeerConnection, { connection }: SecureChannel): void {
    this.plugins.tell('pathChanged', info, connection.transport)
    this.events.emit('path-changed', info, connection.transport)
  }

  /** The key of a connected peer, or in a peer id; undefined for the name of a peer that is not connected. */
  keyOf(given: string): Uint8Array | undefined {
    const id = canonicalId(given)
    return this.network.peers.get(id)?.publicKey ?? (isPeerId(id) ? decodePeerId(id) : undefined)
  }

  getStats(): CoreStats {
    return { ...this.plugins.readStats(), ...readStats(this) }
  }

  /** Tells of what no call waits for. */
  report(cause: Error, peer?: PeerInfo): void {
    const error = asP2PError(cause, 'LISTENER_FAILED', cause.message)
    if (this.events.hasListeners('error')) this.events.emit('error', error, peer)
    else this.config.logger.warn(error.message, { code: error.code, peerId: peer?.peerId })
  }

  listenerFailed(cause: unknown, event: string): void {
    const why = whyOf(cause)
    const error = new P2PError('LISTENER_FAILED', `A listener of '${event}' failed: ${why}`, { cause })
    if (event === 'error') this.config.logger.error(error.message)
    else this.report(error)
  }

  /** @throws P2PError SHUT_DOWN. */
  checkOpen(): void {
    if (this.isShutDown) throw shutDownError()
  }

  close(): Promise<void> {
    this.closing ??= this.end()
    return this.closing
  }

  private async end(): Promise<void> {
    this.lifecycle.close()
    // Of those who wait for a status.
    this.emitter.emit('closed')
    this.plugins.run('stop')
    await this.network.queue?.leaving
    // Handlers that carry goodbyes, such as circuits, stay until the goodbyes have left.
    const carriers = new Set(
      this.transports.all.map(({ listener }) => (listener as Partial<IProtocolHandler> | undefined)?.protocolName),
    )
    const names = this.router.names
    for (const name of names) if (!carriers.has(name)) this.router.unregister(name)
    this.stopDiscovery()
    await this.network.close()
    this.defence.budget.close(shutDownError())
    for (const name of names) this.router.unregister(name)
    // Not for all of `open`, since a signer may never answer, and not for a listener that never settles either.
    const within = { timeoutMs: this.limits.closeGraceMs }
    for (const step of [async () => this.listening, () => this.closeListeners()]) {
      await withDeadline(this.clock, 'Closing', within, step).catch(() => {})
    }
    this.emitter.clear()
  }

  private async open(): Promise<void> {
    await identityReady(this.config.identity)
    await this.hello.keys(this.clock.now())
    await this.defence.bans.load()
    this.checkOpen()
    this.listening = this.listenOnAll()
    await this.listening
    this.checkOpen()
    this.plugins.run('described')
  }

  /** Opens all listeners, or none: what has opened beside one that failed is closed, so that `open` can be tried again. */
  private async listenOnAll(): Promise<void> {
    const outcomes = await Promise.allSettled(this.listeners().map((listener) => this.listenOn(listener)))
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed === undefined) return
    await this.closeListeners()
    throw failed.reason
  }

  private async listenOn(listener: Listener): Promise<void> {
    await listener.listen((connection) => this.network.peers.accept(connection))
    // It has taken its time, and the coordinator has shut down meanwhile.
    if (this.isShutDown) await listener.close()
  }

  private async closeListeners(): Promise<void> {
    await Promise.allSettled(this.listeners().map(async (listener) => listener.close()))
  }

  private run(): void {
    for (const transport of this.transports.all) this.discoverBy(transport)
    this.network.run()
    // The application may have ended it at the first event.
    if (this.isRunning) this.plugins.run('start')
  }

  private rest(): void {
    this.plugins.run('suspend')
    this.stopDiscovery()
    this.network.rest()
  }

  private listeners(): Listener[] {
    return [...this.transports.all.flatMap(({ listener }) => listener ?? []), ...this.config.listen]
  }

  private discoverBy(transport: Transport): void {
    this.plugins.fenced(() => {
      const stop = transport.discover?.((address) => this.network.discovered(address))
      if (stop !== undefined) this.stops.push(stop)
    })
  }

  private stopDiscovery(): void {
    for (const stop of this.stops.splice(0)) this.plugins.fenced(stop)
  }

  isNamed(peerId: string): boolean {
    return this.network.isNamed(peerId)
  }

  useOf(protocol: string | undefined): ProtocolUse {
    return this.router.useOf(protocol)
  }

  claimAnswer(message: P2PMessage): boolean {
    return this.messaging.requests.claim(message)
  }

  /** What handshakes and peer records tell of us. */
  describe(): PeerDescription {
    return { protocols: this.router.names, addresses: this.publicAddresses(), metadata: this.config.metadata }
  }

  /** The addresses that others may know: none of a peer behind relays; those that are reached from everywhere come first. */
  private publicAddresses(): string[] {
    const { announce, limits } = this.config
    const own = this.hidesAddress ? [] : (announce ?? this.addresses.filter((address) => /^wss?:/.test(address)))
    return [...own].sort((a, b) => Number(isPrivateAddress(a)) - Number(isPrivateAddress(b))).slice(0, limits.maxAddresses)
  }

  private protocolsChanged(): void {
    this.defence.gate.protocolsChanged()
    this.described()
  }

  /** Our description has changed: peers and plugins are told. */
  described(): void {
    this.network.peerUpdates.changed()
    this.plugins.run('described')
  }

  connected(peer: PeerConnection): void {
    const { info } = peer
    this.router.connected(info)
    this.plugins.tell('connected', info)
    this.events.emit('connected', info)
  }

  disconnected(peer: PeerConnection, error: P2PError): void {
    const { info } = peer
    this.messaging.requests.peerGone(peer.peerId, error)
    this.router.disconnected(info, error)
    this.plugins.tell('disconnected', info)
    this.events.emit('disconnected', info, error)
    if (error.code === 'REPLACED' && error.details.byPeer === true) this.report(error, info)
  }
}
