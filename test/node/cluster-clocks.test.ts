import { describe, expect, it, vi } from 'vitest'
import { cleanUps, HOUR_MS, LONG, processes } from './cluster-world.js'
import { NatsServer } from './nats-server.js'
import type { RelayChild } from './relay-child.js'

const banned = async (relay: RelayChild) => (await relay.tell({ do: 'stats' })).banned

describe.concurrent('processes of a relay whose clocks differ by hours', () => {
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
