import { afterEach, describe, expect, it } from 'vitest'
import { P2PCoordinator } from '../../src/coordinator.js'
import { type CostlyPeer, defaultCeiling, MemoryCeiling } from '../../src/node/memory-ceiling.js'
import { startRelay } from '../../src/node/relay.js'
import { LONG, unlessLong } from '../long.js'
import { RawPeer } from './raw-peer.js'
import { RelayChild } from './relay-child.js'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

const MB = 1_048_576

function ceilingOf(loads: CostlyPeer[]) {
  const state = { used: 0, now: 0, trims: 0, ended: [] as string[] }
  const ceiling = new MemoryCeiling({
    maxBytes: 100 * MB,
    trim: () => {
      state.trims++
    },
    loads: () => loads,
    end: (peerId) => state.ended.push(peerId),
    measure: () => state.used,
    now: () => state.now,
  })
  const at = (megabytes: number) => {
    state.used = megabytes * MB
    ceiling.look()
    return ceiling.state
  }
  return { ceiling, state, at }
}

const load = (peerId: string, bufferedBytes: number, since = 0, hasReservation = false): CostlyPeer => ({
  peerId,
  bufferedBytes,
  since,
  hasReservation,
})

unlessLong.describe('the memory ceiling', () => {
  it('refuses newcomers first, with a time to come back, and lets them in again below 90 %', () => {
    const { ceiling, state, at } = ceilingOf([])
    expect(at(99)).toBe(0)
    expect(ceiling.refusal()).toBeUndefined()
    expect(at(101)).toBe(1)
    expect(state).toMatchObject({ trims: 1, ended: [] })
    expect(ceiling.refusal()).toMatchObject({ code: 'POOL_FULL', details: { retryAfterMs: expect.any(Number) } })
    expect(at(95)).toBe(1)
    expect(at(89)).toBe(0)
    expect(ceiling.refusal()).toBeUndefined()
    expect(ceiling.counts).toEqual({ refused: 1, ended: 0 })
  })

  it('then ends those for whom most waits, no more than needed', () => {
    const { ceiling, state, at } = ceilingOf([load('a', 1 * MB), load('b', 8 * MB), load('c', 0), load('d', 5 * MB)])
    at(101)
    expect(at(102)).toBe(2)
    // 12 MB above the mark at which all is well again.
    expect(state.ended).toEqual(['b', 'd'])
    expect(at(95)).toBe(1)
    expect(ceiling.counts.ended).toBe(2)
  })

  it('and where nothing waits the newest, a few at a time, those that others reach here last', () => {
    const peers = Array.from({ length: 30 }, (_, i) => load(`p${i}`, 100, i, i > 25))
    const { state, at } = ceilingOf(peers)
    at(101)
    at(101)
    // What has been given up so far may be on its way out.
    expect(state.ended).toEqual([])
    state.now = 5_000
    at(101)
    at(101)
    expect(state.ended).toEqual(['p25', 'p24'])
    state.now = 10_000
    at(101)
    expect(state.ended).toHaveLength(4)
  })

  it('is by default three quarters of what the process may have, and refuses to be too low', async () => {
    expect(defaultCeiling()).toBeGreaterThan(128 * MB)
    await expect(startRelay({ port: 0, maxMemoryBytes: 64 * MB })).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
  })
})

if (LONG)
  describe('a relay at its ceiling', () => {
    it('sheds those who cost most, keeps who behaves, refuses newcomers politely, and recovers', async () => {
      const maxMemoryBytes = 256 * MB
      const relay = await RelayChild.start({ maxMemoryBytes, limits: { slowReaderMs: 600_000, heartbeatTimeoutMs: 120_000 } })
      cleanUps.push(() => relay.kill())
      const honest = new P2PCoordinator({ bootstrap: [relay.url] })
      cleanUps.push(() => honest.shutdown())
      await honest.start()
      const drops: string[] = []
      honest.on('disconnected', (_, { code }) => drops.push(code))
      // Sixty readers that read nothing may cost 8 MB twice each: four times the ceiling.
      const readers = await Promise.all(Array.from({ length: 60 }, () => new RawPeer().connect(relay.url)))
      cleanUps.push(() => {
        for (const reader of readers) reader.end()
      })
      for (const reader of readers) reader.stopReading()
      const refusals: { code?: string; retryAfterMs?: unknown }[] = []
      const flood = relay.tell({ do: 'flood', except: [honest.peerId], bytes: 60_000 })
      let most = 0
      await expect
        .poll(
          async () => {
            const newcomer = new P2PCoordinator()
            await newcomer.connectToPeer(relay.url).catch(({ code, details }) => {
              refusals.push({ code, retryAfterMs: details.retryAfterMs })
            })
            await newcomer.shutdown()
            return refusals.length
          },
          { timeout: 20_000, interval: 100 },
        )
        .toBeGreaterThan(0)
      await flood
      expect(refusals[0]).toEqual({ code: 'POOL_FULL', retryAfterMs: 10_000 })
      await expect
        .poll(
          async () => {
            const { rss, memory } = await relay.tell({ do: 'stats' })
            most = Math.max(most, rss)
            return memory.state
          },
          { timeout: 30_000 },
        )
        .toBe(0)
      const { memory, connected } = await relay.tell({ do: 'stats' })
      expect(memory.ended).toBeGreaterThan(5)
      expect(memory.usedBytes).toBeLessThan(maxMemoryBytes)
      expect(connected).toContain(honest.peerId)
      expect(drops).toEqual([])
      // As ever: newcomers come in, what is asked is answered.
      const newcomer = new P2PCoordinator()
      cleanUps.push(() => newcomer.shutdown())
      await newcomer.connectToPeer(relay.url)
      await honest.announceResource('still', 'here', 1)
      expect((await newcomer.getResource('still', 'here'))?.data).toBe(1)
      expect(await relay.stop()).toBe(0)
    }, 90_000)
  })
