import type { Network } from '../../../core/network.js'

/** From how many sides this coordinator sees the network. One operator means that we depend on it, not that it lies. */
export interface Diversity {
  /** Operators, or address groups, of the relays and DHT servers that we have dialled; each with a private address counts for itself. */
  operators: number
  /** Address groups of all peers. */
  groups: number
  /** Peers that we have dialled, and peers that have come by themselves. */
  outbound: number
  inbound: number
  /** Configured anchors that are connected. */
  anchors: number
  /** Relays remembered for the next start. */
  remembered: number
}

export function diversityOf(network: Network): Diversity {
  const slots = network.peers.slots.all()
  const relays = network.chosen().filter(({ isServer }) => isServer)
  const outbound = slots.filter((slot) => slot.outbound).length
  return {
    operators: new Set(relays.map(({ origin, id }) => origin ?? id)).size,
    groups: new Set(slots.map(({ group }) => group)).size,
    outbound,
    inbound: slots.length - outbound,
    anchors: relays.filter(({ isTrusted }) => isTrusted).length,
    remembered: network.anchors.size,
  }
}
