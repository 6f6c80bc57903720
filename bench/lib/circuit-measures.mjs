/** Circuits through a relay: how fast beside a direct connection, how soon the first answer, how much memory. */
import { flood, LOOPBACK } from './flood.mjs'

const HOP_MS = 25
/** From one peer to the relay, to the other peer, and back. */
const END_TO_END_MS = 4 * HOP_MS

/** The same flood by circuit and directly, one after the other, each with new processes. */
const throughput =
  (bytes) =>
  async (start, { quick }) => {
    const [relay, receiver, sender] = await Promise.all(['relay', 'receiver', 'sender'].map((role) => start({ role })))
    const at = await relay.call('listen', { host: LOOPBACK, relay: true })
    const address = await receiver.call('beCalled', { relay: at })
    const perSecond = await flood(receiver, sender, address, { bytes, quick })
    await Promise.all([relay, receiver, sender].map((child) => child.stop()))

    const [server, client] = await Promise.all(['server', 'client'].map((role) => start({ role })))
    const directly = await server.call('listen', { host: LOOPBACK })
    return { perSecond, directPerSecond: await flood(server, client, directly, { bytes, quick }) }
  }

async function roundTrips(start) {
  const child = await start({ role: 'virtual-network' })
  const byAddress = await child.call('dialByCircuit', { hopMs: HOP_MS, by: 'address' })
  const byId = await child.call('dialByCircuit', { hopMs: HOP_MS, by: 'id' })
  return { byAddress: byAddress.repliedMs / END_TO_END_MS, byId: byId.repliedMs / END_TO_END_MS }
}

/**
 * Resident memory of the relay: with 1,000 more idle circuits, less what it was with 100, the same peers being connected. Callers
 * and called are in two other processes, 50 of each, every one with the default limits.
 */
async function idleCircuits(start, { quick }) {
  const peersEach = 50
  const first = 2
  const more = quick ? 10 : 20
  const relay = await start({ role: 'relay', nodeArgs: ['--expose-gc'] })
  const at = await relay.call('listen', { host: LOOPBACK, relay: true, maxConnections: 3 * peersEach })
  const [calling, called] = await Promise.all([start({ role: 'callers' }), start({ role: 'called' })])
  const peers = await called.call('callables', { relay: at, count: peersEach })
  await calling.call('callers', { relay: at, count: peersEach })
  const hold = async (from, each) => {
    const circuits = await calling.call('holdCircuits', { relay: at, peers, from, each }, { timeoutMs: 240_000 })
    if (circuits !== peersEach * (from + each)) throw new Error(`${circuits} circuits, not ${peersEach * (from + each)}`)
    return relay.call('memory', { connections: 2 * peersEach })
  }
  const before = await hold(0, first)
  const after = await hold(first, more)
  const each = (field) => (after[field] - before[field]) / (peersEach * more) / 1_000
  return { residentKb: each('rss'), heapKb: each('heapUsed'), externalKb: each('external') }
}

const all = ({ rounds }) => rounds
const fewer = ({ rounds }) => Math.min(rounds, 3)
const contestants = ['lotus']

export const circuitMeasures = [
  { name: 'circuit', title: '256 B one way by circuit', contestants, rounds: all, run: throughput(256) },
  { name: 'circuit-16k', title: '16 kB one way by circuit', contestants, rounds: all, run: throughput(16_384) },
  // A virtual clock: every run gives the same.
  { name: 'circuit-dial', title: 'Dial by circuit to first reply', contestants, rounds: () => 1, run: roundTrips },
  { name: 'circuit-idle', title: 'Idle circuits', contestants, rounds: fewer, run: idleCircuits },
]
