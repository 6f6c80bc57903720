import type { Clock } from '../base/clock.js'
import { asP2PError, P2PError, suspendedError } from '../base/errors.js'
import type { TypedEvents, Unsubscribe } from '../base/events.js'
import type { Limits } from '../base/limits.js'
import type { Logger } from '../base/logger.js'
import type { Random } from '../base/random.js'
import type { WaitOptions } from '../base/wait.js'
import type { PeerDescription } from '../channel/description.js'
import type { CertificateJudge } from '../defence/certificate-times.js'
import type { Defence } from '../defence/defence.js'
import type { Meter } from '../defence/gate-wiring.js'
import { signEnvelope } from '../identity/envelope.js'
import type { Identity } from '../identity/identity.js'
import type { PinnedNames } from '../identity/pinned-names.js'
import type { WorkSupply } from '../peer/pool/work.js'
import type { IProtocolHandler, ProtocolHost } from '../protocol/handler.js'
import type { PeerInfo } from '../protocol/peer-info.js'
import type { KeyValueStore } from '../storage/key-value-store.js'
import type { Transport } from '../transport/transport.js'
import type { ResolvedConfig } from './config.js'
import { NetworkDialer } from './dialer.js'
import type { Lifecycle } from './lifecycle.js'
import type { Messaging } from './messaging.js'
import type { Network } from './network.js'
import type { Dialer, LifecycleHooks, PeerListener, PeerResolver, PluginKit, WakeReason } from './plugin.js'
import type { Plugins } from './plugins.js'
import type { Privacy } from './privacy.js'

/** What a kit needs of the core. */
interface KitOwner {
  readonly config: ResolvedConfig
  readonly peerId: string
  readonly names: PinnedNames
  readonly defence: Defence
  readonly network: Network
  readonly messaging: Messaging
  readonly plugins: Plugins
  readonly lifecycle: Lifecycle
  work: WorkSupply | undefined
  judge: CertificateJudge
  keyOf(id: string): Uint8Array | undefined
  readonly isRunning: boolean
  addTransport(transport: Transport): void
  removeTransport(transport: Transport): void
  registerProtocol(handler: IProtocolHandler): void
  unregisterProtocol(protocolName: string): void
  describe(): PeerDescription
  described(): void
  readonly emitter: TypedEvents<Record<string, unknown[]>>
  report(error: Error, peer?: PeerInfo): void
  start(wait?: WaitOptions): Promise<void>
}

const TAG = /^[a-z0-9][a-z0-9/-]{0,63}$/

/**
 * What the plugins and the protocol handlers of a coordinator work with. A class, since a getter in an object literal gives each
 * object a shape of its own. What handlers have are functions of the object itself, which they may take apart.
 */
export class Kit implements PluginKit {
  readonly network: string
  readonly clock: Clock
  readonly random: Random
  readonly store: KeyValueStore
  readonly logger: Logger
  readonly identity: Identity
  readonly allowPrivate: boolean
  /** Replaced, never changed, when a plugin that is attached later brings limits of its own. */
  limits: Limits
  readonly names: PinnedNames
  readonly sendTo: ProtocolHost['sendTo']
  readonly reply: ProtocolHost['reply']
  readonly request: ProtocolHost['request']
  readonly broadcast: ProtocolHost['broadcast']
  readonly peers: ProtocolHost['peers']
  readonly peer: ProtocolHost['peer']
  readonly reject: ProtocolHost['reject']
  readonly check: ProtocolHost['check']
  readonly blame: ProtocolHost['blame']
  private ownDialer: Dialer | undefined = undefined

