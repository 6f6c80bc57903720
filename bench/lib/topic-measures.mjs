/** A topic with a thousand subscribers at one relay or hub. */
import { LOOPBACK } from './flood.mjs'
import { percentile } from './statistics.mjs'

const BYTES = 256
/** Between two messages, so that one is with all subscribers before the next. */
const PAUSE_MS = 500

async function topic(start, { quick, notes }) {
  const subscribers = quick ? 200 : 1_000
  if (quick) notes.add(`The topic had ${subscribers} subscribers only.`)
  const samples = quick ? 6 : 20
  const burst = quick ? 20 : 40
  const hub = await start({ role: 'relay' })
  const address = await hub.call('listen', { host: LOOPBACK, relay: true, subscribers, maxConnections: subscribers + 100 })
  const [publisher, ...holders] = await Promise.all(['publisher', 'subscribers', 'subscribers'].map((role) => start({ role })))
  const share = subscribers / holders.length
  await Promise.all(holders.map((holder) => holder.call('subscribeMany', { address, count: share }, { timeoutMs: 300_000 })))
  await publisher.call('openPublisher', { address })

  const heard = async (messages, quietMs) => {
    const wait = { count: share * messages, quietMs }
    const parts = await Promise.all(holders.map((holder) => holder.call('deliveries', wait, { timeoutMs: 120_000 })))
    return { times: parts.flatMap(({ times }) => times), lastAt: Math.max(...parts.map(({ lastAt }) => lastAt)) }
  }
  const complete = ({ times }, messages) => {
    if (times.length !== subscribers * messages) {
      throw new Error(`${times.length} deliveries of ${messages} messages to ${subscribers} subscribers`)
    }
  }

  await everyoneListens(publisher, heard, subscribers)
  await publisher.call('publishBurst', { count: 5, bytes: BYTES })
  complete(await heard(5), 5)

  const [slow] = await Promise.all([
    heard(samples),
    publisher.call('publishSlowly', { samples, everyMs: PAUSE_MS, bytes: BYTES }),
  ])
  complete(slow, samples)
  const cpuUs = async () => {
    const each = await Promise.all([hub, publisher, ...holders].map((child) => child.call('cpu')))
    return each.reduce((sum, one) => sum + one, 0)
  }
  const cpuBefore = await cpuUs()
  const [fast, { startedAt }] = await Promise.all([
    heard(burst),
    publisher.call('publishBurst', { count: burst, bytes: BYTES }, { timeoutMs: 120_000 }),
  ])
  complete(fast, burst)
  const cpu = (await cpuUs()) - cpuBefore
  return {
    p50Ms: percentile(slow.times, 50),
    p99Ms: percentile(slow.times, 99),
    perSecond: (fast.times.length * 1_000) / (fast.lastAt - startedAt),
    cpuUs: cpu / fast.times.length,
  }
}

/** Subscriptions take a while to be known, gossipsub's some heartbeats: until a message reaches all. */
async function everyoneListens(publisher, heard, subscribers) {
  let reached = 0
  for (let i = 0; i < 30; i++) {
    const published = await publisher.call('publishBurst', { count: 1, bytes: BYTES }).catch((error) => error)
    const { times } = await heard(1, 4_000)
    reached = times.length
    if (!(published instanceof Error) && reached === subscribers) return
  }
  throw new Error(`a message reached ${reached} of ${subscribers} subscribers`)
}

export const topicMeasures = [
  {
    name: 'topic',
    title: 'A topic with 1,000 subscribers',
    contestants: ['lotus', 'libp2p'],
    rounds: ({ rounds }) => Math.min(rounds, 3),
    run: topic,
  },
]
