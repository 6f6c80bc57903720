import { LazySet } from '../../../base/lazy-map.js'
import { WALK_LIMITS } from '../../../base/limits/dht-walk.js'
import type { Plugin, PluginKit } from '../../../core/plugin.js'
import { probe } from '../../../core/probe.js'
import { encodePeerId } from '../../../identity/peer-id.js'
import type { PeerInfo } from '../../../protocol/peer-info.js'
import { dhtOf } from '../client/plugin.js'
import { type AttachedWalk, setWalk, walkOf } from './attached.js'
import type { Contact } from './contact.js'
import { Feelers } from './feelers.js'
import { Kademlia } from './kademlia.js'
import type { NodeDialer } from './node-links.js'
import { RecordWalks } from './record-walks.js'
import { WalkLookup } from './walk-lookup.js'

/** Relays of fewer operators than this are a reason to look for others. */
const ENOUGH_OPERATORS = 2

/**
 * Own walks of a DHT client: it learns of nodes from the servers that it meets, tries one of them now and then, and finds records by
 * itself where all connected servers fail. `dht.trace` needs it.
 *
 * @example
 * const wallet = new P2PCoordinator({ bootstrap, plugins: [dhtWalk()] })
 */
export function dhtWalk(): Plugin {
  return {
    name: 'dht-walk',
    limits: WALK_LIMITS,
    needs: ['dht'],
    attach(kit) {
      attachWalk(kit)
      return {}
    },
  }
}

/** The walks of a coordinator, made where no other plugin has made them. @throws P2PError INVALID_CONFIG. */
export function attachWalk(kit: PluginKit): AttachedWalk {
  const { dht, servers } = dhtOf(kit)
  const known = walkOf(dht)
  if (known !== undefined) return known
  const { clock, limits, random, identity } = kit
  const connected = new LazySet<string>()
  const network = new Kademlia({ host: kit, identity, limits, dialer: nodeDialer(kit, connected) })
  const join = (peer: PeerInfo) => {
    if (peer.publicKey !== undefined) connected.add(encodePeerId(peer.publicKey))
    network.connected(peer)
  }
  const leave = (peer: PeerInfo) => {
    if (peer.publicKey !== undefined) connected.delete(encodePeerId(peer.publicKey))
    network.disconnected(peer)
  }
  const feelers = new Feelers({
    clock,
    limits,
    random,
    network,
    isNeeded: () => kit.privacy === 'direct' && operatorsOf(kit) < ENOUGH_OPERATORS,
    probe: (contact) => livesAt(kit, connected, contact),
  })
  dht.setLookup(new WalkLookup(servers, network, new RecordWalks({ dht, servers, clock, limits }, network)))
  // A peer may become a node long after it has connected.
  kit.onPeer({ connected: join, disconnected: leave, described: (peer) => network.connected(peer) })
  kit.onLifecycle({
    stop: () => {
      feelers.close()
      network.close()
    },
  })
  const walk = { network, feelers }
  setWalk(dht, walk)
  return walk
}

function nodeDialer(kit: PluginKit, connected: LazySet<string>): NodeDialer {
  const { dialer } = kit
  return {
    mayDial: () => kit.privacy === 'direct',
    dial: (address, peerId, wait) => dialer.dial(address, peerId, wait),
    isConnected: (peerId) => connected.has(peerId),
    release: (peerId) => dialer.release(peerId),
  }
}

/** Operators, as far as addresses tell, of the servers that we have dialled; each with a private address counts for itself. */
function operatorsOf({ dialer }: PluginKit): number {
  const servers = dialer.chosen().filter(({ isServer }) => isServer)
  return new Set(servers.map(({ origin, id }) => origin ?? id)).size
}

/** Whether a node lives where others say, without becoming connected to it. @throws P2PError what a dial fails with. */
async function livesAt(kit: PluginKit, connected: LazySet<string>, { address, peerId }: Contact): Promise<boolean> {
  if (connected.has(peerId)) return true
  return encodePeerId(await probe(kit, address, peerId)) === peerId
}
