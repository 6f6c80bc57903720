import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { P2PCoordinator } from '../../src/coordinator.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'

let net: TestNetwork
let page: EventTarget
beforeEach(() => {
  net = createTestNetwork({ latencyMs: 20 })
  page = new EventTarget()
})
afterEach(async () => {
  vi.unstubAllGlobals()
  await net.stop()
})

/** Two wallets that know each other, of which the second lives in a page. */
async function pair() {
  const [alice] = [net.createPeer({ host: 'alice' })]
  await net.run(alice.start())
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page))
  const bob: P2PCoordinator = net.createPeer({ host: 'bob', bootstrap: ['memory://alice'] })
  await net.run(bob.start())
  await net.clock.advance(200)
  expect(alice.isConnected(bob.peerId)).toBe(true)
  return { alice, bob }
}

const hide = () => page.dispatchEvent(new Event('pagehide'))
const show = () => page.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }))

describe('a page that goes', () => {
  it('says goodbye before the event is over, and is gone for its peers one way later', async () => {
    const { alice, bob } = await pair()
    hide()
    expect([bob.status, bob.getConnectedPeers()]).toEqual(['suspended', []])
    await net.clock.advance(21)
    expect(alice.isConnected(bob.peerId)).toBe(false)
  })

  it('comes back with the back/forward cache', async () => {
    const { alice, bob } = await pair()
    hide()
    await net.clock.advance(60_000)
    expect(bob.status).toBe('suspended')
    show()
    await net.clock.advance(500)
    expect([bob.status, alice.isConnected(bob.peerId)]).toEqual(['online', true])
  })

  it('stays suspended where the application has suspended it', async () => {
    const { bob } = await pair()
    bob.suspend()
    hide()
    show()
    await net.clock.advance(500)
    expect(bob.status).toBe('suspended')
  })

  it('does nothing once the coordinator has shut down', async () => {
    const { bob } = await pair()
    await net.run(bob.shutdown())
    hide()
    show()
    await net.clock.advance(500)
    expect(bob.status).toBe('offline')
  })
})
