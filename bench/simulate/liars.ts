import type { P2PCoordinator } from '../../src/coordinator.js'
import type { P2PMessage } from '../../src/message/message.js'
import { compareDistance } from '../../src/plugins/dht/records/key-space.js'
import { type Contact, contactOf, wireContact } from '../../src/plugins/dht/walk/contact.js'

export type Lie = 'silence' | 'lies' | 'collusion'
export const LIES: Lie[] = ['silence', 'lies', 'collusion']

/**
 * Makes a node hostile: it takes what is stored and forgets it, finds nothing, and names as nearest nobody (and never answers),
 * nodes that do not exist, or only its accomplices.
 */
export function makeHostile(node: P2PCoordinator, lie: Lie, accomplices: Contact[]): void {
  const { router, host } = node as unknown as {
    router: { unregister(name: string): void; register(handler: unknown): void }
    host: { reply(message: P2PMessage, answer: { type: string; payload: unknown }): Promise<void> }
  }
  router.unregister('lotus/dht')
  router.register({
    protocolName: 'lotus/dht',
    async handleMessage(message: P2PMessage) {
      if (lie === 'silence') return
      const payload = (message.payload ?? {}) as { target?: Uint8Array; place?: Uint8Array }
      const place = payload.target ?? payload.place
      const closer = place === undefined ? [] : (lie === 'lies' ? phantoms(place) : nearest(place, accomplices)).map(wireContact)
      const type = { ping: 'pong', store: 'stored', 'find-node': 'nodes' }[message.type] ?? 'records'
      const answer = { pong: null, stored: { stored: true }, nodes: { closer }, records: { records: [], closer } }[type]
      await host.reply(message, { type, payload: answer })
    },
  })
}

function nearest(place: Uint8Array, contacts: Contact[]): Contact[] {
  return [...contacts].sort((a, b) => compareDistance(place, a.id, b.id)).slice(0, 20)
}

/** Nodes that nobody runs: as near as a moment of trying keys brings. */
function phantoms(place: Uint8Array): Contact[] {
  const made = Array.from({ length: 200 }, () => {
    const key = crypto.getRandomValues(new Uint8Array(32))
    return contactOf(key, `ws://phantom${key[0]}${key[1]}${key[2]}.example`)
  })
  return nearest(place, made)
}
