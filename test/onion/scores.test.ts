import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/base/random.js'
import { Scores } from '../../src/onion/scores.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { limits, NOON } from './hops.js'

const made = () => {
  const clock = new VirtualClock(NOON)
  return { clock, scores: new Scores(clock, limits) }
}

describe('what is seen of hops', () => {
  it('tells those that lose a third of what crosses them from those that share paths with them', async () => {
    const { clock, scores } = made()
    const random = seededRandom(5)
    const hops = Array.from({ length: 12 }, (_, n) => `hop${n}`)
    const droppers = new Set(['hop1', 'hop5', 'hop8', 'hop11'])
    const out = new Set<string>()
    // A packet in two seconds, for ten minutes.
    for (let i = 0; i < 300; i++) {
      const usable = hops.filter((id) => !scores.isLeftOut(id))
      const path = [...usable].sort(() => random.unit() - 0.5).slice(0, 5)
      const isLost = path.some((id) => droppers.has(id) && random.unit() < 0.3)
      if (isLost) for (const id of scores.vanished(path)) out.add(id)
      else scores.passed(path)
      await clock.advance(2_000)
    }
    expect([...out].sort()).toEqual([...droppers].sort())
  })

  it('leaves out nobody where one packet in fifty is lost by chance', () => {
    const { scores } = made()
    const random = seededRandom(6)
    const hops = Array.from({ length: 12 }, (_, n) => `hop${n}`)
    for (let i = 0; i < 3_000; i++) {
      const path = [...hops].sort(() => random.unit() - 0.5).slice(0, 5)
      if (random.unit() < 0.02) scores.vanished(path)
      else scores.passed(path)
    }
    expect(hops.filter((id) => scores.isLeftOut(id))).toEqual([])
  })

  it('lets a hop that was left out try again after a day', async () => {
    const { clock, scores } = made()
    for (let i = 0; i < 40; i++) scores.vanished(['bad'])
    expect(scores.isLeftOut('bad')).toBe(true)
    await clock.advance(86_400_000)
    expect(scores.isLeftOut('bad')).toBe(false)
  })

  it('leaves out who says of three hops that they are away, which others reach', async () => {
    const { scores } = made()
    for (const next of ['a', 'b', 'c']) scores.unreachable('liar', next)
    scores.passed(['x', 'a', 'y'])
    scores.passed(['x', 'b', 'y'])
    expect(scores.isLeftOut('liar')).toBe(false)
    scores.passed(['x', 'c', 'y'])
    expect(scores.isLeftOut('liar')).toBe(true)
  })

  it('believes who says so of hops that nobody reaches, or that come back much later', async () => {
    const { clock, scores } = made()
    for (const next of ['a', 'b', 'c']) scores.unreachable('honest', next)
    await clock.advance(1_800_001)
    for (const next of ['a', 'b', 'c']) scores.passed(['x', next, 'y'])
    expect(scores.isLeftOut('honest')).toBe(false)
  })

  it('takes no word of the hop itself against it', () => {
    const { scores } = made()
    for (const next of ['a', 'b', 'c']) scores.unreachable('hop', next)
    for (const next of ['a', 'b', 'c']) scores.passed(['hop', next])
    expect(scores.isLeftOut('hop')).toBe(false)
  })
})
