import type { HashTable } from '../client/hash-table.js'
import type { Feelers } from './feelers.js'
import type { Kademlia } from './kademlia.js'

/** The own walks of one coordinator. */
export interface AttachedWalk {
  readonly network: Kademlia
  readonly feelers: Feelers | undefined
}

/** By the DHT that they belong to. A file of its own: whoever only looks here does not bundle the walks. */
const attached = /* @__PURE__ */ new WeakMap<HashTable, AttachedWalk>()

/** The own walks of a coordinator; undefined where no plugin has brought them. */
export function walkOf(dht: HashTable): AttachedWalk | undefined {
  return attached.get(dht)
}

export function setWalk(dht: HashTable, walk: AttachedWalk): void {
  attached.set(dht, walk)
}
