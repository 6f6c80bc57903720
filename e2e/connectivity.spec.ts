import { firefox } from '@playwright/test'
import { startRelay } from '../dist/node.js'
import { browserOptions } from './browsers.js'
import { connect, expect, pathTo, received, send, type Tab, test } from './fixtures.js'

/**
 * Each sends the other numbers from 0, at least `least` of them, from the moment at which they are connected until well after
 * `until` path changes; then what came is compared with what was sent, on both sides.
 */
async function talkThroughChanges(alice: Tab, bob: Tab, changes: number, begin: () => Promise<void>, least = 2_000) {
  const talk = ({ page }: Tab, { id }: Tab) =>
    page.evaluate(
      async ([id, changes, least]) => {
        const { peer, seen } = window
        const before = seen.paths.length
        if (!peer.isConnected(id)) await new Promise((resolve) => peer.once('connected', resolve))
        let sent = 0
        let sentBefore: number | undefined
        while (sent < least || sentBefore === undefined || sent < sentBefore + 500) {
          await peer.sendTo(id, { type: 'number', payload: sent++, protocol: 'numbers' })
          // The page's other tasks run too.
          if (sent % 20 === 0) await new Promise((resolve) => setTimeout(resolve))
          if (seen.paths.length >= before + changes) sentBefore ??= sent
        }
        return { sent, sentBefore }
      },
      [id, changes, least] as const,
    )
  const talks = Promise.all([talk(alice, bob), talk(bob, alice)])
  await begin()
  const [byAlice, byBob] = await talks
  const numbers = ({ page }: Tab) =>
    page.evaluate(() => window.seen.messages.filter(({ type }) => type === 'number').map(({ payload }) => payload))
  for (const [to, { sent, sentBefore }] of [[bob, byAlice] as const, [alice, byBob] as const]) {
    // Some on the old path, some on the new one.
    expect(sentBefore).toBeGreaterThan(0)
    await expect.poll(async () => (await numbers(to)).length).toBeGreaterThanOrEqual(sent)
    expect(await numbers(to)).toEqual(Array.from({ length: sent }, (_, i) => i))
    expect(await to.page.evaluate(() => window.seen.disconnected)).toEqual([])
  }
}

const paths = (tab: Tab) => tab.page.evaluate(() => window.seen.paths)

test('two tabs change from a circuit to WebRTC by themselves, and lose no message by it', async ({ openTab, relay }) => {
  const alice = await openTab()
  const bob = await openTab()
  await talkThroughChanges(alice, bob, 1, () => connect(alice, bob))
  for (const [tab, other] of [[alice, bob] as const, [bob, alice] as const]) {
    expect(await paths(tab)).toEqual(['circuit>webrtc'])
    expect(await pathTo(tab, other.id)).toBe('webrtc')
  }
  // A direct path needs no relay.
  const relayed = () => relay.coordinator.getStats().traffic.bytesIn
  const before = relayed()
  await send(alice, bob.id, 'x'.repeat(500_000))
  await expect.poll(async () => (await received(bob)).at(-1)).toHaveLength(500_000)
  expect(relayed() - before).toBeLessThan(100_000)
})

test('a Chromium tab and a Firefox tab change to WebRTC, and lose no message by it', { tag: ['@chromium', '@long'] }, async ({
  openTab,
}) => {
  const other = await firefox.launch(browserOptions.firefox)
  try {
    const chrome = await openTab()
    const fox = await openTab({ context: await other.newContext() })
    await talkThroughChanges(chrome, fox, 1, () => connect(chrome, fox))
    expect([await pathTo(chrome, fox.id), await pathTo(fox, chrome.id)]).toEqual(['webrtc', 'webrtc'])
  } finally {
    await other.close()
  }
})

test('a WebRTC path that ends falls back to the circuit and is opened anew; nobody is disconnected', {
  tag: '@firefox-long',
}, async ({ openTab }) => {
  const alice = await openTab()
  const bob = await openTab()
  await connect(alice, bob)
  await expect.poll(() => pathTo(alice, bob.id)).toBe('webrtc')
  await expect.poll(() => pathTo(bob, alice.id)).toBe('webrtc')
  for (const dropper of [alice, bob]) {
    const other = dropper === alice ? bob : alice
    await talkThroughChanges(alice, bob, 2, () => dropper.page.evaluate((id) => window.peer.dropPath(id), other.id))
    for (const tab of [alice, bob]) {
      expect((await paths(tab)).slice(-2)).toEqual(['webrtc>circuit', 'circuit>webrtc'])
      await tab.page.evaluate(() => window.seen.messages.splice(0))
    }
  }
})

