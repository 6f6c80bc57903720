import { describe, expect, it } from 'vitest'
import { jittered, type Random, randomId, randomItem, seededRandom, systemRandom } from '../../src/base/random.js'

const fixed = (unit: number): Random => ({ unit: () => unit, bytes: (count) => new Uint8Array(count) })

describe.each([
  ['systemRandom', () => systemRandom],
  ['seededRandom', () => seededRandom(7)],
] as const)('%s', (_name, make) => {
  it('draws numbers of 0 ≤ x < 1 that fill the whole range evenly', () => {
    const random = make()
    const tenths = new Array<number>(10).fill(0)
    for (let i = 0; i < 10_000; i++) {
      const x = random.unit()
      expect(x >= 0 && x < 1).toBe(true)
      tenths[Math.floor(x * 10)]!++
    }
    for (const count of tenths) expect(Math.abs(count - 1_000)).toBeLessThan(200)
  })

  it('draws as many bytes as are asked for, and others each time', () => {
    const random = make()
    expect(random.bytes(0)).toHaveLength(0)
    const [one, other] = [random.bytes(32), random.bytes(32)]
    expect(one).toHaveLength(32)
    expect(one).not.toEqual(other)
    expect(new Set(random.bytes(4_096)).size).toBe(256)
  })

  it('makes ids of 21 characters that are all different', () => {
    const random = make()
    const ids = Array.from({ length: 1_000 }, () => randomId(random))
    expect(new Set(ids).size).toBe(1_000)
    for (const id of ids) expect(id).toMatch(/^[\w-]{21}$/)
    expect(randomId(random, 22)).toHaveLength(22)
  })
})

describe('seededRandom', () => {
  it('repeats from its seed, and differs for another seed', () => {
    const draw = (seed: number) => {
      const random = seededRandom(seed)
      return [random.unit(), [...random.bytes(8)], randomId(random)]
    }
    expect(draw(1)).toEqual(draw(1))
    expect(draw(1)).not.toEqual(draw(2))
  })
})

it('takes each item by lot, and none of none', () => {
  expect(randomItem(fixed(0), ['a', 'b', 'c'])).toBe('a')
  expect(randomItem(fixed(0.999_999), ['a', 'b', 'c'])).toBe('c')
  expect(randomItem(systemRandom, [])).toBeUndefined()
})

it('varies a time by its share to both sides', () => {
  expect(jittered(fixed(0), 1_000, 0.25)).toBe(750)
  expect(jittered(fixed(0.5), 1_000, 0.25)).toBe(1_000)
  expect(jittered(fixed(0.999_999), 1_000, 0.25)).toBeCloseTo(1_250, 1)
})
