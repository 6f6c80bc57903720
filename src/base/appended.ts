/** The list with one item more, as a list of its own. `[...list, item]`, `push` and `filter` leave room for sixteen more in V8; this does not. */
export function appended<T>(list: readonly T[], item: T): readonly T[] {
  return list.concat([item])
}
