/**
 * The measures. Each has
 *   name, title
 *   contestants         who takes part
 *   rounds(settings)    how often
 *   run(start, settings) → an object of numbers for one contestant and one round
 * where `start(options)` gives a new process of that contestant, ended after the round whatever happens, and
 * `settings.contestant` says who it is.
 */
import { keepCoresAwake } from './awake.mjs'
import { circuitMeasures } from './circuit-measures.mjs'
import { openDelayLink } from './delay-link.mjs'
import { dhtMeasures } from './dht-measures.mjs'
import { flood, LOOPBACK } from './flood.mjs'
import { percentile } from './statistics.mjs'
import { tabMeasures } from './tab-measures.mjs'
import { topicMeasures } from './topic-measures.mjs'

const everyone = ['lotus', 'libp2p', 'ws']
const RTT_MS = 50

/** Two processes: one that listens, one that dials. */
async function pair(start, { host = LOOPBACK, serverPrefix, clientPrefix } = {}) {
  const [server, client] = await Promise.all([
    start({ role: 'server', prefix: serverPrefix }),
    start({ role: 'client', prefix: clientPrefix }),
  ])
  return { server, client, address: await server.call('listen', { host }) }
}

const oneWay =
  (bytes) =>
  async (start, { quick }) => {
    const { server, client, address } = await pair(start)
    return { perSecond: await flood(server, client, address, { bytes, quick }) }
  }

async function echo(start, { quick }) {
  const { client, server, address } = await pair(start)
  await client.call('open', { address, mode: 'echo' })
  await client.call('echo', { bytes: 256, warmup: quick ? 1_000 : 3_000, samples: 0 })
  const cpuUs = async () => {
    const [there, here] = await Promise.all([server.call('cpu'), client.call('cpu')])
    return there + here
  }
  const before = await cpuUs()
  const { times } = await client.call('echo', { bytes: 256, warmup: 0, samples: quick ? 2_000 : 10_000 })
  const cpu = (await cpuUs()) - before
  return { p50Us: percentile(times, 50), p99Us: percentile(times, 99), cpuUs: cpu / times.length }
}

/** The same with cores that never halt: what is left of the figure above without the time in which a halted core wakes. */
async function echoAwake(start, settings) {
  const letSleep = keepCoresAwake()
  try {
    return await echo(start, settings)
  } finally {
    letSleep()
  }
}

async function dial(start, { quick }) {
  const { client, address } = await pair(start)
  const { times } = await client.call('dial', { address, bytes: 256, warmup: quick ? 15 : 30, samples: quick ? 20 : 60 })
  return { p50Ms: percentile(times, 50) }
}

/**
 * The same dial over the delayed link and, with the same processes' code, over loopback: what the link adds, divided by
 * its round-trip time, is the number of round trips.
 */
async function slowDial(start, { quick, delayLink, notes }) {
  const count = { bytes: 256, warmup: 4, samples: quick ? 4 : 12 }
  const near = await pair(start)
  const { times: fast } = await near.client.call('dial', { ...count, address: near.address })
  await Promise.all([near.server.stop(), near.client.stop()])

  const link = await openDelayLink({ rttMs: RTT_MS, kind: delayLink })
  notes.add(
    `The slow link is ${link.kind === 'netlab' ? 'two network namespaces joined by delay-line.py' : (link.note ?? 'a delaying TCP proxy')}.`,
  )
  try {
    const far = await pair(start, link)
    const { times: slow } = await far.client.call('dial', { ...count, address: link.reach(far.address) })
    const p50Ms = percentile(slow, 50)
    await Promise.all([far.server.stop(), far.client.stop()])
    return { p50Ms, roundTrips: (p50Ms - percentile(fast, 50)) / RTT_MS }
  } finally {
    link.close()
  }
}

/**
 * Resident memory of the server process: with 1,000 more idle connections, less what it was with 100; and with 1,000 more again. Under the
 * load of the first thousand handshakes V8 grows its young generation, and keeps it: that is paid once, by whichever come first.
 */
async function idle(start, { quick }) {
  const first = quick ? 50 : 100
  const more = quick ? 200 : 1_000
  const clients = 2
  const server = await start({ role: 'server', nodeArgs: ['--expose-gc'] })
  const address = await server.call('listen', { host: LOOPBACK, relay: true, maxConnections: first + 2 * more + 100 })
  const holders = await Promise.all(Array.from({ length: clients }, () => start({ role: 'client' })))
  const hold = (count) =>
    Promise.all(holders.map((holder) => holder.call('hold', { address, count: count / clients }, { timeoutMs: 240_000 })))
  await hold(first)
  const before = await server.call('memory', { connections: first })
  await hold(more)
  const grown = await server.call('memory', { connections: first + more })
  await hold(more)
  const after = await server.call('memory', { connections: first + 2 * more })
  const each = (field, from = grown, to = after) => (to[field] - from[field]) / more / 1_000
  return {
    marginalKb: each('rss'),
    heapKb: each('heapUsed'),
    externalKb: each('external'),
    residentKb: each('rss', before, grown),
  }
}

/** A reader that has no copy gets every record that others announced through one relay. */
async function dhtGets(start, { quick }) {
  const [relay, publisher, reader] = await Promise.all([
    start({ role: 'relay' }),
    start({ role: 'publisher' }),
    start({ role: 'reader' }),
  ])
  const address = await relay.call('listen', { host: LOOPBACK, relay: true })
  const records = await publisher.call('announceMany', { address, publishers: quick ? 2 : 6, each: 800 }, { timeoutMs: 120_000 })
  const { seconds, count } = await reader.call('getMany', { address, ...records, concurrency: 32 })
  return { perSecond: count / seconds }
}

async function announceToWatch(start, { quick }) {
  const [relay, announcer, watcher] = await Promise.all([
    start({ role: 'relay' }),
    start({ role: 'announcer' }),
    start({ role: 'watcher' }),
  ])
  const address = await relay.call('listen', { host: LOOPBACK, relay: true })
  const count = { warmup: 50, samples: quick ? 150 : 500 }
  await watcher.call('watch', { address, ...count })
  await announcer.call('announceSlowly', { address, ...count })
  const { times } = await watcher.call('watched')
  return { p50Ms: percentile(times, 50), p99Ms: percentile(times, 99) }
}

const all = ({ rounds }) => rounds
const fewer = ({ rounds }) => Math.min(rounds, 3)

export const measures = [
  { name: 'one-way', title: '256 B one way', contestants: everyone, rounds: all, run: oneWay(256) },
  { name: 'one-way-16k', title: '16 kB one way', contestants: everyone, rounds: fewer, run: oneWay(16_384) },
  { name: 'echo', title: 'Echo of 256 B', contestants: everyone, rounds: all, run: echo },
  { name: 'echo-awake', title: 'Echo of 256 B, cores kept awake', contestants: everyone, rounds: all, run: echoAwake },
  { name: 'dial', title: 'Dial to first reply, loopback', contestants: everyone, rounds: all, run: dial },
  {
    name: 'slow-dial',
    title: `Dial to first reply, ${RTT_MS} ms round trip`,
    contestants: everyone,
    rounds: fewer,
    run: slowDial,
  },
  { name: 'idle', title: 'Idle connections', contestants: everyone, rounds: fewer, run: idle },
  { name: 'dht-gets', title: 'DHT gets through one relay', contestants: ['lotus'], rounds: all, run: dhtGets },
  ...dhtMeasures,
  { name: 'announce', title: 'Announce to watch', contestants: ['lotus'], rounds: all, run: announceToWatch },
  ...circuitMeasures,
  ...tabMeasures,
  ...topicMeasures,
]
