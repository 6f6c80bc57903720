import { afterEach, expect, it } from 'vitest'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'

let net: TestNetwork
afterEach(() => net?.stop())

it('a subscription of two hundred tabs at one relay is served at once', async () => {
  net = createTestNetwork({ latencyMs: 10 })
  const relay = net.createPeer({ host: 'relay', relay: true, maxConnections: 1_000 })
  await net.run(relay.start())
  const tab = async (i: number) => {
    const peer = net.createPeer({ host: `tab${i}`, listening: false, bootstrap: [net.addressOf(relay)] })
    await net.run(peer.start())
    await net.clock.advance(100)
    return peer
  }
  const alice = await tab(0)
  const inboxes: unknown[][] = []
  for (let i = 1; i <= 200; i++) {
    const got: unknown[] = []
    inboxes.push(got)
    ;(await tab(i)).subscribe('t', ({ payload }) => got.push(payload))
  }
  await net.clock.advance(500)
  expect((await net.run(alice.publish('t', 'all'))).subscribers).toBe(200)
  await net.clock.advance(50)
  expect(inboxes).toEqual(inboxes.map(() => ['all']))
})
