import type { P2PError } from '../../../base/errors.js'
import type { ResolvedConfig } from '../../../core/config.js'
import type { PinnedNames } from '../../../identity/pinned-names.js'
import type { IProtocolHandler, ProtocolHost } from '../../../protocol/handler.js'
import type { PeerInfo } from '../../../protocol/peer-info.js'
import { ConnectedServers } from '../client/connected-servers.js'
import { DistributedHashTable } from '../client/dht.js'
import type { RecordFeed } from '../client/lookup.js'
import { ServerView } from '../eclipse/server-view.js'
import { RecordStore } from '../records/record-store.js'
import { RecordVerifier } from '../records/record-verifier.js'
import type { Contact } from '../walk/contact.js'
import { Feelers } from '../walk/feelers.js'
import { Kademlia } from '../walk/kademlia.js'
import { commonBits, KEY_BITS, nodeIdOf, placeOfKey } from '../walk/node-id.js'
import type { NodeDialer } from '../walk/node-links.js'
import { TableUpkeep } from '../walk/table-upkeep.js'
import { DhtServer } from './dht-server.js'
import { NodeRole } from './node-role.js'
import { Replication } from './replication.js'

export interface DhtNodeOptions {
  config: ResolvedConfig
  names: PinnedNames
  dialer: NodeDialer
  /** Whether a node that we have only heard of lives at its address. */
  probe(contact: Contact): Promise<boolean>
  /** Whether feelers are of use where we are no node ourselves. */
  needsNodes(): boolean
  /** News of records beside what servers push. */
  feed(verifier: RecordVerifier): RecordFeed
  /** We have become a node: whoever we are connected to is to know. */
  onNode(role: IProtocolHandler): void
  onError(error: P2PError): void
}

/** The parts of the DHT of one coordinator, put together: what stores, what looks, what keeps the table and the records. */
export class DhtNode {
  readonly dht: DistributedHashTable
  readonly handlers: IProtocolHandler[]
  readonly network: Kademlia
  private readonly feelers: Feelers | undefined
  private readonly servers: ConnectedServers
  private readonly verifier: RecordVerifier
  private readonly server: DhtServer | undefined
  private readonly role: NodeRole
  private readonly upkeep: TableUpkeep
  private readonly replication: Replication

  constructor(private readonly options: DhtNodeOptions) {
    const { config, names, dialer, feed, onNode, onError } = options
    const { peerId, identity, clock, limits, logger } = config
    const verifier = new RecordVerifier({ clock, limits, names })
    this.verifier = verifier
    const ownId = nodeIdOf(identity.publicKey)
    const farness = (key: string) => KEY_BITS - commonBits(ownId, placeOfKey(key))
    const store = new RecordStore({ clock, limits, farness })
    const servers = new ConnectedServers(verifier, { limits })
    this.role = new NodeRole(clock, limits, config.dhtMode, (role) => {
      onNode(role)
      this.upkeep.join()
    })
    const isNode = () => this.role.isNode
    const network = new Kademlia({
      publicKey: identity.publicKey,
      clock,
      limits,
      store,
      servers,
      dialer,
      isNode,
      mayDial: !config.relayOnly,
    })
    this.network = network
    this.servers = servers
    this.upkeep = new TableUpkeep(network, clock, limits, isNode)
    if (!config.relayOnly) {
      const isNeeded = () => isNode() || options.needsNodes()
      this.feelers = new Feelers({ clock, limits, network, isNeeded, probe: options.probe })
    }
    this.replication = new Replication(network, store, clock, limits, isNode)
    this.dht = new DistributedHashTable(peerId, {
      clock,
      limits,
      logger,
      identity,
      names,
      verifier,
      store,
      lookup: network,
      feed: feed(verifier),
      onError,
    })
    this.handlers = [servers]
    if (config.dhtMode !== 'client') {
      this.server = new DhtServer(store, verifier, { limits, clock, network })
      this.handlers.push(this.server)
    }
    if (this.role.isNode) this.handlers.push(this.role)
  }

  open(host: ProtocolHost): void {
    this.network.open(host)
  }

  /** What single servers say, for whoever compares. */
  viewOf(host: ProtocolHost): ServerView {
    return new ServerView(host, this.servers, this.options.config.limits, this.network.table.ownId)
  }

  /** Somebody has connected. */
  met(peer: PeerInfo): void {
    this.role.met(peer)
    this.network.meet(peer)
  }

  /** Somebody is no longer connected. */
  parted(peer: PeerInfo): void {
    this.network.parted(peer)
  }

  /** Gives up what can be had again. */
  trim(): void {
    this.verifier.trim()
    this.server?.trim()
  }

  shutdown(): void {
    this.role.close()
    this.feelers?.close()
    this.upkeep.close()
    this.replication.close()
    this.dht.shutdown()
  }
}