for (const webrtc of [true, false]) {
  const name = webrtc ? 'by WebRTC' : 'by a circuit'
  test(`tabs that talk ${name} outlive a restart of their relay`, { tag: webrtc ? '@firefox-long' : '@long' }, async ({
    openTab,
    relay,
    complaints,
  }) => {
    complaints.expectFailures(relay.url)
    const alice = await openTab({ webrtc })
    const bob = await openTab({ webrtc })
    await connect(alice, bob)
    if (webrtc)
      for (const [tab, { id }] of [[alice, bob] as const, [bob, alice] as const])
        await expect.poll(() => pathTo(tab, id)).toBe('webrtc')
    await bob.page.evaluate(() => {
      window.peer.watchResources('offer', {}, ({ resourceId }) => window.seen.changes.push(resourceId))
      window.peer.subscribe('news', ({ payload }) => window.seen.changes.push(`news ${payload}`))
    })
    const port = Number(new URL(relay.url).port)
    await relay.stop()
    await expect.poll(() => alice.page.evaluate((id) => window.seen.disconnected.includes(id), relay.peerId)).toBe(true)
    if (webrtc) {
      await send(alice, bob.id, 'without a relay')
      await expect.poll(() => received(bob)).toEqual(['without a relay'])
    } else {
      await expect.poll(() => alice.page.evaluate(() => window.peer.status)).not.toBe('online')
    }
    const again = await startRelay({ port, host: '127.0.0.1' })
    try {
      for (const [tab, other] of [[alice, bob] as const, [bob, alice] as const]) {
        for (const id of [again.peerId, other.id]) {
          await expect.poll(() => tab.page.evaluate((id) => window.peer.isConnected(id), id)).toBe(true)
        }
        expect(await tab.page.evaluate(() => window.peer.status)).toBe('online')
        const lost = await tab.page.evaluate((id) => window.seen.disconnected.includes(id), other.id)
        expect(lost).toBe(!webrtc)
      }
      await send(bob, alice.id, 'back again')
      await expect.poll(() => received(alice)).toEqual(['back again'])
      await alice.page.evaluate(() => window.peer.announceResource('offer', 'after', 1))
      await expect.poll(() => bob.page.evaluate(() => window.seen.changes)).toContain('after')
      await alice.page.evaluate(() => window.peer.publish('news', 'too'))
      await expect.poll(() => bob.page.evaluate(() => window.seen.changes)).toContain('news too')
    } finally {
      await again.stop()
    }
  })
}

test('a tab whose line died while it slept for two minutes is back within seconds', { tag: '@firefox-long' }, async ({
  openTab,
  relay,
  lineTo,
  complaints,
}) => {
  const line = await lineTo(relay)
  complaints.expectFailures(line.url)
  const limits = { wakeCheckMs: 200, wakeProbeMs: 500 }
  const alice = await openTab({ bootstrap: [line.url], ownClock: true, webrtc: false, limits })
  const bob = await openTab()
  await connect(bob, alice)
  line.forget()
  await alice.page.evaluate(() => {
    window.aheadMs = 120_000
  })
  // Without the clock nobody would look for half a minute.
  await expect.poll(() => alice.page.evaluate(() => window.seen.disconnected)).toContain(relay.peerId)
  await expect.poll(() => line.open).toBe(1)
  await expect.poll(() => alice.page.evaluate((id) => window.peer.isConnected(id), relay.peerId)).toBe(true)
  await expect.poll(() => bob.page.evaluate((id) => window.peer.isConnected(id), alice.id)).toBe(true)
  await send(bob, alice.id, 'awake?')
  await expect.poll(() => received(alice)).toEqual(['awake?'])
})

// Only the tools of Chromium stop a tab, and only its full version freezes one as phones do.
test('a tab that stood still until all others gave it up is back within seconds', { tag: ['@chromium', '@long'] }, async ({
  openTab,
  relayWith,
}) => {
  const limits = { heartbeatIntervalMs: 300, heartbeatTimeoutMs: 500 }
  const relay = await relayWith({ limits })
  const alice = await openTab({ bootstrap: [relay.url], ownClock: true })
  const bob = await openTab({ bootstrap: [relay.url], heartbeatInterval: 300, limits })
  await connect(bob, alice)
  await expect.poll(() => pathTo(bob, alice.id)).toBe('webrtc')
  const devTools = await alice.page.context().newCDPSession(alice.page)
  await devTools.send('Debugger.enable')
  const paused = new Promise<string>((resolve) => {
    devTools.once('Debugger.paused', ({ callFrames }) => resolve(callFrames[0]!.callFrameId))
  })
  await devTools.send('Debugger.pause')
  const callFrameId = await paused
  await expect.poll(() => relay.coordinator.isConnected(alice.id)).toBe(false)
  await expect.poll(() => bob.page.evaluate((id) => window.peer.isConnected(id), alice.id)).toBe(false)
  await devTools.send('Debugger.evaluateOnCallFrame', { callFrameId, expression: 'window.aheadMs = 120_000' })
  await devTools.send('Debugger.resume')
  await expect.poll(() => relay.coordinator.isConnected(alice.id)).toBe(true)
  await expect.poll(() => bob.page.evaluate((id) => window.peer.isConnected(id), alice.id)).toBe(true)
  await expect.poll(() => alice.page.evaluate((id) => window.peer.isConnected(id), bob.id)).toBe(true)
  await send(alice, bob.id, 'thawed')
  await expect.poll(() => received(bob)).toEqual(['thawed'])
})

