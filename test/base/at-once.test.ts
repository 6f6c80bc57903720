import { expect, it } from 'vitest'
import { mapAtOnce } from '../../src/base/at-once.js'

it('has so many under way and no more, and gives results in the order of the items', async () => {
  const ends: (() => void)[] = []
  const begun: number[] = []
  const done = mapAtOnce([0, 1, 2, 3], 2, async (item) => {
    begun.push(item)
    await new Promise<void>((resolve) => ends.push(resolve))
    return item * 10
  })
  expect(begun).toEqual([0, 1])
  // The second ends first, and makes room for the third.
  ends[1]!()
  await expect.poll(() => begun, { interval: 1 }).toEqual([0, 1, 2])
  ends[0]!()
  await expect.poll(() => begun, { interval: 1 }).toEqual([0, 1, 2, 3])
  ends[2]!()
  ends[3]!()
  expect(await done).toEqual([0, 10, 20, 30])
})

it('throws what is thrown first', async () => {
  const run = async (item: number) => {
    if (item === 1) throw new Error('one')
    return item
  }
  await expect(mapAtOnce([0, 1, 2], 2, run)).rejects.toThrow('one')
})
