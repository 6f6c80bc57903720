/**
 * The one way to make a map's or a store's key of several parts. JSON marks where each part ends, so two different tuples never share a
 * key, whatever characters a peer puts into a part; a template such as `${a} ${b}` lets it choose where `a` ends.
 *
 * @example
 * tupleKey('a b', 'c') // '["a b","c"]', and never that of 'a' and 'b c'
 */
export function tupleKey(...parts: readonly (string | number | boolean | undefined)[]): string {
  return JSON.stringify(parts)
}
