import { nanoid } from 'nanoid'
import { describe, expect, it } from 'vitest'
import { RecentKeys } from '../../src/base/bounded-map.js'
import { DEFAULT_LIMITS } from '../../src/base/limits.js'

describe('the deduplication window', () => {
  it('holds 10,000 ids by default, exactly: the oldest goes when one more comes', () => {
    const window = new RecentKeys(DEFAULT_LIMITS.dedupeWindow)
    const ids = Array.from({ length: 10_000 }, () => nanoid())
    for (const id of ids) expect(window.add(id)).toBe(true)
    expect(window.size).toBe(10_000)
    expect(ids.map((id) => window.add(id)).every((fresh) => !fresh)).toBe(true)
    expect(window.add('one more')).toBe(true)
    expect(window.size).toBe(10_000)
    expect(window.add(ids[1]!)).toBe(false)
    expect(window.add(ids[0]!)).toBe(true)
    expect(window.add(ids[1]!)).toBe(true)
  })

  it('stays at its size however many ids pass', () => {
    const window = new RecentKeys(100)
    for (let i = 0; i < 10_000; i++) window.add(`id ${i}`)
    expect(window.size).toBe(100)
    expect(window.add('id 9900')).toBe(false)
    expect(window.add('id 9899')).toBe(true)
  })

  it('does not let a repeated id push others out', () => {
    const window = new RecentKeys(3)
    for (const id of ['a', 'b', 'c', 'c', 'c', 'c']) window.add(id)
    expect(['a', 'b', 'c'].map((id) => window.add(id))).toEqual([false, false, false])
  })

  it('works with one place', () => {
    const window = new RecentKeys(1)
    expect([window.add('a'), window.add('a'), window.add('b'), window.add('a')]).toEqual([true, false, true, true])
  })
})
