import { describe, expect, it, vi } from 'vitest'
import { cleanUps, LONG, lossesOf, portOf, processes, talk, wallet } from './cluster-world.js'
import { NatsServer } from './nats-server.js'
import type { RelayChild } from './relay-child.js'

const HOUR_MS = 3_600_000
const banned = async (relay: RelayChild) => (await relay.tell({ do: 'stats' })).banned

describe.concurrent('processes of a relay whose clocks differ by hours', () => {
  it('lose no wallet to the one that is ahead when it wakes from a freeze', async () => {
    const nats = await NatsServer.start()
    cleanUps.push(() => nats.stop())
    const { balancer, relays } = await processes([[nats.url], [nats.url]], [{ clockAheadMs: 2 * HOUR_MS }, {}])
    const [ahead, other] = relays as [RelayChild, RelayChild]
    const limits = { heartbeatIntervalMs: 1_000, heartbeatTimeoutMs: 2_000 }
    const [alice, bob] = [await wallet(balancer, ahead, limits), await wallet(balancer, other)]
    await alice.connectToPeer(bob.peerId)
    const [there, back] = [talk(alice, bob), talk(bob, alice)]
    await Promise.all([there.goesOn(), back.goesOn()])
    ahead.freeze()
    balancer.targets = [portOf(other)]
    await vi.waitFor(async () => {
      const { backplane, connected } = await other.tell({ do: 'stats' })
      expect(backplane).toMatchObject({ nodes: 1, heldPeers: 2 })
      expect(connected.sort()).toEqual([alice.peerId, bob.peerId].sort())
    }, LONG)
    await Promise.all([there.goesOn(), back.goesOn()])
    const left = lossesOf(other.peerId, alice, bob)
    ahead.thaw()
    await vi.waitFor(async () => {
      expect((await ahead.tell({ do: 'stats' })).connected).toEqual([])
      expect((await other.tell({ do: 'stats' })).backplane).toMatchObject({ nodes: 2, heldPeers: 2 })
    }, LONG)
    await Promise.all([there.goesOn(), back.goesOn()])
    await Promise.all([there.end(), back.end()])
    expect(left).toEqual([])
  }, 120_000)

  it('have their bans in common, whichever of them bans, and whoever starts later', async () => {
    const nats = await NatsServer.start()
    cleanUps.push(() => nats.stop())
    const start = (clockAheadMs: number) => processes([[nats.url]], [{ clockAheadMs }])
    const first = (await start(0)).relays[0]!
    const ahead = (await start(3 * HOUR_MS)).relays[0]!
    await first.tell({ do: 'ban', id: 'address:203.0.113.7', reason: 'Flood.' })
    await ahead.tell({ do: 'ban', id: 'address:203.0.113.8', reason: 'Spam.' })
    const late = (await start(-3 * HOUR_MS)).relays[0]!
    for (const relay of [first, ahead, late]) {
      await vi.waitFor(async () => {
        expect((await banned(relay)).sort()).toEqual(['address:203.0.113.7 Flood.', 'address:203.0.113.8 Spam.'])
      }, LONG)
    }
    await late.tell({ do: 'unban', id: 'address:203.0.113.7' })
    for (const relay of [first, ahead, late]) {
      await vi.waitFor(async () => expect(await banned(relay)).toEqual(['address:203.0.113.8 Spam.']), LONG)
    }
  }, 120_000)
})
