import { seededRandom } from '../base/random.js'
import { P2PCoordinator } from '../coordinator.js'
import type { P2PConfig } from '../core/config.js'
import { identityFromSeed } from '../identity/identity.js'
import { relayProtocols } from '../plugins/discovery/relay-protocols.js'
import { type LinkConditions, MemoryNetwork } from '../transport/memory.js'
import { VirtualClock } from './virtual-clock.js'

export interface TestNetworkOptions extends LinkConditions {
  /** Runs with the same seed draw the same identities, jitter and losses. Default 1. */
  seed?: number
  /** Default: a new `VirtualClock`. */
  clock?: VirtualClock
  /** `'ws'`: peers tell their addresses to others, and are found at them. Default `'memory'`. */
  scheme?: 'memory' | 'ws'
}

export interface TestPeerOptions extends P2PConfig {
  /** Its address is `memory://<host>`. Default: `peer1`, `peer2`, … */
  host?: string
  /** Whether others can dial it. Default true; false makes it like a browser tab. */
  listening?: boolean
  /** Forwards circuits and introduces peers, as `startRelay` does. Default false. */
  relay?: boolean
}

export interface TestNetwork {
  readonly clock: VirtualClock
  /** Delays, losses and partitions. */
  readonly network: MemoryNetwork
  /** A peer in this network; it starts with the first call that needs it. */
  createPeer(options?: TestPeerOptions): P2PCoordinator
  /** The address of a peer made here. */
  addressOf(peer: P2PCoordinator): string
  /** Advances the clock until the promise settles. */
  run<T>(promise: Promise<T>): Promise<T>
  /** Shuts all peers down. */
  stop(): Promise<void>
}

/**
 * A whole network in memory on a virtual clock: real coordinators, channels and cryptography, no sockets, no waiting.
 *
 * @example
 * const net = createTestNetwork({ latencyMs: 25 })
 * const alice = net.createPeer({ peerId: 'alice' })
 * const bob = net.createPeer({ peerId: 'bob' })
 * await net.run(bob.start())
 * await net.run(alice.connectToPeer(net.addressOf(bob)))
 * await alice.sendTo('bob', { type: 'hello', payload: 'hi' })
 * await net.clock.advance(25)
 * await net.stop()
 */
export function createTestNetwork(options: TestNetworkOptions = {}): TestNetwork {
  const { seed = 1, clock = new VirtualClock(), ...conditions } = options
  const random = seededRandom(seed)
  const network = new MemoryNetwork({ clock, random: random.unit, ...conditions })
  const peers = new Map<P2PCoordinator, string>()
  return {
    clock,
    network,
    createPeer({ host = `peer${peers.size + 1}`, listening = true, relay = false, ...config } = {}) {
      const identity = config.identity ?? identityFromSeed(random.bytes(32))
      const peer = new P2PCoordinator({
        clock,
        transports: [network.transport(host)],
        listen: listening ? [network.listener(host)] : [],
        logger: SILENT,
        ...(relay && { dht: { mode: 'server' } }),
        ...config,
        identity,
      })
      if (relay) for (const handler of relayProtocols(peer.dht)) peer.registerProtocol(handler)
      peers.set(peer, `${options.scheme ?? 'memory'}://${host}`)
      return peer
    },
    addressOf(peer) {
      const address = peers.get(peer)
      if (address === undefined) throw new Error('addressOf: this peer was not made by this network.')
      return address
    },
    run: (promise) => clock.run(promise),
    async stop() {
      for (const peer of peers.keys()) await clock.run(peer.shutdown())
    },
  }
}

const SILENT = { debug: () => {}, warn: () => {}, error: () => {} }
