import { connect, expect, pathTo, type Tab, test } from './fixtures.js'

/** Connects two tabs directly; resolves to what ends one of them and tells how long the other took to hear of it, milliseconds. */
async function directly(alice: Tab, bob: Tab): Promise<(end: () => Promise<unknown>) => Promise<number>> {
  await connect(alice, bob)
  for (const [tab, { id }] of [[alice, bob] as const, [bob, alice] as const]) {
    await expect.poll(() => pathTo(tab, id)).toBe('webrtc')
  }
  return async (end) => {
    const gone = alice.page.evaluate(
      (id) =>
        new Promise<number>((resolve) => window.peer.on('disconnected', ({ peerId }) => peerId === id && resolve(Date.now()))),
      bob.id,
    )
    // The listener is there before the end begins.
    await alice.page.evaluate(() => 0)
    const before = Date.now()
    await end()
    return (await gone) - before
  }
}

test('a peer with a direct path whose tab is closed is gone within 2 s', async ({ openTab }) => {
  const [alice, bob] = [await openTab(), await openTab()]
  const endOf = await directly(alice, bob)
  const tookMs = await endOf(() => bob.page.close())
  test.info().annotations.push({ type: 'gone after', description: `${tookMs} ms` })
  console.log(`closed: gone after ${tookMs} ms`)
  expect(tookMs).toBeLessThan(2_000)
})

test('a peer with a direct path whose tab crashes is gone within 2 s', { tag: ['@chromium', '@long'] }, async ({ openTab }) => {
  const [alice, bob] = [await openTab(), await openTab()]
  const endOf = await directly(alice, bob)
  const session = await bob.page.context().newCDPSession(bob.page)
  const tookMs = await endOf(async () => {
    session.send('Page.crash').catch(() => {})
  })
  console.log(`crashed: gone after ${tookMs} ms`)
  expect(tookMs).toBeLessThan(2_000)
})
