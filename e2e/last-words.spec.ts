import { connect, expect, pathTo, received, test } from './fixtures.js'

const BYTES = 100_000

for (const end of ['disconnectFromPeer', 'shutdown'] as const) {
  test(`what a tab has sent over WebRTC arrives, though it calls ${end} at once`, {
    tag: end === 'shutdown' ? '@long' : [],
  }, async ({ openTab }) => {
    const alice = await openTab()
    const bob = await openTab()
    await connect(alice, bob)
    await expect.poll(() => pathTo(alice, bob.id)).toBe('webrtc')
    await alice.page.evaluate(
      async ([id, end, bytes]) => {
        const { peer } = window
        await peer.sendTo(id, { type: 'text', payload: 'x'.repeat(bytes) })
        await (end === 'shutdown' ? peer.shutdown() : peer.disconnectFromPeer(id))
      },
      [bob.id, end, BYTES] as const,
    )
    await expect.poll(async () => (await received(bob)).at(-1)).toHaveLength(BYTES)
    await expect.poll(() => bob.page.evaluate(() => window.seen.disconnected.length)).toBe(1)
  })
}
