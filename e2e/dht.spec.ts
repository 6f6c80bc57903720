import { type Relay, startRelay } from '../dist/node.js'
import { expect, pathTo, received, send, type Tab, test } from './fixtures.js'

const RELAYS = 5

/** Relays in a line: each is told of the one before it, and of no other. The tests of this file have them in turn, and leave no record there. */
let relays: [Relay, ...Relay[]]

test.beforeAll(async () => {
  const start = (bootstrap: string[]) => startRelay({ port: 0, host: '127.0.0.1', allowPrivate: true, bootstrap })
  relays = [await start([])]
  while (relays.length < RELAYS) relays.push(await start([relays.at(-1)!.url]))
  await expect
    .poll(() => relays.map(({ coordinator }) => coordinator.dht.getStats().network?.nodes))
    .toEqual(relays.map(() => RELAYS - 1))
})

test.afterAll(() => Promise.all(relays.map((relay) => relay.stop())))

const connected = ({ page }: Tab) => page.evaluate(() => window.peer.getConnectedPeers().map(({ peerId }) => peerId))

test('tabs at the two ends of a line of relays find each other by id through the DHT, and talk', { tag: '@long' }, async ({
  openTab,
}) => {
  const [near, far] = [relays[0], relays.at(-1)!]
  const alice = await openTab({ bootstrap: [near.url], webrtc: false })
  const bob = await openTab({ bootstrap: [far.url], webrtc: false })
  expect(await connected(alice)).toEqual([near.peerId])
  expect(await connected(bob)).toEqual([far.peerId])

  // Bob's relay does not know Alice: what her record says of her, and where it is kept, is all there is to go by.
  expect(await bob.page.evaluate(async () => (await window.peer.findPeers({ protocol: 'e2e' })).length)).toBe(0)
  await expect
    .poll(() => bob.page.evaluate(async (id) => (await window.peer.dht.get(`peer:${id}`))?.publisherId, alice.id))
    .toBe(alice.id)
  await bob.page.evaluate((id) => window.peer.connectToPeer(id), alice.id)
  expect(await pathTo(bob, alice.id)).toBe('circuit')

  await send(bob, alice.id, 'from the far end')
  await expect.poll(() => received(alice)).toEqual(['from the far end'])
  await send(alice, bob.id, 'from the near end')
  await expect.poll(() => received(bob)).toEqual(['from the near end'])
})

test('what one tab announces is found at the other end of a line of relays, by type and by id', async ({ openTab }) => {
  const alice = await openTab({ bootstrap: [relays[0].url] })
  const bob = await openTab({ bootstrap: [relays.at(-1)!.url] })
  await alice.page.evaluate(() => window.peer.announceResource('offer', 'one', { give: 5 }))

  const expected = { resourceType: 'offer', resourceId: 'one', creatorPeerId: alice.id, data: { give: 5 } }
  expect(await bob.page.evaluate(() => window.peer.discoverResources('offer'))).toEqual([expect.objectContaining(expected)])
  expect(await bob.page.evaluate(() => window.peer.getResource('offer', 'one'))).toMatchObject(expected)
  expect(await bob.page.evaluate(() => window.peer.getResource('offer', 'two'))).toBe(null)
  expect(await connected(bob)).toEqual([relays.at(-1)!.peerId])

  await alice.page.evaluate(() => window.peer.withdrawResource('offer', 'one'))
  await expect.poll(() => bob.page.evaluate(() => window.peer.discoverResources('offer'))).toEqual([])
})

test('a trace shows each node that a lookup asks, from a relay and from a tab', { tag: ['@chromium', '@long'] }, async ({
  openTab,
}) => {
  const far = relays.at(-1)!
  const others = (own: Relay | undefined) =>
    relays.filter((relay) => relay !== own).map(({ peerId, url }) => ({ peerId, address: url }))
  const byId = (a: { peerId: string }, b: { peerId: string }) => a.peerId.localeCompare(b.peerId)

  const { steps, hops, target, tookMs } = await far.coordinator.dht.trace('resource:offer:*')
  expect(target).toHaveLength(32)
  expect(hops).toBeGreaterThanOrEqual(1)
  expect(tookMs).toBeGreaterThanOrEqual(0)
  expect(steps.map(({ peerId, address }) => ({ peerId, address })).sort(byId)).toEqual(others(far).sort(byId))
  for (const step of steps) {
    expect(step.error).toBe(undefined)
    expect(step.tookMs).toBeGreaterThanOrEqual(0)
    expect(step.bits).toBeLessThan(256)
  }

  // A tab knows its own relay only; that one names the others, and the tab asks them itself.
  const tab = await openTab({ bootstrap: [far.url] })
  const seen = await tab.page.evaluate(async () => {
    const before = window.peer.dht.getStats().network
    const { steps, hops } = await window.peer.dht.trace('resource:offer:*')
    return { before, steps, hops, after: window.peer.dht.getStats().network }
  })
  expect(seen.before).toMatchObject({ mode: 'client', nodes: 1, lookups: 0, successRate: 1 })
  expect(seen.steps[0]).toMatchObject({ peerId: far.peerId, hop: 1, learned: RELAYS - 1 })
  expect(seen.steps.slice(1).map(({ hop }) => hop)).toEqual(others(far).map(() => 2))
  expect(seen.steps.map(({ peerId, address }) => ({ peerId, address })).sort(byId)).toEqual(others(undefined).sort(byId))
  expect(seen.steps.map(({ error }) => error)).toEqual(relays.map(() => undefined))
  expect(seen.after).toMatchObject({ mode: 'client', nodes: RELAYS, lookups: 1, questions: RELAYS, successRate: 1 })
})
