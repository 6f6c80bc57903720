import { describe, expect, it } from 'vitest'
import { isP2PError } from '../../src/base/errors.js'
import { seededRandom } from '../../src/base/random.js'
import { Cover, type CoverMode } from '../../src/onion/cover.js'
import { anonymityBits, expectedDelayMs, meanDelayMs } from '../../src/onion/profile.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { hopOf, limits, NOON } from './hops.js'

function made(mode: CoverMode, { isInSession = true, seed = 1 } = {}) {
  const clock = new VirtualClock(NOON)
  const sent: { at: number; what: 'drop' | 'loop' | 'real' }[] = []
  const state = { isInSession, isHidden: false }
  const note = (what: 'drop' | 'loop') => async () => void sent.push({ at: clock.now(), what })
  const cover = new Cover({
    clock,
    random: seededRandom(seed),
    limits,
    mode,
    isInSession: () => state.isInSession,
    drop: note('drop'),
    loop: note('loop'),
    isHidden: () => state.isHidden,
  })
  cover.update()
  const send = () => cover.turn().then(() => void sent.push({ at: clock.now(), what: 'real' }))
  return { clock, cover, sent, state, send }
}

describe('cover', () => {
  it('sends one packet in two seconds, and a loop in ten, as a Poisson process', async () => {
    const { clock, sent } = made('session')
    await clock.advance(3_600_000)
    const drops = sent.filter(({ what }) => what === 'drop')
    const loops = sent.filter(({ what }) => what === 'loop')
    // Five standard deviations of the counts.
    expect(Math.abs(drops.length - 1_800)).toBeLessThan(5 * Math.sqrt(1_800))
    expect(Math.abs(loops.length - 360)).toBeLessThan(5 * Math.sqrt(360))
    const gaps = drops.slice(1).map(({ at }, i) => at - drops[i]!.at)
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
    const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length)
    // Of an exponential distribution they are the same.
    expect(Math.abs(deviation / mean - 1)).toBeLessThan(0.1)
  })

  it('puts what is real in the place of cover, so that the stream stays the same', async () => {
    const plain = made('session', { seed: 3 })
    const busy = made('session', { seed: 3 })
    for (let i = 0; i < 100; i++) void busy.send()
    await plain.clock.advance(600_000)
    await busy.clock.advance(600_000)
    expect(busy.sent.map(({ at }) => at)).toEqual(plain.sent.map(({ at }) => at))
    expect(busy.sent.filter(({ what }) => what === 'real')).toHaveLength(100)
  })

  it('pauses while nobody sees the page, says so, and holds nothing real up', async () => {
    const { clock, cover, sent, state, send } = made('always')
    state.isHidden = true
    const real = send()
    await clock.advance(60_000)
    await real
    expect(cover.state).toBe('paused')
    expect(sent.map(({ what }) => what)).toEqual(['real'])
    state.isHidden = false
    await clock.advance(60_000)
    expect(cover.state).toBe('on')
    expect(sent.length).toBeGreaterThan(10)
  })

  it('goes on at a slower pace without a session, or ends with it', async () => {
    const always = made('always', { isInSession: false })
    await always.clock.advance(3_600_000)
    const count = always.sent.length
    expect(Math.abs(count - 180)).toBeLessThan(5 * Math.sqrt(180))
    const session = made('session')
    session.state.isInSession = false
    session.cover.update()
    await session.clock.advance(3_600_000)
    expect(session.cover.state).toBe('off')
    expect(session.sent).toEqual([])
  })

  it('that is off holds nothing up, and sends a loop with one packet in twenty', async () => {
    const { sent, send } = made('off')
    for (let i = 0; i < 100; i++) await send()
    expect(sent.filter(({ what }) => what === 'real')).toHaveLength(100)
    expect(sent.filter(({ what }) => what === 'loop')).toHaveLength(5)
  })

  it('refuses more than may wait', async () => {
    const { clock, send } = made('session')
    const results = Array.from({ length: 300 }, () =>
      send().then(
        () => 'sent',
        (error) => error,
      ),
    )
    await clock.advance(3_600_000)
    const refused = (await Promise.all(results)).filter((result) => isP2PError(result, 'BUFFER_FULL'))
    expect(refused).toHaveLength(300 - 256)
  })
})

describe('the delays of a profile', () => {
  it('are such that others wait beside a packet, within bounds', () => {
    expect(meanDelayMs('quick', 5)).toBe(0)
    expect(meanDelayMs('mixed', 0)).toBe(5_000)
    expect(meanDelayMs('mixed', 2)).toBe(4_000)
    expect(meanDelayMs('mixed', 10)).toBe(3_000)
    expect(meanDelayMs('background', 0)).toBe(30_000)
    expect(meanDelayMs('background', 2)).toBe(10_000)
    expect(meanDelayMs('background', 10)).toBe(5_000)
    expect(expectedDelayMs([hopOf(1), hopOf(2), hopOf(3)], 'mixed')).toBe(9_000)
  })

  it('give an estimate that promises nothing for quick', () => {
    const path = [hopOf(1), hopOf(2), hopOf(3)]
    expect(anonymityBits(path, 'quick')).toBe(0)
    expect(anonymityBits(path, 'mixed')).toBe(6.2)
    expect(anonymityBits(path, 'background')).toBe(6.9)
  })
})
