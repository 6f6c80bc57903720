/**
 * The first so many, of one origin no more than a share of them as long as there are others to choose: one operator, or whoever
 * rents a block of addresses, is not all that we see. What has no known origin counts for itself.
 *
 * @param items best first.
 * @param share of the whole that one origin may have, percent; one item at least.
 */
export function diverse<Item>(
  items: readonly Item[],
  count: number,
  share: number,
  originOf: (item: Item) => string | undefined,
): Item[] {
  const each = Math.max(1, Math.floor((count * share) / 100))
  const taken = new Map<string, number>()
  const chosen = new Set<Item>()
  for (const item of items) {
    if (chosen.size >= count) break
    const origin = originOf(item)
    const have = origin === undefined ? 0 : (taken.get(origin) ?? 0)
    if (have >= each) continue
    if (origin !== undefined) taken.set(origin, have + 1)
    chosen.add(item)
  }
  for (const item of items) if (chosen.size < count) chosen.add(item)
  return items.filter((item) => chosen.has(item))
}
