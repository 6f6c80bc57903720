/** WebRTC between two tabs of a real Chromium: speed beside a plain RTCDataChannel, and how soon it takes over from a circuit. */
import { LOOPBACK } from './flood.mjs'
import { percentile } from './statistics.mjs'

/** The tabs of one contestant, and the relay they meet at. */
async function openTabs(start, { contestant, versions }) {
  let relay
  if (contestant === 'lotus') relay = await (await start({ role: 'relay' })).call('listen', { host: LOOPBACK, relay: true })
  const tabs = await start({ role: 'tabs', program: contestant === 'lotus' ? 'lotus-tabs' : contestant })
  Object.assign(versions, await tabs.call('openTabs', { relay }))
  return { tabs, relay }
}

const oneWay =
  ({ bytes, warmup, count }) =>
  async (start, settings) => {
    const { tabs } = await openTabs(start, settings)
    const part = settings.quick ? 4 : 1
    return tabs.call('tabsOneWay', { bytes, warmup: warmup / part, count: count / part }, { timeoutMs: 120_000 })
  }

async function upgrade(start, settings) {
  const { tabs, relay } = await openTabs(start, settings)
  const { times } = await tabs.call('upgrades', { relay, warmup: 2, samples: settings.quick ? 5 : 20 }, { timeoutMs: 180_000 })
  return { p50Ms: percentile(times, 50), maxMs: Math.max(...times) }
}

const contestants = ['lotus', 'rtc']
const all = ({ rounds }) => rounds
const fewer = ({ rounds }) => Math.min(rounds, 3)

export const tabMeasures = [
  {
    name: 'tabs',
    title: '1 kB one way between tabs, WebRTC',
    contestants,
    rounds: all,
    run: oneWay({ bytes: 1_024, warmup: 20_000, count: 60_000 }),
  },
  {
    name: 'tabs-16k',
    title: '16 kB one way between tabs, WebRTC',
    contestants,
    rounds: all,
    run: oneWay({ bytes: 16_384, warmup: 2_000, count: 8_000 }),
  },
  { name: 'upgrade', title: 'Circuit to WebRTC between tabs', contestants: ['lotus'], rounds: fewer, run: upgrade },
]
