import type { Random } from '../base/random.js'
import { randomItem } from '../base/random.js'

/**
 * One of the items by lot: first a group, uniformly, then an item in it. Whoever runs a hundred hops is drawn as often as whoever runs one.
 */
export function drawByGroup<Item>(random: Random, items: readonly Item[], groupOf: (item: Item) => string): Item | undefined {
  const groups = new Map<string, Item[]>()
  for (const item of items) {
    const group = groups.get(groupOf(item))
    if (group === undefined) groups.set(groupOf(item), [item])
    else group.push(item)
  }
  return randomItem(random, randomItem(random, [...groups.values()]) ?? [])
}

/** So many different items by lot, of as many different groups as there are: no group has a second one while another has none. */
export function drawDiverse<Item>(
  random: Random,
  items: readonly Item[],
  count: number,
  groupOf: (item: Item) => string,
  already: readonly Item[] = [],
): Item[] {
  const drawn: Item[] = []
  const taken = () => [...already, ...drawn]
  while (drawn.length < count) {
    const left = items.filter((item) => !taken().includes(item))
    const counts = new Map<string, number>()
    for (const item of taken()) counts.set(groupOf(item), (counts.get(groupOf(item)) ?? 0) + 1)
    const least = Math.min(...left.map((item) => counts.get(groupOf(item)) ?? 0))
    const next = drawByGroup(
      random,
      left.filter((item) => (counts.get(groupOf(item)) ?? 0) === least),
      groupOf,
    )
    if (next === undefined) break
    drawn.push(next)
  }
  return drawn
}

/** A time of an exponential distribution, milliseconds: what a Poisson stream waits for. @param meanMs 0 gives 0. */
export function exponential(random: Random, meanMs: number): number {
  return meanMs === 0 ? 0 : -Math.log(1 - random.unit()) * meanMs
}