test('an offline tab says so, and what it queued is delivered once it is online', async ({
  openTab,
  relay,
  lineTo,
  context,
  complaints,
}) => {
  const line = await lineTo(relay)
  complaints.expectFailures(line.url, relay.url)
  const alice = await openTab({ bootstrap: [line.url], webrtc: false })
  const bob = await openTab({ bootstrap: [relay.url], webrtc: false })
  await connect(alice, bob)
  await alice.page.evaluate(() => window.seen.statuses.splice(0))
  line.cut()
  await context.setOffline(true)
  await expect.poll(() => alice.page.evaluate(() => window.peer.status)).toBe('offline')
  const outcome = alice.page.evaluate(async (id) => {
    const queued = await window.peer.sendTo(id, { type: 'note', payload: 'queued', protocol: 'e2e' }, { queue: true })
    return queued.outcome
  }, bob.id)
  line.mend()
  await context.setOffline(false)
  expect(await outcome).toBe('delivered')
  await expect.poll(() => received(bob)).toEqual(['queued'])
  const statuses = await alice.page.evaluate(() => window.seen.statuses)
  expect(statuses).toContain('offline')
  expect(statuses.at(-1)).toBe('online')
})

test('where WebSockets are refused, HTTP carries the conversation', async ({ openTab, relayWith, lineTo, complaints }) => {
  // It tells nobody its own address, which refuses nothing: there is no better path to be found while the test runs.
  const relay = await relayWith({ announce: [] })
  const line = await lineTo(relay, { webSockets: false })
  // Where HTTP overtakes a WebSocket that is still connecting, that one is given up, which Firefox reports as a failure.
  complaints.expectFailures(line.url, relay.url)
  const alice = await openTab({ bootstrap: [line.url], webrtc: false, limits: { upgradeMinMs: 300_000 } })
  const bob = await openTab({ bootstrap: [relay.url] })
  expect(line.refused).toBeGreaterThan(0)
  expect(await pathTo(alice, relay.peerId)).toBe('http')
  await connect(alice, bob)
  await send(alice, bob.id, 'by HTTP')
  await expect.poll(() => received(bob)).toEqual(['by HTTP'])
  const answer = await bob.page.evaluate(async (id) => {
    return (await window.peer.request(id, { type: 'ask', payload: 'and back', protocol: 'e2e' })).payload
  }, alice.id)
  expect(answer).toBe('and back')
  expect(await pathTo(alice, relay.peerId)).toBe('http')
})

test('two tabs behind nothing but HTTP change to WebRTC as well', { tag: '@long' }, async ({
  openTab,
  relay,
  lineTo,
  complaints,
}) => {
  const line = await lineTo(relay, { webSockets: false })
  complaints.expectFailures(line.url)
  const alice = await openTab({ bootstrap: [line.url] })
  const bob = await openTab({ bootstrap: [line.url] })
  await connect(alice, bob)
  await expect.poll(() => pathTo(alice, bob.id)).toBe('webrtc')
  expect(await pathTo(alice, relay.peerId)).toBe('http')
})

test('the tabs of one browser find each other without any server', async ({ openTab }) => {
  const alice = await openTab({ tabsNamed: 'our wallet' })
  const stranger = await openTab({ tabsNamed: 'another' })
  const bob = await openTab({ tabsNamed: 'our wallet' })
  await expect.poll(() => pathTo(alice, bob.id)).toBe('broadcast-channel')
  await expect.poll(() => pathTo(bob, alice.id)).toBe('broadcast-channel')
  await send(alice, bob.id, 'to bob')
  await send(bob, alice.id, 'to alice')
  await expect.poll(() => received(bob)).toEqual(['to bob'])
  await expect.poll(() => received(alice)).toEqual(['to alice'])
  expect(await stranger.page.evaluate(() => window.peer.getConnectedPeers())).toEqual([])
})
