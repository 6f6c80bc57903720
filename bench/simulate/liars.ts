import { learnt } from '../../src/address/dial-policy.js'
import type { CoreCoordinator } from '../../src/core-coordinator.js'
import type { P2PMessage } from '../../src/message/message.js'
import { DHT_PROTOCOL } from '../../src/plugins/dht/client/dht-messages.js'
import { compareDistance, nodeIdOf } from '../../src/plugins/dht/records/key-space.js'
import { type Contact, contactOf, wireContact } from '../../src/plugins/dht/walk/contact.js'

export type Lie = 'silence' | 'lies' | 'collusion'
export const LIES: Lie[] = ['silence', 'lies', 'collusion']

/**
 * Makes a node hostile: it takes what is stored and forgets it, finds nothing, and names as nearest nobody (and never answers),
 * nodes that do not exist, or only its accomplices.
 */
export function makeHostile(node: CoreCoordinator, lie: Lie, accomplices: Contact[]): void {
  void node.use({
    name: 'liar',
    attach(kit) {
      kit.unregisterProtocol(DHT_PROTOCOL)
      kit.registerProtocol({
        protocolName: DHT_PROTOCOL,
        async handleMessage(message: P2PMessage) {
          if (lie === 'silence') return
          const { target, place = target } = (message.payload ?? {}) as { target?: Uint8Array; place?: Uint8Array }
          const named = place === undefined ? [] : lie === 'lies' ? phantoms(place) : nearest(place, accomplices)
          const closer = named.map(wireContact)
          const type = { ping: 'pong', store: 'stored', 'find-node': 'nodes' }[message.type] ?? 'records'
          const payload = { pong: null, stored: { stored: true }, nodes: { closer }, records: { records: [], closer } }[type]
          await kit.reply(message, { type, payload })
        },
      })
      return {}
    },
  })
}

function nearest<Node extends Pick<Contact, 'id'>>(place: Uint8Array, nodes: Node[]): Node[] {
  return [...nodes].sort((a, b) => compareDistance(place, a.id, b.id)).slice(0, 20)
}

/** Nodes that nobody runs: as near as a moment of trying keys brings. */
function phantoms(place: Uint8Array): Contact[] {
  const tried = Array.from({ length: 200 }, () => {
    const publicKey = crypto.getRandomValues(new Uint8Array(32))
    return { publicKey, id: nodeIdOf(publicKey, 'lotus') }
  })
  return nearest(place, tried).map(({ publicKey }) => {
    const [a, b, c] = publicKey
    return contactOf(publicKey, learnt(`ws://phantom${a}-${b}-${c}.example`, {})!, 'lotus')
  })
}
