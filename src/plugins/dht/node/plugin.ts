import type { RelayBackplane } from '../../../backplane/backplane.js'
import { compareBytes } from '../../../base/bytes.js'
import { NODE_LIMITS } from '../../../base/limits/dht-node.js'
import { WALK_LIMITS } from '../../../base/limits/dht-walk.js'
import { coreOf } from '../../../core/core.js'
import type { Plugin } from '../../../core/plugin.js'
import { probe } from '../../../core/probe.js'
import type { FairTurns } from '../../../defence/fair-turns.js'
import { decode, encode } from '../../../message/codec.js'
import { parsed, text, tuple } from '../../../message/shape.js'
import { DHT_NODE_PROTOCOL } from '../client/dht-messages.js'
import { dhtOf } from '../client/plugin.js'
import { commonBits, KEY_BITS, placeOfKey } from '../records/key-space.js'
import { RecordStore } from '../records/record-store.js'
import { type Contact, type WireContact, wireContact } from '../walk/contact.js'
import { attachWalk } from '../walk/plugin.js'
import type { RoutingTable } from '../walk/routing-table.js'
import { AddressProofs } from './address-proofs.js'
import { DhtServer } from './dht-server.js'
import { NodeLookup } from './node-lookup.js'
import { NodeRole } from './node-role.js'
import { Replication } from './replication.js'
import { Spread } from './spread.js'
import { TableUpkeep } from './table-upkeep.js'

export interface DhtNodeOptions {
  /**
   * `'server'`: others may keep us in their routing tables from the start, as is right for a relay. `'auto'`: once a peer has reached
   * us from outside and we have been up for `limits.dhtNodeAfterMs`. Default `'auto'`.
   */
  mode?: 'auto' | 'server' | undefined
  /** The other processes of a relay, which have the same records. @internal */
  backplane?: RelayBackplane | undefined
}

const depositShape = /* @__PURE__ */ (() => tuple(text(64, 64), text(1, 1_024)))()

/**
 * A DHT node: it stores records for others and answers for them, walks through the network for its clients, and hands what it keeps on
 * to the nodes where it belongs. It brings own walks along, with or without `dhtWalk()`.
 *
 * @example
 * const server = new P2PCoordinator({ listen: [webSocketServer({ port: 8787 })], plugins: [dhtNode({ mode: 'server' })] })
 */
export function dhtNode(options?: DhtNodeOptions): Plugin {
  const { mode = 'auto', backplane } = options ?? {}
  return {
    name: 'dht-node',
    limits: { ...WALK_LIMITS, ...NODE_LIMITS },
    needs: ['dht'],
    attach(kit) {
      const client = dhtOf(kit)
      const { dht, servers, verifier } = client
      const { clock, limits, random } = kit
      const store = new RecordStore({ clock, limits, random })
      dht.setStore(store)
      const parts = { ...client, clock, limits, random, store }
      const { network, feelers } = attachWalk(kit)
      network.isNode = true
      const { table } = network
      store.farness = (key) => KEY_BITS - commonBits(table.ownId, placeOfKey(key, kit.network))
      const replication = new Replication(parts, network)
      const upkeep = new TableUpkeep(network, limits, random, clock, (peerId) => {
        return kit.peer(peerId)?.protocols?.includes(DHT_NODE_PROTOCOL) === true
      })
      const spread = new Spread(parts, network, (entry, depth) => replication.received(entry, depth))
      const proofs = new AddressProofs({
        clock,
        isProven: ({ address, peerId }) => coreOf(kit).network.peers.outgoing.isProven(address, peerId),
        look: ({ address, peerId }) => probe(kit, address, peerId),
      })
      network.onNewNode((contact) => proofs.want(contact))
      if (kit.privacy !== 'direct') proofs.close()
      /** Undefined until others may keep us in their routing tables. */
      let lookup: NodeLookup | undefined
      const server = new DhtServer(store, verifier, {
        limits,
        clock,
        random,
        ...(kit.plugin('costs') as { turns: FairTurns } | undefined),
        network: {
          closer: (place, asker) => closerTo(table, place, asker, limits.dhtBucketSize, (contact) => proofs.mayTell(contact)),
          received: (entry, depth) => replication.received(entry, depth),
          passOn: (withdrawal) => dht.passOn(withdrawal),
          deposited: ({ publisher, key }) => backplane?.toAll('deposit', encode([publisher, key])),
          // A server that is no node passes a record on, once, to the servers that it knows.
          store: (entry, wait) => lookup?.store(entry, wait) ?? servers.store(entry, { ...wait, walk: false }),
          find: async (pattern, options) => lookup?.query(pattern, options) ?? [],
        },
      })
      kit.registerProtocol(server)
      const stop = backplane?.receive('deposit', (bytes) => {
        const [publisher, key] = parsed(depositShape, decode(bytes), 'A deposit of another process')
        server.depositedElsewhere(publisher, key)
      })
      const becomeNode = () => {
        lookup = new NodeLookup(parts, network, spread)
        dht.setLookup(lookup)
        kit.registerProtocol(role)
        feelers?.always()
        replication.begin()
        upkeep.begin()
      }
      const role = new NodeRole(clock, limits, becomeNode)
      if (mode === 'server') becomeNode()
      else {
        kit.onPeer({ connected: (peer) => role.connected(peer) })
      }
      kit.onLifecycle({
        trim: () => server.trim(),
        stop: () => {
          role.close()
          upkeep.close()
          replication.close()
          proofs.close()
          stop?.()
        },
      })
      return {}
    },
  }
}

/** The nodes of our table that are nearest to a place, as they are told to a peer; without the peer itself. */
function closerTo(
  table: RoutingTable,
  place: Uint8Array,
  asker: Uint8Array | undefined,
  count: number,
  mayTell: (contact: Contact) => boolean,
): WireContact[] {
  const isAsker = ({ publicKey }: Contact) => asker !== undefined && compareBytes(publicKey, asker) === 0
  return table
    .trusted(place, count + 1)
    .filter((contact) => contact.address !== '' && !isAsker(contact) && mayTell(contact))
    .slice(0, count)
    .map(wireContact)
}
