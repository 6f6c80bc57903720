import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BoundedMap, RecentKeys } from '../../src/base/bounded-map.js'

describe('BoundedMap', () => {
  it('drops the oldest entry for one too many, and tells of it', () => {
    const evicted: [string, number][] = []
    const map = new BoundedMap<string, number>(2, (key, value) => evicted.push([key, value]))
    map.set('a', 1)
    map.set('b', 2)
    map.set('c', 3)
    expect([...map]).toEqual([
      ['b', 2],
      ['c', 3],
    ])
    expect([map.size, map.has('a'), map.get('a'), map.get('b')]).toEqual([2, false, undefined, 2])
    expect(evicted).toEqual([['a', 1]])
  })

  it('keeps what was set or used again, not what was only looked at', () => {
    const map = new BoundedMap<string, number>(3)
    for (const key of ['a', 'b', 'c']) map.set(key, 0)
    map.get('a')
    expect(map.use('b', () => 9)).toBe(0)
    map.set('d', 0)
    map.set('e', 0)
    expect([...map.keys()]).toEqual(['b', 'd', 'e'])
  })

  it('makes a missing value once', () => {
    const map = new BoundedMap<string, object>(2)
    const made = map.use('a', () => ({}))
    expect(map.use('a', () => ({}))).toBe(made)
  })

  it('keeps a value that is undefined as it is', () => {
    const map = new BoundedMap<string, string | undefined>(2)
    map.set('a', undefined)
    expect([map.has('a'), map.use('a', () => 'made')]).toEqual([true, undefined])
  })

  it('does what a plain model does, whatever is asked in whatever order', () => {
    const key = fc.integer({ min: 0, max: 8 })
    const step = fc.oneof(
      fc.record({ do: fc.constant('set' as const), key }),
      fc.record({ do: fc.constant('use' as const), key }),
      fc.record({ do: fc.constant('delete' as const), key }),
      fc.record({ do: fc.constant('clear' as const), key }),
    )
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 200 }), (max, steps) => {
        const map = new BoundedMap<number, number>(max)
        let model: [number, number][] = []
        for (const [i, { do: what, key }] of steps.entries()) {
          const known = model.find(([other]) => other === key)
          if (what === 'clear') {
            map.clear()
            model = []
          } else {
            model = model.filter(([other]) => other !== key)
            if (what === 'delete') expect(map.delete(key)).toBe(known !== undefined)
            else {
              const value = what === 'use' ? (known?.[1] ?? i) : i
              if (what === 'set') map.set(key, value)
              else expect(map.use(key, () => i)).toBe(value)
              model = [...model, [key, value] as [number, number]].slice(-max)
            }
          }
          expect([...map]).toEqual(model)
          expect(map.size).toBe(model.length)
        }
      }),
    )
  })
})

describe('RecentKeys', () => {
  it('knows the last keys, the oldest of which one more displaces', () => {
    const keys = new RecentKeys(2)
    expect([keys.add('a'), keys.add('a'), keys.add('b'), keys.add('c')]).toEqual([true, false, true, true])
    expect([keys.has('a'), keys.has('b'), keys.has('c'), keys.size]).toEqual([false, true, true, 2])
    expect(keys.add('a')).toBe(true)
  })
})
