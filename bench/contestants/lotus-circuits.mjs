/** What only lotus-p2p does by circuit: round trips on a virtual clock, and many idle circuits through one relay. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createTestNetwork } from '../../dist/testing.js'
import { connected, held } from './lotus-peers.mjs'
import { concurrently } from './role.mjs'

/** Time for a peer to get its relay's reservation. */
const RESERVATION_MS = 300

/** A peer that can be called through this relay. */
export async function callable(relay, register) {
  const peer = await connected(relay)
  register?.(peer)
  held.push(peer)
  await sleep(RESERVATION_MS)
  return peer
}

const circuitTo = (relay, peerId) => `circuit:${relay}/${peerId}`

/** Reaches a peer by circuit; by whom, the relay is dialled too where that has not been done. */
export const dialCircuit = (node, relay, peerId) => node.connectToPeer(circuitTo(relay.peerId, peerId))

let callers = []

export const circuitCommands = {
  /**
   * Two peers at one relay, `hopMs` from each: milliseconds of virtual time from the dial to the first answer. The clock stands
   * still while the machine works, so that only round trips are counted.
   */
  async dialByCircuit({ hopMs, by }) {
    const net = createTestNetwork({ latencyMs: hopMs })
    const relay = net.createPeer({ host: 'relay', relay: true })
    await net.run(relay.start())
    const [alice, bob] = ['alice', 'bob'].map((host) =>
      net.createPeer({ host, listening: false, bootstrap: [net.addressOf(relay)] }),
    )
    bob.registerProtocol({
      protocolName: 'bench',
      handleMessage: (message) => bob.reply(message, { type: 'echoed', payload: message.payload }),
    })
    for (const peer of [alice, bob]) await net.run(peer.start())
    await net.clock.advance(10_000)
    const start = net.clock.now()
    await net.run(alice.connectToPeer(by === 'id' ? bob.peerId : circuitTo(relay.peerId, bob.peerId)))
    const connectedMs = net.clock.now() - start
    const { payload } = await net.run(alice.request(bob.peerId, { type: 'echo', protocol: 'bench', payload: 'first' }))
    const repliedMs = net.clock.now() - start
    const { transport } = alice.getPeer(bob.peerId).connection
    if (payload !== 'first' || transport !== 'circuit') throw new Error(`no answer by circuit, but '${payload}' by ${transport}`)
    await net.stop()
    return { connectedMs, repliedMs }
  },

  /** So many peers that can be called through the relay; their ids. */
  async callables({ relay, count }) {
    const ids = []
    await concurrently(count, 8, async () => ids.push((await callable(relay)).peerId))
    return ids
  },

  async callers({ relay, count }) {
    callers = await Promise.all(Array.from({ length: count }, () => connected(relay)))
  },

  /** Every caller opens circuits to `each` more of the peers; returns how many circuits there are now. */
  async holdCircuits({ relay, peers, from, each }) {
    await concurrently(callers.length * each, 4, async (n) => {
      const caller = n % callers.length
      const step = from + Math.floor(n / callers.length)
      await dialCircuit(callers[caller], relay, peers[(caller + step) % peers.length])
    })
    const paths = callers.flatMap((caller) => caller.getConnectedPeers().map(({ connection }) => connection.transport))
    return paths.filter((transport) => transport === 'circuit').length
  },
}
