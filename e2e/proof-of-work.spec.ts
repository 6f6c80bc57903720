import { expect, type Tab, test } from './fixtures.js'

/** Connects to a relay; how it went, and how often the page's other tasks had their turn meanwhile. */
function connectAndWatch({ page }: Tab, relay: string) {
  return page.evaluate(async (relay) => {
    const { peer, seen } = window
    const { port1, port2 } = new MessageChannel()
    let turns = 0
    port1.onmessage = () => {
      turns++
      port2.postMessage(0)
    }
    port2.postMessage(0)
    await peer.connectToPeer(relay)
    port1.close()
    const { hashes, state } = seen.work.at(-1)!
    return { turns, hashes, state, mining: seen.work.filter((event) => event.state === 'mining') }
  }, relay)
}

const BITS = 19
/** A slice has so many hashes at most, and less where they take longer than some milliseconds. */
const SLICE_HASHES = 32_768

test('a tab connects to a relay that demands work, done in a worker under a strict policy, and stays alive', async ({
  openTab,
  relayWith,
}) => {
  const relay = await relayWith({ powDifficulty: BITS })
  const tab = await openTab({ powWorker: '/pow-worker.js' })
  const workers: string[] = []
  tab.page.on('worker', (worker) => workers.push(worker.url()))
  const { state, mining, turns, hashes } = await connectAndWatch(tab, relay.url)
  expect(state).toBe('done')
  expect(relay.coordinator.isConnected(tab.id)).toBe(true)
  expect(workers.map((url) => new URL(url).pathname)).toEqual(['/pow-worker.js'])
  expect(mining[0]).toMatchObject({ bits: BITS, expectedHashes: 2 ** BITS, hashes: 0, address: relay.url })
  // Nothing of the page waits for it: it has more turns than slices of the work would leave it.
  expect(hashes / turns).toBeLessThan(SLICE_HASHES / 4)
})

test('a tab without a worker does the work in slices, and stays alive', { tag: '@long' }, async ({ openTab, relayWith }) => {
  const relay = await relayWith({ powDifficulty: BITS })
  const tab = await openTab()
  const { state, turns, hashes } = await connectAndWatch(tab, relay.url)
  expect(state).toBe('done')
  expect(relay.coordinator.isConnected(tab.id)).toBe(true)
  expect(hashes / turns).toBeLessThanOrEqual(SLICE_HASHES)
})

test('a tab whose worker is missing does the work itself', { tag: '@long' }, async ({
  openTab,
  relayWith,
  complaints,
  pageUrl,
}) => {
  complaints.expectFailures(`${pageUrl}missing.js`)
  const relay = await relayWith({ powDifficulty: 12 })
  const tab = await openTab({ powWorker: '/missing.js' })
  const { state } = await connectAndWatch(tab, relay.url)
  expect(state).toBe('done')
  expect(relay.coordinator.isConnected(tab.id)).toBe(true)
})

test('a second tab opened later with the kept proof does no work', { tag: '@firefox-long' }, async ({ openTab, relayWith }) => {
  const relay = await relayWith({ powDifficulty: 12 })
  const tab = await openTab()
  const visit = () =>
    tab.page.evaluate(async (relay) => {
      const { P2PCoordinator, indexedDbStore, identityFromSeed } = window.LotusP2P
      const identity = identityFromSeed(new Uint8Array(32).fill(5))
      const peer = new P2PCoordinator({ identity, store: indexedDbStore() })
      let done = 0
      peer.on('proof-of-work', ({ state }) => {
        if (state === 'done') done++
      })
      await peer.connectToPeer(relay)
      await peer.shutdown()
      return done
    }, relay.url)
  expect(await visit()).toBe(1)
  await tab.page.reload()
  expect(await visit()).toBe(0)
})
