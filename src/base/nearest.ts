/** The word that differs least from this one, in two letters at most; undefined where none is so near. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  let best: string | undefined
  let least = 3
  for (const known of words) {
    const edits = distance(word, known)
    if (edits < least) [best, least] = [known, edits]
  }
  return best
}

/** Letters to insert, leave out or replace, as V. I. Levenshtein counts them. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, i) => i)
  for (let i = 0; i < one.length; i++) {
    const next = [i + 1]
    for (let j = 0; j < other.length; j++) {
      next.push(Math.min(row[j]! + Number(one[i] !== other[j]), row[j + 1]! + 1, next[j]! + 1))
    }
    row = next
  }
  return row.at(-1)!
}
