// Times that would tell a wallet from others, or bring all wallets at once.
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/base/random.js'
import { Announcements } from '../../src/plugins/dht/client/announcements.js'
import type { VerifiedRecord } from '../../src/plugins/dht/records/record.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'

const TTL_MS = 3_600_000
const HALF_MS = TTL_MS / 2

/** When a wallet publishes what it has announced at the begin, milliseconds from there. */
async function publications(seed: number, clock: VirtualClock): Promise<number[]> {
  const began = clock.now()
  const times: number[] = []
  const entry = () => ({ key: 'offer', publishedAt: clock.now(), expiresAt: clock.now() + TTL_MS }) as VerifiedRecord
  const announcements = new Announcements(clock, seededRandom(seed), async () => {
    times.push(clock.now() - began)
    announcements.set(entry(), true)
  })
  announcements.set(entry(), true)
  return times
}

const gaps = (times: number[]) => times.map((at, i) => at - (times[i - 1] ?? 0))

describe('announcements', () => {
  it('are published anew at times that vary by a quarter, and never after their end', async () => {
    const clock = new VirtualClock()
    const times = await publications(1, clock)
    await clock.advance(100 * TTL_MS)
    const between = gaps(times)
    expect(between.length).toBeGreaterThan(150)
    expect(Math.min(...between)).toBeGreaterThanOrEqual(0.75 * HALF_MS)
    expect(Math.max(...between)).toBeLessThanOrEqual(1.25 * HALF_MS)
    // No period of its own: the gaps fill the whole range, a tenth of it at least each time.
    const tenths = new Set(between.map((gap) => Math.floor((gap / HALF_MS - 0.75) * 20)))
    expect(tenths.size).toBeGreaterThanOrEqual(10)
  })

  it('of a thousand wallets that have announced in the same moment do not come in one burst', async () => {
    const clock = new VirtualClock()
    const all = await Promise.all(Array.from({ length: 1_000 }, (_, seed) => publications(seed + 1, clock)))
    await clock.advance(1.3 * HALF_MS)
    const firsts = all.map(([first]) => first!).sort((a, b) => a - b)
    expect(firsts).toHaveLength(1_000)
    // In no minute of the quarter of an hour come more than twice as many as there would be by equal shares.
    const minutes = (0.5 * HALF_MS) / 60_000
    for (const at of firsts) {
      const near = firsts.filter((other) => other >= at && other < at + 60_000).length
      expect(near).toBeLessThan((2 * 1_000) / minutes)
    }
  })
})
