import { afterEach, describe, expect, it, vi } from 'vitest'
import type { RelayBackplane } from '../../src/backplane/backplane.js'
import { LocalHub, localBackplane } from '../../src/backplane/local.js'
import { resolveLimits } from '../../src/base/limits.js'
import { P2PCoordinator } from '../../src/coordinator.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { AddressCaps } from '../../src/node/address-caps.js'
import { SharedCaps } from '../../src/node/backplane/shared-caps.js'
import { type Relay, startRelay } from '../../src/node/relay.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'

const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

describe('caps per client address, over the processes of a relay', () => {
  const limits = resolveLimits({ maxConnectionsPerAddress: 8, maxPendingPerAddress: 8, connectionBurstPerAddress: 100 })
  const host = '203.0.113.7'

  async function processes(count: number) {
    const clock = new VirtualClock()
    const hub = new LocalHub({ clock, latencyMs: 1 })
    const all: { backplane: RelayBackplane; caps: AddressCaps; shared: SharedCaps }[] = []
    for (let n = 0; n < count; n++) {
      const backplane = localBackplane(hub)
      await clock.run(backplane.start(() => ({ peers: 0, maxPeers: 1, draining: false })))
      const caps = new AddressCaps(limits)
      all.push({ backplane, caps, shared: new SharedCaps(backplane, clock, caps) })
    }
    cleanUps.push(async () => {
      for (const { backplane, shared } of all) {
        shared.close()
        await clock.run(backplane.close())
      }
    })
    return { clock, hub, all }
  }

  it('count what an address takes of all of them, and no more once it lets go', async () => {
    const { clock, all } = await processes(3)
    const [one, two, three] = all.map(({ caps }) => caps)
    const held = Array.from({ length: 5 }, () => one!.open(host))
    const more = Array.from({ length: 3 }, () => two!.open(host))
    expect(three!.attempt(host)).toBeUndefined()
    await clock.advance(1_100)
    for (const caps of [one, two, three]) expect(caps!.attempt(host)?.cap).toBe('maxConnectionsPerAddress')
    // Another address is free, as is one that takes little.
    expect(three!.attempt('203.0.113.8')).toBeUndefined()
    for (const release of [...held, ...more]) release()
    await clock.advance(1_100)
    for (const caps of [one, two, three]) expect(caps!.attempt(host)).toBeUndefined()
  })

  it('leave handshakes and attempts one bucket for all', async () => {
    const { clock, all } = await processes(2)
    const [one, two] = all.map(({ caps }) => caps)
    for (let n = 0; n < 8; n++) one!.pending(host)
    await clock.advance(1_100)
    expect(two!.attempt(host)?.cap).toBe('maxPendingPerAddress')
    for (let n = 0; n < 100; n++) one!.attempt('203.0.113.9')
    await clock.advance(1_100)
    expect(two!.attempt('203.0.113.9')?.cap).toBe('connectionsPerAddressPerS')
  })

  it('forget a process that is gone, or says nothing any more', async () => {
    const { clock, hub, all } = await processes(3)
    const [one, two, three] = all
    for (let n = 0; n < 8; n++) one!.caps.open(host)
    await clock.advance(1_100)
    expect(two!.caps.attempt(host)?.cap).toBe('maxConnectionsPerAddress')
    hub.cut(three!.backplane.nodeId)
    await clock.advance(5_000)
    expect(three!.caps.attempt(host)).toBeUndefined()
    hub.kill(one!.backplane.nodeId)
    await clock.advance(8_000)
    expect(two!.caps.attempt(host)).toBeUndefined()
  })

  it('are what a relay of several processes has', async () => {
    const hub = new LocalHub()
    const relays: Relay[] = []
    for (let n = 0; n < 2; n++) {
      const relay = await startRelay({
        port: 0,
        host: '127.0.0.1',
        capLoopback: true,
        limits: { maxConnectionsPerAddress: 3 },
        identity: identityFromSeed(new Uint8Array(32).fill(9)),
        backplane: localBackplane(hub),
      })
      cleanUps.push(() => relay.stop())
      relays.push(relay)
    }
    const wallet = () => {
      const coordinator = new P2PCoordinator({ webrtc: false })
      cleanUps.push(() => coordinator.shutdown())
      return coordinator
    }
    for (let n = 0; n < 3; n++) await wallet().connectToPeer(relays[0]!.url)
    const refused = () => relays[1]!.getStats().listener.refused.maxConnectionsPerAddress
    await vi.waitFor(
      async () => {
        const another = wallet()
        await another.connectToPeer(relays[1]!.url).catch(() => {})
        await another.shutdown()
        expect(refused()).toBeGreaterThan(0)
      },
      { timeout: 20_000, interval: 100 },
    )
  })
})
