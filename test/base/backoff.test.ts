import { describe, expect, it } from 'vitest'
import { Backoff } from '../../src/base/backoff.js'
import { seededRandom } from '../../src/base/random.js'

const at = (unit: number) =>
  new Backoff({ minMs: 1_000, maxMs: 60_000, random: { unit: () => unit, bytes: (count) => new Uint8Array(count) } })
const pauses = (backoff: Backoff, count: number) => Array.from({ length: count }, () => backoff.next())

describe('Backoff', () => {
  it('doubles its pauses up to the longest, and begins anew after a success', () => {
    const backoff = at(0.5)
    expect(pauses(backoff, 9)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000])
    backoff.reset()
    expect(backoff.next()).toBe(1_000)
  })

  it('stays at the longest pause after a thousand failures', () => {
    const backoff = at(0.5)
    expect(new Set(pauses(backoff, 5_000).slice(6))).toEqual(new Set([60_000]))
  })

  it('varies a pause by 30 % to both sides', () => {
    expect(at(0).next()).toBeCloseTo(700)
    expect(at(1 - 2 ** -32).next()).toBeCloseTo(1_300)
  })

  it('spreads a thousand peers that failed at once', () => {
    const random = seededRandom(1)
    const seconds = new Map<number, number>()
    for (let i = 0; i < 1_000; i++) {
      const backoff = new Backoff({ minMs: 10_000, maxMs: 60_000, random })
      const second = Math.floor(backoff.next() / 1_000)
      seconds.set(second, (seconds.get(second) ?? 0) + 1)
    }
    expect(Math.max(...seconds.values())).toBeLessThan(250)
  })

  it('never comes earlier than it was asked to, and not at that very moment', () => {
    expect(at(0).next(5_000)).toBe(5_000)
    expect(at(0.5).next(5_000)).toBe(6_500)
    expect(at(0.5).next(120_000)).toBe(156_000)
  })

  it('keeps its own pause where less was asked for', () => {
    const backoff = at(0.5)
    pauses(backoff, 3)
    expect(backoff.next(5_000)).toBe(8_000)
  })
})
