/** A DHT of thirty servers: real sockets, one process. */
import { percentile } from './statistics.mjs'

const SERVERS = 30
const WIDTH = 16

async function dht(start, { contestant, quick, notes }) {
  const child = await start({ role: 'servers', program: `${contestant}-dht` })
  const { least, mean } = await child.call('openDht', { count: SERVERS }, { timeoutMs: 120_000 })
  if (least < SERVERS - 1)
    notes.add(`${contestant}'s routing tables of ${SERVERS} servers held ${least} to ${SERVERS - 1}, mean ${mean.toFixed(1)}.`)
  await child.call('putRecords', { count: quick ? 100 : 300 }, { timeoutMs: 120_000 })

  const slowly = { warmup: quick ? 50 : 200, samples: quick ? 150 : 500 }
  const { times } = await child.call('askSlowly', { what: 'get', ...slowly }, { timeoutMs: 120_000 })
  const perSecond = async (what) => {
    const many = { what, width: WIDTH, windowMs: quick ? 1_500 : 4_000 }
    return (await child.call('askMany', many, { timeoutMs: 120_000 })).perSecond
  }
  return {
    p50Ms: percentile(times, 50),
    p95Ms: percentile(times, 95),
    perSecond: await perSecond('get'),
    ...(contestant !== 'lotus' && { firstPerSecond: await perSecond('getFirst') }),
    walksPerSecond: await perSecond('walk'),
  }
}

export const dhtMeasures = [
  {
    name: 'dht',
    title: `Gets from a DHT of ${SERVERS} servers`,
    contestants: ['lotus', 'libp2p'],
    rounds: ({ rounds }) => Math.min(rounds, 3),
    run: dht,
  },
]
