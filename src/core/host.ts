import { asP2PError } from '../base/errors.js'
import type { WaitOptions } from '../base/wait.js'
import type { PeerDescription } from '../channel/hello.js'
import type { Defence } from '../defence/defence.js'
import { signEnvelope } from '../identity/envelope.js'
import type { PinnedNames } from '../identity/pinned-names.js'
import type { WorkSupply } from '../peer/pool/work.js'
import type { IProtocolHandler, ProtocolHost } from '../protocol/handler.js'
import type { PeerInfo } from '../protocol/peer-info.js'
import type { Transport } from '../transport/transport.js'
import type { ResolvedConfig } from './config.js'
import type { Messaging } from './messaging.js'
import type { Network } from './network.js'
import type { PluginKit } from './plugin.js'

/** The parts of a coordinator that protocol handlers and plugins reach; read at each use, for some are made late. */
interface Parts {
  readonly peerId: string
  readonly config: ResolvedConfig
  readonly names: PinnedNames
  readonly network: Network
  readonly messaging: Messaging
  readonly defence: Defence
  work: WorkSupply | undefined
  keyOf(id: string): Uint8Array | undefined
  start(wait: WaitOptions): Promise<void>
  addTransport(transport: Transport): void
  registerProtocol(handler: IProtocolHandler): void
  unregisterProtocol(name: string): void
  describe(): PeerDescription
  described(): void
  emit(event: string, ...args: unknown[]): void
  report(error: Error, peer?: PeerInfo): void
}

/** What protocol handlers work with. */
export function protocolHost(core: Parts): ProtocolHost {
  const { clock, random, store, logger } = core.config
  return {
    get peerId() {
      return core.peerId
    },
    clock,
    random,
    store,
    logger,
    sendTo: async (to, message) => core.messaging.send(to, message),
    reply: (request, message) => core.messaging.reply(request, message),
    request: (to, message, options) => core.messaging.request(to, message, options),
    broadcast: async (message, options) => core.messaging.broadcast(message, options),
    peers: () => core.network.peers.all().map((peer) => peer.info),
    reject: (id, error) =>
      core.network.peers.reject(id, asP2PError(error, 'PROTOCOL_VIOLATION', 'A protocol refused this peer.')),
    check: (id, work) => {
      const key = core.keyOf(id)
      const isHere = () => core.network.peers.get(id) !== undefined
      return key === undefined ? work() : core.defence.inTurn(key, isHere, work)
    },
    blame: (key, cause, reason) => core.defence.blame(key, cause, reason),
  }
}

/** What plugins have more than handlers. `Plugins` adds what it keeps itself. */
export type KitParts = Omit<PluginKit, keyof ProtocolHost | 'addResolver' | 'onPeer' | 'onLifecycle' | 'stats' | 'plugin'>

export function kitParts(core: Parts): KitParts {
  const { identity, limits, relayOnly, anchors } = core.config
  return {
    get publicKey() {
      return identity.publicKey
    },
    identity,
    relayOnly,
    anchors: anchors.length,
    names: core.names,
    limits,
    get dialer() {
      return core.network.dialer
    },
    addTransport: (transport) => core.addTransport(transport),
    setWork: (work) => {
      core.work = work
    },
    registerProtocol: (handler) => core.registerProtocol(handler),
    unregisterProtocol: (name) => core.unregisterProtocol(name),
    describe: () => core.describe(),
    described: () => core.described(),
    emit: (event, ...args) => core.emit(event, ...args),
    report: (error, peer) => core.report(error, peer),
    run: (wait = {}) => core.start(wait),
    sign: async (tag, bytes) => (await signEnvelope(identity, `app/${tag}`, bytes)).signature,
  }
}
