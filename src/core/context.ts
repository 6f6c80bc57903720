import type { Clock } from '../base/clock.js'
import type { Limits } from '../base/limits.js'
import type { ChannelKeys, PeerDescription } from '../channel/hello.js'
import type { Defence } from '../defence/defence.js'
import type { Identity } from '../identity/identity.js'
import type { PinnedNames } from '../identity/pinned-names.js'
import type { P2PMessage } from '../message/message.js'
import type { PeerContext, Transports } from '../peer/peer-context.js'
import type { WorkSupply } from '../peer/pool/work.js'
import type { ProtocolUse } from '../protocol/handler.js'
import type { ResolvedConfig } from './config.js'
import type { Messaging } from './messaging.js'
import type { Network } from './network.js'

/** What a context needs of the core. */
interface ContextOwner {
  readonly config: ResolvedConfig
  readonly peerId: string
  readonly defence: Defence
  readonly names: PinnedNames
  readonly transports: Transports
  readonly work: WorkSupply | undefined
  readonly network: Pick<Network, 'isNamed'>
  readonly messaging: Pick<Messaging, 'requests'>
  readonly router: { useOf(protocol: string | undefined): ProtocolUse }
  readonly roles: { isRelay(protocols: readonly string[]): boolean }
  channelKeys(): Promise<ChannelKeys>
  describe(): PeerDescription
}

/** What the connections of a coordinator share. A class, since a getter in an object literal gives each object a shape of its own. */
export class Context implements PeerContext {
  readonly identity: Identity
  readonly limits: Limits
  readonly clock: Clock
  readonly requireSignatures: boolean
  readonly defence: Defence
  readonly names: PinnedNames
  readonly transports: Transports
  readonly isRelay: PeerContext['isRelay']
  readonly describe: PeerContext['describe']

  constructor(private readonly core: ContextOwner) {
    const { identity, limits, clock, requireSignatures } = core.config
    this.identity = identity
    this.limits = limits
    this.clock = clock
    this.requireSignatures = requireSignatures
    this.defence = core.defence
    this.names = core.names
    this.transports = core.transports
    this.isRelay = core.roles.isRelay
    this.describe = () => core.describe()
  }

  get peerId(): string {
    return this.core.peerId
  }

  get maxConnections(): number {
    return this.limits.maxConnections
  }

  get work(): WorkSupply | undefined {
    return this.core.work
  }

  keys(): Promise<ChannelKeys> {
    return this.core.channelKeys()
  }

  isNamed(peerId: string): boolean {
    return this.core.network.isNamed(peerId)
  }

  expects(message: P2PMessage): boolean {
    return this.core.messaging.requests.expects(message)
  }

  useOf(protocol: string | undefined): ProtocolUse {
    return this.core.router.useOf(protocol)
  }
}