  constructor(private readonly core: KitOwner) {
    const { network, clock, random, store, logger, identity, limits, allowPrivate } = core.config
    this.network = network
    this.clock = clock
    this.random = random
    this.store = store
    this.logger = logger
    this.identity = identity
    this.allowPrivate = allowPrivate
    this.limits = limits
    this.names = core.names
    this.sendTo = async (to, message, options) => core.messaging.send(to, message, options)
    this.reply = (request, message) => core.messaging.reply(request, message)
    this.request = (to, message, options) => core.messaging.request(to, message, options)
    this.broadcast = async (message, options) => core.messaging.broadcast(message, options)
    this.peers = (dialled) => core.network.peers.all(dialled).map((peer) => peer.info)
    this.peer = (id) => core.network.peers.get(id)?.info
    this.reject = (id, error) =>
      core.network.peers.reject(id, asP2PError(error, 'PROTOCOL_VIOLATION', 'A protocol refused this peer.'))
    this.check = (id, work) => {
      const key = core.keyOf(id)
      const isHere = () => core.network.peers.get(id) !== undefined
      return key === undefined ? work() : core.defence.inTurn(key, isHere, work)
    }
    this.blame = (key, reason, text) => core.defence.blame(key, reason, text)
  }

  get peerId(): string {
    return this.core.peerId
  }

  get publicKey(): Uint8Array {
    return this.identity.publicKey
  }

  get privacy(): Privacy {
    return this.core.config.privacy
  }

  get anchors(): number {
    return this.core.config.anchors.length
  }

  get named(): ReadonlySet<string> {
    return this.core.network.named
  }

  get dialer(): Dialer {
    const { network, lifecycle } = this.core
    this.ownDialer ??= new NetworkDialer(network, lifecycle)
    return this.ownDialer
  }

  addTransport(transport: Transport): void {
    const { core } = this
    core.addTransport(transport)
    core.plugins.undoable(() => core.removeTransport(transport))
  }

  addResolver(resolver: PeerResolver): void {
    this.core.plugins.addResolver(resolver)
  }

  setWork(work: WorkSupply): void {
    const { core } = this
    const { work: before } = core
    core.work = work
    core.plugins.undoable(() => {
      core.work = before
    })
  }

  setJudge(judge: CertificateJudge): void {
    const { core } = this
    const { judge: before } = core
    core.judge = judge
    core.plugins.undoable(() => {
      core.judge = before
    })
  }

  setMeter(meter: Meter): void {
    this.core.defence.gate.meter = meter
  }

  registerProtocol(handler: IProtocolHandler): void {
    const { core } = this
    core.registerProtocol(handler)
    core.plugins.undoable(() => core.unregisterProtocol(handler.protocolName))
  }

  unregisterProtocol(protocolName: string): void {
    this.core.unregisterProtocol(protocolName)
  }

  onPeer(listener: PeerListener): Unsubscribe {
    return this.core.plugins.onPeer(listener, this.core.isRunning ? this.peers() : [])
  }

  onLifecycle(hooks: LifecycleHooks): Unsubscribe {
    return this.core.plugins.onLifecycle(hooks)
  }

  stats(name: string, read: () => object | undefined): void {
    this.core.plugins.addStats(name, read)
  }

  plugin(name: string): object | undefined {
    return this.core.plugins.get(name)
  }

  describe(): PeerDescription {
    return this.core.describe()
  }

  described(): void {
    this.core.described()
  }

  emit(event: string, ...args: unknown[]): void {
    this.core.emitter.emit(event, ...args)
  }

  report(error: Error, peer?: PeerInfo): void {
    this.core.report(error, peer)
  }

  run(wait: WaitOptions = {}): Promise<void> {
    return this.core.start(wait)
  }

  woke(reason: WakeReason | 'offline'): void {
    this.core.network.woke(reason)
  }

  suspend(): void {
    const { lifecycle, network } = this.core
    lifecycle.suspend()
    for (const peer of network.peers.all()) peer.close(suspendedError())
  }

  standby(isStandby: boolean): void {
    this.core.network.standby(isStandby)
  }

  resume(): Promise<void> {
    return this.core.lifecycle.resume()
  }

  async sign(tag: string, bytes: Uint8Array): Promise<Uint8Array> {
    if (!TAG.test(tag)) throw new P2PError('INVALID_CONFIG', `A tag must match ${TAG}.`)
    return (await signEnvelope(this.identity, `app/${tag}`, bytes, this.network)).signature
  }
}
