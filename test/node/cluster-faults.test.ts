import { describe, expect, it, vi } from 'vitest'
import { initCluster } from '../../src/node/backplane/nats.js'
import { Balancer } from './balancer.js'
import { cleanUps, HOUR_MS, LONG, lossesOf, portOf, processes, talk, wallet } from './cluster-world.js'
import { NatsServer } from './nats-server.js'
import type { RelayChild } from './relay-child.js'

// Most of their time they wait until something is noticed.
describe.concurrent('a relay of several processes', () => {
  it.each([
    ['', 0],
    [' with a clock two hours ahead', 2 * HOUR_MS],
  ])(
    'goes without a process%s that is frozen: its wallets are at the others, and when it wakes it lets them go',
    async (_, clockAheadMs) => {
      const nats = await NatsServer.start()
      cleanUps.push(() => nats.stop())
      const { balancer, relays } = await processes([[nats.url], [nats.url]], [{ clockAheadMs }, {}])
      const [frozen, other] = relays as [RelayChild, RelayChild]
      const limits = { heartbeatIntervalMs: 1_000, heartbeatTimeoutMs: 2_000 }
      const [alice, bob] = [await wallet(balancer, frozen, limits), await wallet(balancer, other)]
      await alice.connectToPeer(bob.peerId)
      const [there, back] = [talk(alice, bob), talk(bob, alice)]
      await Promise.all([there.goesOn(), back.goesOn()])
      frozen.freeze()
      balancer.targets = [portOf(other)]
      await vi.waitFor(async () => {
        const { backplane, connected } = await other.tell({ do: 'stats' })
        expect(backplane).toMatchObject({ nodes: 1, heldPeers: 2 })
        expect(connected.sort()).toEqual([alice.peerId, bob.peerId].sort())
      }, LONG)
      await Promise.all([there.goesOn(), back.goesOn()])
      const left = lossesOf(other.peerId, alice, bob)
      frozen.thaw()
      await vi.waitFor(async () => {
        expect((await frozen.tell({ do: 'stats' })).connected).toEqual([])
        expect((await other.tell({ do: 'stats' })).backplane).toMatchObject({ nodes: 2, heldPeers: 2 })
      }, LONG)
      await Promise.all([there.goesOn(), back.goesOn()])
      await Promise.all([there.end(), back.end()])
      expect(left).toEqual([])
    },
    120_000,
  )

  it('has in a process that is cut off from NATS a relay for its own, until the link is mended', async () => {
    const nats = await NatsServer.start()
    cleanUps.push(() => nats.stop())
    const cable = await Balancer.start([nats.port])
    cleanUps.push(() => cable.stop())
    const { balancer, relays } = await processes([[`nats://${cable.host}`], [nats.url]])
    const [cut, other] = relays as [RelayChild, RelayChild]
    const [alice, bob, carol] = [await wallet(balancer, cut), await wallet(balancer, cut), await wallet(balancer, other)]
    await Promise.all([alice.connectToPeer(bob.peerId), alice.connectToPeer(carol.peerId)])
    const [near, far] = [talk(alice, bob), talk(alice, carol)]
    await Promise.all([near.goesOn(), far.goesOn()])
    const left = lossesOf(cut.peerId, alice, bob, carol)
    cable.cut()
    await vi.waitFor(async () => {
      expect((await cut.tell({ do: 'stats' })).backplane?.up).toBe(false)
      expect((await other.tell({ do: 'stats' })).backplane?.nodes).toBe(1)
    }, LONG)
    await near.goesOn()
    cable.mend()
    await vi.waitFor(async () => {
      for (const relay of relays) expect((await relay.tell({ do: 'stats' })).backplane).toMatchObject({ up: true, nodes: 2 })
    }, LONG)
    await Promise.all([near.goesOn(), far.goesOn()])
    await Promise.all([near.end(), far.end()])
    expect(left).toEqual([])
    expect((await cut.tell({ do: 'stats' })).connected.sort()).toEqual([alice.peerId, bob.peerId].sort())
    expect([alice, bob, carol].map(({ status }) => status)).toEqual(['online', 'online', 'online'])
  }, 120_000)

  it('goes on while one NATS server of three is killed, and comes back: wallets notice nothing', async () => {
    const servers = await NatsServer.cluster(3)
    cleanUps.push(() => Promise.all(servers.map((server) => server.stop())))
    const urls = servers.map(({ url }) => url)
    await initCluster({ servers: urls, cluster: 'c1', replicas: 3 })
    const { balancer, relays } = await processes([urls, urls])
    const [one, two] = relays as [RelayChild, RelayChild]
    const [alice, bob] = [await wallet(balancer, one), await wallet(balancer, two)]
    await alice.connectToPeer(bob.peerId)
    const [there, back] = [talk(alice, bob), talk(bob, alice)]
    await Promise.all([there.goesOn(), back.goesOn()])
    const left = lossesOf(one.peerId, alice, bob)
    // One that serves a process.
    const clients = await Promise.all(servers.map((server) => server.clients()))
    const killed = servers[clients.indexOf(Math.max(...clients))]!
    await killed.kill()
    await Promise.all([there.goesOn(), back.goesOn()])
    // What is kept is at the other two.
    await vi.waitFor(async () => {
      await one.tell({ do: 'ban', id: 'address:203.0.113.7', reason: 'Flood.' })
      expect((await two.tell({ do: 'stats' })).banned).toEqual(['address:203.0.113.7 Flood.'])
    }, LONG)
    await killed.run()
    await vi.waitFor(async () => {
      for (const relay of relays) expect((await relay.tell({ do: 'stats' })).backplane).toMatchObject({ up: true, nodes: 2 })
    }, LONG)
    await Promise.all([there.goesOn(), back.goesOn()])
    await Promise.all([there.end(), back.end()])
    expect(left).toEqual([])
  }, 120_000)
})
