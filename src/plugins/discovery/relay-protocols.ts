import type { IProtocolHandler } from '../../protocol/handler.js'
import { Introducer } from '../circuit/introducer.js'
import { CircuitRelay } from '../circuit/relay.js'
import type { DistributedHashTable } from '../dht/client/dht.js'
import { resourcePrefix } from './resource-key.js'

/** What makes a listening DHT server a relay: it forwards circuits, and introduces its peers by protocol and by resource. */
export function relayProtocols(dht: DistributedHashTable): IProtocolHandler[] {
  const { limits } = dht
  const relay = new CircuitRelay({ limits })
  const introducer = new Introducer({
    limits,
    publishersOf: (type) => publishersOf(dht, type),
    canBeCalled: (peer) => relay.canBeCalled(peer),
  })
  return [relay, introducer]
}

function* publishersOf({ store, limits }: DistributedHashTable, resourceType: string): Generator<string> {
  for (const { publisher, publicKey, withdrawn } of store.scan(`${resourcePrefix(resourceType, limits)}*`)) {
    if (publicKey !== undefined && !withdrawn) yield publisher
  }
}
