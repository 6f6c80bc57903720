import { memoryAddress } from '../address/addresses.js'
import { isPrivateAddress } from '../address/private-address.js'
import { seededRandom } from '../base/random.js'
import { type P2PConfig, P2PCoordinator } from '../coordinator.js'
import type { Plugin } from '../core/plugin.js'
import { withTransport } from '../core/with-transport.js'
import { identityFromSeed } from '../identity/identity.js'
import { relayServices } from '../plugins/circuit/server/relay-services.js'
import { dhtNode } from '../plugins/dht/node/plugin.js'
import { type LinkConditions, MemoryNetwork } from '../transport/memory.js'
import type { Transport } from '../transport/transport.js'
import { VirtualClock } from './virtual-clock.js'

export interface TestNetworkOptions extends LinkConditions {
  /** Runs with the same seed draw the same identities, jitter and losses. Default 1. */
  seed?: number | undefined
  /** Default: a new `VirtualClock`. */
  clock?: VirtualClock | undefined
  /** `'ws'`: peers tell their addresses to others, and are found at them. Default `'memory'`. */
  scheme?: 'memory' | 'ws' | undefined
}

export interface TestPeerOptions extends P2PConfig {
  /** Its address is `memory://<host>`. Default: `peer1`, `peer2`, … */
  host?: string | undefined
  /** Whether others can dial it. Default: with `privacy: 'direct'` true; false makes it like a browser tab. */
  listening?: boolean | undefined
  /** Forwards circuits and introduces peers, as `startRelay` does. Default false. */
  relay?: boolean | undefined
  /** Its part in the DHT. Default: `'server'` of a relay, `'auto'` of another peer that listens, `'client'` of one that does not. */
  dht?: { mode: 'auto' | 'client' | 'server' } | undefined
  /** Its way to dial. Default: the in-memory network's. */
  transport?: Transport | undefined
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
export function createTestNetwork(given?: TestNetworkOptions): TestNetwork {
  const options = given ?? {}
  const { seed = 1, clock = new VirtualClock(), ...conditions } = options
  const random = seededRandom(seed)
  const network = new MemoryNetwork({ clock, random: random.unit, ...conditions })
  const peers = new Map<P2PCoordinator, string>()
  return {
    clock,
    network,
    createPeer(about) {
      const {
        host = `peer${peers.size + 1}`,
        listening = about?.privacy === undefined || about.privacy === 'direct',
        relay = false,
        dht,
        transport,
        plugins = [],
        ...config
      } = about ?? {}
      const identity = config.identity ?? identityFromSeed(random.bytes(32))
      const { mode } = dht ?? { mode: relay ? 'server' : listening ? 'auto' : 'client' }
      const own: Plugin[] = [withTransport(transport ?? network.transport(host))]
      if (mode !== 'client') own.push(dhtNode({ mode }))
      if (relay) own.push(relayServices())
      const peer: P2PCoordinator = new P2PCoordinator({
        clock,
        random,
        // A host without a dot in its name lives in a private network, as all of this one do by default.
        allowPrivate: isPrivateAddress(memoryAddress(host)),
        listen: listening ? [network.listener(host)] : [],
        logger: SILENT,
        ...config,
        plugins: [...own, ...plugins],
        identity,
      })
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
